"""Queries and bulk writes of the change pipeline: row versions, positions, floors, epochs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.errors import FencedOut
from cdc.files import FILE_STREAMS
from cdc.fold import Life, RowState
from cdc.tables import parked_event, source_difference, source_row, stream_position, table_floor, table_snapshot
from identity import source_table, take_identity_lock
from storage import delete_in, insert, select_in, select_in_with, upsert

# Statements are made once: the library would build and look them up anew for each batch.
_ROWS = sa.select(source_row)
_VERSIONS = (
    sa.select(
        source_row.c.row_token,
        source_row.c.guard,
        source_row.c.incarnation,
        source_row.c.transit,
        source_row.c.snapshot,
        source_row.c.mapping_id,
    )
    .order_by(source_row.c.row_token)
    .with_for_update()
)
# Of a row its queue; of a table its floor, in the same columns.
_BLOCKED = sa.select(
    sa.null().label("table_id"),
    parked_event.c.row_token.label("token"),
    sa.func.count().label("events"),
    sa.func.max(parked_event.c.id).label("newest"),
).group_by(parked_event.c.row_token)
#: With the names of the other: where no row is asked for, these are the only columns.
_FLOORS = sa.select(
    table_floor.c.table_id,
    table_floor.c.guard.label("token"),
    sa.null().label("events"),
    sa.null().label("newest"),
)

TableName = tuple[str, str]
#: Of one row: guard, incarnation, incarnation in transit, guard of the snapshot that confirmed it, number of its mapping.
Version = tuple[bytes | None, bytes | None, bytes | None, bytes | None, int | None]
#: In place of a mapping's number: the content is not what any one mapping makes.
NO_MAPPING = 0


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream was read by the worker that holds ``owner_epoch``; ``digest`` is of a file's first bytes."""

    stream: str
    next_offset: int
    owner_epoch: int
    digest: bytes | None = None


class TableIds:
    """The numbers of source tables; kept in memory, a new table is written in the caller's transaction."""

    def __init__(self) -> None:
        """Start empty; the first use reads the table."""
        self._ids: dict[TableName, int] = {}
        self.mappings: dict[TableName, int] = {}

    def load(self, connection: Connection) -> None:
        """Read all of them."""
        rows = connection.execute(sa.select(source_table)).all()
        self._ids = {(row.source, row.name): row.id for row in rows}

    def register(self, connection: Connection, tables: Iterable[TableName]) -> None:
        """Give a number to each of ``tables`` that has none; call in a write transaction."""
        self.load(connection)
        if set(tables) <= self._ids.keys():
            return
        take_identity_lock(connection)  # another worker may be starting too
        self.load(connection)
        for source, name in sorted(set(tables) - self._ids.keys()):
            connection.execute(sa.insert(source_table).values(source=source, name=name))
        self.load(connection)

    def __getitem__(self, table: TableName) -> int:
        """The number of a registered table."""
        return self._ids[table]

    def name(self, table_id: int) -> TableName:
        """The table of a number."""
        return next(name for name, number in self._ids.items() if number == table_id)


def load_rows(connection: Connection, tokens: Collection[bytes], names: TableIds) -> dict[bytes, RowState]:
    """The state of each row in ``tokens``; rows never seen have no guard."""
    rows = {token: RowState(token) for token in tokens}
    for row in select_in(connection, _ROWS, source_row.c.row_token, tokens):
        rows[row.row_token] = RowState(
            token=row.row_token,
            guard=row.guard,
            life=_stored_life(row.incarnation, row, mapping=row.mapping_id),
            transit=_stored_life(row.transit, row, mapping=NO_MAPPING if row.incarnation else row.mapping_id),
            moved_to=row.moved_to,
            moved_guard=row.moved_guard,
            snapshot=row.snapshot,
            table=names.name(row.table_id),
            is_person=row.is_person,
            mapping=row.mapping_id,
        )
    return rows


def _stored_life(incarnation: bytes | None, row: Any, *, mapping: int | None) -> Life | None:
    """``mapping``: a row with two lives keeps that of the one that is there."""
    if incarnation is None:
        return None
    return Life(incarnation, is_stored=True, is_person=row.is_person, mapping=mapping)


def versions_of(rows: Iterable[RowState]) -> dict[bytes, Version]:
    """The versions of those of ``rows`` that were ever seen, as :func:`versions` gives them."""
    return {
        row.token: (row.guard, _incarnation(row.life), _incarnation(row.transit), row.snapshot, row.mapping)
        for row in rows
        if row.guard is not None
    }


