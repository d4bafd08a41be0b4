"""Precision and recall by pairs: held against counting the pairs one by one."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity import agreement

GROUPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12)


@given(GROUPS)
def test_pairs_are_counted_as_if_one_by_one(groups: list[tuple[int, int]]) -> None:
    profiles = {record: profile for record, (profile, _) in enumerate(groups)}
    truth = {record: person for record, (_, person) in enumerate(groups)}
    joined = {pair for pair in combinations(profiles, 2) if profiles[pair[0]] == profiles[pair[1]]}
    real = {pair for pair in combinations(truth, 2) if truth[pair[0]] == truth[pair[1]]}
    found = agreement(profiles, truth)
    assert (found.joined, found.of_one_person, found.right) == (len(joined), len(real), len(joined & real))


def test_precision_recall_and_their_mean() -> None:
    found = agreement({1: "a", 2: "a", 3: "a", 4: "b", 5: "c"}, {1: "x", 2: "x", 3: "y", 4: "y", 5: "z"})
    assert found.precision == pytest.approx(1 / 3)
    assert found.recall == pytest.approx(1 / 2)
    assert found.f1 == pytest.approx(0.4)


def test_of_nothing_everything_is_right() -> None:
    found = agreement({1: "a", 2: "b"}, {})
    assert (found.precision, found.recall, found.f1) == (1.0, 1.0, 1.0)
    assert agreement({1: "a", 2: "b"}, {1: "x", 2: "x"}).f1 == 0.0


def test_who_is_not_known_does_not_count() -> None:
    assert agreement({1: "a", 2: "a", 3: "a"}, {1: "x", 2: "x"}).precision == 1.0
