"""What keeps two records of one cluster apart although nothing compared them: another full name, another birthday.

Pairs are scored two by two; a sparse record between them (王先生, one phone) can match both a father and his son. Partition
asks here before it lets that join them. Another thing is a record between them that itself tells what they contradict each other in:
it was compared with both, and the contradiction weighed.
"""

from functools import lru_cache
from itertools import product
from typing import Final

from identity.comparison import NameMatch, are_a_generation_apart, birthday_level, match_names
from identity.features import Features
from identity.parsing.names import Name
from identity.parsing.text import MEMO

#: What contradictions look at: the names and the birthday of a record.
Form = tuple[tuple[Name, ...], tuple[str, ...]]

_LIKE: Final = frozenset({"exact", "sound", "nickname", "close"})
_MAY_BE_LIKE: Final = _LIKE | {"initial"}
_SPELLED_ALIKE: Final = frozenset({"exact", "sound", "close"})
_PART: Final = frozenset({"part", "initial"})
_OTHER_SURNAME: Final = frozenset({"different"})
_NO_SURNAME: Final = frozenset({"different", ""})
#: Levels of birthdays that may be of one person.
NEAR_DAYS: Final = frozenset({"exact", "swapped", "typo", "two_parts", "near"})


def form_of(features: Features) -> Form | None:
    """The form of a record; None when it tells neither name nor birthday."""
    return (features.names, features.birthday) if features.names or features.birthday else None


@lru_cache(maxsize=MEMO)
def contradiction(left: Form, right: Form) -> str:
    """``name`` or ``birthday`` when two forms are of two people, "" when they may be of one.

    Another surname alone may be a marriage, another spelling a slip. So is another birthday of the same full name, unless a
    generation lies between: sons are named after their fathers.
    """
    matches = _matches(left, right)
    if _are_named_apart(matches):
        return "name"
    return "birthday" if _are_born_apart(left, right, matches) else ""


@lru_cache(maxsize=MEMO)
def vouches(witness: Form, beside: Form, other: Form) -> bool:
    """Whether a record that matches both of two contradicting ones settles that they are one person.

    It does when it tells what they contradict each other in, and so stands for one of them: what speaks against ``beside`` and
    ``other`` spoke against the witness too, and it matched. A birthday must be that of ``other`` but for a slip.
    """
    matches = _matches(beside, other)
    if _are_named_apart(matches) and not _settles_names(witness, beside, other, matches):
        return False
    return not _are_born_apart(beside, other, matches) or birthday_level(witness[1], other[1]) in NEAR_DAYS


def _settles_names(witness: Form, beside: Form, other: Form, matches: list[NameMatch]) -> bool:
    """Whether the witness tells all the names of ``other``, or those of ``beside`` with their surnames.

    The second only where given names are told on both sides: Mr Ward may be anybody's father.
    """
    if _tells_names(witness, other, _OTHER_SURNAME):
        return True
    return any(match.given for match in matches) and _tells_names(witness, beside, _NO_SURNAME)


def _tells_names(witness: Form, form: Form, apart: frozenset[str]) -> bool:
    return all(any(_tells(name, told, apart) for name in witness[0]) for told in form[0])


def _tells(name: Name, other: Name, apart: frozenset[str]) -> bool:
    """Whether a name tells another: spelled like it, or more of it (Margaret tells M, John Bernard tells Bernard).

    A nickname does not, nor does an initial: they may be of either of two twins.
    """
    match = match_names(name, other)
    if match.surname in apart:
        return False
    return match.given in _SPELLED_ALIKE or (match.given in _PART and len(name.given) > len(other.given))


def _matches(left: Form, right: Form) -> list[NameMatch]:
    return [match_names(a, b) for a, b in product(left[0], right[0])]


def _are_named_apart(matches: list[NameMatch]) -> bool:
    return bool(matches) and all(map(are_two_names, matches))


def _are_born_apart(left: Form, right: Form, matches: list[NameMatch]) -> bool:
    birthday, other = left[1], right[1]
    if birthday_level(birthday, other) != "different":
        return False
    return not any(map(_is_like, matches)) or are_a_generation_apart(birthday, other)


def _is_like(match: NameMatch) -> bool:
    return match.surname in _LIKE and match.given in _LIKE


def are_two_names(match: NameMatch) -> bool:
    """Whether two names are of two people: other given names, or other surnames and given names that are not alike."""
    if match.given == "different":
        return True
    return match.surname == "different" and match.given not in _MAY_BE_LIKE
