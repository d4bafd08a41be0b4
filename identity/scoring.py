"""Score a pair of records: evidence that they are one person, in 1/1000 bit, and where it comes from.

Fellegi–Sunter match weights with one more hypothesis than usual. Two records may be of one person, of strangers, or of
*relatives*, who share home, phone, surname and, as twins, even the birthday. The weight is the evidence for one person against
strangers, less what relatives explain as well: ``Σ same - log2(1 + 2^(relatives + Σ relative))``. So a shared phone and address
count in full for the same name, and for little between a father and his son. Where given names differ, or only share a
character as those of siblings do, relatives are taken to share whatever a household can share, so that twins stay two.

A name alone never reaches the threshold: how many namesakes a store has, no model knows. Nor does a national id where the names are
of two people and nothing else speaks for the pair, or nothing but what a household shares where the number tells another birthday: numbers
are borrowed, and typed into the wrong row. Nor do a name and a home where the birthdays lie a generation apart: sons are named after their fathers.

No value counts twice: not a birthday that stands in an equal national id, nor a phone that is the name of an equal mailbox, nor a
name from which the mailboxes are made, nor an openid beside the unionids of both.
"""

import math
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import product
from typing import Final

import msgspec

from identity.comparison import (
    NameMatch,
    address_level,
    are_a_generation_apart,
    birthday_level,
    email_level,
    is_one_slip,
    match_names,
    phone_level,
    solid,
)
from identity.contradiction import NEAR_DAYS, are_two_names
from identity.features import Features
from identity.model import TERM_LEVELS, Model
from identity.parsing.chinese import is_han, syllables
from identity.parsing.names import Name
from identity.parsing.national_ids import NationalId
from identity.parsing.text import MEMO

_BIT: Final = 1000

# What relatives are taken to share by how far their given names agree: everything that a household can share, the birthday by
# twins; but a card proves a mistyped character to be one.
_OF_HOUSEHOLD: Final = frozenset({"surname", "birthday", "contact", "email", "device_id"})
_SHARED: Final = {"different": _OF_HOUSEHOLD | {"loyalty_card"}, "character": _OF_HOUSEHOLD}
# What relatives share who are named after each other: they are no twins, and each has a mailbox.
_OF_NAMESAKES: Final = frozenset({"surname", "contact"})
_NOTHING: Final[frozenset[str]] = frozenset()
# What namesakes share; how many of them a store has, no model knows.
_NAMING: Final = frozenset({"surname", "given", "gender"})
# What is borrowed, from a parent or a spouse, and typed into the wrong row.
_NUMBER: Final = frozenset({"national_id"})
_HOME: Final = frozenset({"contact"})
_SURE: Final = 20 * _BIT


class Level(msgspec.Struct, frozen=True, gc=False):
    """One line of the evidence: a comparison, the level it reached, its weight in 1/1000 bit."""

    comparison: str
    level: str
    weight: int


class Score(msgspec.Struct, frozen=True):
    """``weight``: the sum of the levels' weights. ``kinship``: evidence that two different people belong together."""

    weight: int
    levels: tuple[Level, ...]
    kinship: int


def score(left: Features, right: Features, model: Model) -> Score:
    """Weigh two records; the same from either side. Values that are generic must have been taken out before."""
    evidence = _Evidence(model)
    if left.names and right.names:
        _weigh_names(evidence, left, right)
    by_id = evidence.is_id_proven = _weigh_national_ids(evidence, left.national_ids, right.national_ids)
    if left.birthday and right.birthday:
        _weigh_birthdays(evidence, left.birthday, right.birthday, is_counted=by_id)
    if left.gender and right.gender:
        evidence.add("gender", "same" if left.gender == right.gender else "different", is_counted=by_id)
    counted = _weigh_emails(evidence, left, right) if left.emails and right.emails else ()
    _weigh_contact(evidence, left, right, counted)
    if left.accounts and right.accounts:
        _weigh_accounts(evidence, left.accounts, right.accounts)
    return evidence.score(left, right)


