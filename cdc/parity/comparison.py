"""Compare one table of a source's snapshot with what Onefold holds: hashes first, then, where buckets differ, row by row.

Every pass reads pages and keeps sums. Where both are equal, each side is read once.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.engine import Connection

from cdc.mapping import TableMapping
from cdc.parity.findings import CHANGED, EXTRA, MISSING, Named
from cdc.parity.goals import Ends, Goals
from cdc.parity.holdings import Holdings
from cdc.parity.judgement import Judgement
from cdc.parity.progress import Progress, progress
from cdc.parity.rows import SourceRow, SourceRows
from cdc.parity.snapshots import LogPosition
from cdc.parity.tally import RowHasher, Tally
from cdc.sealing import Sealer
from storage import Database

_POLL_SECONDS: Final = 0.5
#: Streams that are read side by side may be apart by so much.
_APART_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for Onefold to read up to the snapshot; ``is_settled``: somebody knows that it has."""

    seconds: float = 0.0
    is_settled: bool = False


IMPATIENT: Final = Patience()


@dataclass(frozen=True, slots=True)
class Means:
    """What comparing needs, see :class:`cdc.parity.Audit`; ``named``: how many rows of each kind of difference to name."""

    database: Database
    sealer: Sealer
    named: int
    moved: Callable[[int, int | None], None]
    ends: Ends


@dataclass(slots=True)
class Found:
    """What one comparison found: ``counts`` by kind of difference, and of rows that are ``newer`` or ``unreadable``."""

    progress: Progress
    there: Tally
    here: Tally = field(default_factory=Tally)
    counts: Counter[str] = field(default_factory=Counter)
    named: dict[str, list[Named]] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether anything but parked rows differs."""
        return any(self.counts[kind] for kind in (MISSING, EXTRA, CHANGED, "unreadable"))


class Comparison:
    """The comparison of one table."""

    def __init__(
        self, means: Means, rows: SourceRows, position: LogPosition, *, source: str, table: TableMapping
    ) -> None:
        """``rows`` are those of the snapshot at ``position``."""
        self._means = means
        self._rows = rows
        self._position = position
        self._source = source
        self._table = table
        self._hasher = RowHasher(means.sealer.tokens)
        self._goals = Goals(source, means.ends)

    def found(self, patience: Patience) -> Found:
        """Compare; where something differs, again once Onefold has read far enough, or the patience ends."""
        if not self._table.key:
            return self._counted(patience)
        there, unreadable = self._tally()
        found = self._compare(there, unreadable)
        if patience.is_settled:
            return found
        if found.differs and not found.progress.has_reached and self._wait(patience):
            found = self._compare(there, unreadable)
        if found.differs and found.progress.has_reached and found.progress.streams > 1:
            time.sleep(_APART_SECONDS)
            found = self._compare(there, unreadable)
        return found

    def _counted(self, patience: Patience) -> Found:
        """Compare counts alone: rows without a key cannot be told apart."""
        there = Tally()
        there.counts[0] = sum(self._rows.counts())
        self._wait(patience)
        with self._means.database.read() as connection:
            found = Found(self._progress(connection), there)
            found.here.counts[0] = self._holdings(connection, found.progress).count()
        found.counts[MISSING] = max(0, there.rows - found.here.rows)
        found.counts[EXTRA] = max(0, found.here.rows - there.rows)
        return found

    def _wait(self, patience: Patience) -> bool:
        """Wait until the snapshot's position is reached; whether it was."""
        deadline = time.monotonic() + patience.seconds
        while not self._has_reached():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _has_reached(self) -> bool:
        with self._means.database.read() as connection:
            return self._progress(connection).has_reached

    def _progress(self, connection: Connection) -> Progress:
        return progress(connection, self._source, self._position, self._goals)

    def _holdings(self, connection: Connection, seen: Progress) -> Holdings:
        return Holdings(
            connection,
            self._means.sealer,
            self._table,
            source=self._source,
            spelling=self._rows.spelling,
            is_newer=seen.is_newer,
        )

    def _pages(self) -> Iterator[list[SourceRow]]:
        done, total = 0, self._rows.table.rows
        for page in self._rows.pages():
            yield page
            done += len(page)
            self._means.moved(done, total)

    def _tally(self) -> tuple[Tally, int]:
        """Count and hash of the source's rows, and how many of them have no key that can be read."""
        there, unreadable = Tally(), 0
        for row in (row for page in self._pages() for row in page):
            if row.token is None:
                unreadable += 1
            else:
                there.add(row.token, self._hasher.of_row(row))
        return there, unreadable

    def _compare(self, source: Tally, unreadable: int) -> Found:
        with self._means.database.read() as connection:
            found = Found(self._progress(connection), source.copy(), counts=Counter(unreadable=unreadable))
            holdings = self._holdings(connection, found.progress)
            for held in (held for page in holdings.pages() for held in page if held.is_comparable):
                found.here.add(held.token, self._hasher.hash(held.token, held.content))
            buckets = found.there.differing(found.here)
            if buckets:
                self._judge(found, holdings, buckets)
        return found

    def _judge(self, found: Found, holdings: Holdings, buckets: frozenset[int]) -> None:
        judgement = Judgement(holdings, self._table, self._hasher, named=self._means.named)
        judgement.judge(self._pages, buckets, there=found.there, here=found.here)
        found.counts += judgement.counts
        found.named = judgement.names
