"""Source records of profiles, and the identifiers that they carry."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from identity import IDENTIFIER_KINDS, identifier, record_cell, source_record, source_table
from profiles import profile as profile_table
from resolvers.context import Request
from resolvers.personal import Personal, Place, Reader, cell_text
from resolvers.plain import id_text, moment, row_key_text
from resolvers.profile import COLUMNS, Profile, ProfilePage, load_page
from storage import select_in


@dataclass(frozen=True, slots=True, eq=False)
class SourceRecord:
    """One live row of a person table that is part of a profile."""

    profile: Profile
    incarnation: bytes
    source: str
    table: str
    store: str | None
    updated_us: int | None
    created_us: int | None
    key: Personal

    @property
    def profile_id(self) -> str:
        """The id of the profile that the record is in."""
        return self.profile.id

    @property
    def id(self) -> str:
        """The record's own id; asked for as a profile, it leads to the profile that the record is in."""
        return id_text(self.incarnation)

    @property
    def updated_at(self) -> datetime | None:
        """The row's own time."""
        return moment(self.updated_us)

    @property
    def created_at(self) -> datetime | None:
        """The row's own time."""
        return moment(self.created_us)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A value by which records find each other; ``sources`` are those that hold it."""

    kind: str
    value: Personal
    is_verified: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named personal value."""

    name: str
    value: Personal


def members(page: ProfilePage) -> dict[bytes, SourceRecord]:
    """The source records of all profiles of the page by incarnation, in order of arrival."""
    return page.once("members", partial(_members, page))


def shown_records(request: Request, incarnations: Collection[bytes]) -> dict[bytes, SourceRecord]:
    """Those of some live records whose profiles are in the caller's scope; all on one level of the answer."""
    holding = sa.select(source_record.c.profile_id).where(source_record.c.incarnation.in_(sorted(incarnations)))
    page = load_page(request, sa.select(*COLUMNS).where(profile_table.c.id.in_(holding)))
    shown = members(page)
    return {incarnation: shown[incarnation] for incarnation in incarnations if incarnation in shown}


def records(profile: Profile) -> list[SourceRecord]:
    """The source records of a profile, earliest seen first: the first one's id is the profile's."""
    return profile.page.once("members by profile", partial(_by_profile, profile.page)).get(profile.key, [])


def record_attributes(record: SourceRecord) -> list[Attribute]:
    """All values of a source record, by name."""
    rows = _cells(record.profile.page).get(record.incarnation, [])
    return [Attribute(row.attribute, _personal(record.profile.reader, row)) for row in rows]


def record_value(record: SourceRecord, attribute: str, slot: int) -> Personal:
    """The value in one cell of a source record."""
    rows = _cells(record.profile.page)[record.incarnation]
    return _personal(record.profile.reader, next(row for row in rows if (row.attribute, row.slot) == (attribute, slot)))


def identifiers(profile: Profile) -> list[Identifier]:
    """The identifiers of a profile, strongest type first; equal values of several records are one."""
    page = profile.page
    tokens = page.once("identifier tokens", partial(_tokens, page))
    found: dict[tuple[str, object], list[Row[Any]]] = {}
    for record in records(profile):
        cells = _cells(page).get(record.incarnation, [])
        for kind, rows in _of_identifiers(cells).items():
            own = tokens.get((record.incarnation, kind), [])
            if not own:
                continue  # a placeholder: it identifies nobody
            for row in rows:
                # Only where a record has one value of a type is it known, without opening it, which token is whose.
                same = own[0] if len(own) == len(rows) == 1 else (row.incarnation, row.slot)
                found.setdefault((kind, same), []).append(row)
    order = sorted(found, key=lambda name: IDENTIFIER_KINDS.index(name[0]))
    return [_identifier(profile, name[0], found[name]) for name in order]


def _identifier(profile: Profile, kind: str, rows: Collection[Row[Any]]) -> Identifier:
    records_ = members(profile.page)
    shown = next((row for row in rows if row.verified), next(iter(rows)))
    return Identifier(
        kind,
        _personal(profile.reader, shown),
        is_verified=any(row.verified for row in rows),
        sources=tuple(sorted({records_[row.incarnation].source for row in rows})),
    )


def _of_identifiers(cells: Collection[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in cells:
        if row.attribute in IDENTIFIER_KINDS:
            found.setdefault(row.attribute, []).append(row)
    return found


def _personal(reader: Reader, row: Row[Any]) -> Personal:
    return cell_text(
        reader, row.attribute, slot=row.slot, incarnation=row.incarnation, cell=row.cell, table="record_cell"
    )


def _members(page: ProfilePage) -> dict[bytes, SourceRecord]:
    query = sa.select(
        source_record.c.incarnation,
        source_record.c.profile_id,
        source_table.c.source,
        source_table.c.name.label("table_name"),
        source_record.c.store,
        source_record.c.updated_at,
        source_record.c.created_at,
        source_record.c.natural_key,
    ).join_from(source_record, source_table, source_table.c.id == source_record.c.table_id)
    rows = select_in(
        page.request.connection, query.order_by(source_record.c.arrival), source_record.c.profile_id, page.ids
    )
    page.request.spend(len(rows))
    page.keys.announce(row.incarnation for row in rows)
    shown = {profile.key: profile for profile in page.profiles}
    return {row.incarnation: _record(shown[row.profile_id], row) for row in rows}


def _by_profile(page: ProfilePage) -> dict[bytes, list[SourceRecord]]:
    found: dict[bytes, list[SourceRecord]] = {}
    for record in members(page).values():
        found.setdefault(record.profile.key, []).append(record)
    return found


def _record(profile: Profile, row: Row[Any]) -> SourceRecord:
    place = Place(row.incarnation, "source_record", "natural_key", row.natural_key)
    return SourceRecord(
        profile,
        row.incarnation,
        source=row.source,
        table=row.table_name,
        store=row.store,
        updated_us=row.updated_at,
        created_us=row.created_at,
        key=Personal(profile.reader, "natural_key", place, row_key_text),
    )


def _cells(page: ProfilePage) -> dict[bytes, list[Row[Any]]]:
    return page.once("record cells", partial(_load_cells, page))


def _load_cells(page: ProfilePage) -> dict[bytes, list[Row[Any]]]:
    query = sa.select(record_cell).order_by(record_cell.c.attribute, record_cell.c.slot)
    found: dict[bytes, list[Row[Any]]] = {}
    for row in select_in(page.request.connection, query, record_cell.c.incarnation, members(page)):
        found.setdefault(row.incarnation, []).append(row)
    page.request.spend(sum(map(len, found.values())))
    return found


def _tokens(page: ProfilePage) -> dict[tuple[bytes, str], list[bytes]]:
    query = sa.select(identifier.c.incarnation, identifier.c.kind, identifier.c.token)
    found: dict[tuple[bytes, str], list[bytes]] = {}
    for row in select_in(page.request.connection, query, identifier.c.incarnation, members(page)):
        found.setdefault((row.incarnation, row.kind), []).append(row.token)
    return found
