"""Whether a source's log is still the one that was read: after a failover, or on a restored database, it is another.

Changes of the new log that lie below a position which was read of the old one would be taken for old, and what only the old
server had would stay. So a person says that a new log begins, by the next ``log`` in ``[source.connector]``, and all rows are read anew.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.log_names import split
from cdc.mapping import SourceMapping
from cdc.parity.progress import newest_log
from cdc.parity.snapshots import LogPosition
from cdc.tables import source_epoch, source_log, source_reached
from storage import upsert


@dataclass(frozen=True, slots=True)
class LogSeen:
    """What is known of a source's log, to be looked up before its database is asked.

    ``log`` is the number that is set, ``read_log`` that of the newest log that was read (None: nothing was); ``reached`` are the servers and
    positions up to which it was; ``identity`` is what the database said of itself under ``log``, "" if it was not asked.
    """

    source: str
    log: int
    read_log: int | None
    reached: tuple[tuple[str, bytes], ...]
    identity: str

    def fault(self, end: LogPosition) -> str:
        """What is wrong with the log that ends there now, and the mend; "" when it is the one that was read."""
        if self.read_log is not None and self.read_log < self.log:
            return (
                f"nothing was read yet of log {self.log}, which [source.connector] sets: run `onefold connector apply {self.source} --fresh` if "
                "that was not done, and let `onefold ingest` read"
            )
        if any(_is_of(end.servers, server) and at[: len(end.target)] > end.target for server, at in self.reached):
            return (
                f"the log ends at {end.text}, and was read beyond that: the database was restored, reset, or is another one, and "
                f"does not have all that was read. {self._mend()}"
            )
        if self.reached and not any(_is_of(end.servers, server) for server, _ in self.reached):
            return (
                f"the server is {_named(end.servers)}, and changes were read of {_named(split(server)[1] for server, _ in self.reached)} only. Where "
                "the connector runs and the server has all transactions of the former one, this passes with the next change. Else: "
                f"{self._mend()}"
            )
        if self.identity and end.identity and self.identity != end.identity:
            return (
                f"the database is {end.identity} (system and timeline), and was {self.identity} when it was last compared: after a failover "
                f"what the former server had alone is gone. {self._mend()}"
            )
        return ""

    def _mend(self) -> str:
        log = max(self.log, 1) + 1
        return (
            f"Set `log = {log}` under [source.connector] of {self.source!r}, then run `onefold connector apply {self.source} --fresh`: all rows are read "
            "anew, and what the database does not have ends"
        )


def log_seen(connection: Connection, source: SourceMapping) -> LogSeen:
    """Look up what is known of a source's log."""
    log = source.connector.log if source.connector else 0
    query = sa.select(source_reached).where(source_reached.c.source == source.name)
    reached = newest_log(connection.execute(query).all())
    newest = _newest_servers(connection, source.name)
    known = connection.execute(sa.select(source_log).where(source_log.c.source == source.name)).one_or_none()
    return LogSeen(
        source=source.name,
        log=log,
        read_log=_read_log(newest, reached),
        reached=tuple((row.server, row.position) for row in reached if not newest or row.server in newest),
        identity=known.identity if known and known.log == log else "",
    )


def remember_log(connection: Connection, seen: LogSeen, end: LogPosition) -> None:
    """Keep what the database says of itself, for the next time."""
    if end.identity and end.identity != seen.identity:
        upsert(connection, source_log, [{"source": seen.source, "log": seen.log, "identity": end.identity}])


def _newest_servers(connection: Connection, source: str) -> frozenset[str]:
    """The names of the servers of a source's newest epoch; none where changes name no server."""
    rows = connection.execute(sa.select(source_epoch).where(source_epoch.c.source == source)).all()
    newest = max((row.epoch for row in rows), default=0)
    return frozenset(row.server for row in rows if row.epoch == newest)


def _read_log(newest: Collection[str], reached: Collection[sa.Row[tuple[str]]]) -> int | None:
    names = [*newest, *(row.server for row in reached)]
    return max((split(name)[0] for name in names), default=None)


def _is_of(servers: Collection[str], name: str) -> bool:
    """Whether a position is one of this server's; a log that was just reset names it by its id alone."""
    _, server = split(name)
    return not server or not servers or server in servers or server.rpartition("-")[2] in servers


def _named(servers: Iterable[str]) -> str:
    return ", ".join(sorted(set(servers)))
