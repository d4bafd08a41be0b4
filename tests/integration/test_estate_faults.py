"""The fault table (docs/faults.md): whatever dies or goes wrong amid business, nothing is lost and nothing is there twice.

One company and one installation live through all of it; after each fault the installation's whole state must equal that of one which
read the same undisturbed, and of one that was given the rows of both databases.
"""

import os
import secrets
import signal
import time

import pytest

from tests.conftest import IS_LONG
from tests.estate.company import MAX_EVENT_BYTES, TABLES, Company, phone
from tests.estate.killable_postgres import KillablePostgres
from tests.estate.reader import STEPS, Reader, amid_business, wait_for

UNREACHABLE_SECONDS = 300 if IS_LONG else 30
INCREMENTAL = '"snapshot":"incremental"'
UNAVAILABLE = "__debezium_unavailable_value"


def test_kill_of_the_worker(reader: Reader) -> None:
    with amid_business(reader, seed=1) as fell_inside:
        reader.kill()
        fell_inside()
        reader.give_up_killed()
        reader.start()
    reader.assert_is_as_undisturbed()


def test_kill_of_the_broker(reader: Reader) -> None:
    with amid_business(reader, seed=2) as fell_inside:
        reader.company.kafka.kill()
        fell_inside()
        reader.company.kafka.start()
    reader.assert_is_as_undisturbed()


def test_kill_of_connect(reader: Reader) -> None:
    with amid_business(reader, seed=3) as fell_inside:
        reader.company.connect.kill()
        fell_inside()
        reader.company.connect.start()
    reader.assert_is_as_undisturbed()


def test_kill_of_our_postgresql(reader: Reader, servers: dict[str, KillablePostgres]) -> None:
    with amid_business(reader, seed=4) as fell_inside:
        servers["ours"].kill()
        fell_inside()
        servers["ours"].start()
    reader.assert_is_as_undisturbed()


def test_kill_of_the_source_postgresql(reader: Reader, servers: dict[str, KillablePostgres]) -> None:
    with amid_business(reader, seed=5) as fell_inside:
        servers["source"].kill()
        fell_inside()
        servers["source"].start()
    reader.company.revive()
    reader.assert_is_as_undisturbed()


def test_kill_of_the_source_mariadb(reader: Reader) -> None:
    with amid_business(reader, seed=6) as fell_inside:
        reader.company.mariadb.kill()
        fell_inside()
        reader.company.mariadb.start()
    reader.company.revive()
    reader.assert_is_as_undisturbed()


def test_broker_unreachable_for_long(reader: Reader) -> None:
    """It lives, and answers nobody, for longer than any session may be silent."""
    broker = reader.company.kafka.pid
    with amid_business(reader, seed=7) as fell_inside:
        os.kill(broker, signal.SIGSTOP)
        try:
            fell_inside()
            time.sleep(UNREACHABLE_SECONDS / 2)  # what was fetched before is applied meanwhile
            before = reader.read_so_far()
            time.sleep(UNREACHABLE_SECONDS / 2)
            assert reader.read_so_far() == before
        finally:
            os.kill(broker, signal.SIGCONT)
    reader.company.revive()  # Kafka Connect gives up what it could not deliver within two minutes
    reader.assert_is_as_undisturbed(seconds=180)


def test_rows_deleted_while_no_connector_ran(reader: Reader) -> None:
    company = reader.company
    do_business(reader, seed=8)
    for source in TABLES:
        company.connect.delete(company.connector(source).name)
    delete_some(company)
    with company.business(STEPS, seed=14):
        pass
    for source in TABLES:
        company.apply(source)
    reader.assert_is_as_undisturbed()


def test_rows_deleted_before_a_fresh_snapshot_that_proves_it(reader: Reader) -> None:
    """Nothing tells of the deletes but the notification that a table was scanned to its end."""
    company = reader.company
    do_business(reader, seed=15)
    for source in TABLES:
        company.forget(source)
    before = len(reader.persons())
    delete_some(company)
    for source in TABLES:
        company.apply(source)
    wait_for(lambda: len(reader.persons()) < before)
    reader.assert_is_as_undisturbed()


def do_business(reader: Reader, *, seed: int) -> str:
    """Let there be rows, and let them be read; the key of the last one of each table."""
    with reader.company.business(STEPS, seed=seed):
        pass
    return reader.wait_until_read()


def delete_some(company: Company) -> None:
    """Delete every fifth row of each table."""
    for source, tables in TABLES.items():
        for table, key in tables.items():
            gone = sorted(row[key] for row in company.rows(source, table))[::5]
            company.both(source, f"DELETE FROM {table} WHERE {key} IN ({', '.join(map(str, gone))})")


def test_changed_primary_key(reader: Reader) -> None:
    """In both databases, with what hangs on the row left behind, and a large value that the event does not hold."""
    company = reader.company
    one, two = company.next_person(), company.next_person()
    company.shop("ALTER TABLE customers REPLICA IDENTITY DEFAULT")
    company.shop(f"INSERT INTO customers (id, phone, note) VALUES ({one}, '{phone(one)}', '{large()}')")
    company.shop(f"INSERT INTO orders VALUES ({one}, {one}, 1)")
    company.till(f"INSERT INTO members (member_no, mobile) VALUES ({two}, '{phone(one)}')")
    reader.wait_until_read()
    company.shop(f"UPDATE customers SET id = {one + 2_000_000} WHERE id = {one}")
    company.till(f"UPDATE members SET member_no = {two + 2_000_000} WHERE member_no = {two}")
    company.shop("ALTER TABLE customers REPLICA IDENTITY FULL")
    reader.assert_is_as_undisturbed()


