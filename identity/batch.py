"""Resolve many records at once, in memory: the plain statement of what incremental resolution must equal.

Blocking, candidate pairs, scores, partition, with nothing stored and nothing clever. Tests hold the incremental resolver against
it, training and benchmarks run on it.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, TypeVar

from identity.blocking import BlockingKey, blocking_keys, claims, identifiers, is_claimed, key_limits
from identity.contradiction import contradiction, form_of, vouches
from identity.features import Features, build_features
from identity.generic import generic_keys, names_among
from identity.model import Model
from identity.partition import Constraints, Member, Pair, Partition, partition
from identity.records import FieldValue
from identity.rules import IdentityRules
from identity.scoring import Score, score

R = TypeVar("R", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Overrides(Generic[R]):
    """Stewards' decisions between records."""

    must_links: frozenset[tuple[R, R]] = frozenset()
    cannot_links: frozenset[tuple[R, R]] = frozenset()


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[R]):
    """``scores`` of all candidate pairs, each in the order of the records, and the partition that follows."""

    scores: Mapping[tuple[R, R], Score]
    partition: Partition[R]


def resolve_batch(  # noqa: PLR0913 - each named
    records: Mapping[R, Sequence[FieldValue]],
    rules: IdentityRules,
    model: Model,
    *,
    natural: Callable[[R], str] = str,
    overrides: Overrides[R] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> BatchResult[R]:
    """Resolve ``records``, a record key to its fields. ``natural`` gives the natural key, which must tell records apart.

    ``progress`` hears of each record that is read.
    """
    told = {}
    for record, values in records.items():
        told[record] = without_placeholders(build_features(values, rules), model)
        progress(1)
    return resolve_features(told, rules, model, natural=natural, overrides=overrides)


def resolve_features(
    told: Mapping[R, Features],
    rules: IdentityRules,
    model: Model,
    *,
    natural: Callable[[R], str] = str,
    overrides: Overrides[R] | None = None,
) -> BatchResult[R]:
    """The same for records whose features are built."""
    blocked = _block(told, rules)
    features = _without(told, blocked.generic)
    scores = {(left, right): score(features[left], features[right], model) for left, right in _pairs(told, blocked)}
    constraints = Constraints(
        threshold=model.threshold,
        beyond_doubt=model.beyond_doubt,
        cuts=model.cuts,
        must_links=overrides.must_links if overrides else frozenset(),
        cannot_links=overrides.cannot_links if overrides else frozenset(),
        clash=contradiction,
        vouches=vouches,
    )
    members = {
        record: Member(natural(record), unique_values(found), form_of(found)) for record, found in features.items()
    }
    pairs = [Pair(left, right, found.weight) for (left, right), found in scores.items()]
    return BatchResult(scores, partition(members, pairs, rules, constraints))


def unique_values(features: Features) -> dict[str, frozenset[bytes]]:
    """The identifiers that partition counts against their limits; of national ids only those that prove themselves.

    A mistyped one would otherwise keep a person's records apart; it weighs in the score.
    """
    values: dict[str, set[bytes]] = {}
    for kind, text in features.accounts:
        values.setdefault(kind, set()).add(text.encode())
    for phone in features.phones:
        values.setdefault("phone", set()).add(phone.encode())
    for email in features.emails:
        values.setdefault("email", set()).add(email.address.encode())
    for found in features.national_ids:
        if found.is_proven:
            values.setdefault("national_id", set()).add(found.number.encode())
    return {kind: frozenset(tokens) for kind, tokens in values.items()}


def without_placeholders(features: Features, model: Model) -> Features:
    """Features without what training found to identify nobody."""
    if not model.placeholders:
        return features
    told = [*identifiers(features), *features.claims, *(("birthday", day) for day in features.birthday)]
    return features.without([value for value in told if model.is_placeholder(*value)])


def without_generic(features: Mapping[R, Features], rules: IdentityRules) -> dict[R, Features]:
    """All features without the identifiers that are generic, and without such claims."""
    return _without(features, _block(features, rules).generic)


def candidate_pairs(features: Mapping[R, Features], rules: IdentityRules) -> set[tuple[R, R]]:
    """The pairs of records that share a key which is not generic, each in the order of ``features``; claims decide nothing."""
    return _pairs(features, _block(features, rules))


def generic_among(keys: Mapping[R, Collection[BlockingKey]], rules: IdentityRules) -> set[BlockingKey]:
    """The keys of records that are generic, of all kinds."""
    return _generic(keys, _postings(keys), rules)


@dataclass(frozen=True, slots=True)
class _Blocked(Generic[R]):
    """The records by their keys, and which of these are generic."""

    carriers: Mapping[BlockingKey, Sequence[R]]
    generic: Collection[BlockingKey]


def _block(features: Mapping[R, Features], rules: IdentityRules) -> _Blocked[R]:
    keys = {record: blocking_keys(found) for record, found in features.items()}
    carriers = _postings(keys)
    return _Blocked(carriers, _generic(keys, carriers, rules))


def _generic(
    keys: Mapping[R, Collection[BlockingKey]], carriers: Mapping[BlockingKey, Sequence[R]], rules: IdentityRules
) -> set[BlockingKey]:
    def names(records: Collection[R]) -> dict[R, frozenset[BlockingKey]]:
        return {record: names_among(keys[record], _kind) for record in records}

    return generic_keys(carriers, lambda key: key_limits(key.kind, rules), names)


def _pairs(records: Iterable[R], blocked: _Blocked[R]) -> set[tuple[R, R]]:
    place = {record: number for number, record in enumerate(records)}
    return {
        pair if place[pair[0]] < place[pair[1]] else (pair[1], pair[0])
        for key, carriers in blocked.carriers.items()
        if key not in blocked.generic and not is_claimed(key)
        for pair in combinations(carriers, 2)
    }


def _without(features: Mapping[R, Features], generic: Collection[BlockingKey]) -> dict[R, Features]:
    return {record: _stripped(found, generic) for record, found in features.items()}


def _kind(key: BlockingKey) -> str:
    return key.kind


def _postings(keys: Mapping[R, Collection[BlockingKey]]) -> dict[BlockingKey, list[R]]:
    postings: dict[BlockingKey, list[R]] = {}
    for record, found in keys.items():
        for key in found:
            postings.setdefault(key, []).append(record)
    return postings


def _stripped(features: Features, generic: Collection[BlockingKey]) -> Features:
    crowded = [key for claim, key in claims(features).items() if claim in generic or key in generic]
    return features.without(identifiers(features).intersection(generic), claims=crowded)
