"""What identity must be, by brute force over the live rows, and what an installation stores, in the same words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

import sqlalchemy as sa

from cdc import RawEvent, RecordChange, Translator
from identity import FieldValue, Matcher, pair, review_item, source_record
from identity.batch import Overrides, resolve_batch, without_generic
from identity.blocking import COMBINED_LIMITS, BlockingKey, blocking_keys, identifiers, key_limits
from identity.features import Features
from identity.generic import NAMELESS
from identity.matching import Weighed
from identity.partition import Partition
from identity.scoring import score
from tests.installation import Installation

Fields = Mapping[str, tuple[FieldValue, ...]]
#: Two natural keys.
Ends = frozenset[str]


@dataclass(frozen=True, slots=True)
class Meaning:
    """Profiles as sets of natural keys; ``pairs``: weight, suggestion, household; ``reviews``: reason, weight."""

    profiles: frozenset[frozenset[str]]
    pairs: Mapping[Ends, Weighed]
    reviews: Mapping[Ends, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Computed:
    """What brute force finds, and why: the keys that are generic, the whole partition, and the identifiers that few people repeat."""

    meaning: Meaning
    generic: frozenset[BlockingKey]
    partition: Partition[str]
    repeated: frozenset[BlockingKey]


def stored(one: Installation) -> Meaning:
    """What an installation stores; a record that is not there (any more) has no name."""
    with one.parts.database.read() as connection:
        shown = connection.execute(sa.select(source_record.c.incarnation, source_record.c.profile_id)).all()
        naturals = one.parts.reader.natural_keys(connection, [row.incarnation for row in shown])
        pairs = connection.execute(sa.select(pair)).all()
        reviews = connection.execute(sa.select(review_item)).all()
    profiles: dict[bytes, set[str]] = {}
    for row in shown:
        profiles.setdefault(row.profile_id, set()).add(naturals[row.incarnation])

    def ends(row: sa.Row[tuple[bytes, bytes]]) -> Ends:
        return frozenset(naturals.get(end, f"gone {end.hex()}") for end in (row.a, row.b))

    return Meaning(
        frozenset(map(frozenset, profiles.values())),
        {ends(row): Weighed(row.weight, row.suggestion, row.is_household) for row in pairs},
        {ends(row): (row.reason, row.weight) for row in reviews},
    )


def fields_of(translator: Translator, events: Collection[RawEvent]) -> Fields:
    """What rows say, by natural key; ``events`` hold each row once."""
    changes = [translator.translate(event) for event in events]
    return {change.row.natural(): change.fields for change in changes if isinstance(change, RecordChange)}


def computed(rows: Fields, matcher: Matcher, links: Collection[tuple[str, str, str]] = ()) -> Computed:
    """What these rows mean, with stewards' decisions ``(decision, natural, natural)``."""
    links = [link for link in links if link[1] in rows and link[2] in rows]
    overrides = Overrides(
        frozenset((left, right) for decision, left, right in links if decision == "must_link"),
        frozenset((left, right) for decision, left, right in links if decision == "cannot_link"),
    )
    found = resolve_batch(rows, matcher.rules, matcher.model, overrides=overrides)
    told = {natural: matcher.features(fields) for natural, fields in rows.items()}
    keys = {natural: blocking_keys(features) for natural, features in told.items()}
    generic = _generic(keys, matcher)
    pairs = _pairs(told, keys, generic, matcher=matcher)
    assert {ends: weight for ends, (weight, _, _) in pairs.items() if weight is not None} == {
        frozenset(ends): score.weight for ends, score in found.scores.items()
    }
    profiles = frozenset(found.partition.clusters)
    reviews = _reviews(pairs, found.partition, overrides, matcher)
    return Computed(Meaning(profiles, pairs, reviews), generic, found.partition, _repeated(keys, matcher))


def _generic(keys: Mapping[str, Collection[BlockingKey]], matcher: Matcher) -> frozenset[BlockingKey]:
    return frozenset(
        key
        for key, names in _names_by_key(keys).items()
        if len(names) > key_limits(key.kind, matcher.rules).records or _is_of_many(key, names, matcher)
    )


def _repeated(keys: Mapping[str, Collection[BlockingKey]], matcher: Matcher) -> frozenset[BlockingKey]:
    """Identifiers that more records than people carry, so that it counts how many people they are."""
    return frozenset(
        key
        for key, names in _names_by_key(keys).items()
        if len(names) > key_limits(key.kind, matcher.rules).people
        and not _is_of_many(key, names, matcher)
        and key.kind not in COMBINED_LIMITS
    )


