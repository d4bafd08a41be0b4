"""Streams that the breaker stopped: remembered in a transaction of their own, so that everybody sees that nothing is read on."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.tables import ingest_pause
from storage import delete, upsert


@dataclass(frozen=True, slots=True)
class Pause:
    """A stream that stands at ``offset`` because its next batch would bring ``merges``; ``at`` in microseconds."""

    stream: str
    offset: int
    merges: int
    at: int


def remember_pause(connection: Connection, pause: Pause) -> None:
    """Say that a stream stands, in place of what was said of it before."""
    row = {"stream": pause.stream, "stream_offset": pause.offset, "merges": pause.merges, "at": pause.at}
    upsert(connection, ingest_pause, [row])


def forget_pause(connection: Connection, stream: str) -> None:
    """Say that a stream goes on, or is not there any more."""
    delete(connection, ingest_pause, [{"stream": stream}])


def list_pauses(connection: Connection) -> list[Pause]:
    """The streams that stand, by name."""
    c = ingest_pause.c
    query = sa.select(c.stream, c.stream_offset, c.merges, c.at).order_by(c.stream)
    return [Pause(*row) for row in connection.execute(query)]
