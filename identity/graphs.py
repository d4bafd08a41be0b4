"""What networkx knows of graphs. It is loaded by the first question: a tenth of a second and 23 MiB that no worker needs.

An edge is two nodes and its capacity; several between the same two add up.
"""

from collections.abc import Hashable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

N = TypeVar("N", bound=Hashable)


def least_cut(edges: Iterable[tuple[N, N, int]], left: N, right: N) -> set[N]:
    """The nodes on the side of ``left`` when edges of the least capacity are cut that part the two."""
    _, (side, _) = _networkx().minimum_cut(_graph(edges), left, right)
    return set(side)


def least_cut_anywhere(edges: Iterable[tuple[N, N, int]]) -> tuple[set[N], set[N]]:
    """Both sides of the cut of the least capacity that leaves the graph in two (Stoer and Wagner, 1997)."""
    _, (one, other) = _networkx().stoer_wagner(_graph(edges), weight="capacity")
    return set(one), set(other)


def hops_to(node: N, edges: Iterable[tuple[N, N]]) -> Mapping[N, int]:
    """How many edges lie between each node that can be reached and ``node``."""
    graph = _networkx().Graph(edges)
    graph.add_node(node)
    hops: Mapping[N, int] = _networkx().single_source_shortest_path_length(graph, node)
    return hops


def union_find(nodes: Iterable[N]) -> Any:
    """A disjoint-set structure (:class:`networkx.utils.UnionFind`) of ``nodes``."""
    return _networkx().utils.UnionFind(nodes)


def _graph(edges: Iterable[tuple[N, N, int]]) -> Any:
    graph = _networkx().Graph()
    for one, other, capacity in edges:
        before = graph.get_edge_data(one, other, {"capacity": 0})["capacity"]
        graph.add_edge(one, other, capacity=before + capacity)
    return graph


@cache
def _networkx() -> Any:
    return import_module("networkx")
