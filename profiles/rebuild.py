"""Rebuild the golden records and counters of named profiles from their member records."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity import CellReader, record_cell, source_record, source_table
from profiles.counters import count_anew
from profiles.survivorship import Held, Known, MemberRecord, SurvivorshipRules, winners
from profiles.tables import profile
from storage import delete_in, select_in, upsert

_MEMBERS = sa.select(
    source_record.c.profile_id, source_record.c.incarnation, source_table.c.source, source_record.c.updated_at
).join_from(source_record, source_table, source_table.c.id == source_record.c.table_id)
_HELD = sa.select(record_cell.c.incarnation, record_cell.c.attribute, record_cell.c.slot, record_cell.c.verified)


@dataclass(frozen=True, slots=True)
class ProfileRules:
    """What profiles go by: survivorship, and the main currency in which ``spent_minor`` is summed."""

    survivorship: SurvivorshipRules = field(default_factory=SurvivorshipRules)
    currency: str = "CNY"


def rebuild(  # noqa: PLR0913 - each named
    connection: Connection,
    profile_ids: Collection[bytes],
    *,
    gone: Collection[bytes],
    rules: ProfileRules,
    reader: CellReader,
    written: Mapping[bytes, Sequence[Held]] = MappingProxyType({}),
) -> None:
    """Write the golden records and counters of ``profile_ids``; remove the profiles ``gone``.

    ``reader`` opens what decides ties in profiles of several records. ``written`` tells of records what they hold, so that it
    need not be read.
    """
    delete_in(connection, profile, profile.c.id, gone)
    members = _members(connection, profile_ids, written)
    known = _known(connection, members, rules.survivorship, reader)
    rows = [
        {"id": profile_id, "records": len(group), "winners": _pointers(group, rules.survivorship, known)}
        for profile_id, group in sorted(members.items())
    ]
    upsert(connection, profile, rows)
    count_anew(connection, members, currency=rules.currency)


def _members(
    connection: Connection, profile_ids: Collection[bytes], written: Mapping[bytes, Sequence[Held]]
) -> dict[bytes, list[MemberRecord]]:
    """The records of each profile and what they hold; of those in ``written`` that is known."""
    rows = select_in(connection, _MEMBERS, source_record.c.profile_id, profile_ids)
    held = {**_held(connection, [row.incarnation for row in rows if row.incarnation not in written]), **written}
    members: dict[bytes, list[MemberRecord]] = {}
    for profile_id, incarnation, source, updated_at in map(tuple, rows):
        member = MemberRecord(incarnation, source, updated_at, tuple(held.get(incarnation, ())))
        members.setdefault(profile_id, []).append(member)
    return members


def _held(connection: Connection, incarnations: Collection[bytes]) -> dict[bytes, Sequence[Held]]:
    held: dict[bytes, list[Held]] = {}
    rows = select_in(connection, _HELD, record_cell.c.incarnation, incarnations)
    for incarnation, attribute, slot, verified in map(tuple, rows):
        held.setdefault(incarnation, []).append(Held(attribute, slot, verified))
    return dict(held)


def _known(
    connection: Connection, members: Mapping[bytes, list[MemberRecord]], rules: SurvivorshipRules, reader: CellReader
) -> Known:
    rivals = [m.incarnation for group in members.values() if len(group) > 1 for m in group]
    if not rivals:
        return Known()
    by_frequency = None if rules.default == "most_frequent" else rules.with_rule("most_frequent")
    values = reader.cells(connection, rivals, by_frequency) if by_frequency is None or by_frequency else {}
    return Known(reader.natural_keys(connection, rivals), {name: value for name, (value, _) in values.items()})


def _pointers(members: list[MemberRecord], rules: SurvivorshipRules, known: Known) -> str:
    chosen = winners(members, rules, known)
    pointers = {name: [winner.incarnation.hex(), winner.slot] for name, winner in sorted(chosen.items())}
    return msgspec.json.encode(pointers).decode()
