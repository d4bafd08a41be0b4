"""Western given names beside Chinese names in Latin letters, as Hong Kong writes them: CHAN Tai Man, Peter; Peter CHAN Tai Man."""

from collections.abc import Collection
from typing import Final

from identity.parsing.romanisation import are_single_characters

_WHOLE_NAME: Final = 3  # surname and two characters


def beside_comma(before: list[str], after: list[str], known: Collection[str]) -> tuple[str, str] | None:
    """Surname and given names where the comma divides a whole Chinese name from Western given names; None for other names.

    What stands before it is a surname as a rule: Smith, Kit Ho Yan. So there only a known given name is one.
    """
    if _is_whole(before) and _are_western(after, known):
        return before[0], " ".join(before[1:] + after)
    is_first = _is_whole(after) and bool(before) and all(word in known for word in before)
    return (after[0], " ".join(after[1:] + before)) if is_first else None


def before_capitals(words: list[str], at: int, known: Collection[str]) -> tuple[str, str] | None:
    """Surname and given names where the surname, in capitals, stands between Western given names and a Chinese one."""
    western, chinese = words[:at], words[at:]
    is_theirs = _is_whole(chinese) and _are_western(western, known)
    return (chinese[0], " ".join(chinese[1:] + western)) if is_theirs else None


def _is_whole(words: list[str]) -> bool:
    """Whether words are a surname and two characters, as they are spelled in Hong Kong or in pinyin."""
    is_long = len("-".join(words).split("-")) >= _WHOLE_NAME
    return is_long and "-" not in words[0] and are_single_characters(words)


def _are_western(words: list[str], known: Collection[str]) -> bool:
    return bool(words) and all(word in known or not are_single_characters([word]) for word in words)
