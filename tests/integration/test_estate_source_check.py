"""`onefold check --sources` on real PostgreSQL and MariaDB: each finding is provoked, and mended by exactly what it prints."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import unavailable
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.integration.captured import PASSWORD, SHOP, SHOP_TABLES, TILL, TILL_TABLES, Captured, write_settings
from tests.services.ports import free_port
from tests.services.postgres import postgres_server

QUOTED_PASSWORD = "'" + PASSWORD.replace("'", "''") + "'"


def set_up(source: Captured, tables: tuple[str, ...], password: str) -> None:
    for statement in (*tables, *source.statements(), password):
        source.execute(statement)


@pytest.fixture
def shop(logical_postgres: LogicalPostgres, tmp_path: Path) -> Iterator[Captured]:
    """Give a shop in which nothing is wrong; its account is `customer data`, its tables are the mapped ones and one more."""
    name, user = f"shop_{uuid4().hex}", f"reader {uuid4().hex}"
    with logical_postgres.new_database() as database, logical_postgres.server.connect(database) as connection:
        source = Captured(tmp_path, name, user, lambda statement: connection.execute(statement.encode()))
        port = logical_postgres.server.port
        write_settings(tmp_path, SHOP, name=name, user=user, database=database, port=port)
        set_up(source, SHOP_TABLES, f'ALTER ROLE "{user}" PASSWORD {QUOTED_PASSWORD}')
        try:
            yield source
        finally:
            source.execute(f'DROP OWNED BY "{user}"')
            source.execute(f'DROP ROLE "{user}"')


@pytest.fixture
def till(mariadb: MariaDb, tmp_path: Path) -> Iterator[Captured]:
    """Give stores' tills in whose database nothing is wrong."""
    name = f"till_{uuid4().hex[:12]}"
    with mariadb.new_database() as database, mariadb.connect(database) as connection, connection.cursor() as cursor:
        source = Captured(tmp_path, name, name, cursor.execute)
        write_settings(tmp_path, TILL, name=name, user=name, database=database, port=mariadb.port)
        set_up(source, TILL_TABLES, f"ALTER USER '{name}'@'%' IDENTIFIED BY {QUOTED_PASSWORD} ACCOUNT UNLOCK")
        try:
            yield source
        finally:
            source.execute(f"DROP USER '{name}'@'%'")


@pytest.fixture(params=["shop", "till"])
def source(request: pytest.FixtureRequest) -> Captured:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Captured)
    return found


def test_nothing_is_found_in_what_the_printed_statements_set_up(source: Captured) -> None:
    assert source.findings() == []
    for statement in source.statements():
        source.execute(statement)  # again is no harm
    result = source.run("check", "--sources")
    assert "nothing that loses data was found" in result.output


def placed(findings: list[dict[str, Any]], source: Captured) -> list[tuple[str, str]]:
    names = {f"onefold_{source.name}": "NAME", source.user: "USER"}
    return [(f["severity"], _generic(f["place"], names)) for f in findings]


def _generic(place: str, names: dict[str, str]) -> str:
    for name, stand_in in names.items():
        place = place.replace(name, stand_in)
    return place


MENDED_IN_SHOP = [
    ("ALTER TABLE customers REPLICA IDENTITY DEFAULT", "table customers", "DEFAULT"),
    ("ALTER TABLE orders REPLICA IDENTITY NOTHING", "table orders", "NOTHING"),
    ("ALTER TABLE orders DROP CONSTRAINT orders_pkey", "table orders", "no primary key"),
    ('REVOKE SELECT ON orders FROM "{user}"', "table orders", "no snapshot"),
    ('REVOKE USAGE ON SCHEMA public FROM PUBLIC, "{user}"', "table customers", "no USAGE"),
    ('ALTER ROLE "{user}" WITH NOREPLICATION', "role USER", "REPLICATION"),
    ("DROP PUBLICATION onefold_{name}", "publication NAME", "is not there"),
    ("ALTER PUBLICATION onefold_{name} DROP TABLE orders", "publication NAME", "leaves out table public.orders"),
    ("ALTER PUBLICATION onefold_{name} SET (publish = 'insert, update, delete')", "publication NAME", "truncate"),
    ("ALTER PUBLICATION onefold_{name} SET TABLE orders, customers WHERE (id > 5)", "publication NAME", "some rows"),
    ("ALTER PUBLICATION onefold_{name} SET TABLE orders, customers (id)", "publication NAME", "columns"),
    (
        "DROP PUBLICATION onefold_{name}; CREATE PUBLICATION onefold_{name} FOR ALL TABLES",
        "publication NAME",
        "all tables",
    ),
    ("SELECT pg_create_logical_replication_slot('onefold_{name}', 'test_decoding')", "slot NAME", "another plugin"),
]


