"""Phones: prefixes, letters for digits, several in one field, masked ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.normalise import normalise
from identity.parsing import parse_phones
from identity.parsing.phones import is_masked, masked
from identity.rules import IdentityRules


@pytest.mark.parametrize(
    "written",
    [
        "13812345670", "138 1234 5670", "138-1234-5670", "+86 13812345670", "0086 13812345670", "8613812345670", "(86)13812345670",
        "１３８１２３４５６７０", "l38I234567O", "138l2345670", "手机：13812345670", "Tel: 13812345670", "13812345670转8",
        "\u202d13812345670\u202c", "l38l2345670",
    ],
)  # fmt: skip
def test_a_chinese_mobile_number_has_one_form(written: str) -> None:
    assert parse_phones(written, "CN") == ("+8613812345670",)


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("+852 9876 5432", "CN", "+85298765432"),
        ("00852 98765432", "CN", "+85298765432"),
        ("85298765432", "CN", "+85298765432"),
        ("853 6612 3456", "CN", "+85366123456"),
        ("886912345687", "CN", "+886912345687"),
        ("021-68881234", "CN", "+862168881234"),
        ("(212) 555-2368", "US", "+12125552368"),
        ("(212) 555-2368 ext. 12", "US", "+12125552368"),
    ],
)
def test_numbers_of_other_regions_and_landlines(written: str, region: str, expected: str) -> None:
    assert parse_phones(written, region) == (expected,)


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("(555) 555-0123", "US", "+15555550123"),
        ("+49 999 1234567", "CN", "+499991234567"),
        ("555-0123", "US", ""),
        ("555-555-5555", "US", ""),
        ("123-456-7890", "US", ""),
        ("111-222-3333", "US", ""),
        ("999-999-9990", "US", ""),
        ("+49 111 2223333", "CN", ""),
        ("10012345678", "CN", ""),
        ("85212345678", "CN", ""),
    ],
)
def test_outside_china_a_number_of_the_right_length_may_be_somebodys(written: str, region: str, expected: str) -> None:
    """A guess that it is of a neighbour of China must be right."""
    assert parse_phones(written, region) == ((expected,) if expected else ())


@pytest.mark.parametrize("between", ["转", "-", "_", ",", "#", " 转 ", "分机", "转接", "x", " ext. "])
def test_a_mobile_with_an_extension_is_lent_by_a_marketplace(between: str) -> None:
    assert parse_phones(f"18427391834{between}5678", "CN") == ()
    assert parse_phones(f"13812345670 / +86 18427391834{between}567", "HK") == ("+8613812345670",)
    assert normalise("phone", f"18427391834{between}5678", IdentityRules()) is None


def test_what_stands_behind_a_mobile_may_be_no_extension() -> None:
    assert parse_phones("18427391834(5678)", "CN") == ()
    assert parse_phones("13812345670,021-68881234", "CN") == ("+8613812345670", "+862168881234")
    assert parse_phones("13812345670, 021 6888 1234", "CN") == ("+8613812345670", "+862168881234")
    assert parse_phones("13125550168 x5678", "US") == ("+13125550168",)


@pytest.mark.parametrize(
    "written",
    ["13812345670(妈妈)", "13812345670（微信同号）", "138 1234 5670 王", "13812345670.0", "手机13812345670微信"],
)
def test_a_note_behind_a_number_is_no_part_of_it(written: str) -> None:
    assert parse_phones(written, "CN") == ("+8613812345670",)


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("0963719482", "CN", "+886963719482"),
        ("0963-719-482", "HK", "+886963719482"),
        ("886-0963-719-482", "MO", "+886963719482"),
        ("0963719482", "TW", "+886963719482"),
        ("13871948263", "HK", "+8613871948263"),
        ("138 7194 8263", "TW", "+8613871948263"),
        ("13871948263", "MO", "+8613871948263"),
        ("96371948", "HK", "+85296371948"),
    ],
)
def test_one_chinese_region_knows_the_mobiles_of_another(written: str, region: str, expected: str) -> None:
    assert parse_phones(written, region) == (expected,)
    assert normalise("phone", written.replace(" ", ""), IdentityRules.from_config({"default_region": region})) in {
        expected,
        None,
    }


def test_elsewhere_bare_digits_are_nobody_elses() -> None:
    assert parse_phones("0963719482", "GB") == ("+44963719482",)
    assert normalise("phone", "13871948263", IdentityRules.from_config({"default_region": "HK"})) == "+8613871948263"


def test_a_field_may_hold_several_numbers() -> None:
    assert parse_phones("13812345670 / 13912345670, 13812345670", "CN") == ("+8613812345670", "+8613912345670")


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("0171/1234567", "DE", ("+491711234567",)),
        ("0171 / 123 45 67", "DE", ("+491711234567",)),
        ("+49 171/1234567", "DE", ("+491711234567",)),
        ("030/8100 1234, 0171/1234567", "DE", ("+493081001234", "+491711234567")),
        ("336/555-1234", "US", ("+13365551234",)),
        ("336/555/1234 ext 12", "US", ("+13365551234",)),
        ("06/48821345", "IT", ("+390648821345",)),
        ("010/68881234", "CN", ("+861068881234",)),
        ("030 81001234/0171 1234567", "DE", ("+493081001234", "+491711234567")),
        ("12/0171 1234567", "DE", ("+491711234567",)),
        ("020 7946 0018/19", "GB", ("+442079460018",)),
        ("n/a / 212-555-2368", "US", ("+12125552368",)),
        ("(212) 555-2368/(212) 555-2369", "US", ("+12125552368", "+12125552369")),
    ],
)
def test_a_slash_stands_behind_an_area_code_or_between_two_numbers(
    written: str, region: str, expected: tuple[str, ...]
) -> None:
    assert parse_phones(written, region) == expected


def test_a_masked_number_keeps_its_ends() -> None:
    for written in ("138****5670", "138xxxx5670", "+86 138****5670", "138•••5670"):
        assert parse_phones(written, "CN") == ("138*5670",)
    assert is_masked("138*5670")
    assert not is_masked("+8613812345670")
    assert masked("+8613812345670") == "138*5670"
    assert masked("+12125552368") == ""


@pytest.mark.parametrize(
    "written",
    [
        *("", "无", "00000000000", "13333333333", "12345678901", "13888", "138123456789", "no phone"),
        *(
            "1381234xxxx",
            "Tel: 1381234XXXX",
            "13812345abc",
            "138123abcde",
            "1-800-FLOWERS",
        ),  # letters of a telephone's keys
    ],
)
def test_a_phone_that_nobody_has_is_missing(written: str) -> None:
    assert parse_phones(written, "CN") == ()


@given(st.text(max_size=20) | st.text("0123456789+-*oOlI /", max_size=16), st.sampled_from(["CN", "US", "GB"]))
def test_what_is_normal_stays_as_it_is(written: str, region: str) -> None:
    for phone in parse_phones(written, region):
        assert parse_phones(phone, region) == (phone,)
