"""Components and bridges, against their definitions."""

from hypothesis import given
from hypothesis import strategies as st

from identity.components import bridges, components

NODES = st.integers(0, 7)
EDGES = st.lists(st.tuples(NODES, NODES).filter(lambda edge: edge[0] != edge[1]), max_size=14)


def reached(start: int, edges: list[tuple[int, int]]) -> frozenset[int]:
    found = {start}
    while True:
        more = found | {b for a, b in edges if a in found} | {a for a, b in edges if b in found}
        if more == found:
            return frozenset(found)
        found = more


def test_a_path_is_all_bridges_and_a_ring_has_none() -> None:
    assert bridges([(1, 2), (2, 3), (3, 4)]) == [0, 1, 2]
    assert bridges([(1, 2), (2, 3), (3, 1)]) == []
    assert bridges([(1, 2), (2, 3), (3, 1), (3, 4), (4, 5), (5, 6), (6, 4)]) == [3]


def test_two_edges_between_the_same_ends_are_two_ways() -> None:
    assert bridges([(1, 2), (2, 1)]) == []


def test_a_long_path_needs_no_recursion() -> None:
    path = [(number, number + 1) for number in range(20_000)]
    assert len(bridges(path)) == len(path)
    assert len(components(path)) == 1


@given(EDGES)
def test_components_are_what_can_be_reached(edges: list[tuple[int, int]]) -> None:
    nodes = {node for edge in edges for node in edge}
    found = components(edges[::2], edges[1::2])
    assert sorted(node for component in found for node in component) == sorted(nodes)
    assert {frozenset(component) for component in found} == {reached(node, edges) for node in nodes}


@given(EDGES)
def test_a_bridge_is_an_edge_without_which_its_ends_part(edges: list[tuple[int, int]]) -> None:
    expected = [
        place
        for place, (left, right) in enumerate(edges)
        if right not in reached(left, edges[:place] + edges[place + 1 :])
    ]
    assert bridges(edges) == expected
