"""Change data capture: envelopes, mapping, transports and ``apply``, the one way in for every write."""

from cdc.apply import Advance, Applier, Report, wall_time
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
from cdc.envelope import DEFAULT_MAX_EVENT_BYTES
from cdc.errors import FencedOut, StreamChanged
from cdc.files import CapturedFile
from cdc.mapping import Mapping, SourceMapping, TableMapping
from cdc.mapping_file import read_mapping
from cdc.money import CURRENCY_DECIMALS
from cdc.parking import Parked, ParkingLot, count_parked, drop_parked, list_parked, parked_ids
from cdc.pipeline import BATCH_EVENTS, Pipeline
from cdc.plan import Event
from cdc.problems import PARK_CODES, EventError
from cdc.proposal import propose_mapping
from cdc.sealing import Sealer
from cdc.sqlite_capture import SqliteCapture, install
from cdc.store import Position, TableIds, stream_positions
from cdc.translate import Translator

__all__ = [
    "BATCH_EVENTS",
    "CURRENCY_DECIMALS",
    "DEFAULT_MAX_EVENT_BYTES",
    "PARK_CODES",
    "Advance",
    "Applier",
    "CapturedFile",
    "Change",
    "CheckReport",
    "ColumnCheck",
    "ConsentValue",
    "Event",
    "EventError",
    "FactChange",
    "FencedOut",
    "Ignored",
    "Mapping",
    "Origin",
    "ParkCheck",
    "Parked",
    "ParkingLot",
    "Pipeline",
    "Position",
    "RawEvent",
    "RecordChange",
    "Report",
    "RowDelete",
    "Sealer",
    "SnapshotTableDone",
    "SourceMapping",
    "SqliteCapture",
    "StreamChanged",
    "TableCheck",
    "TableIds",
    "TableMapping",
    "TableTruncate",
    "Translator",
    "Unusable",
    "check_sample",
    "count_parked",
    "drop_parked",
    "install",
    "list_parked",
    "parked_ids",
    "propose_mapping",
    "read_mapping",
    "stream_positions",
    "wall_time",
]
