"""`onefold ingest --from debezium` on a real MariaDB, with the jars of another Debezium: kills, and binary logs that are gone."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pymysql
import pytest

from cdc.embedded.errors import LogLost
from tests.conftest import unavailable
from tests.estate.jvm import JARS
from tests.estate.mariadb import MariaDb
from tests.installation import Installation, installation
from tests.integration.embedded import (
    LAST,
    PASSWORD,
    audited,
    check_place,
    need_engine,
    persons,
    running,
    survive_kills,
)
from tests.integration.embedded_lag import NOISE, assert_lag_is_told
from tests.integration.embedded_snapshot import ROWS, survive_kills_in_the_snapshot

COLUMN_AT = 50
MAPPING = """
[debezium]
jars = "{jars}"
[[source]]
name = "till"
topics = "till.{database}.*"
[source.connector]
kind = "mariadb"
host = "127.0.0.1"
port = {port}
database = "{database}"
user = "{user}"
password_env = "{password}"
server_id = {server_id}
notifications = "till.{database}.onefold_notifications"
[source.tables.members]
kind = "person"
key = ["id"]
[source.tables.members.columns]
email = {{ is = "email", verified = true }}
phone = {{ is = "phone" }}
"""


class Till:
    """A MariaDB database that rows are written to."""

    name = "till"

    def __init__(self, server: MariaDb, database: str, cursor: "pymysql.cursors.Cursor") -> None:
        self.server = server
        self.database = database
        self.cursor = cursor

    @property
    def password(self) -> str:
        return self.server.password

    def execute(self, *statements: str) -> None:
        for statement in statements:
            self.cursor.execute(statement)

    def mapping(self, *, server_id: int = 5402) -> str:
        server = self.server
        return MAPPING.format(
            jars=JARS,
            database=self.database,
            port=server.port,
            user=server.user,
            password=PASSWORD,
            server_id=server_id,
        )

    def ids(self) -> set[int]:
        self.execute("SELECT id FROM members")
        return {row[0] for row in self.cursor.fetchall()}

    def write_last(self) -> None:
        self.execute(f"INSERT INTO members (id, email) VALUES ({LAST}, 'last@example.com')")


@pytest.fixture
def till(mariadb: MariaDb) -> Iterator[Till]:
    need_engine()
    if not any(JARS.glob("debezium-embedded-*.jar")):
        unavailable("The jars of another Debezium are not here: `make services` fetches them.")
    with mariadb.new_database() as database, mariadb.connect(database) as connection, connection.cursor() as cursor:
        made = Till(mariadb, database, cursor)
        made.execute(
            "CREATE TABLE members (id int PRIMARY KEY, email varchar(50))",
            "INSERT INTO members VALUES (0, 'nil@example.com')",
        )
        yield made


def sell(till: Till, number: int) -> None:
    """Commit what a till does: rows one by one and many in one statement, changes, new keys, rows that go, once a new column."""
    if number == COLUMN_AT:
        till.execute("ALTER TABLE members ADD phone varchar(20)")
    if number > COLUMN_AT:
        till.execute(f"UPDATE members SET phone = '138001{number:05}' WHERE id = {number - 10}")
    values = ", ".join(f"({n}, 'n{n}@example.com')" for n in range(number, number + 5))
    till.execute(
        f"INSERT INTO members (id, email) VALUES {values}",
        "BEGIN",
        f"INSERT INTO members (id, email) VALUES ({number + 5}, 'n{number}@example.com')",
        f"UPDATE members SET email = concat('x', email) WHERE id BETWEEN {number} AND {number + 2}",
        "COMMIT",
        f"UPDATE members SET id = {number + 9} WHERE id = {number + 3}",
        f"DELETE FROM members WHERE id = {number + 4}",
    )


def test_kills_of_child_and_parent_end_in_the_state_of_an_undisturbed_run(till: Till, tmp_path: Path) -> None:
    with (
        installation(tmp_path / "one", till.mapping()) as one,
        installation(tmp_path / "calm", till.mapping(server_id=5403)) as calm,
    ):
        survive_kills(one, calm, till, partial(sell, till))
        assert one.lines() == calm.lines()
        assert "phone" in "".join(one.lines())
        assert persons(calm) == till.ids()


def change(till: Till, gone: int, changed: int, moved: int) -> None:
    """Let one row go, change one, give one another key, and add one."""
    till.execute(
        f"DELETE FROM members WHERE id = {gone}",
        f"UPDATE members SET email = concat('x', email) WHERE id = {changed}",
        f"UPDATE members SET id = {moved + 10_000} WHERE id = {moved}",
        f"INSERT INTO members VALUES ({gone + 20_000}, 'new{gone}@example.com')",
    )


def test_kills_in_the_middle_of_the_first_snapshot_lose_and_double_nothing(till: Till, tmp_path: Path) -> None:
    till.execute(f"INSERT INTO members SELECT seq, concat('n', seq, '@example.com') FROM seq_1_to_{ROWS}")
    with (
        installation(tmp_path / "one", till.mapping()) as one,
        installation(tmp_path / "calm", till.mapping(server_id=5403)) as calm,
    ):
        survive_kills_in_the_snapshot(one, calm, till, partial(change, till))
        assert one.lines() == calm.lines()
        assert persons(one) == till.ids()


def test_how_far_an_engine_is_behind_is_told(till: Till, tmp_path: Path) -> None:
    noise = "CREATE TABLE noise (text mediumtext)", f"INSERT INTO noise VALUES (repeat('x', {NOISE}))", "FLUSH LOGS"
    with installation(tmp_path / "one", till.mapping()) as one:
        assert_lag_is_told(one, till, partial(till.execute, *noise))


def test_binary_logs_that_were_begun_anew_end_the_command_until_all_is_read_anew(till: Till, tmp_path: Path) -> None:
    with installation(tmp_path / "one", till.mapping()) as one:
        till.execute("INSERT INTO members VALUES (1, NULL), (2, NULL)")
        with running(one, till) as run:
            run.wait_for(lambda: persons(one) == {0, 1, 2}, "the snapshot")
            before = one.shown()["members 1"]
            till.execute("UPDATE members SET id = 3 WHERE id = 1")
            run.wait_for(lambda: persons(one) == {0, 2, 3}, "the new key")
            # Only a header says that the row that went and the row that came are one.
            assert one.shown()["members 3"] == before
            check_place(one, till)
            till.execute("RESET MASTER", "DELETE FROM members WHERE id = 3")
            assert run.process.wait(45) == 2
            assert "--source till --read-anew" in run.log.read_text()
        assert_longer_logs_are_no_others(one, till)
        assert persons(one) == {0, 2, 3}
        # Positions are lower than those of all that was read; Debezium 3.5 fails at a log without any transaction.
        till.execute("RESET MASTER", "CREATE TABLE others (id int)")
        with running(one, till, "--source", "till", "--read-anew") as run:
            run.wait_for(lambda: persons(one) == {0, 2}, "the truth")
            till.execute("INSERT INTO members VALUES (4, NULL)", "INSERT INTO members VALUES (5, NULL)")
            run.wait_for(lambda: persons(one) == {0, 2, 4, 5}, "changes of the new log")
            assert audited(one, till) == {"members": "equal"}
            run.stop()
        check_place(one, till)
        till.execute("FLUSH LOGS")
        check_place(one, till)
        purge(till)
        with pytest.raises(LogLost, match="is gone, or was begun anew"):
            check_place(one, till)


def assert_longer_logs_are_no_others(one: Installation, till: Till) -> None:
    """A new log of the old name, and longer than the old one was, is not the old one."""
    for number in range(100, 130):
        till.execute(f"INSERT INTO members VALUES ({number}, NULL)", f"DELETE FROM members WHERE id = {number}")
    with pytest.raises(LogLost, match=r"begun anew.* --source till --read-anew"):
        check_place(one, till)


def purge(till: Till) -> None:
    """Delete the oldest binary log; one that the server still sends, to whoever is gone, stays a while."""
    deadline = time.monotonic() + 20
    oldest = logs(till)[0]
    while oldest in logs(till):
        assert time.monotonic() < deadline
        till.execute("FLUSH LOGS", f"PURGE BINARY LOGS TO '{logs(till)[-1]}'")
        time.sleep(0.2)


def logs(till: Till) -> list[str]:
    till.execute("SHOW BINARY LOGS")
    return [str(row[0]) for row in till.cursor.fetchall()]
