"""Bring the state to what a rehearsal computed: only rows that differ are written, and what became of profiles is told.

Under the identity lock, once the copies are of this moment (:mod:`cdc.following`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from identity import (
    Resolution,
    blocking_key,
    compare,
    generic_key,
    identifier,
    match_record,
    pair,
    review_item,
    source_record,
)
from profiles import profile
from storage import Rehearsal, count_made_equal, make_equal, select_in

_PLACE: Final = ("component", "profile_id")


@dataclass(frozen=True, slots=True)
class Enacted:
    """What was brought to another state.

    Records with other evidence, how many pairs, records with another place, how many review items; the profiles with other content that
    are shown (``changed``) and that are not any more (``gone``); what became of profiles.
    """

    evidence: Collection[bytes]
    pairs: int
    moved: int
    reviews: int
    changed: Collection[bytes]
    gone: Collection[bytes]
    resolution: Resolution


def enact(rehearsal: Rehearsal) -> Enacted:
    """Write into the originals what differs in their copies."""
    with rehearsal.reading_all():
        moves = _moves(rehearsal)
    resolution = _resolution(rehearsal, {shown for move in moves for shown in move})
    with rehearsal.reading_all():
        evidence = _write(rehearsal, match_record, "incarnation") + _write(rehearsal, identifier, "incarnation")
        _count(rehearsal, blocking_key)
        pairs = _count(rehearsal, generic_key) + _count(rehearsal, pair)
        moved = _count(rehearsal, source_record, columns=_PLACE)
        reviews = _count(rehearsal, review_item)
        profiles = set(_write(rehearsal, profile, "id"))
    shown = {row.id for row in select_in(rehearsal.connection, sa.select(profile.c.id), profile.c.id, profiles)}
    return Enacted(set(evidence), pairs, moved, reviews, shown, profiles - shown, resolution)


def _write(rehearsal: Rehearsal, table: sa.Table, told: str) -> list[Any]:
    rows = make_equal(rehearsal.connection, rehearsal.original(table), rehearsal.copied(table), told=(told,))
    return [value for (value,) in rows]


def _count(rehearsal: Rehearsal, table: sa.Table, *, columns: tuple[str, ...] | None = None) -> int:
    original, copied = rehearsal.original(table), rehearsal.copied(table)
    return count_made_equal(rehearsal.connection, original, copied, columns=columns)


def _moves(rehearsal: Rehearsal) -> set[tuple[bytes, bytes]]:
    """From which profiles to which others records go."""
    before, after = rehearsal.original(source_record).c, rehearsal.copied(source_record).c
    query = sa.select(before.profile_id, after.profile_id.label("now")).distinct()
    query = query.where(before.incarnation == after.incarnation, before.profile_id != after.profile_id)
    return {(row.profile_id, row.now) for row in rehearsal.connection.execute(query)}


def _resolution(rehearsal: Rehearsal, profiles: Collection[bytes]) -> Resolution:
    """What becomes of these profiles, which between them lose and gain all records that go anywhere."""
    before, after = rehearsal.original(source_record).c, rehearsal.copied(source_record).c
    columns = after.incarnation, after.arrival, before.profile_id, after.profile_id.label("now")
    query = sa.select(*columns).where(before.incarnation == after.incarnation)
    found = {
        row.incarnation: row
        for shown in (before.profile_id, after.profile_id)
        for row in select_in(rehearsal.connection, query, shown, profiles)
    }
    members: dict[bytes, list[bytes]] = {}
    for record, row in sorted(found.items(), key=lambda one: one[1].arrival):
        members.setdefault(row.now, []).append(record)
    resolution = Resolution(clusters={shown: tuple(records) for shown, records in members.items()})
    was = {record: row.profile_id for record, row in found.items()}
    compare(resolution, was, {record: row.arrival for record, row in found.items()}, set())
    return resolution
