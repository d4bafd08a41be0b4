"""The identifiers that a record is looked up by: everything that normalises, also what joins nobody (a mailbox of a function)."""

from collections.abc import Collection

from identity.normalise import normalise
from identity.parsing.phones import is_masked, parse_phones
from identity.parsing.text import LONGEST
from identity.records import FieldValue
from identity.rules import IDENTIFIER_KINDS, IdentityRules


def look_ups(fields: Collection[FieldValue], rules: IdentityRules) -> dict[tuple[str, str], bool | None]:
    """Each identifier, ``(kind, normalised)``, and whether it is verified: in any column, else said not to be, else unknown."""
    found: dict[tuple[str, str], bool | None] = {}
    for value in fields:
        if value.attribute in IDENTIFIER_KINDS and isinstance(value.value, str) and len(value.value) <= LONGEST:
            verified = value.verified if isinstance(value.verified, bool) else None
            for normal in _normal_forms(value, rules):
                name = (value.attribute, normal)
                found[name] = _surest({found[name], verified}) if name in found else verified
    return found


def _normal_forms(value: FieldValue, rules: IdentityRules) -> list[str]:
    written = str(value.value)
    normal = normalise(value.attribute, written, rules, value.app)
    if normal is not None or value.attribute != "phone":
        return [] if normal is None else [normal]
    numbers = [phone for phone in parse_phones(written, rules.default_region) if not is_masked(phone)]
    return [phone for phone in numbers if normalise("phone", phone, rules) is not None]


def _surest(said: set[bool | None]) -> bool | None:
    return True if True in said else None if None in said else False
