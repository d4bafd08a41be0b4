"""Bring a rehearsed rebuild to a later moment: what was written since the moment that it saw is taken in, change by change.

The copies hold what a full computation gives of an earlier moment. What they were computed from is compared with what it is now: the columns
of source records that sources fill (every write to a record, its cells too, raises its version), the totals of facts, stewards' decisions. What
differs is resolved on the copies as a batch would be, under the rebuild's own rules, and what changed incrementally equals a full computation.
"""

from collections.abc import Collection
from math import inf
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.rederiving import Derived, Rederiver
from cdc.sealing import Sealer
from identity import (
    DERIVED,
    Resolution,
    Resolver,
    identifier,
    match_record,
    place_records,
    records_by,
    source_record,
    steward_link,
)
from profiles import ProfileRules, fact_total, profile, rebuild, recount
from storage import Rehearsal, chunks, delete_in, make_equal, select_in, update

#: What is copied to be followed: all that is computed, and what it is computed from as far as it is not in its records.
FOLLOWED: Final = (*DERIVED, profile, fact_total, steward_link)
#: So few records and counts are taken in under the lock: a second at most.
_FEW: Final = 500
_PAGE: Final = 1_000
_PLACE: Final = ("component", "profile_id")
_OF_SOURCES: Final = [c.name for c in source_record.columns if not c.primary_key and c.name not in _PLACE]


class Follower:
    """Follows those who write, on the copies of a rehearsal."""

    def __init__(self, sealer: Sealer, profile_rules: ProfileRules, rederiver: Rederiver) -> None:
        """All of the rules that the copies were computed under."""
        self._sealer = sealer
        self._profile_rules = profile_rules
        self._rederiver = rederiver
        self._resolver = Resolver(sealer.matcher, sealer.match_reader)

    def follow(self, rehearsal: Rehearsal) -> None:
        """Take in what was written meanwhile, again and again, until it is little, or not less than the last time."""
        before, found = inf, inf
        while found == inf or _FEW < found < before:
            rehearsal.go_on()
            before, found = found, self.take_in(rehearsal)

    def take_in(self, rehearsal: Rehearsal) -> int:
        """Bring the copies to the moment that ``rehearsal`` sees; gives how much of what they are computed from was other."""
        connection = rehearsal.connection
        self._sealer.tables.load(connection)  # there may be more by now
        with rehearsal.reading_all():
            ended = _only_in(connection, rehearsal.copied(source_record), rehearsal.original(source_record))
            come = _only_in(connection, rehearsal.original(source_record), rehearsal.copied(source_record))
            links = _brought(rehearsal, steward_link, told=("low", "high"))
            counted = _brought(rehearsal, fact_total, told=("person_token",))
        for page in chunks(ended, _PAGE):
            self._end(connection, page)
        with rehearsal.reading_all():
            changed = _brought(rehearsal, source_record, told=("incarnation",), columns=_OF_SOURCES)
        # Where the rules of before put them is nothing to go by.
        place_records(connection, {record: (record, record) for record in come})
        self._relink(connection, {token for row in links for token in row})
        for page in chunks(sorted(row.incarnation for row in changed), _PAGE):
            self._take(rehearsal, page)
        recount(connection, {row.person_token for row in counted}, currency=self._profile_rules.currency)
        return len(ended) + len(changed) + len(links) + len(counted)

    def _end(self, connection: Connection, records: Collection[bytes]) -> None:
        resolution = self._resolver.resolve(connection, {}, new=(), ended=records)
        for table in (identifier, source_record):
            delete_in(connection, table, table.c.incarnation, records)
        self._rebuild(connection, resolution, ())

    def _relink(self, connection: Connection, row_tokens: Collection[bytes]) -> None:
        live = [record.incarnation for record in records_by(connection, source_record.c.row_token, row_tokens)]
        resolution = self._resolver.resolve(connection, {}, new=(), ended=(), relinked=live)
        self._rebuild(connection, resolution, ())

    def _take(self, rehearsal: Rehearsal, records: Collection[bytes]) -> None:
        """Those whose key is gone are not here the next time."""
        connection = rehearsal.connection
        derived = self._rederiver.derive(connection, records)
        self._rederiver.identify(connection, derived)
        evidence = {record: found.evidence for record, found in derived.items()}
        resolution = self._resolver.resolve(connection, evidence, new=(), ended=())
        self._seal_alike(rehearsal, derived)
        self._rebuild(connection, resolution, derived)

    def _seal_alike(self, rehearsal: Rehearsal, derived: dict[bytes, Derived]) -> None:
        """What is stored already and says the same stays as it is sealed: it has not changed."""
        connection, original = rehearsal.connection, rehearsal.original(match_record)
        stored = self._rederiver.stored(connection, derived, table=original)
        alike = [i for i, found in stored.items() if found == (derived[i].evidence.known, derived[i].evidence.keys)]
        query = sa.select(original.c.incarnation, original.c.features)
        rows = select_in(connection, query, original.c.incarnation, alike)
        update(connection, match_record, [row._asdict() for row in rows], by=["incarnation"])

    def _rebuild(self, connection: Connection, resolution: Resolution, changed: Collection[bytes]) -> None:
        gone = [*(i for i, _ in resolution.merged), *(i for i, _ in resolution.moved), *resolution.ended]
        shown = {record.profile_id for record in records_by(connection, source_record.c.incarnation, changed)}
        ids = shown | resolution.clusters.keys()
        rebuild(connection, ids, gone=gone, rules=self._profile_rules, reader=self._sealer.reader)


def _brought(
    rehearsal: Rehearsal, table: sa.Table, *, told: tuple[str, ...], columns: list[str] | None = None
) -> list[sa.Row[Any]]:
    """Bring the copy of a table that is no rule's business to what it is now; gives what differed."""
    copied, original = rehearsal.copied(table), rehearsal.original(table)
    return make_equal(rehearsal.connection, copied, original, columns=columns, told=told)


def _only_in(connection: Connection, table: sa.Table, other: sa.Table) -> list[bytes]:
    """The records of ``table`` that ``other`` does not have."""
    is_there = sa.exists().select_from(other).where(other.c.incarnation == table.c.incarnation).correlate(table)
    return list(connection.execute(sa.select(table.c.incarnation).where(~is_there)).scalars())
