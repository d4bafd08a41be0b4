"""Prepare a batch, perhaps beside the one that is being written: say what its events mean, cut it, plan and seal it.

What may depend on the batch before it waits for its commit: a change of the same row, of a row that moves to another key (then parked
events may follow it), of a whole table, and whatever comes after the first sign of a failover.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cdc.apply import Applier, Batch, is_barrier
from cdc.changes import FactChange, Read, RecordChange, RowDelete
from cdc.plan import Event, Translate


class Preparer(Protocol):
    """Prepares batches, one after another, for one thread."""

    def prepare(self, reads: Sequence[Read], settled: Callable[[], None]) -> Batch:
        """Prepare as many events of one stream, from the first on, as make one batch: an event about a whole table is one alone.

        The batch before it may still be being written; ``settled`` waits until nothing is.
        """
        ...

    def close(self) -> None:
        """Let go of what helps."""
        ...


@dataclass(frozen=True, slots=True)
class _Named:
    """What a batch names: rows, and whether what comes after it has to wait (``decides``), or it for what was before."""

    rows: set[Hashable]
    moves: bool
    decides: bool = True


class PreparerHere:
    """Prepares in this process."""

    def __init__(self, applier: Applier, translate: Translate) -> None:
        """``translate`` gives the change that a raw event means."""
        self._applier = applier
        self._translate = translate
        self._before: _Named | None = None

    def prepare(self, reads: Sequence[Read], settled: Callable[[], None]) -> Batch:
        """As :meth:`Preparer.prepare`."""
        events = first_batch(reads, self._translate)
        named = _named(events)
        if _may_depend(named, self._before) or is_barrier(events[0]):
            settled()
        batch = self._applier.prepare(events)
        self._before = _Named(named.rows, named.moves, decides=batch.opens_epoch)
        return batch

    def forget(self) -> None:
        """Somebody else prepared a batch since: the next one may depend on it."""
        self._before = None

    def close(self) -> None:
        """Nothing helps here."""


def first_batch(reads: Sequence[Read], translate: Translate) -> list[Event]:
    """What the events mean up to the first that concerns a whole table, or that one alone."""
    events: list[Event] = []
    for read in reads:
        event = Event(*read) if isinstance(read, tuple) else Event(read, translate(read))
        if is_barrier(event):
            return events or [event]
        events.append(event)
    return events


def _named(events: Sequence[Event]) -> _Named:
    changes = [event.change for event in events if isinstance(event.change, (RecordChange, FactChange, RowDelete))]
    others = (change.moved_to if isinstance(change, RowDelete) else change.moved_from for change in changes)
    return _Named({change.row for change in changes}, any(other is not None for other in others))


def _may_depend(batch: _Named, before: _Named | None) -> bool:
    return before is None or before.decides or batch.moves or not batch.rows.isdisjoint(before.rows)
