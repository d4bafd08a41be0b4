"""Open a database the way Onefold needs it, on SQLite or PostgreSQL.

SQLite: WAL, every commit synced to disk, deleted bytes overwritten (``secure_delete``), foreign keys on, one writer that
takes its lock at BEGIN so that two writers wait for each other instead of failing half-way. PostgreSQL: 15 or newer, READ
COMMITTED. Parameters never reach an error message or a log (``hide_parameters``).
"""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import Pool

from storage.checkpoints import Checkpoints
from storage.driver_errors import name_in_errors, raised_as_usual, sqlite_code
from storage.errors import StorageError
from storage.pipeline import abandon_pipeline, close_pipeline, open_pipeline, relax
from storage.postgresql import create_postgresql, plan
from storage.rehearsal import Rehearsal, rehearsal

_BUSY_TIMEOUT_MS = 30_000
_SCRUB_TIMEOUT_MS = 2_000
_SQLITE_PAGE_BYTES = 4_096
_SQLITE_CACHE_KIB = 64 * 1024
# 64 MiB of log: a page that several batches change is written back once. By default (1,000) each batch writes all of its own twice.
_SQLITE_CHECKPOINT_PAGES = 16_000
# Beside checkpoints in the background, which leave a batch or two: a commit that takes the rest lets the log begin anew.
_SQLITE_LEFT_PAGES = 32_000


class WriteTransaction:
    """An open write transaction; used by one thread at a time, and ended once."""

    def __init__(
        self,
        connection: Connection,
        after_telling: Iterable[Callable[[], None]],
        around_commit: Callable[[Connection], AbstractContextManager[None]],
    ) -> None:
        """``connection`` is in a transaction and belongs to this object from here on."""
        self.connection = connection
        self._after_telling = after_telling
        self._around_commit = around_commit

    def flush(self) -> None:
        """Wait for what was written without waiting, and raise what went wrong with it; nothing but the end comes after it."""
        close_pipeline(self.connection)

    def commit(self) -> None:
        """Commit; on any error everything is rolled back."""
        with self.connection:
            self.flush()
            with self._around_commit(self.connection):
                self.connection.commit()
            has_told = self.connection.get_execution_options().get("onefold_told", False)
        if has_told:
            for listener in self._after_telling:
                listener()

    def roll_back(self) -> None:
        """Undo everything."""
        with self.connection:
            abandon_pipeline(self.connection)
            self.connection.rollback()


