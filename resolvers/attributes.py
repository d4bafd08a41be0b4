"""Golden attributes: the value that survives, and where it comes from."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from identity import record_cell
from resolvers.personal import Personal, cell_text
from resolvers.plain import moment
from resolvers.profile import Profile, ProfilePage, winners
from resolvers.records import SourceRecord, members
from storage import select_in


@dataclass(frozen=True, slots=True, eq=False)
class GoldenAttribute:
    """One attribute of a golden record: the surviving cell."""

    profile: Profile
    name: str
    incarnation: bytes
    is_verified: bool
    value: Personal


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a value comes from, and the survivorship rule that chose it."""

    record: SourceRecord
    is_verified: bool
    rule: str

    @property
    def updated_at(self) -> datetime | None:
        """The row's own time."""
        return moment(self.record.updated_us)


def attributes(profile: Profile) -> list[GoldenAttribute]:
    """All attributes of a profile by name, identifiers and traits included."""
    names = sorted(_cells(profile.page)[profile.key])
    profile.page.request.spend(len(names))
    return [found for name in names if (found := attribute(profile, name))]


def attribute(profile: Profile, name: str) -> GoldenAttribute | None:
    """One attribute of a profile; None when no record holds it."""
    row = _cells(profile.page)[profile.key].get(name)
    return None if row is None else profile.page.once((profile.key, name), partial(_attribute, profile, row))


def provenance(golden: GoldenAttribute) -> Provenance:
    """Where the value comes from."""
    page, rules = golden.profile.page, golden.profile.page.request.parts.survivorship
    record = members(page)[golden.incarnation]
    return Provenance(record, golden.is_verified, rules.attributes.get(golden.name, rules.default))


def _cells(page: ProfilePage) -> dict[bytes, dict[str, Row[Any]]]:
    return page.once("golden cells", partial(_load, page))


def _load(page: ProfilePage) -> dict[bytes, dict[str, Row[Any]]]:
    """The surviving cells of each profile by attribute."""
    pointers = {profile.key: winners(profile) for profile in page.profiles}
    incarnations = {incarnation for chosen in pointers.values() for incarnation, _ in chosen.values()}
    page.keys.announce(incarnations)
    rows = select_in(page.request.connection, sa.select(record_cell), record_cell.c.incarnation, incarnations)
    cells = {(row.incarnation, row.attribute, row.slot): row for row in rows}
    return {
        key: {name: cells[i, name, slot] for name, (i, slot) in chosen.items() if (i, name, slot) in cells}
        for key, chosen in pointers.items()
    }


def _attribute(profile: Profile, row: Row[Any]) -> GoldenAttribute:
    value = cell_text(
        profile.reader, row.attribute, slot=row.slot, incarnation=row.incarnation, cell=row.cell, table="record_cell"
    )
    return GoldenAttribute(profile, row.attribute, row.incarnation, bool(row.verified), value)
