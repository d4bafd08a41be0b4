"""Text in one width, without invisible marks; what is written when there is nothing to write; the shipped tables."""

import re
import unicodedata
from importlib.resources import files
from typing import Final

#: Bounded size of each memo of parsed values; they live in process memory only.
MEMO: Final = 50_000

#: A longer text is no name, number or address. Patterns try it from every place, so reading a megabyte would take hours.
LONGEST: Final = 500

_ONE_CHARACTER: Final = re.compile(r"(.)\1*", re.DOTALL)
_SEPARATORS: Final = re.compile(r"[\s\-_./·]+")
_COUNTING_UP: Final = "01234567890123456789"

_HIDDEN: Final = re.compile(r"[*•●×]")
_HIDDEN_DIGITS: Final = re.compile(r"[*•●×]|#{2}|X{3}")

# Letters without an accent that could be taken off, as keyboards without them write them.
_AS_ASCII: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "n"}
)

# Canonical combining classes (Unicode 4.3): fixed positions of Hebrew, Arabic and Syriac; from 200 on places around a letter.
_POINTS: Final = range(10, 37)
_FIRST_ACCENT: Final = 200

# What people and programs write when there is nothing to write (folded to lower case).
_PLACEHOLDERS: Final = frozenset(
    {"", "-", "--", "n/a", "na", "nil", "none", "null", "unknown", "undefined", "x", "xx", "xxx", "test", "无", "没有", "不详", "未知", "暂无"}
)  # fmt: skip


def fold(value: str) -> str:
    """One width, no blanks around, none of the invisible marks that copying brings along (Unicode category Cf)."""
    if value.isascii() or (value.isprintable() and unicodedata.is_normalized("NFKC", value)):  # no Cf is printable
        return value.strip()
    visible = (c for c in unicodedata.normalize("NFKC", value) if unicodedata.category(c) != "Cf")
    return "".join(visible).strip()


def without_separators(folded: str) -> str:
    """A folded number that people type, in upper case without what they part it by; what stood before and behind that may melt into one letter."""
    return fold(_SEPARATORS.sub("", folded).upper())


def unaccented(text: str) -> str:
    """Lower case without accents: "Müller" → "muller", "Łukasz" → "lukasz"."""
    lowered = text.casefold()
    if lowered.isascii():
        return lowered
    return accentless(lowered).translate(_AS_ASCII)


def accentless(text: str) -> str:
    """Letters without accents and vowel points; what makes another letter stays: が is no か, Thai and Indic vowels are no accents."""
    bare = (c for c in unicodedata.normalize("NFD", text) if not _is_accent(unicodedata.combining(c)))
    return unicodedata.normalize("NFC", "".join(bare))


def _is_accent(combining_class: int) -> bool:
    """Whether a mark of a canonical combining class stands over or under letters: accents, Hebrew and Arabic points."""
    return combining_class == 1 or combining_class in _POINTS or combining_class >= _FIRST_ACCENT


def is_placeholder(folded: str) -> bool:
    """Whether folded text stands for a missing value, whatever the column."""
    return folded.casefold() in _PLACEHOLDERS


def is_one_character(text: str) -> bool:
    """Whether text is one character over and over, such as "0000" (true for a single character as well)."""
    return _ONE_CHARACTER.fullmatch(text) is not None


def is_filler(digits: str) -> bool:
    """Whether digits were typed to fill a field: all the same, or counting up."""
    return is_one_character(digits) or digits in _COUNTING_UP


def is_masked_code(folded: str) -> bool:
    """Whether characters of an id that a system made are hidden behind stars or dots: 2088****5678. Such ids hold any letter."""
    return _HIDDEN.search(folded) is not None


def is_masked_number(compact: str) -> bool:
    """Whether digits of a number are hidden: ****1234, XXXXX1234, ##1234; in upper case, without separators.

    A single X is a check digit of a Chinese id, a single # stands before numbers.
    """
    return _HIDDEN_DIGITS.search(compact) is not None


def table(name: str) -> str:
    """The text of a file in ``identity/data``."""
    return (files("identity") / "data" / name).read_text(encoding="utf-8")


def lines(name: str) -> list[str]:
    """The lines of a file in ``identity/data`` without comments and blank lines."""
    return [line for line in table(name).splitlines() if line and not line.startswith("#")]
