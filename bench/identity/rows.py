"""How a row of one source comes to say what it says about a person: the right values, and all that goes wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bench.identity.chance import Chance
from bench.identity.noise import SourceNoise
from bench.identity.people import Address, Language, Name, Person, current
from bench.identity.spelling import mask, misspelt_email, slip_digits, written_email, wrong_date

#: What a row says, by what it is about; `generator` gives it the column names of its source.
Values = dict[str, str | None]

_PLACEHOLDER_DATES = (date(1900, 1, 1), date(1970, 1, 1), date(2000, 1, 1), date(1990, 1, 1), date(1980, 1, 1))


class Writer(Language, Protocol):
    """How a country writes its values."""

    region: str
    placeholder_names: Sequence[str]
    placeholder_phones: Sequence[str]
    placeholder_emails: Sequence[str]

    def write_name(self, chance: Chance, name: Name, gender: str, case: str) -> str:
        """The name in one of the cases of `noise`."""

    def write_phone(self, chance: Chance, digits: str) -> str:
        """The number in some format."""

    def write_birthday(self, chance: Chance, born: date) -> str:
        """The date in some format."""

    def write_gender(self, chance: Chance, gender: str) -> str:
        """The gender in some code."""

    def write_city(self, chance: Chance, address: Address) -> str:
        """The city in some form."""

    def write_address(self, chance: Chance, address: Address, *, partial: bool) -> str:
        """The whole address on one line, or a part of it."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The chain's stores: the phones of the stores and of careless staff, most used first."""

    phones: Sequence[str]
    staff: Sequence[str]

    @classmethod
    def open(cls, language: Language, chance: Chance, count: int) -> "Stores":
        """So many stores, each with a phone; every second has somebody who keys their own phone to save time."""
        return cls(
            [language.phone(chance) for _ in range(count)], [language.phone(chance) for _ in range((count + 1) // 2)]
        )


class RowWriter:
    """Writes rows of one source."""

    def __init__(self, language: Writer, noise: SourceNoise, stores: Stores, chance: Chance) -> None:
        """``noise`` says how often which mistake is made."""
        self._language, self._noise, self._stores, self._chance = language, noise, stores, chance

    def write(self, person: Person, at_ms: int) -> Values:
        """All columns of a row that is written at a time."""
        chance, noise = self._chance, self._noise
        return {
            "name": self.name(person, at_ms),
            "phone": self.phone(person, at_ms),
            "email": self._email(person),
            "birthday": self.birthday(person),
            "gender": self._gender(person),
            "unionid": self._wechat(person, "unionid", noise.unionid),
            "openid": self._wechat(person, "openid", noise.openid),
            "card": self._card(person) if chance.hit(noise.card) else None,
            "store": f"S{chance.between(1, len(self._stores.phones)):03d}",
            **self.place(person, at_ms),
        }

    def name(self, person: Person, at_ms: int) -> str | None:
        """The name column."""
        case = self._chance.one_of(self._noise.name)
        if case == "missing":
            return None
        if case == "placeholder":
            return self._chance.pick(self._language.placeholder_names)
        return self._language.write_name(self._chance, current(person.names, at_ms), person.gender, case)

    def phone(self, person: Person, at_ms: int) -> str | None:
        """The phone column; a child has a parent's."""
        case = self._chance.one_of(self._noise.phone)
        if case == "missing":
            return None
        if case == "placeholder":
            return self._chance.pick(self._language.placeholder_phones)
        if case in {"store", "staff"}:
            phones = self._stores.phones if case == "store" else self._stores.staff
            return self._language.write_phone(self._chance, self._chance.frequent(phones, 1.2))
        digits = current(self._reached_by(person, case, "phone").phones, at_ms)
        if case == "masked":
            return mask(digits)
        return self._language.write_phone(self._chance, slip_digits(self._chance, digits) if case == "typo" else digits)

    def _reached_by(self, person: Person, case: str, by: str) -> Person:
        """Who a row's phone or mailbox belongs to: the person, or a grown-up of the household."""
        grown_ups = [relative for relative in person.relatives if not relative.is_child]
        borrows = case == "relative" or (person.is_child and self._chance.hit(self._noise.child_borrows[by]))
        return self._chance.pick(grown_ups) if borrows and grown_ups else person

    def _email(self, person: Person) -> str | None:
        case = self._chance.one_of(self._noise.email)
        if case == "missing":
            return None
        if case == "placeholder":
            return self._chance.pick(self._language.placeholder_emails)
        if case == "company" and person.company_email:
            return written_email(self._chance, person.company_email)
        email = self._chance.pick(self._reached_by(person, case, "email").emails)
        return misspelt_email(self._chance, email) if case == "typo" else written_email(self._chance, email)

    def birthday(self, person: Person) -> str | None:
        """The birthday column."""
        case = self._chance.one_of(self._noise.birthday)
        if case == "missing":
            return None
        if case == "placeholder":
            return self._language.write_birthday(self._chance, self._chance.frequent(_PLACEHOLDER_DATES, 1.0))
        born = wrong_date(self._chance, person.born) if case == "wrong" else person.born
        return self._language.write_birthday(self._chance, born)

    def _gender(self, person: Person) -> str | None:
        case = self._chance.one_of(self._noise.gender)
        if case == "missing":
            return None
        other = "F" if person.gender == "M" else "M"
        return self._language.write_gender(self._chance, other if case == "wrong" else person.gender)

    def place(self, person: Person, at_ms: int) -> Values:
        """The columns city and address."""
        case = self._chance.one_of(self._noise.address)
        is_office = case == "office" and person.office is not None
        where = person.office if is_office and person.office else current(person.homes, at_ms)
        city = self._language.write_city(self._chance, where) if self._chance.hit(self._noise.city) else None
        if case == "missing":
            return {"city": city, "address": None}
        text = self._language.write_address(self._chance, where, partial=case == "partial")
        return {"city": city, "address": text}

    def _wechat(self, person: Person, which: str, share: float) -> str | None:
        """An account of one's own; now and then the one that scans the code is somebody else of the household.

        A child has none, and is made a member with a parent's if at all.
        """
        if person.is_child:
            share *= self._noise.child_borrows["account"]
        if not self._chance.hit(share):
            return None
        is_borrowed = person.is_child or self._chance.hit(self._noise.scanned_by_relative)
        owner = self._reached_by(person, "relative" if is_borrowed else "", "account")
        return owner.unionid if which == "unionid" else owner.openid

    def _card(self, person: Person) -> str:
        """The person's card, or another one: who has lost a card gets a new one and often a new row."""
        number = person.card if self._chance.hit(0.7) else self._chance.between(0, 10**12 - 1)
        return f"88{number:012d}"
