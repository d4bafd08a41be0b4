"""Facts of profiles: orders and receipts with their lines, returns, visits, reviews, loyalty entries, and all in one timeline."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from identity import cell_column, source_record, source_table
from profiles import fact, fact_cell
from resolvers.paging import Connection, Cursors, PageWish, Position, connection, page_wish
from resolvers.personal import Keys, Personal, Place, Plain, Reader, cell_text
from resolvers.plain import Money, clear_text, decimal, id_text, key_text, moment
from resolvers.profile import Profile, ProfilePage
from resolvers.records import Attribute
from resolvers.selection import Selection
from storage import select_in

ORDER, ORDER_LINE, RETURN, VISIT, REVIEW, LOYALTY = "order", "order_line", "return", "event", "feedback", "loyalty"

#: Kinds that a timeline shows: lines are part of their order, consents have their own field.
TIMELINE_KINDS = (ORDER, RETURN, VISIT, REVIEW, LOYALTY)

_NATURAL_KEY = "natural_key"
_NEVER = -(2**63)


class FactPage(Selection):
    """The facts of one level of an answer."""

    def __init__(self, page: ProfilePage, owned: Iterable[tuple[Row[Any], bytes]]) -> None:
        """``owned`` holds rows of the fact table with the profile that each belongs to."""
        super().__init__(page.request)
        self.page = page
        self.keys = Keys(page.request)
        self.facts = tuple(Fact(self, row, owner) for row, owner in owned)
        self.keys.announce(item.row.incarnation for item in self.facts)


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One fact; ``row`` holds the columns of the fact table and the names of its source, ``owner`` is a profile id."""

    selection: FactPage
    row: Row[Any]
    owner: bytes

    @property
    def id(self) -> str:
        """The fact's own id."""
        return id_text(self.row.incarnation)

    @property
    def kind(self) -> str:
        """One of :data:`TIMELINE_KINDS`, or an order's line."""
        return str(self.row.kind)

    @property
    def source(self) -> str:
        """The source that it was read from."""
        return str(self.row.source)

    @property
    def table(self) -> str:
        """The table of the source."""
        return str(self.row.table_name)

    @property
    def channel(self) -> str:
        """Where it happened, as the mapping names it (``online``, ``store``)."""
        return str(self.row.channel)

    @property
    def store(self) -> str | None:
        """The store's id."""
        return _text(self.row.store)

    @property
    def status(self) -> str | None:
        """As the source has it."""
        return _text(self.row.status)

    @property
    def name(self) -> str | None:
        """What happened, as the source calls it."""
        return _text(self.row.name)

    @property
    def sku(self) -> str | None:
        """The article's number."""
        return _text(self.row.sku)

    @property
    def label(self) -> str | None:
        """The article as the source calls it."""
        return _text(self.row.label)

    @property
    def occurred_at(self) -> datetime | None:
        """When it happened, in business time."""
        return moment(self.row.occurred_at)

    @property
    def amount(self) -> Money | None:
        """What it came to."""
        return _money(self.row.amount_minor, self.row.currency)

    @property
    def unit_price(self) -> Money | None:
        """The price of one."""
        return _money(self.row.unit_price_minor, self.row.currency)

    @property
    def quantity(self) -> Decimal | None:
        """How many, or how much."""
        return decimal(self.row.quantity)

    @property
    def points(self) -> int | None:
        """Loyalty points, negative when spent."""
        return None if self.row.points is None else int(self.row.points)

    @property
    def rating(self) -> int | None:
        """As the source counts it."""
        return None if self.row.rating is None else int(self.row.rating)

    @property
    def number(self) -> str | None:
        """The row's key; None when the mapping calls it personal."""
        return None if self.row.natural_key is None else key_text(self.row.natural_key)

    @property
    def reader(self) -> Reader:
        """For opening values: access is decided by the profile, the keys are the facts' own."""
        whole = self.selection.page.reader(self.owner)
        return Reader(whole.request, self.selection.keys, whole.subject, whole.consented)


@dataclass(frozen=True, slots=True)
class FactWish:
    """Which facts of each profile, newest first; ``channel`` None means all."""

    kinds: tuple[str, ...]
    page: PageWish
    channel: str | None = None


def facts(  # noqa: PLR0913  the arguments of a connection
    profile: Profile,
    kinds: tuple[str, ...],
    *,
    first: int | None,
    after: str | None,
    channel: str | None = None,
    field: str,
) -> Connection[Fact]:
    """A page of a profile's facts, newest first; those without a time come last. ``field`` names the question for cursors."""
    request = profile.page.request
    chosen = None if channel is None else clear_text("channel", channel)
    question = f"{field}:{profile.id}:{','.join(kinds)}:{chosen}"
    cursors = Cursors(request.parts.cursor_key, request.principal, question)
    wish = FactWish(kinds, page_wish(cursors, first=first, after=after), chosen)
    by_profile = profile.page.once(wish, partial(_load, profile.page, wish))
    found = [(item, Position(item.row.occurred_at, item.row.incarnation)) for item in by_profile.get(profile.key, [])]
    return connection(found, wish.page, cursors)