def _is_of_many(key: BlockingKey, names: list[set[str]], matcher: Matcher) -> bool:
    return key.kind not in COMBINED_LIMITS and people(names) > key_limits(key.kind, matcher.rules).people


def _names_by_key(keys: Mapping[str, Collection[BlockingKey]]) -> dict[BlockingKey, list[set[str]]]:
    """The names of each of a key's carriers."""
    found: dict[BlockingKey, list[set[str]]] = {}
    for carried in keys.values():
        for key in carried:
            found.setdefault(key, []).append(_names(carried))
    return found


def people(names: list[set[str]]) -> Fraction:
    """How many people these names are of: one in the chance that two of the records, drawn one after the other, are of one person.

    Two are where they have a name in common, or somebody has one in common with both; up to ten without a name are one, too.
    """
    nameless = [one for one in names if not one]
    tens = [len(nameless[start : start + NAMELESS]) for start in range(0, len(nameless), NAMELESS)]
    persons = [*tens, *_named([(one, 1) for one in names if one])]
    pairs = sum(1 for records in persons for _ in product(range(records), repeat=2))
    return 1 / Fraction(pairs, len(names) ** 2)


def _named(persons: list[tuple[set[str], int]]) -> list[int]:
    """How many records each person has."""
    for left, right in combinations(persons, 2):
        if left[0] & right[0]:
            rest = [one for one in persons if one is not left and one is not right]
            return _named([(left[0] | right[0], left[1] + right[1]), *rest])
    return [records for _, records in persons]


def _names(keys: Collection[BlockingKey]) -> set[str]:
    """The names that a record tells: whole ones, else what it has."""
    whole = {key.text for key in keys if key.kind == "full_name"}
    return whole or {key.text for key in keys if key.kind in {"surname_mailbox", "surname_phone_ends"}}


def _pairs(
    told: Mapping[str, Features],
    keys: Mapping[str, frozenset[BlockingKey]],
    generic: frozenset[BlockingKey],
    *,
    matcher: Matcher,
) -> dict[Ends, Weighed]:
    """Of all pairs those that share a key which is not generic, or of which one claims what the other says, weighed."""
    features = without_generic(told, matcher.rules)
    pairs = {}
    for left, right in combinations(told, 2):
        shared = {key for key in keys[left] & keys[right] if not key.kind.startswith("claimed_")}
        if shared - generic:
            pairs[frozenset((left, right))] = _weighed(features[left], features[right], matcher)
        elif _is_claimed_between(features[left], features[right]):
            suggestion = _weighed(features[left], features[right], matcher).suggestion
            pairs[frozenset((left, right))] = Weighed(None, suggestion)
    return pairs


def _is_claimed_between(left: Features, right: Features) -> bool:
    """Whether one claims what the other claims or states; generic values were taken out."""
    said = [{*identifiers(features), *features.claims} for features in (left, right)]
    return bool(said[1].intersection(left.claims) or said[0].intersection(right.claims))


def _weighed(left: Features, right: Features, matcher: Matcher) -> Weighed:
    weight = score(left, right, matcher.model).weight
    as_claimed = score(left.with_claims(), right.with_claims(), matcher.model).weight
    return Weighed(weight, max(weight, as_claimed), matcher.weigh(left, right).is_household)


def _reviews(
    pairs: Mapping[Ends, Weighed],
    partition: Partition[str],
    overrides: Overrides[str],
    matcher: Matcher,
) -> dict[Ends, tuple[str, int]]:
    """What is likely, not joined, and not decided: refused by name, only claimed, or unsure."""
    model = matcher.model
    home = {natural: cluster for cluster in partition.clusters for natural in cluster}
    decided = {frozenset(ends) for ends in overrides.cannot_links}
    refused = {frozenset((refusal.pair.left, refusal.pair.right)): refusal.rule for refusal in partition.refused}
    reviews = {}
    for ends, (weight, suggestion, _) in pairs.items():
        left, right = ends
        if home[left] is home[right] or suggestion < model.review or ends in decided:
            continue
        claimed = (
            "unverified" if (weight is None or weight < model.threshold) and model.threshold <= suggestion else "unsure"
        )
        reviews[ends] = (refused.get(ends, claimed), suggestion)
    return reviews
