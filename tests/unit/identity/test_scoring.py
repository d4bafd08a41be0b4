"""Scoring: symmetric, nothing counted twice, and relatives stay apart where they share what a household shares."""

from typing import Final

import pytest
from hypothesis import given

from identity import FieldValue
from identity.features import Features, build_features
from identity.model import Model, shipped_model
from identity.scoring import Score, score
from tests.told import AMERICA, CHINA, FEATURES, record, values

CHINESE, LATIN = shipped_model("chinese"), shipped_model("latin")
HOME = {"phone": "13912345678", "address": "北京市朝阳区光明路1号2栋301室"}
AMERICAN_HOME = {"phone": "212-555-0123", "address": "12 Oak Street", "city": "Springfield", "trait.postcode": "62704"}


def of(left: Features, right: Features) -> Score:
    return score(left, right, CHINESE)


def levels(found: Score) -> dict[str, str]:
    return {each.comparison: each.level for each in found.levels}


def weight(found: Score, comparison: str) -> int:
    return sum(each.weight for each in found.levels if each.comparison == comparison)


@given(FEATURES, FEATURES)
def test_a_score_is_the_same_from_either_side(left: Features, right: Features) -> None:
    for model in (CHINESE, LATIN):
        assert score(left, right, model) == score(right, left, model)


@given(FEATURES, FEATURES)
def test_a_weight_is_the_sum_of_its_levels(left: Features, right: Features) -> None:
    found = of(left, right)
    assert found.weight == sum(level.weight for level in found.levels)


@given(FEATURES)
def test_records_that_tell_nothing_in_common_weigh_nothing(told: Features) -> None:
    assert of(told, Features()).weight == 0


def test_the_same_name_birthday_and_phone_are_one_person() -> None:
    told = record(name="王小明", birthday="1990-02-28", phone="13912345678")
    assert of(told, told).weight > CHINESE.threshold


@pytest.mark.parametrize(("gender", "is_one"), [("f", True), ("m", False)])
def test_a_letter_makes_no_brother_of_a_sister_whose_gender_both_records_tell(gender: str, *, is_one: bool) -> None:
    told = {"birthday": "1980-02-14", **AMERICAN_HOME}
    maria = record(AMERICA, name="Maria Rossi", gender="f", **told)
    mario = record(AMERICA, name="Mario Rossi", gender=gender, **told)
    assert (score(maria, mario, LATIN).weight >= LATIN.threshold) == is_one


@pytest.mark.parametrize(
    ("one", "other"),
    [("杨紫萱", "杨紫馨"), ("王伟", "王强"), ("李子豪", "李浩然")],
)
def test_twins_of_one_household_stay_two(one: str, other: str) -> None:
    left, right = (record(name=name, birthday="2012-02-24", gender="女", **HOME) for name in (one, other))
    assert of(left, right).weight < CHINESE.threshold


@pytest.mark.parametrize(
    ("one", "other"), [("Mario Rossi", "Maria Rossi"), ("Paul Braun", "Paula Braun"), ("Victor Roux", "Victoria Roux")]
)
def test_a_brother_and_a_sister_of_almost_one_name_stay_two(one: str, other: str) -> None:
    left, right = (record(AMERICA, name=name, **AMERICAN_HOME) for name in (one, other))
    assert score(left, right, LATIN).weight < LATIN.threshold


def test_a_slip_in_a_given_name_is_one_at_home() -> None:
    for slip in ("Mraia Rossi", "Marria Rossi", "Mari Rossi"):
        left, right = (record(AMERICA, name=name, **AMERICAN_HOME) for name in ("Maria Rossi", slip))
        assert score(left, right, LATIN).weight >= LATIN.threshold


@pytest.mark.parametrize(
    ("one", "other", "birthday", "is_one"),
    [
        ("John Smith Sr", "John Smith Jr", "", False),
        ("John Smith Jr", "John Smith", "", True),
        ("Joseph Bryan Harris", "Joseph Brandon Harris", "", False),
        ("Joseph Bryan Harris", "Joseph B. Harris", "", True),
        ("Joseph Bryan Harris", "Joseph Brandon Harris", "1980-02-14", True),
    ],
)
def test_who_is_named_after_his_father_and_lives_with_him_stays_another(
    one: str, other: str, birthday: str, *, is_one: bool
) -> None:
    """Twins share a birthday, and no first given name."""
    left, right = (record(AMERICA, name=name, birthday=birthday, **AMERICAN_HOME) for name in (one, other))
    assert (score(left, right, LATIN).weight >= LATIN.threshold) == is_one


