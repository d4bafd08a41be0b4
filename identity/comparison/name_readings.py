"""The ways to read a name, of which the comparison takes the best: its order may be a guess, its columns exchanged, its beginning hidden."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from identity.comparison.given_names import given_level
from identity.comparison.spellings import solid
from identity.parsing.chinese import is_han, syllables
from identity.parsing.name_tables import is_surname, nickname_groups
from identity.parsing.text import MEMO

_LONGEST_HAN_SURNAME: Final = 2
_LONGEST_HAN_GIVEN: Final = 2
_PLAIN: Final = frozenset({"exact", "sound", "close", "nickname"})
#: Surname and given name as they were written, and whether the source told which is which.
Written = tuple[str, str, bool]


@lru_cache(maxsize=MEMO)
def orders(surname: str, given: str, is_ordered: bool) -> tuple[tuple[str, str], ...]:  # noqa: FBT001 - a field of Name
    """The ways to read a name as (surname, given name): another one where a Latin name's order is only guessed.

    Of two surnames the other one goes behind the given names (Maria Garcia Lopez), in pinyin before them; an initial is no surname.
    """
    if is_ordered or not surname or is_han(surname) or not given:
        return ((surname, given),)
    first, _, rest = given.partition(" ")
    *most, last = given.split(" ")
    others = [surname, *most] if syllables(solid(f"{surname} {given}")) else [*most, surname]
    turned = ((first, f"{rest} {surname}".strip()), (last, " ".join(others)))
    return tuple(dict.fromkeys([(surname, given), *(parts for parts in turned if len(parts[0]) > 1)]))


def side_by_side(left: Written, right: Written) -> list[tuple[str, str, str, str]]:
    """The ways to read two names beside each other, as two surnames and two given names, first of all as they were written."""
    surname, given, is_ordered = left
    other_surname, other_given, other_ordered = right
    ones, others = orders(surname, given, is_ordered), orders(other_surname, other_given, other_ordered)
    pairs = [(s, t, g, h) for s, g in ones for t, h in others]
    if surname and given and other_surname and other_given and not is_han(surname + other_surname):  # columns swapped
        pairs += [(surname, other_given, given, other_surname), (given, other_surname, surname, other_given)]
    elif _fit_crosswise(surname, given, other_surname, other_given):
        pairs += [(given, other_surname, surname, other_given), (surname, other_given, given, other_surname)]
    if not is_ordered:
        pairs += [(s, other_surname, g, other_given) for s, g in _with_surnames(surname, given, other_surname)]
        pairs += [("", other_surname, whole, other_given) for whole in _given_alone(surname, given)]
    if not other_ordered:
        pairs += [(surname, t, given, h) for t, h in _with_surnames(other_surname, other_given, surname)]
        pairs += [(surname, "", given, whole) for whole in _given_alone(other_surname, other_given)]
    pairs += [("", other_surname, one, other_given) for one in _of_pet_name(surname, given, is_ordered, other_given)]
    pairs += [(surname, "", given, one) for one in _of_pet_name(other_surname, other_given, other_ordered, given)]
    pairs += [("", other_surname, visible, other_given) for visible in _behind_star(surname, given, other_given)]
    pairs += [(surname, "", given, visible) for visible in _behind_star(other_surname, other_given, given)]
    if not surname and not is_ordered and _may_be_surname(given):
        pairs.append((given, other_surname, "", other_given))
    if not other_surname and not other_ordered and _may_be_surname(other_given):
        pairs.append((surname, other_given, given, ""))
    return pairs


def before_marriage(surname: str, given: str) -> tuple[str, str]:
    """The name of a woman in Taiwan or Hong Kong without her husband's surname before her own: 林美玉 of 陳林美玉."""
    is_double = is_han(surname) and len(given) == _LONGEST_HAN_GIVEN + 1 and is_surname(given[0])
    return (given[0], given[1:]) if is_double else ("", "")


def _fit_crosswise(surname: str, given: str, other_surname: str, other_given: str) -> bool:
    """Whether all that one Latin name tells is plainly the other part of the other name: it stands in the wrong column.

    A syllable of pinyin is a surname and a given name of many: Ms Wei is no Zhang Wei.
    """
    if (surname and given and other_surname and other_given) or is_han(surname + given + other_surname + other_given):
        return False
    crosswise = [(one, other) for one, other in ((surname, other_given), (given, other_surname)) if one and other]
    return any(
        given_level(one, other) in _PLAIN and not (_is_syllable(one) and _is_syllable(other))
        for one, other in crosswise
    )


def _is_syllable(word: str) -> bool:
    return len(syllables(word)) == 1 and word not in nickname_groups()


def _may_be_surname(word: str) -> bool:
    return word not in nickname_groups() and not (is_han(word) and len(word) > _LONGEST_HAN_SURNAME)


def _given_alone(surname: str, given: str) -> tuple[str, ...]:
    """The other way to read two characters of which the first is no known surname: both are a given name (丽娟)."""
    return (surname + given,) if given and is_han(surname) else ()


def _of_pet_name(surname: str, given: str, is_ordered: bool, told: str) -> tuple[str, ...]:  # noqa: FBT001 - a field of Name
    """The other way to read a pet name, which says one character of two twice: 强强 of 周永强."""
    is_pet = not surname and not is_ordered and given == given[:1] * 2 and is_han(given) and len(told) > 1
    return (given[0],) if is_pet else ()


def _behind_star(surname: str, given: str, told: str) -> tuple[str, ...]:
    """The other way to read a name whose beginning is hidden, where it fits: the first star may hide the surname (*小明 of 张小明)."""
    is_hidden = not surname and given[:1] == "*" and given.strip("*")
    return (given[1:],) if is_hidden and given_level(given[1:], told) in {"exact", "sound", "part"} else ()


def _with_surnames(surname: str, given: str, told: str) -> Iterator[tuple[str, str]]:
    """The ways to read a guessed name with as many surnames as the other name has: Jose Garcia Lopez, Garcia-Lopez."""
    words, count = [*given.split(), surname], len(told.replace("-", " ").split())
    if 1 < count < len(words):
        yield " ".join(words[-count:]), " ".join(words[:-count])
        yield " ".join(words[:count]), " ".join(words[count:])
