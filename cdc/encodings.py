"""How single values are written in change events: one function for each encoding, from JSON to a Python value.

Which of them a column takes is decided in :mod:`cdc.values`. A function that meets something else than its encoding raises
:class:`Unfit`, which never leaves these two modules: the column's name is added there.

Sources: Debezium 3.6 documentation, "data type mappings" of each connector; Kafka Connect, ``org.apache.kafka.connect.data``.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from identity import days_by_order

Decoder: TypeAlias = Callable[[Any], Any]

#: Names for ``type`` in the mapping.
HINT_TYPES: Final = (
    "text", "integer", "decimal", "float", "boolean", "date", "time", "timestamp", "duration", "bytes", "json",
)  # fmt: skip
#: Names for ``unit`` in the mapping, with the ticks of one second.
HINT_UNITS: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


#: The ``unit`` of amounts that are stored as whole cents.
MINOR_UNIT: Final = "minor"


@dataclass(frozen=True, slots=True)
class ColumnHint:
    """What the mapping says of a column's encoding.

    ``scale`` says that decimals come as Debezium's ``precise`` base64; ``unit`` what integer times count; ``timezone`` where
    a time without a time zone belongs. ``is_implied``: ``type`` follows from the standard name, nobody wrote it down. ``date_order``
    is that of day and month in dates which end with their year, one of ``identity.DATE_ORDERS``.
    """

    type: str = ""
    scale: int | None = None
    unit: str = ""
    timezone: str = ""
    is_implied: bool = False
    date_order: str = ""


NO_HINT: Final = ColumnHint()


class Unfit(Exception):
    """A value is not in the encoding of its column; ``code`` is a park code, ``message`` holds nothing of the value."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(code)


def wrong(expected: str, value: Any) -> Unfit:
    """Make the error for a value of another JSON type."""
    found = {str: "text", bool: "a boolean", int: "a number", Decimal: "a number", list: "an array", dict: "an object"}
    return Unfit("wrong_type", f"expected {expected}, got {found.get(type(value), 'something else')}")


_MAX_DIGITS: Final = 1000
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def integer(value: Any) -> int:
    """Read a whole number."""
    if type(value) is int:
        return value
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(_sane(value))
    raise wrong("a whole number", value)


def boolean(value: Any) -> bool:
    """Read a flag, also as 0 or 1."""
    if isinstance(value, bool) or (type(value) is int and value in {0, 1}):
        return bool(value)
    raise wrong("true, false, 0 or 1", value)


def floating(value: Any) -> float:
    """Read a binary floating-point number, NaN and infinities included."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise wrong("a number", value)
    try:
        return float(value)  # the text form carries NaN and infinities
    except (ValueError, OverflowError):
        raise wrong("a number", value) from None


def text(value: Any) -> str:
    """Read text."""
    if isinstance(value, str):
        return value
    raise wrong("text", value)


def binary(value: Any) -> bytes:
    """Read bytes in base64."""
    try:
        return base64.b64decode(text(value), validate=True)
    except ValueError:
        raise Unfit("wrong_type", "expected bytes in base64") from None


def plain(value: Any) -> Any:
    """Leave JSON as it is."""
    return value


def _sane(value: Decimal, *, is_short: bool = False) -> Decimal:
    """Refuse numbers that nobody stores but that would fill the memory when written out; ``is_short``: has few digits, that is known."""
    is_long = not is_short and len(value.as_tuple().digits) > _MAX_DIGITS
    if is_long or not value.is_finite() or abs(value.adjusted()) > _MAX_DIGITS:
        raise Unfit("wrong_type", f"the number is not finite or has more than {_MAX_DIGITS} digits")
    return value


def decimal(value: Any) -> Decimal:
    """Read a number that stands there as such: a JSON number, or digits."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _sane(Decimal(value))
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        try:
            return _sane(Decimal(value), is_short=len(value) <= _MAX_DIGITS)
        except InvalidOperation:
            raise wrong("a decimal number", value) from None
    raise wrong("a decimal number", value)


def unscaled(value: Any, scale: int) -> Decimal:
    """Read Kafka Connect's Decimal: base64 of a big-endian two's complement integer, or with ``decimal.format=NUMERIC`` a number."""
    if not isinstance(value, str):
        return decimal(value)
    raw = binary(value)
    if len(raw) > _MAX_DIGITS:
        raise Unfit("wrong_type", f"the number has more than {_MAX_DIGITS} digits")
    return Decimal(f"{int.from_bytes(raw, signed=True)}E{-scale}")


def hinted_decimal(hint: ColumnHint) -> Decoder:
    """Make a decoder of decimals without a schema: digits, or base64 if the mapping gives the scale."""
    scale = hint.scale

    def with_scale(value: Any) -> Decimal:
        if isinstance(value, str) and not _BASE64.fullmatch(value) and _NUMBER.fullmatch(value):
            return decimal(value)  # a point or a minus sign: cannot be base64
        return unscaled(value, scale or 0)

    def without_scale(value: Any) -> Decimal:
        if isinstance(value, dict):
            return variable_scale(value)
        _refuse_base64(value, hint, "decimal")
        return decimal(value)

    return without_scale if scale is None else with_scale


