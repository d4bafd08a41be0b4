"""Two spellings of one identifier become one value; what identifies nobody becomes None."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from identity import IDENTIFIER_KINDS, IdentityRules, normalise

RULES = IdentityRules()
APP = "wx1234567890abcdef"


@pytest.mark.parametrize(
    "written",
    [
        "13812345670",
        "138 1234 5670",
        "138-1234-5670",
        "+86 13812345670",
        "+8613812345670",
        "0086 138 1234 5670",
        "008613812345670",
        "8613812345670",
        "(86) 138-1234-5670",
        "１３８１２３４５６７０",
        "＋８６ １３８１２３４５６７０",
        "  13812345670\n",
        "\u202d13812345670\u202c",  # as copied from a chat or a spreadsheet
        "138\u200b1234\u200b5670",
        "l38l234567O",
    ],
)
def test_a_chinese_mobile_number_has_one_form(written: str) -> None:
    assert normalise("phone", written, RULES) == "+8613812345670"


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("+852 9876 5432", "CN", "+85298765432"),
        ("00852 98765432", "CN", "+85298765432"),
        ("9876 5432", "HK", "+85298765432"),
        ("+1 (212) 555-2368", "CN", "+12125552368"),
        ("212-555-2368", "US", "+12125552368"),
        ("011 86 138 1234 5670", "US", "+8613812345670"),
        ("021-6888 1234", "CN", "+862168881234"),
        ("400-820-8820", "CN", "+864008208820"),
    ],
)
def test_numbers_of_other_regions_and_landlines(written: str, region: str, expected: str) -> None:
    assert normalise("phone", written, IdentityRules(default_region=region)) == expected


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
    ],
)
def test_outside_china_a_number_of_the_right_length_may_be_somebodys(written: str, region: str, expected: str) -> None:
    assert normalise("phone", written, IdentityRules(default_region=region)) == (expected or None)


@pytest.mark.parametrize(
    "written",
    [
        "000",
        "00000000000",
        "11111111111",
        "12345678901",
        "13888",
        "138123456789",
        "138123456xx",
        "1381234xxxx",  # masked, or letters of a telephone's keys: 13812349999 would be somebody else
        "138xxxx5670",
        "1-800-FLOWERS",
        "no phone",
        "无",
        "13333333333",
        "0",
        "２０２６",
        "",
        " ",
    ],
)
def test_a_phone_that_nobody_has_is_missing(written: str) -> None:
    assert normalise("phone", written, RULES) is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Chen.Mei@Example.COM", "chen.mei@example.com"),
        (" chen@example.com ", "chen@example.com"),
        ("ｃｈｅｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "chen@example.com"),
        ("chen@例子.中国", "chen@xn--fsqu00a.xn--fiqs8s"),
        ("chen@XN--FSQU00A.xn--fiqs8s", "chen@xn--fsqu00a.xn--fiqs8s"),
        ("陈小美@example.com", "陈小美@example.com"),
        ("chen+shop@example.com", "chen+shop@example.com"),
        ("\ufeffchen@example.com", "chen@example.com"),
    ],
)
def test_an_email_has_one_form(written: str, expected: str) -> None:
    assert normalise("email", written, RULES) == expected


@pytest.mark.parametrize(
    "written",
    [
        "chen",
        "chen@",
        "@example.com",
        "a b@example.com",
        "chen@example",
        "none@example.com",
        "NoReply@example.com",
        "no-reply@example.com",
        "aaaa@example.com",
        "test@example.com",
        "未知",
        "N/A",
        "chen@example.com, mei@example.com",
    ],
)
def test_an_email_that_nobody_has_is_missing(written: str) -> None:
    assert normalise("email", written, RULES) is None


def test_an_openid_means_something_only_with_its_app() -> None:
    one = normalise("wechat_openid", "oAbCdEf123", RULES, app=APP)
    other = normalise("wechat_openid", "oAbCdEf123", RULES, app="wxother")
    assert None not in (one, other)
    assert one != other
    assert normalise("wechat_openid", "oAbCdEf123", RULES) is None
    assert normalise("wechat_openid", "000000", RULES, app=APP) is None


def test_opaque_ids_keep_their_case() -> None:
    for kind in ("wechat_unionid", "alipay_id", "device_id"):
        assert normalise(kind, " oAbCdEf123 ", RULES) == "oAbCdEf123"
        assert normalise(kind, "oabcdef123", RULES) != normalise(kind, "oAbCdEf123", RULES)


@pytest.mark.parametrize(
    "written", ["short", "000000000000", "00000000-0000-0000-0000-000000000000", "undefined", "NULL"]
)
def test_a_device_that_is_not_told_is_missing(written: str) -> None:
    assert normalise("device_id", written, RULES) is None


@pytest.mark.parametrize("kind", ["loyalty_card", "national_id"])
def test_typed_numbers_lose_their_separators_and_case(kind: str) -> None:
    assert normalise(kind, "1101-0119 9003.07 783x", RULES) == "11010119900307783X"
    assert normalise(kind, "ＡＢ１２·３４", RULES) == "AB1234"
    for filler in ("123", "0000 0000", "1111-1111", "1234", "12345678", "xx"):
        assert normalise(kind, filler, RULES) is None


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("loyalty_card", "**** **** **** 1234"),
        ("loyalty_card", "＊＊＊＊５６７８"),
        ("loyalty_card", "6222 02XX XXXX 5678"),
        ("loyalty_card", "●●●●5678"),
        ("national_id", "XXX-XX-1234"),
        ("national_id", "110101********1234"),
        ("customer_no", "***17"),
        ("customer_no", "##17"),
        ("alipay_id", "2088****12345678"),
        ("device_id", "••••••1234"),
    ],
)
def test_a_masked_number_is_missing(kind: str, written: str) -> None:
    assert normalise(kind, written, RULES) is None


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("national_id", "11010119900307783x", "11010119900307783X"),
        ("loyalty_card", "#51234", "#51234"),
        ("loyalty_card", "VX-XA 51", "VXXA51"),
        ("customer_no", "C#7", "C#7"),
        ("wechat_unionid", "oxxxAbCdEf##", "oxxxAbCdEf##"),
        ("device_id", "a-xxx-1234", "a-xxx-1234"),
    ],
)
def test_codes_hold_a_hash_or_an_x(kind: str, written: str, expected: str) -> None:
    assert normalise(kind, written, RULES) == expected


def test_customer_numbers_may_be_short_but_not_zero() -> None:
    assert normalise("customer_no", " a-7 ", RULES) == "A7"
    assert normalise("customer_no", "7", RULES) == "7"
    for nobody in ("0", "0000", "00-00", "-", "."):
        assert normalise("customer_no", nobody, RULES) is None


@pytest.mark.parametrize(
    ("kind", "blocked", "written"),
    [
        ("phone", "400-820-8820", ["+86 400 820 8820", "4008208820", "４００８２０８８２０"]),
        ("phone", "10086", ["10086", "１００８６"]),  # no valid number, yet the same
        ("email", "Shop@Example.com", ["shop@example.COM", " shop@example.com"]),
        ("loyalty_card", "9000 0001", ["90000001", "9000-0001"]),
        ("device_id", "kiosk-tablet-1", [" kiosk-tablet-1"]),
        ("customer_no", "c 1", ["C1", "c-1"]),
        ("wechat_openid", "oTestTest", ["oTestTest"]),
    ],
)
def test_a_blocked_value_is_blocked_in_any_spelling(kind: str, blocked: str, written: list[str]) -> None:
    rules = IdentityRules(blocked={kind: frozenset({blocked})})
    for spelling in (blocked, *written):
        assert normalise(kind, spelling, rules, app=APP) is None, spelling


def test_blocking_a_value_leaves_the_others_and_the_other_kinds() -> None:
    rules = IdentityRules(blocked={"loyalty_card": frozenset({"90000001"})})
    assert normalise("loyalty_card", "90000002", rules) == "90000002"
    assert normalise("customer_no", "90000001", rules) == "90000001"


PIECES = st.sampled_from(
    [
        "138",
        "1234",
        "5670",
        "+86",
        "0086",
        "-",
        " ",
        "(",
        ")",
        "a",
        "A",
        "b.c",
        "@",
        "example.com",
        "例子.中国",
        "·",
        "０",
        "8",
    ]
)
WRITTEN = st.lists(PIECES, max_size=7).map("".join) | st.text(max_size=20) | st.emails()


@example("national_id", "00U¯")
@example("loyalty_card", "88¨U-0000")
@given(st.sampled_from([kind for kind in IDENTIFIER_KINDS if kind != "wechat_openid"]), WRITTEN)
def test_what_is_normal_stays_as_it_is(kind: str, written: str) -> None:
    normal = normalise(kind, written, RULES)
    if normal is not None:
        assert normalise(kind, normal, RULES) == normal


@given(st.sampled_from(IDENTIFIER_KINDS), WRITTEN)
def test_nothing_that_is_written_raises_or_becomes_empty(kind: str, written: str) -> None:
    assert normalise(kind, written, RULES, app=APP) != ""


@given(st.sampled_from(IDENTIFIER_KINDS), WRITTEN)
def test_blanks_around_a_value_do_not_matter(kind: str, written: str) -> None:
    assert normalise(kind, f" {written}\t", RULES, app=APP) == normalise(kind, written, RULES, app=APP)


@given(st.from_regex(r"1[0-9]{10}", fullmatch=True))
def test_a_number_that_needs_no_full_parse_is_what_a_full_parse_gives(digits: str) -> None:
    assert normalise("phone", digits, RULES) == normalise("phone", f"+86 {digits}", RULES)


@given(
    st.from_regex(r"[A-Za-z0-9._+\-]{1,12}", fullmatch=True),
    st.sampled_from(["qq.com", "QQ.com", "localhost", "a..b", "-a.com", "example.test", "xn--bcher-kva.de"]),
)
def test_a_plain_address_is_what_the_full_check_gives(local: str, domain: str) -> None:
    try:
        parsed = validate_email(f"{local}@{domain}", check_deliverability=False)
    except EmailNotValidError:
        assert normalise("email", f"{local}@{domain}", RULES) is None
    else:
        expected = f"{parsed.local_part.casefold()}@{(parsed.ascii_domain or parsed.domain).casefold()}"
        assert normalise("email", f"{local}@{domain}", RULES) in (expected, None)


def test_the_letter_o_is_a_zero_and_no_key_of_a_telephone() -> None:
    assert normalise("phone", "138OO138OOO", RULES) == "+8613800138000"
