"""A company whose shop is on PostgreSQL and whose tills are on MariaDB, set up by what `onefold connector` prints and applies.

    with new_company(folder, services, ...) as company:
        company.shop("INSERT INTO customers …")
        company.settings(group="one")         # the text of an onefold.toml that reads it

`business` writes a seeded mixture of all that happens to rows; a statement that fails because its database is down is tried again,
and each can be run twice.
"""

import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pymysql
from kafka import KafkaProducer
from psycopg.rows import dict_row
from typer.testing import CliRunner, Result

import server
from cdc import Connector, RawEvent
from cli.app import application
from cli.settings import load_settings
from tests.estate.connect import ConnectWorker
from tests.estate.kafka import KafkaBroker
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres

PASSWORD = "it's a s3cret"
DOWN_SECONDS = 60
PACE_SECONDS = 0.015  # so that business goes on while something is killed
LATE_PACE_SECONDS = 0.1  # after the steps that were wanted, while business is kept going
MAX_EVENT_BYTES = 100_000
SETTINGS = """
[onefold]
max_event_bytes = {max_event_bytes}

[connect]
url = "{url}"
bootstrap_servers = "{bootstrap}"

[kafka]
bootstrap_servers = ["{bootstrap}"]
group = "{group}"

[[source]]
name = "shop"
topics = "{name}_shop.public.*"
currency = "CNY"
channel = "online"

[source.connector]
kind = "postgresql"
host = "127.0.0.1"
port = {shop_port}
database = "{shop_database}"
user = "{name}_shop"
name = "{name}_shop"
slot = "{name}_shop"
publication = "{name}_shop"
{log}
signal_table = "signals"
snapshot = "{snapshot}"
password_file = "{password}"
settings = {{ "poll.interval.ms" = "100", "retriable.restart.connector.wait.ms" = "1000" }}

[source.tables.customers]
kind = "person"
key = ["id"]

[source.tables.customers.columns]
phone = {{ is = "phone" }}
full_name = {{ is = "name" }}
display_name = {{ is = "name" }}
email = {{ is = "email" }}
city = {{ is = "city" }}
note = {{ is = "trait.note" }}

[source.tables.orders]
kind = "order"
key = ["id"]

[source.tables.orders.columns]
customer_id = {{ is = "person" }}
total = {{ is = "amount" }}

[[source]]
name = "pos"
topics = "{name}_till.*"
currency = "CNY"
channel = "store"

[source.connector]
kind = "mariadb"
host = "127.0.0.1"
port = {till_port}
database = "{till_database}"
user = "{name}_till"
name = "{name}_till"
snapshot = "{snapshot}"
password_file = "{password}"
server_id = {server_id}
{log}
settings = {{ "poll.interval.ms" = "100", "retriable.restart.connector.wait.ms" = "1000" }}

[source.tables.members]
kind = "person"
key = ["member_no"]

[source.tables.members.columns]
mobile = {{ is = "phone" }}
name = {{ is = "name" }}
label = {{ is = "name" }}
email = {{ is = "email" }}
city = {{ is = "city" }}

[source.tables.receipts]
kind = "order"
key = ["receipt_no"]

[source.tables.receipts.columns]
member_no = {{ is = "person" }}
total = {{ is = "amount" }}
"""
SHOP_TABLES = (
    "CREATE TABLE customers (id BIGINT PRIMARY KEY, phone TEXT, full_name TEXT, email TEXT, note TEXT, touched INT)",
    "ALTER TABLE customers ALTER COLUMN note SET STORAGE EXTERNAL",  # long ones lie outside of the row, uncompressed
    "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT, total NUMERIC(12, 2))",
)
TILL_TABLES = (
    "CREATE TABLE members (member_no BIGINT PRIMARY KEY, mobile VARCHAR(20), name VARCHAR(64), email VARCHAR(99), touched INT)",
    "CREATE TABLE receipts (receipt_no BIGINT PRIMARY KEY, member_no BIGINT, total DECIMAL(12, 2))",
)
#: Each table's key, by its source.
TABLES = {"shop": {"customers": "id", "orders": "id"}, "pos": {"members": "member_no", "receipts": "receipt_no"}}
PEOPLE = {"shop": "customers", "pos": "members"}


def phone(number: int) -> str:
    """The phone number of person `number`, in both databases."""
    return f"138{number:08d}"


