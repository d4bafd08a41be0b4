"""Compute identity and profiles anew from the stored records: after a change of rules, or to prove that nothing drifted.

Evidence is made again from the sealed values, every pair is scored and every component partitioned again, every golden record
and counter is counted again, in a rehearsal (:mod:`storage.rehearsal`): on copies, beside those who write. To verify, or to preview other rules,
it is told what changed in them.

A rebuild goes on from there: it takes into the copies what was written meanwhile (:mod:`cdc.following`) until that is little, then the rest of
it under the identity lock, and in the same transaction writes what differs (:mod:`cdc.enacting`). A stop before its commit has changed nothing.

Writers go on meanwhile, and what they delete loses its key, so that the rehearsal cannot read any more what it still sees. What it finds
out about such records, and about those that they were connected with, is no word about rules or drift: where it only tells, it is left out, and counted.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc import in_force
from cdc.enacting import Enacted, enact
from cdc.following import FOLLOWED, Follower
from cdc.mapping import Mapping as SourceMapping
from cdc.rederiving import Rederiver
from cdc.sealing import Sealer
from cdc.writing import wall_time
from identity import (
    DERIVED,
    Recomputed,
    Resolver,
    Transfer,
    pair,
    source_record,
    take_identity_lock,
    transfers,
)
from profiles import ProfileRules, fact, profile, rebuild, record
from storage import Database, Rehearsal, chunks, select_in, select_in_either, select_in_same

_PAGE = 1_000
#: How often each record is done, of which progress hears: its evidence is made, then its pairs are compared.
REBUILD_PASSES: Final = 2
#: What lineage names where no change of a source stands behind a step.
_CAUSE = {"source": "onefold", "table": "", "op": "rebuild"}
#: All that is written before it is told and kept.
_COMPUTED: Final = (*DERIVED, profile)

Progress = Callable[[int], None]
#: Hears what is done now, once the records are; how long it takes cannot be foretold.
Phase = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild changed, or would change.

    Records with other evidence or another place, pairs with another weight, other review items, profiles with other content. All but
    those of ``records_left_out``: records that were deleted while a rehearsal computed, and those of their components.
    """

    records: int
    profiles: int
    evidence_changed: int
    pairs_changed: int
    records_moved: int
    reviews_changed: int
    profiles_changed: int
    records_left_out: int = 0

    @property
    def is_equal(self) -> bool:
        """Whether the stored state was what a full computation gives."""
        changed = (self.evidence_changed, self.pairs_changed, self.records_moved, self.reviews_changed)
        return not (any(changed) or self.profiles_changed)


