"""Estimate a model from records whose truth is known: count the levels that pairs of each kind reach.

Pairs of one person give ``m``, pairs of one household ``relatives``, random pairs ``u``. An equal identifier is too rare among
random pairs to be counted there: it is counted on all pairs that share a blocking key, over the number of all pairs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import Final

from bench.models.beliefs import ADDRESS, BELIEFS, PHONE, UNCOUNTED, Belief
from bench.models.world import Record
from identity import IdentityRules
from identity.batch import candidate_pairs, without_generic
from identity.features import Features, build_features
from identity.model import Model
from identity.scoring import score

#: People of the store that the default models are made for: between a shop of some thousand customers and a chain of hundreds of
#: thousands. The more people, the rarer a pair of one person among all pairs, one bit for each doubling; but in a large store the
#: limits of generic keys keep the common names from being compared, so the smaller stores set the scale.
POPULATION: Final = 20_000

Levels = Counter[tuple[str, str]]

_RANDOM_PAIRS: Final = 300_000
_BELIEVED_PAIRS: Final = 200
_BELIEVED_STRANGERS: Final = 20_000
_RARE: Final = 1e-5
_MASKED_BY_CHANCE: Final = 3e-6  # three digits of some thirty prefixes, and four free ones


@dataclass(frozen=True, slots=True)
class Odds:
    """Probabilities of all levels; how many pairs of a person, and of relatives, there are among all of the population."""

    levels: Mapping[str, Mapping[str, Belief]]
    same_per_pair: float
    relatives_per_pair: float


@dataclass(frozen=True, slots=True)
class _Counts:
    """``per_pair`` turns a count of ``strangers`` into a share of all pairs of the population."""

    per_pair: float
    same: Levels
    relatives: Levels
    random: Levels
    strangers: Levels


def read(records: Iterable[Record], rules: IdentityRules) -> tuple[list[Record], dict[int, Features]]:
    """Records in a fixed order and their features by number, generic values taken out."""
    listed = list(records)
    return listed, without_generic({n: build_features(r.values, rules) for n, r in enumerate(listed)}, rules)


def estimate(records: Sequence[Record], features: Mapping[int, Features], model: Model, rules: IdentityRules) -> Odds:
    """Count levels; ``model`` only chooses between the names of records that have several."""
    same = list(_pairs_within(records, "person"))
    relatives = [p for p in _pairs_within(records, "household") if records[p[0]].person != records[p[1]].person]
    strangers = [p for p in candidate_pairs(features, rules) if records[p[0]].household != records[p[1]].household]
    chance, everybody = Random(0), len(records)
    drawn = ((chance.randrange(everybody), chance.randrange(everybody)) for _ in range(_RANDOM_PAIRS))
    random = [p for p in drawn if records[p[0]].household != records[p[1]].household]
    people = len({record.person for record in records})
    scale = people / POPULATION / (everybody * (everybody - 1) / 2)
    counts = _Counts(
        per_pair=scale,
        same=_count(same, features, model),
        relatives=_count(relatives, features, model),
        random=_count(random, features, model),
        strangers=_count(strangers, features, model),
    )
    return Odds(
        {comparison: _simple(comparison, counts) for comparison in BELIEFS} | {"contact": _contact(counts)},
        len(same) * scale,
        len(relatives) * scale,
    )


def _pairs_within(records: Sequence[Record], unit: str) -> Iterable[tuple[int, int]]:
    members: dict[int, list[int]] = {}
    for number, record in enumerate(records):
        members.setdefault(getattr(record, unit), []).append(number)
    for found in members.values():
        yield from combinations(found, 2)


def _count(pairs: Iterable[tuple[int, int]], features: Mapping[int, Features], model: Model) -> Levels:
    """Count levels; those of phone and address also alone, where the other is told or not."""
    counted: Levels = Counter()
    for left, right in pairs:
        for found in score(features[left], features[right], model).levels:
            counted[found.comparison, found.level] += 1
            if found.comparison == "contact":
                phone, _, address = found.level.partition("+")
                counted.update([("phone", phone), ("address", address)])
    return counted


def _simple(comparison: str, counts: _Counts) -> dict[str, Belief]:
    beliefs = BELIEFS[comparison]
    is_identifier = "same" in beliefs and beliefs["same"].u < _RARE
    odds = _odds(comparison, beliefs, counts, "same" if is_identifier else "")
    return odds | {level: belief for level, belief in beliefs.items() if any(belief is each for each in UNCOUNTED)}


def _odds(name: str, beliefs: Mapping[str, Belief], counts: _Counts, coincidence: str) -> dict[str, Belief]:
    """Shares of levels; ``coincidence`` is the level that random pairs cannot show."""
    m = _shares(name, {level: belief.m for level, belief in beliefs.items()}, counts.same, _BELIEVED_PAIRS)
    r = _shares(name, {level: belief.relatives for level, belief in beliefs.items()}, counts.relatives, _BELIEVED_PAIRS)
    u = _shares(name, {level: belief.u for level, belief in beliefs.items()}, counts.random, _BELIEVED_STRANGERS)
    if coincidence:
        told = sum(counts.random[name, level] for level in beliefs) / _RANDOM_PAIRS
        counted = counts.strangers[name, coincidence] * counts.per_pair / told if told else 0.0
        u[coincidence] = max(beliefs[coincidence].u, counted)
    return {level: Belief(m[level], u[level], r[level]) for level in beliefs}


def _shares(name: str, beliefs: Mapping[str, float], counts: Levels, weight: float) -> dict[str, float]:
    """Shares of the levels where the comparison was told, beliefs counting like so many pairs."""
    total = sum(counts[name, level] for level in beliefs) + weight
    return {level: (counts[name, level] + belief * weight) / total for level, belief in beliefs.items()}


def _contact(counts: _Counts) -> dict[str, Belief]:
    """Phone and address together: independent among strangers, as counted among one person's records and relatives.

    Shares add up to one for each of what may be told (both, only the phone, only the address), so that missing weighs nothing.
    """
    phones = _odds("phone", PHONE, counts, "same")
    phones["masked"] = phones["masked"]._replace(u=phones["masked"].m * _MASKED_BY_CHANCE)
    addresses = _odds("address", ADDRESS, counts, "")
    both = {f"{p}+{a}": (phones[p], addresses[a]) for p in PHONE for a in ADDRESS}
    independent = {level: Belief(p.m * a.m, p.u * a.u, p.relatives * a.relatives) for level, (p, a) in both.items()}
    m = _shares("contact", {level: odds.m for level, odds in independent.items()}, counts.same, _BELIEVED_PAIRS)
    r = _shares(
        "contact", {level: odds.relatives for level, odds in independent.items()}, counts.relatives, _BELIEVED_PAIRS
    )
    return (
        {level: Belief(m[level], odds.u, r[level]) for level, odds in independent.items()}
        | {f"{phone}+-": odds for phone, odds in phones.items()}
        | {f"-+{address}": odds for address, odds in addresses.items()}
    )
