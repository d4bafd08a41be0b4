"""The list of profiles: filtered and ordered by clear columns only, so that nothing hidden can be inferred."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from identity import source_record
from privacy import Access, decide
from profiles import profile as profile_table
from resolvers.context import Request
from resolvers.errors import BadInput
from resolvers.paging import Connection, Cursors, PageWish, Position, connection, page_wish
from resolvers.plain import clear_text, microseconds
from resolvers.profile import COLUMNS, Profile, ProfilePage, in_scope

_SMALLEST_COUNT = 10
_INT64 = 2**63


class OrderField(Enum):
    """What profiles can be ordered by: column names of the profile table."""

    LAST_ACTIVITY_AT = "last_activity_at"
    FIRST_ACTIVITY_AT = "first_activity_at"
    RECORDS = "records"
    ORDERS = "orders"
    RECEIPTS = "receipts"
    RETURNS = "returns"
    VISITS = "visits"
    REVIEWS = "reviews"
    POINTS = "points"
    SPENT_MINOR = "spent_minor"


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends belong to it; None is open."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which profiles: ``ranges`` by column (times in microseconds), and ``store``, of which some record must be."""

    ranges: Mapping[OrderField, Range] = field(default_factory=dict)
    store: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """In which order; ties go by id, in the same direction."""

    by: OrderField = OrderField.LAST_ACTIVITY_AT
    is_descending: bool = True


@dataclass(frozen=True, slots=True)
class ProfileConnection(Connection[Profile]):
    """A page of profiles."""

    total: Callable[[], int | None]

    @property
    def total_count(self) -> int | None:
        """How many there are in all; None for roles that see masked values, and below ten."""
        return self.total()


def time_range(start: datetime | None, end: datetime | None) -> Range:
    """From ``start``, up to and without ``end``."""
    return Range(None if start is None else microseconds(start), None if end is None else microseconds(end) - 1)


def profiles(  # noqa: PLR0913  the arguments of a Relay connection
    request: Request,
    *,
    wanted: Filter,
    order: Order,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> ProfileConnection:
    """A page of the profiles in the caller's scope."""
    request.asks_for_people("profiles")
    conditions = _conditions(wanted)
    cursors = Cursors(request.parts.cursor_key, request.principal, _question(wanted, order))
    wish = page_wish(cursors, first=first, after=after, last=last, before=before)
    request.spend(wish.size)
    query = _query([*conditions, in_scope(request)], order, wish)
    page = ProfilePage(request, request.connection.execute(query).all())
    found = [(shown, _position(shown, order)) for shown in page.profiles]
    result = connection(found, wish, cursors)
    return ProfileConnection(result.edges, result.page_info, lambda: _count(request, conditions))


def _question(wanted: Filter, order: Order) -> str:
    ranges = sorted((by.value, span.low, span.high) for by, span in wanted.ranges.items())
    return json.dumps(["profiles", ranges, wanted.store, order.by.value, order.is_descending])


def _conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    for by, span in wanted.ranges.items():
        column = profile_table.c[by.value]
        for end in (span.low, span.high):
            if end is not None and not -_INT64 <= end < _INT64:
                raise BadInput(f"the range of {by.value} is beyond 64 bits")
        conditions += [column >= span.low] if span.low is not None else []
        conditions += [column <= span.high] if span.high is not None else []
    if wanted.store is not None:
        store = clear_text("store", wanted.store)
        members = sa.select(source_record.c.incarnation).where(
            source_record.c.profile_id == profile_table.c.id, source_record.c.store == store
        )
        conditions.append(members.exists())
    return conditions


def _query(conditions: list[sa.ColumnElement[bool]], order: Order, wish: PageWish) -> sa.Select[Any]:
    """Those with a sort key, then (backward: before them) those without, each part by its index and cut at the page's size."""
    key = profile_table.c[order.by.value]
    descending = order.is_descending is not wish.is_backward
    parts: list[sa.Select[Any]] = []
    for keyed, rank in ((True, 0), (False, -1 if wish.is_backward else 1)) if key.nullable else ((True, 0),):
        present = key.is_not(None) if keyed else key.is_(None)
        beyond = _beyond(key, wish, descending=descending, keyed=keyed)
        named: tuple[Any, ...] = (*COLUMNS, sa.literal_column(str(rank)).label("part"), key.label("sort_key"))
        part = sa.select(*named).where(*conditions, present, beyond)
        part = part.order_by(*_sorted(key, profile_table.c.id, descending=descending)).limit(wish.size + 1)
        parts.append(sa.select(part.subquery()))
    both = sa.union_all(*parts).subquery()
    shown = [both.c[column.name] for column in COLUMNS]
    ends = [both.c.part, *_sorted(both.c.sort_key, both.c.id, descending=descending)]
    return sa.select(*shown).order_by(*ends).limit(wish.size + 1)


def _sorted(*columns: sa.ColumnElement[Any], descending: bool) -> list[sa.ColumnElement[Any]]:
    return [column.desc() if descending else column.asc() for column in columns]


def _beyond(key: sa.ColumnElement[Any], wish: PageWish, *, descending: bool, keyed: bool) -> sa.ColumnElement[bool]:
    """Beyond the page's start, among the profiles with a sort key (``keyed``) or those without."""
    start = wish.start
    if start is None:
        return sa.true()
    further = profile_table.c.id < start.id if descending else profile_table.c.id > start.id
    if keyed != (start.key is not None):
        # Those without a key come last, so all of them are beyond a start that has one, and none the other way round.
        return sa.true() if keyed is wish.is_backward else sa.false()
    if start.key is None:
        return further
    at_or_beyond = key <= start.key if descending else key >= start.key
    return sa.and_(at_or_beyond, sa.or_(key != start.key, further))


def _position(shown: Profile, order: Order) -> Position:
    return Position(_KEYS[order.by](shown), shown.key)


_KEYS: Mapping[OrderField, Callable[[Profile], int | None]] = {
    OrderField.LAST_ACTIVITY_AT: lambda shown: shown.last_at,
    OrderField.FIRST_ACTIVITY_AT: lambda shown: shown.first_at,
    OrderField.RECORDS: lambda shown: shown.records_count,
    OrderField.ORDERS: lambda shown: shown.orders_count,
    OrderField.RECEIPTS: lambda shown: shown.receipts_count,
    OrderField.RETURNS: lambda shown: shown.returns_count,
    OrderField.VISITS: lambda shown: shown.visits_count,
    OrderField.REVIEWS: lambda shown: shown.reviews_count,
    OrderField.POINTS: lambda shown: shown.points,
    OrderField.SPENT_MINOR: lambda shown: shown.spent_minor,
}


def _count(request: Request, conditions: list[sa.ColumnElement[bool]]) -> int | None:
    if (
        decide(request.principal, request.caller.purpose, attribute="name", purposes=request.parts.purposes)
        is not Access.CLEAR
    ):
        return None
    query = sa.select(sa.func.count()).select_from(profile_table).where(*conditions, in_scope(request))
    count = request.connection.execute(query).scalar_one()
    return count if count >= _SMALLEST_COUNT else None
