"""How far given names agree: nicknames, short forms and initials, a character more or less, what a till hides behind stars."""

from functools import lru_cache
from itertools import product, starmap
from typing import Final

from identity.comparison.gendered import are_man_and_woman
from identity.comparison.spellings import are_one_spelling, is_latin, misspelt, solid, sound_level
from identity.comparison.surnames import FIRST_WORDS
from identity.parsing.chinese import is_han, syllables
from identity.parsing.name_tables import nickname_groups
from identity.parsing.text import MEMO

_SHORT_FORM: Final = 3


@lru_cache(maxsize=MEMO)
def given_level(left: str, right: str) -> str:
    """How far two given names agree, "" where one is missing."""
    if not left or not right:
        return ""
    if left == right:
        return "exact"
    if "*" in left or "*" in right:
        return _masked_level(left, right)
    if is_han(left) or is_han(right):
        found = sound_level(left, right, solid(left), solid(right)) or _han_level(left, right)
        return "character" if found == "different" and _sounds_within(left, right) else found
    return "exact" if are_one_spelling(left, right) else _latin_level(left, right)


def spelling_level(left: str, right: str, short: str, long: str) -> str:
    """``close`` where the names, or their first words ``short`` and ``long``, differ by a slip, ``part`` for a short form."""
    if "close" in {misspelt(solid(left), solid(right)), misspelt(short, long)}:
        return "close"
    return "part" if len(short) >= _SHORT_FORM and long.startswith(short) else "different"


def _masked_level(left: str, right: str) -> str:
    """張*偉: each visible character must be in its place. A star at the end may be a till's mark, or hide more than one (丽* is 丽华)."""
    if _is_beginning(left, right) or _is_beginning(right, left):
        return "part"
    fits = len(left) == len(right) and all(a in (b, "*") or b == "*" for a, b in zip(left, right, strict=True))
    return "part" if fits else "different"


def _is_beginning(masked: str, given: str) -> bool:
    visible = masked.rstrip("*")
    return masked != visible != "" and given.startswith(visible)


def _han_level(left: str, right: str) -> str:
    """A character more or less is a short form, characters exchanged a slip; so may be one replaced, or another child's name."""
    short, long = sorted((left, right), key=len)
    if short in long:
        return "part"
    if sorted(short) == sorted(long):
        return "close"
    is_slip = len(short) == len(long) > 1 and _same_places(short, long) == len(short) - 1
    return "character" if is_slip else "different"


def _sounds_within(left: str, right: str) -> bool:
    """Whether a short form sounds like characters of the other: 惠 and 慧英, or huiying."""
    short, long = sorted((_sounds(left), _sounds(right)), key=len)
    return 0 < len(short) < len(long) and set(short) <= set(long)


def _sounds(given: str) -> tuple[str, ...]:
    return tuple(map(solid, given)) if is_han(given) else syllables(given)


def _same_places(left: str, right: str) -> int:
    return sum(a == b for a, b in zip(left, right, strict=True))


def _latin_level(left: str, right: str) -> str:
    words, others = left.replace("-", " ").split(), right.replace("-", " ").split()
    if words[0] == others[0] and min(len(words), len(others)) > 1 and _says_nothing(words[0], left, right):
        return given_level(" ".join(words[1:]), " ".join(others[1:]))
    if words[0] != others[0] and _are_nicknames(words[0], others[0]):
        return "nickname"
    if (within := _within(words, others)) or not is_latin(left + right):
        return within or "different"
    short, long = sorted((words[0], others[0]), key=len)
    if len(short) == 1 or _are_initials(words) or _are_initials(others):
        return "initial" if long[0] == short[0] else "different"
    return "different" if are_man_and_woman(short, long) else spelling_level(left, right, short, long)


def _says_nothing(word: str, left: str, right: str) -> bool:
    """Whether what two names begin with is no name: the initial of J Edgar and J Michael, the article of Al-Masri and Al-Sayed."""
    return len(word) == 1 or (word in FIRST_WORDS and left[len(word)] == right[len(word)] == "-")


def _within(words: list[str], others: list[str]) -> str:
    """``part`` where both begin alike or one holds the words of the other, ``initial`` if only an initial (J, Mary J), or "".

    ``character`` where both begin alike and go on otherwise, as names of relatives do: Joseph Bryan and Joseph Brandon.
    """
    if words[0] == others[0] and len(words[0]) > 1:
        is_of_two = len(words) > 1 < len(others) and not any(starmap(_may_be_one, product(words[1:], others[1:])))
        return "character" if is_of_two else "part"
    common = set(words) & set(others)
    if common not in (set(words), set(others)):
        return ""
    return "part" if any(len(word) > 1 for word in common) else "initial"


def _may_be_one(word: str, other: str) -> bool:
    """Whether two words may be one second name: the same, its initial, a short form, a slip."""
    short, long = sorted((word, other), key=len)
    is_start = long.startswith(short) and (len(short) == 1 or len(short) >= _SHORT_FORM)
    return is_start or word == other or _are_nicknames(word, other) or misspelt(word, other) == "close"


def _are_initials(words: list[str]) -> bool:
    """Whether all that stands there may be initials: "j", "jm"."""
    return len(words) == 1 and len(words[0]) <= 2 and not syllables(words[0])  # noqa: PLR2004 - two letters


def _are_nicknames(left: str, right: str) -> bool:
    groups = nickname_groups()
    return left in groups and right in groups and not groups[left].isdisjoint(groups[right])
