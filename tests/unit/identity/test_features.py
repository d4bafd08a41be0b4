"""Features: what a record says in comparable parts, packed into canonical bytes."""

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity import UNKNOWN, FieldValue, IdentityRules
from identity.features import Features, StaleFeatures, build_features, pack, unpack
from identity.look_ups import look_ups
from identity.parsing import Name

RULES = IdentityRules()


def features(rules: IdentityRules = RULES, **told: str) -> Features:
    return build_features([FieldValue(attribute, 0, value) for attribute, value in told.items()], rules)


def test_each_field_falls_into_its_part() -> None:
    found = features(
        name="張偉先生",
        birthday="1990年2月28日",
        phone="+86 138 1234 5670",
        email="Zhang.Wei+x@gmial.com",
        national_id="11010519491231002X",
        loyalty_card="c-100 2003",
        address="广州市天河区体育西路123号",
    )
    assert found.names == (Name("张", "伟"),)
    assert found.gender == "f"  # the id proves it; a title is only courtesy
    assert found.birthday == ("19900228",)
    assert found.phones == ("+8613812345670",)
    assert [email.address for email in found.emails] == ["zhangwei@gmail.com"]
    assert found.accounts == (("loyalty_card", "C1002003"),)
    assert found.addresses[0].area == "440106"


def test_title_and_national_id_tell_what_the_columns_do_not() -> None:
    assert features(name="王先生").gender == "m"
    assert features(name="王先生", gender="女").gender == "f"


@pytest.mark.parametrize(
    ("written", "gender"), [("männlich", "m"), ("Frau", "f"), ("Femme", "f"), ("HOMBRE", "m"), ("H", "m"), ("d", "")]
)
def test_a_gender_is_told_in_the_languages_of_western_europe(written: str, gender: str) -> None:
    assert features(gender=written).gender == gender
    assert features(national_id="11010519491231002X").birthday == ("19491231",)
    assert features(national_id="11010519491231003X").birthday == ()


def test_a_birthday_in_three_columns_is_one_day() -> None:
    assert features(birth_year="1990", birth_month="2", birth_day="28").birthday == ("19900228",)
    assert features(birth_year="1990", birth_month="5").birthday == ("19900500",)
    assert features(birth_month="2", birth_day="28").birthday == ()


def test_a_year_alone_is_kept_unless_programs_write_it() -> None:
    assert features(birth_year="1990").birthday == features(birthday="1990").birthday == ("19900000",)
    assert features(birth_year="1970") == features(birth_year="90") == features(birthday="1000") == Features()


def test_a_whole_birthday_counts_before_its_parts_and_these_before_the_national_id() -> None:
    parts = {"birth_year": "1990", "birth_month": "2", "birth_day": "28"}
    assert features(RULES, birthday="1991-03-04", **parts).birthday == ("19910304",)
    assert features(RULES, birthday="unknown", **parts).birthday == ("19900228",)
    assert features(RULES, national_id="11010519491231002X", **parts).birthday == ("19900228",)
    assert features(national_id="11010519491231002X", birth_year="1990").birthday == ("19491231",)
    assert features(birthday="1990", birth_year="1990", birth_month="5").birthday == ("19900500",)


@pytest.mark.parametrize(
    ("region", "written", "gender"),
    [
        ("ES", "H", "m"),
        ("ES", "V", "m"),
        ("ES", "M", "m"),
        ("ES", "F", "f"),
        ("MX", "H", "m"),
        ("MX", "M", ""),
        ("NL", "V", "f"),
    ],
)
def test_one_letter_of_a_gender_is_read_as_in_its_country(region: str, written: str, gender: str) -> None:
    assert features(IdentityRules.from_config({"default_region": region}), gender=written).gender == gender


def test_a_mailbox_named_after_a_phone_tells_the_phone_and_says_so() -> None:
    found = features(email="13812345670@163.com", phone="13812345670")
    assert found.phones == found.mailbox_phones == ("+8613812345670",)
    assert features(phone="13812345670").mailbox_phones == ()


def test_the_name_of_a_household_tells_nothing_beside_a_persons() -> None:
    household = Name("smith", "john mary", is_ordered=False, is_household=True)
    assert features(name="John & Mary Smith").names == (household,)
    assert features(name="John & Mary Smith", given_name="Mary", family_name="Smith").names == (Name("smith", "mary"),)


def test_several_columns_of_a_name_are_one() -> None:
    """First and middle name, two surnames, a surname and Jr; in the mapping's order, none twice."""

    def names(*told: tuple[str, int, str]) -> tuple[Name, ...]:
        return build_features([FieldValue(*each) for each in told], RULES).names

    first, last = ("given_name", 0, "JOHN"), ("family_name", 0, "SMITH")
    assert names(("given_name", 1, "WILLIAM"), first, last) == (Name("smith", "john william"),)
    assert names(first, last, ("given_name", 1, "NMN"), ("family_name", 1, "N/A")) == (Name("smith", "john"),)
    assert names(first, last, ("family_name", 1, "JR")) == (Name("smith", "john", generation="2"),)
    assert names(first, last, ("family_name", 1, "Garcia")) == (Name("smith garcia", "john"),)
    assert names(first, last, ("given_name", 1, "John ")) == (Name("smith", "john"),)


