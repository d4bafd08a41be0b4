"""Which records and pairs training looks at: samples of bounded size, read in pages and opened in memory only.

Row tokens and stored blocking keys are hashes, so the first of them in their order are a random sample, the same for every training
of the same state, and found without reading the rest.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, groupby
from random import Random
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity.blocking import key_limits
from identity.compared import Compared
from identity.features import Features
from identity.match_store import Ends
from identity.matching import Matcher, code_of, is_identifier
from identity.tables import blocking_key, match_record, source_record, steward_link
from storage import Bytes, chunks

#: Hears how many records were opened.
Progress = Callable[[int], None]

_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Sampled:
    """Records by incarnation: their features without generic identifiers, and the profile that each belongs to."""

    features: Mapping[bytes, Features]
    profiles: Mapping[bytes, bytes]

    def people(self) -> list[Features]:
        """One record of each profile."""
        first: dict[bytes, Features] = {}
        for record, features in self.features.items():
            first.setdefault(self.profiles[record], features)
        return list(first.values())


@dataclass(frozen=True, slots=True)
class Label:
    """What a steward decided about two live records."""

    ends: Ends
    is_match: bool


def sample_records(connection: Connection, compared: Compared, most: int, progress: Progress) -> Sampled:
    """At most ``most`` live records."""
    query = (
        sa.select(source_record.c.incarnation, source_record.c.profile_id)
        .join(match_record, match_record.c.incarnation == source_record.c.incarnation)
        .order_by(source_record.c.row_token)
        .limit(most)
    )
    profiles = {row.incarnation: row.profile_id for row in connection.execute(query)}
    return Sampled(open_features(compared, profiles, progress), profiles)


def open_features(
    compared: Compared, records: Iterable[bytes], progress: Progress = lambda _: None
) -> dict[bytes, Features]:
    """The features of records that can still be opened, generic identifiers taken out."""
    found: dict[bytes, Features] = {}
    for page in chunks(list(records), _PAGE):
        found |= {record: known.features for record, known in compared.known(page).items()}
        progress(len(page))
    return found


def random_pairs(sampled: Sampled, number: int) -> list[Ends]:
    """Pairs of records of different profiles, drawn at random: strangers, almost all."""
    records, chance = list(sampled.features), Random(0)  # noqa: S311 - repeatable randomness is wanted, secrecy is not
    if len(set(sampled.profiles.values())) < 2:  # noqa: PLR2004 - a pair is of two
        return []
    drawn = ((chance.choice(records), chance.choice(records)) for _ in range(number))
    return [(left, right) for left, right in drawn if sampled.profiles[left] != sampled.profiles[right]]


def blocked_pairs(connection: Connection, matcher: Matcher, kind: str, most: int) -> list[Ends]:
    """At most ``most`` pairs of records that share a blocking key of ``kind`` which is not generic."""
    key = blocking_key.c.key
    shared = (
        sa.select(key)
        .where(_is_of_kind(key, kind))
        .group_by(key)
        .having(sa.func.count().between(2, key_limits(kind, matcher.rules).people))
        # Keys of one place lie together: what stands behind it is a hash of the whole.
        .order_by(sa.func.substr(key, code_of(kind)[0] + 2), key)
        .limit(most)
    ).subquery()
    rows = connection.execute(
        sa.select(key, blocking_key.c.incarnation)
        .join(shared, shared.c.key == key)
        .order_by(key, blocking_key.c.incarnation)
    )
    pairs: dict[Ends, None] = {}
    for _, carriers in groupby(rows, key=lambda row: row.key):
        pairs |= dict.fromkeys(combinations([row.incarnation for row in carriers], 2))
        if len(pairs) >= most:
            break
    return list(pairs)[:most]


def crowded(connection: Connection, at_least: int) -> dict[bytes, list[bytes]]:
    """The stored keys of identifiers that so many records carry, and up to ``_PAGE`` of their carriers each."""
    key = blocking_key.c.key
    query = sa.select(key).group_by(key).having(sa.func.count() >= at_least)
    carriers = sa.select(blocking_key.c.incarnation).order_by(blocking_key.c.incarnation).limit(_PAGE)
    return {
        found: list(connection.execute(carriers.where(key == found)).scalars())
        for found in filter(is_identifier, connection.execute(query).scalars().all())
    }


def _is_of_kind(key: sa.ColumnElement[bytes], kind: str) -> sa.ColumnElement[bool]:
    place, code = code_of(kind)
    return sa.func.substr(key, place + 1, 1, type_=Bytes()) == code


def labels(connection: Connection) -> list[Label]:
    """The decisions of stewards that are in force: both rows live."""
    low, high = source_record.alias(), source_record.alias()
    query = (
        sa.select(low.c.incarnation, high.c.incarnation, steward_link.c.decision)
        .select_from(steward_link)
        .join(low, low.c.row_token == steward_link.c.low)
        .join(high, high.c.row_token == steward_link.c.high)
        .order_by(steward_link.c.id)
    )
    return [Label((left, right), decision == "must_link") for left, right, decision in connection.execute(query)]
