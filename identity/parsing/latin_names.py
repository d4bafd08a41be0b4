"""Names in Latin letters: which of the words is the surname, told by a comma or capitals, or else guessed.

Courtesy titles (Mr Smith) leave a surname alone.
"""

import re
from functools import lru_cache
from typing import Final

import msgspec

from identity.parsing.chinese import spelled, syllables
from identity.parsing.latin_words import given_words, joined_words, particles_first, words_with_given
from identity.parsing.name_tables import given_names, is_surname_sound, nickname_groups, surname_sounds, title_genders
from identity.parsing.names import Name
from identity.parsing.suffixes import SUFFIXES, generation
from identity.parsing.text import MEMO
from identity.parsing.western_names import before_capitals, beside_comma

_NOISE: Final = frozenset({"vip", "svip", "new", "old"})
_NO_RANK: Final = 1_000_000


@lru_cache(maxsize=MEMO)
def latin_name(written: str) -> tuple[Name | None, str]:
    """Read words in Latin letters: the name, None where there are but titles and the like, and the gender of a title."""
    before, comma, after = written.partition(",")
    before, after = particles_first(before.strip(), after.strip()) if comma else (before, after)
    words = [*joined_words(before), *given_words(before, after)] if comma else words_with_given(written)
    titles = [title_genders()[word] for word in words if word in title_genders()]
    kept = [word for word in words if word not in title_genders() and word not in SUFFIXES and word not in _NOISE]
    gender = next((found for found in titles if found), "")
    if not kept:
        return None, gender
    if len(kept) == 1:
        return (Name(kept[0], "") if titles else _alone(kept[0])), gender
    which = generation(words)
    surname = " ".join(word for word in joined_words(before) if word in kept) if comma and joined_words(after) else ""
    if surname and (rest := [word for word in given_words(before, after) if word in kept]):
        if parts := beside_comma(surname.split(), rest, given_names()):
            return Name(*parts), gender
        return Name(surname, " ".join(rest), generation=which), gender
    name = _in_order(kept, written)
    return (msgspec.structs.replace(name, generation=which) if which else name), gender


def _alone(word: str) -> Name:
    """One word: solid pinyin that starts with a surname, or else a given name."""
    parts = () if word in nickname_groups() else syllables(spelled(word))
    for length in (2, 1):
        surname = "".join(parts[:length])
        if len(parts) > length and is_surname_sound(surname):
            return Name(surname, "".join(parts[length:]), is_ordered=False)
    return Name("", word, is_ordered=False)


def _in_order(words: list[str], written: str) -> Name:
    """Guess the surname: the one word in capitals; in pinyin the commoner surname of first and last; else the last.

    An initial behind two words is a given name's, behind one a surname's: "Smith John J", "John S".
    """
    capitals = [word for word in words if word != word.upper() and re.search(rf"\b{word.upper()}\b", written)]
    if len(capitals) == 1 and len(capitals[0]) > 1:
        at = words.index(capitals[0])
        if at in {0, len(words) - 1}:
            return Name(words[at], " ".join(words[:at] + words[at + 1 :]))
        if parts := before_capitals(words, at, given_names()):
            return Name(*parts)
    is_pinyin = all(syllables(spelled(word.replace("-", ""))) for word in words)
    first, last = (surname_sounds().get(spelled(word), _NO_RANK) for word in (words[0], words[-1]))
    is_initial_last = len(words) > 2 and len(words[-1]) == 1  # noqa: PLR2004 - a surname and a given name before it
    if (is_pinyin and first < last) or is_initial_last:
        return Name(words[0], " ".join(words[1:]), is_ordered=False)
    return Name(words[-1], " ".join(words[:-1]), is_ordered=False)
