"""Blocking keys: mistyped records still meet, and nothing that many people share is a key."""

import re
from pathlib import Path

import pytest
from hypothesis import given

from identity import IdentityRules
from identity.blocking import BLOCKING_KINDS, COMBINED_LIMITS, blocking_keys, identifiers, key_limits
from identity.features import Features
from tests.told import AMERICA, CHINA, FEATURES, record

ROOT = Path(__file__).parents[3]


def kinds(left: Features, right: Features) -> set[str]:
    return {key.kind for key in blocking_keys(left) & blocking_keys(right)}


@pytest.mark.parametrize(
    "told",
    [
        {}, {"name": "王先生"}, {"birthday": "1990-02-28"}, {"gender": "女"}, {"name": "王先生", "gender": "男"},
        {"name": "Smith"}, {"email": "info@company.cn"}, {"address": "北京市"},
    ],
)  # fmt: skip
def test_never_by_a_bare_surname_or_birthday(told: dict[str, str]) -> None:
    assert blocking_keys(record(**told)) == frozenset()


def test_who_tells_no_surname_is_not_found_by_birthday_alone() -> None:
    kinds_found = {key.kind for key in blocking_keys(record(name="阿强", birthday="1990-02-28"))}
    assert kinds_found.isdisjoint({"surname_birthday", "name_birthday", "full_name"})


@given(FEATURES)
def test_every_key_is_of_a_kind_with_a_limit_and_there_are_few(told: Features) -> None:
    keys = blocking_keys(told)
    assert {key.kind for key in keys} <= set(BLOCKING_KINDS)
    assert all(key.text.strip() for key in keys)
    assert len(keys) <= 24 + 12 * len(told.birthday)  # of which 02/03/1990 has two readings
    assert identifiers(told) <= keys


@given(FEATURES)
def test_a_combined_key_holds_two_things(told: Features) -> None:
    texts = {key.text for key in blocking_keys(told) if key.kind in COMBINED_LIMITS and key.kind != "home"}
    assert texts.isdisjoint({*told.birthday, *(name.surname for name in told.names)})


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ({"name": "王小明", "phone": "13912345678"}, {"name": "王小明", "phone": "13912345679"}, "name_phone_start"),
        ({"name": "王小明", "phone": "19980262813"}, {"name": "王小明", "phone": "19980226813"}, "name_phone_start"),
        ({"name": "王小明", "phone": "139****5678"}, {"name": "王晓明", "phone": "13912345678"}, "surname_phone_ends"),
        ({"name": "黄富永", "birthday": "1970-12-27"}, {"name": "黄永富", "birthday": "1970-12-27"}, "surname_birthday"),
        ({"name": "王小明", "birthday": "1990-02-28"}, {"name": "Wang Xiaoming", "birthday": "1990-02-28"}, "name_birthday"),
        ({"phone": "13912345678", "birthday": "1990-02-28"}, {"phone": "13812345678", "birthday": "1990-02-28"}, "birthday_phone_end"),
        ({"name": "王伟", "email": "wangwei@qq.com"}, {"name": "王先生", "email": "wangwei@163.com"}, "surname_mailbox"),
        ({"name": "王伟", "address": "光明路1号2栋301室"}, {"name": "王女士", "address": "北京市朝阳区光明路1号2号楼301"}, "surname_home"),
    ],
)  # fmt: skip
def test_a_mistyped_record_meets_its_twin(left: dict[str, str], right: dict[str, str], kind: str) -> None:
    assert kind in kinds(record(CHINA, **left), record(CHINA, **right))


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ({"name": "White, Katie", "birthday": "1984-04-28"}, {"name": "Harvey, Katie", "birthday": "1984-04-28"}, "given_birthday"),
        ({"name": "Smith, John", "birthday": "1984-04-28"}, {"name": "John Smith", "birthday": "1984-04-28"}, "name_birthday"),
        ({"name": "Jonathan Smith", "birthday": "1984-04-28"}, {"name": "Jonathon Smith", "birthday": "1984-05-28"}, "name_year"),
        ({"name": "Jon Smith", "postcode": "62704"}, {"name": "J Smith", "postcode": "62704"}, "surname_postcode"),
        ({"name": "Ann Lee", "national_id": "219-09-9999"}, {"name": "Anna Lee", "national_id": "219-09-4321"}, "surname_id_part"),
        ({"name": "Ann Lee", "phone": "212-555-0123"}, {"name": "Ann Lee", "phone": "312-555-0123"}, "name_phone_end"),
        ({"name": "Emily Hill", "phone": "212-555-0123"}, {"name": "Emili C Hill", "phone": "212-565-0123"}, "name_phone_end"),
        ({"name": "Jo Alderson", "email": "joal88@gmail.com"}, {"name": "Jo Aldersn", "email": "joal88@live.com"}, "surname_mailbox"),
        ({"name": "Ann Alderson", "national_id": "219-09-9999"}, {"name": "Bo Aldersn", "national_id": "219-09-9989"}, "surname_id_part"),
        ({"name": "Frazer Hill", "birthday": "1984-04-28"}, {"name": "Fraz Mill", "birthday": "1984-04-28"}, "given_birthday"),
        ({"name": "Lu Alderson", "birthday": "1984-04-28"}, {"name": "Jo Aldersn", "birthday": "1984-04-28"}, "surname_birthday"),
        ({"name": "Jonathan Smith", "birthday": "1984-04-28"}, {"name": "Jonathon Smith", "birthday": "1948-04-28"}, "name_day"),
        ({"name": "Renate Meier", "birthday": "1984-04-28"}, {"name": "Renate Meijer", "birthday": "1984-04-28"}, "given_birthday"),
        ({"name": "Mario Lange", "birthday": "1984-04-28"}, {"name": "Inge Langr", "birthday": "1984-04-28"}, "surname_birthday"),
        ({"name": "Jürgen Müller"}, {"name": "Juergen Mueller"}, "full_name"),
        ({"name": "Anna Härle"}, {"name": "Haerle, Anna"}, "full_name"),
        ({"name": "Ilse Müller", "birthday": "1984-04-28"}, {"name": "Else Mueller", "birthday": "1984-04-28"}, "surname_birthday"),
        ({"name": "Jo Alderson", "address": "4 Temperley Street"}, {"name": "Lu Aldersn", "address": "4 Temperly St"}, "surname_home"),
        ({"birthday": "1984-04-28", "address": "4 Temperley Street"}, {"birthday": "1984-04-28", "address": "Tempreley St"}, "birthday_road"),
        ({"address": "88-25 Somersby", "postcode": "62704"}, {"address": "88 Somersby", "postcode": "62704"}, "home"),
        ({"address": "4 Temperley Street", "postcode": "62704"}, {"address": "4 Temperlye St, Hill House", "postcode": "62704"}, "home"),
    ],
)  # fmt: skip
def test_a_latin_record_meets_its_twin(left: dict[str, str], right: dict[str, str], kind: str) -> None:
    one, other = (
        record(AMERICA, **{("trait.postcode" if key == "postcode" else key): text for key, text in told.items()})
        for told in (left, right)
    )
    assert kind in kinds(one, other)


