"""Frequencies of terms: the common ones are learned, no rare one leaves a trace."""

import pytest

from identity import FieldValue, IdentityRules, shipped_model
from identity.features import Features, build_features
from identity.training.terms import LEAST_PEOPLE, learned_terms

RULES = IdentityRules()


def person(name: str, birthday: str = "") -> Features:
    told = {"name": name, "birthday": birthday}
    return build_features([FieldValue(kind, 0, text) for kind, text in told.items() if text], RULES)


def test_a_name_that_is_common_here_weighs_less_than_before() -> None:
    base = shipped_model("chinese")
    found = learned_terms([person("欧阳娜娜")] * 500 + [person("王伟")] * 500, base)
    assert found["surname"]["欧阳"] < 1_100 < base.surprise("surname", "欧阳")
    assert found["given"]["娜娜"] == pytest.approx(1_000, abs=100)
    assert found["surname_sound"]["ouyang"] == found["surname"]["ouyang"] < 1_100


def test_names_of_few_people_are_not_learned() -> None:
    people = [person("王伟")] * 500 + [person("欧阳娜娜")] * (LEAST_PEOPLE - 1)
    found = learned_terms(people, shipped_model("chinese"))
    assert "欧阳" not in found["surname"]
    assert "娜娜" not in found["given"]
    assert "ouyang" not in found["surname_sound"]
    assert "欧阳" in learned_terms([*people, person("欧阳娜娜")], shipped_model("chinese"))["surname"]


def test_few_bearers_move_a_frequency_only_half_way() -> None:
    base = shipped_model("chinese")
    before = base.surprise("surname", "欧阳")
    found = learned_terms([person("欧阳娜娜")] * 5 + [person("王伟")] * 995, base)["surname"]["欧阳"]
    assert 7_600 < found < before


def test_a_day_that_too_many_were_born_on_loses_its_weight() -> None:
    base = shipped_model("chinese")
    people = [person("王伟", f"19{50 + n % 50}-06-{1 + n % 28:02}") for n in range(280)]
    found = learned_terms([*people, *[person("李娜", "1988-03-15")] * 280], base)["birthday"]
    assert found["0315"] == pytest.approx(
        base.terms["birthday"].default - 7_500, abs=200
    )  # half of all, not one in 365
    assert set(found) == {"0315", *(f"06{day:02}" for day in range(1, 29))}


def test_masked_names_are_no_terms() -> None:
    assert "given" not in learned_terms([person("王*伟")] * 50, shipped_model("chinese"))
