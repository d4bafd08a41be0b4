"""The audit log: who did what, in hash chains that show every change made to them later.

``hash = SHA-256(previous ‖ entry)``, the entry as canonical JSON (sorted keys, no spaces, UTF-8, as RFC 8785 has it for such
values) with its chain's name and its number in the chain; the first ``previous`` is 32 zero bytes. :func:`verify` finds what was
edited, deleted or reordered. Entries cut from a chain's end are found only against a head kept elsewhere: give it
:class:`AuditHead` values from an earlier report.

An entry holds names of fields, never their values; subjects are pseudonyms.
"""

import hashlib
import json
import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from privacy.errors import AuditError
from privacy.tables import audit_entry
from storage import Database, bulk

_START = bytes(32)
_MAX_GROUP = 1_000
_NAME = re.compile(r"[^\W\d][\w.:#-]*")
_PSEUDONYMS = re.compile(r"\*|(?:[0-9a-f]+(?:,[0-9a-f]+)*)?")

#: The subject of an entry about everybody.
EVERYBODY: Final = "*"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One request or change. ``at``: microseconds since 1970 UTC; ``fields``: names.

    ``subject``: the hex pseudonyms of all who were shown, with commas between them; :data:`EVERYBODY`; "" for nobody.
    """

    at: int
    actor: str
    role: str
    action: str
    purpose: str = ""
    subject: str = ""
    fields: tuple[str, ...] = ()
    rows: int = 0
    decision: str = ""
    request_id: str = ""

    def __post_init__(self) -> None:
        """Refuse what is not a name where a name belongs: values end up in logs by such accidents."""
        names = (*self.fields, *(name for name in (self.action, self.role, self.purpose, self.decision) if name))
        if not all(_NAME.fullmatch(name) for name in names) or not _PSEUDONYMS.fullmatch(self.subject):
            raise AuditError("an audit entry takes names of fields and hex pseudonyms, no values")
        if not (self.actor.isprintable() and self.request_id.isprintable()):
            raise AuditError("an audit entry takes printable text only")


class FaultKind(Enum):
    """What :func:`verify` finds."""

    ALTERED = "the entry is not what was recorded"
    MISSING = "entries before this one are gone"
    UNLINKED = "the entry does not follow the one before it"
    TRUNCATED = "the chain does not hold the entry of a head given"


@dataclass(frozen=True, slots=True)
class AuditFault:
    """A fault at entry ``number`` (from 1) of a chain."""

    chain: str
    number: int
    kind: FaultKind


@dataclass(frozen=True, slots=True)
class AuditHead:
    """A chain's last entry; kept elsewhere, it proves later that nothing was cut from the end."""

    chain: str
    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The outcome of :func:`verify`."""

    entries: int
    heads: tuple[AuditHead, ...]
    faults: tuple[AuditFault, ...]

    @property
    def is_intact(self) -> bool:
        """Whether no fault was found."""
        return not self.faults


class AuditLog:
    """Writes entries durably; a background thread commits whatever is waiting in one transaction.

    ``chain`` names this process. Entries appended inside a caller's own transaction go to the chain ``<chain>+own``, so
    that a long transaction does not hold up the others.
    """

    def __init__(self, database: Database, chain: str) -> None:
        self._database = database
        self._chain = chain
        self._waiting: deque[tuple[AuditEntry, Future[None]]] = deque()
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="onefold-audit", daemon=True)
        self._thread.start()

    def record(self, entry: AuditEntry) -> None:
        """Return once ``entry`` is durable; raise :class:`AuditError` if it is not, and then do not answer the request.

        Not to be called inside a write transaction on SQLite, which has one writer: use :meth:`append` there.
        """
        self.submit(entry).result()

    def submit(self, entry: AuditEntry) -> Future[None]:
        """As :meth:`record`, for callers that await: the future ends when the entry is durable."""
        future: Future[None] = Future()
        future.set_running_or_notify_cancel()  # a caller that goes away does not take its entry back
        with self._wake:
            if self._closed:
                raise AuditError("the audit log is closed")
            self._waiting.append((entry, future))
            self._wake.notify()
        return future

    def append(self, connection: Connection, entries: Sequence[AuditEntry]) -> None:
        """Add entries to a transaction of the caller's: durable, or gone, with it."""
        _append(connection, f"{self._chain}+own", entries)

    def close(self) -> None:
        """Commit what is waiting and stop."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            failure = self._commit([entry for entry, _ in group])
            for _, future in group:
                if failure is None:
                    future.set_result(None)
                else:
                    future.set_exception(AuditError(failure))

    def _next_group(self) -> list[tuple[AuditEntry, Future[None]]]:
        """Wait for entries; an empty list means closed."""
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._closed)
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), _MAX_GROUP))]

    def _commit(self, entries: Sequence[AuditEntry]) -> str | None:
        try:
            with self._database.write() as connection:
                _append(connection, self._chain, entries)
        except Exception as error:  # noqa: BLE001  whatever it is, every waiter must hear of it and the thread must live
            return f"the audit entry could not be made durable ({type(error).__name__})"
        return None


def verify(connection: Connection, heads: Iterable[AuditHead] = ()) -> AuditReport:
    """Recompute every chain and name the position of each fault; ``heads`` come from an earlier report."""
    expected = {(head.chain, head.number): head.hash for head in heads}
    faults: list[AuditFault] = []
    last: dict[str, AuditHead] = {}
    entries = 0
    query = sa.select(audit_entry).order_by(audit_entry.c.chain, audit_entry.c.number)
    for row in connection.execute(query, execution_options={"yield_per": 1_000}):
        before = last.get(row.chain, AuditHead(row.chain, 0, _START))
        faults += [AuditFault(row.chain, row.number, kind) for kind in _faults(row, before)]
        if expected.get((row.chain, row.number)) == row.hash:
            del expected[row.chain, row.number]
        last[row.chain] = AuditHead(row.chain, row.number, row.hash)
        entries += 1
    faults += [AuditFault(chain, number, FaultKind.TRUNCATED) for chain, number in sorted(expected)]
    return AuditReport(entries, tuple(last.values()), tuple(faults))


def _faults(row: sa.Row[Any], before: AuditHead) -> Iterator[FaultKind]:
    if row.number != before.number + 1:
        yield FaultKind.MISSING
    elif row.previous != before.hash:
        yield FaultKind.UNLINKED
    if row.hash != _hash(row.previous, {name: getattr(row, name) for name in _HASHED}):
        yield FaultKind.ALTERED


def _append(connection: Connection, chain: str, entries: Sequence[AuditEntry]) -> None:
    head = _locked_head(connection, chain)
    rows = []
    for entry in entries:
        values = asdict(entry)
        values |= {"chain": chain, "number": head.number + 1, "fields": json.dumps(entry.fields, ensure_ascii=False)}
        digest = _hash(head.hash, values)
        rows.append({**values, "previous": head.hash, "hash": digest})
        head = AuditHead(chain, head.number + 1, digest)
    bulk.insert(connection, audit_entry, rows)


_HASHED = tuple(each.name for each in audit_entry.columns if each.name not in {"seq", "previous", "hash"})


def _hash(previous: bytes, values: dict[str, Any]) -> bytes:
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous + canonical.encode()).digest()


def _locked_head(connection: Connection, chain: str) -> AuditHead:
    """Read the chain's last entry, locked against other writers of the chain until the transaction ends (SQLite: has one anyway)."""
    if connection.dialect.name == "postgresql":
        lock = int.from_bytes(hashlib.sha256(b"onefold-audit" + chain.encode()).digest()[:8], "big", signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
    table = audit_entry.c
    query = sa.select(table.number, table.hash).where(table.chain == chain).order_by(table.number.desc()).limit(1)
    row = connection.execute(query).first()
    return AuditHead(chain, row.number, row.hash) if row else AuditHead(chain, 0, _START)
