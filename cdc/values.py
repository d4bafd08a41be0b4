"""Column values, exactly as the source column held them.

With a schema the semantic type names of Debezium and Kafka Connect decide; hints matter only where a schema names a plain type.
Without one, :class:`ColumnHint` from the mapping decides, and what it leaves open is a problem that names column and mend,
never a guess.

=====================================  ==========================================================
Type in the source                     Value here
=====================================  ==========================================================
integers, booleans, text, bytes        ``int``, ``bool``, ``str``, ``bytes``
decimals                               ``Decimal`` with the column's scale
floating point                         ``float``
dates, times without a time zone       ``date``, naive ``datetime``, naive ``time``
times with a time zone                 aware ``datetime`` or ``time``
durations, times beyond one day        ``timedelta``
JSON, XML, UUID, enumerations          ``str`` as the database prints them
bit strings                            ``int``
arrays, geometry and other structures  ``list``, ``dict``
unchanged large values                 :data:`identity.UNKNOWN`
=====================================  ==========================================================

Python's times end at the microsecond: finer fractions are cut off.
"""

import base64
import hashlib
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

from cdc import encodings as wire
from cdc.encodings import NO_HINT, ColumnHint, Decoder, Unfit
from cdc.envelope import Columns, RowSchema
from cdc.problems import EventError
from identity import UNKNOWN, UnknownType

_Simple: TypeAlias = bool | int | float | str | bytes | Decimal
Value: TypeAlias = _Simple | date | datetime | time | timedelta | list[Any] | dict[str, Any] | UnknownType

_PLACEHOLDER: Final = "__debezium_unavailable_value"
_PLACEHOLDER_BYTES: Final = _PLACEHOLDER.encode()
_PLACEHOLDER_TEXTS: Final = frozenset(
    {
        _PLACEHOLDER,
        base64.b64encode(_PLACEHOLDER_BYTES).decode(),
        f'{{"{_PLACEHOLDER}":"{_PLACEHOLDER}"}}',  # hstore as JSON text
        f'"{_PLACEHOLDER}"',
        # Java's UUID.nameUUIDFromBytes: RFC 9562 version 3 without a name space
        str(uuid.UUID(bytes=hashlib.md5(_PLACEHOLDER_BYTES, usedforsecurity=False).digest(), version=3)),
    }
)


def is_unavailable(value: Any) -> bool:
    """Recognise Debezium's placeholder: as text, as base64, in an array, as hstore, as an array of numbers.

    Source: Debezium, ``UnchangedToastedPlaceholder`` of the PostgreSQL connector.
    """
    if isinstance(value, str):
        return value in _PLACEHOLDER_TEXTS
    if isinstance(value, list):
        is_one = len(value) == 1 and isinstance(value[0], str) and value[0] in _PLACEHOLDER_TEXTS
        return is_one or value == list(_PLACEHOLDER_BYTES)
    return isinstance(value, dict) and value == {_PLACEHOLDER: _PLACEHOLDER}


_BY_HINT: Final[Mapping[str, Callable[[ColumnHint], Decoder]]] = {
    "": lambda _: wire.plain,
    "text": lambda _: wire.plain,
    "integer": wire.hinted_integer,
    "decimal": wire.hinted_decimal,
    "float": lambda _: wire.floating,
    "boolean": lambda _: wire.boolean,
    "date": wire.hinted_date,
    "time": lambda hint: wire.hinted_ticks(hint, wire.time_of_day, wire.iso_time),
    "timestamp": lambda hint: wire.hinted_ticks(hint, wire.wall_clock, wire.iso_timestamp),
    "duration": lambda hint: wire.hinted_ticks(hint, wire.ticks, wire.text),
    "bytes": lambda _: wire.binary,
    "json": lambda _: wire.plain,
}


_BY_NAME: Final[Mapping[str, Decoder]] = {
    "org.apache.kafka.connect.data.Date": wire.days,
    "org.apache.kafka.connect.data.Time": wire.time_of_day("ms"),
    "org.apache.kafka.connect.data.Timestamp": wire.wall_clock("ms"),
    "io.debezium.time.Date": wire.days,
    "io.debezium.time.Time": wire.time_of_day("ms"),
    "io.debezium.time.MicroTime": wire.time_of_day("us"),
    "io.debezium.time.NanoTime": wire.time_of_day("ns"),
    "io.debezium.time.ZonedTime": wire.iso_time,
    "io.debezium.time.Timestamp": wire.wall_clock("ms"),
    "io.debezium.time.MicroTimestamp": wire.wall_clock("us"),
    "io.debezium.time.NanoTimestamp": wire.wall_clock("ns"),
    "io.debezium.time.ZonedTimestamp": wire.iso_timestamp,
    "io.debezium.time.IsoDate": wire.iso_date,
    "io.debezium.time.IsoTime": wire.iso_time,
    "io.debezium.time.IsoTimestamp": wire.iso_timestamp,
    "io.debezium.time.MicroDuration": wire.ticks("us"),
    "io.debezium.time.NanoDuration": wire.ticks("ns"),
    "io.debezium.time.Year": wire.integer,
    "io.debezium.data.Bits": wire.bits,
    "io.debezium.data.VariableScaleDecimal": wire.variable_scale,
}

