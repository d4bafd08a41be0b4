"""Snapshots of real source databases for the truth audit: what they show, where they lie in the log, and what they refuse."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from cdc import connected_source, read_mapping
from cdc.envelope import Columns
from cdc.parity import Address, MySqlSource, ParityError, PostgresSource, Snapshot, SourceBusy, SourceDatabase
from storage import ConfigDocument
from tests.estate.mariadb import MariaDb

ROWS = 25
IDS = frozenset({"id"})


@dataclass
class Shop:
    """A PostgreSQL database with a table, and its address."""

    url: sa.URL
    address: Address

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(host=self.address.host, dbname=self.address.database, user=self.address.user)


@pytest.fixture
def shop(postgres_url: str) -> Shop:
    url = make_url(postgres_url)
    address = Address(
        "postgresql", str(url.query["host"]), 5432, url.database or "", url.username or "", "", namespace="public"
    )
    shop = Shop(url, address)
    with shop.connect() as connection:
        connection.execute("CREATE TABLE things (id INT PRIMARY KEY, length INTERVAL, word TEXT)")
        connection.execute("INSERT INTO things SELECT n, NULL, 'x' FROM generate_series(1, 25) n")
    return shop


def ids(snapshot: Snapshot) -> list[int]:
    table = snapshot.table("things", IDS)
    return sorted(row.data["id"] for page in snapshot.pages(table) for row in page if isinstance(row, Columns))


def test_a_snapshot_waits_for_what_was_under_way(shop: Shop) -> None:
    """What a transaction wrote before the snapshot's position is in the snapshot, though it committed later."""
    with shop.connect() as writer:
        writer.execute("INSERT INTO things VALUES (100)")
        found: list[int] = []

        def look() -> None:
            with PostgresSource("shop", shop.address).snapshot() as snapshot:
                found.extend(ids(snapshot))

        looking = threading.Thread(target=look)
        looking.start()
        time.sleep(0.5)
        assert found == []
        writer.commit()
        looking.join()
    assert 100 in found


def test_a_transaction_that_does_not_end_is_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdc.parity.postgres._REST_SECONDS", 0.2)
    with shop.connect() as writer:
        writer.execute("INSERT INTO things VALUES (100)")
        with (
            pytest.raises(SourceBusy, match="a transaction has been open for more than"),
            PostgresSource("shop", shop.address).snapshot(),
        ):
            pass


def test_a_snapshot_stays_as_it_was_and_later_changes_lie_behind_it(shop: Shop) -> None:
    with PostgresSource("shop", shop.address).snapshot() as snapshot, shop.connect() as writer:
        before = writer.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").fetchone()
        writer.execute("DELETE FROM things")
        writer.commit()
        assert ids(snapshot) == list(range(1, ROWS + 1))
        assert before is not None
        assert snapshot.position.settled <= int(str(before[0])).to_bytes(8) + b"\x00"
        assert snapshot.position.settled[:8] <= snapshot.position.target[:8]


