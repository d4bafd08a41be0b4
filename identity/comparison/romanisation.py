"""Whether Latin letters are a name in characters as Taiwan or Hong Kong spell it, or its pinyin beside a Western given name."""

from collections.abc import Iterator

from identity.comparison.given_names import given_level
from identity.comparison.name_readings import orders
from identity.comparison.surnames import surname_level
from identity.parsing.chinese import syllables
from identity.parsing.name_tables import nickname_groups
from identity.parsing.names import Name
from identity.parsing.romanisation import are_single_characters, may_be_spelled


def is_spelled_elsewhere(chinese: Name, latin: Name) -> bool:
    """Whether two names are one: in the spelling of Taiwan or Hong Kong, or in pinyin with a Western given name beside it."""
    if not (chinese.surname and latin.surname and latin.given):
        return False
    ways = list(_ways_to_write(latin))
    if any(_is_pinyin_beside(chinese, words) for words in ways):
        return True
    is_spelled = any(may_be_spelled(chinese.surname + chinese.given, words) for words in ways)
    return is_spelled and not any(_is_pinyin(chinese.surname, words) for words in ways)


def _ways_to_write(latin: Name) -> Iterator[tuple[str, ...]]:
    """The words of a Latin name, surname first, and the same without Western given names."""
    for surname, given in orders(latin.surname, latin.given, latin.is_ordered):
        words = tuple(f"{surname} {given}".replace("-", " ").split())
        yield words
        yield tuple(word for word in words if word not in nickname_groups())
        yield tuple(word for word in words if are_single_characters([word]))


def _is_pinyin_beside(chinese: Name, words: tuple[str, ...]) -> bool:
    """Whether words are a name in pinyin with a Western given name beside it, which is no syllable: Angela Feng Yao is 冯瑶."""
    kept = [word for word in words if len(found := syllables(word)) == 1 or (found and word not in nickname_groups())]
    if not 1 < len(kept) < len(words):
        return False
    return surname_level(chinese.surname, kept[0]) == given_level(chinese.given, " ".join(kept[1:])) == "sound"


def _is_pinyin(surname: str, words: tuple[str, ...]) -> bool:
    """Whether a surname and one word are rather pinyin of another given name: Li Lei is no 李莉, Li Yanyi no 李欣怡.

    In Hong Kong and Taiwan given names have two syllables as a rule, written apart.
    """
    is_one_word = len(words) == 2  # noqa: PLR2004 - surname and given name
    return is_one_word and surname_level(surname, words[0]) == "sound" and bool(syllables(words[1]))
