"""SQLite's checkpoints beside the writer, and a log that begins anew.

A checkpoint copies what the write-ahead log holds into the main file and syncs both: a tenth of a second after some batches. SQLite
does it inside a commit, which then waits for it. Here it runs, in C and in a thread of its own, beside the batches that follow.
It ends the log only where nothing is committed meanwhile; so from a certain length on, the writer copies the rest of it himself, and
waits a moment for readers where it is long all the same (docs/decisions/0022-checkpoints-beside-the-writer.md).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

import structlog

_log = structlog.get_logger()

#: Nobody tells how long the log is before a checkpoint does. A row that changes is about a page in it: 1.1 pages in commits of one event,
#: 0.6 in those of 500, and ever less in longer ones. After so many rows one begins; a commit of more counts as so many until it has told.
_ROWS = 10_000
#: What is committed while a checkpoint runs is taken by its next round; so small commits leave nothing to the writer.
_ROUNDS = 3
#: How long the writer waits, with the lock, for each reader of a log that is twice as long as it should be; then when it has grown as much.
_READERS_MS = 200


class Checkpoints:
    """The checkpoints of one database; thread-safe."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, limit_pages: int) -> None:
        """``connect`` gives a connection that any thread may use; of a log of ``limit_pages`` the writer copies what is left."""
        self._connect = connect
        self._limit = limit_pages
        self._lock = Lock()
        self._rows = 0  # since a checkpoint began
        self._pages = 0  # of the log, about
        self._patience_ends = 2 * limit_pages
        self._thread: Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._is_closed = False
        self._has_failed = False

    @contextmanager
    def around_commit(self, writer: sqlite3.Connection, rows: int) -> Iterator[None]:
        """In it ``writer`` commits ``rows`` changed rows; after it a checkpoint may run beside. Raises nothing of its own."""
        rows = min(rows, _ROWS)
        if self._pages + rows >= self._limit:
            self.wait()  # beside it another would be refused
        yield
        with self._lock:
            self._rows += rows
            self._pages += rows
            is_long = self._pages >= self._limit
            if not is_long and self._rows >= _ROWS and not self._is_closed and not self._is_running():
                self._rows = 0
                self._begin()
        if is_long:
            self._try(lambda: self._end_log(writer))

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
        thread = Thread(target=self._try, args=(self._copy,), name="checkpoint", daemon=True)
        with suppress(RuntimeError):  # there is no thread to be had: then the writer has more to do
            thread.start()
            self._thread = thread

    def _try(self, checkpoint: Callable[[], None]) -> None:
        try:
            checkpoint()
        except sqlite3.Error as error:
            # As where SQLite does it itself, the log keeps what was not copied; where it cannot grow, the next commit says so.
            if not self._has_failed:
                _log.warning("checkpoint failed", error=getattr(error, "sqlite_errorname", type(error).__name__))
            self._has_failed = True
        else:
            self._has_failed = False

    def _copy(self) -> None:
        """Copy as much as readers and writers let it, without waiting for any."""
        connection = self._connection = self._connection or self._connect()
        copied = -1
        for _ in range(_ROUNDS):
            before = copied
            try:
                _, pages, copied = _checkpoint(connection, "PASSIVE")
            except sqlite3.Error:
                self._connection = None  # one that was opened while the file could only be read stays so
                connection.close()
                raise
            self._found(pages)
            if copied == before:
                return

    def _end_log(self, writer: sqlite3.Connection) -> None:
        """Copy the rest: who writes next begins the log anew, unless a reader is in it."""
        is_busy, pages, copied = _checkpoint(writer, "PASSIVE")
        if pages >= self._patience_ends:
            is_busy, pages, copied = _without_readers(writer)
            self._patience_ends = max(pages, 0) + self._limit if is_busy else 2 * self._limit
        self._found(pages)
        if copied == pages and not is_busy:
            with self._lock:
                self._rows = self._pages = 0

    def _found(self, pages: int) -> None:
        """The log has so many pages, or -1 where another checkpoint runs and did not let see it."""
        with self._lock:
            if pages >= 0:
                self._pages = pages + self._rows
            if 0 <= pages < self._limit:
                self._patience_ends = 2 * self._limit


def _checkpoint(connection: sqlite3.Connection, mode: str) -> tuple[bool, int, int]:
    """Whether somebody was in the way, how many pages the log has, and how many of them are copied."""
    is_busy, pages, copied = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    return bool(is_busy), pages, copied


def _without_readers(writer: sqlite3.Connection) -> tuple[bool, int, int]:
    (usual,) = writer.execute("PRAGMA busy_timeout").fetchone()
    writer.execute(f"PRAGMA busy_timeout={_READERS_MS}")
    try:
        return _checkpoint(writer, "RESTART")
    finally:
        writer.execute(f"PRAGMA busy_timeout={usual}")
