"""`onefold ingest --from debezium` on a real PostgreSQL: no Kafka, and `kill -9` of its processes."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cdc.embedded.errors import LogLost
from tests.estate.postgres import LogicalPostgres
from tests.installation import Installation, installation
from tests.integration.embedded import (
    LAST,
    PASSWORD,
    audited,
    check_place,
    need_engine,
    persons,
    refused,
    running,
    survive_kills,
)
from tests.integration.embedded_lag import NOISE, assert_lag_is_told
from tests.integration.embedded_snapshot import ROWS, survive_kills_in_the_snapshot

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
password_env = "{password}"
slot = "{slot}"
publication = "{slot}"
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
    "INSERT INTO customers VALUES (0, 'Nil', 'nil@example.com')",
)


class Shop:
    """A PostgreSQL database that rows are written to."""

    name = "shop"

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

    def mapping(self, slot: str) -> str:
        server = self.postgres
        return MAPPING.format(
            port=server.server.port, database=self.database, user=server.user, slot=slot, password=PASSWORD
        )

    def is_read(self, slot: str) -> bool:
        query = "SELECT active FROM pg_replication_slots WHERE slot_name = %s"
        return self.connection.execute(query, [slot]).fetchone() == (True,)

    def ids(self) -> set[int]:
        return {row[0] for row in self.connection.execute("SELECT id FROM customers")}

    def write_last(self) -> None:
        self.execute(f"INSERT INTO customers VALUES ({LAST}, 'Last', 'last@example.com')")


@pytest.fixture
def shop(logical_postgres: LogicalPostgres) -> Iterator[Shop]:
    need_engine()
    with logical_postgres.new_database() as database, logical_postgres.server.connect(database) as connection:
        made = Shop(logical_postgres, database, connection)
        made.execute(*TABLES)
        yield made


def sell(shop: Shop, number: int) -> None:
    """Commit what a shop does: rows one by one and many in one statement, changes, new keys, rows that go."""
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


def test_kills_of_child_and_parent_end_in_the_state_of_an_undisturbed_run(
    shop: Shop, postgres_url: str, tmp_path: Path
) -> None:
    with (
        installation(tmp_path / "one", shop.mapping("killed"), database=postgres_url) as one,
        installation(tmp_path / "calm", shop.mapping("calm")) as calm,
    ):
        survive_kills(one, calm, shop, partial(sell, shop))
        assert one.lines() == calm.lines()
        assert persons(calm) == shop.ids()


def change(shop: Shop, gone: int, changed: int, moved: int) -> None:
    """Let one row go with its orders, change one, give one another key, and add one."""
    shop.execute(
        f"DELETE FROM customers WHERE id = {gone}",
        f"DELETE FROM orders WHERE customer_id = {gone}",
        f"UPDATE customers SET name = name || ' II' WHERE id = {changed}",
        f"UPDATE customers SET id = {moved + 10_000} WHERE id = {moved}",
        f"INSERT INTO customers VALUES ({gone + 20_000}, 'New', 'new{gone}@example.com')",
    )


def test_kills_in_the_middle_of_the_first_snapshot_lose_and_double_nothing(
    shop: Shop, postgres_url: str, tmp_path: Path
) -> None:
    shop.execute(
        f"INSERT INTO customers SELECT n, 'Name ' || n, 'n' || n || '@example.com' FROM generate_series(1, {ROWS}) n",
        "INSERT INTO orders SELECT n, 1 + n % 100, n, now() FROM generate_series(1, 300) n",
    )
    with (
        installation(tmp_path / "one", shop.mapping("cut"), database=postgres_url) as one,
        installation(tmp_path / "calm", shop.mapping("calm")) as calm,
    ):
        survive_kills_in_the_snapshot(one, calm, shop, partial(change, shop))
        assert one.lines() == calm.lines()
        assert persons(one) == shop.ids()


def test_how_far_an_engine_is_behind_is_told(shop: Shop, tmp_path: Path) -> None:
    with installation(tmp_path / "one", shop.mapping("behind")) as one:
        assert_lag_is_told(
            one, shop, partial(shop.execute, f"SELECT pg_logical_emit_message(true, 'noise', repeat('x', {NOISE}))")
        )


def test_a_row_keeps_its_profile_under_a_new_key_and_a_slot_that_vanished_is_an_error_until_all_is_read_anew(
    shop: Shop, tmp_path: Path
) -> None:
    with installation(tmp_path / "one", shop.mapping("gone")) as one:
        shop.execute("INSERT INTO customers VALUES (1, 'Ada', NULL), (2, 'Bob', NULL)")
        with running(one, shop) as run:
            run.wait_for(lambda: persons(one) == {0, 1, 2} and shop.is_read("gone"), "the snapshot")
            before = one.shown()["customers 1"]
            shop.execute("UPDATE customers SET id = 3 WHERE id = 1")
            run.wait_for(lambda: persons(one) == {0, 2, 3}, "the new key")
            # Only a header says that the row that went and the row that came are one.
            assert one.shown()["customers 3"] == before
            shop.write_last()
            run.wait_for(lambda: LAST in persons(one), "the last row")
            run.stop()
            run_ended(shop, "gone")
        assert_gaps_of_slots_are_found(one, shop)
        shop.execute("DELETE FROM customers WHERE id = 3")
        with running(one, shop, "--source", "shop", "--read-anew") as run:
            run.wait_for(lambda: persons(one) == {0, 2, LAST}, "the truth")
            assert audited(one, shop) == {"customers": "equal", "orders": "equal"}
            run.stop()


def run_ended(shop: Shop, slot: str) -> None:
    """Wait for the end of its walsender."""
    deadline = time.monotonic() + 10
    while shop.is_read(slot):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def assert_gaps_of_slots_are_found(one: Installation, shop: Shop) -> None:
    """Of a slot that somebody read on and one that is gone, and of none before; the slot is gone behind it."""
    check_place(one, shop)
    shop.execute("INSERT INTO customers VALUES (4, 'Cy', NULL)", "DELETE FROM customers WHERE id = 4")
    shop.execute("SELECT pg_replication_slot_advance('gone', pg_current_wal_lsn())")
    with pytest.raises(LogLost, match=r"was read further .* drop it .* --source shop --read-anew"):
        check_place(one, shop)
    shop.execute("SELECT pg_drop_replication_slot('gone')")
    with pytest.raises(LogLost, match=r"is gone, and with it the changes.* --source shop --read-anew"):
        check_place(one, shop)


def test_what_is_set_up_wrongly_is_said(shop: Shop, tmp_path: Path) -> None:
    text = shop.mapping("wrong").replace(f'database = "{shop.database}"', 'database = "nowhere"')
    with installation(tmp_path / "one", text) as one:
        assert "nowhere" in refused(one, shop)
