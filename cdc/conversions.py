"""From column values to the plain values of :mod:`cdc.changes`: canonical text, whole numbers, instants.

Canonical text is the same for every way of capture: ``1.50`` and ``1.5`` are both "1.5", dates and times are ISO 8601 (times
with a zone in UTC), flags "true" and "false". Each function gives None for NULL and UNKNOWN for UNKNOWN, and raises
:class:`~cdc.encodings.Unfit` for what it cannot take.
"""

import base64
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from cdc.encodings import Unfit
from identity import UNKNOWN, UnknownType

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: No amount in minor units, no count of points is larger; and sums over a million rows still fit a 64-bit column.
_LARGEST: Final = 10**13
#: A clear column holds codes and names, and databases refuse to index long texts.
_LONGEST_CLEAR: Final = 500
_LONGEST: Final = 1000  # digits; beyond, a few bytes of JSON such as 1e999999999 would fill the memory
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_CHINA_MOBILE: Final = re.compile(r"(?:\+|00)?(?:86)?1[3-9]\d{9}", re.ASCII)
_MOBILE_DIGITS: Final = 11
_SEPARATORS: Final = re.compile(r"[\s().-]")
_NO: Final = frozenset({None, "", "0", "false", "f", "no", "n"})


def to_text(value: Any) -> str | UnknownType | None:
    """Write any value as canonical text, for sealed fields."""
    if value is None or value is UNKNOWN or isinstance(value, str):
        return value
    return _canonical(value)


def _canonical(value: Any) -> str:  # noqa: PLR0911 -- one line for each type
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _number(Decimal(repr(value)))
        case Decimal():
            return _number(value)
        case datetime():
            return _moment(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return f"PT{_number(Decimal(value // _MICROSECOND).scaleb(-6))}S"
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return msgspec.json.encode(value, order="sorted").decode()


def _number(value: Decimal) -> str:
    """Digits without an exponent and without trailing zeros; ``Decimal.normalize`` would round to 28 digits."""
    if not value.is_finite() or abs(value.adjusted()) > _LONGEST:
        return str(value)
    digits = f"{value:f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    try:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:  # in the first or last hours of the calendar
        return value.isoformat()


def to_clear_text(value: Any) -> str | UnknownType | None:
    """Write a value as canonical text for a clear column or a key; PostgreSQL cannot store the NUL character."""
    written = to_text(value)
    if isinstance(written, str) and "\0" in written:
        raise Unfit("wrong_type", "the text holds a NUL character")
    if isinstance(written, str) and len(written) > _LONGEST_CLEAR:
        message = (
            f"the text has more than {_LONGEST_CLEAR} characters, too many for a clear column: map it as trait.<name>"
        )
        raise Unfit("wrong_type", message)
    return written


def to_integer(value: Any) -> int | UnknownType | None:
    """Take a whole number, of a size that counts have."""
    if value is None or value is UNKNOWN:
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value != int(value):
        raise Unfit("wrong_type", "expected a whole number")
    return in_range(int(value))


def in_range(number: int) -> int:
    """Refuse numbers that are too large to be an amount or a count."""
    if abs(number) > _LARGEST:
        raise Unfit("wrong_type", f"the number is larger than {_LARGEST:,}")
    return number


def to_instant(value: Any, zone: ZoneInfo) -> int | UnknownType | None:
    """Give microseconds since 1970 UTC; what has no time zone of its own is wall-clock time in ``zone``.

    A date is its midnight. In the hour that a clock change repeats the earlier one is meant.
    """
    if value is None or value is UNKNOWN:
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=zone)
    if not isinstance(value, datetime):
        raise Unfit("wrong_type", "expected a time stamp")
    try:
        return ((value if value.tzinfo else value.replace(tzinfo=zone)) - _EPOCH) // _MICROSECOND
    except OverflowError:
        raise Unfit("wrong_type", "the time is outside the years 1 to 9999") from None


def to_flag(value: Any) -> bool | UnknownType:
    """Tell whether a column says yes: a time, a number or a text that is there, and neither false nor 0."""
    if isinstance(value, UnknownType):
        return value
    return to_text(value) not in _NO


def looks_personal(text: str) -> bool:
    """Recognise an e-mail address or a mobile number of mainland China."""
    if "@" in text:
        return _EMAIL.fullmatch(text) is not None
    return len(text) >= _MOBILE_DIGITS and _CHINA_MOBILE.fullmatch(_SEPARATORS.sub("", text)) is not None
