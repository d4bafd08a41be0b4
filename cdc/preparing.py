"""Prepare a batch, perhaps beside those before it: say what its events mean, cut it, plan and seal it.

What may depend on a batch that is not committed yet waits for it: a change of a row that moves to another key (then parked events may
follow it), of a whole table, whatever comes after the first sign of a failover, and in a stream that joins an epoch what comes behind that.
Changes of the same rows as before wait alone: they are prepared when they are written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from cdc.apply import Applier, Batch, is_barrier
from cdc.changes import Change, FactChange, RawEvent, Read, RecordChange, RowDelete, Unusable
from cdc.plan import Event, Translate, named_row
from identity import RowKey

#: So many of the rows of a batch may wait alone: they are read under the lock, while nobody else writes.
_MOST_LATE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Ask:
    """Events of one stream that shall be prepared and written; in the order of their numbers."""

    number: int
    reads: Sequence[Read]

    @property
    def raws(self) -> list[RawEvent]:
        """The events as they were read."""
        return [read[0] if isinstance(read, tuple) else read for read in self.reads]

    def after(self, batch: Batch) -> "Ask":
        """What is left of it when its first batch is taken away: an event about a whole table is a batch alone."""
        return replace(self, reads=self.reads[len(batch.raws) :])


class Before(Protocol):
    """What was asked for before, and may be written at this moment."""

    @property
    def settled(self) -> int:
        """Up to this number, asks are committed whole, or were given up."""
        ...

    def settle(self) -> None:
        """Wait until nothing is being written, whatever becomes of it."""
        ...


class Preparer(Protocol):
    """Prepares batches for one thread; each ask is begun, then prepared, in the order of their numbers, or given up."""

    @property
    def begun(self) -> int:
        """The number of the last ask."""
        ...

    def expect(self, events: int) -> None:
        """Be ready for so many events, as far as anybody knows yet."""
        ...

    def begin(self, reads: Sequence[Read], before: Before) -> Ask:
        """Ask for events to be prepared, somewhere else perhaps and from now on."""
        ...

    def prepare(self, ask: Ask, before: Before) -> Batch:
        """The first batch of what was asked. All batches before it are written, or the last of them is being written."""
        ...

    def close(self) -> None:
        """Let go of what helps."""
        ...


@dataclass(frozen=True, slots=True)
class _Named:
    """What a batch names: rows, streams, and whether it has to wait for what came before (``moves``), or its sources for it (``decides``).

    Where these need not, the streams that are ``joining`` an epoch still have to.
    """

    rows: set[RowKey]
    streams: set[str]
    moves: bool
    decides: bool = True
    joining: frozenset[str] = frozenset()

    @property
    def sources(self) -> set[str]:
        """Whose rows they are."""
        return {row.source for row in self.rows}


class PreparerHere:
    """Prepares in this process, when it is needed."""

    def __init__(self, applier: Applier, translate: Translate) -> None:
        """``translate`` gives the change that a raw event means."""
        self._applier = applier
        self._translate = translate
        self.begun = 0
        self._named: dict[int, _Named | None] = {}

    def expect(self, events: int) -> None:
        """It is ready for any number."""

    def begin(self, reads: Sequence[Read], before: Before) -> Ask:  # noqa: ARG002 - as of Preparer
        """Nothing is done before it is needed."""
        self.begun += 1
        return Ask(self.begun, reads)

    def prepare(self, ask: Ask, before: Before) -> Batch:
        """As :meth:`Preparer.prepare`; of asks that somebody else prepared it knows nothing, and waits for them."""
        events = first_batch(ask.reads, self._translate)
        named, unsettled = _named(events), self._unsettled(ask.number, before.settled)
        self._named[ask.number] = None
        late = _late(events, named, unsettled)
        if late is None:
            before.settle()
        batch = self._applier.prepare(events, late=late or set())
        if len(events) == len(ask.reads) and batch.prepared is not None:
            self._named[ask.number] = replace(named, decides=batch.opens_epoch, joining=batch.joining)
        return batch

    def close(self) -> None:
        """Nothing helps here."""

    def _unsettled(self, number: int, settled: int) -> list[_Named | None]:
        """What is known of the asks that come before and are not settled: also of the first part of this one."""
        self._named = {known: named for known, named in self._named.items() if known > settled}
        begun = [number] if number in self._named else []
        return [self._named.get(other) for other in (*range(settled + 1, number), *begun)]


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
    rows = {row for event in events if (row := named_row(event)) is not None}
    return _Named(rows, {_stream(event.change) for event in events}, any(other is not None for other in others))


def _stream(change: Change) -> str:
    return change.stream if isinstance(change, Unusable) else change.origin.stream


def _late(events: Sequence[Event], named: _Named, unsettled: Sequence[_Named | None]) -> set[RowKey] | None:
    """The rows whose events have to wait for batches before them; None: all of them have."""
    if not unsettled:
        return set()
    if named.moves or is_barrier(events[0]) or any(before is None or _decides(before, named) for before in unsettled):
        return None
    late = {row for before in unsettled if before is not None for row in named.rows & before.rows}
    return late if len(late) <= len(named.rows) * _MOST_LATE else None


def _decides(before: _Named, after: _Named) -> bool:
    """Whether the guards of a batch may be others once the one before it is committed: an epoch is of one source.

    A stream that joins one is nothing to other streams: see :mod:`cdc.epochs`.
    """
    if before.decides and not before.sources.isdisjoint(after.sources):
        return True
    return not before.joining.isdisjoint(after.streams)
