"""Prepare batches while the one before them is being written.

Writing waits for the database, and a commit for the disk. Preparing is safe beside it as it is beside another worker: a plan that does
not hold any more is made anew. Batches are still written one after another, each in its own transaction; those of one stream in
its order.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cdc.apply import Advance, Applier, Batch
from cdc.changes import Read
from cdc.preparing import Ask, Preparer
from cdc.tracing import DROPPED
from cdc.writing import Report

#: How many batches are asked for before they are needed: one of persons takes three times as long as one of facts, to prepare as to
#: write, and neither shall wait for the other.
AHEAD: Final = 4


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The last batch that was prepared; up to ``settles``, asks are done once it is committed."""

    batch: Batch
    settles: int


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A batch that is being written."""

    report: Future[Report]
    settles: int


class Overlap:
    """Applies batches in turn, of one stream or of many; used by one thread.

    :meth:`begin` each in the order in which they are to be written; then, in this order, :meth:`prepare`, :meth:`wait` for the one
    before, :meth:`write` or :meth:`drop`. What is begun may be forgotten as well.
    """

    def __init__(self, applier: Applier, preparer: Preparer) -> None:
        """Write with ``applier`` in a thread of its own, which :meth:`close` ends; ``preparer`` is the caller's."""
        self._applier = applier
        self._preparer = preparer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._under_way: _UnderWay | None = None
        self._prepared: _Prepared | None = None
        self._settled = preparer.begun

    @property
    def settled(self) -> int:
        """As of :class:`cdc.preparing.Before`."""
        return self._settled

    def settle(self) -> None:
        """As of :class:`cdc.preparing.Before`."""
        if self._under_way is not None:
            wait_for([self._under_way.report])

    def expect(self, events: int) -> None:
        """So many events will be begun before long."""
        self._preparer.expect(events)

    def begin(self, reads: Sequence[Read]) -> Ask:
        """Ask for events of one stream to be prepared."""
        return self._preparer.begin(reads, self)

    def prepare(self, ask: Ask) -> Batch:
        """Prepare the first batch of an ask beside the one that is being written, unless it may depend on that."""
        batch = self._preparer.prepare(ask, self)
        is_whole = len(batch.raws) == len(ask.reads)
        self._prepared = _Prepared(batch, ask.number if is_whole else ask.number - 1)
        return batch

    def drop(self) -> None:
        """What was prepared last is not written: it is prepared again, or by somebody else."""
        dropped, self._prepared = self._prepared, None
        if dropped is not None:
            dropped.batch.work.end(DROPPED)

    def write(self, batch: Batch, advance: Advance) -> None:
        """Begin to write the batch that was prepared last; :meth:`wait` must have said what became of the one before it."""
        if self._under_way is not None:
            raise RuntimeError("the batch before it is still being written")
        prepared, self._prepared = self._prepared, None
        if prepared is None or prepared.batch is not batch:
            raise RuntimeError("another batch was prepared last")
        self._under_way = _UnderWay(self._thread.submit(self._write, batch, advance), prepared.settles)

    def wait(self) -> Report:
        """Wait until nothing is being written; give what became of the last batch, or raise what stopped it."""
        under_way, self._under_way = self._under_way, None
        if under_way is None:
            return Report()
        try:
            return under_way.report.result()
        finally:
            self._settled = under_way.settles

    def close(self) -> None:
        """Wait for what is being written, drop what was only prepared, and end the thread."""
        self.drop()
        self._thread.shutdown()

    def _write(self, batch: Batch, advance: Advance) -> Report:
        written = self._applier.write(batch, advance)
        written.settle()
        return written.report


@contextmanager
def overlapping(applier: Applier, preparer: Preparer) -> Iterator[Overlap]:
    """An :class:`Overlap` whose batches are all committed when the block ends, also by an error."""
    overlap = Overlap(applier, preparer)
    try:
        yield overlap
    finally:
        try:
            overlap.wait()
        finally:
            overlap.close()
