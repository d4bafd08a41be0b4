"""Change data capture: envelopes, mapping, transports and ``apply``, the one way in for every write."""

from cdc.apply import Advance, Applier
from cdc.breaker import Breaker, pause_limit
from cdc.capture.connect import Connect, ConnectorStatus, FieldError
from cdc.capture.connector import Connector
from cdc.capture.debezium import connector_of, debezium_configuration
from cdc.capture.errors import CaptureError, ConnectError, PasswordUnknown
from cdc.capture.findings import Finding
from cdc.capture.inspection import inspect_source
from cdc.capture.log_end import log_end
from cdc.capture.password import provider
from cdc.capture.signals import SnapshotSignal, outdated, signal_findings, snapshot_signal, write_signal
from cdc.capture.statements import database_statements, next_steps
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
from cdc.check import EITHER, CheckReport, ColumnCheck, ParkCheck, TableCheck, check_sample
from cdc.decisions import Decided, Steward, Wish
from cdc.embedded.configuration import ENGINE_STREAMS
from cdc.embedded.jvm import lacking
from cdc.embedded.lag import EngineLag, engine_lags
from cdc.embedded.places import Places
from cdc.embedded.reading import EmbeddedReader, EngineFiles, read_anew
from cdc.envelope import DEFAULT_MAX_EVENT_BYTES
from cdc.errors import (
    BlastRadius,
    DecisionRefused,
    FencedOut,
    KeyStoreEmpty,
    OtherKeyStore,
    PeopleTableError,
    PublisherReplaced,
    PublishRefused,
    ReplayRefused,
    RulesChanged,
    StreamChanged,
    TooManyMerges,
)
from cdc.files import FILE_STREAMS, CapturedFile
from cdc.in_force import (
    check_key_store,
    check_token_key,
    compare_token_key,
    require_rules,
    rule_fingerprints,
    was_filled,
)
from cdc.kafka_errors import KafkaRefused, KafkaUnreachable, Place, PositionLost
from cdc.kafka_lag import KafkaEnds, KafkaLag, kafka_ends, kafka_lag, kafka_places
from cdc.kafka_opening import look_at_kafka, offsets_since, open_kafka, open_sender, send_signal
from cdc.kafka_partners import Consumer, Listener
from cdc.kafka_reader import KafkaReader, Reading
from cdc.kafka_settings import KAFKA_KEYS, KAFKA_PASSWORD, MECHANISMS, PROTOCOLS, KafkaSettings
from cdc.kafka_streams import Log, StreamName, current_stream, fault, topic_pattern, topic_reader
from cdc.log_watch import LogSeen, log_seen, remember_log
from cdc.mapping import Mapping, SourceMapping, TableMapping
from cdc.mapping_file import read_mapping
from cdc.mapping_shape import shapes_of
from cdc.mapping_store import Stale, register_shapes, stale_rows
from cdc.metrics import count as count_batch
from cdc.money import CURRENCY_DECIMALS, similar_currencies
from cdc.outbox_keeper import OutboxKeeper
from cdc.parity import (
    DIFFERENCE_KEY,
    KINDS,
    Address,
    Audit,
    Difference,
    DifferenceKeeper,
    Ends,
    LogPosition,
    MySqlSource,
    ParityError,
    Patience,
    PostgresSource,
    Snapshot,
    SourceDatabase,
    SqliteSource,
    StoredDifference,
    StoredParity,
    StreamEnds,
    TableParity,
    connected_source,
    store_result,
    stored_differences,
    stored_results,
)
from cdc.parking import Parked, ParkingLot, count_parked, drop_parked, list_parked, parked_ids
from cdc.pauses import Pause, list_pauses
from cdc.people_table import PeopleTable, Told, read_people
from cdc.pipeline import BATCH_EVENTS, Pipeline
from cdc.plan import Event
from cdc.preparing import Preparer, PreparerHere
from cdc.preparing_apart import Helper, PreparerApart, serve_preparing
from cdc.problems import PARK_CODES, EventError
from cdc.proposal import propose_mapping
from cdc.publisher import PUBLISHING, Publisher, forget_publisher, published_up_to, publishing_stream
from cdc.rebuild import REBUILD_PASSES, Preview, Rebuilder, RebuildReport, Shift
from cdc.remap import Remapper, RemapReport
from cdc.replay import Replay, plan_replay, read_again
from cdc.sealing import Sealer
from cdc.sqlite_capture import SqliteCapture, install
from cdc.store import Position, TableIds, stream_positions
from cdc.translate import Translator
from cdc.writing import Report, wall_time

