"""Birthdays in any usual form. A day and a month that could be either give two readings; a year of two digits gives none.

Programs write New Year's Day for a day that nobody knows: of a round year (1980-01-01) it tells nothing at all. Years of Taiwan count from 1912 (民國75年 is 1986). A
day that no calendar has (1964-11-71) is a slip: it is kept as it is, to be compared with the day that was meant. So is a year alone, as 19640000.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from identity.parsing.text import MEMO, fold, is_filler, unaccented

#: Of day and month, in dates that end with their year: whose readings :func:`days_by_order` tells.
DATE_ORDERS: Final = ("dmy", "mdy")

_FIRST_YEAR, _LAST_YEAR = 1500, 2100  # archives tell days of people who died long ago
_FIRST_SLIP = 100  # programs write 0002-11-30 for 0000-00-00
_MONTHS_OF_A_YEAR, _LONGEST_MONTH, _LEAP_YEAR = 12, 31, 2000
_ENDS_OF_YEARS = frozenset({(1, 1), (12, 31)})

# What programs write for "no date", beside New Year's Day of round years.
_PLACEHOLDERS: Final = frozenset(
    {
        "19000101",
        "19700101",
        "18991230",
        "18991231",
        "19111111",
        "19010101",
        "19120101",
        "16010101",
        "17530101",
        "17540101",
        "18010101",
        "18401231",
        "20991231",
        "20000000",
        "19000000",
        "19700000",
    }
) | {"15821015", "18581117"}  # days from which calendars of programs count, as 1601, 1753 and 1840 do
_YEAR_FIRST: Final = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:[T\s]\s*\d{1,2}:\d{2}.*|[T\s]*)", re.DOTALL
)
_YEAR_ALONE: Final = re.compile(r"[12]\d{3}")
_SOLID: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:000000)?")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})(?:\s+\d{1,2}:\d{2}.*)?", re.DOTALL)
# Years of the Republic, of which those in figures alone have three digits: 民國75年3月1日, 075/03/01, 0750301.
_REPUBLIC: Final = re.compile(
    r"(?:中[华華])?民[国國]\s*(\d{1,3})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号號]?"
)
_REPUBLIC_IN_FIGURES: Final = re.compile(r"([01]\d{2})[-/.]?(\d{2}|(?<=[-/.])\d)[-/.]?(\d{2}|(?<=[-/.])\d)")
_BEFORE_REPUBLIC: Final = 1911
# A day of the lunar calendar is compared as if it were of the solar one, some weeks later.
_CALENDAR: Final = re.compile(r"\s*\(?(?:农历|農曆|阴历|陰曆|旧历|舊曆|公历|公曆|阳历|陽曆|新历|新曆)(?:生日)?[:)]?\s*")
_YEAR_OR_MONTH: Final = re.compile(r"([12]\d{3})\s*年(?:\s*(\d{1,2})\s*月)?")
_DOTTED: Final = re.compile(r"\d+\s*\.")
# 11032021: the fifth and sixth of eight digits are no month if they are 18 to 20, so a year begins there.
_SOLID_YEAR_LAST: Final = re.compile(r"(\d{2})(\d{2})((?:18|19|20)\d{2})")
_DAY_NAME: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|o)?[\s\-/.]*(?:de\s+)?([a-z]{3,10})\.?[\s\-/.,]*(?:de\s+)?([12]\d{3})"
)
_NAME_DAY: Final = re.compile(r"([a-z]{3,9})\.?[\s\-/.]*(\d{1,2})(?:st|nd|rd|th)?[\s\-/.,]+([12]\d{3})")
_CHINESE: Final = re.compile(
    r"([一二][〇零一二三四五六七八九]{3})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号]?"
)
# By their first three letters without accents, four for juin and juillet: English, German, French, Spanish, Italian, Portuguese,
# Dutch and the languages of Scandinavia.
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        "jan ene gen|feb fev|mar mae mrz mrt maa|apr avr abr|may mai mei mag maj|jun juin giu|jul juil lug|aug aou ago|"
        "sep set|oct okt ott out|nov|dec dez dic des".split("|"),
        start=1,
    )
    for name in names.split()
}
# One of three columns: 5, 05, 5.0 as spreadsheets write it, 5月.
_PART: Final = re.compile(r"(\d{1,4})(?:\.0+)?\s*[年月日号]?")
_MONTH_NAME: Final = re.compile(r"([a-z]{3,10})\.?")
_YEAR_DIGITS: Final = 4
_DIGITS: Final = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0}


@lru_cache(maxsize=MEMO)
def parse_birthday(written: str) -> tuple[str, ...]:
    """The readings of a birthday as ``YYYYMMDD``, sorted: none, one, or two where day and month may be either."""
    folded = _CALENDAR.sub("", fold(written))
    readings = _readings(f"{folded}-0-0" if _YEAR_ALONE.fullmatch(folded) else folded)
    found = [reading for reading in readings if _is_real(*reading)] or [
        slip for slip in readings if _is_slip(*slip) or _is_year(*slip)
    ]
    days = {f"{year:04}{month:02}{day:02}" for year, month, day in found}
    return tuple(sorted(day for day in days if not _is_placeholder(day)))


def days_by_order(written: str) -> dict[str, date]:
    """What day a date is that ends with its year, by the order of the rest; without what is no day, none of another form."""
    match = _ending_in_year(fold(written))
    if match is None:
        return {}
    first, second, year = map(int, match.groups())
    either = zip(DATE_ORDERS, ((year, second, first), (year, first, second)), strict=True)
    return {order: date(*day) for order, day in either if _is_real(*day)}


def parse_birthday_parts(year: str, month: str, day: str) -> tuple[str, ...]:
    """The reading of a birthday in three columns; a month or day that is not told is 00, as in one column, also both."""
    numbers = [_part(year), _part(month) or _month(month), _part(day)]
    return parse_birthday("-".join(number or "0" for number in numbers)) if len(numbers[0]) == _YEAR_DIGITS else ()


def _part(written: str) -> str:
    match = _PART.fullmatch(fold(written))
    return match[1] if match else ""


def _month(written: str) -> str:
    match = _MONTH_NAME.fullmatch(unaccented(fold(written)))
    return str(_month_named(match[1]) or "") if match else ""


@lru_cache(maxsize=MEMO)
def is_slip(day: str) -> bool:
    """Whether a reading is of a day that no calendar has."""
    return not is_date(day)


def lacks_part(day: str) -> bool:
    """Whether the month or the day of a slip was not known: 1990-05-00."""
    return "00" in {day[4:6], day[6:]}


def is_year_alone(day: str) -> bool:
    """Whether a reading tells no more than the year."""
    return day.endswith("0000")


def is_date(solid: str) -> bool:
    """Whether ``YYYYMMDD`` is a day on which somebody may have been born, be it one that programs write for "no date"."""
    return bool(_SOLID.fullmatch(solid)) and _is_real(int(solid[:4]), int(solid[4:6]), int(solid[6:]))


def is_new_year(day: str) -> bool:
    """Whether a day is the one that is written where only the year is known."""
    return day.endswith("0101")


def _is_placeholder(day: str) -> bool:
    return day in _PLACEHOLDERS or (is_new_year(day) and day[3] == "0")


def _readings(folded: str) -> list[tuple[int, int, int]]:
    if match := _ending_in_year(folded):
        first, second, year = map(int, match.groups())
        either = [(year, second, first), (year, first, second)]  # with dots nobody writes the month first
        return either[:1] if _DOTTED.match(folded) and _is_real(*either[0]) else either
    if match := _YEAR_FIRST.fullmatch(folded) or _SOLID.fullmatch(folded):
        year, month, day = map(int, match.groups())
        return [(year, month, day)]
    if match := _DAY_NAME.fullmatch(plain := unaccented(folded)):
        return _named(match[3], match[2], match[1])
    if match := _NAME_DAY.fullmatch(plain):
        return _named(match[3], match[1], match[2])
    return _chinese_readings(folded)


def _chinese_readings(folded: str) -> list[tuple[int, int, int]]:
    if match := _CHINESE.fullmatch(folded):
        year = int("".join(str(_DIGITS[c]) for c in match[1]))
        return [(year, _tens(match[2]), _tens(match[3]))]
    if match := _REPUBLIC.fullmatch(folded) or _REPUBLIC_IN_FIGURES.fullmatch(folded):
        return _of_republic(*map(int, match.groups()), is_named=match.re is _REPUBLIC)
    if match := _YEAR_OR_MONTH.fullmatch(folded):
        return [(int(match[1]), int(match[2] or 0), 0)]
    return []


def _of_republic(year: int, month: int, day: int, *, is_named: bool) -> list[tuple[int, int, int]]:
    """A day of Taiwan's calendar; one that is told by three digits of its year alone must be a real one."""
    born = year + _BEFORE_REPUBLIC
    return [(born, month, day)] if year and (is_named or _is_real(born, month, day)) else []


