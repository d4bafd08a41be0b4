"""The captured samples against real databases that hold the rows they tell of: decimals, times, booleans, JSON, arrays, NULL."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from sqlalchemy.engine import make_url

from cdc import Address, Audit, MySqlSource, Patience, PostgresSource, Snapshot, SourceDatabase
from tests.estate.mariadb import MariaDb
from tests.installation import DATA, captured, installation
from tests.services.postgres import PostgresServer

SHOP = {
    "customers": """id BIGINT PRIMARY KEY, email TEXT, phone VARCHAR(32), full_name TEXT NOT NULL, birthday DATE, gender CHAR(1),
        wechat_openid TEXT, wechat_unionid TEXT, marketing_opt_in BOOLEAN NOT NULL, created_at TIMESTAMPTZ, city TEXT, home_city TEXT,
        loyalty_tier TEXT""",
    "orders": "id BIGINT PRIMARY KEY, customer_id BIGINT, total NUMERIC(12,2), status TEXT, placed_at TIMESTAMPTZ",
    "order_items": "order_id BIGINT, line_no INT, sku TEXT, title TEXT, qty INT, unit_price NUMERIC(12,2), PRIMARY KEY (order_id, line_no)",
    "page_events": """event_id UUID PRIMARY KEY, customer_id BIGINT, anonymous_id TEXT, event_type TEXT, props JSONB,
        occurred_at TIMESTAMPTZ""",
    "reviews": "id INT PRIMARY KEY, customer_id BIGINT, sku TEXT, rating SMALLINT, body TEXT, photos TEXT[], created_at TIMESTAMP",
}
TILL = {
    "members": """member_no VARCHAR(20) PRIMARY KEY, name VARCHAR(64), mobile VARCHAR(32), phone VARCHAR(32), email VARCHAR(128),
        wechat_unionid VARCHAR(64), birth_date DATE, store_id INT, points INT, card_no CHAR(16), is_vip TINYINT(1), joined DATETIME,
        updated_at TIMESTAMP(3)""",
    "receipts": """receipt_no BIGINT UNSIGNED PRIMARY KEY, member_no VARCHAR(20), store_id INT, cashier VARCHAR(32),
        total DECIMAL(12,2), pay_method ENUM('cash','wechat','alipay','card'), sold_at DATETIME(3)""",
    "receipt_lines": """receipt_no BIGINT UNSIGNED, line_no SMALLINT, sku VARCHAR(32), title VARCHAR(128), qty DECIMAL(10,3),
        unit_price DECIMAL(12,2), PRIMARY KEY (receipt_no, line_no)""",
    "returns": "return_id INT PRIMARY KEY, receipt_no BIGINT UNSIGNED, line_no SMALLINT, amount DECIMAL(12,2), reason TEXT, returned_at DATETIME",
    "staff_remarks": "id INT PRIMARY KEY, member_no VARCHAR(20), store_id INT, remark TEXT, tags JSON, created_at TIMESTAMP",
}
EPOCH = dt.datetime(1970, 1, 1)
UNAVAILABLE = "__debezium_unavailable_value"
#: Above every position of the samples.
BEHIND_LSN = 128 * 2**20
BEHIND_FILE = 4


def rows_of(sample: Path) -> dict[str, list[dict[str, Any]]]:
    """What each table holds at the end: the events' own words, folded by key."""
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for event in captured(sample):
        value = msgspec.json.decode(event.value) if event.value else {}
        value = value.get("payload", value)
        rows = tables.setdefault(event.topic.rpartition(".")[2], {})
        if value.get("op") == "t":
            rows.clear()
        elif value.get("op") == "d":
            rows.pop(str(event.key), None)
        elif value.get("after"):
            before = rows.get(str(event.key), {})
            rows[str(event.key)] = {n: before.get(n) if v == UNAVAILABLE else v for n, v in value["after"].items()}
    return {name: list(rows.values()) for name, rows in tables.items()}


