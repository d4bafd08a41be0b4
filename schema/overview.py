"""What profiles come to and how they came to be: counts, totals, lineage, consents, source records, identifiers."""

from datetime import datetime
from enum import Enum

import strawberry

import resolvers as ask
from schema.common import Money
from schema.field import field
from schema.info import Info
from schema.personal import Attribute, PersonalText, Shown, shown
from schema.scalars import BigInt


@strawberry.enum(description="What kind of identifier.")
class IdentifierType(Enum):
    """The kinds of :data:`identity.IDENTIFIER_KINDS`."""

    EMAIL = strawberry.enum_value("email", description="E-mail address.")
    PHONE = strawberry.enum_value("phone", description="Phone number.")
    WECHAT_UNIONID = strawberry.enum_value("wechat_unionid", description="WeChat unionid.")
    WECHAT_OPENID = strawberry.enum_value(
        "wechat_openid", description="WeChat openid; means something together with its app id only."
    )
    ALIPAY_ID = strawberry.enum_value("alipay_id", description="Alipay user id.")
    LOYALTY_CARD = strawberry.enum_value("loyalty_card", description="Number of a loyalty card.")
    CUSTOMER_NO = strawberry.enum_value("customer_no", description="Customer number.")
    NATIONAL_ID = strawberry.enum_value("national_id", description="Number of an identity card.")
    DEVICE_ID = strawberry.enum_value("device_id", description="Id of a device.")


@strawberry.type(description="How much there is of each kind.")
class Counts:
    """A part of :class:`resolvers.Profile`."""

    records_count: int = field(name="records", description="Source records that make up the profile.")
    orders_count: int = field(name="orders", description="Orders of channels other than `store`.")
    receipts_count: int = field(name="receipts", description="Receipts: orders of the channel `store`.")
    returns_count: int = field(name="returns", description="Returns.")
    visits_count: int = field(name="visits", description="Visits and other events.")
    reviews_count: int = field(name="reviews", description="Reviews.")


@strawberry.type(description="What the facts of one kind, channel and currency sum to.")
class Total:
    """See :class:`resolvers.Total`."""

    kind: str = field(description="The kind of fact: `order`, `return`, `event`, `feedback`, `loyalty`.")
    channel: str = field(description="The channel; empty where the mapping names none.")
    currency: str | None = field(description="The currency; null where the facts have no amount.")
    count: int = field(description="How many facts.")
    points: BigInt = field(description="Their loyalty points.")
    amount: Money | None = field(description="Their amounts.")
    first_at: datetime | None = field(description="When the first occurred.")
    last_at: datetime | None = field(description="When the last occurred.")


@strawberry.type(description="A change in a source that led to a step.")
class Cause:
    """See :class:`resolvers.Cause`."""

    source: str = field(description="The source; `onefold` when a steward decided.")
    table: str = field(description="Its table.")
    op: str = field(
        description="What happened to the row; of a decision `must_link`, `cannot_link`, `undo_must_link` or `undo_cannot_link`."
    )
    by: str | None = field(description="The steward, when the cause is a decision.")


@strawberry.type(description="A step in a profile's history.")
class LineageStep:
    """See :class:`resolvers.LineageStep`."""

    at: datetime | None = field(description="When Onefold took it.")
    kind: str = field(description="`created`, `joined`, `merged`, `split`, `moved` or `ended`.")
    profile_id: strawberry.ID = field(description="The profile it happened to.")
    other_id: strawberry.ID | None = field(description="The profile merged in, split off or moved from.")
    causes: list[Cause] = field(description="The changes that led to it.")
    more_causes: int = field(description="How many more there were than are listed.")


@strawberry.type(
    description="What the person consents to, for one purpose: the most restrictive of what the source records state."
)
class ConsentState:
    """See :class:`resolvers.ConsentState`."""

    purpose: str = field(description="The purpose.")
    state: str = field(description="`granted`, `withdrawn` or another word of the source; only `granted` grants.")
    effective_at: datetime | None = field(description="Since when.")
    sources: list[str] = field(description="The sources that state anything about it.")


def _record_key(root: strawberry.Parent[ask.SourceRecord], info: Info) -> Shown:
    return shown(root.key, info)


def _record_attributes(root: strawberry.Parent[ask.SourceRecord]) -> list[ask.Attribute]:
    return ask.record_attributes(root)


@strawberry.type(description="A row of a person table that is part of a profile.")
class SourceRecord:
    """See :class:`resolvers.SourceRecord`."""

    id: strawberry.ID = field(description="The record's own id; `profile(id)` leads from it to the profile it is in.")
    profile_id: strawberry.ID = field(description="The id of the profile that it is part of.")
    source: str = field(description="The source, as the mapping names it.")
    table: str = field(description="The source's table.")
    key: PersonalText = field(resolver=_record_key, description="The row's primary key in the source.")
    store: str | None = field(description="The store whose member the person is.")
    created_at: datetime | None = field(description="When the row says that it was made.")
    updated_at: datetime | None = field(description="When the row says that it was updated last.")
    attributes: list[Attribute] = field(resolver=_record_attributes, description="All its personal values.")


def _identifier_type(root: strawberry.Parent[ask.Identifier]) -> IdentifierType:
    return IdentifierType(root.kind)


def _identifier_value(root: strawberry.Parent[ask.Identifier], info: Info) -> Shown:
    return shown(root.value, info)


@strawberry.type(description="A value by which source records find each other.")
class Identifier:
    """See :class:`resolvers.Identifier`."""

    type: IdentifierType = field(resolver=_identifier_type, description="What kind of identifier.")
    value: PersonalText = field(resolver=_identifier_value, description="The value, normalised.")
    is_verified: bool = field(name="verified", description="Whether any source has verified it.")
    sources: list[str] = field(description="The sources whose records carry it.")