@dataclass(slots=True)
class Company:
    """Both databases, their connectors, and what reads them; `shop` and `till` commit one statement each."""

    folder: Path
    name: str
    postgres: LogicalPostgres
    mariadb: MariaDb
    kafka: KafkaBroker
    connect: ConnectWorker
    shop_database: str
    till_database: str
    person: int = 0
    marker: int = 10_000_000
    snapshot_mode: str = "initial"
    log: int = 0
    server_id: int = field(default_factory=lambda: random.randrange(10_000, 2_000_000))

    def settings(self, group: str) -> str:
        """The text of an `onefold.toml` of an installation that reads as `group`."""
        log = f"log = {self.log}" if self.log else ""
        return SETTINGS.format(
            max_event_bytes=MAX_EVENT_BYTES,
            url=self.connect.url,
            bootstrap=self.kafka.bootstrap,
            group=group,
            name=self.name,
            shop_port=self.postgres.server.port,
            shop_database=self.shop_database,
            till_port=self.mariadb.port,
            till_database=self.till_database,
            password=self.folder / "password",
            server_id=self.server_id,
            snapshot=self.snapshot_mode,
            log=log,
        )

    def onefold(self, *arguments: str) -> Result:
        """Run a command with the company's own settings."""
        given = [*arguments, "--config", str(self.folder / "onefold.toml")]
        return CliRunner().invoke(application(), given, obj=server.wiring({}))

    def shop(self, statement: str) -> None:
        """Commit a statement in PostgreSQL, as its administrator."""
        with self.postgres.server.connect(self.shop_database) as connection:
            connection.execute(statement.encode())

    def till(self, statement: str) -> None:
        """Commit a statement in MariaDB, as its administrator."""
        with self.mariadb.connect(self.till_database) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def both(self, source: str, statement: str) -> None:
        """Commit a statement in a source's database; waits while that is down."""
        with closing(Session(self)) as session:
            session.execute(source, statement)

    def rows(self, source: str, table: str) -> list[dict[str, Any]]:
        """All rows of a table, values as Debezium writes them."""
        query = f"SELECT * FROM {table}"
        if source == "shop":
            with self.postgres.server.connect(self.shop_database) as connection:
                found: list[Any] = connection.cursor(row_factory=dict_row).execute(query.encode()).fetchall()
        else:
            with self.mariadb.connect(self.till_database) as connection:
                cursor = connection.cursor(pymysql.cursors.DictCursor)
                cursor.execute(query)
                found = list(cursor.fetchall())
        plain = (int, str, type(None))
        return [{k: v if isinstance(v, plain) else str(v) for k, v in row.items()} for row in found]

    def connector(self, source: str) -> Connector:
        """How a source is captured."""
        mapping = load_settings(self.folder / "onefold.toml", {}).mapping
        found = next(one.connector for one in mapping.sources if one.name == source)
        assert found
        return found

    def topic(self, source: str, table: str) -> str:
        """The topic of a table."""
        return self.connector(source).topic(table)

    def topics(self) -> list[str]:
        """The topics of all tables."""
        return [self.topic(source, table) for source, tables in TABLES.items() for table in tables]

    def truth(self) -> list[RawEvent]:
        """One event for each row that is there now: what a snapshot of both databases at this moment would say."""
        events: list[RawEvent] = []
        for source, tables in TABLES.items():
            for table, key in tables.items():
                for row in self.rows(source, table):
                    at = _source_block(source, table, len(events) + 1)
                    value = {"before": None, "after": row, "source": at, "op": "r", "ts_ms": 1}
                    identity = json.dumps({key: row[key]}).encode()
                    events.append(RawEvent("", 0, self.topic(source, table), identity, json.dumps(value).encode(), {}))
        return events

    def mark(self) -> str:
        """Write a row into each table, after all that was written before; give the key that they all have."""
        self.marker += 1
        for source, tables in TABLES.items():
            for table, key in tables.items():
                self.both(source, f"INSERT INTO {table} ({key}) VALUES ({self.marker})")
        return str(self.marker)

    def apply(self, source: str, *options: str) -> None:
        """Let our own code put the connector, and wait until it runs."""
        result = self.onefold("connector", "apply", source, "--wait", *options)
        assert result.exit_code == 0, result.output

    def revive(self) -> None:
        """Do what an operator does once a database that went away is there again: apply connectors that have failed."""
        for source in TABLES:
            status = self.connect.status(self.connector(source).name)
            if status is None or any(part["state"] == "FAILED" for part in (status["connector"], *status["tasks"])):
                self.apply(source)

    def forget(self, source: str) -> None:
        """Take a connector away with its offsets, and PostgreSQL's slot: the next one begins with a snapshot."""
        name = self.connector(source).name
        self.connect.forget(name)
        if source == "shop":
            self.shop(f"SELECT pg_drop_replication_slot('{name}')")

    def snapshot(self, source: str, *tables: str) -> None:
        """Ask by a signal on Kafka for an incremental snapshot."""
        connector = self.connector(source)
        names = [".".join(connector.qualified(table)) for table in tables]
        data = {"data-collections": names, "type": "incremental"}
        value = json.dumps({"type": "execute-snapshot", "data": data}).encode()
        self.produce(connector.signal_topic, [(connector.prefix.encode(), value, {})])

    def produce(self, topic: str, records: list[tuple[bytes | None, bytes | None, dict[str, str]]]) -> None:
        """Write records of our own."""
        with closing(KafkaProducer(bootstrap_servers=self.kafka.bootstrap)) as producer:
            for key, value, headers in records:
                given = [(name, text.encode()) for name, text in headers.items()]
                producer.send(topic, key=key, value=value, headers=given)
            producer.flush()

    def next_person(self) -> int:
        """A number that nobody had."""
        self.person += 1
        return self.person

    @contextmanager
    def business(self, steps: int, *, seed: int = 1) -> Iterator["Business"]:
        """Do business meanwhile: at least ``steps`` statements, and more until the block ends, so what happens in it falls inside."""
        business = Business(self, steps, seed)
        try:
            yield business
        finally:
            business.wait()


