"""Compute identity and profiles anew from the stored records: after a change of rules, or to prove that nothing drifted.

Evidence is made again from the sealed values, every pair is scored and every component partitioned again, every golden record
and counter is written again, in one transaction under the identity lock. To verify, the same is done and rolled back, and what would have changed is told.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc import in_force
from cdc.mapping import Mapping as SourceMapping
from cdc.sealing import Sealer
from cdc.writing import wall_time
from identity import (
    Evidence,
    FieldValue,
    Resolution,
    Resolver,
    StaleFeatures,
    Stored,
    Transfer,
    identifiers_of,
    keys_of,
    replace_identifiers,
    source_record,
    take_identity_lock,
    transfers,
    write_evidence,
)
from profiles import ProfileRules, fact, profile, rebuild, record
from storage import Database, chunks, select_in

_PAGE = 1_000
#: How often each record is done, of which progress hears: its evidence is made, then its pairs are compared.
REBUILD_PASSES: Final = 2
#: What lineage names where no change of a source stands behind a step.
_CAUSE = {"source": "onefold", "table": "", "op": "rebuild"}

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild changed, or would change.

    Records with other evidence or another place, pairs with another weight, other review items, profiles with other content.
    """

    records: int
    profiles: int
    evidence_changed: int
    pairs_changed: int
    records_moved: int
    reviews_changed: int
    profiles_changed: int

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
    """What was rebuilt: the profiles of all records ``before``, and what became of them."""

    report: RebuildReport
    before: Mapping[bytes, bytes]
    profiles_before: int
    resolution: Resolution


