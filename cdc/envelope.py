"""From the bytes of an event to its envelope: Debezium's JSON, with or without a schema.

Either part of an event, key or value, may come bare or wrapped as ``{"schema": …, "payload": …}``. Only what Onefold needs is
decoded: ``before`` stays bytes until somebody asks for the key of a deleted row, because under PostgreSQL's default replica
identity its other columns are invented.

Sources: Debezium 3.6 documentation, "change events" of each connector, "transaction metadata", "notifications".
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

from cdc.changes import RawEvent
from cdc.positions import SourceBlock
from cdc.problems import EventError

DEFAULT_MAX_EVENT_BYTES: Final = 8 * 1024 * 1024

#: JSON schemas of a row's columns by name, as Kafka Connect writes them.
Fields: TypeAlias = Mapping[str, Mapping[str, Any]]

_OPS: Final = frozenset("cudrt")
_OLD_KEY: Final = "__debezium.oldkey"
_NEW_KEY: Final = "__debezium.newkey"
_HEARTBEAT: Final = "__debezium-heartbeat"


class TransactionBlock(msgspec.Struct, frozen=True):
    """An event's place in its transaction, where the connector provides transaction metadata."""

    id: str = ""
    total_order: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RowSchema:
    """The columns of one version of a table; one object for equal schemas, so that work done for it can be kept."""

    fields: Fields


class Columns(msgspec.Struct, frozen=True):
    """Column values as JSON gave them, with their schema if the event had one."""

    data: Mapping[str, Any]
    schema: RowSchema | None = None


#: A key: its columns; or one bare value where the connector sends the key column without its name.
Key: TypeAlias = Columns | str | int | bool | Decimal


class Envelope(msgspec.Struct, frozen=True):
    """A change of one row (``op`` c, u, d, r) or of a whole table (t).

    ``before_json`` is for the key of deleted rows only. ``old_key`` and ``new_key`` link the two halves of a primary-key change.
    ``snapshot_ms``: of a row read by a snapshot, when the connector read it, by its own clock (0 where the event does not say).
    """

    op: str
    source: SourceBlock
    after: Columns | None
    before_json: bytes | None
    schema: RowSchema | None
    key: Key | None
    old_key: Key | None
    new_key: Key | None
    transaction: TransactionBlock | None
    snapshot_ms: int = 0

    def before(self) -> Columns | None:
        """Decode the row before the change: trust only its key."""
        data = _decode(_ROW, self.before_json, "value") if self.before_json else None
        return None if data is None else Columns(data, self.schema)


class Control(msgspec.Struct, frozen=True):
    """An event without a row: ``kind`` is tombstone, heartbeat, transaction, schema change, message or notification."""

    kind: str


class TableScanned(msgspec.Struct, frozen=True):
    """Debezium's notification that a snapshot has read all ``rows`` rows of ``table`` (``schema.table`` or ``db.table``).

    ``connector`` is the connector's topic prefix, ``snapshot`` is ``Initial Snapshot`` or ``Incremental Snapshot``; ``at_ms`` when it was
    written, by the connector's clock.
    """

    connector: str
    snapshot: str
    table: str
    rows: int
    at_ms: int


Parsed: TypeAlias = Envelope | Control | TableScanned


class _Wire(msgspec.Struct):
    """Everything that may stand at the top of an event's value; what is not asked of each stays undecoded."""

    schema: Raw | UnsetType = UNSET
    payload: Raw | UnsetType = UNSET
    op: str | UnsetType = UNSET
    source: SourceBlock | UnsetType | None = UNSET
    before: Raw | UnsetType = UNSET
    after: dict[str, Any] | None = None
    transaction: TransactionBlock | None = None
    ddl: Raw | UnsetType = UNSET
    tableChanges: Raw | UnsetType = UNSET  # noqa: N815 -- Debezium's name
    status: Raw | UnsetType = UNSET
    event_count: Raw | UnsetType = UNSET
    ts_ms: Raw | UnsetType = UNSET
    aggregate_type: Raw | UnsetType = UNSET
    type: Raw | UnsetType = UNSET
    additional_data: Raw | UnsetType = UNSET
    timestamp: Raw | UnsetType = UNSET


class _ScanData(msgspec.Struct):
    connector_name: str = ""
    scanned_collection: str = ""
    total_rows_scanned: str | int = ""
    status: str = ""


# Numbers with a fraction become Decimal, so that their digits arrive as written.
_WIRE = msgspec.json.Decoder(_Wire | None, float_hook=Decimal)
_ROW = msgspec.json.Decoder(dict[str, Any] | None, float_hook=Decimal)
_TEXT = msgspec.json.Decoder(str)
_MILLISECONDS = msgspec.json.Decoder(int | None, strict=False)
_SCAN_DATA = msgspec.json.Decoder(_ScanData | None)
_ANY = msgspec.json.Decoder(float_hook=Decimal)


