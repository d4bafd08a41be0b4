"""Birthdays: every usual form, none of the placeholders."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.parsing import DATE_ORDERS, days_by_order, parse_birthday, parse_birthday_parts


@pytest.mark.parametrize(
    "written",
    [
        "1990-02-28", "1990/2/28", "1990.02.28", "19900228", "1990年2月28日", "1990年02月28号", "１９９０年２月２８日",
        "1990-02-28T00:00:00Z", "1990-02-28 00:00:00", "1990/2/28 0:00", "19900228000000", "28/02/1990", "02/28/1990", "28.2.1990", "28021990", "02281990",
        "28-Feb-1990", "28 February 1990", "February 28, 1990", "Feb 28th, 1990", "28th Feb 1990", "一九九〇年二月二十八日",
    ],
)  # fmt: skip
def test_a_birthday_has_one_form(written: str) -> None:
    assert parse_birthday(written) == ("19900228",)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("3. März 1990", "19900303"),
        ("12. Dez. 1990", "19901212"),
        ("1er août 1990", "19900801"),
        ("3 juin 1990", "19900603"),
        ("3 juillet 1990", "19900703"),
        ("15 de enero de 1990", "19900115"),
        ("15 de março de 1990", "19900315"),
        ("15 maggio 1990", "19900515"),
        ("15 mei 1990", "19900515"),
        ("15. oktober 1990", "19901015"),
    ],
)
def test_months_have_names_in_the_languages_of_western_europe(written: str, day: str) -> None:
    assert parse_birthday(written) == (day,)


@pytest.mark.parametrize(
    "written",
    [
        "民國75年3月1日",
        "民国75年3月1日",
        "中華民國 75 年 03 月 01 日",
        "民國75/3/1",
        "民國75.03.01",
        "075/03/01",
        "075-3-1",
        "075.03.01",
        "0750301",
    ],
)
def test_years_of_taiwan_count_from_1912(written: str) -> None:
    assert parse_birthday(written) == ("19860301",)


def test_what_is_no_day_of_taiwan_is_missing() -> None:
    for written in (
        "75/03/01",
        "750301",
        "0751301",
        "075/02/30",
        "0000000",
        "000/00/00",
        "民國0年1月1日",
        "0010101",
        "民國1年1月1日",
        "1011990",
    ):
        assert parse_birthday(written) == ()
    assert parse_birthday("1101231") == ("20211231",)
    assert parse_birthday("民國75年2月30日") == ("19860230",)


@pytest.mark.parametrize(
    "written",
    [
        "农历1985年3月1日",
        "農曆1985-03-01",
        "1985-03-01(农历)",
        "1985-3-1 阴历",
        "1985/03/01（公历）",
        "阳历生日:1985-03-01",
    ],
)
def test_the_name_of_a_calendar_is_no_part_of_a_day(written: str) -> None:
    assert parse_birthday(written) == ("19850301",)


def test_a_year_or_a_month_may_stand_alone_with_its_character() -> None:
    assert parse_birthday("1985年") == parse_birthday("1985") == ("19850000",)
    assert parse_birthday("1985年3月") == parse_birthday("1985-03-00") == ("19850300",)
    assert parse_birthday("1900年") == parse_birthday("1985年13月") == ()


def test_a_day_that_could_be_a_month_gives_both_readings() -> None:
    assert parse_birthday("02/03/1990") == ("19900203", "19900302")
    assert parse_birthday("03.03.1990") == ("19900303",)
    assert parse_birthday("11032021") == ("20210311", "20211103")
    assert parse_birthday("12231998") == ("19981223",)
    assert parse_birthday("20081920") == ("19200820",)


def test_between_dots_the_day_comes_first() -> None:
    assert parse_birthday("2.3.1990") == parse_birthday("02. 03. 1990 00:00") == ("19900302",)
    assert parse_birthday("02.28.1990") == ("19900228",)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("1990-02-30", ("19900230",)),
        ("1990-13-05", ("19901305",)),
        ("1964-11-71", ("19641171",)),
        ("1964-11-00", ("19641100",)),
        ("1060-06-27", ("10600627",)),
        ("27.6.9160", ("91600627",)),
        ("30021990", ("19900230", "19903002")),
    ],
)
def test_a_day_that_no_calendar_has_is_kept_as_a_slip(written: str, days: tuple[str, ...]) -> None:
    assert parse_birthday(written) == days


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1755-06-12", "17550612"),
        ("17550612", "17550612"),
        ("12.6.1755", "17550612"),
        ("12 June 1755", "17550612"),
        ("15081812", "18120815"),
        ("1500-02-01", "15000201"),
        ("1755", "17550000"),
        ("1755-01-01", "17550101"),
        ("1879-01-01", "18790101"),
    ],
)
def test_a_day_of_history_is_a_birthday(written: str, day: str) -> None:
    assert parse_birthday(written) == (day,)


def test_eight_digits_that_can_begin_with_a_year_do() -> None:
    for written in ("20101120", "19181219", "20081219", "19921118"):
        assert parse_birthday(written) == (written,)


@pytest.mark.parametrize(
    "written",
    [
        "", "无", "90-02-28", "28/02/90", "900228", "1990-02", "1990-32-43", "1990-01-00", "1499-01-01", "2100-01-01",
        "1900-01-01", "1970-01-01", "0001-01-01", "1111-11-11", "2999-12-31", "1753-01-01", "1754-01-01", "1601-01-01", "1801-01-01", "1840-12-31", "1899-12-30", "0000-00-00", "9999-12-31", "28 Foo 1990", "tomorrow",
        "1900", "1970", "2000", "1000", "2100", "1970-00-00", "1582-10-15", "1858-11-17", "0002-11-30", "12121212", "20202020", "1234-05-06",
        "1980-01-01", "1880-01-01", "1740-01-01", "1990/1/1", "01/01/2000", "20100101", "01011980", "45451990", "45.45.1990", "1021990", "12345678",
    ],
)  # fmt: skip
def test_what_is_no_birthday_is_missing(written: str) -> None:
    assert parse_birthday(written) == ()


@given(st.dates(date(1902, 1, 1), date(2019, 12, 31)))
def test_the_normal_form_is_read_as_itself(day: date) -> None:
    solid = f"{day:%Y%m%d}"
    assert parse_birthday(solid) in {(solid,), ()}
    assert parse_birthday(day.isoformat()) == parse_birthday(solid)


@given(st.text(max_size=20) | st.text("0123456789/-. 年月日", max_size=14))
def test_no_writing_breaks_the_reader(written: str) -> None:
    assert len(parse_birthday(written)) <= 2


@pytest.mark.parametrize(
    ("year", "month", "day", "days"),
    [
        ("1990", "2", "28", ("19900228",)),
        ("1990.0", "02", "28.0", ("19900228",)),
        ("1990年", "2月", "28日", ("19900228",)),
        ("１９９０", " 2 ", "28", ("19900228",)),
        ("1990", "Feb.", "28", ("19900228",)),
        ("1990", "März", "3", ("19900303",)),
        ("1990", "3", "4", ("19900304",)),
    ],
)
def test_three_columns_tell_one_day(year: str, month: str, day: str, days: tuple[str, ...]) -> None:
    assert parse_birthday_parts(year, month, day) == days


@pytest.mark.parametrize(
    ("year", "month", "day", "whole"),
    [
        ("1990", "5", "", "1990-05-00"),
        ("1990", "5", "0", "1990-05-00"),
        ("1990", "May", "unknown", "1990-05-00"),
        ("1990", "", "12", "1990-00-12"),
        ("1990", "Foo", "12", "1990-00-12"),
        ("1990", "13", "5", "1990-13-05"),
        ("1964", "11", "71", "1964-11-71"),
        ("1990", "", "", "1990-00-00"),
        ("1990", "1", "", "1990-01-00"),
        ("1980", "1", "1", "1980-01-01"),
        ("1900", "1", "1", "1900-01-01"),
        ("0", "0", "0", "0000-00-00"),
        ("", "5", "12", ""),
        ("90", "5", "12", "90-05-12"),
        ("1990", "123", "5", "1990-123-05"),
    ],
)
def test_parts_that_are_missing_or_wrong_tell_what_one_column_would(
    year: str, month: str, day: str, whole: str
) -> None:
    assert parse_birthday_parts(year, month, day) == parse_birthday(whole)


def test_what_is_told_of_a_birthday_is_kept() -> None:
    assert parse_birthday_parts("1990", "5", "") == ("19900500",)
    assert parse_birthday_parts("1990", "", "") == parse_birthday("1990") == ("19900000",)


@given(*[st.text(max_size=6) | st.text("0123456789.年月 ", max_size=5)] * 3)
def test_no_parts_break_the_reader(year: str, month: str, day: str) -> None:
    assert len(parse_birthday_parts(year, month, day)) <= 1


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("03/04/1965", {"dmy": "1965-04-03", "mdy": "1965-03-04"}),
        ("3-4-1965 00:00", {"dmy": "1965-04-03", "mdy": "1965-03-04"}),
        ("3.4.1965", {"dmy": "1965-04-03", "mdy": "1965-03-04"}),
        ("03041965", {"dmy": "1965-04-03", "mdy": "1965-03-04"}),
        ("13/04/1965", {"dmy": "1965-04-13"}),
        ("04/13/1965", {"mdy": "1965-04-13"}),
        ("31/02/1965", {}),
        ("03/04/65", {}),
        ("1965-04-03", {}),
        ("3 April 1965", {}),
        ("", {}),
    ],
)
def test_a_date_that_ends_with_its_year_is_a_day_by_each_order(written: str, days: dict[str, str]) -> None:
    assert {order: day.isoformat() for order, day in days_by_order(written).items()} == days


@given(st.text(max_size=20) | st.text("0123456789/-. ", max_size=14))
def test_each_day_of_an_order_is_a_reading(written: str) -> None:
    days = days_by_order(written)
    assert set(days) <= set(DATE_ORDERS)
    assert set(parse_birthday(written)) <= {f"{day:%Y%m%d}" for day in days.values()} or not days