@pytest.mark.parametrize(("wrong", "place", "why"), MENDED_IN_SHOP)
def test_what_is_wrong_in_a_shop_is_found_and_its_statement_mends_it(
    shop: Captured, wrong: str, place: str, why: str
) -> None:
    if "test_decoding" in wrong and not has_test_decoding(shop):
        unavailable("PostgreSQL's contrib module test_decoding is not installed")
    for statement in wrong.format(name=shop.name, user=shop.user).split("; "):
        shop.execute(statement)
    found = mended_one_by_one(shop)
    assert ("error", place) in placed(found, shop)
    assert any(why in finding["why"] for finding in found), found


def has_test_decoding(shop: Captured) -> bool:
    try:
        shop.execute("SELECT pg_create_logical_replication_slot('probe', 'test_decoding')")
    except Exception:  # noqa: BLE001 - whatever it says, it is not there
        return False
    shop.execute("SELECT pg_drop_replication_slot('probe')")
    return True


def mended_one_by_one(source: Captured) -> list[dict[str, Any]]:
    """Run the statements of what is found, and see that nothing is found then."""
    found = source.findings()
    for finding in found:
        assert finding["statements"], finding
        source.mend(finding)
    assert source.findings() == []
    return found


def test_a_table_more_in_the_publication_is_a_warning(shop: Captured) -> None:
    shop.execute(f"ALTER PUBLICATION onefold_{shop.name} ADD TABLE staff")
    (finding,) = mended_one_by_one(shop)
    assert (finding["severity"], "public.staff" in finding["why"]) == ("warning", True)


def test_partitions_need_their_own_identity_and_a_publication_by_their_root(shop: Captured) -> None:
    shop.execute("DROP TABLE orders")
    shop.execute(
        "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT, total NUMERIC, placed_at TIMESTAMPTZ) PARTITION BY RANGE (id)"
    )
    shop.execute("CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (0) TO (100)")
    shop.execute(f"ALTER PUBLICATION onefold_{shop.name} ADD TABLE orders")
    shop.execute(f"ALTER PUBLICATION onefold_{shop.name} SET (publish_via_partition_root = false)")
    found = mended_one_by_one(shop)
    assert any("public.orders_1 has REPLICA IDENTITY DEFAULT" in finding["why"] for finding in found)
    assert any("partitions" in finding["why"] for finding in found)


def test_a_slot_that_nobody_reads_is_found_with_what_it_keeps(shop: Captured) -> None:
    shop.execute(f"SELECT pg_create_logical_replication_slot('onefold_{shop.name}', 'pgoutput')")
    (finding,) = shop.findings()
    assert placed([finding], shop) == [("warning", "slot NAME")]
    assert "read by nobody, and it keeps 0 MB" in finding["why"]


def test_a_signal_table_is_made_by_its_statements(shop: Captured) -> None:
    settings = shop.folder / "onefold.toml"
    settings.write_text(settings.read_text().replace("password_file", 'signal_table = "signals"\npassword_file'))
    found = shop.findings()
    assert [severity for severity, _ in placed(found, shop)] == ["warning", "error"]
    for finding in found:
        shop.mend(finding)
    assert shop.findings() == []


@contextmanager
def own_shop(folder: Path, **settings: str) -> Iterator[tuple[Captured, Callable[[str], list[Any]]]]:
    """Give a shop on a server of its own with these settings, in which all else is right, and what asks that server."""
    port = free_port()
    listening = {"listen_addresses": "127.0.0.1", "port": str(port)}
    with postgres_server(settings=listening | settings) as server, server.connect() as connection:

        def ask(statement: str) -> list[Any]:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

        source = Captured(folder, "shop", "reader", ask)
        write_settings(folder, SHOP, name="shop", user="reader", database="postgres", port=port)
        set_up(source, SHOP_TABLES, f"ALTER ROLE reader PASSWORD {QUOTED_PASSWORD}")
        yield source, ask


def test_a_server_that_has_no_logical_log_and_no_slot_left_is_told_what_to_set(tmp_path: Path) -> None:
    with own_shop(tmp_path, wal_level="replica", max_replication_slots="1") as (source, ask):
        ask("SELECT pg_create_physical_replication_slot('other')")
        found = source.findings()
        assert placed(found, source) == [
            ("error", "setting wal_level"),
            ("warning", "setting max_slot_wal_keep_size"),
            ("error", "setting max_replication_slots"),
        ]
        for finding in found:
            source.mend(finding)
        written = dict(ask("SELECT name, setting FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf'"))
        assert written == {"wal_level": "logical", "max_slot_wal_keep_size": "10GB", "max_replication_slots": "5"}
        assert "setting max_slot_wal_keep_size" not in [place for _, place in placed(source.findings(), source)]


