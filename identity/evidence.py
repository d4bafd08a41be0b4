"""What joins the records of a component, and how it leads from one record to another.

*Evidence* is what may join: stored pairs at or above the threshold and stewards' must-links, which outweigh every pair. Whether
it does, partition decides.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf
from typing import Generic

from identity.graphs import hops_to, union_find
from identity.partition import Constraints, Member, Pair, Partition, R, partition
from identity.rules import IdentityRules


@dataclass(frozen=True, slots=True)
class MustLink(Generic[R]):
    """A steward's decision that two records are one person, its ends as :attr:`Constraints.must_links` has them."""

    left: R
    right: R


#: A piece of evidence that can be retracted.
Tie = Pair[R] | MustLink[R]


@dataclass(frozen=True, slots=True)
class Step(Generic[R]):
    """A piece of evidence walked from ``start`` to ``end``, which may be its right and its left record."""

    start: R
    end: R
    evidence: Tie[R]


@dataclass(frozen=True, slots=True)
class Path(Generic[R]):
    """Steps from one record to another and the weakest evidence among them; none from a record to itself."""

    steps: tuple[Step[R], ...]
    weakest: Tie[R] | None


@dataclass(frozen=True, eq=False)
class Component(Generic[R]):
    """Records and everything that decides on them, as partition takes it; partitioned once, when first asked.

    ``pairs`` are all stored ones, also those that speak against a union. Links are between ``members``.
    """

    members: Mapping[R, Member]
    pairs: Sequence[Pair[R]]
    rules: IdentityRules
    constraints: Constraints[R] = field(default_factory=Constraints)

    @cached_property
    def partition(self) -> Partition[R]:
        """What partition makes of the component."""
        return partition(self.members, self.pairs, self.rules, self.constraints)

    @cached_property
    def home(self) -> Mapping[R, frozenset[R]]:
        """The cluster of each record."""
        return {record: cluster for cluster in self.partition.clusters for record in cluster}

    @cached_property
    def evidence(self) -> tuple[Tie[R], ...]:
        """All that may join, weakest first, must-links last; ties by natural key."""
        pairs = [pair for pair in self.pairs if pair.weight >= self.constraints.threshold]
        return tuple(sorted([*pairs, *(MustLink(*ends) for ends in self.constraints.must_links)], key=self.rank))

    def rank(self, evidence: Tie[R]) -> tuple[float, str, str]:
        """Sorts evidence by weight, then natural keys."""
        low, high = sorted((self.natural(evidence.left), self.natural(evidence.right)))
        return (strength(evidence), low, high)

    def natural(self, record: R) -> str:
        """The natural key of a record."""
        return self.members[record].natural

    def within(self, records: Collection[R]) -> list[Tie[R]]:
        """The evidence between ``records``, weakest first."""
        return [piece for piece in self.evidence if piece.left in records and piece.right in records]

    def are_one(self, left: R, right: R) -> bool:
        """Whether two records are of one cluster; a record that the component does not hold is of none."""
        return left in self.home and right in self.home[left]

    def speaks_against(self, pair: Pair[R]) -> bool:
        """Whether a stored pair counts against the union of its clusters."""
        return pair.weight < min(0, self.constraints.threshold)

    def without(self, retracted: Collection[Tie[R]]) -> "Component[R]":
        """The component after evidence was retracted."""
        links = {(piece.left, piece.right) for piece in retracted if isinstance(piece, MustLink)}
        return replace(
            self,
            pairs=[pair for pair in self.pairs if pair not in retracted],
            constraints=replace(self.constraints, must_links=self.constraints.must_links - links),
        )


def strength(evidence: Tie[R]) -> float:
    """The weight of a pair in 1/1000 bit; infinite for a must-link."""
    return inf if isinstance(evidence, MustLink) else evidence.weight


def joined_path(component: Component[R], left: R, right: R) -> Path[R] | None:
    """The widest path of evidence between two records inside their cluster; None when they are not of one.

    Widest: no other path's weakest evidence is stronger; then the fewest steps, then the lowest natural keys, read from the
    lower end, so that both directions tell the same. A pair that was refused at its turn counts when its records met later.
    O(m log m) in the evidence.
    """
    if not component.are_one(left, right):
        return None
    return widest_path(component, component.within(component.home[left]), left, right)


def widest_path(component: Component[R], evidence: Sequence[Tie[R]], left: R, right: R) -> Path[R] | None:
    """The widest path over ``evidence``, weakest first; None when it does not connect the two."""
    if component.natural(right) < component.natural(left):
        back = widest_path(component, evidence, right, left)
        return back and Path(tuple(Step(s.end, s.start, s.evidence) for s in reversed(back.steps)), back.weakest)
    width = _width(evidence, left, right)
    if width is None:
        return None
    steps = _shortest([piece for piece in evidence if strength(piece) >= width], left, right, natural=component.natural)
    return Path(tuple(steps), min((step.evidence for step in steps), key=component.rank, default=None))


def _width(evidence: Sequence[Tie[R]], left: R, right: R) -> float | None:
    """The strength at which the two meet when evidence joins strongest first (Kruskal's order)."""
    joined = union_find([left, right])
    if left == right:
        return inf
    for piece in reversed(evidence):
        joined.union(piece.left, piece.right)
        if joined[left] == joined[right]:
            return strength(piece)
    return None


def _shortest(evidence: Iterable[Tie[R]], left: R, right: R, *, natural: Callable[[R], str]) -> list[Step[R]]:
    """Walk from ``left`` to ever nearer records, of several the one of the lowest natural key."""
    around: dict[R, dict[R, Tie[R]]] = {left: {}, right: {}}
    for piece in evidence:  # weakest first: of two between the same records the stronger one stays
        around.setdefault(piece.left, {})[piece.right] = piece
        around.setdefault(piece.right, {})[piece.left] = piece
    to_go = hops_to(right, ((here, there) for here, others in around.items() for there in others))
    steps: list[Step[R]] = []
    here = left
    while here != right:
        there = min((next_to for next_to in around[here] if to_go[next_to] < to_go[here]), key=natural)
        steps.append(Step(here, there, around[here][there]))
        here = there
    return steps
