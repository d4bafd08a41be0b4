"""How far the embedded engines are behind: what a source's log has beyond the place that Onefold's database keeps.

The place is that of the event before the last one, and in a binary log it is the start of a transaction: the newest change that was
applied may lie further. At rest some bytes remain all the same: the log grows by heartbeats (PostgreSQL), and a change does not say where it ends.

Source: PostgreSQL 15 documentation, 9.27 (system administration functions); MariaDB Server documentation, "SHOW BINARY LOGS".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from cdc.capture.debezium import connector_of
from cdc.capture.errors import CaptureError
from cdc.capture.findings import Rows
from cdc.capture.inspection import asking
from cdc.embedded.configuration import stream_of
from cdc.embedded.gaps import log_sizes
from cdc.embedded.places import EnginePlace, Places
from cdc.mapping import SourceMapping
from cdc.store import stream_positions
from cdc.tables import source_reached
from storage import Database

_WRITTEN: Final = """
SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn AS written
"""


@dataclass(frozen=True, slots=True)
class EngineLag:
    """How far the engine of a source is behind.

    ``lag_bytes``: of the source's log, what is not applied; ``event_seconds``: when the source made the newest event that was kept, in
    seconds since 1970 UTC by the source's clock. None where that is not known: ``unknown`` says why, "" if both are. ``is_up`` is False
    where the source's database could not be asked, None where it was not.
    """

    source: str
    lag_bytes: int | None = None
    event_seconds: float | None = None
    unknown: str = ""
    is_up: bool | None = True


@dataclass(frozen=True, slots=True)
class _Read:
    """How far a source was read: the stored place, and the position of the newest change that was applied."""

    source: SourceMapping
    place: EnginePlace | None
    reached: bytes

    @property
    def event_seconds(self) -> float | None:
        """By the source's clock; None while nothing is kept."""
        values = self.place.values if self.place else {}
        micros, seconds = values.get("ts_usec"), values.get("ts_sec")
        return micros / 1_000_000 if isinstance(micros, int) else seconds if isinstance(seconds, int) else None


def engine_lags(
    sources: Iterable[SourceMapping], database: Database, places: Places, environ: Mapping[str, str], *, seconds: int
) -> list[EngineLag]:
    """Ask the databases of those ``sources`` that an engine has read, each for some ``seconds`` at most; ``environ`` holds the passwords.

    SQLAlchemy's errors where Onefold's own ``database`` does not answer.
    """
    with database.read() as connection:
        known = {at.stream for at in stream_positions(connection)}
        of_engines = [source for source in sources if source.connector and stream_of(source) in known]
        read = [
            _Read(source, places.load(connection, stream_of(source)), _reached(connection, source))
            for source in of_engines
        ]
    return [_lag(each, environ, seconds) for each in read]


def _reached(connection: Connection, source: SourceMapping) -> bytes:
    c = source_reached.c
    query = sa.select(c.position).where(c.source == source.name, c.stream == stream_of(source))
    return bytes(connection.execute(query).scalar() or b"")


def _lag(read: _Read, environ: Mapping[str, str], seconds: int) -> EngineLag:
    source, connector = read.source, connector_of(read.source)
    if read.place is None or not read.place.is_behind_snapshot:
        return EngineLag(source.name, unknown="all rows are being read, and the log after them", is_up=None)
    try:
        with asking(connector, environ, seconds=seconds) as rows:
            behind = _wal(read, rows) if connector.is_postgresql else _binlogs(read, rows)
    except SQLAlchemyError:
        return EngineLag(source.name, None, read.event_seconds, "its database does not answer", is_up=False)
    except CaptureError as error:
        return EngineLag(source.name, None, read.event_seconds, str(error), is_up=False)
    if behind is None:
        other = f"its log is not the one that was read: `onefold ingest --from debezium --source {source.name}` tells the mend"
        return EngineLag(source.name, None, read.event_seconds, other)
    return EngineLag(source.name, behind, read.event_seconds)


def _wal(read: _Read, rows: Rows) -> int | None:
    (row,) = rows(_WRITTEN)
    place = read.place.lsn if read.place else 0
    behind = int(row["written"]) - max(place, int.from_bytes(read.reached[:8]))
    return behind if behind >= 0 else None


def _binlogs(read: _Read, rows: Rows) -> int | None:
    """The rest of the log in which reading stands, and all of those after it."""
    values = read.place.values if read.place else {}
    stored = (_number(str(values.get("file"))), int(values.get("pos") or 0))
    at, position = max(stored, (int.from_bytes(read.reached[:8]), int.from_bytes(read.reached[8:16])))
    sizes = {_number(name): size for name, size in log_sizes(rows).items()}
    if sizes.get(at, -1) < position:
        return None
    return sum(size for number, size in sizes.items() if number >= at) - position


def _number(name: str) -> int:
    """A binary log's number, which stands behind its name."""
    ending = name.rpartition(".")[2]
    return int(ending) if ending.isdecimal() else -1