def versions(connection: Connection, tokens: Collection[bytes]) -> dict[bytes, Version]:
    """The versions of stored rows as they are now, held still until the transaction ends.

    What a plan was made on must still hold when it is written; another row's key change alters a row without its guard.
    """
    rows = select_in(connection, _VERSIONS, source_row.c.row_token, sorted(tokens))
    return {row.row_token: (row.guard, row.incarnation, row.transit, row.snapshot, row.mapping_id) for row in rows}


def write_rows(
    connection: Connection, rows: Collection[RowState], names: TableIds, *, stored: Collection[bytes]
) -> None:
    """Write the rows that changed, those in ``stored`` over what is there.

    The others are new: when another worker has just written one of them, the database raises its IntegrityError.
    """
    rows = sorted(rows, key=attrgetter("token"))
    insert(connection, source_row, [_source_row(row, names) for row in rows if row.token not in stored])
    known = [row for row in rows if row.token in stored]
    remapped = [row for row in known if _mapping_id(row, names) != row.mapping]
    for some, changing in ((known, _CHANGING), (remapped, ("mapping_id",))):
        upsert(connection, source_row, [_source_row(row, names) for row in some], update=changing)
    # The key of a row that is over is not kept, though it was never held: an audit may have found it missing.
    over = [row.token for row in rows if row.life is None]
    delete_in(connection, source_difference, source_difference.c.row_token, over)


# A row keeps its table, and mostly its mapping; a column that is written makes SQLite write the indexes that it stands in, even as it was.
_CHANGING: Final = ("is_person", "guard", "incarnation", "transit", "moved_to", "moved_guard", "snapshot")


def _incarnation(life: Life | None) -> bytes | None:
    return life.incarnation if life else None


def _source_row(row: RowState, names: TableIds) -> dict[str, Any]:
    life, transit = row.life, row.transit
    return {
        "row_token": row.token,
        "table_id": names[row.table],
        "is_person": row.is_person,
        "guard": row.guard,
        "incarnation": life.incarnation if life else None,
        "transit": transit.incarnation if transit else None,
        "moved_to": row.moved_to,
        "moved_guard": row.moved_guard,
        "snapshot": row.snapshot,
        "mapping_id": _mapping_id(row, names),
    }


def _mapping_id(row: RowState, names: TableIds) -> int | None:
    """That of the content that is written now, else the one before; of two lives of a row the one that is there."""
    life = row.life or row.transit
    if life is None or life.change is None:
        return life.mapping if life else None
    return NO_MAPPING if life.is_patched else names.mappings.get(row.table)


def rows_below(connection: Connection, table_id: int, guard: bytes) -> list[bytes]:
    """The live rows (also those on their way to another key) of a table below a guard that no snapshot at it confirmed."""
    unconfirmed = sa.or_(source_row.c.snapshot.is_(None), source_row.c.snapshot < guard)
    alive = sa.or_(source_row.c.incarnation.is_not(None), source_row.c.transit.is_not(None))
    query = sa.select(source_row.c.row_token).where(source_row.c.table_id == table_id, source_row.c.guard < guard)
    return list(connection.execute(query.where(unconfirmed, alive)).scalars())


def note_snapshots(connection: Connection, found: Mapping[tuple[TableName, bytes], int], names: TableIds) -> None:
    """Remember when whole snapshots read rows: ``found`` gives milliseconds by table and guard; what is known of one stays."""
    rows = [{"table_id": names[name], "guard": guard, "read_ms": at} for (name, guard), at in found.items()]
    upsert(connection, table_snapshot, sorted(rows, key=itemgetter("table_id", "guard")), update=())


def snapshot_read_ms(connection: Connection, table_id: int, guard: bytes) -> int | None:
    """When the connector read the first row that was applied of a snapshot; None when that is not known."""
    c = table_snapshot.c
    return connection.execute(sa.select(c.read_ms).where(c.table_id == table_id, c.guard == guard)).scalar()


def forget_differences(connection: Connection, source: str, table: str) -> None:
    """Forget which rows of a table differed at its last audit."""
    c = source_difference.c
    connection.execute(sa.delete(source_difference).where(c.source == source, c.table_name == table))


def forget_snapshots(connection: Connection, table_id: int, below: bytes) -> None:
    """Forget what is known of a table's snapshots below a guard."""
    c = table_snapshot.c
    connection.execute(sa.delete(table_snapshot).where(c.table_id == table_id, c.guard < below))