@pytest.mark.parametrize(
    ("day", "other", "more", "is_one"),
    [
        ("1952-01-13", "1976-09-26", {}, False),
        ("1952", "1976", {}, False),
        ("1952-01-13", "1976", {}, False),
        ("1976-01-13", "1979-09-26", {}, True),
        ("1976-01-13", "1977", {}, True),
        ("1952-01-13", "1976-09-26", {"email": "leach@example.com"}, True),
        ("1952-01-13", "1976-09-26", {"national_id": "AB1234567"}, True),
    ],
)
def test_one_name_and_home_may_be_a_fathers_and_his_sons_where_a_generation_lies_between(
    day: str, other: str, more: dict[str, str], *, is_one: bool
) -> None:
    left, right = (
        record(AMERICA, name="Dakota Leach", birthday=each, **AMERICAN_HOME, **more) for each in (day, other)
    )
    found = score(left, right, LATIN)
    assert ("generations" in levels(found)) != is_one
    assert (found.weight >= LATIN.threshold) == is_one
    assert found.weight >= LATIN.review


def test_in_china_nobody_is_named_after_his_father() -> None:
    left, right = (record(name="王小明", birthday=day, **HOME) for day in ("1952-01-13", "1976-09-26"))
    assert "generations" not in levels(of(left, right))


def test_a_proven_id_that_tells_another_birthday_is_borrowed_within_the_household() -> None:
    """A child is entered with the number of a parent."""
    father = record(name="黄飞", **PROVEN, **HOME)
    child = record(name="黄小超", birthday="2015-04-28", **PROVEN, **HOME)
    assert BORROWED in levels(of(father, child)).items()
    assert of(father, child).weight < CHINESE.threshold
    misspelt = record(name="黄菲", birthday="2015-04-28", **PROVEN, **HOME)
    assert BORROWED not in levels(of(father, misspelt)).items()


@pytest.mark.parametrize(("number", "is_one"), [("6483181", "yes"), ("6483811", "yes"), ("8250782", "no"), ("", "no")])
def test_twins_never_share_a_national_id_and_who_does_has_a_mistyped_name(number: str, is_one: str) -> None:
    shared = {"birthday": "1995-01-23", "address": "6 Bourke Street, Currambine"}
    left = record(AMERICA, name="Madalyn Gwatking", national_id="6483181", **shared)
    right = record(AMERICA, name="Olivia Gwatking", national_id=number, **shared)
    assert ("yes" if score(left, right, LATIN).weight >= LATIN.threshold else "no") == is_one


def test_a_card_proves_a_mistyped_character_but_not_another_name() -> None:
    shared = {"birthday": "1985-06-12", "loyalty_card": "88001234", "phone": "13912345678"}
    typo = of(record(name="王志明", **shared), record(name="王志朋", **shared))
    other = of(record(name="王志明", **shared), record(name="王国栋", **shared))
    assert typo.weight > CHINESE.threshold > other.weight


def test_characters_in_the_wrong_order_are_a_slip() -> None:
    left, right = (record(name=name, birthday="1970-12-27", phone="13912345678") for name in ("黄富永", "黄永富"))
    assert of(left, right).weight > CHINESE.threshold


def test_father_and_son_share_phone_and_address_and_stay_two() -> None:
    father = record(name="王建国", birthday="1960-05-01", **HOME)
    son = record(name="王磊", birthday="1988-09-12", **HOME)
    assert of(father, son).weight < CHINESE.threshold
    assert weight(of(father, son), "relatives") < -10_000


def test_a_married_name_is_found_by_given_name_birthday_and_phone() -> None:
    shared = {"birthday": "1984-04-28", **AMERICAN_HOME}
    maiden, married = (record(AMERICA, name=name, **shared) for name in ("Katie White", "Katie Harvey"))
    assert score(maiden, married, LATIN).weight > LATIN.threshold


def test_two_people_with_one_mailbox_stay_two() -> None:
    left = record(name="刘建伟", email="ljianwei_76@sina.com", birthday="1976-03-04")
    right = record(name="刘子涵", email="ljianwei_76@sina.com", birthday="2008-07-10")
    assert of(left, right).weight < CHINESE.threshold


def test_a_birthday_in_an_equal_national_id_counts_once() -> None:
    shared = {"national_id": "110101199003070011"}
    told = record(**shared)
    assert told.national_ids[0].is_proven
    assert told.birthday == ("19900307",)
    found = of(told, told)
    assert weight(found, "birthday") == weight(found, "gender") == 0
    assert found.weight == pytest.approx(weight(found, "national_id"), abs=50)


def test_a_birthday_against_an_equal_national_id_still_counts() -> None:
    left = record(national_id="110101199003070011")
    right = record(national_id="110101199003070011", birthday="1971-11-30")
    assert weight(of(left, right), "birthday") < 0


