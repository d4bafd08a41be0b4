"""Which keys lead nowhere: by how many people carry them, as far as names tell, and by how many records."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from itertools import islice, permutations
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.batch import generic_among, resolve_batch, without_generic
from identity.blocking import blocking_keys
from identity.components import components
from identity.generic import NAMELESS, Limits, generic_keys, names_among, number_of_people
from identity.model import shipped_model
from identity.rules import IdentityRules
from tests.told import CHINA, record, values

CHINESE = {"name": "欧阳晓梅", "phone": "13812349876", "email": "oyxm@163.com", "birthday": "1988-02-03"}
LATIN = {
    "name": "Marianne Oberholzer",
    "phone": "+41791234567",
    "email": "m.oberholzer@gmx.ch",
    "birthday": "1971-03-09",
}
SIX = ("陈小美", "李芳", "王伟", "赵敏", "孙丽", "周杰")


@pytest.mark.parametrize("number", [6, 17, 40, 100])
@pytest.mark.parametrize("left_out", [(), ("birthday",), ("birthday", "phone"), ("birthday", "email")])
@pytest.mark.parametrize(("told", "language"), [(CHINESE, "chinese"), (LATIN, "latin")])
def test_however_often_a_customer_orders_as_a_guest_it_is_one(
    told: Mapping[str, str], language: str, left_out: Collection[str], number: int
) -> None:
    order = values(**{name: text for name, text in told.items() if name not in left_out})
    found = resolve_batch(dict.fromkeys(range(number), order), CHINA, shipped_model(language))
    assert len(found.partition.clusters) == 1


@pytest.mark.parametrize(("kind", "most"), [("customer_no", 100), ("loyalty_card", 10)])
def test_a_customer_may_have_a_number_for_every_order_and_several_cards(kind: str, most: int) -> None:
    orders = {n: values(**{**CHINESE, kind: f"8812{n:06}"}) for n in range(most)}
    found = resolve_batch(orders, CHINA, shipped_model("chinese"))
    assert len(found.partition.clusters) == 1


def test_what_people_of_more_names_state_says_nothing_about_any_of_them() -> None:
    phone = "13812349876"
    family = {name: record(name=name, phone=phone) for name in SIX[:5]}
    assert all(each.phones for each in without_generic(family, CHINA).values())
    assert not any(
        each.phones for each in without_generic({n: record(name=n, phone=phone) for n in SIX}, CHINA).values()
    )


def test_scripts_and_orders_of_one_name_are_one_and_courtesy_names_count_by_their_surname() -> None:
    written = ("陈小美", "陳小美", "Chen Xiaomei", "chén xiǎo měi", "Xiaomei Chen", "陈 小美")
    courtesy = ("王女士",) * 7
    for names in (written, courtesy):
        told = {n: record(name=name, phone="13812349876") for n, name in enumerate(names)}
        assert all(each.phones for each in without_generic(told, CHINA).values())


def test_more_records_than_are_worth_comparing_lead_nowhere_whoever_they_are() -> None:
    rules = IdentityRules.from_config({"identifiers": {"phone": {"generic_above_records": 10}}})
    told = {n: record(name="陈小美", phone="13812349876") for n in range(11)}
    keys = {n: blocking_keys(found) for n, found in told.items()}
    assert "phone" in {key.kind for key in generic_among(keys, rules)}
    del keys[0]
    assert "phone" not in {key.kind for key in generic_among(keys, rules)}


@pytest.mark.parametrize(
    ("names", "number"),
    [
        ([], 0),
        ([{"a"}, {"a"}, {"a"}], 1),
        ([{"a"}, {"b"}, {"c"}], 3),
        ([{"a"}, {"b"}, {"a", "b"}], 1),
        ([{"a", "b"}, {"b", "c"}, {"d"}, {"e", "f"}, {"e"}, {"d", "g"}], 3),
        ([set(), {"a"}], 2),
        ([set()] * 10, 1),
        ([set()] * 20, 2),
        ([{"a"}] * 4 + [{"b"}] * 2, Fraction(36, 20)),
        ([{"a"}] * 40 + [{"b"}, {"c"}, {"d"}, {"e"}, {"f"}, {"g"}], Fraction(46**2, 1606)),
        ([set()] * 11, Fraction(121, 101)),
        ([set()] * 30 + [{"a"}] * 10, 4),
    ],
)
def test_people_are_told_by_the_names_that_they_share_and_weighed_by_their_records_in_any_order(
    names: list[set[str]], number: Fraction
) -> None:
    assert {number_of_people(order) for order in islice(permutations(names), 100)} == {number}
    assert number_of_people(reversed(names)) == number


@given(st.lists(st.sets(st.sampled_from("abcdef"), max_size=2), max_size=40))
def test_people_weighed_by_their_records_are_never_more_than_there_are(names: list[set[str]]) -> None:
    alike = components((min(found), name) for found in names for name in found)
    number = number_of_people(names)
    assert number <= len(alike) + ceil(sum(not found for found in names) / NAMELESS)
    assert (number >= 1) is bool(names)


@pytest.mark.parametrize(("told", "language"), [(CHINESE, "chinese"), (LATIN, "latin")])
def test_a_regular_customer_stays_one_though_slips_and_relatives_stand_among_the_orders(
    told: Mapping[str, str], language: str
) -> None:
    order = {"phone": told["phone"], "email": told["email"]}
    forty = {f"order {n}": values(**order, name=told["name"]) for n in range(40)}
    others = {name: values(**order, name=name) for name in (*SIX[1:], "黄强")}
    found = resolve_batch(forty | others, CHINA, shipped_model(language))
    assert set(found.partition.clusters) == {frozenset(forty), *(frozenset({name}) for name in others)}


def test_a_whole_name_is_told_by_it_alone_and_another_by_what_there_is() -> None:
    def told(kinds: Collection[str]) -> frozenset[str]:
        return names_among(list(kinds), str)

    assert told(["full_name", "surname_mailbox", "phone"]) == {"full_name"}
    assert told(["surname_mailbox", "surname_phone_ends", "phone"]) == {"surname_mailbox", "surname_phone_ends"}
    assert not told(["phone", "birthday_road"])


def test_names_are_asked_for_once_and_only_where_they_decide() -> None:
    asked: list[set[int]] = []

    def names(records: Collection[int]) -> dict[int, set[str]]:
        asked.append(set(records))
        return {record: {"a" if record < 4 else "b"} for record in records}

    lists = {"few": [1, 2], "one": [1, 2, 3], "two": [2, 3, 4], "beyond": range(10, 20)}
    assert generic_keys(lists, lambda _: Limits(2, 4), names) == {"beyond"}
    assert asked == [{1, 2, 3, 4}]
    assert generic_keys(lists, lambda _: Limits(1, 4), names) == {"two", "beyond"}
    assert generic_keys({"few": [1]}, lambda _: Limits(2, 4), names) == set()
    assert len(asked) == 2
