"""The profile, and what an id can stand for instead of one."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import strawberry

import resolvers as ask
from schema import facts
from schema.common import Connection, Money, Node
from schema.decisions import Decision, decisions
from schema.evidence import Cut, weakest_place
from schema.facts import Fact, Loyalty, Order, Return, Review, Visit
from schema.field import field
from schema.info import Info
from schema.overview import ConsentState, Counts, Identifier, LineageStep, SourceRecord, Total
from schema.personal import Attribute, PersonalText, Shown, shown


def _golden(name: str) -> Callable[[ask.Profile, Info], Shown | None]:
    def resolve(root: strawberry.Parent[ask.Profile], info: Info) -> Shown | None:
        found = ask.attribute(root, name)
        return None if found is None else shown(found.value, info, found)

    return resolve


def _attribute(
    root: strawberry.Parent[ask.Profile],
    info: Info,
    name: Annotated[str, strawberry.argument(description="A standard name, or `trait.<name>`.")],
) -> Shown | None:
    return _golden(name)(root, info)


def _attributes(root: strawberry.Parent[ask.Profile]) -> list[ask.GoldenAttribute]:
    return ask.attributes(root)


def _identifiers(root: strawberry.Parent[ask.Profile]) -> list[ask.Identifier]:
    return ask.identifiers(root)


def _records(root: strawberry.Parent[ask.Profile]) -> list[ask.SourceRecord]:
    return ask.records(root)


def _totals(root: strawberry.Parent[ask.Profile]) -> list[ask.Total]:
    return ask.totals(root)


def _channels(root: strawberry.Parent[ask.Profile]) -> list[str]:
    return ask.channels(root)


def _consents(root: strawberry.Parent[ask.Profile]) -> list[ask.ConsentState]:
    return ask.consents(root)


def _lineage(
    root: strawberry.Parent[ask.Profile],
    first: Annotated[int, strawberry.argument(description=f"How many, 1 to {ask.MAX_PAGE}.")] = ask.DEFAULT_PAGE,
) -> list[ask.LineageStep]:
    return ask.history(root, first)


def _household(root: strawberry.Parent[ask.Profile]) -> list[ask.Profile]:
    return ask.household(root)


@strawberry.type(
    description="The people who probably live with a person: records of theirs share a phone, a home, a name."
)
class Household:
    """A part of :class:`resolvers.Profile`."""

    profiles: list["Profile"] = field(resolver=_household, description="The others, by id.")


@strawberry.type(description="One person, as all sources together know them.")
class Profile(Node):
    """See :class:`resolvers.Profile`."""

    name: PersonalText | None = field(resolver=_golden("name"), description="The full name.")
    given_name: PersonalText | None = field(resolver=_golden("given_name"), description="The given name.")
    family_name: PersonalText | None = field(resolver=_golden("family_name"), description="The family name.")
    email: PersonalText | None = field(resolver=_golden("email"), description="The e-mail address.")
    phone: PersonalText | None = field(resolver=_golden("phone"), description="The phone number, E.164.")
    birthday: PersonalText | None = field(resolver=_golden("birthday"), description="The date of birth.")
    gender: PersonalText | None = field(resolver=_golden("gender"), description="As the source has it.")
    address: PersonalText | None = field(resolver=_golden("address"), description="The postal address.")
    city: PersonalText | None = field(resolver=_golden("city"), description="The city.")
    region: PersonalText | None = field(resolver=_golden("region"), description="The province or state.")
    country: PersonalText | None = field(resolver=_golden("country"), description="The country.")
    language: PersonalText | None = field(resolver=_golden("language"), description="The language.")
    attribute: PersonalText | None = field(
        resolver=_attribute, description="One attribute by name; null when no source holds it."
    )
    attributes: list[Attribute] = field(
        resolver=_attributes, description="All attributes, identifiers and traits included."
    )
    identifiers: list[Identifier] = field(
        resolver=_identifiers, description="By what the person can be found, strongest first."
    )
    records: list[SourceRecord] = field(resolver=_records, description="The source records, earliest seen first.")

    counts: Counts = field(resolver=facts.itself, description="How much there is of each kind.")
    spent: Money = field(description="Orders and receipts less returns, those in the main currency only.")
    totals: list[Total] = field(resolver=_totals, description="Sums by kind, channel and currency.")
    channels: list[str] = field(resolver=_channels, description="The channels that the person was active in.")
    first_activity_at: datetime | None = field(description="When the first fact occurred.")
    last_activity_at: datetime | None = field(description="When the last fact occurred.")

    orders: Connection[Order] = field(
        resolver=facts.orders, description="Orders and receipts of all channels, newest first."
    )
    returns: Connection[Return] = field(resolver=facts.returns, description="Returns, newest first.")
    visits: Connection[Visit] = field(resolver=facts.visits, description="Visits and other events, newest first.")
    reviews: Connection[Review] = field(resolver=facts.reviews, description="Reviews, newest first.")
    loyalty: Loyalty = field(resolver=facts.itself, description="The loyalty account.")
    timeline: Connection[Fact] = field(
        resolver=facts.timeline, description="Facts of all kinds in one list, newest first."
    )

    consents: list[ConsentState] = field(resolver=_consents, description="What the person consents to, by purpose.")
    lineage: list[LineageStep] = field(resolver=_lineage, description="How the profile came to be, newest step first.")

    weakest_place: Cut | None = field(
        resolver=weakest_place,
        description="The least evidence without which the profile would fall apart. Null when it has one record only, or when it would tell of people that the caller may not see.",
    )
    decisions: list[Decision] = field(
        resolver=decisions, description="What stewards decided about its records, the earliest first."
    )
    household: Household = field(resolver=facts.itself, description="Who probably lives with the person.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Tell Strawberry which of our values this type shows."""
        return isinstance(value, ask.Profile)


@strawberry.type(
    description="An id whose person is found under another one: their profiles were merged, or its record ended."
)
class ProfileMoved(Node):
    """See :class:`resolvers.ProfileMoved`."""

    profile: Profile = field(description="Where the person is found now.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Tell Strawberry which of our values this type shows."""
        return isinstance(value, ask.ProfileMoved)


@strawberry.type(description="An id whose last record was deleted. Shown only to those who see all stores.")
class ProfileDeleted(Node):
    """See :class:`resolvers.ProfileDeleted`."""

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Tell Strawberry which of our values this type shows."""
        return isinstance(value, ask.ProfileDeleted)


ProfileResult = Annotated[
    Profile | ProfileMoved | ProfileDeleted,
    strawberry.union("ProfileResult", description="What the id of a profile can stand for."),
]
