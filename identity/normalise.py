"""Normalise identifiers before they are hashed, so that two spellings of one value give one token.

The rules have a version (``NORM_VERSION``): a token is only comparable with tokens of the same version. Values that
identify nobody (placeholders, invalid or masked numbers) normalise to None and count as missing. Parsed values are memoised in
bounded caches; they live in process memory only.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from identity.parsing.emails import PLACEHOLDER_MAILBOXES, plain_address
from identity.parsing.phones import (
    domestic_mobile,
    is_spelled,
    may_be_somebodys,
    mobile_of_neighbour,
    repaired,
    without_lent,
)
from identity.parsing.text import (
    MEMO,
    fold,
    is_filler,
    is_masked_code,
    is_masked_number,
    is_one_character,
    is_placeholder,
    without_separators,
)
from identity.rules import IDENTIFIER_KINDS, IdentityRules

NORM_VERSION = "n1"


def normalise(kind: str, value: str, rules: IdentityRules, app: str = "") -> str | None:
    """The form of an identifier that is hashed, or None when it identifies nobody.

    ``kind`` is one of ``IDENTIFIER_KINDS``. ``app`` is the WeChat app id, without which an openid means nothing.
    """
    folded = fold(value)
    if is_placeholder(folded) or is_blocked(kind, folded, rules):
        return None
    if kind == "phone":
        return _phone(folded, rules.default_region)
    if kind == "wechat_openid":
        return f"{app}:{folded}" if app and _opaque(folded) else None
    return _NORMALISERS[kind](folded)


def is_blocked(kind: str, folded: str, rules: IdentityRules) -> bool:
    """Whether the installation's rules say that a folded value never identifies anybody."""
    blocked = rules.blocked.get(kind)
    if not blocked:
        return False
    return _comparable(kind, folded, rules.default_region) in _blocked_forms(kind, blocked, rules.default_region)


@lru_cache(maxsize=64)
def _blocked_forms(kind: str, blocked: frozenset[str], region: str) -> frozenset[str]:
    return frozenset(_comparable(kind, fold(value), region) for value in blocked)


def _comparable(kind: str, folded: str, region: str) -> str:
    if kind == "phone":
        return _phone(folded, region) or folded
    if kind == "wechat_openid":
        return folded
    return _NORMALISERS[kind](folded) or folded


@lru_cache(maxsize=MEMO)
def _phone(folded: str, region: str) -> str | None:
    """E.164 of a number that may be somebody's, else None (as of placeholders such as 00000000000).

    Letters are digits only where they look like them (138OO138OOO), not where a telephone's keys bear them.
    """
    if domestic := domestic_mobile(folded, region):
        return None if is_filler(folded[1:]) else domestic
    if neighbour := mobile_of_neighbour(folded, region):
        return None if is_filler(folded[1:]) else neighbour
    written = repaired(without_lent(folded, region))
    if is_spelled(written):
        return None
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not may_be_somebodys(number) or is_filler(str(number.national_number)[1:]):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=MEMO)
def _email(folded: str) -> str | None:
    """Lower case with the domain in IDNA form; None when it cannot be an address or is a placeholder mailbox."""
    local, domain = plain_address(folded) or _full_address(folded)
    if not local or local in PLACEHOLDER_MAILBOXES or (is_one_character(local) and len(local) > 1):
        return None
    return f"{local}@{domain}"


def _full_address(folded: str) -> tuple[str, str]:
    try:
        parsed = validate_email(folded, check_deliverability=False)
    except EmailNotValidError:
        return "", ""
    return parsed.local_part.casefold(), (parsed.ascii_domain or parsed.domain).casefold()


_MIN_OPAQUE = 6


def _opaque(folded: str) -> str | None:
    """An id that another system made: kept as it is, case included; None for masked ones and fillers such as a device id of zeros."""
    if len(folded) < _MIN_OPAQUE or is_masked_code(folded) or is_one_character(without_separators(folded)):
        return None
    return folded


def _card(folded: str) -> str | None:
    """A number that people type: without separators, upper case."""
    compact = without_separators(folded)
    if len(compact) < 4 or is_filler(compact) or is_masked_number(compact):  # noqa: PLR2004 - shorter ones are typing noise
        return None
    return compact


def _customer_no(folded: str) -> str | None:
    """Any number but a masked one and zero, which tills write for a customer they do not know."""
    compact = without_separators(folded)
    return compact if compact.strip("0") and not is_masked_number(compact) else None


_NORMALISERS: Mapping[str, Callable[[str], str | None]] = {
    "email": _email,
    "wechat_unionid": _opaque,
    "alipay_id": _opaque,
    "device_id": _opaque,
    "loyalty_card": _card,
    "national_id": _card,
    "customer_no": _customer_no,
}

assert set(_NORMALISERS) | {"phone", "wechat_openid"} == set(IDENTIFIER_KINDS)  # noqa: S101 - checked once, at import
