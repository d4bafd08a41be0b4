"""The true world: households of persons with their phones, homes and addresses over time; companies; recycled numbers.

Nothing here is misspelt or missing. All times are milliseconds since 1970 UTC, between :data:`START_MS` and :data:`END_MS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, Protocol, TypeVar

from bench.identity.chance import Chance
from bench.identity.noise import Noise

DAY_MS = 86_400_000
START_MS = 1_577_836_800_000  # 2020-01-01
END_MS = START_MS + 2_300 * DAY_MS
LAST_JOINED_MS = END_MS - 200 * DAY_MS

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Since(Generic[Value]):
    """A value that holds from a time on."""

    at_ms: int
    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """A name as its owner writes it."""

    family: str
    given: str


@dataclass(frozen=True, slots=True)
class Address:
    """A home or an office; ``estate`` is a named estate or house ("" for none), ``room`` a flat or room number (0 for none)."""

    region: str
    city: str
    district: str
    road: str
    number: int
    estate: str
    building: int
    room: int


@dataclass(slots=True)
class Person:
    """Somebody who can be a customer, with everything that is true of them."""

    number: int
    gender: str
    born: date
    is_child: bool
    names: list[Since[Name]]
    phones: list[Since[str]]
    homes: list[Since[Address]]
    emails: list[str]
    unionid: str
    openid: str
    card: int
    joined_ms: int
    rows: int
    relatives: list["Person"] = field(default_factory=list)
    company_email: str = ""
    office: Address | None = None


class Language(Protocol):
    """What the world needs to know of a country: how people are called, and where and by which numbers they can be reached."""

    def name(self, chance: Chance, gender: str, born: date, *, family: str = "", sibling: str = "") -> Name:
        """A name, of a ``family`` and like a ``sibling``'s given name where these are given."""

    def address(self, chance: Chance) -> Address:
        """A home or an office."""

    def phone(self, chance: Chance) -> str:
        """A mobile number in the national form, digits only."""

    def email(self, chance: Chance, name: Name, born: date, phone: str) -> str:
        """An address of one's own."""


def current(values: Sequence[Since[Value]], at_ms: int) -> Value:
    """The value that held at a time; the first one for any time before it."""
    return next((held.value for held in reversed(values) if held.at_ms <= at_ms), values[0].value)


