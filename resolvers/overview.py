"""What profiles come to, and how they came to be: totals, channels, lineage."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from identity import source_record
from profiles import fact_total, lineage
from resolvers.errors import BadInput
from resolvers.paging import MAX_PAGE
from resolvers.plain import Money, id_text, moment
from resolvers.profile import Profile, ProfilePage


@dataclass(frozen=True, slots=True)
class Total:
    """How many facts of one kind, channel and currency, and what they sum to."""

    kind: str
    channel: str
    currency: str | None
    count: int
    points: int
    amount: Money | None
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cause:
    """A change that led to a step: ``op`` as the change event has it; ``by`` the steward who decided, where one did."""

    source: str
    table: str
    op: str
    by: str | None


@dataclass(frozen=True, slots=True)
class LineageStep:
    """One step in a profile's history; ``more_causes`` counts the causes that are not listed."""

    at: datetime | None
    kind: str
    profile_id: str
    other_id: str | None
    causes: tuple[Cause, ...]
    more_causes: int


def totals(profile: Profile) -> list[Total]:
    """The totals of a profile by kind, channel and currency."""
    rows = profile.page.once("totals", partial(_totals, profile.page)).get(profile.key, [])
    return [
        Total(
            row.kind,
            row.channel,
            row.currency or None,
            count=int(row.facts),
            points=int(row.points),
            amount=Money(int(row.amount_minor), row.currency) if row.currency else None,
            first_at=moment(row.first_at),
            last_at=moment(row.last_at),
        )
        for row in rows
    ]


def channels(profile: Profile) -> list[str]:
    """The channels that the profile was active in, by name."""
    return sorted({total.channel for total in totals(profile) if total.channel})


def history(profile: Profile, first: int) -> list[LineageStep]:
    """The newest steps that a profile took part in, newest first."""
    if not 1 <= first <= MAX_PAGE:
        raise BadInput(f"first must be from 1 to {MAX_PAGE}")
    found = profile.page.once(("lineage", first), partial(_lineage, profile.page, first))
    return [_step(row) for row in found.get(profile.key, [])]


def _totals(page: ProfilePage) -> dict[bytes, list[Row[Any]]]:
    sums = (
        sa.func.sum(fact_total.c.facts).label("facts"),
        sa.func.sum(fact_total.c.amount_minor).label("amount_minor"),
        sa.func.sum(fact_total.c.points).label("points"),
        sa.func.min(fact_total.c.first_at).label("first_at"),
        sa.func.max(fact_total.c.last_at).label("last_at"),
    )
    by = (source_record.c.profile_id, fact_total.c.kind, fact_total.c.channel, fact_total.c.currency)
    query = (
        sa.select(*by, *sums)
        .join_from(source_record, fact_total, fact_total.c.person_token == source_record.c.row_token)
        .where(source_record.c.profile_id.in_(page.ids))
        .group_by(*by)
        .order_by(*by[1:])
    )
    return _grouped(page, page.request.connection.execute(query).all())


def _lineage(page: ProfilePage, first: int) -> dict[bytes, list[Row[Any]]]:
    """Each side of a step by its own index; numbered per profile, so that one long history does not crowd out the others."""
    page.request.spend(len(page.ids) * first)
    sides = [
        sa.select(side.label("of"), *lineage.c).where(side.in_(page.ids))
        for side in (lineage.c.profile_id, lineage.c.other_id)
    ]
    both = sa.union_all(*sides).subquery()
    place = sa.func.row_number().over(partition_by=both.c.of, order_by=both.c.seq.desc()).label("place")
    ranked = sa.select(both, place).subquery()
    query = sa.select(ranked).where(ranked.c.place <= first).order_by(ranked.c.place)
    rows = page.request.connection.execute(query).all()
    found: dict[bytes, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.of, []).append(row)
    return found


def _grouped(page: ProfilePage, rows: Sequence[Any]) -> dict[bytes, list[Row[Any]]]:
    page.request.spend(len(rows))
    found: dict[bytes, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.profile_id, []).append(row)
    return found


def _step(row: Row[Any]) -> LineageStep:
    causes: list[dict[str, Any]] = json.loads(row.cause)
    return LineageStep(
        at=moment(row.at),
        kind=row.kind,
        profile_id=id_text(row.profile_id),
        other_id=None if row.other_id is None else id_text(row.other_id),
        causes=tuple(Cause(c["source"], c["table"], c["op"], c.get("by")) for c in causes if "more" not in c),
        more_causes=sum(int(c["more"]) for c in causes if "more" in c),
    )
