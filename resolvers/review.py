"""The review queue: pairs of records that a steward may decide, the likeliest first."""

import json
from dataclasses import dataclass

import sqlalchemy as sa

from identity import REVIEW_REASONS, review_item, source_record
from privacy import may_decide
from resolvers.context import Request
from resolvers.errors import BadInput, Forbidden
from resolvers.paging import Connection, Cursors, PageWish, Position, connection, page_wish
from resolvers.profile import in_scope
from resolvers.records import SourceRecord, shown_records


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """Two records that nothing could decide; ``weight`` counts what is only claimed, ``reason`` says why it was left."""

    left: SourceRecord
    right: SourceRecord
    reason: str
    weight: int
    probability: float

    @property
    def id(self) -> str:
        """The ids of both records."""
        return f"{self.left.id}:{self.right.id}"


def review_queue(
    request: Request, *, reason: str | None = None, first: int | None = None, after: str | None = None
) -> Connection[ReviewItem]:
    """A page of the pairs of which the caller may see both records; only for those who may decide them."""
    request.asks_for_people("reviewQueue")
    if not may_decide(request.principal.role):
        raise Forbidden("this role does not decide which records are one person")
    if reason is not None and reason not in REVIEW_REASONS:
        raise BadInput(f"reason must be one of {', '.join(REVIEW_REASONS)}")
    cursors = Cursors(request.parts.cursor_key, request.principal, json.dumps(["reviewQueue", reason]))
    wish = page_wish(cursors, first=first, after=after)
    request.spend(wish.size)
    rows = request.connection.execute(_query(request, reason, wish)).all()
    shown = shown_records(request, {end for row in rows for end in (row.a, row.b)})
    probability = request.parts.matcher.model.probability
    found = [
        (
            ReviewItem(shown[row.a], shown[row.b], row.reason, row.weight, probability(row.weight)),
            Position(row.weight, row.a + row.b),
        )
        for row in rows
    ]
    return connection(found, wish, cursors)


def _query(request: Request, reason: str | None, wish: PageWish) -> sa.Select[tuple[bytes, bytes, str, int]]:
    columns = review_item.c
    left, right = source_record.alias(), source_record.alias()
    query = (
        sa.select(columns.a, columns.b, columns.reason, columns.weight)
        .join(left, left.c.incarnation == columns.a)
        .join(right, right.c.incarnation == columns.b)
        .where(in_scope(request, left.c.profile_id), in_scope(request, right.c.profile_id), _beyond(wish))
        .order_by(columns.weight.desc(), columns.a, columns.b)
        .limit(wish.size + 1)
    )
    return query if reason is None else query.where(columns.reason == reason)


def _beyond(wish: PageWish) -> sa.ColumnElement[bool]:
    """Beyond the page's start: lighter, or as heavy with a later pair of ids."""
    if wish.start is None:
        return sa.true()
    weight, a, b = review_item.c.weight, review_item.c.a, review_item.c.b
    start, half = wish.start, len(wish.start.id) // 2
    low, high = start.id[:half], start.id[half:]
    later = sa.or_(a > low, sa.and_(a == low, b > high))
    return sa.and_(weight <= start.key, sa.or_(weight < start.key, later))
