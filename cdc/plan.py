"""Plan a batch: read the rows that its changes name, fold the changes, and say what becomes of each event.

The plan reads and computes only. It is valid while the rows it was made on have the guards, floors and queues that it saw.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy.engine import Connection

from cdc import parking, store, unknown_server
from cdc.changes import (
    Change,
    FactChange,
    Ignored,
    RawEvent,
    RecordChange,
    RowDelete,
    SnapshotTableDone,
    TableTruncate,
    Unusable,
)
from cdc.epochs import EpochBook
from cdc.fold import Fold, Guarded, Life, Outcome, RowChange, RowState
from cdc.parking import Parking, ParkingLot, Taken
from cdc.problems import EventError
from cdc.sealing import Sealer
from identity import RowKey

Translate = Callable[[RawEvent], Change]


# What became of an event that is parked, or stays so.
_STAYS = (Outcome.QUEUED, Outcome.WAITING, Outcome.UNUSABLE)


class Event(msgspec.Struct, frozen=True):
    """A change and the raw event that it was read from, which is kept in case it must be parked."""

    raw: RawEvent
    change: Change


def named_row(event: Event) -> RowKey | None:
    """The row that an event is about; None where it is about none, or nobody knows."""
    return None if isinstance(event.change, (Ignored, TableTruncate, SnapshotTableDone)) else event.change.row


@dataclass(slots=True, eq=False)
class Entry:
    """An event in a plan. ``outcome`` None means ignored.

    ``parked_id`` is set for one that was parked before; then ``was_tried`` tells whether this plan tried it again.
    """

    event: Event
    token: bytes | None = None
    guarded: Guarded | None = None
    parked_id: int | None = None
    outcome: Outcome | None = None
    was_tried: bool = False


@dataclass(slots=True)
class Plan:
    """What a batch does to rows; ``versions``, ``blocked`` and ``floors`` are what it was made on."""

    fold: Fold
    entries: list[Entry]
    versions: dict[bytes, store.Version]
    blocked: dict[bytes, tuple[int, int]]
    queues: dict[bytes, list[Entry]] = field(default_factory=dict)

    @property
    def lives(self) -> list[Life]:
        """The lives that must be written."""
        alive = [life for row in self.fold.rows.values() for life in (row.life, row.transit) if life is not None]
        return [life for life in alive if life.change is not None]

    @property
    def dirty_rows(self) -> list[RowState]:
        """The rows whose version must be written."""
        return [row for row in self.fold.rows.values() if row.is_dirty]

    @property
    def snapshots(self) -> dict[tuple[store.TableName, bytes], int]:
        """When whole snapshots read the first of the rows that the batch confirms (milliseconds), by table and guard."""
        found: dict[tuple[store.TableName, bytes], int] = {}
        for guarded in [entry.guarded for entry in self.entries if entry.guarded is not None]:
            origin = guarded.change.origin
            if origin.confirms:
                row, at = guarded.change.row, origin.read_ms
                place = ((row.source, row.table), guarded.guard)
                found[place] = min(at, found.get(place, at))
        return found

    @property
    def touches_persons(self) -> bool:
        """Whether identity may change: then the whole batch runs under the identity lock."""
        return any(life.is_person for life in (*self.lives, *self.fold.ended))

    @property
    def is_of_facts(self) -> bool:
        """Whether nothing but rows of facts is read and written, and nothing parked or released: then they need not wait for persons."""
        return not self.touches_persons and self._is_of(is_person=False)

    @property
    def is_of_persons(self) -> bool:
        """Whether nothing but rows of persons is read and written, and nothing parked or released."""
        return all(life.is_person for life in (*self.lives, *self.fold.ended)) and self._is_of(is_person=True)

    def _is_of(self, *, is_person: bool) -> bool:
        kinds = {row.is_person for row in self.fold.rows.values() if row.guard is not None}
        if kinds - {is_person} or any(e.parked_id is not None or e.outcome in _STAYS for e in self.entries):
            return False
        changes = [entry.event.change for entry in self.entries]
        deletes = {change.is_person for change in changes if isinstance(change, RowDelete)}
        named = {type(change) for change in changes} - {RowDelete, Ignored}
        return deletes <= {is_person} and named <= {RecordChange if is_person else FactChange}

    def joined(self, other: "Plan") -> "Plan":
        """With what another plan, made under the same barriers, does to other rows."""
        return Plan(
            self.fold.joined(other.fold),
            [*self.entries, *other.entries],
            self.versions | other.versions,
            self.blocked | other.blocked,
            self.queues | other.queues,
        )

    def run(self) -> None:
        """Fold every event, oldest first."""
        for entry in [entry for entry in self.entries if entry.parked_id is None or entry.outcome is None]:
            self._step(entry)

    def parkings(self) -> list[Parking]:
        """The events to park now."""
        return [_parking(entry) for entry in self.entries if entry.parked_id is None and entry.outcome in _STAYS]

    def reparkings(self) -> dict[int, Parking]:
        """The parked events that were tried again and stay, by id: why and for what they wait may be another reason now."""
        return {
            entry.parked_id: _parking(entry)
            for entry in self.entries
            if entry.parked_id is not None and entry.was_tried and entry.outcome in _STAYS
        }

    def released(self) -> list[int]:
        """The ids of events that were parked and are done with; also those that a later mapping ignores."""
        done = (Outcome.APPLIED, Outcome.SEEN)
        return [
            entry.parked_id
            for entry in self.entries
            if entry.parked_id is not None and (entry.outcome in done or isinstance(entry.event.change, Ignored))
        ]

    def _step(self, entry: Entry) -> None:
        entry.was_tried = True
        if isinstance(entry.event.change, Unusable):
            self._queue(entry, Outcome.UNUSABLE)
        elif entry.guarded is not None:
            entry.outcome = self.fold.apply(entry.guarded)
            if entry.outcome in (Outcome.QUEUED, Outcome.WAITING):
                self._queue(entry, entry.outcome)
            elif isinstance(entry.event.change, RowDelete) and entry.guarded.other is not None:
                # Also when it was skipped as already seen or below the floor: the wait is over either way.
                self._release(entry.guarded.other)

    def _queue(self, entry: Entry, outcome: Outcome) -> None:
        entry.outcome = outcome
        if entry.token is not None:
            self.fold.blocked.add(entry.token)
            self.queues.setdefault(entry.token, []).append(entry)

    def _release(self, token: bytes) -> None:
        """The delete half of a key change was seen: its create half, and what queues behind it, can go on."""
        queue = self.queues.get(token, [])
        if not queue or queue[0].outcome is not Outcome.WAITING:
            return
        del self.queues[token]
        self.fold.blocked.discard(token)
        for entry in queue:
            self._step(entry)


def make_plan(  # noqa: PLR0913 - the parts of the pipeline, each named
    connection: Connection,
    events: Sequence[Event],
    *,
    sealer: Sealer,
    epochs: EpochBook,
    lot: ParkingLot,
    translate: Translate,
) -> Plan:
    """Read and fold. ``translate`` is applied again to parked events whose wait ends in this batch."""
    fresh = [_entry(event, sealer, epochs) for event in events]
    waiting = _awaiting(connection, fresh, lot, lambda taken: _parked_entry(taken, sealer, epochs, translate))
    plan = _plan(connection, waiting, fresh, sealer)
    plan.run()
    return plan


def _awaiting(
    connection: Connection,
    fresh: Sequence[Entry],
    lot: ParkingLot,
    entry_of: Callable[[Taken], Entry],
    *,
    without: Collection[bytes | None] = (),
) -> list[Entry]:
    """The parked events that the delete halves in ``fresh`` set free, and those that these set free in turn."""
    waiting: list[Entry] = []
    found = set(without)
    newest: Sequence[Entry] = fresh
    while halves := _delete_halves(newest):
        rows = parking.waiting_rows(connection, halves) - found
        newest = [entry_of(taken) for taken in lot.take(connection, rows)]
        waiting += newest
        found |= rows
    return waiting


def _delete_halves(entries: Sequence[Entry]) -> set[bytes]:
    moved = [entry.guarded for entry in entries if entry.guarded is not None and entry.guarded.other is not None]
    return {one.token for one in moved if isinstance(one.change, RowDelete)}


def retry_plan(  # noqa: PLR0913 - the parts of the pipeline, each named
    connection: Connection,
    taken: Iterable[Taken],
    *,
    sealer: Sealer,
    epochs: EpochBook,
    lot: ParkingLot,
    translate: Translate,
) -> Plan:
    """A plan that tries parked events again, each row's in their order, and with them what waits for their outcome."""

    def entry_of(one: Taken) -> Entry:
        return _parked_entry(one, sealer, epochs, translate)

    entries = [entry_of(one) for one in taken]
    for entry in entries:
        entry.outcome = None
    tried = {entry.token for entry in entries}
    plan = _plan(connection, _awaiting(connection, entries, lot, entry_of, without=tried), entries, sealer)
    plan.fold.blocked -= tried
    plan.run()
    return plan


