"""The words of a Latin name: particles go with the surname that they stand before, or behind which a list puts them."""

import re
from typing import Final

from identity.parsing.chinese import toneless
from identity.parsing.name_tables import is_surname_sound
from identity.parsing.suffixes import SUFFIXES, ordinals_spelled

_PARTICLES: Final = frozenset(
    "van vant von vom der den ter ten op aan de la le los las del della dello delle dei degli dal dalla di da das do dos "
    "du st saint bin ibn al el zu zum zur mac mc".split()
)
_LATER_PARTICLES: Final = frozenset({"t", "und"})  # van 't Hoff, von und zu Stein
_GIVEN_PARTICLES: Final = frozenset({"al", "dal", "del", "mac", "van"})
# What lists put behind the name that it stands before: "Berg, Jan van der".
_FROM: Final = "van von vom der den ter ten op aan de la las los del della dello delle dei degli dal dalla da di das dos du zu und".split()
_BEHIND: Final = re.compile(rf"(?<=\w)[\s,]+((?:(?:{'|'.join(_FROM)}|['’]?t)(?:\s+|$))+)$", re.IGNORECASE)
# v.d. Berg, v/d Berg: in capitals they are initials, unless a column of surnames holds them.
_VAN_DER: Final = re.compile(r"\bv ?[./] ?d\b[./]? ?|\bvd\b ")
_VAN_DER_IN_SURNAME: Final = re.compile(_VAN_DER.pattern, re.IGNORECASE)
# Vietnamese given names end in what looks like a particle: Nguyen Hong Van.
_VIETNAMESE: Final = frozenset(
    "nguyen tran le pham huynh hoang phan dang vu vo bui do ho ngo duong ly truong dinh "
    "lam dao trinh doan mai luu luong phung vuong quach trieu cao".split()
)
# Vowels of Indic and Thai letters are marks, which are no letters to Python.
_LETTERS: Final = (
    r"(?:[^\W\d_][\u0900-\u0963\u0981-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u0f71-\u0fbc\u102b-\u103e\u17b6-\u17d3]*)+"
)
_LATIN_WORD: Final = re.compile(rf"{_LETTERS}(?:[-‐]{_LETTERS})*")
_APOSTROPHES: Final = re.compile(r"(?<=\w)['’‘`´ʻ](?=\w)")


def joined_words(written: str) -> list[str]:
    """Lower-case words without accents; particles joined to what follows them: "van der Berg" → "vanderberg"."""
    return _joined(_single_words(written))


def words_with_given(written: str) -> list[str]:
    """The same where a given name comes first: it may look like a particle ("Al Smith", "Van J Morrison", "Bin Wang")."""
    words = _single_words(written)
    names = [word for word in words if word not in SUFFIXES]
    if len(names) > 1 and names[0] in _PARTICLES and names[1] not in _PARTICLES:
        is_before_initial = len(names[1]) == 1  # Van J Morrison
        may_be_given = names[0] in _GIVEN_PARTICLES or is_surname_sound(names[1])
        if is_before_initial or (len(names) == 2 and may_be_given):  # noqa: PLR2004 - the particle and a surname
            return [words[0], *_joined(words[1:])]
    return _joined(words)


def given_words(family: str, given: str) -> list[str]:
    """The words of given names behind a surname: the van of Nguyen Van An is no given name of its own, as brothers share it."""
    return joined_words(given) if _is_vietnamese(family) else words_with_given(given)


def particles_first(family: str, given: str) -> tuple[str, str]:
    """Particles behind the given names or behind the surname go before the surname, as in "Berg, Jan van der"."""
    family, given = _VAN_DER_IN_SURNAME.sub("van der ", family), van_der_spelled(given)
    if _is_vietnamese(family):
        return family, given
    surname = toneless(family)
    is_chinese = is_surname_sound(surname)  # Wang, Xiao Di
    if not is_chinese and (found := _BEHIND.search(given)) and toneless(given[: found.start()]) not in _PARTICLES:
        return f"{found[1]} {family}", given[: found.start()]
    if found := _BEHIND.search(family):
        return f"{found[1]} {family[: found.start()]}", given
    return family, given


def van_der_spelled(written: str) -> str:
    """A name with "v.d." and "v/d" in small letters written as "van der"."""
    return _VAN_DER.sub("van der ", written)


def _is_vietnamese(family: str) -> bool:
    return toneless(family).partition(" ")[0] in _VIETNAMESE


def _single_words(written: str) -> list[str]:
    return [
        toneless(word) for word in _LATIN_WORD.findall(_numbers_apart(ordinals_spelled(_APOSTROPHES.sub("", written))))
    ]


def _joined(words: list[str]) -> list[str]:
    joined: list[str] = []
    held = ""
    for word in words:
        is_particle = word in _PARTICLES or (held and word in _LATER_PARTICLES)
        held += word
        if not is_particle:
            joined.append(held)
            held = ""
    return [*joined, held] if held else joined


def _numbers_apart(written: str) -> str:
    """Tone numbers are no part of the word: "zhang1 wei3"."""
    return re.sub(r"(?<=[^\W\d_])[1-5](?!\d)", " ", written)
