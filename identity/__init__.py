"""Identity resolution: normalising, tokens, candidates, partition, stable ids."""

from identity.normalise import NORM_VERSION, normalise
from identity.opening import CellReader, cell_column
from identity.partition import Member, Pair, Partition, Refusal, partition
from identity.records import UNKNOWN, FieldValue, RowKey, UnknownType
from identity.resolve import Resolution, Resolver
from identity.rules import GENERIC_CEILING, IDENTIFIER_KINDS, IdentifierRule, IdentityRules
from identity.store import (
    Identifier,
    StoredRecord,
    identifiers_of,
    records_by,
    replace_identifiers,
    resolve_ids,
    share_identity_lock,
    take_identity_lock,
)
from identity.tables import ended_record, identifier, record_cell, source_record, source_table
from identity.writing import RecordWrite, write_records

__all__ = [
    "GENERIC_CEILING",
    "IDENTIFIER_KINDS",
    "NORM_VERSION",
    "UNKNOWN",
    "CellReader",
    "FieldValue",
    "Identifier",
    "IdentifierRule",
    "IdentityRules",
    "Member",
    "Pair",
    "Partition",
    "RecordWrite",
    "Refusal",
    "Resolution",
    "Resolver",
    "RowKey",
    "StoredRecord",
    "UnknownType",
    "cell_column",
    "ended_record",
    "identifier",
    "identifiers_of",
    "normalise",
    "partition",
    "record_cell",
    "records_by",
    "replace_identifiers",
    "resolve_ids",
    "share_identity_lock",
    "source_record",
    "source_table",
    "take_identity_lock",
    "write_records",
]
