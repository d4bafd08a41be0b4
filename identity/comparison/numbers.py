"""How far birthdays, phones and typed numbers agree, slips of the finger allowed for."""

from datetime import date
from typing import Final

from rapidfuzz.distance import OSA

from identity.comparison.levels import LEVELS
from identity.parsing.birthdays import is_new_year, is_slip, is_year_alone, lacks_part
from identity.parsing.phones import masked

# The lunar calendar, by which many Chinese count, is three to seven weeks behind the solar one.
_NEAR_DAYS: Final = 50
_GENERATION: Final = 15  # years, by which a parent is older at least


def birthday_level(left: tuple[str, ...], right: tuple[str, ...]) -> str:
    """How far two birthdays agree, each in its readings; ``year`` where one tells no more than that, right or wrong.

    A day that no calendar has is ``typo`` at best, ``two_parts`` where the third is 00 in both, and tells nothing where it agrees
    in no two parts. A year alone tells against another year: of two neighbours one may be reckoned from an age, a digit may be a slip.
    """
    if not left or not right:
        return ""
    if is_year_alone(left[0]) or is_year_alone(right[0]):
        return "different" if _are_other_years(left, right) else "year"
    if left == right or not set(left).isdisjoint(right):
        if not is_slip(left[0]):
            return "exact"
        return "two_parts" if lacks_part(left[0]) else "typo"
    if is_new_year(left[0]) or is_new_year(right[0]):
        return "year"
    if len(left) == len(right) == 1:
        level = _date_level(left[0], right[0])
    else:
        level = min((_date_level(a, b) for a in left for b in right), key=LEVELS["birthday"].index)
    return "" if level == "different" and (is_slip(left[0]) or is_slip(right[0])) else level


def are_a_generation_apart(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two birthdays may be a parent's and a child's by their years."""
    return _years_between(left, right) >= _GENERATION


def _years_between(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    return min(abs(int(a[:4]) - int(b[:4])) for a in left for b in right)


def _are_other_years(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    between = _years_between(left, right)
    return between >= _GENERATION or (between > 1 and not is_one_slip(left[0][:4], right[0][:4]))


def _date_level(left: str, right: str) -> str:
    if left[:4] == right[:4] and left[4:6] == right[6:] and left[6:] == right[4:6]:
        return "swapped"
    if OSA.distance(left, right, score_cutoff=1) <= 1:
        return "typo"
    same = (left[:4] == right[:4]) + (left[4:6] == right[4:6]) + (left[6:] == right[6:])
    if same == 2:  # noqa: PLR2004 - of year, month, day
        return "two_parts"
    if is_slip(left) or is_slip(right):
        return "different"
    return "near" if abs((date.fromisoformat(left) - date.fromisoformat(right)).days) <= _NEAR_DAYS else "different"


def is_one_slip(left: str, right: str) -> bool:
    """Whether two numbers differ by one digit wrong, missing or too many, or by two neighbours exchanged."""
    return OSA.distance(left, right, score_cutoff=1) <= 1


def phone_level(
    phones: tuple[str, ...], ends: tuple[str, ...], other_phones: tuple[str, ...], other_ends: tuple[str, ...]
) -> str:
    """How far two records' phones agree; ``ends`` are masked ones; ``-`` where one side has none."""
    if not (phones or ends) or not (other_phones or other_ends):
        return "-"
    if phones and other_phones:
        if phones[0] in other_phones or not set(phones).isdisjoint(other_phones):
            return "same"
        if any(is_one_slip(a, b) for a in phones for b in other_phones):
            return "typo"
    if (ends or other_ends) and not _ends(phones, ends).isdisjoint(_ends(other_phones, other_ends)):
        return "masked"
    return "different"


def _ends(phones: tuple[str, ...], ends: tuple[str, ...]) -> set[str]:
    return {*ends, *(masked(phone) for phone in phones)} - {""}
