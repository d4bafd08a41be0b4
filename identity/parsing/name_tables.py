"""What the shipped tables know of names: Chinese surnames and their sounds, titles, nicknames, given names."""

from functools import cache
from typing import Final

from identity.parsing.chinese import surname_sound
from identity.parsing.text import lines, table

# Beyond them the characters that given names have as well are more often a given name's (models' tables of frequencies).
_FREQUENT: Final = 100


@cache
def _ranked_surnames() -> str:
    """The Chinese surnames of one character that the shipped table knows, the commonest first."""
    return "".join(table("surnames.txt").split("\n\n")[0].partition("\n")[2].split())


@cache
def single_surnames() -> frozenset[str]:
    """The Chinese surnames of one character."""
    return frozenset(_ranked_surnames())


@cache
def frequent_surnames() -> frozenset[str]:
    """The commonest of them."""
    return frozenset(_ranked_surnames()[:_FREQUENT])


@cache
def compound_surnames() -> frozenset[str]:
    """The Chinese surnames of two characters."""
    return frozenset(table("surnames.txt").split("\n\n")[1].split())


def is_surname(text: str) -> bool:
    """Whether simplified Chinese text is a surname that the shipped table knows."""
    return text in single_surnames() or text in compound_surnames()


@cache
def surname_sounds() -> dict[str, int]:
    """The sounds of surnames and how many commoner surnames there are."""
    ranked = [*_ranked_surnames(), *sorted(compound_surnames())]
    ranks: dict[str, int] = {}
    for rank, surname in enumerate(ranked):
        ranks.setdefault(surname_sound(surname), rank)
    return ranks


def is_surname_sound(letters: str) -> bool:
    """Whether solid pinyin is how a Chinese surname sounds: "zhang", "ouyang"; not "lange" or "meier"."""
    return letters in surname_sounds()


@cache
def title_genders() -> dict[str, str]:
    """The titles and the gender that each tells, "" where it tells none."""
    genders = {"m": "m", "f": "f", "-": ""}
    return {word: genders[line[0]] for line in lines("titles.txt") for word in line.split()[1:]}


@cache
def nickname_groups() -> dict[str, frozenset[int]]:
    """For each Latin given name the groups of names that it may stand for."""
    groups: dict[str, set[int]] = {}
    for number, line in enumerate(lines("nicknames.txt")):
        for word in line.split():
            groups.setdefault(word, set()).add(number)
    return {word: frozenset(found) for word, found in groups.items()}


@cache
def given_names() -> frozenset[str]:
    """The Latin given names that the shipped tables know."""
    gendered = (word for line in lines("gendered_names.txt") for word in line.split() if word.isalpha())
    return frozenset((*nickname_groups(), *gendered))
