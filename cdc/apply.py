"""Apply changes: the one way in for every write, one transaction for everything that a batch does.

First a plan is made without a lock: rows are read, changes folded, keys minted, cells sealed. Then one write transaction takes the
identity lock, sees that the rows are still as they were read (or plans again), and writes rows, records, profiles, facts, consents,
parked events, outbox and the stream's position together. A stop at any moment loses nothing and repeats nothing.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from cdc import parking, store
from cdc.changes import RowDelete, SnapshotTableDone, TableTruncate
from cdc.epochs import EpochBook
from cdc.fold import Cause, Life, Outcome, RowState
from cdc.parking import ParkingLot
from cdc.plan import Event, Plan, Translate, ignored, make_plan, retry_plan, still_holds
from cdc.sealing import Sealer, Writes
from cdc.store import Position
from identity import (
    Resolution,
    Resolver,
    records_by,
    share_identity_lock,
    source_record,
    take_identity_lock,
    write_records,
)
from privacy import finish_destruction, replace_statements, request_destruction
from profiles import ProfileRules, Step, lock_parents, rebuild, record, recount, write_facts
from storage import Database


def wall_time() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


@dataclass(slots=True)
class Report:
    """What became of events, and of profiles through them.

    ``parked`` counts events parked now, ``released`` those that were parked before and are done with: a key change whose halves
    come in the wrong order parks and releases by itself.
    """

    events: int = 0
    applied: int = 0
    seen: int = 0
    ignored: int = 0
    parked: int = 0
    released: int = 0
    profiles_created: int = 0
    profiles_merged: int = 0
    profiles_split: int = 0
    profiles_ended: int = 0

    def add(self, other: "Report") -> None:
        """Sum up."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a batch moves its stream: ``next_offset`` and, for files, the digest of what lies before it."""

    held: Position
    next_offset: int
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A planned and sealed batch, and the epochs that it was planned with."""

    plan: Plan
    writes: Writes
    epochs: EpochBook


class _Overtaken(Exception):
    """Another worker changed what a plan was made on."""


class Applier:
    """Applies batches of one installation; used by one thread at a time."""

    def __init__(  # noqa: PLR0913 - the parts of the pipeline, each named
        self,
        database: Database,
        sealer: Sealer,
        *,
        lot: ParkingLot,
        translate: Translate,
        profile_rules: ProfileRules,
        clock: Callable[[], int] = wall_time,
    ) -> None:
        """``sealer`` brings keys, tokens and rules; ``clock`` gives wall time in microseconds."""
        self._database = database
        self._sealer = sealer
        self._lot = lot
        self._translate = translate
        self._profile_rules = profile_rules
        self._clock = clock
        self._resolver = Resolver(sealer.rules, sealer.reader.natural_keys)

    def apply(self, events: Sequence[Event], advance: Advance | None = None) -> tuple[Report, Position | None]:
        """Apply ``events`` in order and move their stream, all or nothing.

        What concerns a whole table (:func:`is_barrier`) comes as a batch of its own.
        """
        if len(events) == 1 and isinstance(events[0].change, (TableTruncate, SnapshotTableDone)):
            return self._apply_barrier(events[0].change, advance)

        def plan(connection: Connection, epochs: EpochBook) -> Plan:
            return make_plan(
                connection, events, sealer=self._sealer, epochs=epochs, lot=self._lot, translate=self._translate
            )

        return self._commit(plan, advance)

    def retry(self, ids: Collection[int]) -> Report:
        """Try parked events again; with each, all that queue behind it."""

        def plan(connection: Connection, epochs: EpochBook) -> Plan:
            chosen = self._lot.open(connection, ids)
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

        return self._commit(plan, None)[0]

    def _commit(
        self, make: Callable[[Connection, EpochBook], Plan], advance: Advance | None
    ) -> tuple[Report, Position | None]:
        """Prepare without a lock and write; where another worker came between, begin again under the lock, alone."""
        with self._database.read() as connection:
            prepared = self._prepare(connection, make)
        try:
            return self._write_prepared(advance, lambda connection: self._hold(connection, prepared))
        except (_Overtaken, IntegrityError):
            return self._write_prepared(advance, lambda connection: self._prepare_alone(connection, make))

    def _prepare(self, connection: Connection, make: Callable[[Connection, EpochBook], Plan]) -> "_Prepared":
        epochs = EpochBook.load(connection)
        plan = make(connection, epochs)
        return _Prepared(plan, self._sealer.seal(connection, plan.lives), epochs)

    def _prepare_alone(self, connection: Connection, make: Callable[[Connection, EpochBook], Plan]) -> "_Prepared":
        take_identity_lock(connection)
        return self._prepare(connection, make)

    def _hold(self, connection: Connection, prepared: "_Prepared") -> "_Prepared":
        """Take the locks that the plan needs and see that it still holds; a new epoch's number is only safe alone."""
        plan = prepared.plan
        if plan.touches_persons:
            take_identity_lock(connection)
        else:
            share_identity_lock(connection)
            lock_parents(connection, {write.kind for write in prepared.writes.facts})
        if prepared.epochs.fresh or not still_holds(connection, plan, self._sealer):
            raise _Overtaken
        return prepared

    def _write_prepared(
        self, advance: Advance | None, prepare: Callable[[Connection], "_Prepared"]
    ) -> tuple[Report, Position | None]:
        with self._database.write() as connection:
            moved = _advance(connection, advance)
            ready = prepare(connection)
            plan = ready.plan
            report = self._write(connection, plan.lives, ready.writes, plan.fold.ended)
            store.write_rows(connection, plan.dirty_rows, self._sealer.tables, stored=plan.versions.keys())
            self._park(connection, plan, report)
            ready.epochs.save(connection)
        self._destroy_keys(plan.fold.ended)
        return report, moved

    def _destroy_keys(self, ended: Collection[Life]) -> None:
        if ended:
            finish_destruction(self._database, self._sealer.keystore)

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
        report.ignored = ignored(fresh)
        report.applied = outcomes.count(Outcome.APPLIED)
        report.seen = outcomes.count(Outcome.SEEN) + len(parkings) - report.parked

    # ---- what a batch does to records, profiles and facts -----------------------------------------------------------

    def _write(
        self, connection: Connection, lives: Collection[Life], writes: Writes, ended: Collection[Life]
    ) -> Report:
        now = self._clock()
        over = [life.incarnation for life in ended if life.incarnation is not None]
        persons_over = [life.incarnation for life in ended if life.is_person and life.incarnation is not None]
        facts_over = [life.incarnation for life in ended if not life.is_person and life.incarnation is not None]
        resolution = self._resolver.resolve(
            connection,
            {w.incarnation: w.identifiers for w in writes.records},
            new={w.incarnation: w.natural for w in writes.records if w.is_new},
            ended=persons_over,
            now=now,
        )
        write_records(connection, writes.records, resolution.placed)
        # Also those that hold no sealed value any more: older copies of the database may.
        keyed_facts = self._sealer.keys.load(connection, facts_over)
        persons = write_facts(connection, writes.facts, ended=facts_over)
        replace_statements(connection, writes.statements, of=[*_restated(lives), *over])
        request_destruction(connection, [*persons_over, *keyed_facts], at=now)
        self._rebuild(connection, writes, resolution, persons)
        causes = {life.incarnation: life.cause for life in (*lives, *ended) if life.is_person}
        record(connection, resolution, lambda step: _causes(step, resolution, causes), at=now)
        return Report(
            profiles_created=len(resolution.created),
            profiles_merged=len(resolution.merged),
            profiles_split=len(resolution.split),
            profiles_ended=len(resolution.ended),
        )

    def _rebuild(self, connection: Connection, writes: Writes, resolution: Resolution, persons: set[bytes]) -> None:
        written = [w.incarnation for w in writes.records if w.incarnation not in resolution.placed]
        shown = {r.profile_id for r in records_by(connection, source_record.c.incarnation, written)}
        gone = [*(i for i, _ in resolution.merged), *(i for i, _ in resolution.moved), *resolution.ended]
        ids = shown | resolution.clusters.keys()
        reader = self._sealer.reader
        rebuild(connection, ids, gone=gone, rules=self._profile_rules, reader=reader)
        recount(connection, persons, rules=self._profile_rules, without=ids)

    # ---- what concerns a whole table ---------------------------------------------------------------------------------

    def _apply_barrier(
        self, change: TableTruncate | SnapshotTableDone, advance: Advance | None
    ) -> tuple[Report, Position | None]:
        """Raise the table's floor and end the rows below it that no snapshot confirmed."""
        report, ended = Report(events=1, seen=1), []
        with self._database.write() as connection:
            moved = _advance(connection, advance)
            take_identity_lock(connection)
            epochs = EpochBook.load(connection)
            guard = self._floor(connection, change, epochs)
            if guard is not None and self._raises_floor(connection, change, guard):
                rows = self._rows_below(connection, change, guard)
                ended = _end_all(rows, change)
                report = self._write(connection, (), Writes(), ended)
                report.events = report.applied = 1
                store.write_rows(connection, rows, self._sealer.tables, stored=[row.token for row in rows])
            epochs.save(connection)
        self._destroy_keys(ended)
        return report, moved

    def _floor(
        self, connection: Connection, change: TableTruncate | SnapshotTableDone, epochs: EpochBook
    ) -> bytes | None:
        """Where the floor would be; None when the snapshot is not proven complete, that is, not all its rows were applied.

        The notification has no position of its own: that of the table's newest snapshot rows counts.
        """
        if isinstance(change, TableTruncate):
            return epochs.guard(change.origin)
        guard, rows = store.newest_snapshot(connection, self._sealer.tables[change.origin.source, change.table])
        return guard if rows == change.rows else None

    def _raises_floor(self, connection: Connection, change: TableTruncate | SnapshotTableDone, guard: bytes) -> bool:
        table = (change.origin.source, change.table)
        floor = store.load_floors(connection, self._sealer.tables).get(table)
        if floor is not None and guard <= floor:
            return False
        reason = "truncate" if isinstance(change, TableTruncate) else "snapshot"
        store.raise_floor(connection, self._sealer.tables[table], guard, reason)
        return True

    def _rows_below(
        self, connection: Connection, change: TableTruncate | SnapshotTableDone, guard: bytes
    ) -> list[RowState]:
        table_id = self._sealer.tables[change.origin.source, change.table]
        tokens = store.rows_below(connection, table_id, guard)
        return list(store.load_rows(connection, tokens, self._sealer.tables).values())