class Rebuilder:
    """Rebuilds one installation under the rules that it is given."""

    def __init__(
        self, database: Database, sealer: Sealer, *, profile_rules: ProfileRules, mapping: SourceMapping
    ) -> None:
        """``mapping`` says which WeChat app an openid column belongs to."""
        self._database = database
        self._sealer = sealer
        self._profile_rules = profile_rules
        self._apps = {
            (source.name, name, column.slot): column.app
            for source in mapping.sources
            for name, table in source.tables.items()
            for column in table.of("wechat_openid")
        }

    def run(self, *, verify: bool, progress: Progress = lambda _: None) -> RebuildReport:
        """Rebuild everything, or with ``verify`` only tell; ``progress`` hears how many records are done, in each of the passes."""
        with self._attempt(keep=not verify, progress=progress) as (_, rebuilt):
            return rebuilt.report

    def preview(self, *, progress: Progress = lambda _: None) -> Preview:
        """Tell exactly what :meth:`run` would change, and change nothing: everything is computed, listed and rolled back."""
        with self._attempt(keep=False, progress=progress) as (connection, rebuilt):
            threshold = self._sealer.matcher.model.threshold
            found = transfers(connection, rebuilt.before, rebuilt.resolution, threshold=threshold)
            facts = _facts(connection, [record for transfer in found for record in transfer.records])
            shifts = (Shift(each, sum(facts.get(record, 0) for record in each.records)) for each in found)
            return Preview(rebuilt.report, rebuilt.profiles_before, tuple(shifts))

    @contextmanager
    def _attempt(self, *, keep: bool, progress: Progress) -> Iterator[tuple[Connection, _Rebuilt]]:
        """Give a rebuild within its transaction, which is rolled back at the end unless it is to be kept."""
        with self._database.write() as connection, connection.begin_nested() as attempt:
            take_identity_lock(connection)
            rebuilt = self._rebuild(connection, progress)
            fingerprints = in_force.rule_fingerprints(self._sealer.matcher, self._profile_rules)
            in_force.remember(connection, fingerprints)
            yield connection, rebuilt
            if not keep:
                attempt.rollback()

    def _rebuild(self, connection: Connection, progress: Progress) -> _Rebuilt:
        before, shown = _profiles(connection), _shown(connection)
        records = connection.execute(sa.select(source_record.c.incarnation).order_by(source_record.c.arrival)).scalars()
        incarnations = list(records)
        evidence_changed = 0
        for page in chunks(incarnations, _PAGE):
            evidence_changed += self._rederive(connection, page)
            progress(len(page))
        recomputed = Resolver(self._sealer.matcher, self._sealer.match_reader).recompute(connection, progress=progress)
        resolution = recomputed.resolution
        gone = [i for i in before if i not in resolution.clusters]
        for number, ids in enumerate(chunks(resolution.clusters, _PAGE)):
            leaving = gone if number == 0 else []
            rebuild(connection, ids, gone=leaving, rules=self._profile_rules, reader=self._sealer.reader)
        after = _profiles(connection)
        changed = {i for i in before.keys() | after.keys() if before.get(i) != after.get(i)}
        record(connection, resolution, lambda _: [_CAUSE], changed=changed & after.keys(), at=wall_time())
        report = RebuildReport(
            records=len(incarnations),
            profiles=len(after),
            evidence_changed=evidence_changed,
            pairs_changed=recomputed.pairs,
            records_moved=recomputed.moved,
            reviews_changed=recomputed.reviews,
            profiles_changed=len(changed),
        )
        return _Rebuilt(report, shown, len(set(shown.values())), resolution)

    def _rederive(self, connection: Connection, incarnations: Collection[bytes]) -> int:
        """Make what these records are matched and looked up by anew; gives how many records had something else."""
        fields = self._fields(connection, incarnations)
        after = self._evidence(connection, fields)
        before = self._stored(connection, after)
        different = {i: found for i, found in after.items() if before.get(i) != (found.known, found.keys)}
        write_evidence(connection, keys_of(connection, different), different)
        found = identifiers_of(connection, after)
        wanted = {i: self._sealer.identifiers(fields[i]) for i in after}
        others = [i for i in wanted if found.get(i, set()) != wanted[i]]
        replace_identifiers(connection, {i: found.get(i, set()) for i in others}, {i: wanted[i] for i in others})
        return len({*different, *others})

    def _stored(self, connection: Connection, incarnations: Collection[bytes]) -> Mapping[bytes, Stored]:
        """The stored evidence; of another version of the software it is worth as much as none."""
        try:
            return self._sealer.match_reader.read(connection, incarnations)
        except StaleFeatures:
            return {}

    def _evidence(
        self, connection: Connection, fields: Mapping[bytes, Collection[FieldValue]]
    ) -> dict[bytes, Evidence]:
        naturals = self._sealer.reader.natural_keys(connection, fields.keys())
        keys = self._sealer.keys.require(connection, fields.keys())
        query = sa.select(source_record.c.incarnation, source_record.c.row_token)
        rows = connection.execute(query.where(source_record.c.incarnation.in_(fields.keys())))
        return {
            row.incarnation: self._sealer.evidence(
                row.row_token, naturals[row.incarnation], fields[row.incarnation], keys[row.incarnation]
            )
            for row in rows
            if row.incarnation in keys
        }

    def _fields(self, connection: Connection, incarnations: Collection[bytes]) -> dict[bytes, list[FieldValue]]:
        tables = self._tables(connection, incarnations)
        fields: dict[bytes, list[FieldValue]] = {incarnation: [] for incarnation in incarnations}
        cells = self._sealer.reader.cells(connection, incarnations)
        for (incarnation, attribute, slot), (value, verified) in cells.items():
            app = self._apps.get((*tables[incarnation], slot), "") if attribute == "wechat_openid" else ""
            fields[incarnation].append(FieldValue(attribute, slot, value, verified, app))
        return fields

    def _tables(self, connection: Connection, incarnations: Collection[bytes]) -> Mapping[bytes, tuple[str, str]]:
        query = sa.select(source_record.c.incarnation, source_record.c.table_id)
        rows = connection.execute(query.where(source_record.c.incarnation.in_(incarnations)))
        return {row.incarnation: self._sealer.tables.name(row.table_id) for row in rows}


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
