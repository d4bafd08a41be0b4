"""Generic keys: blocking keys that too many carry to say anything about one person. Pure.

What counts of an identifier is by how many *people* it is stated, as far as names tell: a family's phone may lead its members to each
other, a company's leads nowhere, and a customer who orders as a guest states one mailbox again and again, which says no less each time,
nor when a slip or a relative's order stands among forty of them.
Those who tell no name are probably of whoever does; only many of them are many people, as behind the phone that a till enters for
whoever has none. Whoever they are, no more records are led to each other than comparing them all is worth. Of a combined key only
the records count.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from fractions import Fraction
from typing import Final, NamedTuple, TypeVar

from identity.components import components

K = TypeVar("K", bound=Hashable)
R = TypeVar("R", bound=Hashable)

#: Kinds of combined keys that tell a whole name, and those that tell as much as there is of another.
_WHOLE_NAMES: Final = frozenset({"full_name"})
_PARTS_OF_NAMES: Final = frozenset({"surname_phone_ends", "surname_mailbox"})


#: So many records without a name count as one person.
NAMELESS: Final = 10


class Limits(NamedTuple):
    """A key is generic when more ``people``, or more ``records``, carry it."""

    people: int
    records: int


def names_among(keys: Collection[K], kind_of: Callable[[K], str]) -> frozenset[K]:
    """Those of a record's keys by which its names are told apart."""
    whole = frozenset(key for key in keys if kind_of(key) in _WHOLE_NAMES)
    return whole or frozenset(key for key in keys if kind_of(key) in _PARTS_OF_NAMES)


def generic_keys(
    carried: Mapping[K, Collection[R]],
    limits: Callable[[K], Limits],
    names: Callable[[Collection[R]], Mapping[R, Collection[Hashable]]],
) -> set[K]:
    """Those of the ``carried`` keys that are generic; ``names``, asked once at most, gives records' names as :func:`names_among`."""
    many = {key: carriers for key, carriers in carried.items() if 1 < len(carriers) > limits(key).people}
    found = {key for key, carriers in many.items() if len(carriers) > limits(key).records}
    if doubtful := many.keys() - found:
        told = names({record for key in doubtful for record in many[key]})
        found |= {key for key in doubtful if number_of_people(told.get(r, ()) for r in many[key]) > limits(key).people}
    return found


def number_of_people(names: Iterable[Collection[Hashable]]) -> Fraction:
    """How many people records are of, as far as their names tell: those that have one in common are of one, as are up to ten without any.

    Each person counts by its share of the records (the effective number of people, the inverse of Simpson's index): of as many
    people with equally many records each, two records drawn at random would be of one as often as of these. Six people with a record
    each are six; six slips beside forty records of one name are little more than one. 0 where there is no record.
    """
    named = [list(found) for found in names]
    nameless = sum(not found for found in named)
    alike = components((found[0], name) for found in named for name in found)
    person = {name: number for number, found in enumerate(alike) for name in found}
    records = [
        *Counter(person[found[0]] for found in named if found).values(),
        *(min(NAMELESS, nameless - start) for start in range(0, nameless, NAMELESS)),
    ]
    return Fraction(len(named) ** 2, sum(number**2 for number in records)) if records else Fraction()
