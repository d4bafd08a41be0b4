"""SQLite's checkpoints beside the writer, in a thread of their own.

A checkpoint copies what the write-ahead log holds into the main file and syncs both: a tenth of a second after some batches. SQLite
does it inside a commit, which then waits for it. Here it runs, in C, beside the batches that follow. What they commit meanwhile is left
for the writer's own checkpoint, which is the only one after which the log can begin anew, and which comes at a longer log
(docs/decisions/0022-checkpoints-beside-the-writer.md).
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread
from typing import Final

import structlog

_log = structlog.get_logger()

#: Nobody tells how long the log is. A row that changes is about a page in it: 0.6 pages in batches of 500, 1.1 in batches of one.
_ROWS: Final = 10_000
#: What is committed while a checkpoint runs is taken by the next round; so small commits leave nothing to the writer.
_ROUNDS: Final = 3


class Checkpoints:
    """Checkpoints of one database, a thread for each while it runs; thread-safe."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """``connect`` gives a connection for checkpoints alone, which any thread may use."""
        self._connect = connect
        self._lock = Lock()
        self._rows = 0
        self._thread: Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._is_closed = False
        self._has_failed = False

    def committed(self, rows: int) -> None:
        """Say that ``rows`` rows were changed and committed: now and then it begins a checkpoint. Returns at once, raises nothing."""
        with self._lock:
            self._rows += rows
            if self._rows >= _ROWS and not self._is_closed and not self._is_running():
                self._rows = 0
                self._begin()

    def wait(self) -> None:
        """Wait for the checkpoint that runs."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def close(self) -> None:
        """Begin none any more and wait for the one that runs: who closes a database last would do again what was broken off."""
        with self._lock:
            self._is_closed = True
        self.wait()
        if self._connection is not None:
            self._connection.close()

    def _is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _begin(self) -> None:
        # A daemon: a process that ends without closing does not wait, and SQLite survives that as it does a kill.
        thread = Thread(target=self._run, name="checkpoint", daemon=True)
        with suppress(RuntimeError):  # there is no thread to be had: then the writer's own checkpoint has more to do
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        try:
            self._checkpoint()
        except sqlite3.Error as error:
            # As where SQLite does it itself, the log keeps what was not copied; where it cannot grow, the next commit says so.
            if not self._has_failed:
                _log.warning("checkpoint failed", error=error.sqlite_errorname)
            self._has_failed = True
        else:
            self._has_failed = False

    def _checkpoint(self) -> None:
        """Copy as much as readers and writers let it, without waiting for any."""
        self._connection = self._connection or self._connect()
        copied = -1
        for _ in range(_ROUNDS):
            before = copied
            _, _, copied = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if copied == before:
                return