def _ending_in_year(folded: str) -> re.Match[str] | None:
    return _YEAR_LAST.fullmatch(folded) or _SOLID_YEAR_LAST.fullmatch(folded)


def _named(year: str, month: str, day: str) -> list[tuple[int, int, int]]:
    number = _month_named(month)
    return [(int(year), number, int(day))] if number else []


def _month_named(name: str) -> int:
    """1 to 12, 0 for no month's name."""
    return _MONTHS.get(name[:3]) or _MONTHS.get(name[:4], 0)


def _tens(numeral: str) -> int:
    """Chinese numerals up to 99: 十二 → 12, 三十 → 30, 八 → 8."""
    tens, ten, ones = numeral.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)


def _is_real(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return _FIRST_YEAR <= year < _LAST_YEAR


def _is_slip(year: int, month: int, day: int) -> bool:
    """Whether a year, or a month or a day, was mistyped, and the rest may be right; what fills a field is no slip."""
    if year < _FIRST_SLIP or is_filler(f"{year:04}") or _is_one_pair(year, month, day):
        return False
    if not _FIRST_YEAR <= year < _LAST_YEAR:
        return (month, day) not in _ENDS_OF_YEARS and _is_real(_LEAP_YEAR, month, day)
    return {month, day} != {0, 1} and (0 < month <= _MONTHS_OF_A_YEAR or 0 < day <= _LONGEST_MONTH)


def _is_year(year: int, month: int, day: int) -> bool:
    """Whether no more than the year is told, and somebody may have been born in it."""
    return month == day == 0 and _FIRST_YEAR <= year < _LAST_YEAR


def _is_one_pair(year: int, month: int, day: int) -> bool:
    """Two digits over and over: 1212-12-12."""
    return year // 100 == year % 100 == month == day
