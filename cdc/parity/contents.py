"""What a row says, as plain names and values: the same for a row of the source, by its mapping, and for what is stored of it.

A field's name is ``email#0`` (attribute and slot). Values are canonical text, numbers, and row tokens in hexadecimal. NULL is left
out. Only the keyed hash of a content leaves this package.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

import msgspec

from cdc.changes import FactChange, RecordChange
from cdc.mapping import TableMapping
from identity import FieldValue, RowKey, cell_column
from privacy import Consent, record_consents
from profiles import CLEAR_COLUMNS

Content: TypeAlias = "dict[str, Any]"
RowToken: TypeAlias = Callable[[RowKey], bytes]

_KEY_CELL: Final = "natural_key"
_OF_A_FACT: Final = ("person", "parent", *CLEAR_COLUMNS)
_OF_A_RECORD: Final = ("updated_at", "created_at", "store", "points")
_VERIFIED: Final = " verified"
_CONSENT: Final = "consent "
#: The standard name of what a change calls otherwise.
_STANDARD: Final = {"parent": "order", "amount_minor": "amount", "unit_price_minor": "unit_price"}


def record_content(change: RecordChange) -> Content:
    """What a person row says."""
    found: Content = {name: getattr(change, name) for name in _OF_A_RECORD}
    found |= _fields(change.fields)
    found |= {
        f"{cell_column(f.attribute, f.slot)}{_VERIFIED}": f.verified for f in change.fields if f.value is not None
    }
    stated = (Consent(c.purpose, c.state, _number(c.effective_at)) for c in change.consents if isinstance(c.state, str))
    found |= {f"{_CONSENT}{c.purpose}": [c.state, c.effective_at] for c in record_consents(stated).values()}
    return _said(found)


def fact_content(values: Mapping[str, Any], row_token: RowToken) -> Content:
    """What a row of a fact table says; ``values`` by the names of :class:`cdc.changes.FactChange`."""
    found: Content = {name: _token(values.get(name), row_token) for name in _OF_A_FACT}
    return _said(found | _fields(f for f in values["fields"] if f.attribute != _KEY_CELL))


def consent_content(values: Mapping[str, Any], row_token: RowToken) -> Content:
    """What a row of a consent table says; nothing where purpose or state is missing, for then nothing is stored either."""
    if not (isinstance(values.get("purpose"), str) and isinstance(values.get("state"), str)):
        return {}
    names = ("person", "purpose", "state", "occurred_at")
    return _said({name: _token(values.get(name), row_token) for name in names})


def content_of(change: RecordChange | FactChange, row_token: RowToken) -> Content:
    """What a row says, read from the source."""
    if isinstance(change, RecordChange):
        return record_content(change)
    values = {name: getattr(change, name) for name in (*_OF_A_FACT, "fields", "purpose", "state")}
    return (consent_content if change.kind == "consent" else fact_content)(values, row_token)


class Spelling:
    """Makes one spelling of values that databases and connectors write in several ways, such as JSON."""

    def __init__(self, table: TableMapping, columns: Mapping[str, Callable[[str], str]]) -> None:
        """``columns``: what respells the values of the source's columns; see :data:`cdc.parity.wire.Respell`."""
        self._by_name = {
            name: columns[column.column]
            for column in table.columns
            if column.column in columns
            for name in (cell_column(column.attribute, column.slot), column.attribute)
        }

    def unify(self, content: Content) -> Content:
        """Respell what is in a content; text that is not of its column's type stays."""
        for name in self._by_name.keys() & content.keys():
            with suppress(ValueError, OverflowError, TypeError):
                content[name] = self._by_name[name](content[name])
        return content


def encoded(content: Content) -> bytes:
    """Bytes that are equal for equal contents only."""
    return msgspec.json.encode(content, order="sorted")


def differing_columns(table: TableMapping, one: Content, other: Content) -> tuple[str, ...]:
    """The mapped columns behind the names whose values differ, sorted; a name without a column stands for itself."""
    names = {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
    return tuple(sorted({column for name in names for column in _columns(table, name)}))


def _columns(table: TableMapping, name: str) -> list[str]:
    if name.startswith(_CONSENT):
        purpose = name.removeprefix(_CONSENT)
        return [column.column for column in table.of("consent") if column.purpose == purpose] or [name]
    if name in {"updated_at", "created_at"}:
        return [getattr(table, name) or name]
    field, _, is_verified = name.partition(_VERIFIED[0])
    attribute, _, slot = field.partition("#")
    found = [c for c in table.of(_STANDARD.get(attribute, attribute)) if not slot or c.slot == int(slot)]
    return [(c.verified_by if is_verified else "") or c.column for c in found] or [attribute]


def _fields(fields: Iterable[FieldValue]) -> Content:
    return {cell_column(f.attribute, f.slot): None if f.value is None else str(f.value) for f in fields}


def _token(value: Any, row_token: RowToken) -> Any:
    if isinstance(value, RowKey):
        return row_token(value).hex()
    return value.hex() if isinstance(value, bytes) else value


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _said(content: Content) -> Content:
    return {name: value for name, value in content.items() if value is not None}
