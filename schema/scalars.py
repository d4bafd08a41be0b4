"""Scalars that GraphQL's own are too small for. All of them travel as strings."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")


def _big_int(value: Any) -> int:
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, str) and _WHOLE.fullmatch(value))):
        raise ValueError("a BigInt is a whole number, as text or number")
    return int(value)


def _date_time(value: Any) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else None
    if at is None or at.tzinfo is None:
        raise ValueError("a DateTime is an ISO 8601 time with an offset from UTC")
    return at.astimezone(UTC)


def _date_time_text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _decimal_text(number: Decimal) -> str:
    return format(number, "f")  # never in powers of ten


#: What the schema calls each Python type.
SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description='A whole number of up to 64 bits, as a string: `"9007199254740993"`.',
        serialize=str,
        parse_value=_big_int,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description='A time in UTC, ISO 8601 with microseconds: `"2026-03-01T08:30:00.000000Z"`. Input takes any offset.',
        serialize=_date_time_text,
        parse_value=_date_time,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, as a string: `"12.50"`.',
        serialize=_decimal_text,
    ),
}
