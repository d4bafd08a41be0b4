"""The main database cannot be written amid business: its disk is full or refuses, or it is read-only. Mended, all goes on, and nothing is lost."""

import os
import resource
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import make_url

from tests.conftest import unavailable
from tests.estate.company import Company
from tests.estate.killable_postgres import KillablePostgres
from tests.estate.reader import Reader, amid_business, reader_of, wait_for
from tests.services.process import ServiceUnavailableError, unprivileged_account
from tests.services.small_disk import SmallDisk, small_disk

STANDS_SECONDS = 3
#: Less than SQLite's log has when it is set, and more than the worker's log ever has.
MAX_FILE_BYTES = 64 * 1024


@contextmanager
def disk(megabytes: int, user: str = "") -> Iterator[SmallDisk]:
    account = unprivileged_account(user) if user else None
    try:
        with small_disk(megabytes=megabytes, account=account) as found:
            yield found
    except ServiceUnavailableError as reason:
        unavailable(str(reason))


@pytest.fixture
def sqlite_disk(company: Company, tmp_path: Path) -> Iterator[tuple[Reader, SmallDisk]]:
    """An installation whose main database is an SQLite file on a small disk."""
    with disk(16) as found, reader_of(company, tmp_path, f"sqlite:///{found.folder / 'data' / 'onefold.db'}") as reader:
        reader.start()
        yield reader, found


@pytest.fixture
def postgres_disk(
    company: Company, servers: dict[str, KillablePostgres], tmp_path: Path
) -> Iterator[tuple[Reader, SmallDisk]]:
    """An installation whose main database is a PostgreSQL database on a small disk."""
    server = servers["ours"].server
    with disk(64, "postgres") as found:
        execute(servers, sql.SQL("CREATE TABLESPACE small LOCATION {}").format(str(found.folder / "data")))
        try:
            with server.new_database() as url:
                name = sql.Identifier(make_url(url).database or "")
                execute(servers, sql.SQL("ALTER DATABASE {} SET TABLESPACE small").format(name))
                with reader_of(company, tmp_path, url) as reader:
                    reader.start()
                    yield reader, found
        finally:
            execute(servers, sql.SQL("DROP TABLESPACE small"))


def execute(servers: dict[str, KillablePostgres], statement: sql.SQL | sql.Composed) -> None:
    with servers["ours"].server.connect() as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(statement)


@pytest.mark.parametrize("place", ["sqlite_disk", "postgres_disk"])
def test_full_disk(place: str, request: pytest.FixtureRequest) -> None:
    reader, found = request.getfixturevalue(place)
    with amid_business(reader, seed=31) as fell_inside:
        found.fill()
        fell_inside()
        wait_for(lambda: "the disk of the database is full" in reader.log.read_text())
        if place == "sqlite_disk":  # PostgreSQL may still find room in pages that it has
            assert_nothing_is_written(reader)
        assert reader.is_at_work
        found.free()
    reader.assert_is_as_undisturbed()


def test_read_only_database(reader: Reader, servers: dict[str, KillablePostgres]) -> None:
    with amid_business(reader, seed=32) as fell_inside:
        set_read_only(servers, "on")
        fell_inside()
        wait_for(lambda: "the database can only be read" in reader.log.read_text())
        assert_nothing_is_written(reader)
        assert reader.is_at_work
        set_read_only(servers, "off")
    reader.assert_is_as_undisturbed()


@pytest.fixture
def sqlite_reader(company: Company, tmp_path: Path) -> Iterator[Reader]:
    """An installation whose main database is an SQLite file; rights to files bind its worker, also where root runs the tests."""
    with reader_of(company, tmp_path, f"sqlite:///{tmp_path / 'data' / 'onefold.db'}") as reader:
        if os.geteuid() == 0:
            if shutil.which("setpriv") is None:
                unavailable("Root may write to every file, unless there is `setpriv` (Debian: util-linux).")
            reader.launcher = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
        reader.start()
        yield reader


def test_read_only_file(sqlite_reader: Reader) -> None:
    """A worker that was started on a file that it may only read goes on as soon as it may write."""
    reader = sqlite_reader
    file = Path(make_url(reader.database).database or "")
    with amid_business(reader, seed=33) as fell_inside:
        reader.stop()
        file.chmod(0o400)
        reader.start()
        wait_for(lambda: f"{file}: the database can only be read" in reader.log.read_text())
        fell_inside()
        assert_nothing_is_written(reader)
        assert reader.is_at_work
        file.chmod(0o600)
    reader.assert_is_as_undisturbed()


def test_disk_that_refuses_writes(sqlite_reader: Reader) -> None:
    """As one does whose file system turned read-only, or is over its quota: SQLite's error is the same."""
    reader = sqlite_reader
    file = Path(make_url(reader.database).database or "")
    with amid_business(reader, seed=34) as fell_inside, closing(sqlite3.connect(file)) as beside:
        # Somebody who reads keeps the log from beginning anew below the limit, where a small change would still find room.
        beside.execute("BEGIN")
        beside.execute("SELECT count(*) FROM profile").fetchone()
        wait_for(lambda: bytes_in_log(file) > 2 * MAX_FILE_BYTES)
        may_write(reader, MAX_FILE_BYTES)
        wait_for(lambda: f"{file}: the disk refuses to read or write" in reader.log.read_text())
        fell_inside()
        assert_nothing_is_written(reader)
        assert reader.is_at_work
        may_write(reader, resource.RLIM_INFINITY)
    reader.assert_is_as_undisturbed()


def bytes_in_log(file: Path) -> int:
    """How far SQLite's log is written; the size of its file says how far it ever was."""
    with closing(sqlite3.connect(file)) as connection:
        _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    return int(pages) * int(page_bytes)


def may_write(reader: Reader, most: int) -> None:
    """Let the worker write no file beyond so many bytes from now on."""
    resource.prlimit(reader.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def set_read_only(servers: dict[str, KillablePostgres], value: str) -> None:
    execute(servers, sql.SQL("ALTER SYSTEM SET default_transaction_read_only = {}").format(value))
    execute(servers, sql.SQL("SELECT pg_reload_conf()"))


def assert_nothing_is_written(reader: Reader) -> None:
    before = reader.read_so_far()
    time.sleep(STANDS_SECONDS)
    assert reader.read_so_far() == before