class _Evidence:
    """The sum so far."""

    __slots__ = ("is_id_proven", "kinship", "levels", "model", "shared", "total", "two_names")

    def __init__(self, model: Model) -> None:
        self.model = model
        self.total = 0
        self.kinship = 0
        self.shared: frozenset[str] = _NOTHING
        self.two_names = False
        self.is_id_proven = False
        self.levels: list[Level] = []

    def add(self, comparison: str, level: str, surprise: int = 0, *, is_counted: bool = False) -> None:
        """Take in a level; if it ``is_counted`` elsewhere, only what speaks against."""
        weight = self.model.weights[comparison][level]
        same, relative = weight.same + surprise, weight.relative + surprise
        if is_counted and same > 0:
            same = relative = 0
        elif same > relative and comparison in self.shared:
            relative = same
        self.total += same
        self.kinship += relative
        self.levels.append(Level(comparison, level, same))

    def score(self, left: Features, right: Features) -> Score:
        explained = _explained(self.model.relatives + self.kinship)
        weight, most = self.total - explained, self.model.threshold - 1
        if explained:
            self.levels.append(Level("relatives", "household", -explained))
        if weight > most and (guard := self._guard(left, right)):
            self.levels.append(Level(*guard, most - weight))
            weight = most
        return Score(weight, tuple(self.levels), self.kinship)

    def _guard(self, left: Features, right: Features) -> tuple[str, str] | None:
        """Name what lets a pair only be suggested, however much it weighs."""
        speaking = {level.comparison for level in self.levels if level.weight > 0} - _NAMING
        if not speaking:
            return "namesakes", "name_only"  # however rare the name
        if speaking <= _HOME and self._birthday() == "different" and _may_be_father_and_son(left, right):
            return "generations", "home_only"
        if self.two_names and self._is_borrowed(speaking):
            return "borrowers", "id_only"
        return None

    def _is_borrowed(self, speaking: AbstractSet[str]) -> bool:
        """Whether a number is all that speaks for two names; beside what a household shares also one that tells another birthday."""
        birthday = self._birthday()
        if birthday in NEAR_DAYS:  # also where a proven id counts for it
            return False
        is_anothers = self.is_id_proven and birthday == "different"
        return (speaking - _OF_HOUSEHOLD if is_anothers else speaking) == _NUMBER

    def _birthday(self) -> str:
        return next((level.level for level in self.levels if level.comparison == "birthday"), "")


@lru_cache(maxsize=MEMO)
def _explained(relatives: int) -> int:
    """``log2(1 + 2^x)``: what remains to be said for strangers and relatives together, against strangers alone."""
    if abs(relatives) > _SURE:
        return max(relatives, 0)
    return round(math.log2(1 + 2 ** (relatives / _BIT)) * _BIT)


# --- Names ---


def _weigh_names(evidence: _Evidence, left: Features, right: Features) -> None:
    """The best of the names that each record goes by."""
    model, are_one_gender = evidence.model, left.gender == right.gender != ""
    names, others = left.names, right.names
    if len(names) == len(others) == 1:
        match = match_names(names[0], others[0], are_one_gender=are_one_gender)
    else:
        found = {match_names(name, other, are_one_gender=are_one_gender) for name, other in product(names, others)}
        match = max(found, key=lambda each: (_name_weight(each, model), each))
    surname, given = _name_surprises(match, model)
    evidence.shared = _SHARED.get(match.given, _NOTHING)
    if match.given == "character" and _are_western(names) and _are_western(others):
        evidence.shared = _OF_NAMESAKES
    evidence.two_names = are_two_names(match)
    if match.surname:
        evidence.add("surname", match.surname, surname)
    if match.given:
        evidence.add("given", match.given, given)


def _may_be_father_and_son(left: Features, right: Features) -> bool:
    """Whether birthdays of one name may be a father's and a son's; in China nobody is named after his father."""
    is_western = _are_western(left.names) and _are_western(right.names)
    return is_western and are_a_generation_apart(left.birthday, right.birthday)


def _are_western(names: tuple[Name, ...]) -> bool:
    """Whether names are neither in Chinese characters nor in pinyin."""
    return not any(is_han(name.surname + name.given) or syllables(solid(name.given)) for name in names)


def _name_weight(match: NameMatch, model: Model) -> int:
    surname = model.weights["surname"][match.surname].same if match.surname else 0
    given = model.weights["given"][match.given].same if match.given else 0
    return surname + given + sum(_name_surprises(match, model))


def _name_surprises(match: NameMatch, model: Model) -> tuple[int, int]:
    """How surprising the two parts are; of a Latin name in its commoner order, since "Taylor Jean" hardly is a Ms Jean."""
    surname = _surprise(model, "surname", match.surname, match.surname_term)
    given = _surprise(model, "given", match.given, match.given_term)
    if match.surname == match.given == "exact" and match.surname_term.isascii():
        turned = _term_surprise(model, "surname", match.given_term), _term_surprise(model, "given", match.surname_term)
        return min((surname, given), turned, key=sum)
    # A surname alone may be a given name in the wrong column.
    if match.surname == "exact" and not match.given and match.surname_term.isascii():
        return min(surname, _term_surprise(model, "given", match.surname_term)), 0
    return surname, given


def _surprise(model: Model, comparison: str, level: str, term: str) -> int:
    table = TERM_LEVELS.get((comparison, level))
    return _term_surprise(model, table, term) if table else 0


