"""Clusters from pairs: connected components, which is what the peers make of the pairs that they accept."""

from collections.abc import Iterable, Mapping, Sequence

from bench.identity.measures import Quality, measure


def components(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """For each name the name that stands for its component."""
    parent = {name: name for name in names}
    for left, right in pairs:
        parent[_root(parent, left)] = _root(parent, right)
    return {name: _root(parent, name) for name in parent}


def _root(parent: dict[str, str], name: str) -> str:
    while parent[name] != name:
        parent[name] = parent[parent[name]]
        name = parent[name]
    return name


def best(
    pairs: Sequence[tuple[float, str, str]], truth: Mapping[str, int], thresholds: Iterable[float]
) -> tuple[float, Quality]:
    """The threshold of a grid whose clusters have the highest F1, and their quality: what nobody without labels can know."""
    found = ((threshold, measure(at(pairs, truth, threshold), truth)) for threshold in thresholds)
    return max(found, key=lambda result: result[1].f1)


def at(pairs: Iterable[tuple[float, str, str]], names: Iterable[str], threshold: float) -> dict[str, str]:
    """The clusters of all pairs that score at least so much."""
    return components(names, ((left, right) for score, left, right in pairs if score >= threshold))
