"""Seal and open what records are matched by, in bulk."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity.features import pack, unpack
from identity.match_store import unpack_keys
from identity.matching import Known
from identity.tables import match_record
from privacy import CellCipher, DataKey, KeyRing, without_pending
from storage import select_in

_EVIDENCE: Final = without_pending(sa.select(match_record), match_record.c.incarnation)


class Unopened(NamedTuple):
    """A record's evidence as it is stored: its blocking keys, and the sealed cell of the rest."""

    keys: frozenset[bytes]
    cell: bytes


class Stored(NamedTuple):
    """What is stored of a record's evidence, opened."""

    known: Known
    keys: frozenset[bytes]


class MatchReader:
    """Opens stored evidence.

    A record whose key was destroyed is absent from what it opens; a key that is missing without having been destroyed raises
    :class:`privacy.KeyNotStored`.
    """

    def __init__(self, keys: KeyRing, cipher: CellCipher) -> None:
        """``keys`` gives data keys as the caller's transaction may use them."""
        self._keys = keys
        self._cipher = cipher

    def read(self, connection: Connection, records: Collection[bytes]) -> dict[bytes, Stored]:
        """The evidence of stored records."""
        return self.open(connection, self.unopened(connection, records))

    def unopened(
        self, connection: Connection, records: Collection[bytes], *, table: sa.Table = match_record
    ) -> dict[bytes, Unopened]:
        """What of it can be told without keys; records whose key is to be destroyed are absent. ``table``: that of another name."""
        of = table.c.incarnation
        query = _EVIDENCE if table is match_record else without_pending(sa.select(table), of)
        rows = select_in(connection, query, of, sorted(records))
        return {row.incarnation: Unopened(unpack_keys(row.keys), row.features) for row in rows}

    def open(self, connection: Connection, unopened: Mapping[bytes, Unopened]) -> dict[bytes, Stored]:
        """Open what the same transaction found :meth:`unopened`."""
        data_keys = self._keys.require_of(connection, unopened)
        return {
            record: Stored(self._open(data_keys[record], cell), keys)
            for record, (keys, cell) in unopened.items()
            if record in data_keys
        }

    def _open(self, key: DataKey, cell: bytes) -> Known:
        content = self._cipher.open_bytes(key, cell, table=_TABLE, column=_COLUMN)
        natural, _, packed = content.partition(b"\n")
        return Known(natural.decode(), unpack(packed))


def seal_known(cipher: CellCipher, key: DataKey, known: Known) -> bytes:
    """The sealed cell of what a record is compared by."""
    content = known.natural.encode() + b"\n" + pack(known.features)
    return cipher.seal_bytes(key, content, table=_TABLE, column=_COLUMN)


_TABLE: Final = "match_record"
_COLUMN: Final = "features"
