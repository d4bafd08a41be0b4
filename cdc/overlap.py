"""Prepare a batch while the one before it is being written.

Writing waits for the database, and a commit for the disk: they need little Python. Preparing needs hardly anything else, and is safe
beside it as it is beside another worker: a plan that does not hold any more is made anew. Batches are still written one after
another, each in its own transaction; those of one stream in its order.
"""

from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from dataclasses import dataclass

from cdc.apply import Advance, Applier, Batch, is_barrier
from cdc.changes import FactChange, RecordChange, RowDelete
from cdc.plan import Event
from cdc.tracing import DROPPED
from cdc.writing import Report


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A batch that is being written, and the rows that it names; what ``decides`` is waited for before anything is prepared."""

    report: Future[Report]
    named: set[Hashable]
    decides: bool


class Overlap:
    """Applies batches in turn, of one stream or of many; used by one thread."""

    def __init__(self, applier: Applier) -> None:
        """Write with ``applier`` in a thread of its own, which :meth:`close` ends."""
        self._applier = applier
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._under_way: _UnderWay | None = None
        self._prepared: Batch | None = None

    def prepare(self, events: Sequence[Event]) -> Batch:
        """Prepare ``events``, beside the batch that is being written unless they may depend on it; then :meth:`write` or :meth:`drop`."""
        before = self._under_way
        if before is not None:
            named, moves = _named_rows(events)
            if before.decides or moves or any(map(is_barrier, events)) or not named.isdisjoint(before.named):
                wait_for([before.report])
        self._prepared = batch = self._applier.prepare(events)
        return batch

    def drop(self) -> None:
        """What was prepared last is not written: it is prepared again, or by somebody else."""
        dropped, self._prepared = self._prepared, None
        if dropped is not None:
            dropped.work.end(DROPPED)

    def write(self, batch: Batch, advance: Advance) -> None:
        """Begin to write a batch; :meth:`wait` must have said before what became of the one before it."""
        if self._under_way is not None:
            raise RuntimeError("the batch before it is still being written")
        named, _ = _named_rows(batch.events)
        self._under_way = _UnderWay(self._thread.submit(self._write, batch, advance), named, batch.opens_epoch)
        self._prepared = None

    def wait(self) -> Report:
        """Wait until nothing is being written; give what became of the last batch, or raise what stopped it."""
        under_way, self._under_way = self._under_way, None
        return Report() if under_way is None else under_way.report.result()

    def close(self) -> None:
        """Wait for what is being written, drop what was only prepared, and end the thread."""
        self.drop()
        self._thread.shutdown()

    def _write(self, batch: Batch, advance: Advance) -> Report:
        written = self._applier.write(batch, advance)
        written.settle()
        return written.report


@contextmanager
def overlapping(applier: Applier) -> Iterator[Overlap]:
    """An :class:`Overlap` whose batches are all committed when the block ends, also by an error."""
    overlap = Overlap(applier)
    try:
        yield overlap
    finally:
        try:
            overlap.wait()
        finally:
            overlap.close()


def _named_rows(events: Sequence[Event]) -> tuple[set[Hashable], bool]:
    """The rows that events are about, and whether one of them moves to another key: then parked events may follow it."""
    changes = [event.change for event in events if isinstance(event.change, (RecordChange, FactChange, RowDelete))]
    others = (change.moved_to if isinstance(change, RowDelete) else change.moved_from for change in changes)
    return {change.row for change in changes}, any(other is not None for other in others)