class Database:
    """One database: an engine, short read transactions and serialised write transactions."""

    def __init__(self, url: str, *, background_checkpoints: bool = False) -> None:
        """Open ``url`` (``sqlite:///path`` or ``postgresql+psycopg://…``); the folder of an SQLite file is made.

        ``background_checkpoints``: who writes much to SQLite waits less for it, and :meth:`scrub` perhaps a little for them.
        """
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        has_checkpoints = background_checkpoints and self.is_sqlite
        pages = _SQLITE_LEFT_PAGES if has_checkpoints else _SQLITE_CHECKPOINT_PAGES
        self._checkpoints = (
            Checkpoints(partial(_connect_beside, self.url), limit_pages=pages) if has_checkpoints else None
        )
        self.engine = _create(self.url, pages)
        # Once another connection commits, SQLite forgets all pages that a connection holds: readers and writers do not swap theirs.
        self._writers = _apart(self.engine) if self.is_sqlite else None
        #: Called after each commit with entries for the outbox; must return at once and raise nothing.
        self.after_telling: list[Callable[[], None]] = []

    @contextmanager
    def read(self, *, by_keys: bool = False) -> Iterator[Connection]:
        """A connection in a transaction that keeps nothing: one snapshot for all its statements.

        ``by_keys``: they ask for rows by their keys, however many, as those of writers do.
        """
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                plan(connection, by_keys=by_keys)
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection
            if not self.is_sqlite:
                # As good as a rollback where nothing was written, after which the driver forgets its prepared statements.
                connection.commit()

    @contextmanager
    def write(self, *, relaxed: bool = False, before_scrub: bool = False) -> Iterator[Connection]:
        """A connection in a transaction that commits at the end, or rolls back on any error.

        ``relaxed``: it need not be on disk when this returns, for what is done again after a crash; bulk statements only.
        ``before_scrub``: nor need it until :meth:`scrub` has succeeded, which syncs all of SQLite's log.
        """
        transaction = self.begin_write(pipelined=relaxed, synced=not (relaxed or before_scrub))
        try:
            if relaxed and not self.is_sqlite:
                relax(transaction.connection)
            yield transaction.connection
        except BaseException:
            transaction.roll_back()
            raise
        transaction.commit()

    def begin_write(self, *, pipelined: bool = False, synced: bool = True) -> "WriteTransaction":
        """A write transaction that its owner ends, perhaps in another thread than the one that wrote.

        Its statements ask for rows by their keys, however many. ``pipelined``: on PostgreSQL, what bulk statements write is sent without waiting, and goes wrong at the next statement with an
        answer at the latest, at :meth:`WriteTransaction.flush` or at the commit; cursors of the server's do not work in it.
        ``synced``: SQLite has it on disk when the commit returns.
        """
        connection = self._writer()
        try:
            if self.is_sqlite:
                connection.execution_options(onefold_write="FULL" if synced else "NORMAL")
            else:
                plan(connection, by_keys=True)
            connection.begin()
            if pipelined and not self.is_sqlite:
                open_pipeline(connection)
        except BaseException:
            connection.close()
            raise
        return WriteTransaction(connection, self.after_telling, self._around_commit)

    def _writer(self) -> Connection:
        """A connection for who writes: on SQLite none that readers have, so that its cache still holds the pages of the last transaction."""
        if self._writers is None:
            return self.engine.connect()
        return Connection(self.engine, connection=self._writers.connect())

    def rehearse(self, tables: Collection[sa.Table]) -> AbstractContextManager[Rehearsal]:
        """A connection that writes to copies of ``tables`` and reads all else in one snapshot; nobody waits for it, and it keeps nothing."""
        return rehearsal(self.engine, tables)

    @contextmanager
    def enact(self, rehearsed: Rehearsal) -> Iterator[Rehearsal]:
        """The last transaction of a rehearsal, which may write to all tables; commits at the end, or rolls back on any error.

        The copies still stand before their originals, which are seen as others left them: on PostgreSQL from statement to statement.
        """
        transaction = WriteTransaction(rehearsed.connection, self.after_telling, self._around_commit)
        try:
            rehearsed.begin_write()
            yield rehearsed
        except BaseException:
            transaction.roll_back()
            raise
        transaction.commit()

    @contextmanager
    def _around_commit(self, connection: Connection) -> Iterator[None]:
        if self._checkpoints is None:
            yield
            return
        driven: Any = connection.connection.dbapi_connection
        rows = driven.total_changes - connection.info.get("onefold_rows", 0)
        connection.info["onefold_rows"] = driven.total_changes
        with self._checkpoints.around_commit(driven, rows):
            yield

    def scrub(self) -> bool:
        """Leave no copy of deleted rows in the files: empty SQLite's write-ahead log into the main file.

        False when a reader is in the way; then try again later. PostgreSQL's log is kept and shipped by its operator.
        """
        if not self.is_sqlite:
            return True
        if self._checkpoints is not None:
            self._checkpoints.wait()
        with self._writer() as connection:
            # The driver's own connection: a checkpoint cannot run inside a transaction, and SQLAlchemy would begin one.
            driven: Any = connection.connection.dbapi_connection
            try:
                with raised_as_usual(connection, driven):
                    return _emptied(driven)
            except DBAPIError:
                connection.invalidate()  # one that was opened while its file could only be read stays so
                raise

    def close(self) -> None:
        """Close all connections."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        if self._writers is not None:
            self._writers.dispose()
        self.engine.dispose()


def _create(url: sa.URL, checkpoint_pages: int) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = _create_sqlite(url, checkpoint_pages)
    elif url.get_backend_name() == "postgresql":
        engine = create_postgresql(url)
    else:
        raise StorageError(
            f"database {url.get_backend_name()!r} is not supported; use sqlite:/// or postgresql+psycopg://"
        )
    name_in_errors(engine)
    return engine


def _create_sqlite(url: sa.URL, checkpoint_pages: int) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create_private(Path(url.database))
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})
    sa.event.listen(engine, "connect", partial(_sqlite_connected, checkpoint_pages))
    sa.event.listen(engine, "begin", _sqlite_begin)
    sa.event.listen(engine, "handle_error", _sqlite_refused)
    return engine


def _apart(engine: Engine) -> Pool | None:
    """More connections of the same kind; None for a database in memory, where each has one of its own."""
    return engine.pool.recreate() if engine.url.database not in {None, "", ":memory:"} else None


def _create_private(path: Path) -> None:
    """Create the file for its owner only; SQLite gives its WAL the same rights.

    One that is there is not opened: closing it would let go of the locks by which this process holds it open elsewhere, and who
    closes the database next would take the log away under that ("How To Corrupt An SQLite Database File", 2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _connect_beside(url: sa.URL) -> sqlite3.Connection:
    """A connection apart from the pool, whose connections keep what their users read."""
    connection = sqlite3.connect(str(url.database), check_same_thread=False)
    _sqlite_connected(_SQLITE_LEFT_PAGES, connection)
    return connection


def _emptied(driven: Any) -> bool:
    """Empty the write-ahead log into the main file; False when a reader was in the way."""
    driven.execute(f"PRAGMA busy_timeout={_SCRUB_TIMEOUT_MS}")
    try:
        (is_busy, _, _) = driven.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        driven.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    return not is_busy


def _sqlite_refused(context: sa.engine.ExceptionContext) -> None:
    """Give up connections that can only read: one that was opened then stays so, also when its file can be written again."""
    if sqlite_code(context.original_exception) != sqlite3.SQLITE_READONLY:
        return
    if context.connection is not None:
        # Closed with its transaction open, it would hold its locks as long as the error's traceback holds a cursor.
        with suppress(sqlite3.Error):
            context.connection.connection.rollback()
    context.is_disconnect = True


def _sqlite_connected(checkpoint_pages: int, connection: sqlite3.Connection, _record: Any = None) -> None:
    # The driver's own BEGIN is deferred and late; `_sqlite_begin` decides instead.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        f"cache_size=-{_SQLITE_CACHE_KIB}",
        f"wal_autocheckpoint={checkpoint_pages}",
        f"journal_size_limit={2 * checkpoint_pages * _SQLITE_PAGE_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    synchronous = connection.get_execution_options().get("onefold_write")
    if synchronous is None:
        connection.exec_driver_sql("BEGIN")
    else:
        # Each time: who had the connection before may have left it otherwise.
        driven: Any = connection.connection.dbapi_connection
        with raised_as_usual(connection, driven):
            driven.execute(f"PRAGMA synchronous={synchronous}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
