"""Open sealed values of source records in bulk: natural keys, and cells."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from identity.tables import record_cell, source_record
from privacy import CellCipher, DataKey, KeyRing, without_pending
from storage import select_in

_NATURAL_KEYS = without_pending(
    sa.select(source_record.c.incarnation, source_record.c.natural_key), source_record.c.incarnation
)
_CELLS = without_pending(sa.select(record_cell), record_cell.c.incarnation)

CellName = tuple[bytes, str, int]


def cell_column(attribute: str, slot: int) -> str:
    """The column name that a cell of (attribute, slot) is bound to."""
    return f"{attribute}#{slot}"


class CellReader:
    """Opens what source records hold; records whose key was destroyed are absent from its answers.

    A key that is missing without having been destroyed raises :class:`privacy.KeyNotStored`.
    """

    def __init__(self, keys: KeyRing, cipher: CellCipher) -> None:
        """``keys`` gives data keys as the caller's transaction may use them."""
        self._keys = keys
        self._cipher = cipher

    def natural_keys(self, connection: Connection, incarnations: Collection[bytes]) -> Mapping[bytes, str]:
        """The natural key (canonical JSON) of each record."""
        rows = select_in(connection, _NATURAL_KEYS, source_record.c.incarnation, incarnations)
        keys = self._keys.require_of(connection, [row.incarnation for row in rows])
        return {
            row.incarnation: self._cipher.open(
                keys[row.incarnation], row.natural_key, table="source_record", column="natural_key"
            )
            for row in rows
            if row.incarnation in keys
        }

    def cells(
        self, connection: Connection, incarnations: Collection[bytes], attributes: Collection[str] | None = None
    ) -> Mapping[CellName, tuple[str, bool]]:
        """(value, verified) of the records' cells by (incarnation, attribute, slot); all attributes, or only those named."""
        query = _CELLS
        if attributes is not None:
            query = query.where(record_cell.c.attribute.in_(attributes))
        rows = select_in(connection, query, record_cell.c.incarnation, incarnations)
        keys = self._keys.require_of(connection, {row.incarnation for row in rows})
        return {
            (row.incarnation, row.attribute, row.slot): (self._open(keys[row.incarnation], row), row.verified)
            for row in rows
            if row.incarnation in keys
        }

    def _open(self, key: DataKey, row: Row[Any]) -> str:
        return self._cipher.open(key, row.cell, table="record_cell", column=cell_column(row.attribute, row.slot))
