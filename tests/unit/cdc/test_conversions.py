"""Conversions: one canonical text for each value, whole numbers that fit, exact instants."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.conversions import looks_personal, to_clear_text, to_flag, to_instant, to_integer, to_text
from cdc.encodings import Unfit
from identity.records import UNKNOWN

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is ", "as it is "),
        (True, "true"),
        (False, "false"),
        (900, "900"),
        (Decimal("1.50"), "1.5"),
        (Decimal("-0.00"), "0"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.000000123"), "0.000000123"),
        (Decimal("12345678901234567890123456789012345.10"), "12345678901234567890123456789012345.1"),
        (Decimal("1E+999999999"), "1E+999999999"),
        (1.5, "1.5"),
        (1e22, "10000000000000000000000"),
        (float("inf"), "Infinity"),
        (date(1963, 4, 1), "1963-04-01"),
        (datetime(2026, 11, 1, 8, tzinfo=timezone(timedelta(hours=8))), "2026-11-01T00:00:00Z"),
        (datetime(2026, 11, 1, 8, 0, 0, 5), "2026-11-01T08:00:00.000005"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))), "0001-01-01T00:00:00+08:00"),
        (time(1, 2, 3), "01:02:03"),
        (timedelta(seconds=90, microseconds=5), "PT90.000005S"),
        (b"\x00\xff", "AP8="),
        (["图1.jpg", None], '["图1.jpg",null]'),
        ({"b": 1, "a": Decimal("1.0")}, '{"a":"1.0","b":1}'),
    ],
)
def test_every_value_has_one_canonical_text(value: Any, text: str) -> None:
    assert to_text(value) == text


@pytest.mark.parametrize("convert", [to_text, to_clear_text, to_integer, lambda value: to_instant(value, SHANGHAI)])
def test_null_stays_null_and_unknown_stays_unknown(convert: Any) -> None:
    assert convert(None) is None
    assert convert(UNKNOWN) is UNKNOWN


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6), st.integers(0, 5))
def test_the_text_of_a_decimal_does_not_depend_on_its_zeros(number: Decimal, zeros: int) -> None:
    padded = Decimal(f"{number:f}" + "0" * zeros)
    assert to_text(number) == to_text(padded)
    assert Decimal(str(to_text(number))) == number


def test_a_clear_text_with_a_nul_character_is_refused() -> None:
    with pytest.raises(Unfit):
        to_clear_text("a\0b")


@pytest.mark.parametrize("value", [True, Decimal("1.5"), "7", 1.0, 10**13 + 1, -(10**13 + 1) - 1])
def test_what_is_no_whole_number_of_64_bits_is_refused(value: Any) -> None:
    with pytest.raises(Unfit):
        to_integer(value)


def test_whole_numbers_pass_whatever_their_type() -> None:
    assert [to_integer(value) for value in (7, Decimal("7.0"), 10**13)] == [7, 7, 10**13]


@pytest.mark.parametrize(
    ("value", "microseconds"),
    [
        (datetime(1970, 1, 1, 8), 0),
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), -1),
        (datetime(2026, 11, 3, 11, 4, 5, 678000), 1793675045678000),
        (date(1970, 1, 2), 16 * 3600 * 10**6),
    ],
)
def test_wall_clock_time_is_read_in_its_zone(value: Any, microseconds: int) -> None:
    assert to_instant(value, SHANGHAI) == microseconds


def test_the_zones_own_history_counts() -> None:
    summer, winter = datetime(1986, 7, 1, 12), datetime(1986, 12, 1, 12)
    assert to_instant(summer, SHANGHAI) == int(datetime(1986, 7, 1, 3, tzinfo=UTC).timestamp()) * 10**6
    assert to_instant(winter, SHANGHAI) == int(datetime(1986, 12, 1, 4, tzinfo=UTC).timestamp()) * 10**6


@pytest.mark.parametrize("value", ["2026-01-01", 5, True])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(Unfit):
        to_instant(value, SHANGHAI)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, False),
        (False, False),
        (0, False),
        ("", False),
        (True, True),
        (1, True),
        (datetime(2026, 1, 1, tzinfo=UTC), True),
    ],
)
def test_a_column_says_yes_when_it_holds_something(value: Any, expected: Any) -> None:
    assert to_flag(value) is expected


def test_an_unknown_flag_is_unknown() -> None:
    assert to_flag(UNKNOWN) is UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "xiaomei@example.com",
        "user0003@例子.example",
        "13800000900",
        "+86 138 0000 0900",
        "0086-138-0000-0900",
        "86 13912345678",
    ],
)
def test_email_addresses_and_mobile_numbers_look_personal(text: str) -> None:
    assert looks_personal(text)


@pytest.mark.parametrize(
    "text", ["900", "M000003", "SKU-001", "2026110300001", "11111111-2222-4333-8444-555555555555", "12800000900"]
)
def test_ordinary_keys_do_not_look_personal(text: str) -> None:
    assert not looks_personal(text)
