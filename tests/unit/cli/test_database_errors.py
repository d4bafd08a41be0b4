"""A database's refusal is told with its mend, and nothing of the driver's text."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from cli.database_errors import database_message


def wrapped(cause: Exception) -> DBAPIError:
    return OperationalError("SELECT", {}, cause)


def of_sqlite(code: int) -> str:
    cause = sqlite3.OperationalError("xiaomei@example.com")
    cause.sqlite_errorcode = code
    return database_message(wrapped(cause))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (sqlite3.SQLITE_FULL, "full"),
        (sqlite3.SQLITE_BUSY, "another process"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "another process"),
        (sqlite3.SQLITE_READONLY, "only be read"),
        (sqlite3.SQLITE_IOERR_WRITE, "the disk refuses"),
        (sqlite3.SQLITE_NOTADB, "not an SQLite database"),
        (sqlite3.SQLITE_ERROR, "does not answer as it should (OperationalError)"),
    ],
)
def test_what_sqlite_refuses_is_told_with_its_mend(code: int, said: str) -> None:
    assert said in of_sqlite(code)
    assert "xiaomei" not in of_sqlite(code)


def test_who_tries_again_by_itself_asks_nobody_to() -> None:
    cause = psycopg.errors.DiskFull("xiaomei")
    assert "make room, then run the same command again" in database_message(wrapped(cause))
    assert database_message(wrapped(cause), is_tried_again=True).endswith("make room; trying again")


def test_sqlites_own_error_has_the_code(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database" * 100)
    connection = sqlite3.connect(tmp_path / "notes.txt")
    with pytest.raises(sqlite3.DatabaseError) as caught:
        connection.execute("SELECT * FROM sqlite_master")
    connection.close()
    assert "not an SQLite database" in database_message(wrapped(caught.value))


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (psycopg.errors.DiskFull("xiaomei"), "full"),
        (psycopg.errors.ReadOnlySqlTransaction("xiaomei"), "standby"),
        (psycopg.errors.InvalidPassword("xiaomei"), "login"),
        (psycopg.errors.ConnectionFailure("xiaomei"), "cannot be reached"),
        (psycopg.errors.StringDataRightTruncation("xiaomei"), "does not fit"),
        (psycopg.OperationalError('password authentication failed for user "xiaomei"'), "login"),
        (psycopg.OperationalError("connection refused by xiaomei"), "cannot be reached"),
        (psycopg.errors.DeadlockDetected("xiaomei"), "does not answer as it should"),
    ],
)
def test_what_postgresql_refuses_is_told_with_its_mend(cause: Exception, said: str) -> None:
    message = database_message(wrapped(cause))
    assert said in message
    assert "xiaomei" not in message
