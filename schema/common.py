"""Types that many others use: money, pages, and the interface of what has an id."""

from decimal import Decimal
from typing import Generic, TypeVar

import strawberry

from schema.field import field
from schema.scalars import BigInt

T = TypeVar("T")


@strawberry.interface(description="Whatever an id can stand for.")
class Node:
    """The interface of `node(id)`."""

    id: strawberry.ID = field(description="The id; it stays valid for ever.")


@strawberry.type(description="An exact amount of money.")
class Money:
    """See :class:`resolvers.Money`."""

    amount: Decimal = field(description="In the currency's main unit, with all its decimals.")
    minor: BigInt = field(description="In the currency's smallest unit.")
    currency: str = field(description="ISO 4217 code.")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """See :class:`resolvers.PageInfo`."""

    has_next_page: bool = field(description="Whether more follow; after paging backward, whether there was a `before`.")
    has_previous_page: bool = field(
        description="Whether more come before; after paging forward, whether there was an `after`."
    )
    start_cursor: str | None = field(description="The cursor of the first item.")
    end_cursor: str | None = field(description="The cursor of the last item.")


@strawberry.type(description="One item of a page.")
class Edge(Generic[T]):
    """See :class:`resolvers.Edge`."""

    node: T = field(description="The item.")
    cursor: str = field(
        description="Its place: give it as `after` or `before`. It works for this principal and question only."
    )


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """See :class:`resolvers.Connection`."""

    edges: list[Edge[T]] = field(description="The items with their cursors.")
    nodes: list[T] = field(description="The items.")
    page_info: PageInfo = field(description="Where this page lies in the list.")