@dataclass(frozen=True, slots=True)
class Shift:
    """A transfer of records between profiles, and how many facts (orders, lines, visits, …) hang on them."""

    transfer: Transfer
    facts: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rebuild would change: every record that would go to another profile, those of one way together."""

    report: RebuildReport
    profiles_before: int
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class _Rebuilt:
    """What was rebuilt: the profiles of all records ``before``; the records with other evidence; all profiles, those that changed or went."""

    before: Mapping[bytes, bytes]
    evidence: AbstractSet[bytes]
    recomputed: Recomputed
    profiles: AbstractSet[bytes]
    changed: AbstractSet[bytes]

    def report(self, left_out: AbstractSet[bytes] = frozenset(), *, pairs_left_out: int = 0) -> RebuildReport:
        """Count what concerns other records than those ``left_out``; a profile has the id of one of its records."""
        reviews = self.recomputed.reviews
        return RebuildReport(
            records=len(self.before) - len(left_out),
            profiles=len(self.profiles - left_out),
            evidence_changed=len(self.evidence - left_out),
            pairs_changed=self.recomputed.pairs - pairs_left_out,
            records_moved=len(self.recomputed.moved - left_out),
            reviews_changed=sum(left_out.isdisjoint(ends) for ends in reviews),
            profiles_changed=len(self.changed - left_out),
            records_left_out=len(left_out),
        )


class Rebuilder:
    """Rebuilds one installation under the rules that it is given."""

    def __init__(
        self, database: Database, sealer: Sealer, *, profile_rules: ProfileRules, mapping: SourceMapping
    ) -> None:
        """``mapping`` says which WeChat app an openid column belongs to."""
        self._database = database
        self._sealer = sealer
        self._profile_rules = profile_rules
        self._rederiver = Rederiver(sealer, mapping)

    def run(self, *, verify: bool, progress: Progress = lambda _: None, phase: Phase = lambda _: None) -> RebuildReport:
        """Rebuild everything, or with ``verify`` only tell; ``progress`` hears how many records are done, in each of the passes."""
        if verify:
            return self._rehearsed(progress, phase).report
        follower = Follower(self._sealer, self._profile_rules, self._rederiver)
        with self._database.rehearse(FOLLOWED) as rehearsal:
            self._compute(rehearsal.connection, progress, phase)
            phase("what was written meanwhile")
            follower.follow(rehearsal)
            phase("writing what differs")
            with self._database.enact(rehearsal):
                take_identity_lock(rehearsal.connection)
                follower.take_in(rehearsal)
                return self._enact(rehearsal)

    def _enact(self, rehearsal: Rehearsal) -> RebuildReport:
        connection, enacted = rehearsal.connection, enact(rehearsal)
        record(connection, enacted.resolution, lambda _: [_CAUSE], changed=enacted.changed, at=wall_time())
        in_force.remember(connection, in_force.rule_fingerprints(self._sealer.matcher, self._profile_rules))
        return _report(connection, enacted)

    def preview(self, *, progress: Progress = lambda _: None, phase: Phase = lambda _: None) -> Preview:
        """Tell exactly what :meth:`run` would have changed at the moment at which this began, and change nothing."""
        return self._rehearsed(progress, phase)

    def _rehearsed(self, progress: Progress, phase: Phase) -> Preview:
        with self._database.rehearse(_COMPUTED) as rehearsal:
            rebuilt = self._rebuild(rehearsal.connection, progress, phase)
            left_out = self._around_deleted(rehearsal, rebuilt.before)
            report = rebuilt.report(left_out, pairs_left_out=_pairs_changed(rehearsal, left_out))
            profiles_before = {shown for i, shown in rebuilt.before.items() if i not in left_out}
            shifts = self._shifts(rehearsal.connection, rebuilt, left_out)
            return Preview(report, len(profiles_before), tuple(shifts))

    def _shifts(self, connection: Connection, rebuilt: _Rebuilt, left_out: AbstractSet[bytes]) -> Iterator[Shift]:
        threshold = self._sealer.matcher.model.threshold
        found = transfers(connection, rebuilt.before, rebuilt.recomputed.resolution, threshold=threshold)
        # Those that go together come from one profile, and so from one component.
        kept = [each for each in found if left_out.isdisjoint(each.records)]
        facts = _facts(connection, [record for transfer in kept for record in transfer.records])
        return (Shift(each, sum(facts.get(record, 0) for record in each.records)) for each in kept)

    def _around_deleted(self, rehearsal: Rehearsal, seen: Collection[bytes]) -> set[bytes]:
        """Those of the records ``seen`` that are not live any more, and all that they were connected with.

        A key is destroyed only once its record is gone for all others: whatever could not be read is among them.
        """
        with self._database.read() as now:
            live = set(now.execute(sa.select(source_record.c.incarnation)).scalars())
        deleted = [record for record in seen if record not in live]
        c = rehearsal.original(source_record).c
        around = sa.select(c.incarnation)
        rows = select_in_same(rehearsal.connection, around, c.component, key=c.incarnation, values=deleted)
        return {row.incarnation for row in rows}

    def _rebuild(self, connection: Connection, progress: Progress, phase: Phase) -> _Rebuilt:
        before, shown = _profiles(connection), _shown(connection)
        evidence, recomputed = self._compute(connection, progress, phase)
        phase("what differs")
        after = _profiles(connection)
        changed = {i for i in before.keys() | after.keys() if before.get(i) != after.get(i)}
        return _Rebuilt(shown, evidence, recomputed, after.keys(), changed)

    def _compute(self, connection: Connection, progress: Progress, phase: Phase) -> tuple[set[bytes], Recomputed]:
        """Compute everything anew; gives the records that had other evidence, and what became of identity."""
        records = connection.execute(sa.select(source_record.c.incarnation).order_by(source_record.c.arrival)).scalars()
        evidence: set[bytes] = set()
        for page in chunks(records, _PAGE):
            evidence |= self._rederiver.rederive(connection, page)
            progress(len(page))
        recomputed = Resolver(self._sealer.matcher, self._sealer.match_reader).recompute(connection, progress=progress)
        clusters = recomputed.resolution.clusters
        phase("profiles")
        stored = set(connection.execute(sa.select(profile.c.id)).scalars())
        for number, ids in enumerate(chunks(clusters, _PAGE)):
            leaving = stored - clusters.keys() if number == 0 else ()
            rebuild(connection, ids, gone=leaving, rules=self._profile_rules, reader=self._sealer.reader)
        return evidence, recomputed


def _report(connection: Connection, enacted: Enacted) -> RebuildReport:
    records, profiles = (
        connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in (source_record, profile)
    )
    return RebuildReport(
        records=records,
        profiles=profiles,
        evidence_changed=len(enacted.evidence),
        pairs_changed=enacted.pairs,
        records_moved=enacted.moved,
        reviews_changed=enacted.reviews,
        profiles_changed=len(enacted.changed) + len(enacted.gone),
    )


def _pairs_changed(rehearsal: Rehearsal, records: Collection[bytes]) -> int:
    """How many pairs with an end among ``records`` are others in the rehearsal than in truth."""
    before, after = (
        {
            tuple(row)
            for row in select_in_either(rehearsal.connection, sa.select(table), (table.c.a, table.c.b), records)
        }
        for table in (rehearsal.original(pair), pair)
    )
    return len({row[:2] for row in before ^ after})


def _profiles(connection: Connection) -> dict[bytes, Any]:
    """The content of every shown profile, by id."""
    return {row.id: tuple(row) for row in connection.execute(sa.select(profile))}


def _shown(connection: Connection) -> dict[bytes, bytes]:
    """The profile of every live record."""
    rows = connection.execute(sa.select(source_record.c.incarnation, source_record.c.profile_id))
    return {row.incarnation: row.profile_id for row in rows}


def _facts(connection: Connection, records: Collection[bytes]) -> dict[bytes, int]:
    """How many facts hang on each of these records."""
    of = source_record.c.incarnation
    query = (
        sa.select(of, sa.func.count().label("facts"))
        .join(fact, fact.c.person_token == source_record.c.row_token)
        .group_by(of)
    )
    return {row.incarnation: row.facts for row in select_in(connection, query, of, records)}
