"""Graphs of records: connected components, and the bridges whose loss would break one apart."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

R = TypeVar("R", bound=Hashable)


def components(*edges: Iterable[tuple[R, R]]) -> list[list[R]]:
    """The connected components of a graph given by its edges, by disjoint sets with path halving."""
    parent: dict[R, R] = {}

    def root(item: R) -> R:
        while (above := parent.setdefault(item, item)) != item:
            parent[item] = item = parent[above]
        return item

    for some in edges:
        for left, right in some:
            parent[root(left)] = root(right)
    groups: dict[R, list[R]] = {}
    for item in list(parent):
        groups.setdefault(root(item), []).append(item)
    return list(groups.values())


def bridges(edges: Sequence[tuple[R, R]]) -> list[int]:
    """The places in ``edges`` of those that no way round replaces, rising.

    Tarjan's algorithm (1974) without recursion, linear in the number of edges; two edges between the same ends are two ways.
    """
    around: dict[R, list[tuple[R, int]]] = {}
    for number, (left, right) in enumerate(edges):
        around.setdefault(left, []).append((right, number))
        around.setdefault(right, []).append((left, number))
    seen: dict[R, int] = {}
    found: set[int] = set()
    for start in around:
        if start not in seen:
            found |= _bridges_from(start, around, seen)
    return sorted(found)


def _bridges_from(start: R, around: dict[R, list[tuple[R, int]]], seen: dict[R, int]) -> set[int]:
    """Walk depth first; an edge is a bridge when nothing behind it reaches its near end or earlier by another edge."""
    found: set[int] = set()
    low: dict[R, int] = {}
    seen[start] = low[start] = len(seen)
    path = [(start, -1, iter(around[start]))]
    while path:
        here, came_by, ways = path[-1]
        for there, by in ways:
            if by == came_by:
                continue
            if there in seen:
                low[here] = min(low[here], seen[there])
                continue
            seen[there] = low[there] = len(seen)
            path.append((there, by, iter(around[there])))
            break
        else:
            path.pop()
            if path:
                before = path[-1][0]
                low[before] = min(low[before], low[here])
                if low[here] > seen[before]:
                    found.add(came_by)
    return found
