"""Rebuild the golden records and counters of named profiles from their member records."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from identity import CellReader, record_cell, source_record, source_table
from profiles.counters import COUNTED, counters
from profiles.survivorship import Held, Known, MemberRecord, SurvivorshipRules, winners
from profiles.tables import profile
from storage import delete_in, select_in, upsert

# With each member what its profile has counted so far, NULL where the profile is new.
_MEMBERS = (
    sa.select(
        source_record.c.incarnation,
        source_record.c.profile_id,
        source_record.c.row_token,
        source_record.c.updated_at,
        source_record.c.created_at,
        source_record.c.points,
        source_table.c.source,
        *(profile.c[name].label(f"counted_{name}") for name in COUNTED),
    )
    .join_from(source_record, source_table, source_table.c.id == source_record.c.table_id)
    .outerjoin(profile, profile.c.id == source_record.c.profile_id)
)
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
    members = _members(connection, source_record.c.profile_id, profile_ids)
    unread = [m.incarnation for group in members.values() for m in group if m.incarnation not in written]
    cells = {**_held(connection, unread), **written}
    known = _known(connection, members, rules.survivorship, reader)
    counted = counters(connection, members, currency=rules.currency)
    rows = [
        {
            **counted[profile_id],
            "records": len(group),
            "winners": _pointers([_member(m, cells) for m in group], rules.survivorship, known),
        }
        for profile_id, group in sorted(members.items())
    ]
    # A column that is written makes SQLite write the indexes that it stands in, even as it was.
    recounted = [row for row in rows if not _has_counted(members[row["id"]][0], row)]
    upsert(connection, profile, recounted)
    same = [row for row in rows if _has_counted(members[row["id"]][0], row)]
    upsert(connection, profile, same, update=("records", "winners"))


def _members(connection: Connection, key: sa.Column[bytes], values: Collection[bytes]) -> dict[bytes, list[Row[Any]]]:
    members: dict[bytes, list[Row[Any]]] = {}
    for row in select_in(connection, _MEMBERS, key, values):
        members.setdefault(row.profile_id, []).append(row)
    return members


def _held(connection: Connection, incarnations: Collection[bytes]) -> dict[bytes, Sequence[Held]]:
    held: dict[bytes, list[Held]] = {}
    rows = select_in(connection, _HELD, record_cell.c.incarnation, incarnations)
    for incarnation, attribute, slot, verified in map(tuple, rows):
        held.setdefault(incarnation, []).append(Held(attribute, slot, verified))
    return dict(held)


def _member(row: Row[Any], cells: Mapping[bytes, Sequence[Held]]) -> MemberRecord:
    return MemberRecord(row.incarnation, row.source, row.updated_at, tuple(cells.get(row.incarnation, ())))


def _known(
    connection: Connection, members: dict[bytes, list[Row[Any]]], rules: SurvivorshipRules, reader: CellReader
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


def _has_counted(member: Row[Any], counted: Mapping[str, Any]) -> bool:
    """Whether the profile of a member is stored with just these counters."""
    stored = member._mapping  # noqa: SLF001 - columns by name
    return stored["counted_orders"] is not None and all(stored[f"counted_{n}"] == counted[n] for n in COUNTED)
