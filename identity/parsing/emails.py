"""E-mail addresses: one form for the aliases and usual misspellings of one mailbox.

Lower case; the domain in IDNA form, its typos mended by a table; tags after ``+`` cut off; dots left out where the provider
ignores them. Mailboxes of a function (``info@``, ``kefu@``) belong to a company, not to a person.
"""

import re
from functools import cache, lru_cache
from typing import Any, Final

import msgspec
from email_validator import EmailNotValidError, validate_email

from identity.parsing.text import MEMO, fold, is_one_character, table

#: Mailboxes that people give when they have none or want to give none.
PLACEHOLDER_MAILBOXES: Final = frozenset(
    "none null na noemail no-email nomail noreply no-reply donotreply test unknown abc".split()
)

_PLAIN_LOCAL: Final = re.compile(r"[a-z0-9_%-]+(?:[.+][a-z0-9_%-]+)*")
# No part of an address may be longer than this (RFC 5321).
_SHORT: Final = 64
_MOBILE: Final = re.compile(r"(?:86)?(1[3-9]\d{9})")
_FRAME: Final = re.compile(r"^(?:mailto:|e-?mail[:：]|邮箱[:：])|[<>,;.，。；\s]+$", re.IGNORECASE)
_QQ: Final = re.compile(r"qq[:：\s]*([1-9]\d{4,10})", re.IGNORECASE)
_BRACKETED: Final = re.compile(r"<([^<>@\s]+@[^<>\s]+)>")


class Email(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A mailbox; ``is_role`` says that a function, not a person, reads it."""

    local: str
    domain: str
    is_role: bool = False

    @property
    def address(self) -> str:
        """The normal form, by which mailboxes are equal."""
        return f"{self.local}@{self.domain}"


@cache
def _rules() -> dict[str, Any]:
    return dict(msgspec.json.decode(table("email_domains.json")))


@cache
def _domains() -> dict[str, str]:
    """For each misspelt or equivalent domain the one that is meant."""
    rules = _rules()
    return {
        wrong: right for part in ("typos", "same") for right, all_wrong in rules[part].items() for wrong in all_wrong
    }


@cache
def _named(rule: str) -> frozenset[str]:
    return frozenset(_rules()[rule])


@lru_cache(maxsize=MEMO)
def parse_email(written: str) -> Email | None:
    """Read an address; None when it cannot be one, or is nobody's."""
    folded = _tidy(fold(written))
    local, at, domain = folded.rpartition("@")
    if not at or not local:
        return None
    local, domain = local.casefold(), _domain(domain.casefold())
    if not domain or not (_PLAIN_LOCAL.fullmatch(local) or _is_valid_local(local)):
        return None
    local = _mailbox(local, domain)
    if local in PLACEHOLDER_MAILBOXES or (len(local) > 1 and is_one_character(local)):
        return None
    return Email(local, domain, is_role=local in _named("roles"))


def phone_in(email: Email) -> str:
    """The Chinese mobile number that is the mailbox's name ("13800138000@163.com"), in E.164 form, or ""."""
    match = _MOBILE.fullmatch(email.local) if email.local[-1:].isdigit() else None
    return f"+86{match[1]}" if match else ""


def is_public(domain: str) -> bool:
    """Whether anybody can have a mailbox at the domain; otherwise it is a company's, a school's or somebody's own."""
    return domain in _named("public")


def _tidy(folded: str) -> str:
    if match := _QQ.fullmatch(folded):
        return f"{match[1]}@qq.com"
    if match := _BRACKETED.search(folded):
        folded = match[1]
    bare = _FRAME.sub("", _FRAME.sub("", folded))
    return re.sub(r"@{2,}", "@", re.sub(r"\s*([@.])\s*", r"\1", bare))


@lru_cache(maxsize=MEMO)
def _domain(written: str) -> str:
    domain = re.sub(r"\.{2,}", ".", written.replace(",", ".").replace("。", ".")).strip(".")
    domain = re.sub(r"\.(?:con|cmo|comm|ocm|vom|xom|cpm|coom)$", ".com", domain)
    domain = idna_domain(_domains().get(domain, domain))
    return _domains().get(domain, domain)


def plain_address(written: str) -> tuple[str, str] | None:
    """Mailbox and domain, in lower case, of a short address of letters and digits; None where only a full check can tell."""
    local, _, domain = written.casefold().partition("@")
    if (
        len(written) > _SHORT
        or not written.isascii()
        or not _PLAIN_LOCAL.fullmatch(local)
        or not (known := idna_domain(domain))
    ):
        return None
    return local, known


@lru_cache(maxsize=MEMO)
def idna_domain(domain: str) -> str:
    """The IDNA form of a domain in lower case, "" when no mailbox can be there; few domains have most mailboxes."""
    try:
        parsed = validate_email(f"a@{domain}", check_deliverability=False)
    except EmailNotValidError:
        return ""
    return (parsed.ascii_domain or parsed.domain).casefold()


def _is_valid_local(local: str) -> bool:
    try:
        validate_email(f"{local}@example.org", check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _mailbox(local: str, domain: str) -> str:
    """The mailbox that an alias delivers to."""
    plain = local.partition("+")[0] or local
    if domain in _named("minus_tags"):
        plain = plain.partition("-")[0] or plain
    if domain in _named("ignore_dots"):
        plain = plain.replace(".", "") or plain
    if domain in _named("phone_mailboxes") and (match := _MOBILE.fullmatch(plain)):
        return match[1]
    return plain
