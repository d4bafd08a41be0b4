"""`onefold ingest --from kafka` against a real broker: what files give, whatever is pulled out from under it."""

import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from kafka import KafkaAdminClient, TopicPartition

from cdc import (
    BlastRadius,
    KafkaRefused,
    KafkaSettings,
    Place,
    Position,
    RawEvent,
    Reading,
    Report,
    StreamName,
    TooManyMerges,
    stream_positions,
    topic_reader,
)
from cdc.apply import Advance, Batch
from cli.ingest_kafka import KafkaOutcome, ingest_kafka
from cli.interrupts import Interrupt
from cli.status_kafka import kafka_state
from tests.conftest import unavailable
from tests.estate.kafka import CLUSTER_ID, KafkaBroker
from tests.installation import DATA, Installation, installation
from tests.integration.kafka_topics import MAPPING, Topics, sample
from tests.services.ports import free_port

SHOP = DATA / "debezium" / "pg.noschema.string.jsonl"
TILL = DATA / "debezium" / "mariadb.schema.precise.jsonl"
TILL_MAPPING = (DATA / "mappings" / "pos.toml").read_text()
CUSTOMERS = "shop.public.customers"


@pytest.fixture
def topics(kafka: KafkaBroker) -> Topics:
    return Topics(kafka)


def read(one: Installation, *, restart: str = "", until_end: bool = True, batch: int = 500) -> KafkaOutcome:
    """One worker, until it has read what is there."""
    reading = Reading(frozenset({restart} if restart else ()), batch)
    return ingest_kafka(one.parts, Interrupt(), reading, until_end=until_end)


def expected(folder: Path, mapping: str, events: list[RawEvent]) -> list[str]:
    """The canonical state that the same events give from a file."""
    with installation(folder, mapping) as one:
        one.ingest(events)
        return one.lines()


# ---- the same as from files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "mapping"), [(SHOP, MAPPING), (TILL, TILL_MAPPING)], ids=["shop", "till"])
def test_captured_events_give_the_state_that_they_give_from_a_file(
    path: Path, mapping: str, topics: Topics, database_url: str, tmp_path: Path
) -> None:
    events = sample(path)
    topics.produce(events, compression_type="gzip")
    with installation(tmp_path / "one", topics.mapping(mapping), database=database_url) as one:
        outcome = read(one)
        assert outcome.told.total().events == len(events)
        assert one.lines() == expected(tmp_path / "file", mapping, events)
        again = read(one).told.total()
        assert again == Report()


def test_what_cannot_be_read_is_parked_and_the_rest_goes_on(topics: Topics, tmp_path: Path) -> None:
    limit = 20_000
    key = b'{"id":1}'
    bad = [
        RawEvent("", 0, CUSTOMERS, key, b"no JSON"),
        RawEvent("", 0, CUSTOMERS, b"\xff", b"\xff\xfe"),
        RawEvent("", 0, CUSTOMERS, None, b"x" * (limit + 1)),
        RawEvent("", 0, CUSTOMERS, b'{"id":2}', None),
    ]
    topics.produce([*bad, *sample()])
    mapping = f"[onefold]\nmax_event_bytes = {limit}\n{topics.mapping()}"
    with installation(tmp_path / "one", mapping) as one:
        total = read(one).told.total()
        assert total.events == len(bad) + len(sample())
        codes = [parked.code for parked in one.parked()]
        assert (codes.count("malformed_json"), codes.count("oversized")) == (2, 1)
        assert total.applied > 20


def test_records_of_an_aborted_transaction_are_not_seen(topics: Topics, tmp_path: Path) -> None:
    events = [event for event in sample() if event.topic == CUSTOMERS]
    half = len(events) // 2
    with topics.producer(transactional_id=topics.prefix) as producer:
        producer.init_transactions()
        for part, end in ((events[:half], "commit"), (events[half:], "abort")):
            producer.begin_transaction()
            for event in part:
                topics.send(producer, event)
            producer.flush()
            getattr(producer, f"{end}_transaction")()
    with installation(tmp_path / "one", topics.mapping()) as one:
        assert read(one).told.total().events == half
        assert one.lines() == expected(tmp_path / "file", MAPPING, events[:half])


