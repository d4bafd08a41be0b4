"""The rule by which values identify nobody."""

import pytest

from identity import FieldValue, IdentityRules
from identity.features import Features, build_features
from identity.training.placeholders import MANY_NAMES, MANY_RECORDS, identifies_nobody, usual_dates

GIVEN = "伟芳娜敏静丽强磊洋艳勇军杰娟涛明超兰霞平刚桂英华"


def carriers(names: list[str]) -> dict[bytes, Features]:
    rules = IdentityRules()
    return {
        bytes([n]): build_features([FieldValue("name", 0, name)], rules) if name else Features()
        for n, name in enumerate(names)
    }


def test_a_value_of_many_names_is_nobodys() -> None:
    assert identifies_nobody(carriers([f"王{given}" for given in GIVEN[:MANY_NAMES]]))


def test_a_households_phone_is_not() -> None:
    assert not identifies_nobody(carriers([f"王{given}" for given in GIVEN[: MANY_NAMES - 1]]))


def test_one_persons_many_records_are_not_and_the_script_of_a_name_does_not_count() -> None:
    assert not identifies_nobody(carriers(["王伟", "Wang Wei", "王偉", "王先生", "微信用户", ""] * 7))
    assert not identifies_nobody(carriers(["王伟"] * 2 * MANY_RECORDS))


def test_one_persons_many_records_with_some_slips_among_them_are_not() -> None:
    slips = [f"王{given}" for given in GIVEN[: 2 * MANY_NAMES]]
    assert not identifies_nobody(carriers(["王伟"] * MANY_RECORDS + slips))
    assert identifies_nobody(carriers(["王伟", *slips]))


def test_more_records_without_a_name_than_a_person_has_are_nobodys() -> None:
    assert identifies_nobody(carriers([""] * MANY_RECORDS))
    assert not identifies_nobody(carriers([""] * (MANY_RECORDS - 1)))


@pytest.mark.parametrize(("people", "usual"), [(MANY_NAMES, ["19880315"]), (MANY_NAMES - 1, [])])
def test_a_date_that_too_many_have_is_nobodys(people: int, usual: list[str]) -> None:
    others = [(f"{1950 + n // 12}{1 + n % 12:02}01",) for n in range(600)]
    assert usual_dates([*others, *[("19880315",)] * people, ()]) == usual


def test_in_a_large_store_more_must_share_a_date() -> None:
    some = [(f"{1950 + n // 360 % 50}{1 + n // 30 % 12:02}{1 + n % 28:02}",) for n in range(200_000)]
    assert usual_dates(some) == []
    assert usual_dates([*some, *[("20240229",)] * 100]) == []
    assert usual_dates([*some, *[("20240229",)] * 300]) == ["20240229"]
