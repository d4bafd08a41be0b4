"""Western given names beside Chinese names in Latin letters, as Hong Kong writes them: CHAN Tai Man, Peter; Peter CHAN Tai Man."""

from collections.abc import Collection
from typing import Final

from identity.parsing.romanisation import are_single_characters

_WHOLE_NAME: Final = 3  # surname and two characters


def beside_comma(before: list[str], after: list[str], known: Collection[str]) -> tuple[str, str] | None:
    """Surname and given names where the comma divides a whole Chinese name from known given names; None for other names."""
    for chinese, western in ((before, after), (after, before)):
        is_whole = len("-".join(chinese).split("-")) >= _WHOLE_NAME and "-" not in chinese[0]
        if is_whole and western and all(word in known for word in western) and are_single_characters(chinese):
            return chinese[0], " ".join(chinese[1:] + western)
    return None


def before_capitals(words: list[str], at: int, known: Collection[str]) -> tuple[str, str] | None:
    """Surname and given names where the surname, in capitals, stands between known given names and a Chinese one."""
    western, chinese = words[:at], words[at:]
    if not western or len(chinese) == 1 or not all(word in known for word in western):
        return None
    return (chinese[0], " ".join(chinese[1:] + western)) if are_single_characters(chinese) else None