def is_barrier(event: Event) -> bool:
    """Whether an event concerns a whole table and must be a batch of its own."""
    return isinstance(event.change, (TableTruncate, SnapshotTableDone))


def _advance(connection: Connection, advance: Advance | None) -> Position | None:
    return store.advance(connection, advance.held, advance.next_offset, advance.digest) if advance else None


def _end_all(rows: Collection[RowState], change: TableTruncate | SnapshotTableDone) -> list[Life]:
    ended: list[Life] = []
    for row in rows:
        ended += [life for life in (row.life, row.transit) if life is not None]
        row.life = row.transit = row.moved_to = row.moved_guard = None
    for life in ended:
        life.cause = change
    return ended


def _restated(lives: Collection[Life]) -> list[bytes]:
    """The stored incarnations whose statements about consents are written anew."""
    restating = (life for life in lives if life.is_stored and life.incarnation is not None)
    return [
        life.incarnation
        for life in restating
        if life.is_person or getattr(life.change, "kind", "") == "consent"
        if life.incarnation is not None
    ]


def _causes(
    step: Step, resolution: Resolution, causes: Mapping[bytes | None, Cause | None]
) -> list[dict[str, str | int]]:
    """The changes behind a step: those of its profiles' records, else (a value became generic) all of the batch."""
    ids = {step.profile_id, step.other_id}
    near = {record for i in ids if i is not None for record in (i, *resolution.clusters.get(i, ()))}
    chosen = [cause for incarnation, cause in causes.items() if incarnation in near]
    return [_cause(cause) for cause in (chosen or causes.values()) if cause is not None]


def _cause(change: Cause) -> dict[str, str | int]:
    table = change.table if isinstance(change, (TableTruncate, SnapshotTableDone)) else change.row.table
    place: dict[str, str | int] = {"stream": change.origin.stream, "offset": change.origin.offset}
    return {"source": change.origin.source, "table": table, "op": _operation(change), **place}


def _operation(change: Cause) -> str:
    if isinstance(change, TableTruncate):
        return "truncate"
    if isinstance(change, SnapshotTableDone):
        return "absent"  # from a complete snapshot
    if isinstance(change, RowDelete):
        return "delete"
    return "snapshot" if change.origin.is_snapshot else "upsert"