def test_a_slot_whose_log_is_gone_is_found_and_dropped(tmp_path: Path) -> None:
    with own_shop(tmp_path, wal_level="logical", max_slot_wal_keep_size="1MB", min_wal_size="32MB") as (source, ask):
        ask("SELECT pg_create_logical_replication_slot('onefold_shop', 'pgoutput')")
        for _ in range(4):
            ask("SELECT pg_logical_emit_message(false, '', ''), pg_switch_wal()")
        ask("CHECKPOINT")
        (finding,) = mended_one_by_one(source)
        assert placed([finding], source) == [("error", "slot NAME")]
        assert "has lost changes" in finding["why"]


MENDED_IN_TILL = [
    ("SET GLOBAL binlog_format = 'MIXED'", "setting binlog_format", "MIXED"),
    ("SET GLOBAL binlog_row_image = 'MINIMAL'", "setting binlog_row_image", "in part"),
    ("ALTER TABLE receipts DROP PRIMARY KEY", "table receipts", "no primary key"),
    ("REVOKE SELECT ON receipts FROM '{user}'@'%'", "table receipts", "no snapshot"),
    ("REVOKE REPLICATION SLAVE ON *.* FROM '{user}'@'%'", "account USER", "REPLICATION SLAVE"),
    ("REVOKE BINLOG MONITOR ON *.* FROM '{user}'@'%'", "account USER", "REPLICATION CLIENT"),
    ("REVOKE RELOAD ON *.* FROM '{user}'@'%'", "account USER", "no snapshot"),
]


@pytest.mark.parametrize(("wrong", "place", "why"), MENDED_IN_TILL)
def test_what_is_wrong_in_a_till_is_found_and_its_statement_mends_it(
    till: Captured, wrong: str, place: str, why: str
) -> None:
    till.execute(wrong.format(name=till.name, user=till.user))
    found = mended_one_by_one(till)
    assert placed(found, till) == [("error", place)]
    assert why in found[0]["why"]


@pytest.mark.parametrize("setting", ["binlog_expire_logs_seconds = 3600", "expire_logs_days = 1"])
def test_logs_that_go_too_soon_are_found_and_mended(till: Captured, setting: str) -> None:
    till.execute(f"SET GLOBAL {setting}")
    try:
        found = mended_one_by_one(till)
    finally:
        till.execute("SET GLOBAL binlog_expire_logs_seconds = 0")
    assert placed(found, till) == [("warning", "setting binlog_expire_logs_seconds")]


def test_what_only_the_mapping_can_mend_is_found_without_a_statement(source: Captured) -> None:
    settings = source.folder / "onefold.toml"
    text = settings.read_text()
    for old, new in (("tables.customers", "tables.clients"), ("tables.members", "tables.clients")):
        text = text.replace(old, new)
    text = text.replace("total = {", "sum = {").replace('key = ["receipt_no"]', 'key = ["member_no"]')
    settings.write_text(text)
    found = source.findings()
    assert any(f["place"] == "table clients" for f in found)
    assert any("(sum)" in f["why"] and not f["statements"] and f["severity"] == "warning" for f in found)


def test_a_key_that_is_not_the_primary_key_is_found(till: Captured) -> None:
    settings = till.folder / "onefold.toml"
    settings.write_text(settings.read_text().replace('key = ["receipt_no"]', 'key = ["member_no"]'))
    (finding,) = till.findings()
    assert "primary key (receipt_no)" in finding["why"]
    assert finding["severity"] == "error"


REFUSALS: list[tuple[Callable[[Captured], object], str]] = [
    (lambda source: (source.folder / "password").write_text("wrong"), "is refused"),
    (lambda source: (source.folder / "password").write_text(f"{PASSWORD}\n"), "no line end"),
    (lambda source: (source.folder / "password").unlink(), "cannot be read"),
]


@pytest.mark.parametrize(("spoil", "why"), REFUSALS)
def test_a_login_that_fails_is_a_finding_that_tells_no_password(
    source: Captured, spoil: Callable[[Captured], object], why: str
) -> None:
    spoil(source)
    result = source.run("check", "--sources")
    assert result.exit_code == 1
    assert why in result.output
    assert PASSWORD not in result.output
