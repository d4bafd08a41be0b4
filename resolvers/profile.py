"""Profiles: the pages they are shown in, and the ways to a single one."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from identity import IDENTIFIER_KINDS, identifier, normalise, resolve_ids, source_record
from privacy import scope
from profiles import profile as profile_table
from resolvers.consents import granted
from resolvers.context import Request
from resolvers.errors import BadInput
from resolvers.personal import Keys, Reader
from resolvers.plain import Money, clear_text, id_bytes, id_text, moment
from resolvers.selection import Selection

_AMBIGUOUS = 2
#: As many profiles of one identifier as a person can look through.
MOST_HOLDERS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One profile of a page; its counters are sums over its source records."""

    page: "ProfilePage"
    key: bytes
    winners: str
    records_count: int
    orders_count: int
    receipts_count: int
    returns_count: int
    visits_count: int
    reviews_count: int
    points: int
    spent_minor: int
    first_at: int | None
    last_at: int | None

    @property
    def id(self) -> str:
        """The id that is shown now."""
        return id_text(self.key)

    @property
    def spent(self) -> Money:
        """Orders and receipts less returns, in the main currency only."""
        return Money(self.spent_minor, self.page.request.parts.currency)

    @property
    def first_activity_at(self) -> datetime | None:
        """When the first fact occurred."""
        return moment(self.first_at)

    @property
    def last_activity_at(self) -> datetime | None:
        """When the last fact occurred."""
        return moment(self.last_at)

    @property
    def reader(self) -> Reader:
        """For opening values of this profile."""
        return self.page.reader(self.key)


@dataclass(frozen=True, slots=True)
class ProfileMoved:
    """An id that is not shown any more: what it stood for is part of ``profile`` now."""

    id: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class ProfileDeleted:
    """An id whose last record was deleted."""

    id: str


class ProfilePage(Selection):
    """The profiles of one level of an answer."""

    def __init__(self, request: Request, rows: Iterable[Sequence[Any]]) -> None:
        """``rows`` hold :data:`COLUMNS`."""
        super().__init__(request)
        self.keys = Keys(request)
        self.profiles = tuple(Profile(self, *row) for row in rows)
        self.ids = tuple(profile.key for profile in self.profiles)

    def reader(self, profile_id: bytes) -> Reader:
        """For opening values of one of these profiles, with the page's keys."""
        return Reader(self.request, self.keys, profile_id, lambda: profile_id in self._granting())

    def _granting(self) -> frozenset[bytes]:
        purpose = self.request.caller.purpose or ""
        return self.once("granting", lambda: granted(self.request.connection, self.ids, purpose))


#: The columns of a :class:`Profile`, in its order.
COLUMNS = (
    profile_table.c.id,
    profile_table.c.winners,
    profile_table.c.records,
    profile_table.c.orders,
    profile_table.c.receipts,
    profile_table.c.returns,
    profile_table.c.visits,
    profile_table.c.reviews,
    profile_table.c.points,
    profile_table.c.spent_minor,
    profile_table.c.first_activity_at,
    profile_table.c.last_activity_at,
)


def in_scope(request: Request, profile_id: sa.ColumnElement[bytes] = profile_table.c.id) -> sa.ColumnElement[bool]:
    """The SQL predicate of every query for profiles: those that have a record of a store of the caller's."""
    allowed = scope(request.principal)
    if allowed.everything:
        return sa.true()
    member = source_record.alias()
    members = sa.select(member.c.incarnation).where(
        member.c.profile_id == profile_id, member.c.store.in_(sorted(allowed.stores))
    )
    return members.exists()


def load_page(request: Request, query: sa.Select[Any]) -> ProfilePage:
    """Run a query for :data:`COLUMNS`; the scope is added here."""
    return ProfilePage(request, request.connection.execute(query.where(in_scope(request))).all())


def profile(request: Request, id_given: str) -> Profile | ProfileMoved | ProfileDeleted | None:
    """What an id stands for; None when it was never issued or is out of the caller's scope."""
    request.asks_for_people("profile")
    key = id_bytes(id_given)
    request.spend(1)
    leads_to = resolve_ids(request.connection, [key]).get(key, b"")
    if leads_to is None:
        return ProfileDeleted(id_text(key)) if scope(request.principal).everything else None
    page = load_page(request, sa.select(*COLUMNS).where(profile_table.c.id == leads_to))
    if not page.profiles:
        return None
    return page.profiles[0] if leads_to == key else ProfileMoved(id_text(key), page.profiles[0])


def profile_by_identifier(request: Request, kind: str, value: str, app: str = "") -> Profile | None:
    """The profile that carries an identifier; None when no profile in scope does, or several do.

    What a record only claims (its source could have verified it and has not) leads nowhere: or whoever typed another person's
    e-mail address would be found in that person's place.

    ``kind`` is one of ``identity.IDENTIFIER_KINDS``. Recorded in the audit log whatever comes of it.
    """
    request.asks_for_people("profileByIdentifier")
    request.spend(1)
    found = _holders(request, kind, value, app, most=_AMBIGUOUS)
    return found[0] if len(found) == 1 else None


def profiles_by_identifier(request: Request, kind: str, value: str, app: str = "") -> list[Profile]:
    """The profiles in scope that carry an identifier, the last active first; of more than :data:`MOST_HOLDERS` so many.

    For a family's phone, and for two profiles of which somebody wonders whether they are one. Claims lead nowhere, and it is recorded,
    as with :func:`profile_by_identifier`.
    """
    request.asks_for_people("profilesByIdentifier")
    request.spend(MOST_HOLDERS)
    found = _holders(request, kind, value, app, most=MOST_HOLDERS)
    # Sorted here: a database that is asked to may rather walk all profiles in this order.
    return sorted(found, key=lambda each: (-(each.last_at or 0), each.key))


def _holders(request: Request, kind: str, value: str, app: str, *, most: int) -> tuple[Profile, ...]:
    if kind not in IDENTIFIER_KINDS:
        raise BadInput("type must be a type of identifier")
    normalised = normalise(kind, clear_text("value", value), request.parts.identity_rules, clear_text("app", app))
    request.trail.lookups.add(kind)
    token = request.parts.tokens.token(kind, normalised or "")
    holders = (
        sa.select(source_record.c.profile_id)
        .join(identifier, identifier.c.incarnation == source_record.c.incarnation)
        .where(identifier.c.token == token, identifier.c.verified.is_not(sa.false()))
    )
    return load_page(request, sa.select(*COLUMNS).where(profile_table.c.id.in_(holders)).limit(most)).profiles


def winners(profile_: Profile) -> dict[str, tuple[bytes, int]]:
    """The surviving cell of each attribute: (incarnation, slot)."""
    pointers: dict[str, Sequence[Any]] = json.loads(profile_.winners)
    return {attribute: (bytes.fromhex(pointer[0]), int(pointer[1])) for attribute, pointer in pointers.items()}
