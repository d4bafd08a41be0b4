"""The measures of a clustering, against counting pairs and records one by one."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.identity.measures import Quality, average, measure

GROUPINGS = st.integers(1, 9).flatmap(
    lambda size: st.tuples(*(st.lists(st.integers(0, 4), min_size=size, max_size=size) for _ in range(2)))
)


def by_pairs(clusters: list[int], truth: list[int]) -> tuple[float, float]:
    together = {pair for pair in combinations(range(len(truth)), 2) if clusters[pair[0]] == clusters[pair[1]]}
    same = {pair for pair in combinations(range(len(truth)), 2) if truth[pair[0]] == truth[pair[1]]}
    right = len(together & same)
    return (right / len(together) if together else 1.0, right / len(same) if same else 1.0)


def by_records(clusters: list[int], truth: list[int]) -> float:
    shares = []
    for mine, others in ((clusters, truth), (truth, clusters)):
        total = 0.0
        for record in range(len(truth)):
            group = [other for other in range(len(truth)) if mine[other] == mine[record]]
            total += sum(others[other] == others[record] for other in group) / len(group)
        shares.append(total / len(truth))
    return 2 * shares[0] * shares[1] / (shares[0] + shares[1])


@given(GROUPINGS)
def test_the_measures_equal_counting_one_by_one(groupings: tuple[list[int], list[int]]) -> None:
    clusters, truth = groupings
    quality = measure(dict(enumerate(clusters)), dict(enumerate(truth)))
    precision, recall = by_pairs(clusters, truth)
    assert quality.precision == pytest.approx(precision)
    assert quality.recall == pytest.approx(recall)
    assert quality.f1 == pytest.approx(2 * precision * recall / (precision + recall) if precision + recall else 0)
    assert quality.bcubed_f1 == pytest.approx(by_records(clusters, truth))
    mixed = {c for c in clusters if len({t for t, other in zip(truth, clusters, strict=True) if other == c}) > 1}
    assert quality.over_merged == len(mixed)


def test_the_truth_itself_is_perfect() -> None:
    truth = {"a": 1, "b": 1, "c": 2}
    assert measure({"a": "x", "b": "x", "c": "y"}, truth) == Quality(1, 1, 1, 1, 0)


def test_a_method_may_not_leave_records_out() -> None:
    with pytest.raises(ValueError, match="same records"):
        measure({"a": 1}, {"a": 1, "b": 2})


def test_averages_are_taken_measure_by_measure() -> None:
    assert average([Quality(1, 0, 0, 1, 4), Quality(0, 0, 1, 1, 1)]) == Quality(0.5, 0, 0.5, 1, 2.5)