def still_holds(connection: Connection, plan: Plan, sealer: Sealer) -> bool:
    """Whether nobody changed what the plan was made on; a row that the plan begins shows when it is written (:func:`store.write_rows`)."""
    rows = plan.fold.rows
    asked = [token for token, row in rows.items() if token in plan.versions or not row.is_dirty]
    return (
        # First and alone: it waits for who holds a row, and what is asked after it sees what he wrote.
        store.versions(connection, asked) == plan.versions
        and store.load_barriers(connection, rows.keys(), sealer.tables) == (plan.blocked, plan.fold.floors)
    )


def _plan(connection: Connection, waiting: list[Entry], entries: list[Entry], sealer: Sealer) -> Plan:
    """Read the rows in the order in which the events first name them: new records arrive in this order."""
    everything = [*waiting, *entries]
    named = [t for e in everything for t in (e.token, e.guarded.other if e.guarded else None) if t is not None]
    rows = store.load_rows(connection, dict.fromkeys(named), sealer.tables)
    blocked, floors = store.load_barriers(connection, rows.keys(), sealer.tables)
    fold = Fold(rows, floors, set(blocked), mappings=sealer.tables.mappings)
    plan = Plan(fold, everything, store.versions_of(rows.values()), blocked)
    for entry in waiting:
        if entry.token is not None:
            plan.queues.setdefault(entry.token, []).append(entry)
    return plan


