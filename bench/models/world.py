"""People in households, and slips of the finger: what both invented worlds have in common."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from identity import FieldValue

DIGITS: Final = "0123456789"


@dataclass(slots=True)
class Person:
    """One invented person; lists hold values that were given up for others, the newest last."""

    number: int
    household: int
    gender: str
    surname: str
    given: str
    born: date
    phones: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    homes: list[dict[str, str]] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    maiden_name: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a person, with the truth beside it."""

    person: int
    household: int
    values: tuple[FieldValue, ...]


def is_so(chance: Random, share: float) -> bool:
    """Throw dice."""
    return chance.random() < share


def slip(chance: Random, text: str, alphabet: str) -> str:
    """One character wrong, missing, too many, or exchanged with its neighbour."""
    at = chance.randrange(len(text))
    match chance.randrange(4):
        case 0:
            return text[:at] + chance.choice(alphabet) + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1 :] if len(text) > 1 else text
        case 2:
            return text[:at] + chance.choice(alphabet) + text[at:]
        case _:
            return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


def digits_slip(chance: Random, digits: str) -> str:
    """One digit wrong, or two neighbours exchanged; the length stays."""
    at = chance.randrange(1, len(digits) - 1)
    if is_so(chance, 0.5):
        return digits[:at] + chance.choice(DIGITS) + digits[at + 1 :]
    return digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]


def wrong_day(chance: Random, born: date) -> date:
    """A birthday as people get it wrong: a digit, day and month exchanged, a part of it, or another day."""
    within_month = min(born.day, 28)
    kind = chance.randrange(9)
    if kind == 0 and born.day <= 12:
        return date(born.year, born.day, born.month)
    if kind <= 2:
        return born.replace(year=born.year + chance.choice((-10, -1, 1, 10)), day=within_month)
    if kind <= 5:
        day, month = (chance.randint(1, 28), born.month) if kind < 5 else (within_month, chance.randint(1, 12))
        return born.replace(month=month, day=day)
    if kind == 6:
        return born.replace(month=1, day=1)
    if kind == 7:  # by the lunar calendar, or that of a contract
        return born + timedelta(days=chance.choice((-1, 1)) * chance.randint(20, 50))
    return date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))


def families(
    chance: Random, people: int, marry: Callable[[Random, int, int, int], Sequence[Person]]
) -> Iterator[list[Person]]:
    """Households of one to five until there are enough people; ``marry`` makes one of a size, with its numbers."""
    number = household = 0
    while number < people:
        size = chance.choices((1, 2, 3, 4, 5), (30, 25, 23, 14, 8))[0]
        yield list(marry(chance, household, number, size))
        number += size
        household += 1


def born_between(chance: Random, oldest: int, youngest: int) -> date:
    """A birthday of somebody so many years old in 2025."""
    return date(2025 - oldest, 1, 1) + timedelta(days=chance.randrange((oldest - youngest) * 365 + 365))


def fields(told: dict[str, str], *, app: str = "") -> tuple[FieldValue, ...]:
    """Field values of a row; empty texts are NULL."""
    return tuple(
        FieldValue(attribute, 0, text or None, app=app if attribute == "wechat_openid" else "")
        for attribute, text in told.items()
    )
