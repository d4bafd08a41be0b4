"""How far in its log each source was read in a stream, remembered with each batch.

By this the truth audit (:mod:`cdc.parity`) tells what was not read yet from what was lost.
"""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.changes import Origin, Unusable
from cdc.plan import Event
from cdc.tables import source_reached
from storage import upsert


def newest_changes(events: Sequence[Event]) -> tuple[Origin, ...]:
    """The newest streamed change of each source; a snapshot's rows do not say how far the log was read."""
    newest: dict[str, Origin] = {}
    for event in events:
        if isinstance(event.change, Unusable):
            continue
        origin = event.change.origin
        if origin.is_snapshot or not origin.position:
            continue
        known = newest.get(origin.source)
        if known is None or known.server != origin.server or known.position <= origin.position:
            newest[origin.source] = origin
    return tuple(newest.values())


def remember(connection: Connection, stream: str, newest: Iterable[Origin]) -> None:
    """Remember them for the stream, instead of those before."""
    rows = [{"source": o.source, "stream": stream, "server": o.server, "position": o.position} for o in newest]
    upsert(connection, source_reached, rows)


def forget(connection: Connection, stream: str) -> None:
    """Forget how far the sources of a stream were read: their positions begin anew."""
    connection.execute(sa.delete(source_reached).where(source_reached.c.stream == stream))