class Session:
    """A connection to each database, made anew when it broke."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._shop: psycopg.Connection[Any] | None = None
        self._till: pymysql.Connection | None = None

    def execute(self, source: str, statement: str) -> None:
        """Commit a statement; waits while the database is down."""
        deadline = time.monotonic() + DOWN_SECONDS
        while True:
            try:
                return self._try(source, statement)
            except (psycopg.OperationalError, pymysql.OperationalError, pymysql.InterfaceError):
                if time.monotonic() > deadline:
                    raise
                self.close()
                time.sleep(0.1)

    def close(self) -> None:
        """Close what is open."""
        if self._shop is not None:
            self._shop.close()
        if self._till is not None and self._till.open:
            self._till.close()
        self._shop = self._till = None

    def _try(self, source: str, statement: str) -> None:
        company = self._company
        if source == "shop":
            self._shop = self._shop or company.postgres.server.connect(company.shop_database)
            self._shop.execute(statement.encode())
        else:
            self._till = self._till or company.mariadb.connect(company.till_database)
            with self._till.cursor() as cursor:
                cursor.execute(statement)


class Business:
    """Statements in both databases, one after the other in a thread, until `wait`, and at least `steps`; `done` were committed."""

    def __init__(self, company: Company, steps: int, seed: int) -> None:
        self.steps = steps
        self.done = 0
        self._company = company
        self._choose = random.Random(seed)
        self._alive: dict[str, list[int]] = {"shop": [], "pos": []}
        self._failure: BaseException | None = None
        self._second_half = threading.Event()
        self._is_enough = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def is_under_way(self) -> bool:
        """Whether some is done, and more is to come."""
        return self.done > 0 and self._thread.is_alive() and not self._is_enough.is_set()

    def wait_for_half(self) -> None:
        """Wait until half of the steps is done; it rests then until `go_on`."""
        while self.done < self.steps // 2 and self._thread.is_alive():
            time.sleep(0.005)

    def go_on(self) -> None:
        """Do the second half."""
        self._second_half.set()

    def wait(self) -> None:
        """Keep it going no longer than its steps, and wait until it ended."""
        self._is_enough.set()
        self.go_on()
        self._thread.join()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            with closing(Session(self._company)) as session:
                while self.done < self.steps or not self._is_enough.is_set():
                    if self.done == self.steps // 2:
                        self._second_half.wait()
                    session.execute(*self._step())
                    self.done += 1
                    time.sleep(PACE_SECONDS if self.done < self.steps else LATE_PACE_SECONDS)
        except BaseException as failure:  # noqa: BLE001 - raised where it is waited for
            self._failure = failure

    def _step(self) -> tuple[str, str]:
        source = self._choose.choice(["shop", "pos"])
        alive = self._alive[source]
        what = self._choose.choices(["insert", "update", "delete", "key", "fact"], [5, 2, 1, 1, 4])[0]
        if what == "insert" or not alive:
            return source, self._insert(source)
        row = self._choose.choice(alive)
        if what == "fact":
            return source, self._fact(source, row)
        table = PEOPLE[source]
        key = TABLES[source][table]
        if what == "update":
            column = "phone" if source == "shop" else "mobile"
            new = phone(self._choose.randrange(1, self._company.person + 2))
            return source, f"UPDATE {table} SET {column} = '{new}' WHERE {key} = {row}"
        alive.remove(row)
        if what == "delete":
            return source, f"DELETE FROM {table} WHERE {key} = {row}"
        alive.append(row + 1_000_000)
        return source, f"UPDATE {table} SET {key} = {row + 1_000_000} WHERE {key} = {row}"

    def _insert(self, source: str) -> str:
        number = self._company.next_person()
        self._alive[source].append(number)
        who = self._choose.randrange(max(1, number - 20), number + 1)  # often somebody whom the other channel knows
        columns = "id, phone, full_name" if source == "shop" else "member_no, mobile, name"
        return _once(source, PEOPLE[source], columns, f"{number}, '{phone(who)}', 'Customer {_letters(who)}'")

    def _fact(self, source: str, row: int) -> str:
        number, cents = self._company.next_person(), self._choose.randrange(1, 100_000)
        table, columns = (
            ("orders", "id, customer_id, total") if source == "shop" else ("receipts", "receipt_no, member_no, total")
        )
        return _once(source, table, columns, f"{number}, {row}, {cents / 100:.2f}")


def _once(source: str, table: str, columns: str, values: str) -> str:
    if source == "shop":
        return f"INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING"
    return f"INSERT IGNORE INTO {table} ({columns}) VALUES ({values})"


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number)).title()


def _source_block(source: str, table: str, number: int) -> dict[str, Any]:
    common = {"snapshot": "true", "ts_ms": 1, "table": table, "name": source, "db": "db"}
    if source == "shop":
        return {**common, "connector": "postgresql", "schema": "public", "txId": 1, "lsn": number}
    return {**common, "connector": "mariadb", "server_id": 0, "file": "log.000001", "pos": number, "row": 0}


@contextmanager
def new_company(  # noqa: PLR0913 - the services, each named
    folder: Path,
    *,
    postgres: LogicalPostgres,
    mariadb: MariaDb,
    kafka: KafkaBroker,
    connect: ConnectWorker,
    early: Sequence[int] = (),
) -> Iterator[Company]:
    """Make both databases, do in them what `onefold connector config --statements` prints, and apply both connectors.

    With `early`, persons with these keys are there before, and the connectors read no snapshot.
    """
    with ExitStack() as stack:
        shop = stack.enter_context(postgres.new_database())
        till = stack.enter_context(mariadb.new_database())
        name = f"c{uuid4().hex[:12]}"
        company = Company(folder, name, postgres, mariadb, kafka, connect, shop, till)
        (folder / "password").write_text(PASSWORD)
        company.snapshot_mode = "no_data" if early else "initial"
        (folder / "onefold.toml").write_text(company.settings(name))
        _prepare(company)
        _people(company, early)
        for connector in (f"{name}_shop", f"{name}_till"):
            stack.callback(_remove, connect, connector)
        for source in TABLES:
            company.apply(source)
        yield company


def _people(company: Company, keys: Sequence[int]) -> None:
    for number in keys:
        who = f"{number}, '{phone(number % 7)}', 'Customer {_letters(number)}'"
        company.shop(f"INSERT INTO customers (id, phone, full_name) VALUES ({who})")
        company.till(f"INSERT INTO members (member_no, mobile, name) VALUES ({who})")


def _prepare(company: Company) -> None:
    for source, tables in (("shop", SHOP_TABLES), ("pos", TILL_TABLES)):
        execute = company.shop if source == "shop" else company.till
        for statement in tables:
            execute(statement)
        printed = company.onefold("connector", "config", source, "--statements")
        assert printed.exit_code == 0, printed.output
        for line in printed.stdout.splitlines():
            if line and not line.startswith("--"):
                execute(line)
    literal = PASSWORD.replace("'", "''")
    company.shop(f"ALTER ROLE {company.name}_shop PASSWORD '{literal}'")
    company.till(f"ALTER USER '{company.name}_till'@'%' IDENTIFIED BY '{literal}' ACCOUNT UNLOCK")


def _remove(connect: ConnectWorker, connector: str) -> None:
    if connect.status(connector) is not None:
        connect.delete(connector)
