"""How far surnames agree: particles may be left out, and one of two surnames."""

import re
from functools import lru_cache
from typing import Final

from identity.comparison.spellings import are_one_spelling, misspelt, solid, solid_surname, sound_level, without_umlauts
from identity.parsing.chinese import is_han
from identity.parsing.text import MEMO

_LONG_ENOUGH: Final = 4
# What may stand before a surname, and is often left out: van der Berg, de la Cruz.
_PARTICLES: Final = re.compile(
    r"(?:v[ao]n(?:t|und)?|vom|de[lnr]?|te[nr]|las?|los|dell[aeo]|dei|degli|dalla?|d[aiou]|d[ao]s|zum?|zur)+"
)
#: What many surnames begin with: it is no part that two of them have in common.
FIRST_WORDS: Final = frozenset(
    ["al", "el", "ul", "abu", "abd", "abdul", "ben", "bin", "ibn", "ould", "ait", "saint", "sainte", "san", "santa", "santo", "st"]
)  # fmt: skip


@lru_cache(maxsize=MEMO)
def surname_level(left: str, right: str) -> str:
    """How far two surnames agree, "" where one is missing."""
    if not left or not right:
        return ""
    if left == right:
        return "exact"
    if is_han(left) or is_han(right):
        return sound_level(left, right, solid_surname(left), solid_surname(right)) or _partly(left, right)
    if are_one_spelling(left, right):
        return "exact"
    if not _surnames(left).isdisjoint(_surnames(right)):
        return "part"
    return "part" if _lacks_particles(solid(left), solid(right)) else misspelt(solid(left), solid(right))


def _surnames(text: str) -> frozenset[str]:
    """The words of a surname that may be one of their own: Al-Masri and Al-Sayed have none in common, nor San Juan and San Martin."""
    return frozenset(text.replace("-", " ").split()) - FIRST_WORDS


def _lacks_particles(left: str, right: str) -> bool:
    """Whether one surname is the other without its particles: Berg and van der Berg."""
    short, long = sorted(map(without_umlauts, (left, right)), key=len)
    is_end = len(short) >= _LONG_ENOUGH and long.endswith(short)
    return is_end and _PARTICLES.fullmatch(long.removesuffix(short)) is not None


def _partly(left: str, right: str) -> str:
    return "part" if left in right or right in left else "different"
