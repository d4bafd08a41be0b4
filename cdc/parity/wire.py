"""Values as Debezium writes them in JSON, from what database drivers give, and the schemas of Kafka Connect's types.

Source: Debezium 3.6, "data type mappings" of the PostgreSQL, MySQL and MariaDB connectors, with
``decimal.handling.mode=string`` and the default ``time.precision.mode`` and ``binary.handling.mode``.
"""

import base64
import struct
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

#: A schema of Kafka Connect, as far as decoding asks for it.
Schema = Mapping[str, Any]
Encode = Callable[[Any], Any]

#: Times with up to so many decimals are counted in milliseconds, others in microseconds.
_MILLIS_DIGITS: Final = 3
_MICROSECOND: Final = timedelta(microseconds=1)
_FLOAT_DIGITS: Final = range(6, 10)


def schema(kind: str, name: str = "") -> Schema:
    """Make a schema of a type, with its semantic name if it has one."""
    return {"type": kind, "name": name} if name else {"type": kind}


TEXT: Final = schema("string")
BOOLEAN: Final = schema("boolean")
DATE: Final = schema("int32", "io.debezium.time.Date")
ZONED_TIMESTAMP: Final = schema("string", "io.debezium.time.ZonedTimestamp")
ZONED_TIME: Final = schema("string", "io.debezium.time.ZonedTime")
MICRO_TIME: Final = schema("int64", "io.debezium.time.MicroTime")


def as_it_is(value: Any) -> Any:
    """Leave what the driver gives."""
    return value


def number(value: Any) -> Any:
    """Read a floating-point number from its text as a JSON decoder would; NaN and infinities stay text, as Debezium sends them."""
    found = Decimal(str(value))
    return found if found.is_finite() else str(value)


def single(value: float) -> Decimal:
    """Write a number of 32 bits, given with 64, in the fewest digits that mean it, as Java does."""
    for digits in _FLOAT_DIGITS:
        text = f"{value:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return Decimal(text)
    return Decimal(repr(value))


def plain_decimal(value: Decimal) -> str:
    """Write a decimal without an exponent."""
    return f"{value:f}"


def binary(value: bytes) -> str:
    """Write bytes."""
    return base64.b64encode(value).decode()


def microseconds(value: timedelta) -> int:
    """Count a time of day or a duration."""
    return value // _MICROSECOND


def wall_clock(digits: int) -> tuple[Encode, Schema]:
    """Encode a count of microseconds that is a time stamp without a zone, of a column with so many decimals."""
    if digits <= _MILLIS_DIGITS:
        return lambda value: value // 1_000, schema("int64", "io.debezium.time.Timestamp")
    return as_it_is, schema("int64", "io.debezium.time.MicroTimestamp")


def time_of_day(digits: int) -> tuple[Encode, Schema]:
    """Encode a count of microseconds that is a time of day, of a PostgreSQL column with so many decimals."""
    if digits <= _MILLIS_DIGITS:
        return lambda value: value // 1_000, schema("int32", "io.debezium.time.Time")
    return as_it_is, MICRO_TIME


def zoned(digits: int) -> Encode:
    """Cut ``2026-01-31T23:59:59.123456`` to a column's decimals and say that it is UTC."""
    cut = -6 + digits if digits else -7

    def encode(value: str) -> str:
        return f"{value[:cut] if cut else value}Z"

    return encode
