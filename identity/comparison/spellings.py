"""How far spellings of one part of a name agree: solid letters whatever the script, umlauts spelled out, slips."""

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler

from identity.comparison.sounds import sound_alike
from identity.parsing.chinese import is_han, may_sound, sound, spelled, surname_sound, syllables
from identity.parsing.text import MEMO

_CLOSE: Final = 0.92
_AUDIBLE: Final = 0.6  # below, names never sound alike, and need not be asked for their sounds
_LONG_ENOUGH: Final = 4
_TWO_EDITS_FROM: Final = 9
_FIRST_NOT_LATIN: Final = "\u0370"  # Greek, the first alphabet behind the Latin letters in Unicode
# ä, ö and ü spelled out: before a consonant, where no other vowel stands before them (Bauer, Marquez), äu included. Sáenz is no Sanz.
_UMLAUT: Final = re.compile(r"(?<![aeiouq])(?!aen?z$)([aou])e(?=[b-df-hj-np-tv-xz]|(?<=ae)u)")
_LONG_ENOUGH_FOR_UMLAUTS: Final = 5
# å spelled out, where it often is: Aakesson, Nørregaard.
_LONG_A: Final = re.compile(r"^aa|(?<=g)aa(?=rd)")


@lru_cache(maxsize=MEMO)
def solid(text: str) -> str:
    """How a part of a name sounds, in solid letters without tones, whatever its script."""
    if is_han(text):
        return sound(text)
    letters = text.replace(" ", "").replace("-", "")
    plain = spelled(letters)
    return plain if plain != letters and syllables(plain) else letters


@lru_cache(maxsize=MEMO)
def solid_surname(text: str) -> str:
    """How a surname sounds."""
    return surname_sound(text) if is_han(text) else solid(text)


@lru_cache(maxsize=MEMO)
def without_umlauts(letters: str) -> str:
    """Solid letters with ä, ö, ü and å in one spelling: Mueller is Müller. Not in short ones, since Baez and Paez are no Baz and Paz."""
    return _LONG_A.sub("a", _UMLAUT.sub(r"\1", letters)) if len(letters) >= _LONG_ENOUGH_FOR_UMLAUTS else letters


def is_latin(text: str) -> bool:
    """Whether no letter of a text is of another alphabet."""
    return text.isascii() or max(text) < _FIRST_NOT_LATIN


def are_one_spelling(left: str, right: str) -> bool:
    """Whether two Latin texts are the same but for blanks, hyphens and umlauts; in pinyin, Xuefeng and Xufeng are two."""
    one, other = solid(left), solid(right)
    return one == other or (
        without_umlauts(one) == without_umlauts(other) and not (syllables(one) and syllables(other))
    )


def sound_level(left: str, right: str, one: str, other: str) -> str:
    """``sound`` for Chinese and pinyin that sound alike, another level for pinyin that does not, "" for two in Chinese."""
    if one == other:
        return "sound"
    if is_han(left) and is_han(right):
        return ""
    han, letters = (left, other) if is_han(left) else (right, one)
    return "sound" if may_sound(han, letters) else misspelt(one, other)


def misspelt(left: str, right: str) -> str:
    """``close`` for few edits in the length or likeness by Jaro-Winkler, which forgives more at the end than at the beginning, or by sound.

    In other scripts a letter is a syllable or a word lacks its vowels: 민수 and 민주, Muhammad and Mahmud would be alike.
    """
    if not is_latin(left + right):
        return "different"
    shorter = min(len(left), len(right))
    if shorter < _LONG_ENOUGH:
        edits = OSA.distance(left, right, score_cutoff=1)
        return "close" if edits <= 1 and shorter == _LONG_ENOUGH - 1 and len(left) != len(right) else "different"
    allowed = 2 if shorter >= _TWO_EDITS_FROM else 1
    if OSA.distance(left, right, score_cutoff=allowed) <= allowed:
        return "close"
    likeness = JaroWinkler.similarity(left, right, score_cutoff=_AUDIBLE)
    return "close" if likeness >= _CLOSE or (likeness and _may_sound_alike(left, right)) else "different"


def _may_sound_alike(left: str, right: str) -> bool:
    """Whether letters are spellings of one sound: Maier, Meyer. Pinyin has one spelling for each."""
    one, other = without_umlauts(left), without_umlauts(right)
    return sound_alike(one, other) and not (syllables(left) and syllables(right))
