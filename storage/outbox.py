"""The outbox: what changed, committed with the change itself and read in commit order.

An entry names ids and kinds only, never a personal value. Entries about one subject are numbered in the order of their commits,
since those who write about it wait for each other; the numbers of transactions that did not wait may lie across each other,
which is why :class:`OutboxReader` stops before a number that somebody may still commit.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.bulk import insert
from storage.engine import Database
from storage.metadata import MAIN, Bytes, DataClass, column
from storage.tracing import TRACEPARENT, trace_context

outbox = sa.Table(
    "outbox",
    MAIN,
    column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), DataClass.INTERNAL, primary_key=True),
    column("at", sa.BigInteger, DataClass.INTERNAL),
    column("topic", sa.Text, DataClass.INTERNAL),
    column("subject", Bytes(16), DataClass.INTERNAL),
    column("payload", sa.Text, DataClass.INTERNAL),
    sqlite_autoincrement=True,
)


# Who writes entries has this lock on the table before it numbers the first one, and until after its commit can be seen. A standby does not
# know of locks: there nothing is certain.
_WRITERS: Final = sa.text(f"""
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND relation = CAST('{outbox.name}' AS regclass)
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL SELECT 'of the primary' WHERE pg_is_in_recovery()
""")  # noqa: S608 - a table's name


class OutboxEntry(msgspec.Struct, frozen=True):
    """One message: ``topic`` such as ``profile.merged``, the 16-byte id it is about, and clear details."""

    topic: str
    subject: bytes
    payload: dict[str, str]


def publish(connection: Connection, entries: Collection[OutboxEntry], *, at: int) -> None:
    """Append ``entries`` in the caller's transaction; ``at`` is a wall time in microseconds.

    Each keeps the trace context of the work that is under way, if there is one, under ``traceparent``.
    """
    context = trace_context()
    traced = {TRACEPARENT: context} if context else {}
    bare = _json(traced)  # most entries have no details
    rows = [
        {"at": at, "topic": e.topic, "subject": e.subject, "payload": _json(e.payload | traced) if e.payload else bare}
        for e in entries
    ]
    insert(connection, outbox, rows)
    if rows:
        connection.execution_options(onefold_told=True)  # its listeners hear of it once it is committed


def _json(payload: Mapping[str, str]) -> str:
    return msgspec.json.encode(payload).decode()


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its number and the wall time (microseconds) of its transaction."""

    seq: int
    at: int
    entry: OutboxEntry


class OutboxReader:
    """Reads the outbox from a number on, and misses none that is committed later.

    A number that is missing was given to a transaction that is still open, or that never committed. Which of the two is known
    once every transaction has ended that could write entries when a higher number was first seen. Others are not waited for: not a
    rehearsal (:mod:`storage.rehearsal`), which has a transaction number for minutes and writes no entry.
    """

    def __init__(self) -> None:
        """Start without knowledge of any number."""
        self._settled = 0
        self._awaited: tuple[int, frozenset[str]] | None = None

    def read(self, database: Database, first: int, limit: int) -> list[StoredEntry]:
        """The next entries, at most ``limit``, from number ``first`` on."""
        self._settle(database)
        query = sa.select(outbox).where(outbox.c.seq >= first).order_by(outbox.c.seq).limit(limit)
        with database.read() as connection:
            rows = connection.execute(query).all()
            certain = rows if database.is_sqlite else rows[: self._certain(connection, rows, first)]
        return [
            StoredEntry(row.seq, row.at, OutboxEntry(row.topic, row.subject, json.loads(row.payload)))
            for row in certain
        ]

    def _certain(self, connection: Connection, rows: Sequence[sa.Row[Any]], first: int) -> int:
        """How many of the rows come before the first missing number that may still be committed."""
        expected = max(first, 1)
        for place, row in enumerate(rows):
            if row.seq != expected and row.seq > self._settled:
                self._await(connection, rows[-1].seq)
                return place
            expected = row.seq + 1
        return len(rows)

    def _await(self, connection: Connection, highest: int) -> None:
        """Whoever was given a number up to ``highest``, which was committed since, is among those that can write now, or has ended."""
        if self._awaited is None:
            self._awaited = highest, _writers(connection)

    def _settle(self, database: Database) -> None:
        """Learn up to which number nobody can commit any more; what they committed is in what is read after this, not before."""
        if self._awaited is not None:
            highest, writers = self._awaited
            with database.read() as connection:
                if writers.isdisjoint(_writers(connection)):
                    self._settled, self._awaited = highest, None


def _writers(connection: Connection) -> frozenset[str]:
    """The transactions that may write entries, by names that are given once."""
    return frozenset(connection.execute(_WRITERS).scalars())


def waiting(connection: Connection, first: int) -> int:
    """How many numbers from ``first`` on were given; a few of them may have no entry."""
    newest = connection.execute(sa.select(sa.func.max(outbox.c.seq))).scalar()
    return max(0, (newest or 0) + 1 - first)


def waiting_since(connection: Connection, first: int) -> int | None:
    """When the oldest entry from number ``first`` on was written (microseconds); None when there is none."""
    query = sa.select(outbox.c.at).where(outbox.c.seq >= first).order_by(outbox.c.seq).limit(1)
    return connection.execute(query).scalar()


def prune(connection: Connection, *, before: int, below: int | None, limit: int) -> int:
    """Delete the oldest entries, at most ``limit``: written earlier than ``before`` (microseconds), numbered below ``below``."""
    oldest = sa.select(outbox.c.seq, outbox.c.at).order_by(outbox.c.seq).limit(limit).subquery()
    doomed = sa.select(oldest.c.seq).where(oldest.c.at < before)
    if below is not None:
        doomed = doomed.where(oldest.c.seq < below)
    return connection.execute(sa.delete(outbox).where(outbox.c.seq.in_(doomed))).rowcount
