"""How far behind Kafka an installation is, as Prometheus and the truth audit hear of it."""

from pathlib import Path

import httpx
import pytest

from cdc import Reading, StreamEnds, stream_positions
from cli.ingest_kafka import ingest_kafka
from cli.interrupts import Interrupt
from cli.operations import watched
from cli.parity_kafka import source_ends
from tests.estate.kafka import KafkaBroker
from tests.installation import Installation, installation
from tests.integration.kafka_topics import Topics, sample
from tests.services.ports import free_port

CUSTOMERS = "shop.public.customers"
ORDERS = "shop.public.orders"


@pytest.fixture
def topics(kafka: KafkaBroker) -> Topics:
    return Topics(kafka)


def lags(one: Installation) -> dict[str, float]:
    port = free_port()
    with watched(one.parts, port, command="ingest"):
        lines = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text.splitlines()
    told = (line.rpartition(" ") for line in lines if line.startswith("onefold_kafka"))
    return {name: float(value) for name, _, value in told}


def test_lag_is_told_and_so_is_where_a_source_s_streams_end(topics: Topics, tmp_path: Path) -> None:
    customers = [event for event in sample() if event.topic == CUSTOMERS]
    topics.produce(customers[:5])
    with installation(tmp_path / "one", topics.mapping()) as one:
        assert lags(one) == {}
        ingest_kafka(one.parts, Interrupt(), Reading(frozenset(), 500), until_end=True)
        topics.produce(customers[5:])
        name = topics.name(CUSTOMERS)
        assert lags(one) == {
            "onefold_kafka_up": 1,
            f'onefold_kafka_lag{{partition="0",topic="{name}"}}': len(customers) - 5,
            "onefold_kafka_partitions_standing": 0,
        }
        with one.parts.database.read() as connection:
            known = stream_positions(connection)
        [at] = known
        ends = source_ends(one.parts.settings)
        assert ends("shop", known) == StreamEnds({at.stream: len(customers)})
        assert ends("elsewhere", known) == StreamEnds()


def test_what_lies_where_no_worker_has_begun_is_lag_too(topics: Topics, tmp_path: Path) -> None:
    customers = [event for event in sample() if event.topic == CUSTOMERS]
    topics.produce(customers)
    with installation(tmp_path / "one", topics.mapping()) as one:
        ingest_kafka(one.parts, Interrupt(), Reading(frozenset(), 500), until_end=True)
        orders = [event for event in sample() if event.topic == ORDERS]
        topics.produce(orders)
        found = lags(one)
    names = [f'onefold_kafka_lag{{partition="0",topic="{topics.name(topic)}"}}' for topic in (CUSTOMERS, ORDERS)]
    assert [found[name] for name in names] == [0, len(orders)]
