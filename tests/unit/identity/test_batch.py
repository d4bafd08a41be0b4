"""Resolving in one go: the plain statement that incremental resolution must equal."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity import FieldValue
from identity.batch import (
    Overrides,
    candidate_pairs,
    generic_among,
    resolve_batch,
    unique_values,
    without_generic,
    without_placeholders,
)
from identity.blocking import blocking_keys
from identity.features import Features, build_features
from identity.model import load_model, shipped_model
from identity.rules import IDENTIFIER_KINDS, IdentityRules
from tests.told import CHINA, TOLD, record, values
from tests.unit.identity.test_model import file_of

MODEL = shipped_model("chinese")
Told = dict[str, str]


def resolved(told: dict[str, tuple[FieldValue, ...]]) -> set[frozenset[str]]:
    return set(resolve_batch(told, CHINA, MODEL).partition.clusters)


@settings(max_examples=50)
@given(st.lists(TOLD, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(rows: list[Told], chance: Random) -> None:
    told = {f"r{number}": values(**row) for number, row in enumerate(rows)}
    mixed = list(told)
    chance.shuffle(mixed)
    assert resolved(told) == resolved({name: told[name] for name in mixed})


@pytest.mark.parametrize("account", ["Hans & Petra Müller", "Herr und Frau Müller", "Familie Müller"])
def test_the_account_of_a_household_is_one_and_joins_nobody_of_it(account: str) -> None:
    home = {"phone": "+493012345678", "email": "mueller@example.de", "address": "Lindenweg 7, 10115 Berlin"}
    names = {"husband": "Hans Müller", "account": account, "again": account}
    found = resolved({key: values(name=name, **home) for key, name in names.items()})
    assert found == {frozenset({"husband"}), frozenset({"account", "again"})}


@settings(max_examples=50)
@given(st.lists(TOLD, max_size=20))
def test_candidates_are_the_pairs_that_share_a_key_which_is_not_generic(rows: list[Told]) -> None:
    told = {number: record(**row) for number, row in enumerate(rows)}
    keys = {number: blocking_keys(features) for number, features in told.items()}
    generic = generic_among(keys, CHINA)
    assert candidate_pairs(told, CHINA) == {
        (left, right) for left, right in combinations(told, 2) if (keys[left] & keys[right]) - generic
    }


@settings(max_examples=200)
@given(st.lists(st.tuples(TOLD, TOLD), max_size=12))
def test_what_is_only_claimed_neither_joins_nor_parts_anybody(rows: list[tuple[Told, Told]]) -> None:
    stated = {f"r{number}": values(**told) for number, (told, _) in enumerate(rows)}
    claims = {f"r{number}": claimed(**told) for number, (_, told) in enumerate(rows)}
    assert resolved(stated) == resolved({name: (*told, *claims[name]) for name, told in stated.items()})


def test_claims_beyond_the_limit_say_nothing_and_leave_what_is_stated() -> None:
    limit = CHINA.identifiers["email"].generic_above
    mail = values(email="wangwei@qq.com")
    told = {
        n: build_features(claimed(email="wangwei@qq.com") + values(name=PEOPLE[n]), CHINA) for n in range(limit + 1)
    }
    told[-1] = build_features(mail, CHINA)
    found = without_generic(told, CHINA)
    assert found[-1].emails
    assert not any(features.claims for features in found.values())
    del told[0]
    assert all(features.claims for n, features in without_generic(told, CHINA).items() if n > 0)


def test_a_claim_goes_with_the_generic_value_that_it_claims() -> None:
    told = phones(CHINA.identifiers["phone"].generic_above + 1)
    told[-1] = build_features(claimed(phone="13912345678"), CHINA)
    assert not without_generic(told, CHINA)[-1].claims


def claimed(**told: str) -> tuple[FieldValue, ...]:
    """The identifiers among what is told, unverified."""
    return tuple(
        FieldValue(attribute, 1, text, False) for attribute, text in told.items() if attribute in IDENTIFIER_KINDS
    )


PEOPLE = ("陈小美", "李芳", "王伟", "赵敏", "孙丽", "周杰")


def phones(count: int) -> dict[int, Features]:
    return {number: record(phone="13912345678", name=PEOPLE[number]) for number in range(count)}


def test_a_value_of_too_many_records_is_generic_for_all_of_them_and_no_longer_when_they_go() -> None:
    limit = CHINA.identifiers["phone"].generic_above
    within, beyond = without_generic(phones(limit), CHINA), without_generic(phones(limit + 1), CHINA)
    assert all(features.phones for features in within.values())
    assert not any(features.phones for features in beyond.values())
    assert len(candidate_pairs(phones(limit), CHINA)) == limit * (limit - 1) // 2
    assert not candidate_pairs(phones(limit + 1), CHINA)


def test_a_generic_phone_is_no_mailbox_either() -> None:
    count = CHINA.identifiers["phone"].generic_above + 1
    told = {n: record(email="13912345678@163.com", name=PEOPLE[n]) for n in range(count)}
    found = without_generic(told, CHINA)[0]
    assert not found.phones
    assert not found.mailbox_phones


def test_learned_placeholders_are_taken_out() -> None:
    told = record(phone="13800138000", email="a1@qq.com")
    assert without_placeholders(told, load_model(file_of())) == record(email="a1@qq.com")
    assert without_placeholders(told, MODEL) is told


def test_a_mistyped_national_id_is_no_unique_value() -> None:
    proven, mistyped = "11010119900307001", "110101199003070019"
    assert "national_id" not in unique_values(record(national_id=mistyped))
    assert unique_values(record(national_id=proven + _check(proven)))["national_id"]
    assert unique_values(record(phone="13912345678"))["phone"] == {b"+8613912345678"}


def _check(first: str) -> str:
    return next(last for last in "0123456789X" if record(national_id=first + last).national_ids[0].is_proven)


@pytest.fixture
def people() -> dict[str, tuple[FieldValue, ...]]:
    return {
        "a": values(name="王小明", phone="13912345678", birthday="1990-02-28"),
        "b": values(name="王小明", phone="13912345678"),
        "c": values(name="李红", phone="13787654321"),
    }


def test_records_of_one_person_join(people: dict[str, tuple[FieldValue, ...]]) -> None:
    found = resolve_batch(people, CHINA, MODEL)
    assert set(found.partition.clusters) == {frozenset("ab"), frozenset("c")}
    assert found.scores["a", "b"].weight >= MODEL.threshold


def test_stewards_have_the_last_word(people: dict[str, tuple[FieldValue, ...]]) -> None:
    overrides = Overrides(must_links=frozenset({("b", "c")}), cannot_links=frozenset({("a", "b")}))
    found = resolve_batch(people, CHINA, MODEL, overrides=overrides).partition
    assert set(found.clusters) == {frozenset("a"), frozenset("bc")}
    assert {refusal.rule for refusal in found.refused} == {"cannot_link"}


def test_a_sparse_record_does_not_join_father_and_son() -> None:
    home = {"phone": "13912345678", "address": "北京市朝阳区光明路1号2栋301室"}
    found = resolved(
        {
            "father": values(name="王建国", birthday="1960-05-01", **home),
            "son": values(name="王磊", birthday="1988-09-12", **home),
            "either": values(name="王先生", phone="13912345678"),
        }
    )
    assert not any({"father", "son"} <= cluster for cluster in found)


HOME_OF_RICHMONDS = {"address": "38 Fidge Street, Blair Athol", "postcode": "6148", "family_name": "Richmond"}


def of_richmonds(**given_names: dict[str, str]) -> set[frozenset[str]]:
    told = {record: values(**HOME_OF_RICHMONDS | more) for record, more in given_names.items()}
    return set(resolve_batch(told, IdentityRules(default_region="AU"), shipped_model("latin")).partition.clusters)


def test_a_record_that_is_right_joins_two_that_are_mistyped() -> None:
    """Mitchrll and Mithcell are not alike, but either is like Mitchell, born on that day in that house; one number is wrong."""
    born = {"birthday": "1911-06-05"}
    found = of_richmonds(
        right={"given_name": "Mitchell", "national_id": "4392610", **born},
        slip={"given_name": "Mitchrll", "national_id": "4392610", **born},
        other={"given_name": "Mithcell", "national_id": "6035967", **born},
    )
    assert found == {frozenset({"right", "slip", "other"})}


@pytest.mark.parametrize("told_by_peggy", [{"phone": "+447700900123"}, {}])
def test_one_odd_form_keeps_no_record_from_others_of_a_name_that_tells_both(told_by_peggy: Told) -> None:
    """Margaret may be Peggy and M, whichever of the two she is one with first."""
    mail = {"email": "mwilliams@example.org"}
    orders = {
        "margaret": values(name="Margaret Williams", phone="+447700900123", **mail),
        "peggy": values(name="Peggy Williams", **mail, **told_by_peggy),
        "initial": values(name="M Williams", phone="+447700900123", **mail),
    }
    found = resolve_batch(orders, IdentityRules(default_region="GB"), shipped_model("latin")).partition
    assert set(found.clusters) == {frozenset(orders)}
    without = {record: orders[record] for record in ("peggy", "initial")}
    apart = resolve_batch(without, IdentityRules(default_region="GB"), shipped_model("latin")).partition
    assert len(apart.clusters) == len(without)


def test_a_record_without_a_name_does_not_join_two_names_of_one_unproven_number() -> None:
    told = {"national_id": "AB1234567"}
    people = {
        "father": values(name="王建国", **told),
        "son": values(name="王小明", **told),
        "nobody": values(**told),
    }
    result = resolve_batch(people, CHINA, MODEL)
    assert {len(cluster) for cluster in result.partition.clusters} == {1}
    assert [refusal.rule for refusal in result.partition.refused] == ["ambiguous"] * 2


def test_an_order_without_a_name_belongs_to_nobody_of_those_who_share_the_phone_unless_more_tells_whose_it_is() -> None:
    people = {
        "father": values(name="王建国", phone="13812345679", email="jianguo@example.com"),
        "son": values(name="王小明", phone="13812345679"),
        "order": values(phone="13812345679"),
    }
    alone = resolve_batch(people, CHINA, MODEL)
    assert {len(cluster) for cluster in alone.partition.clusters} == {1}
    assert {refusal.rule for refusal in alone.partition.refused} <= {"ambiguous"}
    told = people | {"order": values(phone="13812345679", email="jianguo@example.com")}
    assert {"father", "order"} in map(set, resolve_batch(told, CHINA, MODEL).partition.clusters)
    only = {record: people[record] for record in ("son", "order")}
    assert len(resolve_batch(only, CHINA, MODEL).partition.clusters) == 1


def test_an_initial_does_not_join_twins() -> None:
    born = {"birthday": "1911-06-05"}
    found = of_richmonds(
        anna={"given_name": "Anna", **born},
        berta={"given_name": "Albertine", **born},
        either={"given_name": "A", **born},
        anna_again={"given_name": "Anna", **born},
    )
    assert not any({"anna", "berta"} <= cluster for cluster in found)


def test_father_and_son_of_one_name_at_one_address_stay_two() -> None:
    found = of_richmonds(
        father={"given_name": "Mitchell", "birthday": "1911-06-05"},
        son={"given_name": "Mitchell", "birthday": "1943-11-21"},
        fathers={"given_name": "Mitchell", "birthday": "1911-06-06"},
        sons={"given_name": "Mitchel", "birthday": "1943-11-21"},
    )
    assert found == {frozenset({"father", "fathers"}), frozenset({"son", "sons"})}


def test_an_openid_leads_to_the_unionid_of_whoever_holds_both() -> None:
    def of_wechat(unionid: str = "", **apps: str) -> tuple[FieldValue, ...]:
        openids = [FieldValue("wechat_openid", slot, each, app=app) for slot, (app, each) in enumerate(apps.items())]
        return (*openids, *values(wechat_unionid=unionid))

    found = resolved(
        {
            "shop": of_wechat("oUnion0000000001", wx1="oOpenid0001"),
            "game": of_wechat("oUnion0000000001", wx2="oOpenid0002"),
            "pos": of_wechat(wx1="oOpenid0001"),
            "guest": of_wechat(wx2="oOpenid0002"),
            "other": of_wechat(wx2="oOpenid0001"),
        }
    )
    assert found == {frozenset({"shop", "game", "pos", "guest"}), frozenset({"other"})}
