"""Change data capture: envelopes, mapping, transports and ``apply``, the one way in for every write."""

from cdc.apply import Advance, Applier
from cdc.breaker import Breaker, pause_limit
from cdc.changes import (
    Change,
    ConsentValue,
    FactChange,
    Ignored,
    Origin,
    RawEvent,
    RecordChange,
    RowDelete,
    SnapshotTableDone,
    TableTruncate,
    Unusable,
)
from cdc.check import CheckReport, ColumnCheck, ParkCheck, TableCheck, check_sample
from cdc.decisions import Decided, Steward, Wish
from cdc.envelope import DEFAULT_MAX_EVENT_BYTES
from cdc.errors import (
    BlastRadius,
    DecisionRefused,
    FencedOut,
    KeyStoreEmpty,
    OtherKeyStore,
    PublisherReplaced,
    PublishRefused,
    RulesChanged,
    StreamChanged,
    TooManyMerges,
)
from cdc.files import FILE_STREAMS, CapturedFile
from cdc.in_force import check_key_store, check_token_key, compare_token_key, require_rules, rule_fingerprints
from cdc.kafka_errors import KafkaRefused, KafkaUnreachable, Place, PositionLost
from cdc.kafka_opening import look_at_kafka, open_kafka, open_sender
from cdc.kafka_reader import Consumer, KafkaReader, Listener, Reading
from cdc.kafka_settings import KAFKA_KEYS, KAFKA_PASSWORD, MECHANISMS, PROTOCOLS, KafkaSettings
from cdc.kafka_streams import Log, StreamName, fault, topic_pattern
from cdc.mapping import Mapping, SourceMapping, TableMapping
from cdc.mapping_file import read_mapping
from cdc.money import CURRENCY_DECIMALS
from cdc.outbox_keeper import OutboxKeeper
from cdc.parking import Parked, ParkingLot, count_parked, drop_parked, list_parked, parked_ids
from cdc.pauses import Pause, list_pauses
from cdc.pipeline import BATCH_EVENTS, Pipeline
from cdc.plan import Event
from cdc.problems import PARK_CODES, EventError
from cdc.proposal import propose_mapping
from cdc.publisher import PUBLISHING, Publisher, published_up_to, publishing_stream
from cdc.rebuild import Preview, Rebuilder, RebuildReport, Shift
from cdc.sealing import Sealer
from cdc.sqlite_capture import SqliteCapture, install
from cdc.store import Position, TableIds, stream_positions
from cdc.translate import Translator
from cdc.writing import Report, wall_time

__all__ = [
    "BATCH_EVENTS",
    "CURRENCY_DECIMALS",
    "DEFAULT_MAX_EVENT_BYTES",
    "FILE_STREAMS",
    "KAFKA_KEYS",
    "KAFKA_PASSWORD",
    "MECHANISMS",
    "PARK_CODES",
    "PROTOCOLS",
    "PUBLISHING",
    "Advance",
    "Applier",
    "BlastRadius",
    "Breaker",
    "CapturedFile",
    "Change",
    "CheckReport",
    "ColumnCheck",
    "ConsentValue",
    "Consumer",
    "Decided",
    "DecisionRefused",
    "Event",
    "EventError",
    "FactChange",
    "FencedOut",
    "Ignored",
    "KafkaReader",
    "KafkaRefused",
    "KafkaSettings",
    "KafkaUnreachable",
    "KeyStoreEmpty",
    "Listener",
    "Log",
    "Mapping",
    "Origin",
    "OtherKeyStore",
    "OutboxKeeper",
    "ParkCheck",
    "Parked",
    "ParkingLot",
    "Pause",
    "Pipeline",
    "Place",
    "Position",
    "PositionLost",
    "Preview",
    "PublishRefused",
    "Publisher",
    "PublisherReplaced",
    "RawEvent",
    "Reading",
    "RebuildReport",
    "Rebuilder",
    "RecordChange",
    "Report",
    "RowDelete",
    "RulesChanged",
    "Sealer",
    "Shift",
    "SnapshotTableDone",
    "SourceMapping",
    "SqliteCapture",
    "Steward",
    "StreamChanged",
    "StreamName",
    "TableCheck",
    "TableIds",
    "TableMapping",
    "TableTruncate",
    "TooManyMerges",
    "Translator",
    "Unusable",
    "Wish",
    "check_key_store",
    "check_sample",
    "check_token_key",
    "compare_token_key",
    "count_parked",
    "drop_parked",
    "fault",
    "install",
    "list_parked",
    "list_pauses",
    "look_at_kafka",
    "open_kafka",
    "open_sender",
    "parked_ids",
    "pause_limit",
    "propose_mapping",
    "published_up_to",
    "publishing_stream",
    "read_mapping",
    "require_rules",
    "rule_fingerprints",
    "stream_positions",
    "topic_pattern",
    "wall_time",
]
