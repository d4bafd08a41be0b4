"""Names as airlines and hotels write them: SMITH/JOHN MR, SMITH/JOHNMR. The surname stands before the slash."""

import re
from collections.abc import Set as AbstractSet
from typing import Final

_TITLE: Final = r"(?:MR|MRS|MS|MISS|MSTR|DR|PROF|REV|CHD|CHILD|INF|ADT)"
_RESERVED: Final = re.compile(rf"([^\W\d_][\w' -]+?) ?//? ?([^\W\d_][\w' -]*?)((?: {_TITLE}\b\.?)*)", re.IGNORECASE)
_GLUED: Final = re.compile(r"(?<=\w)(?:MRS?|MISS|MSTR)$|(?<=\w{3})MS$")
# Who is called so has no title behind the name.
_GIVEN: Final = frozenset({"AMR", "OMR", "EMR"})
_NO_TITLES: Final = re.compile(r" (?:CHD|CHILD|INF|ADT)\b\.?", re.IGNORECASE)


def surname_before_slash(written: str, given_names: AbstractSet[str]) -> str:
    """A name with a slash behind its surname as one with a comma; others as they are, so David/Anna Smith, who are two.

    All of it is in capitals there, or a title tells it.
    """
    if "/" not in written or not (found := _RESERVED.fullmatch(written)):
        return written
    surname, given, titles = found.groups()
    are_two = surname.casefold() in given_names and " " in given
    if not titles and (not written.isupper() or are_two):
        return written
    if not titles and (glued := _GLUED.search(given)) and given not in _GIVEN:
        given, titles = given[: glued.start()], f" {glued[0]}"
    return f"{surname}, {given}{_NO_TITLES.sub('', titles)}"
