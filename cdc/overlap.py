"""Prepare a batch while the one before it is being committed.

A commit waits for the disk, and on SQLite copies many pages: it needs no Python. Preparing needs hardly anything else, and is safe
beside it as it is beside another worker: a plan that does not hold any more is made anew. Batches are still written one after
another, each in its own transaction and in the order of the stream.
"""

from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from cdc.apply import Advance, Applier, is_barrier
from cdc.changes import FactChange, RecordChange, RowDelete
from cdc.plan import Event
from cdc.store import Position
from cdc.writing import Report


class Overlap:
    """Applies batches of one stream in turn; used by one thread."""

    def __init__(self, applier: Applier, thread: ThreadPoolExecutor) -> None:
        """``thread`` is one thread that commits."""
        self._applier = applier
        self._thread = thread
        self._committing: Future[None] | None = None
        self._named: set[Hashable] = set()
        self._is_barrier = False
        self._opens_epoch = False

    def apply(self, events: Sequence[Event], advance: Advance) -> tuple[Report, Position | None]:
        """Apply ``events`` in order; what this returns is committed only when the next call, or :meth:`wait`, returned."""
        named, moves = _named_rows(events)
        was_barrier, self._is_barrier = self._is_barrier, any(map(is_barrier, events))
        depends = moves or was_barrier or self._is_barrier or self._opens_epoch
        if depends or not named.isdisjoint(self._named):
            self.wait()
        batch = self._applier.prepare(events)
        self.wait()
        written = self._applier.write(batch, advance)
        self._named, self._opens_epoch = named, written.opens_epoch
        self._committing = self._thread.submit(written.settle)
        return written.report, written.position

    def wait(self) -> None:
        """Wait until everything is committed; raises what the commit raised."""
        committing, self._committing = self._committing, None
        if committing is not None:
            committing.result()


@contextmanager
def overlapping(applier: Applier) -> Iterator[Overlap]:
    """An :class:`Overlap` whose batches are all committed when the block ends, also by an error."""
    with ThreadPoolExecutor(1, thread_name_prefix="commit") as thread:
        overlap = Overlap(applier, thread)
        try:
            yield overlap
        finally:
            overlap.wait()


def _named_rows(events: Sequence[Event]) -> tuple[set[Hashable], bool]:
    """The rows that events are about, and whether one of them moves to another key: then parked events may follow it."""
    changes = [event.change for event in events if isinstance(event.change, (RecordChange, FactChange, RowDelete))]
    others = (change.moved_to if isinstance(change, RowDelete) else change.moved_from for change in changes)
    return {change.row for change in changes}, any(other is not None for other in others)
