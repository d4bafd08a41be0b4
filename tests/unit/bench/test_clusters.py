"""Clusters from pairs."""

from hypothesis import given
from hypothesis import strategies as st

from bench.identity.clusters import at, best, components

NAMES = "abcdefgh"


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))))
def test_components_are_what_can_be_reached(pairs: list[tuple[str, str]]) -> None:
    clusters = components(NAMES, pairs)
    reached = {name: {name} for name in NAMES}
    for _ in NAMES:
        for left, right in pairs:
            together = reached[left] | reached[right]
            reached.update(dict.fromkeys(together, together))
    assert all((clusters[a] == clusters[b]) == (b in reached[a]) for a in NAMES for b in NAMES)


def test_a_pair_at_the_threshold_joins() -> None:
    assert at([(0.5, "a", "b")], "ab", 0.5)["a"] == at([(0.5, "a", "b")], "ab", 0.5)["b"]


def test_the_best_threshold_is_the_one_with_the_highest_f1() -> None:
    threshold, quality = best([(0.9, "a", "b"), (0.6, "b", "c")], {"a": 1, "b": 1, "c": 2}, (0.5, 0.8, 0.95))
    assert (threshold, quality.f1) == (0.8, 1.0)
