"""Destroying keys across two databases, so that a stop at any moment leaves nothing readable.

1. Inside the main transaction that removes a record: :func:`request` writes ``destroy_pending``. From its commit on,
   :class:`KeyRing` refuses the key.
2. After that commit, and again before anything is served: :func:`finish` destroys the keys in the key store, then deletes the
   pending rows. Each half can be repeated; an erasure is complete only when its rows are gone.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from privacy.data_key import DataKey
from privacy.errors import KeyNotStored
from privacy.keystore import KeyStore
from privacy.tables import destroy_pending
from storage import Database, bulk

_PENDING = sa.select(destroy_pending.c.incarnation)


def request(connection: Connection, incarnations: Iterable[bytes], *, at: int) -> None:
    """Ask, inside the main transaction, for the keys' destruction; ``at`` in microseconds since 1970 UTC."""
    rows = [{"incarnation": incarnation, "requested_at": at} for incarnation in sorted(set(incarnations))]
    bulk.upsert(connection, destroy_pending, rows, update=())


def finish(main: Database, keystore: KeyStore) -> int:
    """Destroy every key that is pending, and return how many; safe to repeat and to interrupt.

    The key store's log may still hold what was destroyed: until it is scrubbed the keys stay pending, and refused.
    """
    with main.read(by_keys=True) as connection:
        doomed = list(connection.scalars(sa.select(destroy_pending.c.incarnation)))
    if doomed:
        keystore.destroy(doomed)
        if not keystore.scrub():
            return 0
        # Lost, it would be done again.
        with main.write(relaxed=True) as connection:
            bulk.delete_in(connection, destroy_pending, destroy_pending.c.incarnation, doomed)
    return len(doomed)


def pending(connection: Connection, incarnations: Iterable[bytes]) -> set[bytes]:
    """Those of ``incarnations`` whose key is to be destroyed."""
    return {
        row.incarnation for row in bulk.select_in(connection, _PENDING, destroy_pending.c.incarnation, incarnations)
    }


def without_pending(query: sa.Select[Any], incarnation: sa.ColumnElement[bytes]) -> sa.Select[Any]:
    """Leave out of ``query`` the rows whose key is to be destroyed: so asked, :meth:`KeyRing.require_of` need not ask again."""
    return query.where(~sa.exists().where(destroy_pending.c.incarnation == incarnation))


class KeyRing:
    """The keys that a reader of the main database may use."""

    def __init__(self, keystore: KeyStore) -> None:
        self._keystore = keystore

    def load(self, connection: Connection, incarnations: Iterable[bytes]) -> dict[bytes, DataKey]:
        """As :meth:`KeyStore.load`, without those pending destruction as ``connection`` sees it."""
        wanted = set(incarnations)
        return self._keystore.load(wanted - pending(connection, wanted))

    def destroyed(self, connection: Connection, incarnations: Iterable[bytes]) -> set[bytes]:
        """Those whose key was destroyed or is to be: what :meth:`load` leaves out besides is missing, not erased."""
        asked = set(incarnations)
        doomed = pending(connection, asked)
        return doomed | self._keystore.destroyed(asked - doomed)

    def require(self, connection: Connection, incarnations: Iterable[bytes]) -> dict[bytes, DataKey]:
        """As :meth:`load`, of rows that have a key: raise :class:`KeyNotStored` when one is missing without being destroyed."""
        wanted = set(incarnations)
        return self._all(connection, wanted, self.load(connection, wanted))

    def require_of(self, connection: Connection, incarnations: Iterable[bytes]) -> dict[bytes, DataKey]:
        """As :meth:`require`, of rows that the same transaction just found :func:`without_pending`."""
        wanted = set(incarnations)
        return self._all(connection, wanted, self._keystore.load(wanted))

    def _all(self, connection: Connection, wanted: set[bytes], keys: dict[bytes, DataKey]) -> dict[bytes, DataKey]:
        absent = wanted - keys.keys()
        lost = absent - self.destroyed(connection, absent) if absent else absent
        if lost:
            raise KeyNotStored(sorted(lost))
        return keys
