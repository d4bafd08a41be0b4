"""How far names agree: surname and given name apart, in whatever script and order they were written."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from identity.comparison.gendered import are_man_and_woman
from identity.comparison.given_names import given_level, spelling_level
from identity.comparison.name_readings import before_marriage, orders, side_by_side
from identity.comparison.romanisation import is_spelled_elsewhere
from identity.comparison.spellings import solid, solid_surname
from identity.comparison.surnames import surname_level
from identity.parsing.chinese import is_han
from identity.parsing.name_tables import nickname_groups
from identity.parsing.names import Name
from identity.parsing.text import MEMO

_ALIKE: Final = frozenset({"exact", "sound", "close"})
# A part that is missing stands between agreement and difference.
_BADNESS: Final = {
    "exact": 0,
    "sound": 2,
    "nickname": 3,
    "close": 4,
    "part": 6,
    "character": 8,
    "initial": 8,
    "": 9,
    "word": 20,
    "different": 30,
}


class NameMatch(NamedTuple):
    """The levels of surname and given name, "" where a side lacks it, and what exactly agrees.

    ``surname_term`` and ``given_term`` are what term frequencies are told of: the text at level ``exact``, solid letters at
    level ``sound``, "" at others.
    """

    surname: str
    given: str
    surname_term: str = ""
    given_term: str = ""


def match_names(left: Name, right: Name, *, are_one_gender: bool = False) -> NameMatch:
    """Compare two names, in the best of the orders that a Latin one may have.

    ``are_one_gender`` says that the records tell it; then forms of a man and of a woman (Paul, Paula) are a slip. John Smith Jr and
    Sr have different given names, whatever they are called, and so have a couple or a family and each of them.
    """
    if (left.generation != right.generation and left.generation and right.generation) or (
        left.is_household != right.is_household
    ):
        one, other = (Name(name.surname, name.given, name.is_ordered) for name in (left, right))
        return match_names(one, other)._replace(given="different", given_term="")
    if left.surname == right.surname and left.given == right.given:
        surname, given = left.surname, left.given
        return NameMatch("exact" if surname else "", "exact" if given else "", surname, given)
    found = _match(left.surname, left.given, left.is_ordered, right.surname, right.given, right.is_ordered)
    is_of_two_scripts = is_han(left.given) != is_han(right.given)
    if is_of_two_scripts and (found.surname not in {"exact", "sound"} or found.given != "sound"):
        chinese, latin = (left, right) if is_han(left.given) else (right, left)
        if is_spelled_elsewhere(chinese, latin):
            return NameMatch("sound", "sound", solid_surname(chinese.surname), solid(chinese.given))
        return found
    return _of_one_gender(found, left, right) if are_one_gender and found.given == "different" else found


def _of_one_gender(found: NameMatch, left: Name, right: Name) -> NameMatch:
    """The match of names whose given names are different, as it is where they may be forms of a man and of a woman."""
    others = list(orders(right.surname, right.given, right.is_ordered))
    slips = [
        found._replace(given=spelling_level(one, other, *firsts))
        for surname, one in orders(left.surname, left.given, left.is_ordered)
        for other_surname, other in others
        if are_man_and_woman(*(firsts := sorted((_first_word(one), _first_word(other)), key=len)))
        and surname_level(surname, other_surname) == found.surname != "different"
    ]
    return min(slips, key=_badness, default=found)


def _first_word(given: str) -> str:
    return re.split("[ -]", given, maxsplit=1)[0]


@lru_cache(maxsize=MEMO * 2)
def _match(  # noqa: PLR0913, PLR0917 - plain texts make a quick key for the memo
    surname: str,
    given: str,
    is_ordered: bool,  # noqa: FBT001 - one for each side
    other_surname: str,
    other_given: str,
    other_ordered: bool,  # noqa: FBT001 - one for each side
) -> NameMatch:
    left, right = (surname, given, is_ordered), (other_surname, other_given, other_ordered)
    first, *turned = side_by_side(left, right)
    found = _best(_of_parts(*first), [_of_parts(*parts) for parts in turned if not are_man_and_woman(*parts[:2])])
    if (found.surname, found.given) == ("different", "part") and (
        before_marriage(surname, given) == (other_surname, other_given)
        or before_marriage(other_surname, other_given) == (surname, given)
    ):
        return NameMatch("part", "exact", "", min(given, other_given, key=len))
    are_unlike = found.given == "different" and found.surname in {"", "different"}
    if are_unlike and (_is_byname(*left, other_given) or _is_byname(*right, given)):
        return NameMatch("", "word")
    return found


def _is_byname(surname: str, given: str, is_ordered: bool, other_given: str) -> bool:  # noqa: FBT001 - a field of Name
    """Whether a name may be one that friends use (Gaffer, 开心果; Vivian beside a Chinese name): nothing in it is known."""
    if is_ordered or (surname and not is_han(surname)):
        return False
    return given not in nickname_groups() or is_han(other_given)


def _best(first: NameMatch, turned: list[NameMatch]) -> NameMatch:
    best = min(filter(_is_sure, turned), key=_badness, default=first)
    return best if _badness(best)[0] < _badness(first)[0] else first


def _is_sure(turned: NameMatch) -> bool:
    """Whether names may have been written in another order: John is no short Johnson where Xie and Brian differ."""
    levels = {turned.surname, turned.given}
    return "different" not in levels or not levels.isdisjoint(_ALIKE)


def _badness(match: NameMatch) -> tuple[int, int, bool, NameMatch]:
    """Fewer and lesser differences first; of equal ones, those in the surname last, and known given names before others."""
    is_unknown = match.given_term not in nickname_groups()
    return _BADNESS[match.surname] + _BADNESS[match.given], _BADNESS[match.surname], is_unknown, match


def _of_parts(surname: str, other_surname: str, given: str, other_given: str) -> NameMatch:
    surname_found, given_found = surname_level(surname, other_surname), given_level(given, other_given)
    return NameMatch(
        surname_found,
        given_found,
        _term(surname_found, surname, other_surname, solid_surname),
        _term(given_found, given, other_given, solid),
    )


def _term(level: str, left: str, right: str, sounds: Callable[[str], str]) -> str:
    if level == "exact":
        return min(left, right)
    return min(sounds(left), sounds(right)) if level == "sound" else ""
