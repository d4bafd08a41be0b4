"""Phone numbers as people and tills write them: prefixes, the letter O for zero, several in one field, masked ones.

A number in full is in E.164 form; a masked one (``138****5678``) is its first three and last four digits, ``138*5678``.
A mobile with an extension (``18427391834-5678``) is one that a marketplace lends to many parcels, and nobody's.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import groupby
from typing import Final

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber

from identity.parsing.text import MEMO, fold, is_filler

_BETWEEN: Final = re.compile(r"[,;、，；\n|]+|\bor\b|或", re.IGNORECASE)
_NEW_NUMBER: Final = ("0", "+")  # behind an area code nothing begins so
_LABEL: Final = re.compile(
    r"^(?:tel|phone|mobile|mob|cell|手机号?码?|电话|联系电话|联系方式)\s*[.:：]?\s*", re.IGNORECASE
)
_EXTENSION: Final = re.compile(r"(?:\s*(?:ext|x|转|分机)\.?\s*\d{1,6})$", re.IGNORECASE)
_LOOKS_LIKE: Final = str.maketrans({"O": "0", "o": "0", "Ｏ": "0", "l": "1", "I": "1", "i": "1"})
_DIGITS_AND_LOOKALIKES: Final = re.compile(r"[+\d\s().\-OolIi]+")
_ENOUGH_DIGITS: Final = 7
_CHINA: Final = 86
_WHOLE_DIGITS: Final = 8
_MOST_RUNS: Final = 3
_MASKED: Final = re.compile(r"(?:(?:\+|00)?86)?(1\d{2})[*xX•·#＊]{3,5}(\d{4})")
_START: Final = re.compile(r"[+\d]")
_SPACING: Final = re.compile(r"[\s().\-]+")
_BARE_NEIGHBOUR: Final = re.compile(r"(?:00)?(85[23]\d{8}|8860?\d{8,9})")
# Mobiles as each writes them at home, which are no numbers of the others: of the mainland and of Taiwan.
_CHINESE_REGIONS: Final = frozenset({"CN", "HK", "MO", "TW"})
_MOBILE_OF_NEIGHBOUR: Final = re.compile(r"(?P<mainland>1[3-9]\d{9})|0(?P<taiwan>9\d{8})")
# One digit behind a mobile is a desk's at most, three to six are what a marketplace tells parcels apart by.
_LENT: Final = re.compile(
    r"(?<!\d)(?P<code>(?:\+|00)?86[\s-]*)?1[3-9]\d{9}\s*(?:转接?|分机号?|ext\.?|x|[-_,#(])\s*\d{3,6}\s*\)?(?=\s*(?:$|[/;、,|\n]))",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(r"(?<=\d{4})\s*\(?[\u4e00-\u9fff][^\d/;、,|\n]*$")  # 13812345670(妈妈)
_AS_FLOAT: Final = re.compile(r"(\d{7,15})\.0+")  # what spreadsheets make of a number


def is_masked(phone: str) -> bool:
    """Whether a parsed phone is a masked one."""
    return "*" in phone


def masked(phone: str) -> str:
    """The masked form of a full Chinese mobile number, "" for any other number."""
    return f"{phone[3:6]}*{phone[-4:]}" if phone.startswith("+861") and len(phone) == 14 else ""  # noqa: PLR2004 - +86 and eleven digits


@lru_cache(maxsize=MEMO)
def parse_phones(written: str, region: str) -> tuple[str, ...]:
    """The distinct numbers in a field, in its order; those that nobody can have are left out."""
    folded = without_lent(fold(written), region)
    parts = _BETWEEN.split(folded) if _BETWEEN.search(folded) else [folded]
    found = (phone for part in parts for phone in _at_slashes(part, region))
    return tuple(dict.fromkeys(phone for phone in found if phone))


def _at_slashes(written: str, region: str) -> list[str]:
    """The number with a slash behind its area code (0171/1234567, 336/555-1234), or else the numbers that slashes divide."""
    first, *others = [part.strip() for part in written.split("/")]
    found = _phone(first, region)
    if others and not found and not any(part.startswith(_NEW_NUMBER) for part in others):
        whole = _phone(" ".join([first, *others]), region)
        if whole:
            return [whole]
    return [found, *(_phone(part, region) for part in others)]


def without_lent(folded: str, region: str) -> str:
    """Folded text without the numbers that a marketplace lends: Chinese mobiles with an extension."""
    if folded.isdecimal():
        return folded
    return _LENT.sub(lambda found: "" if found["code"] or region in _CHINESE_REGIONS else found[0], folded)


def _phone(written: str, region: str) -> str:
    if match := _AS_FLOAT.fullmatch(written):
        written = match[1]
    written = _NOTE.sub("", written)
    digits = _SPACING.sub("", _LABEL.sub("", written))
    if domestic := domestic_mobile(digits, region):
        return _unless_filler(domestic, digits)
    if match := _MASKED.fullmatch(digits):
        return f"{match[1]}*{match[2]}"
    return _parsed(repaired(_EXTENSION.sub("", _LABEL.sub("", written))), region)


def repaired(written: str) -> str:
    """Letters that look like digits as digits, where the rest is a number: "l38OO138OOO" → "13800138000"."""
    if _DIGITS_AND_LOOKALIKES.fullmatch(written) and sum(c.isdigit() for c in written) >= _ENOUGH_DIGITS - 2:
        return written.translate(_LOOKS_LIKE)
    return written


def is_spelled(written: str) -> bool:
    """Whether the number is told by letters of a telephone's keys, as 1-800-FLOWERS is: a till's 1381234xxxx would be 13812349999."""
    start = _START.search(written)
    return start is not None and phonenumbers.is_alpha_number(written[start.start() :])


def _parsed(written: str, region: str) -> str:
    compact = _SPACING.sub("", written)
    if match := _BARE_NEIGHBOUR.fullmatch(compact):
        neighbour = _somebodys(f"+{match[1]}", region, phonenumbers.is_valid_number)
        if neighbour:
            return neighbour
    if neighbour := mobile_of_neighbour(compact, region):
        return _unless_filler(neighbour, compact)
    return _somebodys(written, region) or (_somebodys(f"+{compact}", region) if compact.startswith("86") else "")


def mobile_of_neighbour(digits: str, region: str) -> str:
    """E.164 of bare digits that in one Chinese region are a mobile of the mainland or of Taiwan, and no number of its own; else ""."""
    match = _MOBILE_OF_NEIGHBOUR.fullmatch(digits) if region in _CHINESE_REGIONS else None
    if match is None:
        return ""
    found = f"+86{match['mainland']}" if match["mainland"] else f"+886{match['taiwan']}"
    is_theirs = phonenumbers.is_valid_number(phonenumbers.parse(found))
    return found if is_theirs and not phonenumbers.is_valid_number(phonenumbers.parse(digits, region)) else ""


def may_be_somebodys(number: PhoneNumber) -> bool:
    """Whether a number is a valid one, or outside China one of the right length.

    A range may be newer than our tables, and a digit mistyped the same way in two lists. In China tills type too much that is none, and
    everywhere 111-222-3333 or 999-999-9990.
    """
    if phonenumbers.is_valid_number(number):
        return True
    digits = str(number.national_number)
    is_typed_to_fill = len(list(groupby(digits))) <= _MOST_RUNS
    is_whole = len(digits) >= _WHOLE_DIGITS and number.country_code != _CHINA and not is_typed_to_fill
    return is_whole and phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE


def _somebodys(written: str, region: str, is_right: Callable[[PhoneNumber], bool] = may_be_somebodys) -> str:
    if is_spelled(written):
        return ""
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return ""
    if not is_right(number):
        return ""
    national = str(number.national_number)
    return _unless_filler(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), national)


def _unless_filler(phone: str, national: str) -> str:
    return "" if is_filler(national[1:]) else phone


def domestic_mobile(digits: str, region: str) -> str:
    """E.164 of digits that are, as they stand, a mobile number of the region; "" where only a full parse can tell."""
    return f"+{_code(region)}{digits}" if _domestic(region).fullmatch(digits) else ""


@cache
def _domestic(region: str) -> re.Pattern[str]:
    """What a mobile number of the region looks like, where it needs no trunk prefix and so no full parse."""
    metadata = PhoneMetadata.metadata_for_region(region)
    mobile = metadata.mobile if metadata and region == "CN" else None
    return re.compile((mobile and mobile.national_number_pattern) or r"(?!)")


@cache
def _code(region: str) -> int:
    return phonenumbers.country_code_for_region(region)
