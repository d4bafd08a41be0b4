"""Plain values in the forms that the API shows: ids, moments, money, natural keys."""

import json
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

from cdc import CURRENCY_DECIMALS
from resolvers.errors import BadInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MAX_TEXT = 200
_NO_TEXT = frozenset({"Cc", "Cs"})  # control characters (PostgreSQL stores no NUL) and halves of surrogate pairs


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: ``minor`` counts the currency's smallest unit (ISO 4217)."""

    minor: int
    currency: str

    @property
    def amount(self) -> Decimal:
        """The amount in the currency's main unit, with all its decimals."""
        # Built from digits: arithmetic would round to the context's precision.
        digits = tuple(map(int, str(abs(self.minor))))
        return Decimal((int(self.minor < 0), digits, -CURRENCY_DECIMALS.get(self.currency, 2)))


def id_text(key: bytes) -> str:
    """The canonical UUID text of 16 bytes."""
    return str(UUID(bytes=key))


def id_bytes(text: str, name: str = "id") -> bytes:
    """The 16 bytes of an id; :class:`BadInput` when it is not the UUID text that the API gave."""
    try:
        key = UUID(text)
    except ValueError:
        key = None
    if key is None or str(key) != text.lower():
        raise BadInput(f"{name} must be an id that this API gave: 32 hexadecimal digits with hyphens")
    return key.bytes


def moment(microseconds: int | None) -> datetime | None:
    """A time in UTC; None when it is not known, or beyond the years 1 to 9999 that a calendar date can name."""
    if microseconds is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def microseconds(at: datetime) -> int:
    """The inverse of :func:`moment`; exact."""
    return (at - _EPOCH) // _MICROSECOND


def decimal(text: str | None) -> Decimal | None:
    """A number that was stored as text; None when it is none."""
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def key_text(stored: str) -> str:
    """A row's key as people write it: the parts of the JSON list, joined by ``/``."""
    return "/".join(str(part) for part in json.loads(stored))


def row_key_text(natural: str) -> str:
    """The same for a record's natural key, ``[source, table, *key]``."""
    return "/".join(str(part) for part in json.loads(natural)[2:])


def clear_text(name: str, value: str) -> str:
    """A text argument that is compared in SQL; :class:`BadInput` when no stored value could equal it."""
    if len(value) > _MAX_TEXT or any(unicodedata.category(character) in _NO_TEXT for character in value):
        raise BadInput(f"{name} must be text of at most {_MAX_TEXT} characters without control characters")
    return value
