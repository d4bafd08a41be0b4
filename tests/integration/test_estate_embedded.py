"""`onefold ingest --from debezium` on real databases: no Kafka, one process for each source, and `kill -9` of all of them."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from cdc import stream_positions
from tests.conftest import unavailable
from tests.estate.jvm import JARS
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.installation import Installation, installation

WAIT_SECONDS = 60
ROWS = 400
WRITE_SECONDS = 8
LAST = 1_000_000
STREAM = "debezium:shop"
PASSWORD = "SHOP_DB_PASSWORD"
MAPPING = """
[[source]]
name = "shop"
topics = "shop.public.*"
[source.connector]
kind = "postgresql"
host = "127.0.0.1"
port = {port}
database = "{database}"
user = "{user}"
password_env = "SHOP_DB_PASSWORD"
slot = "{slot}"
publication = "{slot}"
{more}
[source.tables.customers]
kind = "person"
key = ["id"]
[source.tables.customers.columns]
name = {{ is = "name" }}
email = {{ is = "email", verified = true }}
[source.tables.orders]
kind = "order"
key = ["id"]
currency = "CNY"
[source.tables.orders.columns]
customer_id = {{ is = "person" }}
total = {{ is = "amount" }}
placed_at = {{ is = "occurred_at" }}
"""
TABLES = (
    "CREATE TABLE customers (id int PRIMARY KEY, name text, email text)",
    "CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric(10,2), placed_at timestamptz)",
    "ALTER TABLE customers REPLICA IDENTITY FULL",
    "ALTER TABLE orders REPLICA IDENTITY FULL",
)


class Shop:
    """A PostgreSQL database that rows are written to."""

    def __init__(self, postgres: LogicalPostgres, database: str, connection: psycopg.Connection[Any]) -> None:
        self.postgres = postgres
        self.database = database
        self.connection = connection

    @property
    def password(self) -> str:
        return self.postgres.password

    def execute(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(statement.encode())

    def mapping(self, slot: str, *, more: str = "") -> str:
        server = self.postgres
        return MAPPING.format(port=server.server.port, database=self.database, user=server.user, slot=slot, more=more)

    def is_read(self, slot: str) -> bool:
        query = "SELECT active FROM pg_replication_slots WHERE slot_name = %s"
        return self.connection.execute(query, [slot]).fetchone() == (True,)


@pytest.fixture
def shop(logical_postgres: LogicalPostgres) -> Iterator[Shop]:
    with logical_postgres.new_database() as database, logical_postgres.server.connect(database) as connection:
        made = Shop(logical_postgres, database, connection)
        made.execute(*TABLES)
        yield made


def command(one: Installation, *options: str) -> list[str]:
    config = str(one.folder / "onefold.toml")
    return [sys.executable, "-m", "server", "ingest", "--from", "debezium", "--json", "--config", config, *options]


def environment(one: Installation, source: "Shop | MariaDb") -> dict[str, str]:
    database = one.parts.settings.database
    return {**os.environ, PASSWORD: source.password, "ONEFOLD_DATABASE": database}


class Running:
    """`onefold ingest --from debezium`, as a process."""

    def __init__(self, one: Installation, source: Shop | MariaDb, *options: str) -> None:
        self.log = one.folder / "stderr"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command(one, *options), env=environment(one, source), stdout=subprocess.PIPE, stderr=log
            )

    def child(self) -> int:
        """The process with the Java virtual machine in it; 0 when there is none just now."""
        pid = self.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(listed[0]) if listed else 0

    def stop(self) -> dict[str, Any]:
        self.process.terminate()
        told, _ = self.process.communicate(timeout=WAIT_SECONDS)
        assert self.process.returncode == 0, self.log.read_text()
        found: dict[str, Any] = json.loads(told)
        return found

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def running(one: Installation, source: Shop | MariaDb, *options: str) -> Iterator[Running]:
    found = Running(one, source, *options)
    try:
        yield found
    finally:
        found.kill()


def wait_for(condition: Callable[[], object], what: str, run: Running) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come\n{run.log.read_text()}"
        assert run.process.poll() in (None, -signal.SIGKILL), run.log.read_text()
        time.sleep(0.2)


def ids(one: Installation) -> set[int]:
    with suppress(KeyError):  # a row ended while we read
        return {int(name.rpartition(" ")[2]) for name in one.shown()}
    return set()


def write(shop: Shop, count: int) -> None:
    """Commit what a shop does: rows one by one and many in one statement, changes, new keys, rows that go."""
    for number in range(0, count, 10):
        values = ", ".join(f"({n}, 'Name {n}', 'n{n}@example.com')" for n in range(number, number + 5))
        orders = ", ".join(f"({n}, {n}, {n}.50, now())" for n in range(number, number + 5))
        shop.execute(
            f"INSERT INTO customers VALUES {values}",
            f"INSERT INTO orders VALUES {orders}",
            f"INSERT INTO customers VALUES ({number + 5}, 'Same', 'n{number}@example.com')",
            f"UPDATE customers SET name = name || ' II' WHERE id BETWEEN {number} AND {number + 2}",
            f"UPDATE customers SET id = {number + 9} WHERE id = {number + 3}",
            f"DELETE FROM customers WHERE id = {number + 4}",
        )
        with shop.connection.cursor() as cursor, cursor.copy("COPY customers FROM STDIN") as copy:
            for n in (number + 6, number + 7, number + 8):
                copy.write_row((n, f"Copied {n}", f"c{n}@example.com"))
        time.sleep(WRITE_SECONDS * 10 / count)


# ---- kill -9 -----------------------------------------------------------------------------------------------------------


def test_kills_of_child_and_parent_end_in_the_state_of_an_undisturbed_run(
    shop: Shop, database_url: str, tmp_path: Path
) -> None:
    slot = "SELECT pg_create_logical_replication_slot('calm', 'pgoutput')"
    shop.execute("CREATE PUBLICATION calm FOR TABLE customers, orders", slot)
    with installation(tmp_path / "one", shop.mapping("killed"), database=database_url) as one:
        run = Running(one, shop)
        try:
            wait_for(lambda: shop.is_read("killed"), "reading", run)
            writing = Thread(target=write, args=(shop, ROWS))
            writing.start()
            killed_at = []
            for kill in (kill_child, kill_parent):
                run = kill(one, shop, run)
                killed_at.append(position(one))
            writing.join()
            finish(one, shop, run)
        finally:
            run.kill()
        assert max(killed_at) < position(one), "a kill fell outside of the run"
        assert one.parked() == []
        killed = one.lines()
    with installation(tmp_path / "calm", shop.mapping("calm", more='snapshot = "no_data"')) as calm:
        with running(calm, shop) as run:
            finish(calm, shop, run)
        assert killed == calm.lines()
        assert ids(calm) == {row[0] for row in shop.connection.execute("SELECT id FROM customers")}


def kill_child(one: Installation, shop: Shop, run: Running) -> Running:
    child = progress(one, run)
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: run.child() not in (0, child), "another child", run)
    return run


def kill_parent(one: Installation, shop: Shop, run: Running) -> Running:
    child = progress(one, run)
    run.kill()
    wait_for(lambda: not Path(f"/proc/{child}").exists(), "the end of the orphan", run)
    return Running(one, shop)


def progress(one: Installation, run: Running) -> int:
    """Wait until events are applied, and for some moment after; gives the child."""
    before = position(one)
    wait_for(lambda: position(one) > before, "progress", run)
    time.sleep(random.random() / 2)
    return run.child()


def finish(one: Installation, shop: Shop, run: Running) -> None:
    """Let all that was written until now be applied, and end it well."""
    shop.execute(f"INSERT INTO customers VALUES ({LAST}, 'Last', 'last@example.com') ON CONFLICT DO NOTHING")
    wait_for(lambda: LAST in ids(one), "the last row", run)
    assert run.stop()["sources"][0]["starts"] <= 2


def position(one: Installation) -> int:
    with one.parts.database.read() as connection:
        return next((at.next_offset for at in stream_positions(connection) if at.stream == STREAM), 0)


# ---- what the source no longer has -------------------------------------------------------------------------------------


def refused(one: Installation, source: Shop | MariaDb, *options: str) -> str:
    """What the command says that ends by itself with 2."""
    done = subprocess.run(
        command(one, *options), env=environment(one, source), capture_output=True, text=True, timeout=35, check=False
    )
    assert done.returncode == 2, done.stderr
    return done.stderr


def test_a_slot_that_vanished_is_an_error_and_reading_anew_finds_what_was_missed(shop: Shop, tmp_path: Path) -> None:
    with installation(tmp_path / "one", shop.mapping("gone")) as one:
        shop.execute("INSERT INTO customers VALUES (1, 'Ada', 'ada@example.com'), (2, 'Bob', 'bob@example.com')")
        with running(one, shop) as run:
            wait_for(lambda: ids(one) == {1, 2} and shop.is_read("gone"), "rows", run)
            finish(one, shop, run)
        wait_for(lambda: not shop.is_read("gone"), "the end of the walsender", run)
        shop.execute("SELECT pg_drop_replication_slot('gone')", "DELETE FROM customers WHERE id = 1")
        assert "--source shop --read-anew" in refused(one, shop)
        assert ids(one) == {1, 2, LAST}
        with running(one, shop, "--source", "shop", "--read-anew") as run:
            wait_for(lambda: ids(one) == {2, LAST}, "the truth", run)
            run.stop()


def test_what_is_set_up_wrongly_is_said(shop: Shop, tmp_path: Path) -> None:
    text = shop.mapping("wrong").replace(f'database = "{shop.database}"', 'database = "nowhere"')
    with installation(tmp_path / "one", text) as one:
        assert "nowhere" in refused(one, shop)
        assert "no source is named 'till'" in refused(one, shop, "--source", "till")


# ---- a till ------------------------------------------------------------------------------------------------------------

TILL = """
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
password_env = "SHOP_DB_PASSWORD"
notifications = "till.{database}.onefold_notifications"
[source.tables.members]
kind = "person"
key = ["id"]
[source.tables.members.columns]
email = {{ is = "email", verified = true }}
phone = {{ is = "phone" }}
"""


def test_a_till_is_read_on_after_kills_and_a_change_of_its_table(mariadb: MariaDb, tmp_path: Path) -> None:
    if not any(JARS.glob("debezium-embedded-*.jar")):
        unavailable("The jars of another Debezium are not here: `make services` fetches them.")
    folder = tmp_path / "one"
    with mariadb.new_database() as database, mariadb.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE members (id int PRIMARY KEY, email varchar(50))")
        cursor.execute("INSERT INTO members VALUES (1, 'ada@example.com')")
        text = TILL.format(jars=JARS, database=database, port=mariadb.port, user=mariadb.user)
        with installation(folder, text) as one, running(one, mariadb) as run:
            wait_for(lambda: ids(one) == {1}, "the snapshot", run)
            cursor.execute("INSERT INTO members VALUES (2, 'bob@example.com')")
            wait_for(lambda: ids(one) == {1, 2}, "a change", run)
            os.kill(run.child(), signal.SIGKILL)
            cursor.execute("ALTER TABLE members ADD phone varchar(20)")
            cursor.execute("INSERT INTO members VALUES (3, 'cy@example.com', '13800138000')")
            cursor.execute("DELETE FROM members WHERE id = 1")
            wait_for(lambda: ids(one) == {2, 3}, "what was written meanwhile", run)
            assert "phone" in "".join(one.lines())
            run.stop()
            assert one.parked() == []