class World:
    """All persons of a data set."""

    def __init__(self, language: Language, noise: Noise, chance: Chance, records: int) -> None:
        """``records`` is how many rows all persons have together."""
        self._language, self._noise, self._chance = language, noise, chance
        self.people: list[Person] = []
        missing = records
        while missing > 0:
            for person in self._household():
                person.rows = min(person.rows, missing)
                missing -= person.rows
        self._companies()
        self._changed_phones()

    def _household(self) -> list[Person]:
        size = self._chance.weighted(range(1, len(self._noise.household) + 1), self._noise.household)
        home = self._homes()
        adults = self._adults(min(size, 2), home)
        children = self._children(adults, size - 2, home) if size > 2 else []
        customers = adults + [child for child in children if self._chance.hit(self._noise.child_is_customer)]
        for person in customers:
            person.relatives = [other for other in (*adults, *children) if other is not person]
        self.people += customers
        return customers

    def _adults(self, count: int, home: list[Since[Address]]) -> list[Person]:
        year = self._chance.between(1948, 2002)
        first = self._person(self._chance.pick("MF"), self._day(year), home)
        if count == 1:
            return [first]
        other = "F" if first.gender == "M" else "M"
        second = self._person(other, self._day(min(2003, year + self._chance.between(-4, 5))), home)
        self._marry(first, second)
        return [first, second]

    def _marry(self, first: Person, second: Person) -> None:
        wife, husband = (first, second) if first.gender == "F" else (second, first)
        if self._chance.hit(self._noise.married_name):
            married = Name(husband.names[0].value.family, wife.names[0].value.given)
            wife.names.append(Since(self._chance.between(START_MS - 11_000 * DAY_MS, END_MS), married))

    def _children(self, adults: list[Person], count: int, home: list[Since[Address]]) -> list[Person]:
        parent = max(person.born.year for person in adults)
        father = next(person for person in adults if person.gender == "M")
        family = father.names[0].value.family
        born = self._day(min(2015, parent + self._chance.between(22, 34)))
        gender = self._chance.pick("MF")
        children = [self._person(gender, born, home, family=family)]
        if count > 1:
            is_twin = self._chance.hit(self._noise.twins)
            later = born if is_twin else self._day(min(2017, born.year + self._chance.between(2, 6)))
            gender = gender if is_twin and self._chance.hit(0.8) else self._chance.pick("MF")
            sibling = children[0].names[0].value.given if is_twin or self._chance.hit(0.3) else ""
            children.append(self._person(gender, later, home, family=family, sibling=sibling))
        return children

    def _person(
        self, gender: str, born: date, home: list[Since[Address]], *, family: str = "", sibling: str = ""
    ) -> Person:
        chance = self._chance
        name = self._language.name(chance, gender, born, family=family, sibling=sibling)
        phone = self._language.phone(chance)
        number = chance.between(0, 16**12)
        emails = [self._language.email(chance, name, born, phone)]
        if chance.hit(self._noise.second_email):
            emails.append(self._language.email(chance, name, born, phone))
        return Person(
            number=number,
            gender=gender,
            born=born,
            is_child=born.year > 2007,
            names=[Since(0, name)],
            phones=[Since(0, phone)],
            homes=home,
            emails=emails,
            unionid=f"oUnion{number:022x}",
            openid=f"oOpen{number * 7 + 3:023x}",
            card=number % 10**12,
            joined_ms=chance.between(START_MS, LAST_JOINED_MS),
            rows=chance.weighted(range(1, len(self._noise.rows) + 1), self._noise.rows),
        )

    def _homes(self) -> list[Since[Address]]:
        homes = [Since(0, self._language.address(self._chance))]
        if self._chance.hit(self._noise.moves):
            homes.append(Since(self._chance.between(START_MS, END_MS), self._language.address(self._chance)))
        return homes

    def _day(self, year: int) -> date:
        return date(year, self._chance.between(1, 12), self._chance.between(1, 28))

    def _companies(self) -> None:
        """Colleagues share an address and a mailbox."""
        working = [p for p in self.people if not p.is_child and self._chance.hit(self._noise.works_in_company)]
        while working:
            staff = [working.pop() for _ in range(min(len(working), self._chance.between(2, 8)))]
            office = self._language.address(self._chance)
            mailbox = self._chance.pick(("info", "office", "admin", "service", "sales", "hr"))
            email = f"{mailbox}@{self._chance.pick(_TRADES)}{self._chance.between(1, 9_999)}.{self._chance.pick(('com', 'cn', 'net'))}"
            for person in staff:
                person.office, person.company_email = office, email

    def _changed_phones(self) -> None:
        """Some change their number; some of the numbers given up belong to somebody else later."""
        for person in self.people:
            if self._chance.hit(self._noise.changes_phone):
                at_ms = self._chance.between(START_MS, END_MS)
                given_up = person.phones[-1].value
                person.phones.append(Since(at_ms, self._language.phone(self._chance)))
                if self._chance.hit(self._noise.recycles_phone):
                    self._recycle(person, given_up, at_ms + self._chance.between(90, 400) * DAY_MS)

    def _recycle(self, former: Person, phone: str, at_ms: int) -> None:
        heir = self._chance.pick(self.people)
        if heir is not former and heir.phones[-1].at_ms < at_ms < LAST_JOINED_MS:
            heir.phones.append(Since(at_ms, phone))
            heir.joined_ms = max(heir.joined_ms, at_ms)


_TRADES = (
    "huaxin",
    "jinda",
    "hengtong",
    "atlas",
    "nordic",
    "bluesky",
    "delta",
    "orient",
    "unitech",
    "golden",
    "summit",
)
