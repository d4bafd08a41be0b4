"""How a name is spoken, roughly: spellings of one sound in one form, so that Maier and Meyer, Smith and Smythe meet.

For the languages of Europe together, hence only a hint: metaphones and the Kölner Phonetik know one language, and leave out the vowels
by which Berg differs from Burg.
"""

import re
from functools import lru_cache
from typing import Final

from identity.parsing.text import MEMO

_SHORTEST: Final = 3

# In this order; A is the sound of "ei", S of "sch".
_RULES: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"s+[eo]n$", "sn"),  # Petersen, Pettersson
        (r"(?<=m)p(?=s)", ""),  # Thompson
        (r"(?:(?<=[^aeiouy]{2})|(?<=[aeiou]{2}[^aeiouy]))e$", ""),  # Clarke, Reese; but Jake is no Jack
        (r"(?:s|sc)h", "S"),
        (r"^ch(?=[lr])", "k"),
        (r"ph", "f"),
        (r"d?th?", "t"),
        (r"(?<=[elnrit])d$", "t"),  # Schmid, Bernhard
        (r"(?<!c)h(?![aeiouy])", ""),
        (r"ck|c(?![eiyh])|q", "k"),
        (r"x", "ks"),
        (r"tz", "z"),
        (r"ew|ou|oo", "u"),
        (r"w", "v"),
        (r"(?:ey|ie|y|ij|iy|yj)$", "i"),  # Bailey, Kowalskiy
        (r"[ae][iyj]", "A"),
        (r"Ae(?=r)", "A"),
        (r"ie|ee|ea(?!n)|[yj]", "i"),
        (r"(.)\1+", r"\1"),
    )
)


def sound_alike(left: str, right: str) -> bool:
    """Whether two names in solid Latin letters may be spoken alike."""
    spoken = _spoken(left)
    return len(spoken) >= _SHORTEST and spoken == _spoken(right)


@lru_cache(maxsize=MEMO)
def _spoken(letters: str) -> str:
    for pattern, sound in _RULES:
        letters = pattern.sub(sound, letters)
    return letters
