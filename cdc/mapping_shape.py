"""What of a table's mapping decides what its rows become: a plain value that is stored beside the rows, and its fingerprint. Pure.

Two mappings with the same shape make the same records of the same rows. How the file is written (order, spaces, comments, the
spelling of what is a default) is not part of it; the order of columns with the same standard name is, as their slots.
"""

import hashlib
from dataclasses import dataclass, field

import msgspec

from cdc import vocabulary
from cdc.encodings import NO_HINT, ColumnHint
from cdc.mapping import ColumnMapping, Mapping, SourceMapping, TableMapping

#: Of these types nothing but the JSON itself is read where no schema says more.
_PLAIN = ("", "text", "json")


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """One mapped column, as :class:`cdc.mapping.ColumnMapping`; ``values`` are pairs in their order."""

    column: str
    attribute: str
    slot: int = 0
    app: str = ""
    verified: bool | None = None
    verified_by: str = ""
    purpose: str = ""
    at: str = ""
    table: str = ""
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table; ``columns`` by name. ``readings`` say how columns are decoded, where that is not plainly."""

    kind: str
    key: tuple[str, ...] = ()
    columns: tuple[ColumnShape, ...] = ()
    readings: dict[str, str] = field(default_factory=dict)
    channel: str = ""
    updated_at: str = ""
    created_at: str = ""
    event: str = ""
    store: str = ""
    purpose: str = ""
    currency: str = ""
    timezone: str = "UTC"
    personal_key: bool | None = None

    def column(self, name: str) -> ColumnShape | None:
        """The column with this name, if it is mapped."""
        return next((column for column in self.columns if column.column == name), None)

    def of(self, attribute: str) -> tuple[ColumnShape, ...]:
        """The columns with this standard name, in the mapping's order."""
        found = (column for column in self.columns if column.attribute == attribute)
        return tuple(sorted(found, key=lambda column: column.slot))

    def reading(self, column: str) -> str:
        """How a column is decoded; "" is plainly."""
        return self.readings.get(column, "")

    def fingerprint(self) -> bytes:
        """32 bytes that tell shapes apart."""
        return hashlib.sha256(self.encode()).digest()

    def encode(self) -> bytes:
        """As canonical JSON."""
        return msgspec.json.encode(self, order="sorted")

    @classmethod
    def decode(cls, text: str | bytes) -> "TableShape":
        """Read what :meth:`encode` wrote."""
        return msgspec.json.decode(text, type=cls)


def shape_of(source: SourceMapping, table: TableMapping) -> TableShape:
    """The shape of one table of a mapping."""
    named = sorted(table.columns, key=lambda column: column.column)
    readings = {name: _reading(table.hints.get(name, NO_HINT)) for name in sorted(table.hints)}
    return TableShape(
        kind=table.kind,
        key=table.key,
        columns=tuple(map(_column, named)),
        readings={name: reading for name, reading in readings.items() if reading},
        channel=source.channel,
        updated_at=table.updated_at,
        created_at=table.created_at,
        event=table.event,
        store=table.store,
        purpose=table.purpose,
        currency=table.currency,
        timezone=table.timezone,
        personal_key=table.personal_key,
    )


def shapes_of(mapping: Mapping) -> dict[tuple[str, str], TableShape]:
    """The shapes of all tables that are read, by (source, table)."""
    return {
        (source.name, table.name): shape_of(source, table)
        for source in mapping.sources
        for table in source.tables.values()
        if table.kind != vocabulary.IGNORE
    }


def _column(column: ColumnMapping) -> ColumnShape:
    return ColumnShape(
        column=column.column,
        attribute=column.attribute,
        slot=column.slot,
        app=column.app,
        verified=column.verified,
        verified_by=column.verified_by,
        purpose=column.purpose,
        at=column.at,
        table=column.table,
        values=tuple(sorted(column.values.items())),
    )


def _reading(hint: ColumnHint) -> str:
    """One word for how a column is decoded; an override of the time zone is part of it, and at its end the order of dates."""
    parts = [hint.type, "" if hint.scale is None else str(hint.scale), hint.unit, "implied" if hint.is_implied else ""]
    plain = hint.type in _PLAIN and hint.scale is None and not hint.unit
    return hint.timezone if plain else in_order("|".join((*parts, hint.timezone)), hint.date_order)


def in_order(reading: str, date_order: str) -> str:
    """The reading of a column of which the mapping also tells the order of its dates."""
    return f"{reading}|{date_order}" if date_order else reading
