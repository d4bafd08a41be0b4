"""Given names of men and of women that differ by an ending: Mario and Maria, who may be brother and sister, Paul and Paula."""

from functools import cache
from typing import Final

from identity.parsing.text import lines

_SHORTEST_STEM: Final = 2


def are_man_and_woman(left: str, right: str) -> bool:
    """Whether one given name is a man's and the other the same one of a woman."""
    if left[:1] != right[:1]:  # as most names do; it costs least to ask
        return False
    if right in _pairs().get(left, ()):
        return True
    return _differ_in_ending(left, right) or _differ_in_ending(right, left)


def _differ_in_ending(man: str, woman: str) -> bool:
    return any(
        man.endswith(ending) and len(stem := man.removesuffix(ending)) >= _SHORTEST_STEM and woman == stem + other
        for ending, others in _endings().items()
        for other in others
    )


@cache
def _endings() -> dict[str, tuple[str, ...]]:
    """The endings of men's names and those that women's names have in their place."""
    told = (line.replace("-", "").split() for line in lines("gendered_names.txt") if line.startswith("-"))
    return {man: tuple(women) for man, *women in told}


@cache
def _pairs() -> dict[str, frozenset[str]]:
    """The names that stand in the table, each with its forms of the other gender."""
    found: dict[str, set[str]] = {}
    for first, *rest in (line.split() for line in lines("gendered_names.txt") if not line.startswith("-")):
        forms = [(name, name + first[1:]) for name in rest] if first[0] == "+" else [(first, name) for name in rest]
        for man, woman in forms:
            found.setdefault(man, set()).add(woman)
            found.setdefault(woman, set()).add(man)
    return {name: frozenset(others) for name, others in found.items()}
