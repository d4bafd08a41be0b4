"""A database that cannot be written amid work, the records' or the keys': it is told where and what mends it, and nothing is lost or doubled."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bench.events import MAPPING as BENCH
from bench.events import write_events
from cdc.tables import stream_position
from storage import Database, database_of, sqlite_code
from tests.installation import Installation, captured, installation
from tests.integration.test_cli import Onefold
from tests.refusing import refusing

EVENTS = 600
MEND = {
    "read-only": "the database can only be read; let the user that runs Onefold write to its file and folder",
    "full": "the disk of the database is full; nothing of the batch was written: make room, then run the same command again",
    "standby": "the database can only be read; it is a standby or set to read-only: name the primary in `database` and `keystore`",
}


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("events") / "events.jsonl"
    write_events(file, EVENTS)
    return file


@pytest.fixture(scope="module")
def undisturbed(events: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    with installation(tmp_path_factory.mktemp("undisturbed") / "one", BENCH) as one:
        one.ingest(captured(events))
        return one.lines()


@pytest.mark.parametrize(
    ("how", "of", "database_url"),
    [
        pytest.param("read-only", "onefold.db", "sqlite", id="read-only"),
        pytest.param("read-only", "keystore.db", "sqlite", id="read-only keys"),
        pytest.param("full", "onefold.db", "sqlite", id="full"),
        pytest.param("full", "keystore.db", "sqlite", id="full keys"),
        pytest.param("read-only", "", "postgres", id="read-only on PostgreSQL", marks=pytest.mark.postgres),
    ],
    indirect=["database_url"],
)
def test_a_command_ends_where_it_cannot_write_and_goes_on_when_it_can(  # noqa: PLR0913, PLR0917 - fixtures
    how: str, of: str, database_url: str, events: Path, undisturbed: list[str], tmp_path: Path
) -> None:
    onefold = Onefold(tmp_path / "one", ONEFOLD_DATABASE=database_url)
    with installation(onefold.folder, BENCH, database=database_url) as one:
        name = of or str(sa.make_url(database_url).database)
        with refusing(how, name) as refusal:
            refusal.begin_after(30)
            ended = onefold.run("ingest", events, "--batch", "10")
            assert refusal.is_on, "it fell outside of the run"
            assert (ended.exit_code, ended.stdout) == (2, "")
            assert_is_told(ended.stderr, place_of(one, name), MEND["standby" if not of else how])
            at = read_so_far(one)
            assert 0 < at < events.stat().st_size, "it fell outside of the run"
            refusal.is_on = False
            assert onefold.run("ingest", events, "--batch", "10").exit_code == 0
        assert one.lines() == undisturbed


def assert_is_told(said: str, place: str, mend: str) -> None:
    """In one line, with nothing beside it."""
    assert said == f"onefold: {place}: {mend}\n"


def place_of(one: Installation, name: str) -> str:
    """How a database is named: SQLite's by its file."""
    databases = (one.parts.database, one.parts.keystore_database)
    url = next(each.url for each in databases if str(each.url.database).endswith(name))
    return f"{url.database} at {url.host}:{url.port}" if url.host else str(url.database)


def read_so_far(one: Installation) -> int:
    return max((row.next_offset for row in one.rows(stream_position)), default=0)


# ---- what goes past SQLAlchemy to the driver ---------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "onefold.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{file}")) as made:
        yield made


def test_a_log_that_cannot_be_emptied_is_an_error_of_its_database(database: Database, file: Path) -> None:
    """As any other, so that workers wait for what passes."""
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE line (number INTEGER PRIMARY KEY, text TEXT)")
        connection.execute(sa.text("INSERT INTO line VALUES (:n, :t)"), [{"n": n, "t": "x" * 4_000} for n in range(50)])
    assert database.scrub()
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE line SET text = 'y' WHERE number = 49")
    with may_write(file.stat().st_size // 2), pytest.raises(DBAPIError) as caught:
        database.scrub()
    assert (sqlite_code(caught.value.orig), database_of(caught.value)) == (sqlite3.SQLITE_IOERR, str(file))
    with database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
    assert database.scrub()


@contextmanager
def may_write(most: int) -> Iterator[None]:
    """Let this process write no file beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_is_refused_before_a_transaction_begins_is_an_error_of_its_database(
    database: Database, file: Path
) -> None:
    with database.write() as connection:
        driven: Any = connection.connection.dbapi_connection
        driven.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_PRAGMA else 0)
    with pytest.raises(DBAPIError) as caught, database.write():
        pass
    assert database_of(caught.value) == str(file)
    driven.set_authorizer(None)
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE line (number INTEGER)")


def test_a_database_without_a_name_is_not_called_by_one() -> None:
    with closing(Database("sqlite://")) as made, pytest.raises(DBAPIError) as caught, made.read() as connection:
        connection.exec_driver_sql("SELECT number FROM line")
    assert not database_of(caught.value)