_BY_TYPE: Final[Mapping[str, Decoder]] = {
    "int8": wire.integer,
    "int16": wire.integer,
    "int32": wire.integer,
    "int64": wire.integer,
    "float": wire.floating,
    "double": wire.floating,
    "float32": wire.floating,
    "float64": wire.floating,
    "boolean": wire.boolean,
    "string": wire.text,
    "bytes": wire.binary,
}


def decoder_for(schema: Mapping[str, Any] | None, hint: ColumnHint = NO_HINT) -> Decoder:
    """Choose the function that turns a column's JSON into its value; it raises :class:`~cdc.encodings.Unfit`."""
    if schema is None:
        return _BY_HINT[hint.type](hint)
    name, kind = schema.get("name"), schema.get("type")
    if name == "org.apache.kafka.connect.data.Decimal":
        return wire.connect_decimal(schema)
    if isinstance(name, str) and name in _BY_NAME:
        return _BY_NAME[name]
    if kind == "array":
        items = schema.get("items")
        return _array(decoder_for(items if isinstance(items, dict) else None))
    return _plain_with_schema(str(kind), has_name=bool(name), hint=hint)


def _plain_with_schema(kind: str, *, has_name: bool, hint: ColumnHint) -> Decoder:
    """Combine a plain type, which says how it is written, and a hint, which says what it means (a flag as 0 or 1)."""
    by_type = _BY_TYPE.get(kind, wire.plain)
    if has_name or hint.type in {"", "text", "json", "bytes"}:
        return by_type
    if kind == "string" and hint.type in {"integer", "decimal"}:
        return wire.decimal if hint.type == "decimal" else lambda value: wire.integer(wire.decimal(value))
    return by_type if kind in {"bytes", "struct", "map"} else _BY_HINT[hint.type](hint)


def _array(decode: Decoder) -> Decoder:
    def decode_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise wire.wrong("an array", value)
        return [None if item is None else decode(item) for item in value]

    return decode_all


_MAX_SCHEMAS: Final = 64


class Row:
    """One row's columns, decoded when asked for."""

    __slots__ = ("_data", "_decoders", "_hints", "_schema")

    def __init__(
        self,
        columns: Columns,
        hints: Mapping[str, ColumnHint],
        decoders: dict[str, Decoder] | None = None,
    ) -> None:
        self._data = columns.data
        self._schema = columns.schema
        self._hints = hints
        self._decoders = {} if decoders is None else decoders

    def names(self) -> tuple[str, ...]:
        """Return the columns that the event has."""
        return tuple(self._data)

    def get(self, column: str) -> Value | None:
        """Decode ``column``; None for NULL and for a column that the event does not have.

        :class:`EventError` ``wrong_type`` or ``ambiguous_value`` names the column and the mend.
        """
        value = self._data.get(column)
        if value is None:
            return None
        if isinstance(value, str):
            if value in _PLACEHOLDER_TEXTS:
                return UNKNOWN
        elif isinstance(value, list | dict) and is_unavailable(value):
            return UNKNOWN
        try:
            decode = self._decoders.get(column) or self._prepare(column)
            return decode(value)  # type: ignore[no-any-return]  # of the many decoders, each with its own type
        except Unfit as problem:
            raise EventError(problem.code, f"column {column!r}: {problem.message}") from None

    def _prepare(self, column: str) -> Decoder:
        schema = None if self._schema is None else self._schema.fields.get(column)
        decode = self._decoders[column] = decoder_for(schema, self._hints.get(column, NO_HINT))
        return decode


class RowReader:
    """Makes rows of one table, keeping the decoders of each of its schemas."""

    __slots__ = ("_by_schema", "_hints")

    def __init__(self, hints: Mapping[str, ColumnHint]) -> None:
        self._hints = hints
        self._by_schema: dict[RowSchema | None, dict[str, Decoder]] = {}

    def read(self, columns: Columns) -> Row:
        """Make a row of ``columns``."""
        decoders = self._by_schema.get(columns.schema)
        if decoders is None:
            if len(self._by_schema) > _MAX_SCHEMAS:  # a table changes rarely; this only bounds the memory
                self._by_schema.clear()
            decoders = self._by_schema[columns.schema] = {}
        return Row(columns, self._hints, decoders)
