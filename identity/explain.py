"""Why two records of different clusters are not one: the reason by name, and what it rests on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic

from identity.components import components
from identity.evidence import Component, MustLink, Tie, widest_path
from identity.partition import Pair, R

CANNOT_LINK: Final = "cannot_link"
BELOW_THRESHOLD: Final = "below_threshold"
NOT_COMPARED: Final = "not_compared"
OTHER_COMPONENT: Final = "other_component"


@dataclass(frozen=True, slots=True)
class Refused(Generic[R]):
    """Evidence that would have united two clusters, and the rule that refused it; a steward's must-link, too, is overruled by a prohibition."""

    pair: Tie[R]
    rule: str


@dataclass(frozen=True, slots=True)
class Apart(Generic[R]):
    """Why two records are of different clusters.

    ``reason`` is

    - the rule of a :class:`Refused`: the union was refused that ``pair`` would have brought about;
    - ``cannot_link``: also where a steward's prohibition stands between clusters that nothing tried to unite;
    - ``below_threshold``: ``pair`` lacks ``missing`` 1/1000 bit; it is the strongest stored between the two clusters, or that of
      just these two records where there is one;
    - ``not_compared``: no stored pair (hence no shared blocking key) between the two clusters, only by way of others;
    - ``other_component``: not even that.

    ``cannot_link``: the prohibition, where one stands between the clusters of ``pair`` (or of the two records). ``refused``: every
    union that was refused on the way, that of ``pair`` first. ``against``: the stored pairs between the two clusters that speak
    against their union, the weightiest first.
    """

    reason: str
    pair: Tie[R] | None = None
    missing: int = 0
    cannot_link: tuple[R, R] | None = None
    refused: tuple[Refused[R], ...] = ()
    against: tuple[Pair[R], ...] = ()


def why_apart(component: Component[R], left: R, right: R) -> Apart[R] | None:
    """Why two records are of different clusters; None when they are of one.

    Named is the first of these: a prohibition of just these two, the refusal of their own pair, a prohibition between their
    clusters, the strongest refusal between them, the strongest on the widest chain of matches by way of other clusters (without
    these refusals they would be one), too little weight, no comparison. O(m log m) in the stored pairs.
    """
    if left == right or component.are_one(left, right):
        return None
    if not {left, right} <= component.members.keys():
        return Apart(OTHER_COMPONENT)
    between = [pair for pair in component.pairs if _crosses(component, (pair.left, pair.right), left, right)]
    against = tuple(sorted(filter(component.speaks_against, between), key=component.rank))
    return (
        _refused(component, left, right, against=against)
        or _too_weak(component, left, right, between=between, against=against)
        or Apart(NOT_COMPARED if _are_connected(component, left, right) else OTHER_COMPONENT)
    )


def _refused(component: Component[R], left: R, right: R, *, against: tuple[Pair[R], ...]) -> Apart[R] | None:
    link = _prohibition(component, left, right)
    refused = _refused_between(component, left, right) or _refused_on_the_way(component, left, right)
    first = refused[0] if refused else None
    if link and (set(link) == {left, right} or not (first and _is_of(first.pair, left, right))):
        pair = first.pair if first else None
        return Apart(CANNOT_LINK, pair, cannot_link=link, refused=refused, against=against)
    if first is None:
        return None
    link = _prohibition(component, first.pair.left, first.pair.right)
    return Apart(first.rule, first.pair, cannot_link=link, refused=refused, against=against)


def _prohibition(component: Component[R], left: R, right: R) -> tuple[R, R] | None:
    """The cannot-link between the clusters of two records, their own before that of the lowest natural keys."""

    def order(link: tuple[R, R]) -> tuple[bool, list[str]]:
        return (set(link) != {left, right}, sorted(map(component.natural, link)))

    links = component.constraints.cannot_links
    return min((link for link in links if _crosses(component, link, left, right)), key=order, default=None)


def _refused_between(component: Component[R], left: R, right: R) -> tuple[Refused[R], ...]:
    """The refusals between the clusters of two records: their own, then the strongest."""
    links = {Pair(*ends, 0): MustLink(*ends) for ends in component.constraints.must_links}
    found = [
        Refused(links.get(refusal.pair, refusal.pair), refusal.rule)
        for refusal in component.partition.refused
        if _crosses(component, (refusal.pair.left, refusal.pair.right), left, right)
    ]
    strongest = _strongest_first(component, found)
    return tuple(sorted(strongest, key=lambda refused: not _is_of(refused.pair, left, right)))


def _refused_on_the_way(component: Component[R], left: R, right: R) -> tuple[Refused[R], ...]:
    """The refusals on the widest chain of evidence from one record to the other, the strongest first."""
    path = widest_path(component, component.evidence, left, right)
    if path is None:
        return ()
    rules = {refusal.pair: refusal.rule for refusal in component.partition.refused}
    on_the_way = [step.evidence for step in path.steps if not component.are_one(step.start, step.end)]
    return _strongest_first(component, [Refused(evidence, rules[_as_refused(evidence)]) for evidence in on_the_way])


def _as_refused(evidence: Tie[R]) -> Pair[R]:
    """As partition names it, for which a must-link is a pair of weight 0."""
    return Pair(evidence.left, evidence.right, 0) if isinstance(evidence, MustLink) else evidence


def _strongest_first(component: Component[R], refused: Iterable[Refused[R]]) -> tuple[Refused[R], ...]:
    def order(each: Refused[R]) -> tuple[float, str, str]:
        weight, low, high = component.rank(each.pair)
        return (-weight, low, high)

    return tuple(sorted(refused, key=order))


def _too_weak(
    component: Component[R], left: R, right: R, *, between: Iterable[Pair[R]], against: tuple[Pair[R], ...]
) -> Apart[R] | None:
    def order(pair: Pair[R]) -> tuple[bool, float, str, str]:
        weight, low, high = component.rank(pair)
        return (not _is_of(pair, left, right), -weight, low, high)

    pair = min(between, key=order, default=None)
    if pair is None:
        return None
    return Apart(BELOW_THRESHOLD, pair, component.constraints.threshold - pair.weight, against=against)


def _crosses(component: Component[R], ends: tuple[R, R], left: R, right: R) -> bool:
    return {component.home[end] for end in ends} == {component.home[left], component.home[right]}


def _is_of(pair: Tie[R], left: R, right: R) -> bool:
    return {pair.left, pair.right} == {left, right}


def _are_connected(component: Component[R], left: R, right: R) -> bool:
    edges = [(pair.left, pair.right) for pair in component.pairs]
    return any({left, right}.issubset(found) for found in components(edges, component.constraints.must_links))
