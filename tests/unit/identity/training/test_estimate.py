"""Smoothing: many pairs say what they say, few change little, none changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.comparison import LEVELS
from identity.model import LevelOdds
from identity.training.estimate import Passed, smoothed, with_passes, with_relatives, with_strangers, without_reversals
from identity.training.observed import BELIEVED

BEFORE = {"same": 0.9, "typo": 0.09, "different": 0.01}


def odds() -> dict[str, dict[str, LevelOdds]]:
    return {name: dict.fromkeys(levels, LevelOdds(0.2, 0.1, 0.05)) for name, levels in LEVELS.items()}


def test_many_pairs_say_what_they_say() -> None:
    found = smoothed(BEFORE, {"same": 50_000, "typo": 30_000, "different": 20_000})
    assert found["same"] == pytest.approx(0.5, abs=0.01)
    assert found["different"] == pytest.approx(0.2, abs=0.01)


def test_few_pairs_change_little() -> None:
    found = smoothed(BEFORE, {"same": 1, "typo": 1, "different": 1})
    assert found["different"] == pytest.approx(0.01, rel=0.35)


def test_a_level_that_is_missing_where_it_should_be_seen_becomes_rare() -> None:
    assert smoothed(BEFORE, {"same": 10_000, "different": 100})["typo"] < 0.001


def test_nothing_counted_changes_nothing() -> None:
    assert smoothed(BEFORE, {}) == pytest.approx(BEFORE)


def test_a_coincidence_too_rare_to_be_seen_stays_as_rare_as_it_was() -> None:
    """200,000 pairs of strangers show no equal phone; that does not make one proof of anything."""
    found = smoothed({"same": 2.5e-7, "different": 1.0}, {"different": 200_000})
    assert found["same"] == pytest.approx(2.5e-7, rel=0.02)


shares = st.floats(1e-7, 1.0)


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(shares, st.integers(0, 10_000)), min_size=1))
def test_shares_add_up_to_what_they_added_up_to(levels: dict[str, tuple[float, int]]) -> None:
    total = sum(share for share, _ in levels.values())
    before = {level: share / total for level, (share, _) in levels.items()}
    found = smoothed(before, {level: number for level, (_, number) in levels.items()})
    assert sum(found.values()) == pytest.approx(1)
    assert all(0 < share <= 1 for share in found.values())


def test_a_difference_never_speaks_for_a_pair() -> None:
    """All mailboxes of a store are of one company: strangers never have two domains."""
    before = {"email": {"same": LevelOdds(0.8, 0.001, 0.1), "different": LevelOdds(0.2, 0.9, 0.9)}}
    odds = {"email": {"same": LevelOdds(0.9, 0.0005, 0.1), "different": LevelOdds(0.1, 0.00002, 0.9)}}
    found = without_reversals(before, odds)["email"]
    assert found["same"] == odds["email"]["same"]
    assert found["different"] == LevelOdds(0.1, 0.1, 0.9)


@given(st.sampled_from([(name, level) for name, levels in LEVELS.items() for level in levels]), st.data())
def test_all_but_a_difference_may_come_to_say_something_else(place: tuple[str, str], data: st.DataObject) -> None:
    name, level = place
    one, other = (LevelOdds(data.draw(shares), data.draw(shares), 0.5) for _ in range(2))
    found = without_reversals({name: {level: one}}, {name: {level: other}})[name][level]
    is_reversed = one.m < one.u and other.m > other.u
    is_difference = level in {"different", "different+-", "-+elsewhere", "different+elsewhere"}
    assert found.m == pytest.approx(other.m, rel=0.01)
    assert found.u == pytest.approx(other.m if is_reversed and is_difference else other.u, rel=0.01)


def test_strangers_change_u_alone_and_only_of_what_they_show() -> None:
    found = with_strangers(odds(), {"gender": {"same": 5_000, "different": 15_000}})
    assert found["gender"]["same"].u < 0.1 < found["gender"]["different"].u
    assert {(x.m, x.relatives) for levels in found.values() for x in levels.values()} == {(0.2, 0.05)}
    assert found["birthday"] == odds()["birthday"]


def test_passes_weigh_as_much_as_they_have_pairs_of_one_person() -> None:
    large = Passed("a", 20_000, 10_000, {"gender": {"same": 9_000.0, "different": 1_000.0}})
    small = Passed("b", 200, 100, {"gender": {"same": 0.0, "different": 100.0}})
    found = with_passes(odds(), [large, small])["gender"]
    assert found["different"].m / found["same"].m == pytest.approx(1_100 / 9_000, rel=0.03)
    assert found["same"].u == 0.1


def test_what_no_counting_can_teach_stays() -> None:
    counts = {comparison: dict.fromkeys(levels, 1_000.0) for comparison, levels in LEVELS.items()}
    found = with_passes(with_strangers(odds(), counts), [Passed("a", 1, 1, counts)])
    for comparison, level in BELIEVED:
        assert found[comparison][level] == LevelOdds(0.2, 0.1, 0.05)
    assert found["customer_no"] == odds()["customer_no"]


def test_households_teach_no_given_names_and_not_how_often_they_share_a_phone() -> None:
    told = {level: 1_000.0 for level in LEVELS["contact"] if level.startswith("same+")}
    skewed = {**told, "same+home": 50_000.0}
    found = with_relatives(odds(), {"given": {"exact": 9_000.0}, "contact": skewed})
    assert found["given"] == odds()["given"]
    shared = [level for level in told if level != "same+-"]
    assert sum(found["contact"][level].relatives for level in shared) == pytest.approx(0.05 * len(shared), rel=0.01)
    assert found["contact"]["same+home"].relatives > 0.2
    assert found["contact"]["different+home"].relatives == 0.05


def test_contact_is_shared_out_among_what_was_told() -> None:
    """That few records have an address must not make one weigh anything."""
    found = with_passes(odds(), [Passed("a", 9, 9, {"contact": {"same+-": 90_000.0, "same+area": 9.0}})])["contact"]
    assert found["-+home"].m == 0.2
    assert 0.2 < found["same+area"].m < 1
    only_phone = [found[f"{phone}+-"].m for phone in ("same", "masked", "typo", "different")]
    assert sum(only_phone) == pytest.approx(0.8, rel=0.01)
