"""Changes of a whole table: a truncate, or a proven complete snapshot, raises the table's floor and ends the rows below it."""

from collections.abc import Collection

from sqlalchemy.engine import Connection

from cdc import store
from cdc.changes import SnapshotTableDone, TableTruncate
from cdc.epochs import EpochBook
from cdc.fold import Life, RowState
from cdc.store import TableIds

WholeTable = TableTruncate | SnapshotTableDone


def floor_of(connection: Connection, change: WholeTable, epochs: EpochBook, tables: TableIds) -> bytes | None:
    """Where the floor would be; None when the snapshot is not proven complete, that is, not all its rows were applied.

    The notification has no position of its own: that of the table's newest snapshot rows counts, if the connector had read the first of
    them when it wrote the notification. One that is read again says nothing about a snapshot that began later.
    :class:`EventError` for a truncate of a server that nobody knows: what it says about time is not known either.
    """
    if isinstance(change, TableTruncate):
        return epochs.guard(change.origin)
    table_id = tables[change.origin.source, change.table]
    guard, rows = store.newest_snapshot(connection, table_id)
    if guard is None or rows != change.rows:
        return None
    began = store.snapshot_read_ms(connection, table_id, guard)
    return guard if began is not None and began <= change.at_ms else None


def raises_floor(connection: Connection, change: WholeTable, guard: bytes, tables: TableIds) -> bool:
    """Raise the table's floor to ``guard``; False when it is as high already."""
    table = (change.origin.source, change.table)
    floor = store.load_floors(connection, tables).get(table)
    if floor is not None and guard <= floor:
        return False
    reason = "truncate" if isinstance(change, TableTruncate) else "snapshot"
    store.raise_floor(connection, tables[table], guard, reason)
    store.forget_snapshots(connection, tables[table], guard)
    return True


def rows_below(connection: Connection, change: WholeTable, guard: bytes, tables: TableIds) -> list[RowState]:
    """The living rows of the table below ``guard`` that no snapshot at it confirmed."""
    table_id = tables[change.origin.source, change.table]
    tokens = store.rows_below(connection, table_id, guard)
    return list(store.load_rows(connection, tokens, tables).values())


def end_all(rows: Collection[RowState], change: WholeTable) -> list[Life]:
    """End every life of these rows, because of ``change``."""
    ended: list[Life] = []
    for row in rows:
        ended += [life for life in (row.life, row.transit) if life is not None]
        row.life = row.transit = row.moved_to = row.moved_guard = None
    for life in ended:
        life.cause = change
    return ended
