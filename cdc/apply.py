"""Apply changes: the one way in for every write, one transaction for everything that a batch does.

First a plan is made without a lock: rows are read, changes folded, keys minted, cells sealed. Then one write transaction takes the
identity lock, sees that the rows are still as they were read (or plans again), and writes rows, records, profiles, facts, consents,
parked events, outbox and the stream's position together. Facts alone wait for identity only when all but the counters of their profiles
is written (docs/decisions/0018-locks-of-facts.md). A stop at any moment loses nothing and repeats nothing.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Final

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from cdc import parking, reached, store
from cdc.breaker import Breaker
from cdc.changes import Change, FactChange, Origin, RawEvent, RecordChange, RowDelete
from cdc.epochs import EpochBook
from cdc.errors import TooManyMerges
from cdc.fold import Life, Outcome
from cdc.metrics import count
from cdc.parking import ParkingLot
from cdc.pauses import Pause, forget_pause, remember_pause
from cdc.plan import Event, Plan, Translate, ignored, make_plan, named_row, retry_plan, still_holds
from cdc.problems import EventError
from cdc.reached import newest_changes
from cdc.sealing import Sealer, Writes
from cdc.store import Position
from cdc.tracing import begin_batch, contexts_of
from cdc.whole_tables import Done, WholeTables, is_of_table
from cdc.writing import Report, Writer, wall_time
from identity import RowKey, take_identity_lock
from privacy import KeyDestroyed, finish_destruction
from profiles import ProfileRules, inherit_person, lock_facts
from storage import NO_WORK, Database, Work, WriteTransaction, begin, link, span


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a batch moves its stream: ``next_offset`` and, for files, the digest of what lies before it.

    ``newest``, of each source in the batch, is filled in when it is written; ``beside`` writes, in the same transaction, what
    else the transport needs to go on there.
    """

    held: Position
    next_offset: int
    digest: bytes | None = None
    newest: tuple[Origin, ...] = ()
    beside: Callable[[Connection], None] | None = None

    @property
    def moved(self) -> Position:
        """Where the stream stands once it is committed."""
        return Position(self.held.stream, self.next_offset, self.held.owner_epoch, self.digest)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A planned and sealed batch, and the epochs that it was planned with; ``began``: when, by this process's clock.

    ``late`` are events of rows that a batch before it names, too: they are planned when that one is committed. ``stream`` is theirs, and held by
    who writes them; None where parked events of any are tried again.
    """

    plan: Plan
    writes: Writes
    epochs: EpochBook
    began: float = field(default_factory=time.perf_counter)
    late: Sequence[Event] = ()
    stream: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one stream as they were prepared, here or elsewhere; ``events`` gives what they mean, where that is asked again.

    ``prepared`` None: what concerns a whole table (``is_barrier``), or can only be prepared under the lock. ``newest``: the newest
    change of each source in it.
    """

    raws: Sequence[RawEvent]
    events: Callable[[], Sequence[Event]]
    prepared: Prepared | None
    newest: tuple[Origin, ...]
    began: float
    work: Work = NO_WORK
    is_barrier: bool = False

    @property
    def opens_epoch(self) -> bool:
        """Whether what comes after it may have other guards than a look at the database says before it is committed."""
        return self.prepared is None or self.prepared.epochs.opens

    @property
    def joining(self) -> frozenset[str]:
        """The streams of which alone that is so, where nothing else is."""
        return frozenset(stream for _, stream, _ in self.prepared.epochs.fresh) if self.prepared else frozenset()


@dataclass(frozen=True, slots=True)
class Written:
    """A batch that is written and not yet committed: what becomes of its events.

    Until :meth:`settle` returned nothing of it has happened. ``began``: when its preparation did, by the clock of metrics.
    """

    report: Report
    transaction: WriteTransaction
    after: Callable[[], None]
    began: float = field(default_factory=time.perf_counter)
    work: Work = NO_WORK

    def settle(self) -> None:
        """Commit, then destroy the keys of what ended; in any thread, once."""
        with self.work.inside():
            with span("onefold.commit"):
                self.transaction.commit()
            count(self.report, time.perf_counter() - self.began)
            self.after()
        self.work.end()


# Seconds. The sweep takes keys that nobody uses an hour after they were made: a plan that waited for a lock longer than this is made
# anew, with keys of its own.
_OLDEST: Final = 1_800


class _Overtaken(Exception):
    """Another worker changed what a plan was made on, or it is too old."""


