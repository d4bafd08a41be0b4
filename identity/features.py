"""Features: what one record says, cut into the parts that scoring compares.

Built from the record's fields, packed into one small cell that is sealed with the record, opened to score a pair. The packed
form is canonical: equal features are equal bytes, whatever the order of the fields.

Layout: one byte of version, then MessagePack of the fields in their order. A cell of another version raises
:class:`StaleFeatures`: build it again from the record.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Any, Final

import msgspec

from identity.normalise import is_blocked, normalise
from identity.parsing.addresses import Address, parse_address
from identity.parsing.birthdays import is_year_alone, parse_birthday, parse_birthday_parts
from identity.parsing.emails import Email, parse_email, phone_in
from identity.parsing.full_names import parse_name
from identity.parsing.name_parts import parse_parts
from identity.parsing.names import Name, Names
from identity.parsing.national_ids import NationalId, parse_national_id
from identity.parsing.nobody import is_no_part
from identity.parsing.phones import is_masked, parse_phones
from identity.parsing.text import LONGEST, fold
from identity.records import FieldValue
from identity.rules import IDENTIFIER_KINDS, IdentityRules
from storage import OnefoldError

FEATURES_VERSION: Final = 7

#: Identifiers that are compared as they are.
ACCOUNT_KINDS: Final = tuple(kind for kind in IDENTIFIER_KINDS if kind not in {"email", "phone", "national_id"})

# More than so many values of one kind in one row is a mistake of its mapping, and would cost time without end.
_MOST_VALUES: Final = 8

_GENDERS: Final = dict.fromkeys(
    ("m", "male", "man", "男", "男性", "男士", "先生", "1", "mr", "herr", "männlich", "homme", "masculin", "hombre", "masculino", "uomo", "maschio", "h"), "m"
) | dict.fromkeys(
    ("f", "female", "woman", "女", "女性", "女士", "小姐", "2", "mrs", "ms", "w", "frau", "weiblich", "femme", "féminin", "mujer", "femenino", "feminino", "donna", "femmina", "v", "vrouw", "k"), "f"
)  # fmt: skip

_SPANISH_SPEAKING: Final = "AR BO CL CO CR CU DO EC ES GQ GT HN NI PA PE PR PY SV UY VE"
# V is varón in Spanish. M is masculino beside F, but mujer beside H, as in every Mexican id (CURP): there it tells nothing.
_GENDERS_BY_REGION: Final = dict.fromkeys(_SPANISH_SPEAKING.split(), _GENDERS | {"v": "m"}) | {
    "MX": _GENDERS | {"v": "m", "m": ""}
}


class StaleFeatures(OnefoldError):
    """Packed features of another version, or no packed features at all."""


class Features(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a record says; every tuple is sorted, without repetition, empty where nothing is told.

    ``gender`` is ``m``, ``f`` or "". ``birthday`` holds the readings of one date as ``YYYYMMDD``. ``phones`` are in E.164 form,
    those that are only the name of a mailbox included; ``mailbox_phones`` are those that a mailbox is named after. ``accounts``
    are pairs of identifier kind and normalised value. ``claims`` are identifiers that the source could have verified and has not:
    they may suggest that two records are one person, and never join them.
    """

    names: tuple[Name, ...] = ()
    gender: str = ""
    birthday: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    masked_phones: tuple[str, ...] = ()
    mailbox_phones: tuple[str, ...] = ()
    emails: tuple[Email, ...] = ()
    national_ids: tuple[NationalId, ...] = ()
    accounts: tuple[tuple[str, str], ...] = ()
    addresses: tuple[Address, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()

    def with_claims(self) -> "Features":
        """These features as if everything claimed were verified."""
        if not self.claims:
            return self
        told: dict[str, list[str]] = {}
        for kind, text in self.claims:
            told.setdefault(kind, []).append(text)
        emails = {email.address: email for text in told.get("email", ()) if (email := parse_email(text))}
        emails |= {email.address: email for email in self.emails}
        numbers = (parse_national_id(text) for text in told.get("national_id", ()))
        accounts = (claim for claim in self.claims if claim[0] in ACCOUNT_KINDS)
        return msgspec.structs.replace(
            self,
            national_ids=_sorted((*self.national_ids, *(number for number in numbers if number))),
            phones=_sorted((*self.phones, *told.get("phone", ()))),
            emails=tuple(emails[address] for address in sorted(emails)),
            accounts=_sorted((*self.accounts, *accounts)),
            claims=(),
        )

    def without(self, values: Collection[tuple[str, str]], *, claims: Collection[tuple[str, str]] = ()) -> "Features":
        """These features without some values, ``(kind, normalised text)``: generic identifiers, learned placeholders.

        Beside identifiers there is the kind ``birthday``, with the readings of a date as text. ``claims`` go where they are only
        claimed.
        """
        if not values and not claims:
            return self
        gone = frozenset(values)
        phones = tuple(phone for phone in self.phones if ("phone", phone) not in gone)
        return msgspec.structs.replace(
            self,
            birthday=tuple(day for day in self.birthday if ("birthday", day) not in gone),
            phones=phones,
            mailbox_phones=tuple(phone for phone in self.mailbox_phones if phone in phones),
            emails=tuple(email for email in self.emails if ("email", email.address) not in gone),
            national_ids=tuple(found for found in self.national_ids if ("national_id", found.number) not in gone),
            accounts=tuple(account for account in self.accounts if account not in gone),
            claims=tuple(claim for claim in self.claims if claim not in gone and claim not in claims),
        )


_VERSION: Final = bytes([FEATURES_VERSION])
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Features)


