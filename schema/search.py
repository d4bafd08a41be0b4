"""How the list of profiles is filtered and ordered: by clear columns only."""

from datetime import datetime
from enum import Enum
from typing import Protocol

import strawberry

import resolvers as ask
from schema.common import Connection
from schema.field import field
from schema.profile import Profile
from schema.scalars import BigInt


@strawberry.input(description="Whole numbers from `min` to `max`, both included; either may be left out.")
class IntRange:
    """See :class:`resolvers.Range`."""

    min: int | None = strawberry.field(default=None, description="The smallest.")
    max: int | None = strawberry.field(default=None, description="The largest.")


@strawberry.input(description="Whole numbers from `min` to `max`, both included; either may be left out.")
class BigIntRange:
    """See :class:`resolvers.Range`."""

    min: BigInt | None = strawberry.field(default=None, description="The smallest.")
    max: BigInt | None = strawberry.field(default=None, description="The largest.")


@strawberry.input(description="Times from `from`, included, to `to`, excluded; either may be left out.")
class DateTimeRange:
    """See :func:`resolvers.time_range`."""

    start: datetime | None = strawberry.field(name="from", default=None, description="The first moment.")
    end: datetime | None = strawberry.field(name="to", default=None, description="The moment after the last.")


@strawberry.input(
    description="Which profiles: all conditions hold. Personal values cannot be filtered by; see `profileByIdentifier`."
)
class ProfileFilter:
    """See :class:`resolvers.Filter`."""

    records: IntRange | None = strawberry.field(default=None, description="Number of source records.")
    orders: IntRange | None = strawberry.field(default=None, description="Number of orders.")
    receipts: IntRange | None = strawberry.field(default=None, description="Number of receipts.")
    returns: IntRange | None = strawberry.field(default=None, description="Number of returns.")
    visits: IntRange | None = strawberry.field(default=None, description="Number of visits.")
    reviews: IntRange | None = strawberry.field(default=None, description="Number of reviews.")
    points: BigIntRange | None = strawberry.field(default=None, description="Loyalty points.")
    spent_minor: BigIntRange | None = strawberry.field(
        default=None, description="What was spent, in the main currency's smallest unit."
    )
    first_activity_at: DateTimeRange | None = strawberry.field(
        default=None, description="When the first fact occurred."
    )
    last_activity_at: DateTimeRange | None = strawberry.field(default=None, description="When the last fact occurred.")
    store: str | None = strawberry.field(default=None, description="Members of this store.")


@strawberry.enum(description="What profiles are ordered by.")
class ProfileOrderField(Enum):
    """The values of :class:`resolvers.OrderField`."""

    LAST_ACTIVITY_AT = strawberry.enum_value("last_activity_at", description="When the last fact occurred.")
    FIRST_ACTIVITY_AT = strawberry.enum_value("first_activity_at", description="When the first fact occurred.")
    RECORDS = strawberry.enum_value("records", description="Number of source records.")
    ORDERS = strawberry.enum_value("orders", description="Number of orders.")
    RECEIPTS = strawberry.enum_value("receipts", description="Number of receipts.")
    RETURNS = strawberry.enum_value("returns", description="Number of returns.")
    VISITS = strawberry.enum_value("visits", description="Number of visits.")
    REVIEWS = strawberry.enum_value("reviews", description="Number of reviews.")
    POINTS = strawberry.enum_value("points", description="Loyalty points.")
    SPENT_MINOR = strawberry.enum_value("spent_minor", description="What was spent, in the main currency.")


@strawberry.enum(description="Which way.")
class OrderDirection(Enum):
    """Ascending or descending."""

    ASC = strawberry.enum_value("asc", description="Smallest, or oldest, first.")
    DESC = strawberry.enum_value("desc", description="Largest, or newest, first.")


@strawberry.input(description="In which order; ties go by id, profiles without the value come last.")
class ProfileOrder:
    """See :class:`resolvers.Order`."""

    field: ProfileOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.DESC, description="Which way.")


class _Numbers(Protocol):
    min: int | None
    max: int | None


def wanted(given: ProfileFilter | None) -> ask.Filter:
    """The filter that the resolvers know."""
    if given is None:
        return ask.Filter()
    ranges = {by: _range(span) for by in ask.OrderField if (span := getattr(given, by.value)) is not None}
    return ask.Filter(ranges, given.store)


def order(given: ProfileOrder | None) -> ask.Order:
    """The order that the resolvers know."""
    return (
        ask.Order()
        if given is None
        else ask.Order(ask.OrderField(given.field.value), given.direction is OrderDirection.DESC)
    )


def _range(span: DateTimeRange | _Numbers) -> ask.Range:
    if isinstance(span, DateTimeRange):
        return ask.time_range(span.start, span.end)
    return ask.Range(span.min, span.max)


@strawberry.type(description="A page of profiles.")
class ProfileConnection(Connection[Profile]):
    """See :class:`resolvers.ProfileConnection`."""

    total_count: int | None = field(
        description="How many there are in all. Null for roles that see masked values, and below ten."
    )
