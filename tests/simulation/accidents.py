"""Accidents at a chosen moment: a process dies at its n-th statement or around a commit, or a disk is full."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import pytest
import sqlalchemy as sa

from storage import WriteTransaction

#: How many statements a small batch has, about.
_STATEMENTS: Final = 60


class Died(BaseException):
    """The process is gone: nothing after this moment happened."""


@dataclass(slots=True)
class Plan:
    """What goes wrong next: ``kind`` at the ``after``-th time that it could."""

    kind: str = ""
    after: int = 0

    def is_due(self, *kinds: str) -> bool:
        """Whether it happens now; it happens once."""
        if self.kind not in kinds:
            return False
        self.after -= 1
        if self.after >= 0:
            return False
        self.kind = ""
        return True


class Accidents:
    """Lets one thing go wrong; counts by thread, so that the same seed gives the same moment."""

    KINDS: Final = ("dies at a statement", "dies before a commit", "dies after a commit", "disk full")

    def __init__(self) -> None:
        """Nothing goes wrong before it is planned."""
        self.plan = Plan()
        self.happened: list[str] = []
        self._worker = threading.get_ident()

    def choose(self, chance: Random) -> None:
        """Plan the next accident."""
        kind = chance.choice(self.KINDS)
        self.plan = Plan(kind, chance.randrange(3 if "commit" in kind else _STATEMENTS))

    def call_off(self) -> None:
        """Let nothing go wrong until the next plan."""
        self.plan = Plan()

    def at_statement(self, *_: Any) -> None:
        """Before each statement, of either database; those of the thread that commits are counted with its commits."""
        if threading.get_ident() != self._worker:
            return
        if self.plan.is_due("dies at a statement"):
            self._happen("died at a statement")
        if self.plan.is_due("disk full"):
            self.happened.append("disk full")
            raise sqlite3.OperationalError("database or disk is full")

    def around_commit(self, transaction: WriteTransaction, commit: Any) -> None:
        """In place of a commit."""
        kind = self.plan.kind if self.plan.is_due("dies before a commit", "dies after a commit") else ""
        due = self._due(kind)
        if due == "before":
            transaction.roll_back()
            self._happen("died before a commit")
        commit(transaction)
        if due == "after":
            self._happen("died after a commit")

    @staticmethod
    def _due(kind: str) -> str:
        return kind.split(" ")[1] if kind else ""

    def _happen(self, what: str) -> None:
        self.happened.append(what)
        raise Died


@contextmanager
def accidents(patch: pytest.MonkeyPatch) -> Iterator[Accidents]:
    """Accidents in everything that this process does with databases."""
    made, commit = Accidents(), WriteTransaction.commit
    patch.setattr(WriteTransaction, "commit", lambda transaction: made.around_commit(transaction, commit))
    sa.event.listen(sa.engine.Engine, "before_cursor_execute", made.at_statement)
    try:
        yield made
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", made.at_statement)
