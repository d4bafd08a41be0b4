"""How common names and days of birth are among an installation's own people.

A term gets a place in the model only if at least ``LEAST_PEOPLE`` people of the sample bear it, so that no rare name is in the
file; all other terms stay as rare as the model that training starts from has them.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from identity.comparison import solid, solid_surname
from identity.features import Features
from identity.model import Model
from identity.scoring import composed_surprise
from identity.training.estimate import blended

#: Fewer people than this leave no trace.
LEAST_PEOPLE: Final = 5

_BIT: Final = 1000
_DAYS: Final = 365.25


def learned_terms(people: Iterable[Features], base: Model) -> dict[str, dict[str, int]]:
    """How surprising the terms are that enough people bear, by table, in 1/1000 bit; smoothed by ``base``. Not keyed yet."""
    counted, everybody = _count(people)
    learned: dict[str, dict[str, int]] = {}
    for table, terms in counted.items():
        # Of birthdays only the day of the year is counted; the table tells how surprising it is with its year.
        years = 2 ** (-base.terms[table].default / _BIT) * _DAYS if table == "birthday" else 1.0
        learned[table] = {
            term: _surprise(number, everybody[table], composed_surprise(base, table, term), years)
            for term, number in terms.items()
            if number >= LEAST_PEOPLE
        }
    return learned


def _surprise(number: int, everybody: int, before: int, years: float) -> int:
    share = blended(2 ** (-before / _BIT) / years, number, everybody, seen_by_half=LEAST_PEOPLE) * years
    return max(round(-math.log2(share) * _BIT), 0)


def _count(people: Iterable[Features]) -> tuple[Mapping[str, Counter[str]], Counter[str]]:
    """How many people bear each term, and how many tell any, by table."""
    counted: dict[str, Counter[str]] = {}
    everybody: Counter[str] = Counter()
    for person in people:
        borne: dict[str, set[str]] = {}
        for table, term in _terms(person):
            borne.setdefault(table, set()).add(term)
        for table, terms in borne.items():
            counted.setdefault(table, Counter()).update(terms)
            everybody[table] += 1
    return counted, everybody


def _terms(person: Features) -> Iterator[tuple[str, str]]:
    """The tables and terms under which a person's names and birthday would be looked up; a name also by its sound."""
    for name in person.names:
        if name.surname:
            sound = solid_surname(name.surname)
            yield from (("surname", name.surname), ("surname", sound), ("surname_sound", sound))
        if name.given and "*" not in name.given:
            sound = solid(name.given)
            yield from (("given", name.given), ("given", sound), ("given_sound", sound))
    for day in person.birthday:
        yield "birthday", day[4:]
