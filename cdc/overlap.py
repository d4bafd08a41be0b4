"""Prepare a batch while the one before it is being written.

Writing waits for the database, and a commit for the disk. Preparing is safe beside it as it is beside another worker: a plan that does
not hold any more is made anew. Batches are still written one after another, each in its own transaction; those of one stream in
its order.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager

from cdc.apply import Advance, Applier, Batch
from cdc.changes import Read
from cdc.preparing import Preparer
from cdc.tracing import DROPPED
from cdc.writing import Report


class Overlap:
    """Applies batches in turn, of one stream or of many; used by one thread."""

    def __init__(self, applier: Applier, preparer: Preparer) -> None:
        """Write with ``applier`` in a thread of its own, which :meth:`close` ends; ``preparer`` is the caller's."""
        self._applier = applier
        self._preparer = preparer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._under_way: Future[Report] | None = None
        self._prepared: Batch | None = None

    def prepare(self, reads: Sequence[Read]) -> Batch:
        """Prepare the first batch of ``reads`` beside the one that is being written, unless it may depend on that.

        Then :meth:`write` or :meth:`drop`.
        """
        self._prepared = batch = self._preparer.prepare(reads, self._settled)
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
        self._under_way = self._thread.submit(self._write, batch, advance)
        self._prepared = None

    def wait(self) -> Report:
        """Wait until nothing is being written; give what became of the last batch, or raise what stopped it."""
        under_way, self._under_way = self._under_way, None
        return Report() if under_way is None else under_way.result()

    def close(self) -> None:
        """Wait for what is being written, drop what was only prepared, and end the thread."""
        self.drop()
        self._thread.shutdown()

    def _settled(self) -> None:
        """Wait until nothing is being written, whatever became of it."""
        if self._under_way is not None:
            wait_for([self._under_way])

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
