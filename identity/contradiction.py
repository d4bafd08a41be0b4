"""What keeps two records of one cluster apart although nothing compared them: another full name, another birthday.

Pairs are scored two by two; a sparse record between them (王先生, one phone) can match both a father and his son. Partition
asks here before it lets that join them.
"""

from functools import lru_cache
from itertools import product
from typing import Final

from identity.comparison import NameMatch, birthday_level, match_names
from identity.features import Features
from identity.parsing.names import Name
from identity.parsing.text import MEMO

#: What contradictions look at: the names and the birthday of a record.
Form = tuple[tuple[Name, ...], tuple[str, ...]]

_LIKE: Final = frozenset({"exact", "sound", "nickname", "close"})
_MAY_BE_LIKE: Final = _LIKE | {"initial"}
_GENERATION: Final = 15  # years, by which a parent is older at least


def form_of(features: Features) -> Form | None:
    """The form of a record; None when it tells neither name nor birthday."""
    return (features.names, features.birthday) if features.names or features.birthday else None


@lru_cache(maxsize=MEMO)
def contradiction(left: Form, right: Form) -> str:
    """``name`` or ``birthday`` when two forms are of two people, "" when they may be of one.

    Another surname alone may be a marriage, another spelling a slip. So is another birthday of the same full name, unless a
    generation lies between: sons are named after their fathers.
    """
    (names, birthday), (other_names, other_birthday) = left, right
    matches = [match_names(a, b) for a, b in product(names, other_names)]
    if matches and all(map(_differs, matches)):
        return "name"
    if birthday_level(birthday, other_birthday) != "different":
        return ""
    return "" if any(map(_is_like, matches)) and _years_between(birthday, other_birthday) < _GENERATION else "birthday"


def _is_like(match: NameMatch) -> bool:
    return match.surname in _LIKE and match.given in _LIKE


def _years_between(birthday: tuple[str, ...], other: tuple[str, ...]) -> int:
    return min(abs(int(a[:4]) - int(b[:4])) for a, b in product(birthday, other))


def _differs(match: NameMatch) -> bool:
    if match.given == "different":
        return True
    return match.surname == "different" and match.given not in _MAY_BE_LIKE