def lines(order: Fact) -> list[Fact]:
    """The lines of an order, in the order of their keys."""
    return _children(order, ORDER_LINE)


def returns(order: Fact) -> list[Fact]:
    """What was returned of an order."""
    return _children(order, RETURN)


def fact_key(item: Fact) -> Personal | Plain:
    """The row's key: in clear, or sealed where the mapping calls it personal."""
    if item.number is not None:
        return Plain(item.number)
    sealed = _cells(item.selection).get(item.row.incarnation, {}).get((_NATURAL_KEY, 0))
    place = Place(item.row.incarnation, "fact_cell", cell_column(_NATURAL_KEY, 0), sealed or b"")
    return Personal(item.reader, _NATURAL_KEY, place, key_text)


def fact_attribute(item: Fact, name: str) -> Personal | None:
    """One personal value of a fact; None when it has none of that name."""
    return next((found.value for found in details(item) if found.name == name), None)


def details(item: Fact) -> list[Attribute]:
    """The personal values of a fact by name: a review's text, a visited address, a recipient."""
    cells = _cells(item.selection).get(item.row.incarnation, {})
    reader, incarnation = item.reader, item.row.incarnation
    return [
        Attribute(
            name,
            cell_text(reader, name, slot=slot, incarnation=incarnation, cell=cell, table="fact_cell"),
        )
        for (name, slot), cell in sorted(cells.items())
        if name != _NATURAL_KEY
    ]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _money(minor: int | None, currency: str | None) -> Money | None:
    """None without a currency: what parks an amount without one on its way in has no business guessing on the way out."""
    return None if minor is None or not currency else Money(minor, currency)


_FACT = (
    *fact.c,
    source_table.c.source.label("source"),
    source_table.c.name.label("table_name"),
)


def _load(page: ProfilePage, wish: FactWish) -> dict[bytes, list[Fact]]:
    """The facts of all profiles of the page, up to one more than asked for of each."""
    page.request.spend(len(page.ids) * wish.page.size)
    at = sa.func.coalesce(fact.c.occurred_at, _NEVER)
    newest = sa.func.row_number().over(
        partition_by=source_record.c.profile_id, order_by=(at.desc(), fact.c.incarnation.desc())
    )
    ranked = (
        sa.select(*_FACT, source_record.c.profile_id, newest.label("place"))
        .join_from(source_record, fact, fact.c.person_token == source_record.c.row_token)
        .join(source_table, source_table.c.id == fact.c.table_id)
        .where(source_record.c.profile_id.in_(page.ids), fact.c.kind.in_(wish.kinds), *_further(at, wish))
        .subquery()
    )
    query = sa.select(ranked).where(ranked.c.place <= wish.page.size + 1).order_by(ranked.c.place)
    found: dict[bytes, list[Fact]] = {}
    rows = page.request.connection.execute(query).all()
    for item in FactPage(page, [(row, row.profile_id) for row in rows]).facts:
        found.setdefault(item.owner, []).append(item)
    return found


def _further(at: sa.ColumnElement[int], wish: FactWish) -> list[sa.ColumnElement[bool]]:
    conditions = [] if wish.channel is None else [fact.c.channel == wish.channel]
    start = wish.page.start
    if start is not None:
        key = _NEVER if start.key is None else start.key
        conditions.append(sa.or_(at < key, sa.and_(at == key, fact.c.incarnation < start.id)))
    return conditions


def _children(parent: Fact, kind: str) -> list[Fact]:
    selection = parent.selection
    found = selection.once(kind, partial(_load_children, selection, kind))
    return found.get(parent.row.row_token, [])


def _load_children(selection: FactPage, kind: str) -> dict[bytes, list[Fact]]:
    """The facts of a kind that hang on any fact of the selection; counted when read, as nothing says how many there are."""
    owners = {item.row.row_token: item.owner for item in selection.facts}
    query = sa.select(*_FACT).join_from(fact, source_table, source_table.c.id == fact.c.table_id)
    rows = select_in(selection.request.connection, query.where(fact.c.kind == kind), fact.c.parent_token, owners)
    selection.request.spend(len(rows))
    rows.sort(key=lambda row: (len(row.natural_key or ""), row.natural_key or "", row.incarnation))
    found: dict[bytes, list[Fact]] = {}
    for item in FactPage(selection.page, [(row, owners[row.parent_token]) for row in rows]).facts:
        found.setdefault(item.row.parent_token, []).append(item)
    return found


def _cells(selection: FactPage) -> dict[bytes, dict[tuple[str, int], bytes]]:
    return selection.once("cells", partial(_load_cells, selection))


def _load_cells(selection: FactPage) -> dict[bytes, dict[tuple[str, int], bytes]]:
    incarnations: Collection[bytes] = [item.row.incarnation for item in selection.facts]
    rows = select_in(selection.request.connection, sa.select(fact_cell), fact_cell.c.incarnation, incarnations)
    selection.request.spend(len(rows))
    found: dict[bytes, dict[tuple[str, int], bytes]] = {}
    for row in rows:
        found.setdefault(row.incarnation, {})[row.attribute, row.slot] = row.cell
    return found
