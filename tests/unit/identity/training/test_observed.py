"""What training sees of a pair is what scoring sees."""

import pytest

from identity import FieldValue, IdentityRules, Matcher, shipped_model
from identity.features import Features, build_features
from identity.training.observed import BELIEVED, LEARNED, count, learned_levels, observe


@pytest.fixture
def matcher() -> Matcher:
    return Matcher(IdentityRules(), shipped_model("chinese"), lambda kind, text: f"{kind} {text}".encode())


def record(**told: str) -> Features:
    return build_features([FieldValue(kind, 0, text) for kind, text in told.items()], IdentityRules())


def test_levels_are_those_of_the_score(matcher: Matcher) -> None:
    left = record(name="王伟", phone="13812345670", birthday="1980-05-06")
    right = record(name="王偉", phone="13812345670", birthday="1980-05-07")
    (seen,) = observe([(left, right)], matcher)
    found = matcher.explain(left, right)
    assert seen.weight == found.weight
    assert seen.levels == {level.comparison: level.level for level in found.levels if level.comparison != "relatives"}
    assert seen.levels["birthday"] == "typo"


def test_a_father_and_his_son_are_a_household(matcher: Matcher) -> None:
    shared = {"phone": "13812345670", "address": "广州市天河区人民路12号3栋501"}
    father = record(name="王建国", birthday="1955-05-06", **shared)
    son = record(name="王小明", birthday="1985-01-23", **shared)
    assert [seen.is_household for seen in observe([(father, son), (father, father)], matcher)] == [True, False]


def test_what_cannot_be_learned_is_not_seen(matcher: Matcher) -> None:
    (seen,) = observe([(record(birthday="1981-01-01"), record(birthday="1980-05-07"))], matcher)
    assert "birthday" not in seen.levels
    assert "year" not in learned_levels("birthday")
    assert "customer_no" not in LEARNED
    assert {comparison for comparison, _ in BELIEVED} <= set(LEARNED)


def test_levels_are_counted_by_comparison() -> None:
    counted = count([{"gender": "same"}, {"gender": "same", "email": "typo"}, {}])
    assert counted["gender"] == {"same": 2}
    assert counted["email"] == {"typo": 1}
    assert not counted["surname"]
