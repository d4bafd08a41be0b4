"""The truth audit of a source that comes in several topics: changes that wait where no worker ever began are not lost."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaAdminClient, TopicPartition

from cdc import KafkaSettings, Reading
from cdc.parity import Address, Audit, PostgresSource, TableParity
from cli.ingest_kafka import ingest_kafka
from cli.interrupts import Interrupt
from cli.parity_kafka import source_ends
from tests.estate.connect import ConnectWorker
from tests.estate.debezium import postgres_connector
from tests.estate.kafka import KafkaBroker
from tests.estate.postgres import LogicalPostgres
from tests.installation import Installation, installation
from tests.services.ports import free_port

MAPPING = """
[[source]]
name = "shop"
topics = "{prefix}.public.*"
[source.tables.people]
kind = "person"
key = ["id"]
columns = {{ email = {{ is = "email" }} }}
[source.tables.things]
kind = "event"
event = "thing"
key = ["id"]
[kafka]
bootstrap_servers = ["{bootstrap}"]
group = "{prefix}"
"""


@dataclass
class Shop:
    """A captured database, and the installation that reads it."""

    one: Installation
    source: PostgresSource
    connection: "psycopg.Connection[tuple[object, ...]]"
    kafka: KafkaBroker
    prefix: str
    people: int = 1

    def topic(self, table: str) -> str:
        return f"{self.prefix}.public.{table}"

    def insert_person(self) -> None:
        self.people += 1
        self.connection.execute("INSERT INTO people VALUES (%s, NULL)", [self.people])
        self.kafka.read([self.topic("people")], lambda records: len(records) >= self.people)

    def read(self, tables: str) -> None:
        """Read the topics of these tables to their ends."""
        parts = self.one.parts
        kafka = replace(parts.settings.kafka, topics=f"{self.prefix}[.]public[.]({tables})")
        reader = replace(parts, settings=replace(parts.settings, kafka=kafka))
        ingest_kafka(reader, Interrupt(), Reading(frozenset(), 500), until_end=True)

    def compare(self, table: str, *, kafka: KafkaSettings | None = None) -> TableParity:
        """Audit a table of a snapshot behind which another table has changed, and was read."""
        parts = self.one.parts
        settings = replace(parts.settings, kafka=kafka or parts.settings.kafka)
        mapped = settings.mapping.sources[0]
        audit = Audit(parts.database, parts.sealer, ends=source_ends(settings))
        with self.source.snapshot() as snapshot:
            self.insert_person()
            self.read("people")
            return audit.table(snapshot, mapped, mapped.tables[table])


@pytest.fixture
def shop(
    logical_postgres: LogicalPostgres, kafka: KafkaBroker, connect: ConnectWorker, tmp_path: Path
) -> Iterator[Shop]:
    server, prefix = logical_postgres, f"shop_{uuid4().hex}"
    with server.new_database() as database, server.server.connect(database) as connection:
        for statement in (
            b"CREATE TABLE people (id INT PRIMARY KEY, email VARCHAR(90))",
            b"CREATE TABLE things (id INT PRIMARY KEY)",
            b"INSERT INTO people VALUES (1, 'p@example.com')",
            b"INSERT INTO things VALUES (1), (2)",
        ):
            connection.execute(statement)
        address = Address(
            "postgresql", "127.0.0.1", server.server.port, database, server.user, server.password, "public"
        )
        connect.put(prefix, postgres_connector(server, database, prefix=prefix))
        try:
            connect.wait_until_running(prefix)
            with installation(tmp_path, MAPPING.format(prefix=prefix, bootstrap=kafka.bootstrap)) as one:
                found = Shop(one, PostgresSource("shop", address), connection, kafka, prefix)
                kafka.read([found.topic("people"), found.topic("things")], lambda records: len(records) >= 3)
                yield found
        finally:
            connect.delete(prefix)


def test_what_waits_where_no_worker_began_is_behind_and_named(shop: Shop) -> None:
    shop.read("people")
    found = shop.compare("things")
    assert (found.state, found.pending, found.missing) == ("behind", 2, 0)
    assert f"{shop.topic('things')}/0 (no worker has begun with it; Kafka has it up to 2)" in found.note
    shop.read("things")
    assert shop.compare("things").state == "equal"
    shop.connection.execute("INSERT INTO things VALUES (3)")
    shop.kafka.read([shop.topic("things")], lambda records: len(records) >= 3)
    found = shop.compare("things")
    assert (found.state, found.pending) == ("behind", 1)
    assert f"{shop.topic('things')}/0 (at 2 of 3)" in found.note


def test_a_partition_that_cannot_be_read_on_is_behind_for_a_reason(shop: Shop) -> None:
    shop.read("people|things")
    shop.connection.execute("INSERT INTO things VALUES (3), (4)")
    shop.kafka.read([shop.topic("things")], lambda records: len(records) >= 4)
    delete_records(shop.kafka, shop.topic("things"), before=3)
    found = shop.compare("things")
    assert (found.state, found.pending) == ("behind", 2)
    assert f"topic '{shop.topic('things')}' partition 0 stands: its stored position is 2" in found.note
    assert f"onefold ingest --from kafka --restart-topic {shop.topic('things')}" in found.note


def test_while_kafka_does_not_answer_nothing_is_called_lost(shop: Shop) -> None:
    shop.read("people")
    away = replace(shop.one.parts.settings.kafka, bootstrap_servers=(f"127.0.0.1:{free_port()}",))
    found = shop.compare("things", kafka=away)
    assert (found.state, found.pending) == ("behind", 2)
    assert "Kafka does not answer" in found.note
    assert shop.compare("people", kafka=away).state == "equal", "what is equal needs no proof"


def delete_records(kafka: KafkaBroker, topic: str, *, before: int) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap)) as admin:
        admin.delete_records({TopicPartition(topic, 0): before})