_SURPRISES: Final[dict[tuple[str, str, str], int]] = {}


def _term_surprise(model: Model, table: str, term: str) -> int:
    """Remember what a term is worth in a model, within bounds: hashing keyed terms costs more than all the rest."""
    key = (model.fingerprint, table, term)
    found = _SURPRISES.get(key)
    if found is None:
        if len(_SURPRISES) >= MEMO:
            _SURPRISES.clear()
        found = _SURPRISES[key] = composed_surprise(model, table, term)
    return found


def composed_surprise(model: Model, table: str, term: str) -> int:
    """What the tables say of a term; a given name that they do not list is as rare as its characters together."""
    known = model.listed_surprise(table, term)
    if known is not None:
        return known
    if table == "given" and is_han(term):
        return min(model.terms[table].default, sum(model.surprise("given_character", c) for c in term))
    if table == "given_sound" and (parts := syllables(term)):
        return min(model.terms[table].default, sum(model.surprise("given_syllable", part) for part in parts))
    return model.terms[table].default


# --- Birthday, national id ---


def _weigh_birthdays(
    evidence: _Evidence, birthday: tuple[str, ...], other: tuple[str, ...], *, is_counted: bool
) -> None:
    level = birthday_level(birthday, other)
    if not level:
        return
    surprise = 0
    if level == "exact":
        day = min(set(birthday).intersection(other))
        surprise = _surprise(evidence.model, "birthday", level, day[4:])
    evidence.add("birthday", level, surprise, is_counted=is_counted)


def _weigh_national_ids(evidence: _Evidence, ids: tuple[NationalId, ...], others: tuple[NationalId, ...]) -> bool:
    """Weigh national ids; whether they agree and tell birthday and gender, which then are counted already."""
    if not ids or not others:
        return False
    if not set(ids).isdisjoint(others):
        level = "same"
    elif any(is_one_slip(a.number, b.number) for a, b in product(ids, others) if not (a.is_proven and b.is_proven)):
        level = "typo"
    else:
        both_proven = any(found.is_proven for found in ids) and any(found.is_proven for found in others)
        level = "different" if both_proven else "other"
    evidence.add("national_id", level)
    return level in {"same", "typo"} and any(found.is_proven for found in ids + others)


# --- Mailboxes, phone and address ---


def _weigh_emails(evidence: _Evidence, left: Features, right: Features) -> tuple[str, ...]:
    """Weigh mailboxes; the phones that are counted with them."""
    level = email_level(left.emails, right.emails, left.names + right.names)
    shared: tuple[str, ...] = ()
    if left.mailbox_phones and right.mailbox_phones:
        shared = tuple(sorted(set(left.mailbox_phones).intersection(right.mailbox_phones)))
    if shared and level in {"local", "local_name"}:
        return ()  # 13800138000@163.com and 13800138000@139.com say no more than the phone does
    is_counted = level == "local_name" and any(found.comparison == "given" for found in evidence.levels)
    evidence.add("email", level, is_counted=is_counted)
    return shared if level == "same" else ()


def _weigh_contact(evidence: _Evidence, left: Features, right: Features, counted: tuple[str, ...]) -> None:
    phones, others = left.phones, right.phones
    if counted:
        phones = tuple(phone for phone in phones if phone not in counted)
        others = tuple(phone for phone in others if phone not in counted)
    phone = phone_level(phones, left.masked_phones, others, right.masked_phones)
    if counted and phone == "different":
        phone = "-"
    address = address_level(left.addresses, right.addresses)
    if phone != "-" or address != "-":
        evidence.add("contact", f"{phone}+{address}")


# --- Accounts ---


def _weigh_accounts(
    evidence: _Evidence, accounts: tuple[tuple[str, str], ...], others: tuple[tuple[str, str], ...]
) -> None:
    if _names_unionid(accounts) and _names_unionid(others):
        accounts = tuple(account for account in accounts if account[0] != "wechat_openid")
    shared = {kind for kind, _ in set(accounts).intersection(others)}
    both = {_space(*account) for account in accounts}.intersection(_space(*account) for account in others)
    for kind in sorted({kind for kind, _ in both}):
        if kind in shared:
            evidence.add(kind, "same")
        elif "different" in evidence.model.weights[kind]:
            evidence.add(kind, "different")


def _names_unionid(accounts: tuple[tuple[str, str], ...]) -> bool:
    """Whether the WeChat account is told itself: an openid, its name in one app, then says nothing more."""
    return any(kind == "wechat_unionid" for kind, _ in accounts)


def _space(kind: str, text: str) -> tuple[str, str]:
    """Within what a person has one value of a kind: everybody has another openid in each WeChat app."""
    return kind, text.partition(":")[0] if kind == "wechat_openid" else ""
