"""Normalise identifiers before they are hashed, so that two spellings of one value give one token.

The rules have a version (``NORM_VERSION``): a token is only comparable with tokens of the same version. Values that
identify nobody (placeholders, invalid numbers) normalise to None and count as missing. Parsed values are memoised in
bounded caches; they live in process memory only.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from identity.rules import IDENTIFIER_KINDS, IdentityRules

NORM_VERSION = "n1"

_CACHE = 50_000

# What people and programs write when there is nothing to write (folded to lower case).
_PLACEHOLDERS = frozenset(
    {"", "-", "--", "n/a", "na", "nil", "none", "null", "unknown", "undefined", "x", "xx", "xxx", "test", "无", "没有", "不详", "未知", "暂无"}
)  # fmt: skip
_PLACEHOLDER_MAILBOXES = frozenset(
    {
        "none",
        "null",
        "na",
        "noemail",
        "no-email",
        "nomail",
        "noreply",
        "no-reply",
        "donotreply",
        "test",
        "unknown",
        "abc",
    }
)
_ONE_CHARACTER = re.compile(r"^(.)\1*$")
_COUNTING_UP = "01234567890123456789"
_SEPARATORS = re.compile(r"[\s\-_./·]+")


def normalise(kind: str, value: str, rules: IdentityRules, app: str = "") -> str | None:
    """The form of an identifier that is hashed, or None when it identifies nobody.

    ``kind`` is one of ``IDENTIFIER_KINDS``. ``app`` is the WeChat app id, without which an openid means nothing.
    """
    folded = _fold(value)
    if folded.casefold() in _PLACEHOLDERS or _is_blocked(kind, folded, rules):
        return None
    if kind == "phone":
        return _phone(folded, rules.default_region)
    if kind == "wechat_openid":
        return f"{app}:{folded}" if app and _opaque(folded) else None
    return _NORMALISERS[kind](folded)


def _fold(value: str) -> str:
    """One width, no blanks around, none of the invisible marks that copying brings along (Unicode category Cf)."""
    if value.isascii():
        return value.strip()
    visible = (c for c in unicodedata.normalize("NFKC", value) if unicodedata.category(c) != "Cf")
    return "".join(visible).strip()


def _is_blocked(kind: str, folded: str, rules: IdentityRules) -> bool:
    blocked = rules.blocked.get(kind)
    if not blocked:
        return False
    return _comparable(kind, folded, rules.default_region) in _blocked_forms(kind, blocked, rules.default_region)


@lru_cache(maxsize=64)
def _blocked_forms(kind: str, blocked: frozenset[str], region: str) -> frozenset[str]:
    return frozenset(_comparable(kind, _fold(value), region) for value in blocked)


def _comparable(kind: str, folded: str, region: str) -> str:
    if kind == "phone":
        return _phone(folded, region) or folded
    if kind == "wechat_openid":
        return folded
    return _NORMALISERS[kind](folded) or folded


@lru_cache(maxsize=_CACHE)
def _phone(folded: str, region: str) -> str | None:
    """E.164 of a valid number, else None (placeholders such as 00000000000 are not valid numbers)."""
    try:
        number = phonenumbers.parse(folded, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or _is_filler(str(number.national_number)[1:]):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=_CACHE)
def _email(folded: str) -> str | None:
    """Lower case with the domain in IDNA form; None when it cannot be an address or is a placeholder mailbox."""
    try:
        parsed = validate_email(folded, check_deliverability=False)
    except EmailNotValidError:
        return None
    local = parsed.local_part.casefold()
    if local in _PLACEHOLDER_MAILBOXES or (_ONE_CHARACTER.match(local) and len(local) > 1):
        return None
    return f"{local}@{(parsed.ascii_domain or parsed.domain).casefold()}"


_MIN_OPAQUE = 6


def _opaque(folded: str) -> str | None:
    """An id that another system made: kept as it is, case included; None for fillers such as a device id of zeros."""
    is_filler = _ONE_CHARACTER.match(_SEPARATORS.sub("", folded))
    return folded if len(folded) >= _MIN_OPAQUE and not is_filler else None


def _card(folded: str) -> str | None:
    """A number that people type: without separators, upper case."""
    compact = _SEPARATORS.sub("", folded).upper()
    return None if len(compact) < 4 or _is_filler(compact) else compact  # noqa: PLR2004 - shorter ones are typing noise


def _customer_no(folded: str) -> str | None:
    """Any number but zero, which tills write for a customer they do not know."""
    compact = _SEPARATORS.sub("", folded).upper()
    return compact if compact.strip("0") else None


def _is_filler(digits: str) -> bool:
    return bool(_ONE_CHARACTER.match(digits)) or digits in _COUNTING_UP


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