def test_unavailable_values(reader: Reader) -> None:
    """A large value that an update leaves alone is not in the event, and stays."""
    company, number = reader.company, reader.company.next_person()
    company.shop("ALTER TABLE customers REPLICA IDENTITY DEFAULT")
    company.shop(f"INSERT INTO customers (id, phone, note) VALUES ({number}, '{phone(number)}', '{large()}')")
    company.shop(f"UPDATE customers SET full_name = 'Somebody' WHERE id = {number}")
    company.shop("ALTER TABLE customers REPLICA IDENTITY FULL")
    topic = company.topic("shop", "customers")
    key = f'"id":{number}}}'
    company.kafka.read(
        [topic], lambda found: any(UNAVAILABLE in (r.value or "") and key in (r.key or "") for r in found)
    )
    reader.assert_is_as_undisturbed()


def large() -> str:
    """What PostgreSQL keeps outside of the row."""
    return secrets.token_hex(4_000)


CHANGES = {
    "shop": (
        "ALTER TABLE customers ADD city TEXT DEFAULT '上海'",
        "ALTER TABLE customers RENAME full_name TO display_name",
        "ALTER TABLE customers DROP email",
        "ALTER TABLE customers ALTER phone TYPE VARCHAR(40)",
        "ALTER TABLE orders ALTER total TYPE NUMERIC(14, 3)",
    ),
    "pos": (
        "ALTER TABLE members ADD city VARCHAR(20) DEFAULT '上海'",
        "ALTER TABLE members CHANGE name label VARCHAR(80)",
        "ALTER TABLE members DROP email",
        "ALTER TABLE members MODIFY mobile VARCHAR(40)",
        "ALTER TABLE receipts MODIFY total DECIMAL(14, 3)",
    ),
}
BACK = {
    "shop": "ALTER TABLE customers RENAME display_name TO full_name",
    "pos": "ALTER TABLE members CHANGE label name VARCHAR(80)",
}


@pytest.mark.parametrize("source", ["shop", "pos"])
def test_schema_changes_while_streaming(reader: Reader, source: str) -> None:
    """Columns come, go, change name and type, with rows written in between; what no row says since then, an update does."""
    company, table = reader.company, {"shop": "customers", "pos": "members"}[source]
    key, number = TABLES[source][table], 0
    touch = f"UPDATE {table} SET touched = coalesce(touched, 0) + 1"
    for statement in CHANGES[source]:
        number = company.next_person()
        company.both(source, f"INSERT INTO {table} ({key}) VALUES ({number})")
        company.both(source, statement)
        company.both(source, f"UPDATE {table} SET touched = 1 WHERE {key} = {number}")
    company.both(source, touch)
    reader.assert_is_as_undisturbed()
    company.both(source, BACK[source])
    company.both(source, touch)
    reader.assert_is_as_undisturbed()


def test_full_snapshot_during_streaming(reader: Reader) -> None:
    """What it reads again comes between what changes."""
    company = reader.company
    customers, members = (company.topic(source, table) for source, table in (("shop", "customers"), ("pos", "members")))
    with amid_business(reader, seed=9) as fell_inside:
        for source, tables in TABLES.items():
            company.snapshot(source, *tables)
        for topic in (customers, members):  # without a signal table, MariaDB's ends with the next transaction
            company.kafka.read([topic], lambda found: sum(INCREMENTAL in (r.value or "") for r in found) > STEPS // 10)
        fell_inside()
    reader.assert_is_as_undisturbed()


def test_poison_and_oversized_records(reader: Reader) -> None:
    """They are parked, each under its reason; what comes before and after is not held up."""
    topic = reader.company.topic("shop", "customers")
    large_one = b'{"op":"c","after":{"id":-2,"note":"' + b"x" * MAX_EVENT_BYTES + b'"}}'
    parked_before = {parked.id for parked in reader.one.parked()}
    with amid_business(reader, seed=11) as fell_inside:
        reader.company.produce(
            topic,
            [
                (b'{"id":-1}', b"{", {}),
                (b'{"id":-2}', large_one, {}),
                (b'{"id":-3}', b'{"op":"\xff"}', {}),
                (b'{"id":-4}', b'{"op":"?","source":{}}', {}),
                (b"no key", b"[]", {}),
            ],
        )
        fell_inside()
    reader.assert_is_as_undisturbed()
    codes = [parked.code for parked in reader.one.parked() if parked.id not in parked_before]
    assert sorted(codes) == ["invalid_utf8", "malformed_json", "oversized", "unknown_op", "wrong_envelope"]


def test_everything_produced_twice(reader: Reader) -> None:
    company = reader.company
    key = do_business(reader, seed=13)
    count = 0
    for topic in company.topics():
        records = company.kafka.read([topic], lambda found: any(key in (record.key or "") for record in found))
        count += len(records)
        company.produce(topic, [(as_written(r.key), as_written(r.value), r.headers) for r in records])
    assert count > STEPS
    reader.assert_is_as_undisturbed()


def as_written(text: str | None) -> bytes | None:
    """The bytes of a record's key or value, which need not be UTF-8."""
    return None if text is None else text.encode(errors="surrogateescape")


def test_two_workers_on_each_partition(reader: Reader) -> None:
    """The second is in another group, as if the coordinator had given up the first: both are given all partitions."""
    config = reader.one.folder / "second.toml"
    config.write_text(reader.company.settings("second"))
    before = reader.claims()
    second = reader.worker(config)
    try:
        wait_for(lambda: reader.claims() > before)
        with amid_business(reader, seed=12) as fell_inside:
            fell_inside()
        reader.wait_until_read()
        assert "is read by another worker now" in reader.log.read_text()
    finally:
        second.terminate()
        second.wait(30)
        reader.stop()
    reader.start()
    reader.assert_is_as_undisturbed()
