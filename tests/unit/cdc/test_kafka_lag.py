"""Where streams end in Kafka, by what it says of partitions and what is stored of streams."""

from collections.abc import Callable
from importlib import import_module

import pytest

from cdc.kafka_errors import Place
from cdc.kafka_lag import KafkaEnds, KafkaLag, ends_of, kafka_lag, lag_of
from cdc.kafka_settings import KafkaSettings
from cdc.kafka_streams import Log
from cdc.store import Position

AT = Place("shop.customers", 0)
ID = b"1" * 16


def log(first: int, end: int, topic_id: bytes = ID) -> Log:
    return Log("c", topic_id, first, end)


def test_a_partition_that_nobody_claimed_ends_where_kafka_says() -> None:
    known = [Position("kafka:c/shop.customers/0", 5, 1, ID)]
    other = Place("shop.customers", 1)
    expected = {"kafka:c/shop.customers/0": 7, "kafka:c/shop.customers/1": 3}
    assert ends_of({AT: log(0, 7), other: log(0, 3)}, known) == KafkaEnds(expected)


def test_where_nothing_lies_there_is_nothing_to_wait_for() -> None:
    known = [Position("kafka:c/shop.customers/0", 7, 1, ID)]
    others = {Place("shop.empty", 0): log(0, 0), Place("shop.expired", 0): log(9, 9)}
    assert ends_of({AT: log(0, 7), **others}, known) == KafkaEnds({})


def test_a_partition_that_cannot_be_read_on_is_a_fault_and_no_end() -> None:
    known = [Position("kafka:c/shop.customers/0", 5, 1, ID)]
    for gone in (log(6, 9), log(0, 4), log(0, 9, b"2" * 16)):
        found = ends_of({AT: gone}, known)
        assert found.ends == {}
        assert len(found.faults) == 1
        assert found.faults[0].startswith("topic 'shop.customers' partition 0 stands")


def test_what_lies_in_partitions_that_nobody_claimed_is_lag_too() -> None:
    known = [Position("kafka:c/shop.customers/0", 5, 1, ID)]
    logs = {AT: log(0, 7), Place("shop.customers", 1): log(2, 9), Place("shop.empty", 0): log(3, 3)}
    ends = {"kafka:c/shop.customers/0": 7, "kafka:c/shop.customers/1": 9}
    assert lag_of(logs, known) == KafkaLag(ends, {"kafka:c/shop.customers/0": 2, "kafka:c/shop.customers/1": 7})


def test_topics_that_nobody_reads_are_no_lag_but_for_what_was_read_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = {Place(name, number): log(0, 7) for name in ("shop.customers", "till.sales", "other") for number in (0, 1)}

    def look(_: KafkaSettings, is_wanted: Callable[[str], bool], *, seconds: float) -> dict[Place, Log]:
        return {place: found for place, found in logs.items() if is_wanted(place.topic)}

    monkeypatch.setattr(import_module("cdc.kafka_lag"), "look_at_topics", look)
    known = [Position("kafka:c/shop.customers/0", 5, 1, ID), Position("kafka:c/till.sales/0", 6, 1, ID)]
    found = kafka_lag(KafkaSettings(), known, is_read=lambda topic: topic == "shop.customers", seconds=1)
    expected = {"kafka:c/shop.customers/0": 2, "kafka:c/shop.customers/1": 7, "kafka:c/till.sales/0": 1}
    assert found.lags == expected
    assert kafka_lag(KafkaSettings(), [], is_read=bool, seconds=1) == KafkaLag({}, {})
