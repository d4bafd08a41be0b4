"""Values that identify nobody, told by how many bear them: a store's own phone, a cashier's dummy e-mail, a form's default date.

An identifier is one when people of at least ``MANY_NAMES`` different names state it, weighed by their records as in
:mod:`identity.generic`, or at least ``MANY_RECORDS`` records that tell no name: more than any household or person has. A birthday
is one when at least ``MANY_NAMES`` people have it, and ``TIMES_USUAL`` times as many as an average date. They are kept as keyed hashes, and those of the model before stay.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy.engine import Connection

from identity.blocking import identifiers
from identity.comparison import solid, solid_surname
from identity.features import Features
from identity.generic import number_of_people
from identity.match_reader import MatchReader
from identity.matching import Matcher, kind_of
from identity.model import Digest
from identity.training.sample import crowded

MANY_RECORDS: Final = 50
MANY_NAMES: Final = 10
TIMES_USUAL: Final = 20

_DATES: Final = 365.25 * 60  # as good as uniform over the ages of customers


def learned_placeholders(
    connection: Connection, matcher: Matcher, reader: MatchReader, people: Iterable[Features], digest: Digest
) -> dict[str, list[str]]:
    """The keyed hashes of values that identify nobody, by kind of identifier, and ``birthday``."""
    found = _by_kind(connection, matcher, reader, digest)
    found["birthday"] = [digest("birthday", day) for day in usual_dates(person.birthday for person in people)]
    return {kind: sorted(values) for kind, values in found.items() if values}


def usual_dates(birthdays: Iterable[tuple[str, ...]]) -> list[str]:
    """The dates (``YYYYMMDD``) that too many people have."""
    told = [readings for readings in birthdays if readings]
    most = max(MANY_NAMES, TIMES_USUAL * len(told) / _DATES)
    return [day for day, number in Counter(day for readings in told for day in readings).items() if number >= most]


def identifies_nobody(carriers: Mapping[bytes, Features]) -> bool:
    """Whether records of too many names, or too many without one, carry a value; a regular customer's have one name."""
    names = [
        (" ".join(sorted((solid_surname(name.surname), solid(name.given)))),)
        for features in carriers.values()
        for name in features.names[:1]
    ]
    return (
        number_of_people(names) >= MANY_NAMES
        or sum(not features.names for features in carriers.values()) >= MANY_RECORDS
    )


def _by_kind(connection: Connection, matcher: Matcher, reader: MatchReader, digest: Digest) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, records in crowded(connection, MANY_NAMES).items():
        carriers = {record: each.known.features for record, each in reader.read(connection, records).items()}
        told = {each for features in carriers.values() for each in identifiers(features) if each.kind == kind_of(key)}
        if identifies_nobody(carriers):
            values = [digest(each.kind, each.text) for each in told if matcher.stored(each) == key]
            found.setdefault(kind_of(key), []).extend(values)
    return found
