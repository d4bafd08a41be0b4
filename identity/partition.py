"""Partition records into clusters: a pure function of records, pairs, overrides and rules.

Pairs join best first, ties broken by natural key, so the result does not depend on the order in which anything arrived. A union
is refused, by name, when the cluster would

- hold two records that a steward forbade to be one (``cannot_link``);
- hold more records than allowed (``max_cluster_records``), or more values of an identifier than its limit (its kind);
- hold records that contradict each other without having been found to match (``name``, ``birthday``), unless the pair that
  would join them is beyond doubt, or a record of the cluster matches both and vouches for them;
- be for the natural key to choose (``ambiguous``): a record matches two just as well that contradict each other, or that a steward parted,
  and joins neither;
- rest on less than what speaks against it (``evidence``): the stored pairs between the two clusters, summed.

Constrained agglomerative clustering on pairwise match weights; the terms are Splink's. O(m log m) in the pairs.
"""

import sys
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from identity.components import bridges, components
from identity.rules import IdentityRules

R = TypeVar("R", bound=Hashable)

#: Components of more records than this are cut by higher thresholds before anything joins.
LARGE_COMPONENT = 500

#: Names what two forms contradict each other in, "" if nothing.
Clash = Callable[[Any, Any], str]

#: Whether a form, that of a record which matches both others and is in one cluster with the second one, settles what they contradict
#: each other in.
Vouch = Callable[[Any, Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Member:
    """What partition needs to know of a record.

    ``natural`` breaks ties; ``values`` maps a kind to its tokens; ``form`` is what :attr:`Constraints.clash` compares (None
    contradicts nobody).
    """

    natural: str
    values: Mapping[str, frozenset[bytes]]
    form: Hashable = None


@dataclass(frozen=True, slots=True)
class Pair(Generic[R]):
    """A candidate pair and its match weight in 1/1000 bit."""

    left: R
    right: R
    weight: int


@dataclass(frozen=True, slots=True)
class Refusal(Generic[R]):
    """A union that a rule forbade; ``rule`` as the module's docstring lists them, or ``large_component``."""

    pair: Pair[R]
    rule: str


@dataclass(frozen=True, slots=True)
class Partition(Generic[R]):
    """Disjoint clusters that cover all records, the unions that were refused, the pairs on which alone a cluster hangs.

    ``linked`` are the must-links and ``joined`` the pairs that united two clusters when their turn came: together a spanning
    forest of the clusters.
    """

    clusters: tuple[frozenset[R], ...]
    refused: tuple[Refusal[R], ...]
    bridges: tuple[Pair[R], ...] = ()
    linked: tuple[tuple[R, R], ...] = ()
    joined: tuple[Pair[R], ...] = ()


@dataclass(frozen=True, slots=True)
class Constraints(Generic[R]):
    """What decides beside the rules.

    Pairs of at least ``threshold`` join; weaker ones only count as evidence. From ``beyond_doubt`` on no contradiction between
    other records of the clusters stands against a pair: they would have to be wrong in more than a name. ``cuts`` are higher thresholds, rising.
    ``must_links`` and ``cannot_links`` are stewards' decisions; of two that contradict each other the second wins.
    """

    threshold: int = 0
    cuts: tuple[int, ...] = ()
    must_links: frozenset[tuple[R, R]] = frozenset()
    cannot_links: frozenset[tuple[R, R]] = frozenset()
    clash: Clash | None = None
    beyond_doubt: int = sys.maxsize
    vouches: Vouch | None = None


def partition(
    members: Mapping[R, Member],
    pairs: Iterable[Pair[R]],
    rules: IdentityRules,
    constraints: Constraints[R] | None = None,
) -> Partition[R]:
    """Cluster ``members`` by ``pairs`` (each between two of them, once) under ``rules`` and ``constraints``."""
    limits: Constraints[R] = constraints or Constraints()
    ordered = _best_first(members, pairs)
    building = _Building(members, rules, limits, ordered)
    building.link(_best_first(members, (Pair(left, right, 0) for left, right in limits.must_links)))
    kept, cut = _cut([pair for pair in ordered if pair.weight >= limits.threshold], limits)
    building.join(kept)
    distinct = {id(cluster): frozenset(cluster.records) for cluster in building.home.values()}
    return Partition(
        tuple(distinct.values()),
        tuple(Refusal(pair, "large_component") for pair in cut if not building.are_joined(pair))
        + tuple(building.refused),
        tuple(_bridges([pair for pair in kept if building.are_joined(pair)], building.links_within())),
        tuple((pair.left, pair.right) for pair in building.linked),
        tuple(building.joined),
    )


def _bridges(pairs: Sequence[Pair[R]], links: Sequence[tuple[R, R]]) -> list[Pair[R]]:
    """The joining pairs that neither other pairs nor stewards' links replace."""
    found = bridges([*((pair.left, pair.right) for pair in pairs), *links])
    return [pairs[place] for place in found if place < len(pairs)]


def breaks_no_rule(values: Iterable[Mapping[str, frozenset[bytes]]], size: int, rules: IdentityRules) -> bool:
    """Whether records with these ``values`` may all be one cluster; then no identifier's rule refuses a union of them."""
    if size > rules.max_cluster_records:
        return False
    together: dict[str, set[bytes]] = {}
    for of_one in values:
        for kind, tokens in of_one.items():
            together.setdefault(kind, set()).update(tokens)
    return all(len(tokens) <= rules.identifiers[kind].max_values for kind, tokens in together.items())


def _best_first(members: Mapping[R, Member], pairs: Iterable[Pair[R]]) -> Sequence[Pair[R]]:
    def order(pair: Pair[R]) -> tuple[int, str, str]:
        low, high = sorted((members[pair.left].natural, members[pair.right].natural))
        return (-pair.weight, low, high)

    return sorted(pairs, key=order)


def _cut(pairs: Sequence[Pair[R]], limits: Constraints[R]) -> tuple[list[Pair[R]], list[Pair[R]]]:
    """Pairs that may join, and those given up to cut large components at successively higher thresholds."""
    kept, gone = list(pairs), []
    for cut in limits.cuts:
        large = {
            record
            for component in components([(p.left, p.right) for p in kept], limits.must_links)
            if len(component) > LARGE_COMPONENT
            for record in component
        }
        if not large:
            break
        gone += [pair for pair in kept if pair.left in large and pair.weight < cut]
        kept = [pair for pair in kept if pair.left not in large or pair.weight >= cut]
    return kept, gone


@dataclass(slots=True, eq=False)
class _Cluster(Generic[R]):
    """``ties`` sums the evidence of stored pairs by the cluster at their other end."""

    records: list[R]
    values: dict[str, set[bytes]]
    forms: set[Hashable]
    foes: set[R] = field(default_factory=set)
    ties: "dict[int, int]" = field(default_factory=dict)

    @classmethod
    def of(cls, record: R, member: Member) -> "_Cluster[R]":
        forms = set() if member.form is None else {member.form}
        return cls([record], {kind: set(tokens) for kind, tokens in member.values.items()}, forms)

    def absorb(self, other: "_Cluster[R]") -> None:
        self.records += other.records
        self.forms |= other.forms
        self.foes |= other.foes
        for kind, tokens in other.values.items():
            self.values.setdefault(kind, set()).update(tokens)


class _Building(Generic[R]):
    """Clusters that grow by unions."""

    def __init__(
        self,
        members: Mapping[R, Member],
        rules: IdentityRules,
        constraints: Constraints[R],
        pairs: Sequence[Pair[R]],
    ) -> None:
        self.home: dict[R, _Cluster[R]] = {record: _Cluster.of(record, member) for record, member in members.items()}
        self.refused: list[Refusal[R]] = []
        self.linked: list[Pair[R]] = []
        self.joined: list[Pair[R]] = []
        self._members, self._rules, self._constraints = members, rules, constraints
        self._by_id = {id(cluster): cluster for cluster in self.home.values()}
        self._agreed: dict[Hashable, set[Hashable]] = {}
        self._matches: dict[R, dict[int, list[R]]] = {}
        self._torn: dict[R, set[R]] = {}
        for left, right in constraints.cannot_links:
            self.home[left].foes.add(right)
            self.home[right].foes.add(left)
        for pair in pairs:
            self._tie(pair)

    def _tie(self, pair: Pair[R]) -> None:
        """Remember what a pair says for and against the union of its clusters.

        Only what exceeds the threshold speaks for it: a match is the rarer thing, so the sum starts far below zero.
        """
        excess = pair.weight - self._constraints.threshold
        if excess >= 0:
            form, other = self._members[pair.left].form, self._members[pair.right].form
            self._agreed.setdefault(form, set()).add(other)
            self._agreed.setdefault(other, set()).add(form)
            self._matches.setdefault(pair.left, {}).setdefault(pair.weight, []).append(pair.right)
            self._matches.setdefault(pair.right, {}).setdefault(pair.weight, []).append(pair.left)
        elif pair.weight >= 0:
            return
        evidence = excess if excess >= 0 else pair.weight
        left, right = self.home[pair.left], self.home[pair.right]
        left.ties[id(right)] = left.ties.get(id(right), 0) + evidence
        right.ties[id(left)] = left.ties[id(right)]

    def are_joined(self, pair: Pair[R]) -> bool:
        return self.home[pair.left] is self.home[pair.right]

    def link(self, pairs: Iterable[Pair[R]]) -> None:
        """Join what stewards joined; only their own prohibitions stand against it."""
        for pair in pairs:
            left, right = self.home[pair.left], self.home[pair.right]
            if left is right:
                continue
            if self._are_foes(left, right):
                self.refused.append(Refusal(pair, "cannot_link"))
            else:
                self.linked.append(pair)
                self._unite(left, right)

    def links_within(self) -> list[tuple[R, R]]:
        """The must-links that hold; one that a prohibition overrules leads out of a cluster, and holds nothing together."""
        return [(left, right) for left, right in self._constraints.must_links if self.home[left] is self.home[right]]

    def join(self, pairs: Iterable[Pair[R]]) -> None:
        """Join pairs in their order, each unless a rule is broken."""
        for pair in pairs:
            left, right = self.home[pair.left], self.home[pair.right]
            if left is right:
                continue
            if rule := self._broken_rule(left, right, pair.weight) or self._ambiguous(pair):
                self.refused.append(Refusal(pair, rule))
            else:
                self.joined.append(pair)
                self._unite(left, right)

    def _unite(self, left: _Cluster[R], right: _Cluster[R]) -> None:
        big, small = (left, right) if _size(left) >= _size(right) else (right, left)
        big.absorb(small)
        for record in small.records:
            self.home[record] = big
        big.ties.pop(id(small), None)
        small.ties.pop(id(big), None)
        for other, evidence in small.ties.items():
            third = self._by_id[other]
            del third.ties[id(small)]
            big.ties[other] = third.ties[id(big)] = big.ties.get(other, 0) + evidence

    def _broken_rule(self, left: _Cluster[R], right: _Cluster[R], weight: int) -> str:
        if self._are_foes(left, right):
            return "cannot_link"
        if len(left.records) + len(right.records) > self._rules.max_cluster_records:
            return "max_cluster_records"
        for kind in sorted(left.values.keys() | right.values.keys()):
            together = left.values.get(kind, set()) | right.values.get(kind, set())
            if len(together) > self._rules.identifiers[kind].max_values:
                return kind
        is_beyond_doubt = weight >= self._constraints.beyond_doubt
        return (not is_beyond_doubt and self._contradiction(left.forms, right.forms)) or (
            "evidence" if left.ties.get(id(right), 0) < 0 else ""
        )

    def _ambiguous(self, pair: Pair[R]) -> str:
        if pair.weight >= self._constraints.beyond_doubt:
            return ""
        # Both are asked: either may be torn, and must not join by a weaker pair later on.
        torn = [self._is_torn(*ends, pair.weight) for ends in ((pair.left, pair.right), (pair.right, pair.left))]
        return "ambiguous" if any(torn) else ""

    def _is_torn(self, record: R, other: R, weight: int) -> bool:
        """Whether ``record`` matches somebody just as well whom it could not join beside ``other``, or was found to before."""
        there = self.home[other]
        just_as_well = self._matches[record][weight]
        rivals = [third for third in just_as_well if self._is_rival(self.home[third], there, self.home[record], weight)]
        if rivals:
            self._torn.setdefault(record, set()).update(rivals, (other,))
        return any(self.home[each] is there for each in self._torn.get(record, ()))

    def _is_rival(self, rival: _Cluster[R], there: _Cluster[R], here: _Cluster[R], weight: int) -> bool:
        """Whether ``here`` could join ``rival`` as well as ``there``, but not both: they contradict each other, or a steward parted them."""
        if rival is there or rival is here or self._broken_rule(here, rival, weight):
            return False
        return self._are_foes(there, rival) or bool(self._contradiction(here.forms | there.forms, rival.forms))

    def _are_foes(self, left: _Cluster[R], right: _Cluster[R]) -> bool:
        few, other = (left.foes, right) if len(left.foes) <= len(right.foes) else (right.foes, left)
        return any(self.home[record] is other for record in few)

    def _contradiction(self, left: set[Hashable], right: set[Hashable]) -> str:
        """What forms of the two contradict each other in, unless records of just these forms match or another one vouches."""
        clash = self._constraints.clash
        if clash is None:
            return ""
        found = {
            rule
            for form in left
            for other in right
            if form != other
            and other not in self._agreed.get(form, ())
            and (rule := clash(form, other))
            and not self._is_vouched(form, other, left)
            and not self._is_vouched(other, form, right)
        }
        return max(found, default="")

    def _is_vouched(self, form: Hashable, other: Hashable, around: set[Hashable]) -> bool:
        """Whether one of the forms ``around`` the first, that of a record which matches both, vouches for them."""
        vouches = self._constraints.vouches
        if vouches is None:
            return False
        witnesses = self._agreed.get(form, set()) & self._agreed.get(other, set()) & around
        return any(vouches(witness, form, other) for witness in witnesses)


def _size(cluster: _Cluster[R]) -> int:
    return len(cluster.records) + len(cluster.ties)