class Applier:
    """Applies batches of one installation; one thread prepares, and one (the same, or another) writes."""

    def __init__(  # noqa: PLR0913 - the parts of the pipeline, each named
        self,
        database: Database,
        sealer: Sealer,
        *,
        lot: ParkingLot,
        translate: Translate,
        profile_rules: ProfileRules,
        breaker: Breaker,
        clock: Callable[[], int] = wall_time,
    ) -> None:
        """``sealer`` brings keys, tokens and rules; ``breaker`` stops unusual batches; ``clock`` gives wall time in microseconds."""
        self._database = database
        self._sealer = sealer
        self._lot = lot
        self._translate = translate
        self._breaker = breaker
        self._clock = clock
        self._writer = Writer(sealer, profile_rules, clock)
        self._whole_tables = WholeTables(
            sealer.tables, self._writer, breaker=breaker, lot=lot, translate=translate, clock=clock
        )
        self._owes_destruction = False

    def prepare(self, events: Sequence[Event], *, late: Collection[RowKey] = ()) -> Batch:
        """Read, fold and seal without a lock; may be done while another batch is being committed.

        What concerns a whole table (:func:`is_barrier`) comes as a batch of its own. Of the rows in ``late``, which a batch names that is not
        committed yet, nothing is planned before it is written.
        """
        raws = [event.raw for event in events]
        batch = Batch(raws, lambda: events, None, newest_changes(events), time.perf_counter(), begin_batch(raws))
        if len(events) == 1 and is_barrier(events[0]):
            return replace(batch, is_barrier=True)
        with batch.work.inside(), span("onefold.prepare"):
            waiting = [event for event in events if late and named_row(event) in late]
            ready = [event for event in events if named_row(event) not in late] if waiting else events
            prepared = self._prepare_or_wait(self._planning(lambda: ready))
            if prepared is None:
                return batch
            _guard(waiting, prepared.epochs)
            return replace(batch, prepared=replace(prepared, late=waiting, stream=raws[0].stream))

    def weigh_ahead(self, prepared: Prepared) -> None:
        """Compare the persons of a batch with all that is stored so far: what of that still holds is not done again when it is written.

        Of use only where whoever writes has time for something else meanwhile: in another process.
        """
        if prepared.writes.records:
            with self._database.read(by_keys=True) as connection:
                prepared.writes.ahead = self._sealer.weigh_ahead(connection, prepared.writes)

    def write(self, batch: Batch, advance: Advance | None = None) -> Written:
        """Write a prepared batch and move its stream, all or nothing; its transaction is left open.

        Where another worker changed what it was prepared on, it is prepared anew. :class:`TooManyMerges` pauses the stream.
        """
        advance = advance and replace(advance, newest=batch.newest)
        prepared = batch.prepared
        if prepared is not None and (advance is None or advance.held.stream != prepared.stream):
            prepared = replace(prepared, stream=None)  # nobody holds it
        with self._pausing(advance), batch.work.inside(), span("onefold.write"):
            if batch.is_barrier:
                written = self._write_barrier(advance, partial(self._whole_tables.apply, event=batch.events()[0]))
            else:
                written = self._write_or_again(prepared, self._planning(batch.events), advance)
        return replace(written, began=batch.began, work=batch.work)

    def accept_merges(self, merges: int) -> None:
        """Let batches with up to ``merges`` merges of existing profiles pass from now on."""
        self._breaker.accept(merges)

    @contextmanager
    def _pausing(self, advance: Advance | None) -> Iterator[None]:
        """Remember, apart from the batch that was rolled back, that its stream stands."""
        try:
            yield
        except TooManyMerges as found:
            if advance is None:
                raise
            placed = found.at(advance.held.stream, advance.held.next_offset)
            with self._database.write() as connection:
                remember_pause(connection, Pause(placed.stream, placed.offset, placed.radius.merges, self._clock()))
            raise placed from None

    def _planning(self, events: Callable[[], Sequence[Event]]) -> Callable[[Connection, EpochBook], Plan]:
        def plan(connection: Connection, epochs: EpochBook) -> Plan:
            return make_plan(
                connection, events(), sealer=self._sealer, epochs=epochs, lot=self._lot, translate=self._translate
            )

        return plan

    def retry(self, ids: Collection[int]) -> Report:
        """Try parked events again in the order in which they were parked; with each, all that queue behind it.

        What concerns a whole table is tried alone, after what was parked before it. :class:`TooManyMerges` leaves those parked
        that were not tried yet.
        """
        total = Report()
        for is_whole_table, numbers in self._retried_together(ids):
            work = begin("onefold.retry", "consumer")
            total.add(self._retry_table(numbers[0], work) if is_whole_table else self._retry_rows(numbers, work))
        return total

    def _retried_together(self, ids: Collection[int]) -> list[tuple[bool, list[int]]]:
        with self._database.read() as connection:
            parked = [
                (is_of_table(taken.change(self._translate)), taken.id) for taken in self._lot.open(connection, ids)
            ]
        runs = groupby(parked, key=lambda one: one if one[0] else None)
        return [(run is not None, [number for _, number in same]) for run, same in runs]

    def _retry_table(self, number: int, work: Work) -> Report:
        with work.inside():
            written = self._write_barrier(None, partial(self._whole_tables.retry, number=number))
        return _settled(replace(written, work=work))

    def _retry_rows(self, ids: Collection[int], work: Work) -> Report:
        def plan(connection: Connection, epochs: EpochBook) -> Plan:
            chosen = self._lot.open(connection, ids)
            link(contexts_of(taken.raw for taken in chosen))
            queued = self._lot.take(connection, {taken.row_token for taken in chosen if taken.row_token is not None})
            everything = {taken.id: taken for taken in (*chosen, *queued)}
            return retry_plan(
                connection,
                [everything[number] for number in sorted(everything)],
                sealer=self._sealer,
                epochs=epochs,
                lot=self._lot,
                translate=self._translate,
            )

        began = time.perf_counter()
        with work.inside():
            written = self._write_or_again(self._prepare_or_wait(plan), plan, None)
        return _settled(replace(written, began=began, work=work))

    def _write_or_again(
        self, prepared: Prepared | None, make: Callable[[Connection, EpochBook], Plan], advance: Advance | None
    ) -> Written:
        """Write; where another worker came between, begin again under the lock, alone."""
        with suppress(_Overtaken, KeyDestroyed, IntegrityError):
            if prepared is not None:
                return self._write(advance, lambda connection: self._hold(connection, prepared))
        return self._write(advance, lambda connection: self._prepare_alone(connection, make))

    def _prepare_or_wait(self, make: Callable[[Connection, EpochBook], Plan]) -> Prepared | None:
        """Prepare without a lock; None when a row ended since this snapshot, and its key with it: then under the lock."""
        with self._database.read(by_keys=True) as connection, suppress(KeyDestroyed):
            return self._prepare(connection, make)
        return None

    def _prepare(self, connection: Connection, make: Callable[[Connection, EpochBook], Plan]) -> Prepared:
        epochs = EpochBook.load(connection)
        plan = make(connection, epochs)
        return Prepared(plan, self._sealer.seal(connection, plan.lives), epochs)

    def _prepare_alone(self, connection: Connection, make: Callable[[Connection, EpochBook], Plan]) -> Prepared:
        _lock_everything(connection)
        return self._prepare(connection, make)

    def _hold(self, connection: Connection, prepared: Prepared) -> Prepared:
        """Take the locks that the plan needs and see that it still holds; a new epoch's number is the next one only alone.

        A stream that joins epochs need not be alone: who opens others has all locks, so none appears from here on. Facts alone take no more than a share of theirs: what they change of profiles, the writer does at the end.
        """
        plan, late, epochs = prepared.plan, prepared.late, prepared.epochs
        opens = not epochs.joins_only(prepared.stream)
        is_mixed = bool(late) and not (plan.is_of_persons and all(_is_of_person(event.change) for event in late))
        is_alone = opens or is_mixed
        if is_alone:
            _lock_everything(connection)
        elif plan.is_of_facts:
            # What is stored of a fact that somebody writes meanwhile is another plan's then.
            ended = [life.incarnation for life in plan.fold.ended if life.incarnation is not None]
            lock_facts(connection, is_alone=inherit_person(connection, prepared.writes.facts, ended=ended))
        elif plan.is_of_persons:
            take_identity_lock(connection)
        else:
            _lock_everything(connection)
        is_old = time.perf_counter() - prepared.began > _OLDEST
        # What is late is read anew, and would not know of epochs that are not recorded yet.
        is_behind = bool(late and epochs.fresh) or not epochs.is_as_it_was(connection, opens=opens)
        if is_old or is_behind or not still_holds(connection, plan, self._sealer):
            raise _Overtaken
        return self._with_late(connection, prepared, is_alone=is_alone) if late else prepared

    def _with_late(self, connection: Connection, prepared: Prepared, *, is_alone: bool) -> Prepared:
        late = self._prepare(connection, self._planning(lambda: prepared.late))
        if late.epochs.fresh or not (is_alone or late.plan.is_of_persons):
            raise _Overtaken
        return replace(prepared, plan=prepared.plan.joined(late.plan), writes=prepared.writes.joined(late.writes))

    def _write(self, advance: Advance | None, prepare: Callable[[Connection], Prepared]) -> Written:
        with self._writing() as transaction:
            connection = transaction.connection
            _advance(connection, advance)
            ready = prepare(connection)
            plan = ready.plan
            store.write_rows(connection, plan.dirty_rows, self._sealer.tables, stored=plan.versions.keys())
            store.note_snapshots(connection, plan.snapshots, self._sealer.tables)
            ready.epochs.save(connection)
            # Last: facts wait for persons at its end only, and are committed at once then.
            report = self._writer.write(
                connection,
                plan.lives,
                ready.writes,
                ended=plan.fold.ended,
                breaker=self._breaker,
                alone=not plan.is_of_facts,
            )
            self._park(connection, plan, report)
        after = partial(self._destroy_keys, plan.fold.ended)
        return Written(report, transaction, after)

    @contextmanager
    def _writing(self) -> Iterator[WriteTransaction]:
        """A transaction that stays open after the block, or is rolled back on an error in it."""
        transaction = self._database.begin_write(pipelined=True)
        try:
            yield transaction
            transaction.flush()  # what another worker wrote meanwhile shows here at the latest: then there is still a way back
        except BaseException:
            transaction.roll_back()
            raise

    def _destroy_keys(self, ended: Collection[Life]) -> None:
        if ended or self._owes_destruction:
            # Until it is done: after an error, and where somebody is reading the key store, the next batch tries again, as does the next start.
            self._owes_destruction = True
            self._owes_destruction = finish_destruction(self._database, self._sealer.keystore) == 0

    def _park(self, connection: Connection, plan: Plan, report: Report) -> None:
        """Park, release, and count what became of each event."""
        parkings = plan.parkings()
        report.parked = self._lot.park(connection, parkings, at=self._clock())
        self._lot.repark(connection, plan.reparkings())
        released = plan.released()
        parking.drop_parked(connection, released)
        report.released = len(released)
        fresh = [entry for entry in plan.entries if entry.parked_id is None]
        outcomes = [entry.outcome for entry in plan.entries]
        report.events = len(fresh)
        report.ignored = ignored(fresh or plan.entries)  # of a retry nothing is fresh
        report.applied = outcomes.count(Outcome.APPLIED)
        report.seen = outcomes.count(Outcome.SEEN) + len(parkings) - report.parked

    def _write_barrier(self, advance: Advance | None, apply: Callable[[Connection], Done]) -> Written:
        """Do what concerns a whole table, alone."""
        with self._writing() as transaction:
            connection = transaction.connection
            _advance(connection, advance)
            _lock_everything(connection)
            report, ended = apply(connection)
        return Written(report, transaction, partial(self._destroy_keys, ended))


def _lock_everything(connection: Connection) -> None:
    lock_facts(connection, is_alone=True)
    take_identity_lock(connection)


def _settled(written: Written) -> Report:
    written.settle()
    return written.report


def _guard(events: Iterable[Event], epochs: EpochBook) -> None:
    """Let the epochs begin that begin with one of the events: who is prepared after it has to know."""
    for event in events:
        if isinstance(event.change, (RecordChange, FactChange, RowDelete)):
            with suppress(EventError):  # it is parked
                epochs.guard(event.change.origin)


def _is_of_person(change: Change) -> bool:
    """Whether a change is about one row of a person."""
    return change.is_person if isinstance(change, RowDelete) else isinstance(change, RecordChange)


def is_barrier(event: Event) -> bool:
    """Whether an event concerns a whole table and must be a batch of its own."""
    return is_of_table(event.change)


def _advance(connection: Connection, advance: Advance | None) -> None:
    """Move the stream of a batch; when it commits, the stream is not paused any more."""
    if advance is not None:
        forget_pause(connection, advance.held.stream)
        reached.remember(connection, advance.held.stream, advance.newest)
        if advance.beside is not None:
            advance.beside(connection)
        store.advance(connection, advance.held, advance.next_offset, advance.digest)
