"""Identity resolution: normalising, tokens, candidates, partition, stable ids."""

from identity.agreement import Agreement, agreement
from identity.ahead import Ahead
from identity.batch import BatchResult, resolve_batch
from identity.blocked import is_blocking, is_read
from identity.cuts import Cut, minimal_cut, weakest_place
from identity.evidence import Component, MustLink, Path, Step, Tie, joined_path
from identity.explain import BELOW_THRESHOLD, CANNOT_LINK, NOT_COMPARED, OTHER_COMPONENT, Apart, why_apart
from identity.features import Features, StaleFeatures
from identity.ignored import BLOCKED, GENERIC, LEARNED, OTHER_APP, ROLE_MAILBOX, TOO_LONG, UNVERIFIED, Ignored
from identity.inquiry import Comparison, Explained, ExplainedStep, Inquiry
from identity.links import (
    DECISIONS,
    LINK_COLUMN,
    Decision,
    LinkRow,
    add_link,
    drop_link,
    every_link,
    links_between,
    stored_links,
)
from identity.look_ups import look_ups
from identity.match_reader import MatchReader, Stored, seal_known
from identity.match_store import keys_of, write_evidence
from identity.matching import Evidence, Known, Matcher, match_version
from identity.model import Model, ModelError, load_model, shipped_model
from identity.model_files import keyed, open_model, shipped_for
from identity.normalise import NORM_VERSION, normalise
from identity.opening import CellReader, cell_column
from identity.parsing import DATE_ORDERS, days_by_order
from identity.partition import Constraints, Member, Pair, Partition, Refusal, partition
from identity.preparing import weigh_ahead
from identity.records import UNKNOWN, FieldValue, RowKey, UnknownType
from identity.resolution import Resolution, compare
from identity.resolve import Recomputed, Resolver
from identity.review import CLAIMED, REVIEW_REASONS, UNSURE, ReviewItem, count_review, review_queue
from identity.rules import IDENTIFIER_KINDS, IdentifierRule, IdentityRules
from identity.scoring import Level
from identity.store import (
    Identifier,
    StoredRecord,
    end_records,
    identifiers_of,
    place_records,
    records_by,
    replace_identifiers,
    resolve_ids,
    share_identity_lock,
    take_identity_lock,
)
from identity.tables import (
    DERIVED,
    blocking_key,
    ended_record,
    generic_key,
    identifier,
    match_record,
    pair,
    record_cell,
    review_item,
    source_record,
    source_table,
    steward_link,
)
from identity.training import Trained, Training, TrainingError, as_html, as_json, next_version, open_training, write_new
from identity.transfers import MATCH, MERGED, MOVED, MUST_LINK, SPLIT, Transfer, TransferCause, transfers
from identity.writing import RecordWrite, write_records

__all__ = [
    "BELOW_THRESHOLD",
    "BLOCKED",
    "CANNOT_LINK",
    "CLAIMED",
    "DATE_ORDERS",
    "DECISIONS",
    "DERIVED",
    "GENERIC",
    "IDENTIFIER_KINDS",
    "LEARNED",
    "LINK_COLUMN",
    "MATCH",
    "MERGED",
    "MOVED",
    "MUST_LINK",
    "NORM_VERSION",
    "NOT_COMPARED",
    "OTHER_APP",
    "OTHER_COMPONENT",
    "REVIEW_REASONS",
    "ROLE_MAILBOX",
    "SPLIT",
    "TOO_LONG",
    "UNKNOWN",
    "UNSURE",
    "UNVERIFIED",
    "Agreement",
    "Ahead",
    "Apart",
    "BatchResult",
    "CellReader",
    "Comparison",
    "Component",
    "Constraints",
    "Cut",
    "Decision",
    "Evidence",
    "Explained",
    "ExplainedStep",
    "Features",
    "FieldValue",
    "Identifier",
    "IdentifierRule",
    "IdentityRules",
    "Ignored",
    "Inquiry",
    "Known",
    "Level",
    "LinkRow",
    "MatchReader",
    "Matcher",
    "Member",
    "Model",
    "ModelError",
    "MustLink",
    "Pair",
    "Partition",
    "Path",
    "Recomputed",
    "RecordWrite",
    "Refusal",
    "Resolution",
    "Resolver",
    "ReviewItem",
    "RowKey",
    "StaleFeatures",
    "Step",
    "Stored",
    "StoredRecord",
    "Tie",
    "Trained",
    "Training",
    "TrainingError",
    "Transfer",
    "TransferCause",
    "UnknownType",
    "add_link",
    "agreement",
    "as_html",
    "as_json",
    "blocking_key",
    "cell_column",
    "compare",
    "count_review",
    "days_by_order",
    "drop_link",
    "end_records",
    "ended_record",
    "every_link",
    "generic_key",
    "identifier",
    "identifiers_of",
    "is_blocking",
    "is_read",
    "joined_path",
    "keyed",
    "keys_of",
    "links_between",
    "load_model",
    "look_ups",
    "match_record",
    "match_version",
    "minimal_cut",
    "next_version",
    "normalise",
    "open_model",
    "open_training",
    "pair",
    "partition",
    "place_records",
    "record_cell",
    "records_by",
    "replace_identifiers",
    "resolve_batch",
    "resolve_ids",
    "review_item",
    "review_queue",
    "seal_known",
    "share_identity_lock",
    "shipped_for",
    "shipped_model",
    "source_record",
    "source_table",
    "steward_link",
    "stored_links",
    "take_identity_lock",
    "transfers",
    "weakest_place",
    "weigh_ahead",
    "why_apart",
    "write_evidence",
    "write_new",
    "write_records",
]
