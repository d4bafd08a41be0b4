"""Real rows through real Debezium onto a real Kafka: they look as captured, and no crash loses one."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from tests.estate.connect import ConnectWorker
from tests.estate.debezium import mariadb_connector, postgres_connector
from tests.estate.kafka import KafkaBroker, Record
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.integration.sampled_changes import SHOP, TILL, SampledChanges
from tests.services.process import ServiceFailedError

FIRST_ROW = 1


class Source:
    """A database that a running connector captures, past its snapshot; `execute` commits a statement."""

    def __init__(
        self, data: SampledChanges, execute: Callable[[str], object], *, kafka: KafkaBroker, topics: str
    ) -> None:
        self.data = data
        self.execute = execute
        self._kafka = kafka
        self._topics = topics
        self.read(lambda records: len(records) == FIRST_ROW)

    def insert(self, numbers: range) -> None:
        for number in numbers:
            self.execute(self.data.numbered.format(number))

    def read(self, until: Callable[[list[Record]], bool]) -> list[Record]:
        tables = {statement.split()[2] for statement in self.data.tables if statement.startswith("CREATE TABLE")}
        return self._kafka.read([f"{self._topics}.{table}" for table in tables], until)

    def numbers(self, records: Sequence[Record]) -> list[int]:
        """The numbers of the inserted rows among `records`."""
        return [json.loads(record.key or "{}")[self.data.key_column] for record in records]


@pytest.fixture
def shop(logical_postgres: LogicalPostgres, kafka: KafkaBroker, connect: ConnectWorker) -> Iterator[Source]:
    with logical_postgres.new_database() as database, logical_postgres.server.connect(database) as connection:

        def execute(statement: str) -> None:
            connection.execute(statement.encode())

        prepare(SHOP, execute)
        prefix = f"shop_{uuid4().hex}"
        with running(connect, prefix, postgres_connector(logical_postgres, database, prefix=prefix)):
            yield Source(SHOP, execute, kafka=kafka, topics=f"{prefix}.public")


@pytest.fixture
def till(mariadb: MariaDb, kafka: KafkaBroker, connect: ConnectWorker) -> Iterator[Source]:
    with mariadb.new_database() as database, mariadb.connect(database) as connection, connection.cursor() as cursor:
        prepare(TILL, cursor.execute)
        prefix = f"till_{uuid4().hex}"
        settings = mariadb_connector(mariadb, database, prefix=prefix, bootstrap=kafka.bootstrap)
        with running(connect, prefix, settings):
            yield Source(TILL, cursor.execute, kafka=kafka, topics=f"{prefix}.{database}")


@pytest.fixture(params=["shop", "till"])
def source(request: pytest.FixtureRequest) -> Source:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Source)
    return found


def prepare(data: SampledChanges, execute: Callable[[str], object]) -> None:
    """Create the tables and a row whose arrival says that the snapshot is over."""
    for statement in (*data.tables, data.numbered.format(FIRST_ROW)):
        execute(statement)


@contextmanager
def running(connect: ConnectWorker, connector: str, settings: Mapping[str, str]) -> Iterator[None]:
    connect.put(connector, settings)
    try:
        connect.wait_until_running(connector)
        yield
    finally:
        connect.delete(connector)


def test_changes_arrive_as_they_were_captured(source: Source) -> None:
    expected = source.data.captured()
    for statement in source.data.changes:
        source.execute(statement)
    count = sum(map(len, expected.values()))
    records = source.read(lambda records: len(records) >= FIRST_ROW + count)
    assert source.data.comparable(records) == expected


def test_killed_connect_resumes_without_losing_a_row(source: Source, connect: ConnectWorker) -> None:
    source.insert(range(2, 300))
    connect.kill()  # amid the work
    source.insert(range(300, 320))
    connect.start()
    source.insert(range(320, 340))
    records = source.read(lambda records: 339 in source.numbers(records))
    assert sorted(set(source.numbers(records))) == list(range(1, 340))


def test_killed_broker_has_all_that_it_acknowledged_and_nothing_twice(kafka: KafkaBroker) -> None:
    topic, numbers = uuid4().hex, [str(number) for number in range(10_000)]
    with closing(KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")) as producer:
        sent = [producer.send(topic, number.encode()) for number in numbers[:-100]]
        sent[100].get(timeout=30)
        kafka.kill()  # mostly amid the work, and surely before the last of it
        acknowledged = {number for number, one in zip(numbers, sent, strict=False) if one.succeeded()}
        for number in numbers[-100:]:
            producer.send(topic, number.encode())
        kafka.start()
        found = kafka.read([topic], lambda records: len(records) >= len(acknowledged))
        assert acknowledged <= {record.value for record in found}
        producer.flush(timeout=60)
    records = kafka.read([topic], lambda records: bool(records) and records[-1].value == numbers[-1])
    assert [record.value for record in records] == numbers


def test_connector_that_connect_refuses_says_why(connect: ConnectWorker, logical_postgres: LogicalPostgres) -> None:
    settings = postgres_connector(logical_postgres, "nowhere", prefix="nowhere")
    with pytest.raises(ServiceFailedError, match=r"nowhere.* does not exist"):
        connect.put("nowhere", settings)