def _refuse_base64(value: Any, hint: ColumnHint, kind: str) -> None:
    """Digits may be base64 too: "1234" is -2 658 824 in two's complement. Only a type that was written down settles it."""
    if not isinstance(value, str) or not value or len(value) % 4 or not _BASE64.fullmatch(value):
        return
    if hint.is_implied or not _NUMBER.fullmatch(value):
        raise Unfit(
            "ambiguous_value",
            "a number as base64 or as digits cannot be told apart without a schema: set `scale = 2` (the column's scale) in the "
            f'mapping for decimal.handling.mode=precise, or `type = "{kind}"` where it is string',
        )


def variable_scale(value: Any) -> Decimal:
    """Read ``io.debezium.data.VariableScaleDecimal``, whose scale travels with the value."""
    if isinstance(value, dict) and type(value.get("scale")) is int and abs(value["scale"]) <= _MAX_DIGITS:
        return unscaled(value.get("value"), value["scale"])
    raise wrong("a decimal number", value)


def hinted_integer(hint: ColumnHint) -> Decoder:
    """Make a decoder of whole numbers without a schema, which PostgreSQL and MySQL may also send as decimals."""

    def decode(value: Any) -> int:
        if not isinstance(value, str):
            return integer(value)
        if hint.scale is not None:
            return integer(unscaled(value, hint.scale))
        _refuse_base64(value, hint, "integer")
        return integer(decimal(value))

    return decode


_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 -- local wall time, the zone comes from the mapping
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_DAY: Final = timedelta(days=1)


def days(value: Any) -> date:
    """Read a date as days since 1970."""
    try:
        return date.fromordinal(_EPOCH_DAY + integer(value))
    except (ValueError, OverflowError):
        raise Unfit("wrong_type", "the date is outside the years 1 to 9999") from None


def ticks(unit: str) -> Callable[[Any], timedelta]:
    """Make a decoder of integers that count ``unit``, cut to whole microseconds towards the past."""
    per_second = HINT_UNITS[unit]

    def decode(value: Any) -> timedelta:
        try:
            return timedelta(microseconds=integer(value) * 1_000_000 // per_second)
        except OverflowError:
            raise Unfit("wrong_type", "the time is outside the years 1 to 9999") from None

    return decode


def wall_clock(unit: str) -> Decoder:
    """Make a decoder of wall-clock time, which Debezium writes as if it were UTC."""
    count = ticks(unit)

    def decode(value: Any) -> datetime:
        try:
            return _EPOCH + count(value)
        except OverflowError:
            raise Unfit("wrong_type", "the time is outside the years 1 to 9999") from None

    return decode


def time_of_day(unit: str) -> Decoder:
    """Make a decoder of times of day; MySQL's TIME reaches from -838 to 838 hours, and beyond one day it is a duration."""
    count = ticks(unit)

    def decode(value: Any) -> time | timedelta:
        since_midnight = count(value)
        return (_EPOCH + since_midnight).time() if timedelta() <= since_midnight < _DAY else since_midnight

    return decode


def _iso(read: Callable[[str], Any], expected: str) -> Decoder:
    def decode(value: Any) -> Any:
        try:
            return read(text(value))
        except ValueError:
            raise Unfit("wrong_type", f"expected {expected} in ISO 8601") from None

    return decode


iso_date: Final = _iso(date.fromisoformat, "a date")
iso_time: Final = _iso(time.fromisoformat, "a time")
iso_timestamp: Final = _iso(datetime.fromisoformat, "a time stamp")


def hinted_date(hint: ColumnHint) -> Decoder:
    """Make a decoder of dates: days since 1970, ISO 8601, a time stamp, what ends with its year if the mapping gives the order.

    Other text stays for the normaliser to read, as does what is no day in that order.
    """
    order = hint.date_order

    def decode(value: Any) -> date | str:
        if not isinstance(value, str):
            return days(value)
        if order and (day := days_by_order(value).get(order)):
            return day
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
        try:
            return datetime.fromisoformat(value).date()
        except ValueError:
            return value

    return decode


def hinted_ticks(hint: ColumnHint, build: Callable[[str], Decoder], from_text: Decoder) -> Decoder:
    """Make a decoder of times without a schema: ISO 8601 text, or a number if the mapping gives its unit."""
    count = build(hint.unit) if hint.unit else None

    def decode(value: Any) -> Any:
        if isinstance(value, str):
            return from_text(value)
        if count is None:
            raise Unfit(
                "ambiguous_value",
                "a time as a number cannot be read without a schema: say what it counts with "
                '`unit = "ms"` or `unit = "us"` in the mapping',
            )
        return count(value)

    return decode


def connect_decimal(schema: Mapping[str, Any]) -> Decoder:
    """Make a decoder for the scale that a column's schema gives."""
    parameters = schema.get("parameters")
    try:
        scale = int((parameters or {})["scale"])
    except (KeyError, TypeError, ValueError):
        raise Unfit("wrong_envelope", "the schema of a Decimal has no scale") from None
    return lambda value: unscaled(value, scale)


def bits(value: Any) -> int:
    """Read a bit string, which Debezium sends with its lowest byte first."""
    return int.from_bytes(binary(value), "little")