__all__ = [
    "BATCH_EVENTS",
    "CURRENCY_DECIMALS",
    "DEFAULT_MAX_EVENT_BYTES",
    "DIFFERENCE_KEY",
    "EITHER",
    "ENGINE_STREAMS",
    "FILE_STREAMS",
    "KAFKA_KEYS",
    "KAFKA_PASSWORD",
    "KINDS",
    "MECHANISMS",
    "PARK_CODES",
    "PROTOCOLS",
    "PUBLISHING",
    "REBUILD_PASSES",
    "Address",
    "Advance",
    "Applier",
    "Audit",
    "BlastRadius",
    "Breaker",
    "CaptureError",
    "CapturedFile",
    "Change",
    "CheckReport",
    "ColumnCheck",
    "Connect",
    "ConnectError",
    "Connector",
    "ConnectorStatus",
    "ConsentValue",
    "Consumer",
    "Decided",
    "DecisionRefused",
    "Difference",
    "DifferenceKeeper",
    "EmbeddedReader",
    "Ends",
    "EngineFiles",
    "EngineLag",
    "Event",
    "EventError",
    "FactChange",
    "FencedOut",
    "FieldError",
    "Finding",
    "Helper",
    "Ignored",
    "KafkaEnds",
    "KafkaLag",
    "KafkaReader",
    "KafkaRefused",
    "KafkaSettings",
    "KafkaUnreachable",
    "KeyStoreEmpty",
    "Listener",
    "Log",
    "LogPosition",
    "LogSeen",
    "Mapping",
    "MySqlSource",
    "Origin",
    "OtherKeyStore",
    "OutboxKeeper",
    "ParityError",
    "ParkCheck",
    "Parked",
    "ParkingLot",
    "PasswordUnknown",
    "Patience",
    "Pause",
    "PeopleTable",
    "PeopleTableError",
    "Pipeline",
    "Place",
    "Places",
    "Position",
    "PositionLost",
    "PostgresSource",
    "Preparer",
    "PreparerApart",
    "PreparerHere",
    "Preview",
    "PublishRefused",
    "Publisher",
    "PublisherReplaced",
    "RawEvent",
    "Reading",
    "RebuildReport",
    "Rebuilder",
    "RecordChange",
    "RemapReport",
    "Remapper",
    "Replay",
    "ReplayRefused",
    "Report",
    "RowDelete",
    "RulesChanged",
    "Sealer",
    "Shift",
    "Snapshot",
    "SnapshotSignal",
    "SnapshotTableDone",
    "SourceDatabase",
    "SourceMapping",
    "SqliteCapture",
    "SqliteSource",
    "Stale",
    "Steward",
    "StoredDifference",
    "StoredParity",
    "StreamChanged",
    "StreamEnds",
    "StreamName",
    "TableCheck",
    "TableIds",
    "TableMapping",
    "TableParity",
    "TableTruncate",
    "Told",
    "TooManyMerges",
    "Translator",
    "Unusable",
    "Wish",
    "check_key_store",
    "check_sample",
    "check_token_key",
    "compare_token_key",
    "connected_source",
    "connector_of",
    "count_batch",
    "count_parked",
    "current_stream",
    "database_statements",
    "debezium_configuration",
    "drop_parked",
    "engine_lags",
    "fault",
    "forget_publisher",
    "inspect_source",
    "install",
    "kafka_ends",
    "kafka_lag",
    "kafka_places",
    "lacking",
    "list_parked",
    "list_pauses",
    "log_end",
    "log_seen",
    "look_at_kafka",
    "next_steps",
    "offsets_since",
    "open_kafka",
    "open_sender",
    "outdated",
    "parked_ids",
    "pause_limit",
    "plan_replay",
    "propose_mapping",
    "provider",
    "published_up_to",
    "publishing_stream",
    "read_again",
    "read_anew",
    "read_mapping",
    "read_people",
    "register_shapes",
    "remember_log",
    "require_rules",
    "rule_fingerprints",
    "send_signal",
    "serve_preparing",
    "shapes_of",
    "signal_findings",
    "similar_currencies",
    "snapshot_signal",
    "stale_rows",
    "store_result",
    "stored_differences",
    "stored_results",
    "stream_positions",
    "topic_pattern",
    "topic_reader",
    "wall_time",
    "was_filled",
    "write_signal",
]
