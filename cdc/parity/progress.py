"""How far Onefold has read a source's log, compared with where a snapshot of the source lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.log_names import split
from cdc.parity.goals import Goals
from cdc.parity.snapshots import LogPosition
from cdc.tables import ingest_pause, source_epoch, source_reached, stream_position

_EPOCH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """What was read of a source when it was looked.

    ``epoch`` is that of the snapshot's server; ``streams`` counts the streams that carry the source; ``read`` is the newest
    position that was read, None before the first; ``unread`` names streams that may hold changes before the snapshot, and
    ``obstacles`` what keeps it from being known, or read.
    """

    position: LogPosition
    epoch: int
    has_reached: bool
    streams: int
    read: bytes | None
    unread: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()

    def is_newer(self, guard: bytes) -> bool:
        """Whether a stored version of a row may be newer than the snapshot."""
        epoch = int.from_bytes(guard[:_EPOCH_BYTES])
        return epoch > self.epoch or (epoch == self.epoch and guard[_EPOCH_BYTES:] > self.position.settled)


def progress(connection: Connection, source: str, position: LogPosition, goals: Goals) -> Progress:
    """Look how far a source was read."""
    reached = newest_log(connection.execute(sa.select(source_reached).where(source_reached.c.source == source)).all())
    ours = [row for row in reached if _is_of(position, row.server)]
    names = {row.stream for row in reached} | position.offsets.keys()
    epoch, is_newest = _epoch(connection, source, position)
    beyond = {row.stream for row in ours if position.target and row.position >= position.target}
    unread, obstacles = goals.unread(connection, beyond) if beyond else ((), ())
    has_read = _has_read(connection, position) or (bool(beyond) and not (unread or obstacles))
    return Progress(
        position=position,
        epoch=epoch,
        has_reached=has_read and is_newest and not _is_paused(connection, names),
        streams=len(names),
        read=max((row.position for row in ours), default=None),
        unread=unread,
        obstacles=obstacles,
    )


def newest_log(reached: Sequence[sa.Row[Any]]) -> list[sa.Row[Any]]:
    """What was read of the newest of a source's logs; positions in those before say nothing about it."""
    newest = max((split(row.server)[0] for row in reached), default=0)
    return [row for row in reached if split(row.server)[0] == newest]


def _is_of(position: LogPosition, name: str) -> bool:
    _, server = split(name)
    return not server or not position.servers or server in position.servers


def _epoch(connection: Connection, source: str, position: LogPosition) -> tuple[int, bool]:
    """The newest epoch of the snapshot's server, and whether no other server's is newer."""
    query = sa.select(source_epoch.c.epoch, source_epoch.c.server).where(source_epoch.c.source == source)
    rows = connection.execute(query).all()
    newest = max((row.epoch for row in rows), default=0)
    ours = max((row.epoch for row in rows if _is_of(position, row.server)), default=-1 if rows else 0)
    return ours, ours == newest


def _has_read(connection: Connection, position: LogPosition) -> bool:
    """Whether the streams whose ends the snapshot knows were read up to them."""
    if not position.offsets:
        return False
    query = sa.select(stream_position.c.stream, stream_position.c.next_offset)
    rows = connection.execute(query.where(stream_position.c.stream.in_(position.offsets)))
    read = {row.stream: row.next_offset for row in rows}
    return all(read.get(stream, 0) >= offset for stream, offset in position.offsets.items())


def _is_paused(connection: Connection, streams: set[str]) -> bool:
    query = sa.select(ingest_pause.c.stream).where(ingest_pause.c.stream.in_(streams)).limit(1)
    return connection.execute(query).first() is not None
