"""Consents of profiles: each record's own state, then the most restrictive across a profile's records."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from identity import source_record, source_table
from privacy import Consent, consent, is_granted, profile_consents, record_consents
from resolvers.plain import moment
from storage import select_in

if TYPE_CHECKING:  # profiles ask whether consent was granted: the page is known here by name only
    from resolvers.profile import Profile


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What a profile's person consents to for one purpose; ``sources`` are those that state anything about it."""

    purpose: str
    state: str
    effective_at: datetime | None
    sources: tuple[str, ...]


def granted(connection: Connection, profile_ids: Collection[bytes], purpose: str) -> frozenset[bytes]:
    """Those of ``profile_ids`` whose person consents to ``purpose``."""
    rows = _statements(connection, profile_ids, purpose)
    return frozenset(i for i, found in _by_profile(rows).items() if is_granted(_folded(found), purpose))


def consents(profile: "Profile") -> list[ConsentState]:
    """The state of each purpose that any source record says something about, by name."""
    page = profile.page
    rows = page.once("consents", lambda: _by_profile(_statements(page.request.connection, page.ids)))
    found = rows.get(profile.key, [])
    page.request.spend(len(found))
    sources: dict[str, set[str]] = {}
    for row in found:
        sources.setdefault(row.purpose, set()).add(row.source)
    return [
        ConsentState(purpose, state.state, moment(state.effective_at), tuple(sorted(sources[purpose])))
        for purpose, state in sorted(_folded(found).items())
    ]


def _statements(connection: Connection, profile_ids: Collection[bytes], purpose: str | None = None) -> list[Row[Any]]:
    query = (
        sa.select(
            source_record.c.profile_id,
            source_record.c.incarnation.label("record"),
            source_table.c.source,
            consent.c.purpose,
            consent.c.state,
            consent.c.effective_at,
        )
        .join_from(consent, source_record, source_record.c.row_token == consent.c.person_token)
        .join(source_table, source_table.c.id == source_record.c.table_id)
    )
    if purpose is not None:
        query = query.where(consent.c.purpose == purpose)
    return select_in(connection, query, source_record.c.profile_id, profile_ids)


def _by_profile(rows: Collection[Row[Any]]) -> dict[bytes, list[Row[Any]]]:
    found: dict[bytes, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.profile_id, []).append(row)
    return found


def _folded(rows: Collection[Row[Any]]) -> Mapping[str, Consent]:
    by_record: dict[bytes, list[Consent]] = {}
    for row in rows:
        by_record.setdefault(row.record, []).append(Consent(row.purpose, row.state, row.effective_at))
    return profile_consents(record_consents(statements) for statements in by_record.values())
