"""Facts: orders and receipts, returns, visits, reviews, loyalty entries."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry

import resolvers as ask
from schema.common import Connection, Money
from schema.field import field
from schema.info import Info
from schema.personal import Attribute, PersonalText, Shown, shown
from schema.scalars import BigInt


@strawberry.enum(description="A kind of fact in a timeline.")
class FactKind(Enum):
    """The kinds of :data:`resolvers.TIMELINE_KINDS`."""

    ORDER = strawberry.enum_value(ask.ORDER, description="An order, or a receipt of a store.")
    RETURN = strawberry.enum_value(ask.RETURN, description="Goods that came back.")
    VISIT = strawberry.enum_value(ask.VISIT, description="A page visit or another event.")
    REVIEW = strawberry.enum_value(ask.REVIEW, description="A review or other feedback.")
    LOYALTY = strawberry.enum_value(ask.LOYALTY, description="Points earned or spent.")


First = Annotated[
    int | None, strawberry.argument(description=f"How many, 1 to {ask.MAX_PAGE}; {ask.DEFAULT_PAGE} by default.")
]
After = Annotated[str | None, strawberry.argument(description="The cursor after which to go on.")]
Channel = Annotated[str | None, strawberry.argument(description="Only this channel, such as `online` or `store`.")]


def _details(root: strawberry.Parent[ask.Fact]) -> list[ask.Attribute]:
    return ask.details(root)


def _key(root: strawberry.Parent[ask.Fact], info: Info) -> Shown:
    return shown(ask.fact_key(root), info)


def _personal(name: str) -> Callable[[ask.Fact, Info], Shown | None]:
    def resolve(root: strawberry.Parent[ask.Fact], info: Info) -> Shown | None:
        found = ask.fact_attribute(root, name)
        return None if found is None else shown(found, info)

    return resolve


def _lines(root: strawberry.Parent[ask.Fact]) -> list[ask.Fact]:
    return ask.lines(root)


def _returns(root: strawberry.Parent[ask.Fact]) -> list[ask.Fact]:
    return ask.returns(root)


@strawberry.interface(description="Something that happened, as a row of a source states it.")
class Fact:
    """See :class:`resolvers.Fact`."""

    id: strawberry.ID = field(description="The fact's own id.")
    source: str = field(description="The source, as the mapping names it.")
    table: str = field(description="The source's table.")
    key: PersonalText = field(resolver=_key, description="The row's primary key; personal only if the mapping says so.")
    channel: str = field(description="Where it happened, as the mapping names it: `online`, `store`, …")
    store: str | None = field(description="The store's id.")
    occurred_at: datetime | None = field(description="When it happened.")
    details: list[Attribute] = field(
        resolver=_details, description="Its personal values by name: a recipient, a review's text, a visited address."
    )


def _is(kind: str) -> Callable[[object, object], bool]:
    return lambda fact, _info: isinstance(fact, ask.Fact) and fact.kind == kind


@strawberry.type(description="One line of an order.")
class OrderLine:
    """A fact of the kind ``order_line``."""

    id: strawberry.ID = field(description="The line's own id.")
    sku: str | None = field(description="The article's number.")
    label: str | None = field(description="The article as the source calls it.")
    quantity: Decimal | None = field(description="How many, or how much.")
    unit_price: Money | None = field(description="The price of one.")
    amount: Money | None = field(name="total", description="What the line comes to, if the source says.")


@strawberry.type(description="Goods that came back.")
class Return(Fact):
    """A fact of the kind ``return``."""

    is_type_of = _is(ask.RETURN)

    number: str | None = field(description="The row's key; null when the mapping calls it personal.")
    amount: Money | None = field(name="total", description="What was given back.")
    status: str | None = field(description="As the source has it.")
    sku: str | None = field(description="The article's number.")
    quantity: Decimal | None = field(description="How many, or how much.")


@strawberry.type(description="An order of the shop, or a receipt of a store.")
class Order(Fact):
    """A fact of the kind ``order``."""

    is_type_of = _is(ask.ORDER)

    number: str | None = field(description="The row's key; null when the mapping calls it personal.")
    amount: Money | None = field(name="total", description="What it comes to.")
    status: str | None = field(description="As the source has it.")
    lines: list[OrderLine] = field(resolver=_lines, description="What was bought.")
    returns: list[Return] = field(resolver=_returns, description="What of it came back.")


@strawberry.type(description="A page visit or another event.")
class Visit(Fact):
    """A fact of the kind ``event``."""

    is_type_of = _is(ask.VISIT)

    name: str | None = field(description="What happened, as the source calls it.")
    url: PersonalText | None = field(resolver=_personal("url"), description="The address visited.")


@strawberry.type(description="A review or other feedback.")
class Review(Fact):
    """A fact of the kind ``feedback``."""

    is_type_of = _is(ask.REVIEW)

    rating: int | None = field(description="As the source counts it.")
    sku: str | None = field(description="The article it is about.")
    label: str | None = field(description="Its subject, as the source has it.")
    body: PersonalText | None = field(resolver=_personal("body"), description="What the person wrote.")


@strawberry.type(description="Loyalty points earned or spent.")
class LoyaltyEntry(Fact):
    """A fact of the kind ``loyalty``."""

    is_type_of = _is(ask.LOYALTY)

    points: BigInt | None = field(description="How many; negative when spent.")
    name: str | None = field(description="What for, as the source calls it.")


def _page_of(field: str, kind: str) -> Callable[..., ask.Connection[ask.Fact]]:
    def resolve(
        root: strawberry.Parent[ask.Profile], first: First = None, after: After = None, channel: Channel = None
    ) -> ask.Connection[ask.Fact]:
        return ask.facts(root, (kind,), first=first, after=after, channel=channel, field=field)

    return resolve


def timeline(
    root: strawberry.Parent[ask.Profile],
    first: First = None,
    after: After = None,
    kinds: Annotated[
        list[FactKind] | None, strawberry.argument(description="Only these kinds; all by default.")
    ] = None,
) -> ask.Connection[ask.Fact]:
    """All facts of a profile, newest first."""
    wanted = ask.TIMELINE_KINDS if kinds is None else tuple(sorted({str(kind.value) for kind in kinds}))
    return ask.facts(root, wanted, first=first, after=after, field="timeline")


def itself(root: strawberry.Parent[ask.Profile]) -> ask.Profile:
    """For types that show a part of their parent."""
    return root


@strawberry.type(description="The loyalty account.")
class Loyalty:
    """A part of :class:`resolvers.Profile`."""

    points: BigInt = field(description="The balance: what the source records state, plus all entries.")
    entries: Connection[LoyaltyEntry] = field(
        resolver=_page_of("loyalty", ask.LOYALTY), description="Points earned and spent, newest first."
    )


orders = _page_of("orders", ask.ORDER)
returns = _page_of("returns", ask.RETURN)
visits = _page_of("visits", ask.VISIT)
reviews = _page_of("reviews", ask.REVIEW)
