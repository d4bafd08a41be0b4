"""Names of two people or of a family: "Hans & Petra Müller", "Mr and Mrs Smith", "Familie Müller". They are nobody's name.

A single letter between two words may as well be an initial or join two surnames (Ortega y Gasset, Costa e Silva), so it is
read in lower case alone, and where a given name and a surname can follow.
"""

import re
from collections.abc import Sequence
from typing import Final

from identity.parsing.chinese import is_han
from identity.parsing.text import unaccented

_HIS: Final = r"(?:mr|herrn?|hr|sr|señor|signor|sig|m|monsieur|dhr|heer|pan|bay|dr|prof)\b\.?"
_HERS: Final = r"(?:mrs|ms|frau|fr|sra|señora|signora|sig\.? ?ra|mme|madame|mevr|mevrouw|mw|pani|bayan|dr|prof)\b\.?"
_JOINING: Final = r"(?:[&+]|(?:and|und|et|y|e|i|en|ve)\b|u\b\.?)"  # a slash is "or"
_COUPLE: Final = re.compile(
    rf"\b(?:{_HIS}\s*{_JOINING}\s*{_HERS}|{_HERS}\s*{_JOINING}\s*{_HIS})|\b(?:eheleute|ehepaar|państwo)\b",
    re.IGNORECASE,
)
# Fam without a dot may be a surname (范).
_FAMILY: Final = re.compile(
    r"\bthe (?=\S.* (?:family|household)\b)|\b(?:fam\.|(?:family|familie|famille|familia|família|famiglia|familien|familjen|rodzina|rodina|household|ailesi)\b)",
    re.IGNORECASE,
)
_AND: Final = re.compile(
    r"(?<=\w)\.?(?:\s*&\s*|\s+\+\s+)(?=[^\W\d_])|(?<=\w)\.?\s+(?:and|und|et|og|och)\s+(?=\w)", re.IGNORECASE
)
# Of an account one "or" the other may dispose; Or is a given name in Israel.
_AND_OR_INITIAL: Final = re.compile(r"(?<=\w)\s+(?:y|e|i|a|en|ve|or|oder|u\.|u)\s+(?=[^\W\d_])")
_HINT: Final = re.compile(
    rf"[&+]|{_COUPLE.pattern}|{_FAMILY.pattern}|\s(?:and|und|et|og|och|y|e|i|a|en|ve|or|oder|u\.?)\s", re.IGNORECASE
)
_NOBLE: Final = re.compile(r"\bvon und zum?\b", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]+")


def household_rest(written: str, given_names: frozenset[str], *, is_given: bool = False) -> str | None:
    """What a name of several people says without the words that tell so; None for a name of one person, or of nobody.

    ``given_names`` are those that are known, ``is_given`` says that no surname stands here.
    """
    if not _HINT.search(written) or is_han(written) or _NOBLE.search(written):
        return None
    rest = _FAMILY.sub(" ", _AND.sub(" ", _COUPLE.sub(" ", written)))
    before, comma, after = rest.partition(",")
    if comma and _WORD.search(after):
        rest = f"{before},{_without_initials(after, given_names, is_given=True)}"
    else:
        rest = _without_initials(rest, given_names, is_given=is_given)
    return None if rest == written else rest.strip()


def family_rest(written: str) -> str | None:
    """What a surname says without the words for a family; None where there are none, or nothing else."""
    rest = _FAMILY.sub(" ", written)
    return rest.strip() if rest != written and _WORD.search(rest) else None


def _without_initials(written: str, given_names: frozenset[str], *, is_given: bool) -> str:
    found = _AND_OR_INITIAL.search(written)
    if not found:
        return written
    before, after = written[: found.start()], written[found.end() :]
    are_two = is_given or _are_two(_words(before), _words(after), given_names)
    return f"{before} {after}" if are_two else written


def _words(written: str) -> list[str]:
    return _WORD.findall(unaccented(written))


def _are_two(before: Sequence[str], after: Sequence[str], given_names: frozenset[str]) -> bool:
    """Whether two people may be told: Marco e Anna Rossi, Marco Rossi e Anna Bianchi; not José Ortega y Gasset, nor Ortega y Gasset José."""
    if len(after) < 2:  # noqa: PLR2004 - a given name and a surname
        return False
    if after[0] in given_names:
        return True
    return len(before) == 1 and after[-1] not in given_names
