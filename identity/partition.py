"""Partition records into clusters: a pure function of records, pairs and rules.

Pairs join best first, ties broken by natural key, so the result does not depend on the order in which anything arrived.
A union is refused when the cluster would hold more values of an identifier than its limit (one, for a unique identifier) or
more records than allowed. Constrained agglomerative clustering on pairwise match weights; the terms are Splink's.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from identity.rules import IdentityRules

R = TypeVar("R", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Member:
    """What partition needs to know of a record: ``natural`` breaks ties, ``values`` maps a kind to its tokens."""

    natural: str
    values: Mapping[str, frozenset[bytes]]


@dataclass(frozen=True, slots=True)
class Pair(Generic[R]):
    """A candidate pair and its match weight in 1/1000 bit."""

    left: R
    right: R
    weight: int


@dataclass(frozen=True, slots=True)
class Refusal(Generic[R]):
    """A union that a rule forbade; ``rule`` is an identifier kind, or ``max_cluster_records``."""

    pair: Pair[R]
    rule: str


@dataclass(frozen=True, slots=True)
class Partition(Generic[R]):
    """Disjoint clusters that cover all records, and the unions that were refused."""

    clusters: tuple[frozenset[R], ...]
    refused: tuple[Refusal[R], ...]


def partition(members: Mapping[R, Member], pairs: Iterable[Pair[R]], rules: IdentityRules) -> Partition[R]:
    """Cluster ``members`` by ``pairs`` (each between two of them) under ``rules``. O(m log m) in pairs."""
    clusters: dict[R, _Cluster[R]] = {record: _Cluster.of(record, member) for record, member in members.items()}
    refused = []
    for pair in _best_first(members, pairs):
        left, right = clusters[pair.left], clusters[pair.right]
        if left is right:
            continue
        rule = _broken_rule(left, right, rules)
        if rule:
            refused.append(Refusal(pair, rule))
            continue
        big, small = (left, right) if len(left.records) >= len(right.records) else (right, left)
        big.absorb(small)
        for record in small.records:
            clusters[record] = big
    distinct = {id(cluster): frozenset(cluster.records) for cluster in clusters.values()}
    return Partition(tuple(distinct.values()), tuple(refused))


def breaks_no_rule(values: Iterable[Mapping[str, frozenset[bytes]]], size: int, rules: IdentityRules) -> bool:
    """Whether records with these ``values`` may all be one cluster; then no union among them is ever refused."""
    if size > rules.max_cluster_records:
        return False
    together: dict[str, set[bytes]] = {}
    for of_one in values:
        for kind, tokens in of_one.items():
            together.setdefault(kind, set()).update(tokens)
    return all(len(tokens) <= rules.identifiers[kind].max_values for kind, tokens in together.items())


@dataclass(slots=True)
class _Cluster(Generic[R]):
    records: list[R]
    values: dict[str, set[bytes]]

    @classmethod
    def of(cls, record: R, member: Member) -> "_Cluster[R]":
        return cls([record], {kind: set(tokens) for kind, tokens in member.values.items()})

    def absorb(self, other: "_Cluster[R]") -> None:
        self.records += other.records
        for kind, tokens in other.values.items():
            self.values.setdefault(kind, set()).update(tokens)


def _best_first(members: Mapping[R, Member], pairs: Iterable[Pair[R]]) -> Sequence[Pair[R]]:
    def order(pair: Pair[R]) -> tuple[int, str, str]:
        low, high = sorted((members[pair.left].natural, members[pair.right].natural))
        return (-pair.weight, low, high)

    return sorted(pairs, key=order)


def _broken_rule(left: "_Cluster[R]", right: "_Cluster[R]", rules: IdentityRules) -> str:
    if len(left.records) + len(right.records) > rules.max_cluster_records:
        return "max_cluster_records"
    for kind in sorted(left.values.keys() | right.values.keys()):
        together = left.values.get(kind, set()) | right.values.get(kind, set())
        if len(together) > rules.identifiers[kind].max_values:
            return kind
    return ""
