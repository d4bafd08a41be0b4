"""Values as Debezium writes them in JSON, from what database drivers give, and the schemas of Kafka Connect's types.

Source: Debezium 3.6, "data type mappings" of the PostgreSQL, MySQL and MariaDB connectors, with
``decimal.handling.mode=string`` and the default ``time.precision.mode`` and ``binary.handling.mode``.
"""

import base64
import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

#: Gives one spelling for all texts that mean the same; ValueError or OverflowError for a text that is none.
Respell = Callable[[str], str]
#: A schema of Kafka Connect, as far as decoding asks for it.
Schema = Mapping[str, Any]
Encode = Callable[[Any], Any]

#: Times with up to so many decimals are counted in milliseconds, others in microseconds.
_MILLIS_DIGITS: Final = 3
_MICROSECOND: Final = timedelta(microseconds=1)


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


# --- spellings: what Debezium, or a version of Java, writes in more than one way -----------------------------------------------


def json_spelling(text: str) -> str:
    """Spell JSON in one way: MySQL's log prints it in another than its tables."""
    return msgspec.json.encode(msgspec.json.decode(text), order="sorted").decode()


def double_spelling(text: str) -> str:
    """Spell a number of 64 bits in the fewest digits."""
    return repr(float(text))


def single_spelling(text: str) -> str:
    """Spell a number of 32 bits by its value: Java writes more digits than needed."""
    return repr(struct.unpack("f", struct.pack("f", float(text)))[0])


def six_digits(text: str) -> str:
    """Spell a FLOAT of MySQL or MariaDB with the six digits that snapshots have; streamed ones have all."""
    return f"{float(text):.6g}"


def instant_spelling(text: str) -> str:
    """Spell a time stamp with a zone in UTC with microseconds: snapshots and streams write different numbers of decimals."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds")
