"""How far mailboxes agree, and whether a mailbox says more than its owner's name."""

from functools import lru_cache
from typing import Final

from identity.comparison.levels import LEVELS
from identity.comparison.numbers import is_one_slip
from identity.comparison.spellings import solid, solid_surname, without_umlauts
from identity.parsing.chinese import syllables
from identity.parsing.emails import Email, is_public
from identity.parsing.names import Name
from identity.parsing.text import MEMO

_LONG_LOCAL: Final = 6


def email_level(left: tuple[Email, ...], right: tuple[Email, ...], names: tuple[Name, ...]) -> str:
    """How far mailboxes agree; ``names`` are those of either record, from which a mailbox may be made."""
    if not left or not right:
        return ""
    if left == right:
        return "company" if left[0].is_role else "same"
    found = {_mailbox_level(a, b) for a in left for b in right}
    best = found.pop() if len(found) == 1 else min(found, key=LEVELS["email"].index)
    if best == "local" and any(is_made_of(email.local, name) for email in left for name in names):
        return "local_name"
    if best == "typo" and any(_is_namesakes(a.local, b.local, names) for a in left for b in right):
        return "local_name"
    return best


def _is_namesakes(left: str, right: str, names: tuple[Name, ...]) -> bool:
    """Whether two mailboxes are as those of two people of one name: they only differ in what is no letter."""
    letters = _letters(left)
    return bool(letters) and letters == _letters(right) and any(is_made_of(letters, name) for name in names)


def _letters(local: str) -> str:
    return "".join(c for c in local if c.isalpha())


def _mailbox_level(left: Email, right: Email) -> str:
    if left.domain == right.domain and (left.is_role or right.is_role):
        return "company"
    if left == right:
        return "same"
    if left.local == right.local and not left.is_role:
        return "local"
    if left.domain == right.domain:
        if min(len(left.local), len(right.local)) >= _LONG_LOCAL and is_one_slip(left.local, right.local):
            return "typo"
        return "different" if is_public(left.domain) else "company"
    return "different"


@lru_cache(maxsize=MEMO)
def is_made_of(local: str, name: Name) -> bool:
    """Whether a mailbox says no more than its owner's name: zhangwei, wei.zhang, zw88; juergen.mueller for Jürgen Müller."""
    letters = _letters(local)
    surname, given = solid_surname(name.surname), solid(name.given)
    initials = "".join(s[0] for s in syllables(given)) or given[:1]
    made = {
        surname,
        given,
        surname + given,
        given + surname,
        surname + initials,
        initials + surname,
        surname[:1] + given,
    }
    if not letters or letters == surname[:1] + initials:
        return True
    return without_umlauts(letters) in map(without_umlauts, made)
