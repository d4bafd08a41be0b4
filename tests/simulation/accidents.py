"""Accidents at a chosen moment: a process dies at its n-th statement or around a commit, a disk is full, a database is read-only, a clock jumps."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import pytest
import sqlalchemy as sa

from storage import WriteTransaction, sqlite_code

#: How many statements a small batch has, about, and how many of them write.
_STATEMENTS: Final = 60
_WRITES: Final = 12
#: How far a clock jumps at most, either way, in nanoseconds.
_JUMP: Final = 12 * 3600 * 1_000_000_000


_AT_STATEMENTS: Final = ("died at a statement", "disk full")
_WHILE_WRITING: Final = ("died while writing", "disk full while writing")
#: PostgreSQL's SQLSTATE of a statement that would write where nobody may.
_READ_ONLY: Final = "25006"


class DiskFull(Exception):
    """The database refused a statement, and may take the next one."""


class Died(BaseException):
    """The process is gone: nothing after this moment happened."""


@dataclass(slots=True)
class Plan:
    """What goes wrong next: ``kind`` at the ``after``-th time that it could."""

    kind: str = ""
    after: int = 0

    def due(self, *kinds: str) -> str:
        """Which of ``kinds`` happens now ("" none); it happens once."""
        if self.kind not in kinds:
            return ""
        self.after -= 1
        if self.after >= 0:
            return ""
        happens, self.kind = self.kind, ""
        return happens


class Accidents:
    """Lets one thing go wrong.

    Each kind is counted in one thread at a time, so that the same seed gives the same moment: statements and new keys in the
    worker's own, statements of batches that are written in the thread that writes them, commits of the main database wherever they are made.
    """

    KINDS: Final = (
        "died at a statement",
        "died while writing",
        "died before a commit",
        "died after a commit",
        "died before new keys",
        "died after new keys",
        "disk full",
        "disk full at a commit",
        "disk full at new keys",
        "disk full while writing",
        "read-only",
        "read-only while writing",
    )

    def __init__(self) -> None:
        """Nothing goes wrong before it is planned."""
        self.plan = Plan()
        self.happened: list[str] = []
        self._worker = threading.get_ident()
        self._skew = 0
        self._clock = time.time_ns

    def now(self) -> int:
        """The wrong time of day, in nanoseconds."""
        return self._clock() + self._skew

    def set_clock(self, chance: Random) -> None:
        """Let the clock jump."""
        self._skew = chance.randint(-_JUMP, _JUMP)
        self.happened.append("clock jumped")

    def choose(self, chance: Random) -> None:
        """Plan the next accident."""
        kind = chance.choice(self.KINDS)
        moments = 3 if "commit" in kind or "keys" in kind else _WRITES if "read-only" in kind else _STATEMENTS
        self.plan = Plan(kind, chance.randrange(moments))

    def call_off(self) -> None:
        """Let nothing go wrong until the next plan."""
        self.plan = Plan()

    def at_statement(self, _: sa.Connection, cursor: Any, statement: str, *__: Any) -> None:
        """Before each statement, of either database."""
        died, full = _AT_STATEMENTS if self._is_worker() else _WHILE_WRITING
        self._die(self.plan.due(died))
        if self.plan.due(full):
            self.happened.append(full)
            raise DiskFull
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            self._refuse(cursor.connection)

    def _refuse(self, driven: Any) -> None:
        """Let the database itself refuse the statement that is about to write."""
        if due := self.plan.due("read-only" if self._is_worker() else "read-only while writing"):
            self.happened.append(due)
            is_sqlite = isinstance(driven, sqlite3.Connection)
            driven.execute("PRAGMA query_only=ON" if is_sqlite else "SET TRANSACTION READ ONLY")

    def around_commit(self, transaction: WriteTransaction, commit: Any) -> None:
        """In place of a commit."""
        made_keys = _holds_keys(transaction)
        if made_keys and not self._is_worker():
            commit(transaction)
            return
        what = "new keys" if made_keys else "a commit"
        due = self.plan.due(f"died before {what}", f"died after {what}", f"disk full at {what}")
        if "disk full" in due:
            transaction.roll_back()
            self.happened.append(due)
            raise DiskFull
        if "before" in due:
            transaction.roll_back()
            self._die(due)
        commit(transaction)
        self._die(due)

    def _is_worker(self) -> bool:
        return threading.get_ident() == self._worker

    def _die(self, of: str) -> None:
        if of:
            self.happened.append(of)
            raise Died


def is_read_only(error: sa.exc.DBAPIError) -> bool:
    """Whether that is what the database said."""
    return sqlite_code(error.orig) == sqlite3.SQLITE_READONLY or getattr(error.orig, "sqlstate", "") == _READ_ONLY


def _holds_keys(transaction: WriteTransaction) -> bool:
    return "keystore" in str(transaction.connection.engine.url.database)


@contextmanager
def accidents(patch: pytest.MonkeyPatch) -> Iterator[Accidents]:
    """Accidents in everything that this process does with databases."""
    made, commit = Accidents(), WriteTransaction.commit
    patch.setattr(time, "time_ns", made.now)
    patch.setattr(WriteTransaction, "commit", lambda transaction: made.around_commit(transaction, commit))
    sa.event.listen(sa.engine.Engine, "before_cursor_execute", made.at_statement)
    try:
        yield made
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", made.at_statement)
