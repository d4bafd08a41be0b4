"""Write what a planned batch does to records, profiles, facts, consents and keys, in the caller's transaction."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields

from sqlalchemy.engine import Connection

from cdc import in_force
from cdc.breaker import Breaker
from cdc.changes import RowDelete, SnapshotTableDone, TableTruncate
from cdc.fold import Cause, Life
from cdc.sealing import Sealer, Writes
from identity import Resolution, Resolver, end_records, records_by, share_identity_lock, source_record, write_records
from privacy import replace_statements, request_destruction
from profiles import Held, ProfileRules, Step, rebuild, record, recount, write_facts
from storage import span


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

    @classmethod
    def of(cls, resolution: Resolution) -> "Report":
        """What a resolution did to profiles."""
        return cls(
            profiles_created=len(resolution.created),
            profiles_merged=len(resolution.merged),
            profiles_split=len(resolution.split),
            profiles_ended=len(resolution.ended),
        )

    def add(self, other: "Report") -> None:
        """Sum up."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


class Writer:
    """Writes batches of one installation."""

    def __init__(self, sealer: Sealer, profile_rules: ProfileRules, clock: Callable[[], int]) -> None:
        """``clock`` gives wall time in microseconds."""
        self._sealer = sealer
        self._profile_rules = profile_rules
        self._clock = clock
        self._rules = in_force.rule_fingerprints(sealer.matcher, profile_rules)
        self._resolver = Resolver(sealer.matcher, sealer.match_reader)

    def write(  # noqa: PLR0913 - a batch has these parts
        self,
        connection: Connection,
        lives: Collection[Life],
        writes: Writes,
        *,
        ended: Collection[Life],
        breaker: Breaker,
        alone: bool,
    ) -> Report:
        """Write the changes of ``lives`` and take away those that ``ended``; ``alone``: the caller holds the identity lock.

        Otherwise all must be facts, and a share of the lock is taken before profiles are counted anew. :class:`cdc.TooManyMerges` when ``breaker`` stops it, :class:`cdc.RulesChanged` when somebody rebuilt the state under
        other rules since this process began: the caller's transaction must be rolled back.
        """
        if alone:
            in_force.require_rules(connection, self._rules)
        now = self._clock()
        over = [life.incarnation for life in ended if life.incarnation is not None]
        persons_over = [life.incarnation for life in ended if life.is_person and life.incarnation is not None]
        facts_over = [life.incarnation for life in ended if not life.is_person and life.incarnation is not None]
        with span("onefold.identity"):
            resolution = self._resolver.resolve(
                connection,
                {w.incarnation: w.evidence for w in writes.records},
                new=[w.incarnation for w in writes.records if w.is_new],
                ended=persons_over,
                ahead=writes.ahead,
            )
            end_records(connection, resolution.heirs, ended_at=now)
        causes = {life.incarnation: life.cause for life in (*lives, *ended) if life.is_person}
        breaker.check(connection, resolution, causes)
        write_records(connection, writes.records, resolution.placed)
        # Also those that hold no sealed value any more: older copies of the database may.
        keyed_facts = self._sealer.keys.load(connection, facts_over)
        persons = write_facts(connection, writes.facts, ended=facts_over)
        replace_statements(connection, writes.statements, of=[*_restated(lives), *over])
        request_destruction(connection, [*persons_over, *keyed_facts], at=now)
        if not alone:
            if persons:
                share_identity_lock(connection)
            in_force.require_rules(connection, self._rules)
        with span("onefold.profiles"):
            changed = self._rebuild(connection, writes, resolution, persons)
        record(connection, resolution, _Causes(causes, resolution).of, changed=changed, at=now)
        return Report.of(resolution)

    def relink(self, connection: Connection, records: Collection[bytes], cause: Mapping[str, str | int]) -> Resolution:
        """Resolve live records anew because a steward's decision about them was made or undone; under the identity lock.

        :class:`cdc.RulesChanged` as of :meth:`write`.
        """
        in_force.require_rules(connection, self._rules)
        now = self._clock()
        resolution = self._resolver.resolve(connection, {}, new=(), ended=(), relinked=records)
        changed = self._rebuild(connection, Writes(), resolution, set())
        record(connection, resolution, lambda _: [cause], changed=changed, at=now)
        return resolution

    def _rebuild(
        self, connection: Connection, writes: Writes, resolution: Resolution, persons: set[bytes]
    ) -> set[bytes]:
        """Write the golden records and counters that the batch changes; gives the ids of their profiles."""
        written = {
            w.incarnation: [Held(*place, verified) for place, (_, verified) in w.cells.items()] for w in writes.records
        }
        elsewhere = written.keys() - {record for members in resolution.clusters.values() for record in members}
        shown = {r.profile_id for r in records_by(connection, source_record.c.incarnation, elsewhere)}
        gone = [*(i for i, _ in resolution.merged), *(i for i, _ in resolution.moved), *resolution.ended]
        ids = shown | resolution.clusters.keys()
        reader = self._sealer.reader
        rebuild(connection, ids, gone=gone, rules=self._profile_rules, reader=reader, written=written)
        return ids | recount(connection, persons, currency=self._profile_rules.currency, without=ids)


def _restated(lives: Collection[Life]) -> list[bytes]:
    """The stored incarnations whose statements about consents are written anew."""
    restating = (life for life in lives if life.is_stored and life.incarnation is not None)
    return [
        life.incarnation
        for life in restating
        if life.is_person or getattr(life.change, "kind", "") == "consent"
        if life.incarnation is not None
    ]


class _Causes:
    """The changes behind the steps of a batch."""

    def __init__(self, causes: Mapping[bytes | None, Cause | None], resolution: Resolution) -> None:
        """``causes`` in the order of the batch, by incarnation."""
        self._causes = causes
        self._clusters = resolution.clusters
        self._places = {incarnation: place for place, incarnation in enumerate(causes)}
        self._all: list[dict[str, str | int]] | None = None

    def of(self, step: Step) -> list[dict[str, str | int]]:
        """Those of the records of its profiles, else (a value became generic) all of the batch."""
        near = {record for i in (step.profile_id, step.other_id) if i for record in (i, *self._clusters.get(i, ()))}
        chosen = [self._causes[i] for i in sorted(near & self._places.keys(), key=self._places.__getitem__)]
        if not chosen and self._all is None:
            self._all = _causes(self._causes.values())
        return _causes(chosen) if chosen else self._all or []


def _causes(changes: Iterable[Cause | None]) -> list[dict[str, str | int]]:
    return [_cause(change) for change in changes if change is not None]


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