def test_rows_come_in_pages(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdc.parity.postgres.PAGE_ROWS", 10)
    with PostgresSource("shop", shop.address).snapshot() as snapshot:
        assert [len(page) for page in snapshot.pages(snapshot.table("things", IDS))] == [10, 10, 5]


def test_what_cannot_be_compared_is_named(shop: Shop) -> None:
    with PostgresSource("shop", shop.address).snapshot() as snapshot:
        with pytest.raises(ParityError, match="has no table 'other'"):
            snapshot.table("other", IDS)
        with pytest.raises(ParityError, match="column 'length' is of type 'interval'"):
            snapshot.table("things", IDS | {"length"})
        assert [column.name for column in snapshot.table("public.things", IDS | {"gone"}).columns] == ["id"]


def test_a_user_without_rights_is_told(shop: Shop) -> None:
    with shop.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS onefold_nobody")
        connection.execute("CREATE ROLE onefold_nobody LOGIN")
    address = replace(shop.address, user="onefold_nobody")
    with (
        PostgresSource("shop", address).snapshot() as snapshot,
        pytest.raises(ParityError, match="has no table 'things' that this user may read"),
    ):
        snapshot.table("things", IDS)


def test_a_snapshot_changes_nothing(shop: Shop) -> None:
    with PostgresSource("shop", shop.address).snapshot() as snapshot:
        connection = snapshot._connection
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM things")


def test_an_address_shows_no_password(shop: Shop) -> None:
    assert "geheim" not in repr(replace(shop.address, password="geheim"))


CONNECTOR = """
[[source]]
name = "shop"
topics = "shop.*"
[source.connector]
kind = "{kind}"
host = "{address.host}"
port = {address.port}
database = "{address.database}"
user = "{address.user}"
password_env = "SHOP_PASSWORD"
[source.tables.things]
kind = "event"
event = "thing"
key = ["id"]
"""


def connected(address: Address, folder: Path) -> SourceDatabase:
    (folder / "onefold.toml").write_text(CONNECTOR.format(kind=address.kind, address=address))
    (source,) = read_mapping(ConfigDocument.load(folder / "onefold.toml")).sources
    return connected_source(source, {"SHOP_PASSWORD": address.password or "none is asked for"})


def test_the_database_of_a_connector_is_found(shop: Shop, tmp_path: Path) -> None:
    with connected(shop.address, tmp_path).snapshot() as snapshot:
        assert ids(snapshot) == list(range(1, ROWS + 1))


def test_the_database_of_a_binlog_connector_is_found(till: Address, tmp_path: Path) -> None:
    with connected(till, tmp_path).snapshot() as snapshot:
        assert ids(snapshot) == list(range(1, ROWS + 1))


@pytest.fixture
def till(mariadb: MariaDb) -> Iterator[Address]:
    with mariadb.new_database() as database:
        with mariadb.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE things (id INT PRIMARY KEY, place POINT)")
            cursor.execute("INSERT INTO things (id) SELECT seq FROM seq_1_to_25")
        yield Address(
            "mariadb", "127.0.0.1", mariadb.port, database, mariadb.user, mariadb.password, namespace=database
        )


@pytest.fixture(params=["as the server says", "under a lock"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """MySQL does not say which position belongs to a snapshot, so commits are held off for a moment."""
    if request.param == "under a lock":
        monkeypatch.setattr("cdc.parity.mysql._SNAPSHOT_STATUS", "SHOW STATUS LIKE 'there is none'")


def binlog_end(mariadb: MariaDb) -> bytes:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SHOW MASTER STATUS")
        (file, position, *_) = cursor.fetchone() or ("", 0)
    return int(file.rpartition(".")[2]).to_bytes(8) + int(position).to_bytes(8) + bytes(5)


@pytest.mark.usefixtures("way")
def test_a_snapshot_of_mariadb_lies_where_its_log_says(till: Address, mariadb: MariaDb) -> None:
    before = binlog_end(mariadb)
    with MySqlSource("till", till).snapshot() as snapshot:
        assert snapshot.position.settled == snapshot.position.target == before
        with mariadb.connect(till.database) as connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM things")
        assert binlog_end(mariadb) > before
        assert ids(snapshot) == list(range(1, ROWS + 1))
        assert any(server.endswith("-5401") for server in snapshot.position.servers)


def test_pages_and_refusals_of_mariadb(till: Address, mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdc.parity.mysql.PAGE_ROWS", 10)
    with MySqlSource("till", till).snapshot() as snapshot:
        assert [len(page) for page in snapshot.pages(snapshot.table("things", IDS))] == [10, 10, 5]
        with pytest.raises(ParityError, match="has no table 'other'"):
            snapshot.table("other", IDS)
        with pytest.raises(ParityError, match="column 'place' is of type 'point'"):
            snapshot.table("things", IDS | {"place"})


def test_a_refused_login_shows_no_password(till: Address) -> None:
    source = MySqlSource("till", replace(till, password="geheim"))
    with pytest.raises(ParityError, match="refuses this user") as refused, source.snapshot():
        pass
    assert "geheim" not in f"{refused.value} {refused.value.args}"
    assert refused.value.__suppress_context__