def test_a_phone_that_is_the_name_of_an_equal_mailbox_counts_once() -> None:
    told = record(email="13912345678@163.com", phone="13912345678")
    assert levels(of(told, told)).keys() == {"email", "relatives"}
    assert weight(of(told, told), "email") == weight(
        of(record(email="a1b2c3@163.com"), record(email="a1b2c3@163.com")), "email"
    )


@pytest.mark.parametrize(
    ("mailbox", "other"),
    [("john.smith@hotmail.com", "john.smith@yahoo.com"), ("john.smith81@hotmail.com", "john.smith82@hotmail.com")],
)
def test_mailboxes_made_of_a_name_count_no_more_than_the_name(mailbox: str, other: str) -> None:
    namesakes = score(record(name="John Smith", email=mailbox), record(name="John Smith", email=other), LATIN)
    assert (levels(namesakes)["email"], weight(namesakes, "email")) == ("local_name", 0)
    unnamed = score(record(name="John Smith", email=mailbox), record(email=other), LATIN)
    assert weight(unnamed, "email") > 5_000


def test_generic_values_are_taken_out_before() -> None:
    told = record(name="王伟", phone="13912345678")
    assert "contact" in levels(of(told, told))
    without = told.without([("phone", "+8613912345678")])
    assert "contact" not in levels(of(without, told))


def test_a_common_name_weighs_less_than_a_rare_one() -> None:
    common, rare = (of(record(name=name), record(name=name)).weight for name in ("王伟", "覃毓芃"))
    assert rare > common + 5_000


def test_new_years_day_says_nothing_against_another_day() -> None:
    left, right = record(birthday="1985-01-01"), record(birthday="1991-06-12")
    assert levels(of(left, right))["birthday"] == "year"
    assert abs(of(left, right).weight) < 500


def test_a_word_that_friends_use_is_weak_evidence_of_another_person() -> None:
    known = {"birthday": "1964-11-25", **AMERICAN_HOME}
    nickname = score(record(AMERICA, name="Gaffer", **known), record(AMERICA, name="Ann Leroy", **known), LATIN)
    other = score(record(AMERICA, name="Peter Leroy", **known), record(AMERICA, name="Ann Leroy", **known), LATIN)
    assert levels(nickname)["given"] == "word"
    assert nickname.weight > LATIN.threshold > other.weight


def test_a_nickname_needs_more_than_a_phone_and_a_home() -> None:
    """A family shares them, too; of a mailbox, a card or an account a family shares less."""
    known = {"phone": "13812345679", "address": "上海市闵行区古墩路159号阳光花园12-2-2503"}
    nickname, name = {"name": "岁月静好", **known}, {"name": "周永强", **known}
    suggested = of(record(**nickname), record(**name))
    assert levels(suggested)["contact"] == "same+home"
    assert CHINESE.review < suggested.weight < CHINESE.threshold
    for more in (
        {"email": "zz8871@qq.com"},
        {"loyalty_card": "V123456789"},
        {"wechat_unionid": "oa1B2c3D4a1B2c3D4a1B2c3D4xyz"},
    ):
        assert of(record(**nickname, **more), record(**name, **more)).weight > CHINESE.threshold


def test_a_latin_name_counts_in_its_commoner_order() -> None:
    turned = score(record(AMERICA, name="Taylor Jean"), record(AMERICA, name="Jean Taylor"), LATIN)
    plain = score(record(AMERICA, name="Jean Taylor"), record(AMERICA, name="Jean Taylor"), LATIN)
    assert turned.weight == plain.weight


def test_a_given_name_in_the_column_of_surnames_is_no_rare_surname() -> None:
    whole, part = record(AMERICA, given_name="Mary", family_name="Smith"), record(AMERICA, given_name="Mary")
    turned = score(whole, record(AMERICA, family_name="Mary"), LATIN)
    assert levels(turned)["surname"] == "exact"
    assert weight(turned, "surname") < weight(score(whole, part, LATIN), "given") + 500


def test_a_name_alone_never_joins_however_rare_it_is() -> None:
    rare = record(name="欧阳璟雯", gender="女")
    found = of(rare, rare)
    assert CHINESE.review < found.weight < CHINESE.threshold
    assert levels(found)["namesakes"] == "name_only"
    more = record(name="欧阳璟雯", birthday="1990-05-06")
    assert of(more, more).weight > CHINESE.threshold
    assert "namesakes" not in levels(of(more, more))