@pytest.mark.parametrize(
    ("codec", "library"), [("gzip", "gzip"), ("lz4", "lz4"), ("snappy", "snappy"), ("zstd", "zstandard")]
)
def test_a_topic_is_read_however_its_records_are_compressed(
    codec: str, library: str, topics: Topics, tmp_path: Path
) -> None:
    """By the broker, which keeps them as the topic wants them."""
    if find_spec(library) is None:
        unavailable(f"{library} is not installed: it comes with the extra `compression`")
    topics.create({CUSTOMERS: {"configs": {"compression.type": codec}}})
    events = [event for event in sample() if event.topic == CUSTOMERS]
    topics.produce(events)
    with installation(tmp_path / "one", topics.mapping()) as one:
        assert read(one).told.total().events == len(events)
        assert one.lines() == expected(tmp_path / "file", MAPPING, events)


def test_a_library_that_is_missing_is_named(topics: Topics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topics.create({CUSTOMERS: {"configs": {"compression.type": "zstd"}}})
    topics.produce(sample())
    monkeypatch.setattr("kafka.codec.zstd", None)
    with (
        installation(tmp_path / "one", topics.mapping()) as one,
        pytest.raises(KafkaRefused, match="needs the library zstandard"),
    ):
        read(one)


# ---- positions ---------------------------------------------------------------------------------------------------------


def test_reading_goes_on_where_the_database_says(topics: Topics, database_url: str, tmp_path: Path) -> None:
    events = sample()
    with installation(tmp_path / "one", topics.mapping(), database=database_url) as one:
        for part in (events[:20], events[20:]):
            topics.produce(part)
            assert read(one, batch=3).told.total().events == len(part)
        assert one.lines() == expected(tmp_path / "file", MAPPING, events)
        with closing(KafkaAdminClient(bootstrap_servers=topics.kafka.bootstrap)) as admin:
            hints = admin.list_group_offsets([topics.prefix])[topics.prefix]
        assert sum(hint.offset for hint in hints.values()) == len(events)


def test_what_kafka_believes_of_our_position_does_not_matter(topics: Topics, tmp_path: Path) -> None:
    topics.produce(sample())
    with installation(tmp_path / "one", topics.mapping()) as one:
        read(one)
    with installation(tmp_path / "another", topics.mapping()) as other:
        assert read(other).told.total().events == len(sample())


def test_records_deleted_before_they_were_read_stop_the_partition_until_a_person_says_so(
    topics: Topics, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    customers = [event for event in sample() if event.topic == CUSTOMERS]
    orders = [event for event in sample() if event.topic == "shop.public.orders"]
    with installation(tmp_path / "one", topics.mapping()) as one:
        topics.produce(customers[:5])
        read(one)
        topics.produce([*customers[5:], *orders])
        delete_records(topics, CUSTOMERS, before=8)
        outcome = read(one)
        assert (outcome.told.total().events, outcome.standing) == (len(orders), 1)
        said = capsys.readouterr().err
        for part in (
            topics.name(CUSTOMERS),
            "partition 0",
            "stored position is 5",
            f"from 8 up to {len(customers)}",
            "retention",
        ):
            assert part in said
        outcome = read(one, restart=topics.name(CUSTOMERS))
        assert (outcome.told.total().events, outcome.standing) == (len(customers) - 8, 0)


def test_a_topic_made_anew_stops_until_a_person_says_so_and_doubles_nothing(
    topics: Topics, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [event for event in sample() if event.topic == CUSTOMERS]
    with installation(tmp_path / "one", topics.mapping()) as one:
        topics.produce(events)
        read(one)
        before = one.lines()
        with closing(KafkaAdminClient(bootstrap_servers=topics.kafka.bootstrap)) as admin:
            admin.delete_topics([topics.name(CUSTOMERS)])
        time.sleep(1)
        topics.create({CUSTOMERS: {"num_partitions": 1}})
        topics.produce(events)
        outcome = read(one)
        assert (outcome.told.total().events, outcome.standing) == (0, 1)
        assert "made anew" in capsys.readouterr().err
        outcome = read(one, restart=topics.name(CUSTOMERS))
        total = outcome.told.total()
        assert (total.events, total.applied, outcome.standing) == (len(events), 0, 0)
        assert one.lines() == before


def test_a_position_passes_over_the_end_of_a_transaction(
    topics: Topics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else retention, which deletes by whole segments, could leave a position behind that nothing is wrong with."""
    monkeypatch.setattr("cdc.kafka_upkeep._LOOK_SECONDS", 0.0)
    events = [event for event in sample() if event.topic == CUSTOMERS]
    with topics.producer(transactional_id=topics.prefix) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        for event in events:
            topics.send(producer, event)
        producer.commit_transaction()
    with installation(tmp_path / "one", topics.mapping()) as one:
        read(one)
        delete_records(topics, CUSTOMERS, before=len(events) + 1)
        assert read(one).standing == 0


def delete_records(topics: Topics, topic: str, *, before: int) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=topics.kafka.bootstrap)) as admin:
        admin.delete_records({TopicPartition(topics.name(topic), 0): before})


# ---- status ------------------------------------------------------------------------------------------------------------


def test_status_says_how_far_behind_a_stream_is_and_what_keeps_it_from_being_read_on(
    topics: Topics, tmp_path: Path
) -> None:
    customers = [event for event in sample() if event.topic == CUSTOMERS]
    topics.produce(customers[:5])
    with installation(tmp_path / "one", topics.mapping()) as one:
        read(one)
        stream = StreamName(CLUSTER_ID, Place(topics.name(CUSTOMERS), 0))
        assert state_of(one) == {"lags": {str(stream): 0}, "faults": [], "unknown": ""}
        topics.produce(customers[5:])
        assert state_of(one)["lags"] == {str(stream): len(customers) - 5}
        delete_records(topics, CUSTOMERS, before=6)
        assert "stored position is 5" in state_of(one)["faults"][0]


def test_status_does_not_wait_for_brokers_that_are_down(topics: Topics, tmp_path: Path) -> None:
    topics.produce(sample())
    with installation(tmp_path / "one", topics.mapping()) as one:
        read(one)
        elsewhere = KafkaSettings(bootstrap_servers=(f"127.0.0.1:{free_port()}",))
        began = time.monotonic()
        found = kafka_state(elsewhere, positions(one), is_read=bool)
        assert time.monotonic() - began < 10
        assert (found["lags"], found["faults"]) == ({}, [])
        assert "does not answer" in found["unknown"]


def state_of(one: Installation) -> dict[str, Any]:
    installed = one.parts.settings
    return kafka_state(installed.kafka, positions(one), is_read=topic_reader(installed.mapping, installed.kafka.topics))


def positions(one: Installation) -> list[Position]:
    with one.parts.database.read() as connection:
        return stream_positions(connection)


# ---- a pause -----------------------------------------------------------------------------------------------------------


def test_a_batch_that_waits_for_a_persons_word_stops_its_partition_alone_and_goes_on_by_itself(
    topics: Topics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what was fetched of it already, and what comes meanwhile, is read in its turn."""
    monkeypatch.setattr("cdc.kafka_reader._PAUSE_SECONDS", 1.0)
    events = sample()
    topics.produce(events)
    with installation(tmp_path / "one", topics.mapping()) as one:
        write = one.parts.applier.write
        refused: list[int] = []

        def refuse(batch: Batch, advance: Advance) -> Any:
            held = advance.held
            if CUSTOMERS in held.stream and len(refused) < 3:
                refused.append(held.next_offset)
                raise TooManyMerges(BlastRadius(200, 300, 400, 9), 100, stream=held.stream, offset=held.next_offset)
            return write(batch, advance)

        monkeypatch.setattr(one.parts.applier, "write", refuse)
        interrupt = Interrupt()
        worker = Thread(target=lambda: ingest_kafka(one.parts, interrupt, Reading(batch_events=2), until_end=False))
        worker.start()
        deadline = time.monotonic() + 30
        while sum(at.next_offset for at in positions(one)) < len(events) and time.monotonic() < deadline:
            time.sleep(0.1)
        interrupt.received = True
        worker.join(30)
        assert refused == [0, 0, 0]
        assert one.lines() == expected(tmp_path / "file", MAPPING, events)