def as_sql(column: str, value: Any, micros: tuple[str, ...], millis: tuple[str, ...]) -> Any:
    if value is None:
        return None
    if column in {"birthday", "birth_date"}:
        return str((EPOCH + dt.timedelta(days=value)).date())
    if column in micros and isinstance(value, int):
        return str(EPOCH + dt.timedelta(microseconds=value))
    if column in millis and isinstance(value, int):
        return str(EPOCH + dt.timedelta(milliseconds=value))
    return value.replace("T", " ").removesuffix("Z") if column in {"updated_at", "created_at"} and millis else value


@contextmanager
def shop(sample: Path, server: PostgresServer) -> Iterator[SourceDatabase]:
    with server.new_database() as text:
        url = make_url(text)
        address = Address(
            "postgresql", str(url.query["host"]), 5432, url.database or "", url.username or "", "", "public",
            has_schemas=".schema." in sample.name,
        )  # fmt: skip
        with psycopg.connect(
            host=address.host, dbname=address.database, user=address.user, autocommit=True
        ) as connection:
            for name, columns in SHOP.items():
                connection.execute(f"CREATE TABLE {name} ({columns})".encode())
                for row in rows_of(sample)[name]:
                    given = {n: as_sql(n, v, ("created_at",), ()) for n, v in row.items()}
                    fill = f"INSERT INTO {name} SELECT * FROM json_populate_record(NULL::{name}, %s)"
                    if name == "page_events":
                        given["props"] = json.loads(given["props"] or "null")
                    connection.execute(fill.encode(), [json.dumps(given)])
            while connection.execute("SELECT (pg_switch_wal() - '0/0')::bigint").fetchone()[0] < BEHIND_LSN:  # type: ignore[index]  # one row always
                connection.execute("CREATE TABLE more (id INT); DROP TABLE more")
        yield PostgresSource("shop", address)


@contextmanager
def till(sample: Path, server: MariaDb) -> Iterator[SourceDatabase]:
    with server.new_database() as database, server.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        for name, columns in TILL.items():
            cursor.execute(f"CREATE TABLE {name} ({columns}) DEFAULT CHARSET=utf8mb4")
            for row in rows_of(sample)[name]:
                given = {n: as_sql(n, v, (), ("joined", "sold_at", "returned_at")) for n, v in row.items()}
                marks = ", ".join(["%s"] * len(given))
                cursor.execute(f"INSERT INTO {name} ({', '.join(given)}) VALUES ({marks})", list(given.values()))
        for _ in range(BEHIND_FILE):
            cursor.execute("FLUSH BINARY LOGS")
        cursor.execute("CREATE TABLE more (id INT)")  # the newest log names the server
        address = Address("mariadb", "127.0.0.1", server.port, database, server.user, server.password, database)
        yield MySqlSource("pos", address)


def found(snapshot: Snapshot, mapping: str, sample: Path, folder: Path, tables: Mapping[str, str]) -> dict[str, Any]:
    with installation(folder, mapping) as one:
        one.ingest(captured(sample))
        source, audit = one.parts.settings.mapping.sources[0], Audit(one.parts.database, one.parts.sealer)
        patience = Patience(is_settled=True)
        results = [audit.table(snapshot, source, source.tables[name], patience=patience) for name in tables]
        return {r.table: (r.state, r.rows_there, r.newer, {row.columns for row in r.rows}) for r in results}


def expected(sample: Path, tables: Mapping[str, str]) -> dict[str, Any]:
    return {name: ("equal", len(rows_of(sample)[name]), 0, set()) for name in tables}


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["pg.noschema.string", "pg.schema.string.defaults"])
def test_the_shop_is_equal_to_its_sample(name: str, postgres: PostgresServer, tmp_path: Path) -> None:
    sample, mapping = DATA / "debezium" / f"{name}.jsonl", (DATA / "mappings" / "shop.toml").read_text()
    with shop(sample, postgres) as database, database.snapshot() as snapshot:
        assert found(snapshot, mapping, sample, tmp_path, SHOP) == expected(sample, SHOP)


def test_the_till_is_equal_to_its_sample(mariadb: MariaDb, tmp_path: Path) -> None:
    sample, mapping = DATA / "debezium" / "mariadb.noschema.string.jsonl", (DATA / "mappings" / "pos.toml").read_text()
    with till(sample, mariadb) as database, database.snapshot() as snapshot:
        assert found(snapshot, mapping, sample, tmp_path, TILL) == expected(sample, TILL)
