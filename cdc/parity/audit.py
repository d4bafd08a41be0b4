"""Audit the tables of a source's snapshot, one by one, and say what was found."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cdc.mapping import SourceMapping, TableMapping
from cdc.parity import findings
from cdc.parity.comparison import IMPATIENT, Comparison, Found, Means, Patience
from cdc.parity.differences import LISTED, listed
from cdc.parity.errors import ParityError
from cdc.parity.findings import CHANGED, EXTRA, MISSING, PARKED, Named, TableParity
from cdc.parity.goals import Ends, StreamEnds
from cdc.parity.progress import Progress
from cdc.parity.rows import SourceRows
from cdc.parity.snapshots import Snapshot
from cdc.sealing import Sealer
from storage import Database


@dataclass(frozen=True, slots=True)
class Audit:
    """Audits an installation.

    ``named``: how many rows of each kind of difference to name, keys that are stored sealed only with ``shows_sealed_keys``;
    ``moved`` hears how many of a table's rows were read, and about how many there are (None: nobody knows); ``ends`` tells where the
    streams of a source end now, by which it is known that all of them were read far enough.
    """

    database: Database
    sealer: Sealer
    named: int = 20
    shows_sealed_keys: bool = False
    moved: Callable[[int, int | None], None] = lambda _done, _total: None
    ends: Ends = lambda _source, _known: StreamEnds()

    def table(
        self, snapshot: Snapshot, source: SourceMapping, table: TableMapping, *, patience: Patience = IMPATIENT
    ) -> TableParity:
        """Compare one table; :class:`~cdc.parity.errors.SourceBusy` when its database does not answer any more."""
        nothing = TableParity(source.name, table.name, snapshot.position.text, findings.NOT_COMPARED)
        try:
            rows = SourceRows(snapshot, source, table, row_token=self.sealer.row_token)
        except ParityError as problem:
            if problem.retriable:
                raise
            return replace(nothing, note=str(problem))
        means = Means(self.database, self.sealer, max(self.named, LISTED), self.moved, self.ends)
        found = Comparison(means, rows, snapshot.position, source=source.name, table=table).found(patience)
        result = _result(nothing, found, snapshot, patience=patience, has_key=bool(table.key))
        kinds = findings.KINDS if result.state == findings.DIFFERENT else (PARKED,)
        return self._named(result, [found.named[kind] for kind in kinds if kind in found.named])

    def _named(self, result: TableParity, kinds: Sequence[Sequence[Named]]) -> TableParity:
        shown = (row.shown(shows_sealed_keys=self.shows_sealed_keys) for rows in kinds for row in rows[: self.named])
        return replace(result, rows=tuple(shown), kept=listed(self.sealer, result, kinds))


def _result(
    nothing: TableParity, found: Found, snapshot: Snapshot, *, patience: Patience, has_key: bool
) -> TableParity:
    counts = found.counts
    result = replace(
        nothing,
        state=findings.PARKED if counts[PARKED] else findings.EQUAL,
        rows_there=found.there.rows,
        rows_here=found.here.rows,
        digest_there=found.there.digest if has_key else "",
        digest_here=found.here.digest if has_key else "",
        parked=counts[PARKED],
        newer=counts["newer"],
        unreadable=counts["unreadable"],
        note="" if has_key else "no key of its rows is mapped: only their number was compared",
    )
    if not found.differs:
        return result
    if not (found.progress.has_reached or patience.is_settled):
        return replace(result, state=findings.BEHIND, pending=_pending(counts), note=_behind(found.progress, snapshot))
    return replace(
        result,
        state=findings.DIFFERENT,
        missing=counts[MISSING],
        extra=counts[EXTRA],
        different=counts[CHANGED],
    )


def _pending(counts: Counter[str]) -> int:
    return counts[MISSING] + counts[EXTRA] + counts[CHANGED] + counts["unreadable"]


def _behind(seen: Progress, snapshot: Snapshot) -> str:
    read = "no streamed change yet" if seen.read is None else f"up to {snapshot.describe(seen.read)}"
    rest = f"; not yet to the end then: {', '.join(seen.unread)}" if seen.unread else ""
    told = f"Onefold has read {read}, the source stands at {snapshot.position.text}{rest}"
    return "; ".join((told, *seen.obstacles))
