"""What a record says and what counts as missing all the same, and why.

Read from the record's own values as they are stored, since matching keeps nothing of what it leaves out: whoever asks opens the
two records that are asked about, and no other.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from identity.blocking import BlockingKey
from identity.features import Features, build_features, is_compared, stated
from identity.match_reader import Stored
from identity.matching import Matcher, counterpart
from identity.parsing.text import LONGEST, fold
from identity.records import FieldValue
from identity.rules import IDENTIFIER_KINDS

#: What can count as missing: identifiers, and dates of birth, of which training learns those that programs write for "unknown".
IGNORABLE: Final = (*IDENTIFIER_KINDS, "birthday")

#: Too many records carry it.
GENERIC: Final = "generic"
#: Its source could have verified it and has not.
UNVERIFIED: Final = "unverified"
#: The installation's rules list it.
BLOCKED: Final = "blocked"
#: The model in force has learned that it identifies nobody.
LEARNED: Final = "learned"
#: It is longer than what is read at all.
TOO_LONG: Final = "too_long"
#: A function of a company reads the mailbox, not a person.
ROLE_MAILBOX: Final = "role_mailbox"
#: An openid of another WeChat app than those of the record that it is compared with.
OTHER_APP: Final = "other_app"

_OPENID: Final = "wechat_openid"
# An openid is stored without its app, without which it has no normal form.
_SOME_APP: Final = "app"

_Form = tuple[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Ignored:
    """A value that counts as missing: its kind, why, and the cell of the record in which it stands."""

    kind: str
    reason: str
    attribute: str
    slot: int


@dataclass(frozen=True, slots=True)
class Told:
    """What is stored of a record: what it is matched by, and its texts by attribute and slot."""

    stored: Stored
    texts: Mapping[tuple[str, int], str]

    @property
    def features(self) -> Features:
        """What it is matched by, generic identifiers included."""
        return self.stored.known.features

    @property
    def apps(self) -> frozenset[str]:
        """The WeChat apps of its openids."""
        return frozenset(app_of(text) for kind, text in self.features.accounts if kind == _OPENID)


def app_of(openid: str) -> str:
    """The app of an openid in its normal form."""
    return openid.partition(":")[0]


def ignored(matcher: Matcher, told: Told, other: Told | None, *, generic: Collection[bytes]) -> tuple[Ignored, ...]:
    """What of ``told`` counts as missing beside ``other``; ``generic`` are the generic ones of its keys and their counterparts."""
    reading = _Reading(matcher, told, other.apps if other else frozenset(), generic)
    return tuple(
        sorted(
            {
                Ignored(kind, reason, attribute, slot)
                for (attribute, slot), text in told.texts.items()
                if is_compared(attribute, matcher.rules)
                for kind, reason in reading.reasons(attribute, text)
            }
        )
    )


class _Reading:
    """One record's values, each read once with the rules in force and once as if they blocked nothing."""

    def __init__(self, matcher: Matcher, told: Told, apps: Collection[str], generic: Collection[bytes]) -> None:
        self._matcher = matcher
        self._told = told
        self._apps = apps
        self._generic = generic
        self._unblocked = replace(matcher.rules, blocked={})

    def reasons(self, attribute: str, text: str) -> Iterator[tuple[str, str]]:
        """The kinds of what a text tells that does not count, each with the reason."""
        if len(text) > LONGEST:
            yield attribute, TOO_LONG
            return
        value = (FieldValue(attribute, 0, text, app=_SOME_APP),)
        read = build_features(value, self._matcher.rules)
        if _forms(build_features(value, self._unblocked)) - _forms(read):
            yield attribute, BLOCKED
        if any(email.is_role for email in read.emails):
            yield attribute, ROLE_MAILBOX
        yield from self._openid(text, read) if attribute == _OPENID else self._told_forms(attribute, read)

    def _told_forms(self, attribute: str, read: Features) -> Iterator[tuple[str, str]]:
        days = [("birthday", day) for day in read.birthday] if attribute == "birthday" else []
        for form in [*stated(read), *days]:
            if self._matcher.model.is_placeholder(*form):
                yield form[0], LEARNED
        for form in stated(read):
            yield from self._counted(form)

    def _openid(self, text: str, read: Features) -> Iterator[tuple[str, str]]:
        """The same for an openid, whose app is known only where it is matched by."""
        features, ending = self._told.features, f":{fold(text)}"
        held = [form for form in (*features.accounts, *features.claims) if form[0] == _OPENID]
        forms = [form for form in held if form[1].endswith(ending)]
        if read.accounts and not forms and self._matcher.model.placeholders.get(_OPENID):
            yield _OPENID, LEARNED
        for form in forms:
            if self._apps and app_of(form[1]) not in self._apps:
                yield _OPENID, OTHER_APP
            yield from self._counted(form)

    def _counted(self, form: _Form) -> Iterator[tuple[str, str]]:
        key, is_claimed = self._matcher.stored(BlockingKey(*form)), form in self._told.features.claims
        if key in self._generic or (is_claimed and counterpart(key) in self._generic):
            yield form[0], GENERIC
        if is_claimed:
            yield form[0], UNVERIFIED


def _forms(features: Features) -> set[_Form]:
    """The normal forms of what a value tells, masked phones included."""
    return {*stated(features), *(("phone", phone) for phone in features.masked_phones)}
