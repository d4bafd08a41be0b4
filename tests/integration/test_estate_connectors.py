"""Connectors configured by Onefold, on real Kafka Connect and real databases whose accounts have the printed rights only."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from cdc import Change, Connector, Ignored, RawEvent, RecordChange, SnapshotTableDone, Translator, Unusable
from cli.settings import load_settings
from tests.estate.connect import ConnectWorker
from tests.estate.kafka import KafkaBroker, Record
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.integration.captured import PASSWORD, SHOP, SHOP_TABLES, TILL, TILL_TABLES, Captured, write_settings


@pytest.fixture
def shop(
    logical_postgres: LogicalPostgres, kafka: KafkaBroker, connect: ConnectWorker, tmp_path: Path
) -> Iterator[Captured]:
    name = f"shop_{uuid4().hex}"
    with logical_postgres.new_database() as database, logical_postgres.server.connect(database) as connection:
        captured = Captured(tmp_path, name, name, lambda statement: connection.execute(statement.encode()))
        for statement in SHOP_TABLES:
            captured.execute(statement)
        port = logical_postgres.server.port
        given = {"name": name, "user": name, "database": database, "port": port}
        write_settings(tmp_path, SHOP, url=connect.url, bootstrap_servers=kafka.bootstrap, **given)
        for statement in captured.statements() * 2:
            captured.execute(statement)
        captured.execute(f"ALTER ROLE {name} PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
        try:
            yield captured
        finally:
            remove(connect, name)
            captured.execute(f"DROP OWNED BY {name}")
            captured.execute(f"DROP ROLE {name}")


@pytest.fixture
def till(mariadb: MariaDb, kafka: KafkaBroker, connect: ConnectWorker, tmp_path: Path) -> Iterator[Captured]:
    name = f"till_{uuid4().hex[:12]}"
    with mariadb.new_database() as database, mariadb.connect(database) as connection, connection.cursor() as cursor:
        captured = Captured(tmp_path, name, name, cursor.execute)
        for statement in TILL_TABLES:
            captured.execute(statement)
        given = {"name": name, "user": name, "database": database, "port": mariadb.port}
        write_settings(tmp_path, TILL, url=connect.url, bootstrap_servers=kafka.bootstrap, **given)
        for statement in captured.statements() * 2:
            captured.execute(statement)
        captured.execute(
            f"ALTER USER '{name}'@'%' IDENTIFIED BY '{PASSWORD.replace(chr(39), chr(39) * 2)}' ACCOUNT UNLOCK"
        )
        try:
            yield captured
        finally:
            remove(connect, name)
            captured.execute(f"DROP USER '{name}'@'%'")


def test_the_heartbeat_moves_the_slot_of_a_quiet_database(shop: Captured, logical_postgres: LogicalPostgres) -> None:
    applied(shop)
    with logical_postgres.server.connect() as connection:  # another database of the same server writes
        connection.execute("SELECT pg_logical_emit_message(true, 'busy', '')")
        row = connection.execute("SELECT pg_current_wal_lsn()::text").fetchone()
        assert row

        def has_moved() -> bool:
            query = "SELECT confirmed_flush_lsn > %s::pg_lsn FROM pg_replication_slots WHERE slot_name = %s"
            return connection.execute(query, [row[0], f"onefold_{shop.name}"]).fetchone() == (True,)

        wait_until(has_moved, seconds=40)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def remove(connect: ConnectWorker, name: str) -> None:
    if connect.status(name) is not None:
        connect.delete(name)


#: Notifications of an initial snapshot of two tables, beside those that tell of a table: begun, each table begun, completed.
INITIAL = ("STARTED", "IN_PROGRESS", "IN_PROGRESS", "COMPLETED")
ROWS = {
    "shop": ("customers", "orders", "INSERT INTO customers VALUES ({}, 'a@example.com', 'A')"),
    "till": ("members", "receipts", "INSERT INTO members VALUES ('{}', 'A', '13800000001')"),
}


@pytest.mark.parametrize("kind", ["shop", "till"])
def test_an_applied_connector_runs_and_the_pipeline_reads_its_rows_and_notifications(
    request: pytest.FixtureRequest, kind: str, kafka: KafkaBroker
) -> None:
    source: Captured = request.getfixturevalue(kind)
    table, other, insert = ROWS[kind]
    source.execute(insert.format(1))
    applied(source)
    snapshot = translated(source, kafka, table, until=lambda found: len(done(found)) > 1)
    assert done(snapshot) == {table: 1, other: 0}
    source.execute(insert.format(2))
    changes = translated(source, kafka, table, until=lambda found: keys(found) >= {"1", "2"})
    assert keys(changes) == {"1", "2"}
    assert [change for change in changes if isinstance(change, Unusable)] == []
    assert json.loads(source.run("connector", "status", "--json").stdout)[0]["state"] == "RUNNING"


@pytest.mark.parametrize("kind", ["shop", "till"])
def test_a_signal_on_kafka_brings_an_incremental_snapshot_and_its_marks_are_not_parked(
    request: pytest.FixtureRequest, kind: str, kafka: KafkaBroker
) -> None:
    """With a signal table in PostgreSQL, without one in MariaDB."""
    source: Captured = request.getfixturevalue(kind)
    table, _other, insert = ROWS[kind]
    source.execute(insert.format(1))
    signals = ["signals"] if kind == "shop" else []
    if signals:
        add_signal_table(source, *signals)
    applied(source)
    signal(source, kafka, table)
    topics = [table, *signals]
    started = translated(source, kafka, *topics, until=lambda found: len(notified(found)) > len(INITIAL))
    source.execute(insert.format(2))
    changes = translated(
        source,
        kafka,
        *topics,
        until=lambda found: [c.row.key for c in rows(found)].count(("1",)) > 1 and keys(found) >= {"2"},
    )
    assert len(started) < len(changes)
    assert keys(changes) == {"1", "2"}
    assert not [change for change in changes if isinstance(change, Unusable)]


def test_a_refused_configuration_is_told_field_by_field_and_changes_nothing(shop: Captured) -> None:
    (shop.folder / "password").write_text("another")
    result = shop.run("connector", "apply", shop.name)
    assert result.exit_code == 2
    assert "password authentication failed" in result.output
    assert "nothing was changed" in result.output
    assert "another" not in result.output
    assert json.loads(shop.run("connector", "status", "--json").stdout)[0]["state"] == "missing"


def test_a_failed_task_tells_why_and_goes_on_when_the_check_s_statement_has_mended_it(shop: Captured) -> None:
    shop.execute(f"ALTER PUBLICATION onefold_{shop.name} DROP TABLE orders")
    result = shop.run("connector", "apply", shop.name, "--wait")
    assert result.exit_code == 1
    assert "must be owner of publication" in result.output
    assert "onefold check --sources" in result.output
    assert "at io.debezium" not in result.output
    for finding in shop.findings():
        shop.mend(finding)
    applied(shop)
    applied(shop)
    assert shop.findings() == []


def add_signal_table(source: Captured, name: str) -> None:
    settings = source.folder / "onefold.toml"
    settings.write_text(settings.read_text().replace("password_file", f'signal_table = "{name}"\npassword_file'))
    for finding in source.findings():
        source.mend(finding)


def signal(source: Captured, kafka: KafkaBroker, table: str) -> None:
    """Ask for an incremental snapshot, on a topic that is there before the connector looks for it."""
    connector = described(source)
    data = {"data-collections": [".".join(connector.qualified(table))], "type": "incremental"}
    value = json.dumps({"type": "execute-snapshot", "data": data}).encode()
    with closing(KafkaProducer(bootstrap_servers=kafka.bootstrap)) as producer:
        producer.send(connector.signal_topic, value, key=connector.prefix.encode()).get(30)


def described(source: Captured) -> Connector:
    connector = load_settings(source.folder / "onefold.toml", {}).mapping.sources[0].connector
    assert connector
    return connector


def applied(source: Captured) -> None:
    result = source.run("connector", "apply", source.name, "--wait")
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output


def translated(
    source: Captured, kafka: KafkaBroker, *tables: str, until: Callable[[list[Change]], bool]
) -> list[Change]:
    """What the pipeline makes of the topics of `tables` and of the notifications, up to what makes `until` true."""
    mapping = load_settings(source.folder / "onefold.toml", {}).mapping
    connector, translate = described(source), Translator(mapping).translate
    topics = [connector.notifications, *map(connector.topic, tables)]
    assert all(map(mapping.source_of_topic, topics))
    records = kafka.read(topics, lambda found: until([translate(raw(record)) for record in found]), seconds=25)
    return [translate(raw(record)) for record in records]


def rows(changes: list[Change]) -> list[RecordChange]:
    return [change for change in changes if isinstance(change, RecordChange)]


def keys(changes: list[Change]) -> set[str]:
    return {change.row.key[0] for change in rows(changes)}


def notified(changes: list[Change]) -> list[Change]:
    return [change for change in changes if isinstance(change, Ignored) and change.reason == "notification"]


def done(changes: list[Change]) -> dict[str, int]:
    return {change.table: change.rows for change in changes if isinstance(change, SnapshotTableDone)}


def raw(record: Record) -> RawEvent:
    headers = {name: value.encode() for name, value in record.headers.items()}
    key, value = (None if text is None else text.encode() for text in (record.key, record.value))
    return RawEvent("test", 0, record.topic, key, value, headers)