def newest_snapshot(connection: Connection, table_id: int) -> tuple[bytes | None, int]:
    """The guard of the newest snapshot that read rows of a table, and how many rows it has read so far."""
    c = source_row.c
    # Not `max`: PostgreSQL before 18 has none for bytes.
    read = sa.select(c.snapshot).where(c.table_id == table_id, c.snapshot.is_not(None))
    newest = connection.execute(read.order_by(c.snapshot.desc()).limit(1)).scalar()
    query = sa.select(sa.func.count()).where(c.table_id == table_id, c.snapshot == newest)
    return newest, connection.execute(query).scalar_one()


def load_floors(connection: Connection, names: TableIds) -> dict[TableName, bytes]:
    """The floor of each table that has one."""
    return {names.name(row.table_id): row.guard for row in connection.execute(sa.select(table_floor))}


def raise_floor(connection: Connection, table_id: int, guard: bytes, reason: str) -> None:
    """Set a table's floor; the caller has seen that it is higher than before."""
    upsert(connection, table_floor, [{"table_id": table_id, "guard": guard, "reason": reason}])


def load_barriers(
    connection: Connection, tokens: Collection[bytes], names: TableIds
) -> tuple[dict[bytes, tuple[int, int]], dict[TableName, bytes]]:
    """What keeps changes from being applied: queues of rows, and the floor of each table that has one.

    Of a row that has parked events how many, and the newest one's id, by which a queue that grew is told.
    """
    rows = select_in_with(connection, _BLOCKED, parked_event.c.row_token, tokens, also=_FLOORS)
    queues = {row.token: (row.events, row.newest) for row in rows if row.table_id is None}
    return queues, {names.name(row.table_id): row.token for row in rows if row.table_id is not None}


def claim(connection: Connection, stream: str) -> Position:
    """Become the owner of a stream: whoever held it before can no longer move its position."""
    upsert(connection, stream_position, [_position_row(Position(stream, 0, 0))], update=())
    # One statement: two workers that claim together get two epochs, and a position that moves meanwhile is not lost.
    statement = (
        sa.update(stream_position)
        .where(stream_position.c.stream == stream)
        .values(owner_epoch=stream_position.c.owner_epoch + 1)
        .returning(stream_position.c.next_offset, stream_position.c.owner_epoch, stream_position.c.digest)
    )
    return Position(stream, *connection.execute(statement).one())


def advance(connection: Connection, held: Position, next_offset: int, digest: bytes | None) -> Position:
    """Move a held position; :class:`FencedOut` when another worker holds the stream or it stands elsewhere."""
    statement = (
        sa.update(stream_position)
        .where(
            stream_position.c.stream == held.stream,
            stream_position.c.next_offset == held.next_offset,
            stream_position.c.owner_epoch == held.owner_epoch,
        )
        .values(next_offset=next_offset, digest=digest)
    )
    if connection.execute(statement).rowcount != 1:
        raise FencedOut(held.stream)
    return Position(held.stream, next_offset, held.owner_epoch, digest)


def move_back(connection: Connection, stream: str, offset: int) -> bool:
    """Let a stream be read again from an earlier ``offset``, whoever holds it; False when it does not stand behind that.

    Of a file the proof of what lies before goes, too: there is nothing before its beginning.
    """
    at = stream_position.c
    values: dict[str, Any] = {"next_offset": offset}
    if stream.startswith(FILE_STREAMS):
        values["digest"] = None
    statement = sa.update(stream_position).where(at.stream == stream, at.next_offset > offset).values(values)
    return connection.execute(statement).rowcount == 1


def position_of(connection: Connection, held: Position) -> Position:
    """Where a held stream stands; :class:`FencedOut` when another worker holds it, or it was forgotten."""
    row = connection.execute(sa.select(stream_position).where(stream_position.c.stream == held.stream)).one_or_none()
    if row is None or row.owner_epoch != held.owner_epoch:
        raise FencedOut(held.stream)
    return Position(row.stream, row.next_offset, row.owner_epoch, row.digest)


def stream_positions(connection: Connection) -> list[Position]:
    """All streams and how far each was read."""
    rows = connection.execute(sa.select(stream_position).order_by(stream_position.c.stream))
    return [Position(row.stream, row.next_offset, row.owner_epoch, row.digest) for row in rows]


def _position_row(position: Position) -> Mapping[str, Any]:
    return {
        "stream": position.stream,
        "next_offset": position.next_offset,
        "owner_epoch": position.owner_epoch,
        "digest": position.digest,
    }