def pack(features: Features) -> bytes:
    """The canonical bytes of features."""
    return _VERSION + _ENCODER.encode(features)


def unpack(packed: bytes) -> Features:
    """The features that were packed; :class:`StaleFeatures` when these bytes are of another version."""
    if packed[:1] != _VERSION:
        raise StaleFeatures("these match features have another version: build them again from the record")
    try:
        return _DECODER.decode(memoryview(packed)[1:])
    except msgspec.DecodeError:
        raise StaleFeatures("these bytes are no match features: build them again from the record") from None


def build_features(values: Iterable[FieldValue], rules: IdentityRules) -> Features:
    """Read the fields of one record. What the source does not say (None, UNKNOWN) is missing, as are endless texts."""
    told: _Told = {}
    claimed: _Told = {}
    for value in values:
        if isinstance(value.value, str) and 0 < len(value.value) <= LONGEST and is_compared(value.attribute, rules):
            is_claim = value.verified is False and value.attribute in IDENTIFIER_KINDS
            (claimed if is_claim else told).setdefault(value.attribute, []).append(value)
    features = _read(told, rules)
    return msgspec.structs.replace(features, claims=_claims(claimed, features, rules)) if claimed else features


def is_compared(attribute: str, rules: IdentityRules) -> bool:
    """Whether an attribute plays a part; a kind of identifier that the rules say links nothing does not."""
    rule = rules.identifiers.get(attribute)
    return rule is None or rule.links


def _claims(claimed: "_Told", told: Features, rules: IdentityRules) -> tuple[tuple[str, str], ...]:
    """The identifiers that are only claimed, without what another column tells anyway, and without mailboxes of functions."""
    features = _read(claimed, rules)
    roles = {("email", email.address) for email in features.emails if email.is_role}
    return _sorted(set(stated(features)) - set(stated(told)) - roles)


def stated(features: Features) -> list[tuple[str, str]]:
    """The identifiers that features hold, ``(kind, normalised text)``, claims left out."""
    return [
        *(("phone", phone) for phone in features.phones),
        *(("email", email.address) for email in features.emails),
        *(("national_id", found.number) for found in features.national_ids),
        *features.accounts,
    ]


def _read(told: "_Told", rules: IdentityRules) -> Features:
    names, title = _names(told)
    phones, masked = _phones(told, rules)
    emails = _emails(told, rules)
    mailbox_phones = _sorted(phone for email in emails if (phone := phone_in(email)))
    national_ids = _national_ids(told, rules)
    return Features(
        names=names,
        gender=_gender(told, national_ids, rules.default_region) or title,
        birthday=_birthday(told, national_ids),
        phones=_sorted((*phones, *mailbox_phones)) if mailbox_phones else phones,
        masked_phones=masked,
        mailbox_phones=mailbox_phones,
        emails=emails,
        national_ids=national_ids,
        accounts=_accounts(told, rules),
        addresses=_addresses(told),
    )


_Told = dict[str, list[FieldValue]]


def _texts(told: _Told, attribute: str) -> list[str]:
    found = told.get(attribute)
    return [str(value.value) for value in found] if found else []


def _first(told: _Told, *attributes: str) -> str:
    """The text of the first slot of the first attribute that is told; slots are in the mapping's order."""
    for attribute in attributes:
        if found := told.get(attribute):
            return str(min(found, key=lambda value: value.slot).value)
    return ""


def _sorted(values: Iterable[Any]) -> tuple[Any, ...]:
    found = set(values)
    return tuple(found) if len(found) < 2 else tuple(sorted(found)[:_MOST_VALUES])  # noqa: PLR2004 - one needs no order


