"""Blocking: the keys under which a record looks for candidates; records that share a key are compared.

Every key is of a *kind* with a token key of its own and limits: a key that more carry is generic and leads nowhere (:mod:`identity.generic`).
Identifiers are keys, and so are combinations that few people share and that survive a slip in the rest of the record. Western names
and streets stand in most of them by their first letters, since slips further on, another spelling or a second given name then do no
harm; Chinese ones are short and stand whole. Never a surname or a birthday alone.

What a record only claims has keys of its own: they lead to those who claim the same and to those who state it, but claims never
make generic what others state.

Keys that a record shares in large part have one *place*: a full name, a home, the visible parts of a phone, a mailbox's name. Stored
side by side, they cost one page to read and to write.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final, NamedTuple

from identity.comparison import orders, solid, solid_surname, without_umlauts
from identity.features import Features, stated
from identity.generic import Limits
from identity.parsing.addresses import Address
from identity.parsing.birthdays import is_year_alone
from identity.parsing.chinese import is_han, syllables
from identity.parsing.name_tables import is_surname_sound
from identity.parsing.phones import masked
from identity.rules import IDENTIFIER_KINDS, IdentityRules

#: How many records may share a key that few but one person's share: a regular customer has so many orders.
REPEATED: Final = 100

#: The kinds of combined keys and how many live records may share one (identifiers have their limits in the rules).
COMBINED_LIMITS: Final[Mapping[str, int]] = {
    "full_name": 8,
    "name_birthday": REPEATED,
    "surname_birthday": 32,
    "given_birthday": 32,
    "name_year": 32,
    "name_day": 32,
    "surname_phone_ends": REPEATED,
    "birthday_phone_end": 8,
    "name_phone_start": REPEATED,
    "name_phone_end": REPEATED,
    "surname_mailbox": REPEATED,
    "name_area": 12,
    "home": 8,
    "surname_home": REPEATED,
    "surname_postcode": 12,
    "given_postcode": 8,
    "surname_id_part": 8,
    "birthday_area": 8,
    "birthday_road": 8,
}

_CLAIMED: Final = {kind: f"claimed_{kind}" for kind in IDENTIFIER_KINDS}
_STATED: Final = {claimed: kind for kind, claimed in _CLAIMED.items()}

#: All kinds of blocking keys: identifiers, the same as claims, in the same order, and combinations.
BLOCKING_KINDS: Final = (*IDENTIFIER_KINDS, *_STATED, *COMBINED_LIMITS)

_PLACED_BY_PHONE: Final = frozenset({"phone", _CLAIMED["phone"]})
_PLACED_BY_MAILBOX: Final = frozenset({"email", _CLAIMED["email"]})
#: Combined keys whose text begins with their place; _APART stands behind it.
_PLACED_BY_START: Final = frozenset(
    {
        *("full_name", "name_birthday", "name_phone_start", "name_area"),
        *("home", "surname_home", "surname_phone_ends", "surname_mailbox"),
    }
)
_APART: Final = "|"

_LOCAL_START: Final = 3
_PREFIX: Final = 4
_ROAD_START: Final = 6
_END: Final = 4
_BEFORE_END: Final = _END + 1  # else two digits that changed places on the border of start and end would spoil both


class BlockingKey(NamedTuple):
    """A kind of ``BLOCKING_KINDS`` and the text that is shared; for identifiers their normalised value."""

    kind: str
    text: str


def key_limits(kind: str, rules: IdentityRules) -> Limits:
    """How many people and live records may carry one key of a kind before it is generic."""
    if kind in COMBINED_LIMITS:
        return Limits(COMBINED_LIMITS[kind], COMBINED_LIMITS[kind])
    if kind in _STATED:  # accounts with a stranger's address cost nothing to make, under one name or many
        limit = rules.identifiers[_STATED[kind]].generic_above
        return Limits(limit, limit)
    rule = rules.identifiers[kind]
    return Limits(rule.generic_above, max(rule.generic_above, rule.generic_above_records))


def place_of(key: BlockingKey) -> str:
    """What a key has in common with those that lie beside it; "" for one that lies alone."""
    if key.kind in _PLACED_BY_START:
        return key.text.partition(_APART)[0]
    if key.kind in _PLACED_BY_PHONE:
        return masked(key.text) or key.text
    return key.text.partition("@")[0] if key.kind in _PLACED_BY_MAILBOX else ""


def blocking_keys(features: Features) -> frozenset[BlockingKey]:
    """The keys of a record: none for a record that tells too little to be found by."""
    names = tuple(_spoken(features))
    is_day = bool(features.birthday) and not is_year_alone(features.birthday[0])
    days, years = (features.birthday, ()) if is_day else ((), features.birthday)
    ends = {*features.masked_phones, *(end for phone in features.phones if (end := masked(phone)))}
    found = {
        BlockingKey(kind, text)
        for keys in (
            _by_name_and_birthday(names, days, years),
            _by_phone(names, days, features.phones, ends),
            _by_mailbox(names, features),
            _by_national_id(names, features),
            _by_place(names, days, features.addresses),
        )
        for kind, text in keys
    }
    return frozenset(found.union(identifiers(features), claims(features)))


def identifiers(features: Features) -> frozenset[BlockingKey]:
    """The keys that are identifiers which the record states; the mailbox of a function identifies nobody."""
    roles = {("email", email.address) for email in features.emails if email.is_role}
    return frozenset(BlockingKey(kind, text) for kind, text in stated(features) if (kind, text) not in roles)


def claims(features: Features) -> dict[BlockingKey, BlockingKey]:
    """The key of each identifier that the record only claims, and the key of those who state it."""
    return {BlockingKey(_CLAIMED[kind], text): BlockingKey(kind, text) for kind, text in features.claims}


def is_claimed(key: BlockingKey) -> bool:
    """Whether a key is an identifier that a record only claims."""
    return key.kind in _STATED


_Keys = Iterator[tuple[str, str]]
_Names = tuple[tuple[str, str], ...]


def _spoken(features: Features) -> Iterator[tuple[str, str]]:
    """Each name as solid sounds (surname, given name), in every order that it may have; scripts meet in their sounds."""
    for name in features.names:
        if "*" in name.given:
            yield solid_surname(name.surname), ""
            continue
        for surname, given in orders(name.surname, name.given, name.is_ordered):
            yield _one_spelling(solid_surname(surname)), _one_spelling(solid(given))


def _one_spelling(letters: str) -> str:
    """Umlauts in one spelling; pinyin as it is, unless it would be none then: Juergen, Haerle."""
    plain = without_umlauts(letters)
    return letters if plain != letters and syllables(letters) and syllables(plain) else plain


def _whole(surname: str, given: str) -> str:
    """Surname and given name whatever their order."""
    return " ".join(sorted((surname, given)))


def _placed(place: str, rest: str) -> str:
    return f"{place}{_APART}{rest}"


def _by_name_and_birthday(names: _Names, days: tuple[str, ...], years: tuple[str, ...]) -> _Keys:
    for surname, given in names:
        if surname and given:
            yield "full_name", _whole(surname, given)
    for (surname, given), day in product(names, days):
        if surname and given:
            yield "name_birthday", _placed(_whole(surname, given), day)
        if surname:
            yield "surname_birthday", f"{_surname_start(surname)} {day}"
        if given and not _is_chinese(surname, given):  # Chinese surnames neither change nor are often misspelt
            yield "given_birthday", f"{_start(given, _PREFIX)} {day}"
            yield "name_year", f"{_starts(surname, given)} {day[:4]}"
            if surname:
                yield "name_day", f"{_starts(surname, given)} {day[4:]}"
    for (surname, given), year in product(names, years):
        if given and not _is_chinese(surname, given):
            yield "name_year", f"{_starts(surname, given)} {year[:4]}"


def _by_phone(names: _Names, days: tuple[str, ...], phones: tuple[str, ...], ends: set[str]) -> _Keys:
    for (surname, given), end in product(names, ends):
        if surname or given:
            yield "surname_phone_ends", _placed(end, _surname_start(surname) or given)
    for phone in phones:
        for surname, given in names:
            if surname and given:
                yield "name_phone_start", _placed(_whole(surname, given), phone[:-_BEFORE_END])
                if not masked(phone):  # else the ends already lead there
                    yield "name_phone_end", f"{_starts(surname, given)} {phone[-_END:]}"
        for day in days:
            yield "birthday_phone_end", f"{day} {phone[-_END:]}"


def _by_mailbox(names: _Names, features: Features) -> _Keys:
    for email in features.emails:
        if len(email.local) >= _LOCAL_START and not email.is_role:
            for surname, given in names:
                yield "surname_mailbox", _placed(email.local, _surname_start(surname) or given)


def _by_national_id(names: _Names, features: Features) -> _Keys:
    """Either half of a number, so that one slip leaves the other."""
    for found in features.national_ids:
        half = len(found.number) // 2
        for surname, given in names:
            whose = _surname_start(surname) or given
            yield "surname_id_part", f"{whose} {found.number[:half]}"
            yield "surname_id_part", f"{whose} {found.number[half:]}"


def _by_place(names: _Names, days: tuple[str, ...], addresses: tuple[Address, ...]) -> _Keys:
    for address in addresses:
        area = address.postcode or (address.area if address.area[4:] != "00" else "") or address.place
        if area:
            yield from (("birthday_area", f"{day} {area}") for day in days)
            yield from (("name_area", _placed(_whole(s, g), area)) for s, g in names if s and g)
        if address.road and not is_han(address.road):  # Chinese addresses lead home by their numbers
            yield from (("birthday_road", f"{day} {_start(address.road, _PREFIX)}") for day in days)
        if home := _home(address):
            yield from (("surname_home", _placed(home, _surname_start(surname))) for surname, _ in names if surname)
            if address.room or area:
                yield "home", _placed(home, "" if address.area else area)
        if address.postcode:
            yield from (("surname_postcode", f"{surname} {address.postcode}") for surname, _ in names if surname)
            yield from (("given_postcode", f"{given} {address.postcode}") for _, given in names if given)


def _home(address: Address) -> str:
    """A home in few words, without what is often left out or misspelt: road and number or estate, building and room."""
    road, number = address.road, address.number
    if not is_han(road):  # 88-25 and 88: the second half is often left out
        road, number = _start(road, _ROAD_START), number.partition("-")[0]
    where = f"{road} {number}" if road and number else address.community
    return f"{where} {address.building} {address.room}" if where else ""


def _is_chinese(surname: str, given: str) -> bool:
    """Whether sounds are of a Chinese name; Anna Lange only looks like one."""
    is_pinyin = bool(syllables(surname) and syllables(given))
    return is_pinyin and (is_surname_sound(surname) or is_surname_sound(given))


def _surname_start(surname: str) -> str:
    """Chinese surnames whole: they are short, and rarely misspelt."""
    return surname if is_surname_sound(surname) else _start(surname, _PREFIX)


def _starts(surname: str, given: str) -> str:
    return _whole(_surname_start(surname), _start(given, _PREFIX))


def _start(words: str, length: int) -> str:
    """The first letters, wherever the words are divided: slips further on do no harm."""
    return words.replace(" ", "")[:length]
