"""`onefold ingest --from kafka` against a real broker: what files give, whatever is pulled out from under it."""

import time
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from cdc import KafkaRefused, RawEvent, Reading, Report
from cli.ingest_kafka import KafkaOutcome, ingest_kafka
from cli.interrupts import Interrupt
from tests.estate.kafka import KafkaBroker
from tests.installation import DATA, Installation, installation
from tests.integration.kafka_topics import MAPPING, Topics, sample

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


def test_a_library_that_is_missing_is_named(topics: Topics, tmp_path: Path) -> None:
    topics.create({CUSTOMERS: {"configs": {"compression.type": "zstd"}}})
    topics.produce(sample())
    with installation(tmp_path / "one", topics.mapping()) as one:
        try:
            import zstandard  # noqa: F401, PLC0415 - whether it is there decides what is expected
        except ImportError:
            with pytest.raises(KafkaRefused, match="pip install zstandard"):
                read(one)
        else:
            assert read(one).told.total().events == len(sample())


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
    monkeypatch.setattr("cdc.kafka_reader._LOOK_SECONDS", 0.0)
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
