"""What hospitals write before a child has a name: BABY BOY, TWIN A, 王芳之子 (the son of 王芳). It is no given name, and not the mother's."""

import re
from typing import Final

_CHILD: Final = r"(?:(?:baby|newborn|new born|infant|bb)[ -]?(?P<{0}>boy|girl|male|female)|newborn|new born|infant|(?:twin|triplet)(?=[ -]*[a-d1-4]\b))"
_WHICH: Final = r"(?:[ -]*\b(?:twin )?(?P<{0}>[a-d1-4])\b)?"
# Baby is a name to some, as is Boy in lower case; in a column of given names neither is one of a patient.
_GIVEN: Final = re.compile(
    rf"(?i:{_CHILD.format('sex')}{_WHICH.format('which')}|baby)(?i:\s+of\s.*)?|(?P<alone>BOY|GIRL)"
)
_LEADING: Final = re.compile(
    rf"{_CHILD.format('sex')}{_WHICH.format('which')}\s+(?:of\s+)?(?P<rest>\w.*)", re.IGNORECASE
)
_TRAILING: Final = re.compile(rf"(?P<rest>\w.*?)[\s,]+{_CHILD.format('sex')}{_WHICH.format('which')}", re.IGNORECASE)
_OF_MOTHER: Final = re.compile(
    r"[\u4e00-\u9fff]{2,4}之[大小长長次双雙]?(?:(?P<m>子|男婴?|男嬰)|(?P<f>女婴?|女嬰)|[婴嬰孩])[A-Da-d1-4一二甲乙]?"
)


def newborn(given: str) -> tuple[str, str] | None:
    """The gender, and which of twins, that a column of given names tells of a child without a name; None of others."""
    found = _GIVEN.fullmatch(given)
    return (_gender(found["sex"] or found["alone"]), _which(found)) if found else None


def newborn_in(written: str) -> tuple[str, str, str] | None:
    """What is left of a whole name, the gender and which of twins; None where it is that of somebody who has a name."""
    found = _LEADING.fullmatch(written) or _TRAILING.fullmatch(written)
    return (found["rest"], _gender(found["sex"]), _which(found)) if found else None


def child_of(written: str) -> str | None:
    """The gender of a child that is called after its mother, 王芳之女; None of others."""
    found = _OF_MOTHER.fullmatch(written)
    return ("m" if found["m"] else "f" if found["f"] else "") if found else None


def _gender(word: str | None) -> str:
    return {"b": "m", "m": "m", "g": "f", "f": "f"}.get((word or "").casefold()[:1], "")


def _which(found: re.Match[str]) -> str:
    """Letters: figures are generations."""
    which = (found["which"] or "").casefold()
    return "abcd"[int(which) - 1] if which.isdigit() else which
