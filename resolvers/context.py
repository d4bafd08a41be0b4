"""One request: who asks, for which purpose, in which snapshot, and how much it may still ask for."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TypeVar

from cdc import Steward
from identity import IdentityRules, Matcher, MatchReader
from privacy import (
    AuditEntry,
    AuditLog,
    CellCipher,
    DataKey,
    IdentityTokens,
    KeyRing,
    Principal,
    PurposeRules,
    TokenError,
    TokenExpired,
    may_list_profiles,
    may_see_evidence,
    verify,
)
from profiles import SurvivorshipRules, traces_of
from resolvers.errors import Expired, Forbidden, ForbiddenPurpose, TimedOut, TooComplex, Unauthenticated
from resolvers.trail import Trail, audit_name, pseudonyms
from storage import Database, is_tracing, link

T = TypeVar("T")

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost: seconds, and objects in nested lists (counted before they are read where that is possible)."""

    seconds: float = 10.0
    items: int = 20_000


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the API is built from. ``clock`` gives the wall time in microseconds since 1970 UTC; ``currency`` is the main one.

    ``signing_key`` (TSIG) checks access tokens, ``cursor_key`` (TCUR) seals cursors, ``audit_pseudonym_key`` (TAUD) names
    subjects in the audit log, ``difference_key`` (TDLQ) opens the keys of rows that an audit of a source named.
    """

    database: Database
    keys: KeyRing
    cipher: CellCipher
    tokens: IdentityTokens
    identity_rules: IdentityRules
    matcher: Matcher
    match_reader: MatchReader
    steward: Steward
    survivorship: SurvivorshipRules
    currency: str
    purposes: PurposeRules
    signing_key: bytes = field(repr=False)
    cursor_key: bytes = field(repr=False)
    audit_pseudonym_key: bytes = field(repr=False)
    difference_key: DataKey
    audit: AuditLog
    clock: Callable[[], int]
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and for what: ``purpose`` None shows masked values at most."""

    principal: Principal
    purpose: str | None
    request_id: str


class Request:
    """The state of one request: one snapshot (a change has one before and one after), one trail, one budget. Used by one thread."""

    def __init__(self, parts: ApiParts, caller: Caller, snapshots: ExitStack) -> None:
        """``snapshots`` ends the snapshot that is open at last."""
        self.parts = parts
        self.caller = caller
        self._snapshots = snapshots
        self.connection = snapshots.enter_context(parts.database.read())
        self.trail = Trail()
        self._ends_at = time.monotonic() + parts.limits.seconds
        self._items_left = parts.limits.items

    @property
    def principal(self) -> Principal:
        """The holder of the access token."""
        return self.caller.principal

    def asks_for_people(self, question: str) -> None:
        """Open the way to individual profiles, or raise :class:`Forbidden`; every root field that shows some begins here."""
        if not may_list_profiles(self.principal.role):
            raise Forbidden
        self.trail.questions.add(question)

    def asks_for_evidence(self, question: str) -> None:
        """The same for why records are one person."""
        self.asks_for_people(question)
        if not may_see_evidence(self.principal.role):
            raise Forbidden("this role does not see why records are one person")

    def change(self, work: Callable[[], T]) -> T:
        """Run ``work``, which commits a change: no snapshot is open meanwhile, and a new one shows what it did."""
        self._snapshots.close()
        try:
            return work()
        finally:
            self.connection = self._snapshots.enter_context(self.parts.database.read())

    def act(self, name: str, subjects: Iterable[bytes], *, outcome: str, rows: int) -> AuditEntry:
        """The audit entry of a change; ``rows`` counts the profiles that it changed, ``subjects`` are those that it is about."""
        parts, caller = self.parts, self.caller
        return AuditEntry(
            at=parts.clock(),
            actor=caller.principal.subject,
            role=caller.principal.role.value,
            action=f"mutation:{name}",
            purpose=audit_name(caller.purpose or ""),
            subject=pseudonyms(parts.audit_pseudonym_key, subjects),
            rows=rows,
            decision=outcome,
            request_id=caller.request_id,
        )

    def spend(self, items: int) -> None:
        """Count ``items`` against the budget, before they are read; also where a request notices that its time is up."""
        self._items_left -= items
        if self._items_left < 0:
            raise TooComplex
        if time.monotonic() > self._ends_at:
            raise TimedOut


def authenticate(parts: ApiParts, authorization: str | None, purpose: str | None, *, request_id: str) -> Caller:
    """Read the ``Authorization`` and ``Onefold-Purpose`` headers; every failure is an :class:`ApiError`."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    try:
        principal = verify(parts.signing_key, token.strip(), now=parts.clock() // _MICROSECONDS)
    except TokenExpired:
        raise Expired from None
    except TokenError:
        raise Unauthenticated from None
    if purpose and purpose not in principal.purposes:
        raise ForbiddenPurpose
    return Caller(principal, purpose or None, request_id)


def answer(parts: ApiParts, caller: Caller, ask: Callable[[Request], T]) -> T:
    """Run ``ask`` in a read snapshot and give its answer once what it has seen is in the audit log.

    Raises :class:`privacy.AuditError` when that fails: then there is no answer.
    """
    with ExitStack() as snapshots:
        request = Request(parts, caller, snapshots)
        result = ask(request)
        if is_tracing():
            link(traces_of(request.connection, request.trail.subjects))
    if not request.trail.is_empty:
        parts.audit.record(
            request.trail.entry(
                caller.principal,
                purpose=caller.purpose,
                request_id=caller.request_id,
                pseudonym_key=parts.audit_pseudonym_key,
                at=parts.clock(),
            )
        )
    return result
