"""A database is opened the way Onefold needs it: durable, private, silent about values, one snapshot for each reader."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from storage import Database, StorageError
from storage.postgresql import _require_version


def test_without_its_driver_postgresql_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "storage.psycopg_arrays", raising=False)
    with pytest.raises(StorageError, match=r"pip install '\.\[postgres\]'"):
        Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'folder' / 'onefold.db'}")
    with made.write() as connection:
        connection.execute(sa.text("CREATE TABLE thing (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES thing (id))"))
    yield made
    made.close()


def put(database: Database, number: int) -> None:
    with database.write() as connection:
        connection.execute(sa.text("INSERT INTO thing (id) VALUES (:id)"), {"id": number})


def count(connection: sa.Connection) -> int:
    return int(connection.execute(sa.text("SELECT count(*) FROM thing")).scalar_one())


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL: every commit reaches the disk
        ("secure_delete", 1),
        ("foreign_keys", 1),
        ("temp_store", 2),  # memory: no temporary file holds a row
        ("busy_timeout", 30_000),
    ],
)
def test_every_connection_has_its_pragmas(database: Database, pragma: str, expected: object) -> None:
    with database.read() as first, database.read() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == expected


def test_deleted_bytes_are_overwritten(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
        connection.exec_driver_sql("INSERT INTO note VALUES (1, 'canary-of-the-test')")
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM note")
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    assert b"canary-of-the-test" not in Path(str(database.url.database)).read_bytes()


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.text("INSERT INTO thing VALUES (1, 99)"))


def test_only_the_owner_can_read_any_of_the_files(database: Database, tmp_path: Path) -> None:
    put(database, 1)
    with database.read() as connection:
        count(connection)
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "folder").iterdir()}
    assert modes == dict.fromkeys(["onefold.db", "onefold.db-wal", "onefold.db-shm"], 0o600)
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700


def test_who_opens_a_database_twice_still_sees_what_others_write(database: Database, tmp_path: Path) -> None:
    """SQLite's locks are the process's: whoever opened and closed the file itself would let go of them."""
    put(database, 1)
    with closing(Database(str(database.engine.url))):
        pass
    file = str(tmp_path / "folder" / "onefold.db")
    insert = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit(); c.close()"
    for number in (2, 3):
        statement = f"INSERT INTO thing (id) VALUES ({number})"
        subprocess.run([sys.executable, "-c", insert, file, statement], check=True, timeout=60)
        with database.read() as connection:
            assert count(connection) == number


def test_values_are_not_in_error_messages(database: Database) -> None:
    put(database, 13812345670)
    with pytest.raises(sa.exc.IntegrityError) as caught:
        put(database, 13812345670)
    assert "13812345670" not in str(caught.value)
    assert "13812345670" not in repr(caught.value)


def test_writers_keep_a_connection_of_their_own(database: Database) -> None:
    """Whoever reads meanwhile, and gives its connection back before or after: another one would have to read all pages again."""

    def driven(connection: sa.Connection) -> object:
        return connection.connection.driver_connection

    used = []
    for number in range(4):
        with database.read() as before, database.write() as connection:
            connection.execute(sa.text("INSERT INTO thing (id) VALUES (:id)"), {"id": number})
            used.append(driven(connection))
            with database.read() as beside:
                assert driven(connection) not in {driven(before), driven(beside)}
        assert database.scrub()
    assert used == [used[0]] * 4


def test_a_connection_that_can_only_read_is_not_used_again(database: Database, tmp_path: Path) -> None:
    put(database, 1)
    database.close()
    is_read_only = True

    def connect(*_: object) -> sqlite3.Connection | None:
        file = tmp_path / "folder" / "onefold.db"
        return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) if is_read_only else None

    sa.event.listen(database.engine, "do_connect", connect)
    with closing(Database(str(database.engine.url))) as other:
        put(other, 2)  # there is something to empty
        with pytest.raises(sa.exc.OperationalError, match="disk I/O error"):
            database.scrub()
    is_read_only = False
    assert database.scrub()


def test_a_reader_sees_one_snapshot(database: Database) -> None:
    with database.read() as reader:
        assert count(reader) == 0
        put(database, 1)
        assert count(reader) == 0
    with database.read() as reader:
        assert count(reader) == 1


def test_what_a_reader_writes_is_not_kept(database: Database) -> None:
    with database.read() as reader:
        reader.execute(sa.text("INSERT INTO thing (id) VALUES (1)"))
    with database.read() as reader:
        assert count(reader) == 0


def test_an_error_rolls_everything_back(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.text("INSERT INTO thing (id) VALUES (:id)"), [{"id": 1}, {"id": 2}, {"id": 1}])
    with database.read() as reader:
        assert count(reader) == 0


def test_a_second_writer_waits_from_its_first_moment(database: Database) -> None:
    """Were the lock taken at the first write only, both would read 0, and one would fail or overwrite."""
    entered = threading.Event()
    seen: list[int] = []

    def second() -> None:
        entered.set()
        with database.write() as connection:
            seen.append(count(connection))

    with database.write() as connection:
        count(connection)
        thread = threading.Thread(target=second)
        thread.start()
        entered.wait(5)
        thread.join(0.2)
        assert thread.is_alive()
        connection.execute(sa.text("INSERT INTO thing (id) VALUES (1)"))
    thread.join(10)
    assert seen == [1]


def test_each_commit_is_synced_unless_it_may_be_lost(database: Database) -> None:
    """Whoever had the connection before: one is used again and again here."""
    levels: list[int] = []

    def note(connection: sa.Connection) -> None:
        driven: Any = connection.connection.driver_connection
        levels.append(driven.execute("PRAGMA synchronous").fetchone()[0])

    sa.event.listen(database.engine, "commit", note)
    put(database, 1)
    with database.write(relaxed=True) as connection:
        connection.execute(sa.text("INSERT INTO thing (id) VALUES (2)"))
    put(database, 3)
    with database.write(before_scrub=True) as connection:
        connection.execute(sa.text("INSERT INTO thing (id) VALUES (4)"))
    put(database, 5)
    assert levels == [2, 1, 2, 1, 2]


def test_other_databases_are_refused_by_name() -> None:
    with pytest.raises(StorageError, match="'mysql' is not supported"):
        Database("mysql+pymysql://localhost/x")


def test_postgresql_before_15_is_refused() -> None:
    with pytest.raises(StorageError, match="15 or newer is needed, this server has version 14"):
        _require_version(SimpleNamespace(info=SimpleNamespace(server_version=140_011)), None)
    _require_version(SimpleNamespace(info=SimpleNamespace(server_version=150_000)), None)