def _names(told: _Told) -> tuple[tuple[Name, ...], str]:
    read: list[Names] = [parse_name(written) for written in _texts(told, "name")]
    if "family_name" in told or "given_name" in told:
        read.append(parse_parts(_together(told, "family_name"), _together(told, "given_name")))
    if len(read) == 1 and len(read[0][0]) == 1:
        return read[0]
    names = set(chain.from_iterable(found for found, _ in read))
    titles = {title for _, title in read if title}
    gender = titles.pop() if len(titles) == 1 else ""
    return tuple(sorted(_fullest(names), key=msgspec.structs.astuple)[:_MOST_VALUES]), gender


def _together(told: _Told, attribute: str) -> str:
    """The words of several columns of names as one: first and middle name, two surnames, a surname and Jr; none twice."""
    found = told.get(attribute, ())
    if len(found) < 2:  # noqa: PLR2004 - one column needs no order
        return str(found[0].value) if found else ""
    texts = (str(value.value).strip() for value in sorted(found, key=lambda value: value.slot))
    return " ".join({text.casefold(): text for text in texts if not is_no_part(text)}.values())


def _fullest(names: set[Name]) -> set[Name]:
    """Names without those that are a part of another one (王先生 beside 王小明), or its unsure reading, or a household's beside a person's."""
    names = {name for name in names if not name.is_household} or names
    full = [name for name in names if name.surname and name.given]
    parts = {*(name.surname for name in full), *(name.given for name in full)}
    sure = {(name.surname, name.given) for name in full if name.is_ordered}
    return {
        name
        for name in names
        if (name.surname and name.given and (name.is_ordered or (name.surname, name.given) not in sure))
        or ((name.surname or name.given) not in parts and not (name.surname and name.given))
    }


def _phones(told: _Told, rules: IdentityRules) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if "phone" not in told:
        return (), ()
    found = [phone for written in _texts(told, "phone") for phone in parse_phones(written, rules.default_region)]
    if "phone" in rules.blocked:
        found = [phone for phone in found if not is_blocked("phone", phone, rules)]
    return _sorted(p for p in found if not is_masked(p)), _sorted(p for p in found if is_masked(p))


def _emails(told: _Told, rules: IdentityRules) -> tuple[Email, ...]:
    if "email" not in told:
        return ()
    found = {email.address: email for written in _texts(told, "email") if (email := parse_email(written))}
    if "email" in rules.blocked:
        found = {address: email for address, email in found.items() if not is_blocked("email", address, rules)}
    return tuple(found[address] for address in sorted(found)[:_MOST_VALUES])


def _national_ids(told: _Told, rules: IdentityRules) -> tuple[NationalId, ...]:
    if "national_id" not in told:
        return ()
    found = {read.number: read for written in _texts(told, "national_id") if (read := parse_national_id(written))}
    if "national_id" in rules.blocked:
        found = {number: read for number, read in found.items() if not is_blocked("national_id", number, rules)}
    return tuple(found[number] for number in sorted(found)[:_MOST_VALUES])


def _accounts(told: _Told, rules: IdentityRules) -> tuple[tuple[str, str], ...]:
    found = [
        (kind, normal)
        for kind in ACCOUNT_KINDS
        for value in told.get(kind, ())
        if (normal := normalise(kind, str(value.value), rules, value.app))
    ]
    return _sorted(found)


def _birthday(told: _Told, national_ids: Sequence[NationalId]) -> tuple[str, ...]:
    """The birthday that a column tells, or else its parts, or else a national id; a year alone counts last."""
    written = _first(told, "birthday")
    found = parse_birthday(written) if written else ()
    if (not found or is_year_alone(found[0])) and "birth_year" in told:
        parts = (_first(told, part) for part in ("birth_year", "birth_month", "birth_day"))
        found = parse_birthday_parts(*parts) or found
    if not found or is_year_alone(found[0]):
        return next(((read.birthday,) for read in national_ids if read.birthday), found)
    return found


def _gender(told: _Told, national_ids: Sequence[NationalId], region: str) -> str:
    genders = _GENDERS_BY_REGION.get(region, _GENDERS)
    if (written := _first(told, "gender")) and (gender := genders.get(fold(written).casefold())):
        return gender
    return next((found.gender for found in national_ids if found.gender), "")


def _addresses(told: _Told) -> tuple[Address, ...]:
    place = (_first(told, "city"), _first(told, "region"), _first(told, "postcode", "trait.postcode"))
    written = _texts(told, "address") or [""]
    if not any(place) and written == [""]:
        return ()
    found = {address for text in written if (address := parse_address(text, *place))}
    return tuple(found) if len(found) < 2 else tuple(sorted(found, key=msgspec.structs.astuple)[:_MOST_VALUES])  # noqa: PLR2004 - one needs no order