def test_names_that_mean_nobody_and_role_mailboxes_are_no_keys() -> None:
    assert not kinds(record(name="散客", email="info@company.cn"), record(name="散客", email="info@company.cn"))
    assert not kinds(record(AMERICA, name="Cash Sale"), record(AMERICA, name="Cash Sale"))


def test_limits_of_identifiers_are_those_of_the_rules() -> None:
    limits = {
        "phone": {"generic_above": 7, "generic_above_records": 9},
        "email": {"generic_above": 7, "generic_above_records": 2},
    }
    rules = IdentityRules.from_config({"identifiers": limits})
    assert key_limits("phone", rules) == (7, 9)
    assert key_limits("claimed_phone", rules) == (7, 7)  # whoever claims it
    assert key_limits("email", rules) == (7, 7)  # as many people have as many records
    assert key_limits("full_name", rules) == (COMBINED_LIMITS["full_name"],) * 2


def test_a_year_alone_leads_by_the_name_and_the_year_only() -> None:
    told = {"name": "Dakota Leach", "phone": "212-555-0123", "city": "Springfield"}
    keys = blocking_keys(record(AMERICA, birthday="1976", **told)) - blocking_keys(record(AMERICA, **told))
    assert {key.kind for key in keys} == {"name_year"}
    assert keys <= blocking_keys(record(AMERICA, birthday="1976-09-26", **told))


def test_the_limits_of_combined_keys_are_documented() -> None:
    told: dict[str, int] = {}
    for line in (ROOT / "docs/identity.md").read_text(encoding="utf-8").splitlines():
        if (row := re.fullmatch(r"\| (`.*`) \| .* \| ([\d, ]+) \|", line)) and "`" in row[1]:
            kinds, limits = re.findall(r"`(\w+)`", row[1]), [int(limit) for limit in row[2].split(",")]
            told |= dict(zip(kinds, limits * (len(kinds) if len(limits) == 1 else 1), strict=True))
    assert told == COMBINED_LIMITS
