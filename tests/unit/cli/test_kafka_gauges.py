"""How far behind Kafka is: asked now and then, not at every scrape, and never when nothing was read from it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from cdc import KafkaLag, KafkaSettings, KafkaUnreachable, Position
from cdc.tables import stream_position
from cli.kafka_gauges import KafkaLagCollector
from storage import Database, insert

STREAM = "kafka:c/shop.customers/3"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{tmp_path / 'one.db'}")) as made:
        with made.write() as connection:
            stream_position.create(connection)
        yield made


def stand(database: Database, stream: str) -> None:
    with database.write() as connection:
        insert(connection, stream_position, [{"stream": stream, "next_offset": 5, "owner_epoch": 1, "digest": None}])


class Asked:
    """Stands for Kafka, and counts how often it is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        self.is_away = False
        monkeypatch.setattr("cli.kafka_gauges.kafka_lag", self._answer)

    def _answer(self, _: KafkaSettings, known: Sequence[Position], *, is_read: object, seconds: float) -> KafkaLag:
        self.times += 1
        if self.is_away:
            raise KafkaUnreachable("nobody answers")
        lags = {at.stream: 7 - at.next_offset for at in known}
        return KafkaLag({}, lags, ("one stands",))


def told(collector: KafkaLagCollector) -> dict[str, float]:
    samples = (sample for metric in collector.collect() for sample in metric.samples)
    return {f"{sample.name}{sorted(sample.labels.values())}": sample.value for sample in samples}


def test_the_lag_is_told_by_topic_and_partition_and_asked_now_and_then(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, now = Asked(monkeypatch), [100.0]
    collector = KafkaLagCollector(database, KafkaSettings(), is_read=bool, clock=lambda: now[0])
    stand(database, STREAM)
    stand(database, "file:/home/somebody")
    for _ in range(3):
        assert told(collector) == {
            "onefold_kafka_up[]": 1,
            "onefold_kafka_lag['3', 'shop.customers']": 2,
            "onefold_kafka_partitions_standing[]": 1,
        }
    assert asked.times == 1
    now[0] += 11
    told(collector)
    assert asked.times == 2


def test_brokers_that_do_not_answer_are_left_alone_for_a_while(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, now = Asked(monkeypatch), [100.0]
    asked.is_away = True
    collector = KafkaLagCollector(database, KafkaSettings(), is_read=bool, clock=lambda: now[0])
    stand(database, STREAM)
    assert told(collector) == told(collector) == {"onefold_kafka_up[]": 0}
    now[0] += 20
    told(collector)
    assert asked.times == 1
    asked.is_away = False
    now[0] += 20
    assert told(collector)["onefold_kafka_up[]"] == 1


def test_who_reads_nothing_from_kafka_does_not_ask_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch)
    stand(database, "sqlite:till")
    assert told(KafkaLagCollector(database, KafkaSettings(), is_read=bool)) == {}
    assert asked.times == 0
