"""Cuts: the least evidence whose retraction separates records of one cluster when their component is partitioned again.

Where no guard can refuse a union, clusters are connected components and a minimum cut of the graph of evidence is the answer.
Where one can, less may do: what is left may join in another order, or fall short of what speaks against it. Then that cut is
only an upper bound, and smaller sets are searched for, each tried by partition itself.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic

from identity.evidence import Component, MustLink, Tie
from identity.graphs import least_cut, least_cut_anywhere
from identity.partition import LARGE_COMPONENT, Pair, R, breaks_no_rule

#: How many records and stored pairs a search may partition, over and over, unless told otherwise: a few seconds.
BUDGET = 500_000

#: Tie that is retracted, and evidence that stays.
_Branch = tuple[tuple[Tie[R], ...], frozenset[Tie[R]]]


@dataclass(frozen=True, slots=True)
class Cut(Generic[R]):
    """Tie whose retraction splits a cluster, and what the cluster falls into.

    ``evidence``: weakest first. ``parts``: the clusters that hold its records then; they may take in others.
    ``is_proven_minimal``: no smaller set does it; if False, the search for one was given up.
    """

    evidence: tuple[Tie[R], ...]
    parts: tuple[frozenset[R], ...]
    is_proven_minimal: bool


def minimal_cut(component: Component[R], left: R, right: R, *, budget: int = BUDGET) -> Cut[R] | None:
    """The fewest pieces of evidence without which two records of one cluster fall into different ones.

    None when they are of different clusters already, or the same record. ``budget`` bounds the search by the records and pairs
    that it partitions; before it comes one maximum flow in the evidence.
    """
    if left == right or not component.are_one(left, right):
        return None
    low, high = sorted((left, right), key=component.natural)

    def bounds() -> Iterator[tuple[Tie[R], ...]]:
        yield _between(component.within(component.home[left]), low, high)
        yield _between(component.evidence, low, high)

    return _smallest(component, {left, right}, bounds(), budget=budget)


def weakest_place(component: Component[R], record: R, *, budget: int = BUDGET) -> Cut[R] | None:
    """The fewest pieces of evidence without which the cluster of ``record`` falls apart at all; None when it is alone.

    As :func:`minimal_cut`, after the algorithm of Stoer and Wagner (1997): O(nm + n² log n).
    """
    cluster = component.home[record]
    if len(cluster) == 1:
        return None
    inside = component.within(cluster)
    sides = least_cut_anywhere(_edges(inside))
    low, high = (min(side, key=component.natural) for side in sides)

    def bounds() -> Iterator[tuple[Tie[R], ...]]:
        yield _border(inside, sides[0])
        yield _between(component.evidence, low, high)

    return _smallest(component, cluster, bounds(), budget=budget)


def _between(evidence: Sequence[Tie[R]], left: R, right: R) -> tuple[Tie[R], ...]:
    """A minimum cut of the graph of ``evidence``."""
    return _border(evidence, least_cut(_edges(evidence), left, right))


def _border(evidence: Iterable[Tie[R]], side: Collection[R]) -> tuple[Tie[R], ...]:
    inside = set(side)
    return tuple(piece for piece in evidence if (piece.left in inside) != (piece.right in inside))


def _edges(evidence: Sequence[Tie[R]]) -> list[tuple[R, R, int]]:
    """Ties as capacities, by which fewer pieces are less, and of as many the weaker ones; must-links weigh most."""
    weights = [piece.weight for piece in evidence if isinstance(piece, Pair)] or [0]
    excess = [
        1 + (max(weights) if isinstance(piece, MustLink) else piece.weight - 1) - min(weights) for piece in evidence
    ]
    base = sum(excess) + 1
    return [(piece.left, piece.right, base + more) for piece, more in zip(evidence, excess, strict=True)]


def _smallest(
    component: Component[R], whole: Collection[R], bounds: Iterable[tuple[Tie[R], ...]], *, budget: int
) -> Cut[R] | None:
    """The smallest set that splits ``whole``; ``bounds`` are sets that may, the last one surely."""
    bound = next(found for found in bounds if _is_split(component.without(found), whole))
    if _no_guard_can_act(component):
        return _cut(component, whole, bound, is_proven_minimal=True)
    bound = _thinned(component, whole, bound)
    found, is_exhausted = _search(component, whole, len(bound), budget=budget)
    return _cut(component, whole, found or bound, is_proven_minimal=is_exhausted)


def _cut(
    component: Component[R], whole: Collection[R], evidence: tuple[Tie[R], ...], *, is_proven_minimal: bool
) -> Cut[R]:
    home = component.without(evidence).home
    cluster = component.home[next(iter(whole))]
    parts = {home[record] for record in cluster}
    in_order = sorted(parts, key=lambda part: min(component.natural(record) for record in part))
    return Cut(tuple(sorted(evidence, key=component.rank)), tuple(in_order), is_proven_minimal)


def _is_split(component: Component[R], whole: Collection[R]) -> bool:
    return not component.home[next(iter(whole))].issuperset(whole)


def _no_guard_can_act(component: Component[R]) -> bool:
    """Whether every union of any records of the component is allowed, whatever evidence there is."""
    limits = component.constraints
    members = component.members.values()
    if limits.cannot_links or any(map(component.speaks_against, component.pairs)):
        return False
    if _is_large(component) or not breaks_no_rule([m.values for m in members], len(members), component.rules):
        return False
    forms = {member.form for member in members if member.form is not None}
    return limits.clash is None or not any(limits.clash(*two) for two in combinations(forms, 2))


def _is_large(component: Component[R]) -> bool:
    return bool(component.constraints.cuts) and len(component.members) > LARGE_COMPONENT


def _thinned(component: Component[R], whole: Collection[R], bound: tuple[Tie[R], ...]) -> tuple[Tie[R], ...]:
    """``bound`` without what can be spared, the strongest evidence spared first."""
    for piece in reversed(bound):
        fewer = tuple(other for other in bound if other != piece)
        if _is_split(component.without(fewer), whole):
            bound = fewer
    return bound


def _search(
    component: Component[R], whole: Collection[R], size: int, *, budget: int
) -> tuple[tuple[Tie[R], ...] | None, bool]:
    """A smallest set of fewer than ``size`` that splits ``whole``, or None; and whether no smaller one was left untried."""
    level: list[_Branch[R]] = [((), frozenset())]
    for _ in range(1, size):
        following = []
        for gone, kept in _grown(component, level):
            budget -= len(component.members) + len(component.pairs)
            if budget < 0:
                return None, False
            if _is_split(component.without(gone), whole):
                return gone, True
            following.append((gone, kept))
        level = following
    return None, True


def _grown(component: Component[R], level: Iterable[_Branch[R]]) -> Iterator[_Branch[R]]:
    """All sets of one piece more that may do.

    Retracting more leaves clusters as they are unless it takes something that was decisive for them, so only that is added.
    What an earlier branch retracts, later ones keep: no set comes twice, and none that holds both is missed.
    """
    for gone, kept in level:
        keeping = set(kept)
        for piece in _decisive(component.without(gone)):
            if piece not in keeping:
                yield (*gone, piece), frozenset(keeping)
                keeping.add(piece)


def _decisive(component: Component[R]) -> list[Tie[R]]:
    """Tie of which some must be retracted before any cluster changes, weakest first.

    Proof: retract other evidence only, and follow partition pair by pair. What united two clusters at its turn is still there;
    what was refused still is, as retracting adds neither agreement nor evidence for a union. A union could now be refused only

    - for evidence: then pairs between its clusters spoke against it, and all evidence inside such clusters is in this list;
    - for a contradiction: then a matching pair is gone of just these forms, or of one of them and a witness, and all matching pairs
      of the forms of a cluster that holds a contradiction are in this list;
    - by the cuts of a large component: then everything is in this list.

    What was refused as ambiguous is not, once one of the pairs that were just as good is gone; then, too, everything is in it.
    """
    if _is_large(component) or _has_rivals(component):
        return list(component.evidence)
    found = component.partition
    united = {*found.joined, *(MustLink(*ends) for ends in found.linked)}
    doubted = {
        component.home[pair.left]
        for pair in component.pairs
        if component.speaks_against(pair) and component.are_one(pair.left, pair.right)
    }
    disputed = _disputed(component)
    return [
        piece
        for piece in component.evidence
        if piece in united
        or (isinstance(piece, Pair) and (_is_inside(component, piece, doubted) or _is_of(component, piece, disputed)))
    ]


def _has_rivals(component: Component[R]) -> bool:
    """Whether some record matches two just as well that contradict each other."""
    clash = component.constraints.clash
    matched: dict[tuple[R, int], set[Hashable]] = {}
    for pair in component.pairs if clash else ():
        if pair.weight >= component.constraints.threshold:
            matched.setdefault((pair.left, pair.weight), set()).add(component.members[pair.right].form)
            matched.setdefault((pair.right, pair.weight), set()).add(component.members[pair.left].form)
    return any(clash(*two) for forms in matched.values() for two in combinations(forms - {None}, 2) if clash)


def _is_inside(component: Component[R], pair: Pair[R], clusters: Collection[frozenset[R]]) -> bool:
    return component.are_one(pair.left, pair.right) and component.home[pair.left] in clusters


def _disputed(component: Component[R]) -> list[set[Hashable]]:
    """The forms of each cluster that holds two which contradict each other."""
    clash = component.constraints.clash
    if clash is None:
        return []
    together = [
        {component.members[record].form for record in cluster} - {None} for cluster in set(component.home.values())
    ]
    return [forms for forms in together if any(clash(*two) for two in combinations(forms, 2))]


def _is_of(component: Component[R], pair: Pair[R], disputed: Iterable[set[Hashable]]) -> bool:
    ends = {component.members[end].form for end in (pair.left, pair.right)}
    return any(ends <= forms for forms in disputed)