def test_what_is_not_told_is_missing() -> None:
    values = [
        FieldValue("name", 0, None),
        FieldValue("phone", 0, UNKNOWN),
        FieldValue("email", 0, ""),
        FieldValue("store", 0, "S1"),
    ]
    assert build_features(values, RULES) == Features()
    assert features(name="匿名", phone="13888", birthday="1900-01-01", gender="?", address="无") == Features()


def test_values_that_the_installation_blocks_are_missing() -> None:
    rules = IdentityRules(blocked={"phone": frozenset({"138 1234 5670"}), "email": frozenset({"shop@example.com"})})
    found = features(rules, phone="13812345670", email="Shop@example.com")
    assert (found.phones, found.emails) == ((), ())


def test_a_part_of_the_name_adds_nothing_to_the_whole() -> None:
    assert features(name="王先生", family_name="王", given_name="小明").names == (Name("王", "小明"),)
    assert features(name="Wei Zhang", family_name="Zhang", given_name="Wei").names == (Name("zhang", "wei"),)


def test_generic_values_can_be_taken_away() -> None:
    found = features(phone="13812345670", email="13812345670@163.com", loyalty_card="C1002003")
    less = found.without([("phone", "+8613812345670"), ("loyalty_card", "C1002003")])
    assert (less.phones, less.mailbox_phones, less.accounts) == ((), (), ())
    assert less.emails == found.emails
    assert found.without([("email", "13812345670@163.com")]).emails == ()
    assert found.without([]) is found


def test_packed_features_of_another_version_are_stale() -> None:
    packed = pack(features(name="张伟"))
    for bytes_ in (b"", b"\x00" + packed[1:], packed[:-1], b"\x01\xff"):
        with pytest.raises(StaleFeatures):
            unpack(bytes_)


def test_a_row_of_endless_values_is_cut() -> None:
    many = build_features([FieldValue("phone", n, f"138123456{n:02}") for n in range(40)], RULES)
    assert len(many.phones) == 8


@pytest.mark.parametrize(
    ("attribute", "endless"),
    [
        *(("name", text) for text in ("a", "a ", "cash ", "a1", "[x", "(", "张", "😀")),
        *(("phone", text) for text in ("1", "13812345670,", "O")),
        *(("email", text) for text in (".", "a@", "<")),
        *(("address", text) for text in ("1", "广东省", "1-")),
        ("birthday", "1 "),
        ("national_id", "1 "),
        ("loyalty_card", "9 "),
    ],
)
def test_what_is_written_without_end_is_missing_and_takes_no_time(attribute: str, endless: str) -> None:
    began = time.process_time()
    for value in (endless * 200_000, endless * 200_000 + "x"):
        written = [FieldValue(attribute, 0, value)]
        assert build_features(written, RULES) == Features()
        assert look_ups(written, RULES) == {}
    assert time.process_time() - began < 1


def test_a_name_of_five_hundred_letters_is_still_read() -> None:
    assert features(name="a" * 500).names == (Name("", "a" * 500, is_ordered=False),)


def test_what_a_till_masked_leads_to_nobody() -> None:
    written = [FieldValue("phone", slot, text) for slot, text in enumerate(("138xxxx5670", "1381234xxxx"))]
    assert look_ups(written, RULES) == {}
    assert look_ups([FieldValue("phone", 0, "l38OO13800O", True)], RULES) == {("phone", "+8613800138000"): True}


WRITTEN = {
    "name": st.sampled_from(["张伟", "張偉", "王先生", "Wei Zhang", "", "匿名", "John Smith"]) | st.text(max_size=6),
    "family_name": st.sampled_from(["张", "Smith"]),
    "phone": st.sampled_from(["13812345670", "138****5670", "13812345670/13912345670", "x"]),
    "email": st.sampled_from(["a@qq.con", "13812345670@163.com", "info@acme.cn"]) | st.emails(),
    "birthday": st.sampled_from(["1990-02-28", "02/03/1990", "1900-01-01"]),
    "gender": st.sampled_from(["男", "F", "?"]),
    "national_id": st.sampled_from(["11010519491231002X", "123456"]),
    "device_id": st.sampled_from(["device-1", "device-2"]),
    "address": st.sampled_from(["广州市天河区体育西路123号3栋501", "12 High St, London"]) | st.text(max_size=8),
    "city": st.sampled_from(["广州", "London"]),
}
FIELDS = st.lists(
    st.sampled_from(list(WRITTEN)).flatmap(lambda a: st.builds(FieldValue, st.just(a), st.integers(0, 2), WRITTEN[a])),
    max_size=9,
    unique_by=lambda field: (field.attribute, field.slot),
)


@given(FIELDS, st.randoms(use_true_random=False))
def test_packing_is_canonical_and_round(fields: list[FieldValue], chance: Random) -> None:
    found = build_features(fields, RULES)
    assert unpack(pack(found)) == found
    mixed = fields.copy()
    chance.shuffle(mixed)
    assert pack(build_features(mixed, RULES)) == pack(found)