def _entry(event: Event, sealer: Sealer, epochs: EpochBook) -> Entry:
    change = event.change
    if isinstance(change, Unusable):
        return Entry(event, sealer.row_token(change.row) if change.row else None)
    if not isinstance(change, (RecordChange, FactChange, RowDelete)):
        return Entry(event)
    other = change.moved_to if isinstance(change, RowDelete) else change.moved_from
    token = sealer.row_token(change.row)
    try:
        guard = epochs.guard(change.origin)
    except EventError as problem:
        return Entry(Event(event.raw, _unusable(change, problem)), token)
    return Entry(event, token, Guarded(change, token, guard, sealer.row_token(other) if other else None))


def _unusable(change: RowChange, problem: EventError) -> Unusable:
    origin, row = change.origin, change.row
    return Unusable(origin.stream, origin.offset, problem.code, unknown_server.told(change), row.source, row.table, row)


def _parked_entry(taken: Taken, sealer: Sealer, epochs: EpochBook, translate: Translate) -> Entry:
    entry = _entry(Event(taken.raw, taken.change(translate)), sealer, epochs)
    entry.parked_id = taken.id
    entry.outcome = Outcome.WAITING if taken.code == parking.WAITING else Outcome.QUEUED
    return entry


def _parking(entry: Entry) -> Parking:
    change, raw = entry.event.change, entry.event.raw
    if isinstance(change, Unusable):
        return Parking(raw, change.code, change.message, change.source, change.table, entry.token)
    assert isinstance(change, (RecordChange, FactChange, RowDelete))  # noqa: S101 - nothing else is ever queued
    if entry.outcome is Outcome.WAITING and entry.guarded is not None:
        message = "the second half of a primary-key change waits for the first, the delete of the old key"
        code, waits_for = parking.WAITING, entry.guarded.other
    else:
        message, code, waits_for = "queues behind an earlier parked event of the same row", parking.QUEUED, None
    return Parking(raw, code, message, change.row.source, change.row.table, entry.token, waits_for)


def ignored(entries: Collection[Entry]) -> int:
    """How many of the events change nothing by their kind."""
    return sum(isinstance(entry.event.change, Ignored) for entry in entries)
