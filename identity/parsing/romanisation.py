"""Chinese names in the spellings of Taiwan (Wade-Giles) and of Hong Kong (Cantonese): 張志明 as Chang Chih-ming or Cheung Chi Ming.

A spelling is believed for whole names only: Chang alone may be 张 or 常, and most spellings are good pinyin of other characters.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Final

from identity.parsing.chinese import readings, surname_sound, syllables
from identity.parsing.text import MEMO, lines

_WHOLE: Final = dict(
    pair.split(":")
    for pair in (
        "zhi:chih chi:chih shi:shih ri:jih zi:tzu ci:tzu si:ssu yi:i you:yu ye:yeh yue:yueh yan:yen yong:yung he:ho ge:ko ke:ko e:o er:erh "
        "guo:kuo kuo:kuo huo:huo shuo:shuo gui:kuei kui:kuei zhe:che jie:chieh qie:chieh xie:hsieh"
    ).split()
)
_INITIALS: Final = dict(
    pair.split(":") for pair in "zh:ch ch:ch sh:sh b:p d:t g:k j:ch q:ch x:hs z:ts c:ts r:j".split()
)
_INITIAL: Final = re.compile(r"zh|ch|sh|[bdgjqxzcr]")
_FINALS: Final = (("ian", "ien"), ("ie", "ieh"), ("ong", "ung"), ("uo", "o"), ("ue", "ueh"))


@cache
def wade_giles(syllable: str) -> str:
    """A syllable of toneless pinyin in Wade-Giles without apostrophes: "xiao" → "hsiao"."""
    if syllable in _WHOLE:
        return _WHOLE[syllable]
    initial = _INITIAL.match(syllable)
    start, rest = (_INITIALS[initial.group()], syllable[initial.end() :]) if initial else ("", syllable)
    for final, spelled in _FINALS:
        if rest.endswith(final):
            return start + rest.removesuffix(final) + spelled
    return start + rest


@cache
def _cantonese() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in lines("cantonese.txt"):
        spellings, characters = line.split(" ")
        for character in characters:
            found.setdefault(character, []).extend(spellings.split(","))
    return {character: tuple(spellings) for character, spellings in found.items()}


@cache
def _cantonese_spellings() -> frozenset[str]:
    return frozenset(spelling for spellings in _cantonese().values() for spelling in spellings)


def are_single_characters(words: Iterable[str]) -> bool:
    """Whether each of lower-case words may be how one character is spelled in Hong Kong or in pinyin; hyphens divide words."""
    return all(word in _cantonese_spellings() or len(syllables(word)) == 1 for word in "-".join(words).split("-"))


def _in_taiwan(character: str) -> tuple[str, ...]:
    return tuple(wade_giles(sound) for sound in {*readings(character), surname_sound(character)} if sound)


def _in_hong_kong(character: str) -> tuple[str, ...]:
    return _cantonese().get(character, ())


@lru_cache(maxsize=MEMO)
def may_be_spelled(name: str, words: tuple[str, ...]) -> bool:
    """Whether words of lower-case letters are how a whole Chinese name, simplified, is spelled in Taiwan or in Hong Kong."""
    return any(_spells(name, words, spellings) for spellings in (_in_taiwan, _in_hong_kong))


def _spells(name: str, words: tuple[str, ...], spellings: Callable[[str], tuple[str, ...]]) -> bool:
    """Whether each word holds whole characters: "hu weitao" is 胡卫涛, "huw eitao" is nobody."""
    written, ends = "".join(f"{word} " for word in words), {0}
    for character in name:
        found = {end + len(each) for end in ends for each in spellings(character) if written.startswith(each, end)}
        ends = found | {end + 1 for end in found if written[end : end + 1] == " "}
    return bool(written) and len(written) in ends
