"""Why two records are, or are not, one person: the names that identity resolution gives its reasons, in plain words."""

from collections.abc import Iterable
from typing import Final

from identity import (
    BELOW_THRESHOLD,
    BLOCKED,
    CANNOT_LINK,
    CLAIMED,
    GENERIC,
    IDENTIFIER_KINDS,
    LEARNED,
    MATCH,
    MUST_LINK,
    NOT_COMPARED,
    OTHER_APP,
    OTHER_COMPONENT,
    ROLE_MAILBOX,
    TOO_LONG,
    UNSURE,
    UNVERIFIED,
    Ignored,
)

_WORDS: Final = {
    MATCH: "the evidence suffices",
    MUST_LINK: "a steward decided that they are one person",
    CANNOT_LINK: "a steward decided that they are not one person",
    BELOW_THRESHOLD: "the evidence is too weak",
    NOT_COMPARED: "nothing that is rare enough is the same, so they were never compared",
    OTHER_COMPONENT: "nothing connects them, not even by way of other records",
    UNSURE: "the evidence falls a little short",
    CLAIMED: "it would suffice if what is only claimed were verified",
    GENERIC: "too many people state the same value: it identifies nobody",
    "name": "together they would hold names that contradict each other",
    "birthday": "together they would hold birthdays that contradict each other",
    "ambiguous": "one of them matches somebody just as well who contradicts the other, or whom a steward parted from it",
    "evidence": "more speaks against the whole than for it",
    "max_cluster_records": "one profile would hold more records than allowed",
    "large_component": "too many records hang together here, so weaker evidence does not count",
}
_IGNORED: Final = {
    GENERIC: _WORDS[GENERIC],
    UNVERIFIED: "the source could have verified it and has not",
    BLOCKED: "[identity.blocked] in onefold.toml lists it",
    LEARNED: "the model has learned that it identifies nobody",
    TOO_LONG: "it is too long to be one",
    ROLE_MAILBOX: "a function reads the mailbox, so it tells the company at most",
    OTHER_APP: "the other record's openids are of other WeChat apps, where everybody has another",
}


def in_words(reason: str) -> str:
    """Say a reason so that it needs no manual."""
    if reason in IDENTIFIER_KINDS:
        return f"one profile would hold more values of {reason} than allowed"
    return _WORDS[reason]


def why_ignored(reason: str) -> str:
    """Say why an identifier counts as missing."""
    return _IGNORED[reason]


def kinds_ignored(values: Iterable[Ignored]) -> list[tuple[str, str]]:
    """Give the kinds of values that count as missing, each with the reason, once however many columns hold such values."""
    return list(dict.fromkeys((value.kind, value.reason) for value in values))


def bits(weight: float) -> float:
    """Turn a weight from 1/1000 bit into bits."""
    return weight / 1_000