def parse(raw: RawEvent, *, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> Parsed:
    """Read one event; :class:`EventError` when it is not a change event that Onefold can read."""
    size = len(raw.value or b"") + len(raw.key or b"")
    if size > max_event_bytes:
        raise EventError("oversized", f"the event has {size} bytes, the limit is {max_event_bytes}")
    wire, schema = _unwrap(raw.value)
    if wire is None:
        return Control("tombstone")
    if isinstance(wire.op, str):
        return Control("message") if wire.op == "m" else _envelope(raw, wire, schema)
    return _control(raw, wire)


def parse_key(json: bytes | None) -> Key | None:
    """Read a message key or one of the key headers; None for a row without a key."""
    if json is None:
        return None
    data = _decode(_ANY, json, "key")
    schema: RowSchema | None = None
    if isinstance(data, dict) and data.keys() == {"schema", "payload"} and not isinstance(data["schema"], str):
        schema = _key_schema(json)
        data = data["payload"]
    if data is None or isinstance(data, str | int | Decimal):
        return data
    if isinstance(data, dict):
        return Columns(data, schema)
    raise EventError("wrong_envelope", "the key is a JSON array; it must be an object with the key columns")


def _decode(decoder: Any, json: bytes | Raw, part: str) -> Any:
    """Decode JSON; the messages hold no text of the event, whose own error messages are therefore dropped."""
    try:
        return decoder.decode(json)
    except msgspec.ValidationError as error:
        raise EventError("wrong_envelope", f"the {part} has another shape than a change event: {error}") from None
    except UnicodeDecodeError as error:
        raise EventError("invalid_utf8", f"the {part} is not UTF-8 near its byte {error.start}") from None
    except (msgspec.DecodeError, ValueError, ArithmeticError, RecursionError):
        raise EventError("malformed_json", f"the {part} is not valid JSON") from None


def _unwrap(json: bytes | None) -> tuple[_Wire | None, RowSchema | None]:
    """Take the value out of its wrapper, with the schema of the row in it."""
    wire = None if json is None else _decode(_WIRE, json, "value")
    if wire is None or wire.payload is UNSET:
        return wire, None
    schema = None if wire.schema is UNSET else _value_schema(bytes(wire.schema))
    return _decode(_WIRE, wire.payload, "value"), schema


def _given(raw: Raw | UnsetType) -> bytes | None:
    """Return the JSON of a field that is there and not null."""
    json = None if raw is UNSET else bytes(raw)  # Raw itself never equals bytes
    return None if json == b"null" else json


@lru_cache(maxsize=1024)
def _value_schema(json: bytes) -> RowSchema | None:
    fields = _fields(_decode(_ANY, json, "schema"))
    row = fields.get("after") or fields.get("before")
    return RowSchema(_fields(row)) if row else None


@lru_cache(maxsize=1024)
def _schema_of_key(json: bytes) -> RowSchema | None:
    return RowSchema(_fields(_decode(_ANY, json, "schema")))


def _key_schema(json: bytes) -> RowSchema | None:
    wire = _decode(_WIRE, json, "key")
    schema = _given(wire.schema)
    return _schema_of_key(schema) if schema else None


def _fields(schema: Any) -> Fields:
    listed = schema.get("fields") if isinstance(schema, dict) else None
    found = listed if isinstance(listed, list) else []
    return {str(field.get("field")): field for field in found if isinstance(field, dict)}


def _envelope(raw: RawEvent, wire: _Wire, schema: RowSchema | None) -> Envelope:
    op = str(wire.op)
    if op not in _OPS:
        raise EventError("unknown_op", "the envelope's `op` is none of c, u, d, r, t, m")
    source, after = wire.source, wire.after
    if not isinstance(source, SourceBlock):
        raise EventError("wrong_envelope", "the envelope has no `source`")
    if after is None and op in "cur":
        raise EventError("wrong_envelope", f"an event with op {op} has no `after`")
    headers = raw.headers
    return Envelope(
        op=op,
        source=source,
        after=None if after is None else Columns(after, schema),
        before_json=_given(wire.before),
        schema=schema,
        key=parse_key(raw.key),
        old_key=parse_key(headers.get(_OLD_KEY)) if headers else None,
        new_key=parse_key(headers.get(_NEW_KEY)) if headers else None,
        transaction=wire.transaction,
        snapshot_ms=_milliseconds(wire.ts_ms) if op == "r" or source.is_snapshot else 0,
    )


def _milliseconds(json: Raw | UnsetType) -> int:
    """Read a time; 0 where none is given that can be read: nothing else of the event depends on it."""
    with suppress(EventError):
        return _decode(_MILLISECONDS, _given(json) or b"null", "value") or 0
    return 0


def _control(raw: RawEvent, wire: _Wire) -> Control | TableScanned:
    if wire.aggregate_type is not UNSET and wire.type is not UNSET:
        return _notification(wire)
    if wire.ddl is not UNSET or wire.tableChanges is not UNSET:
        return Control("schema change")
    if wire.status is not UNSET and wire.event_count is not UNSET:
        return Control("transaction")
    if wire.ts_ms is not UNSET and wire.source is UNSET and (_HEARTBEAT in raw.topic or _is_only_a_time(raw)):
        return Control("heartbeat")
    raise EventError(
        "wrong_envelope", "the value has no `op`: it is no Debezium envelope, or ExtractNewRecordState has flattened it"
    )


def _is_only_a_time(raw: RawEvent) -> bool:
    """Recognise a heartbeat under a topic name of the installation's own."""
    value = _decode(_ANY, raw.value or b"", "value")
    body = value.get("payload", value) if isinstance(value, dict) else None
    return isinstance(body, dict) and body.keys() == {"ts_ms"}


def _notification(wire: _Wire) -> Control | TableScanned:
    data = _decode(_SCAN_DATA, _given(wire.additional_data) or b"null", "notification")
    kind = _decode(_TEXT, _given(wire.type) or b'""', "notification")
    if kind != "TABLE_SCAN_COMPLETED" or data is None or data.status != "SUCCEEDED":
        return Control("notification")
    rows = str(data.total_rows_scanned)
    if not (rows.isascii() and rows.isdigit()):
        return Control("notification")
    snapshot = _decode(_TEXT, _given(wire.aggregate_type) or b'""', "notification")
    at = _milliseconds(wire.timestamp)
    return TableScanned(data.connector_name, snapshot, data.scanned_collection, int(rows), at)