# Passports and the like: no check digit proves them.
PASSPORT: Final = {"national_id": "AB1234567"}
#: An id that proves itself, of somebody born on 1949-12-31.
PROVEN: Final = {"national_id": "11010519491231002X"}
BORROWED: Final = ("borrowers", "id_only")


def _of(model: Model, name: str, **told: str) -> Features:
    return record(CHINA if model is CHINESE else AMERICA, name=name, **told)


@pytest.mark.parametrize(
    ("model", "name", "other", "days"),
    [
        (CHINESE, "王小明", "王建国", ("", "")),
        (CHINESE, "王小明", "王建国", ("1990-05-06", "")),
        (LATIN, "John Smith", "Kevin Smith", ("", "")),
        (LATIN, "John Smith", "Kevin Smith", ("1970-05-06", "1985-11-23")),
    ],
)
def test_an_unproven_national_id_alone_only_suggests_where_names_are_of_two_people(
    model: Model, name: str, other: str, days: tuple[str, str]
) -> None:
    left, right = (_of(model, each, birthday=day, **PASSPORT) for each, day in zip((name, other), days, strict=True))
    found = score(left, right, model)
    assert levels(found)["national_id"] == "same"
    assert BORROWED in levels(found).items()
    assert model.review <= found.weight == model.threshold - 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Mary Jones"}, {"name": "Mary Smith"}),  # a marriage
        ({"name": "Mary Jones"}, {"name": "M Jones"}),
        ({"name": "Mary Jones"}, {"name": ""}),
        ({"name": "John Smith", "birthday": "1970-05-06"}, {"name": "Kevin Smith", "birthday": "1970-05-06"}),
        ({"name": "John Smith", "birthday": "1970-05-06"}, {"name": "Mary Jones", "birthday": "1970-05-06"}),
        ({"name": "John Smith", "birthday": "1970-05-06"}, {"name": "Kevin Smith", "birthday": "1970-05-08"}),
        ({"name": "John Smith", "alipay_id": "20880123456"}, {"name": "Kevin Jones", "alipay_id": "20880123456"}),
        ({"name": "John Smith", **AMERICAN_HOME}, {"name": "Kevin Smith", **AMERICAN_HOME}),
    ],
)
def test_an_unproven_national_id_joins_where_anything_else_bears_it_out(
    one: dict[str, str], other: dict[str, str]
) -> None:
    found = score(_of(LATIN, **one, **PASSPORT), _of(LATIN, **other, **PASSPORT), LATIN)
    assert found.weight > LATIN.threshold
    assert "borrowers" not in levels(found)


def test_a_proven_id_bears_itself_out_by_its_birthday_unless_a_column_contradicts_that() -> None:
    son = _of(LATIN, "Kevin Smith", **PROVEN)
    found = score(_of(LATIN, "John Smith", **PROVEN), son, LATIN)
    assert found.weight > LATIN.threshold
    assert "borrowers" not in levels(found)
    other_day = score(_of(LATIN, "John Smith", birthday="1970-05-06", **PROVEN), son, LATIN)
    assert BORROWED in levels(other_day).items()
    assert other_day.weight < LATIN.threshold


def test_openids_of_two_apps_say_nothing_against_each_other() -> None:
    """Everybody has another openid in each app of WeChat."""

    def member(openid: str, app: str) -> Features:
        told = FieldValue("wechat_openid", 0, openid, app=app)
        return build_features([*values(name="王小明", phone="13912345678"), told], CHINA)

    one, other = member("oOpenid0001", "wx1"), member("oOpenid0002", "wx2")
    assert "wechat_openid" not in levels(of(one, other))
    assert levels(of(one, member("oOpenid0002", "wx1")))["wechat_openid"] == "different"
    both = build_features(
        [
            FieldValue("wechat_openid", 0, "oOpenid0001", app="wx1"),
            FieldValue("wechat_openid", 1, "oOpenid0003", app="wx2"),
        ],
        CHINA,
    )
    assert levels(of(both, one))["wechat_openid"] == "same"
    assert levels(of(both, other))["wechat_openid"] == "different"


def test_an_openid_counts_no_more_beside_the_unionids_of_both() -> None:
    def member(unionid: str, openid: str) -> Features:
        told = FieldValue("wechat_openid", 0, openid, app="wx1")
        return build_features([*values(wechat_unionid=unionid), told], CHINA)

    one = member("oUnion0000000001", "oOpenid0001")
    same, other = of(one, one), of(one, member("oUnion0000000002", "oOpenid0002"))
    assert levels(same) == {"wechat_unionid": "same", "relatives": "household"}
    assert levels(other)["wechat_unionid"] == "different"
    assert "wechat_openid" not in levels(other)
    assert levels(of(one, member("", "oOpenid0001")))["wechat_openid"] == "same"
