"""`onefold replay` against a real broker: what is read again changes nothing but what another mapping makes of it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from kafka import KafkaAdminClient, TopicPartition
from typer.testing import CliRunner, Result

import server
from cdc import Position, RawEvent, Reading, StreamName, stream_positions
from cdc.tables import source_row
from cli.app import application
from cli.ingest_kafka import KafkaOutcome, ingest_kafka
from cli.interrupts import Interrupt
from tests.change_log import MAPPING as LOG_MAPPING
from tests.change_log import ChangeLog
from tests.estate.kafka import KafkaBroker
from tests.installation import Installation, installation
from tests.integration.kafka_topics import Topics, wait_for

PERSON = "db.person"
WIDE = LOG_MAPPING.replace('"db.*"', '"*db.*"')
NARROW = WIDE.replace('phone = { is = "phone" }\n', "")


@pytest.fixture
def topics(kafka: KafkaBroker) -> Topics:
    made = Topics(kafka)
    made.create({name: {"num_partitions": 1} for name in (PERSON, "db.receipt")})
    return made


def some_people() -> ChangeLog:
    """People who come, change, move and go, so that a replay meets newer versions, other keys and rows that are gone."""
    log = ChangeLog()
    for key in range(1, 13):
        log.put("person", key, {"name": "陈小美", "phone": f"1381234{key // 2:04}", "points": key})
        log.put("receipt", key, {"person": key, "total": "5.00", "at": key, "note": "gift"})
    log.delete("person", 2)
    log.delete("receipt", 3)
    log.move("person", 4, 14)
    for key in (1, 5, 6):
        log.put("person", key, {"phone": "13800000000", "city": "北京"})
    log.put("person", 2, {"name": "another"})
    log.delete("person", 2)
    return log


def settings_of(topics: Topics, mapping: str) -> str:
    """An `onefold.toml` that reads the test's topics."""
    servers = f'[kafka]\nbootstrap_servers = ["{topics.kafka.bootstrap}"]\ngroup = "{topics.prefix}"\n'
    return servers + mapping.replace('"*db.*"', f'"{topics.prefix}.db.*"')


def read(one: Installation) -> KafkaOutcome:
    return ingest_kafka(one.parts, Interrupt(), Reading(batch_events=7), until_end=True)


def replay(one: Installation, *arguments: str) -> Result:
    given = ["replay", *arguments, "--config", str(one.folder / "onefold.toml")]
    database = {"ONEFOLD_DATABASE": one.parts.settings.database}
    return CliRunner().invoke(application(), given, obj=server.wiring(database))


def position(one: Installation, topic: str) -> Position:
    with one.parts.database.read() as connection:
        known = stream_positions(connection)
    return next(at for at in known if (name := StreamName.parse(at.stream)) and name.place.topic == topic)


def expected(folder: Path, mapping: str, events: Sequence[RawEvent]) -> list[str]:
    with installation(folder, mapping) as one:
        one.ingest(events)
        return one.lines()


def test_half_a_topic_read_again_twice_between_other_events_changes_nothing(
    topics: Topics, database_url: str, tmp_path: Path
) -> None:
    log = some_people()
    cut = len(log.events) - 8
    topic = topics.name(PERSON)
    with installation(tmp_path / "one", settings_of(topics, WIDE), database=database_url) as one:
        topics.produce(log.events[:cut])
        assert read(one).told.total().applied > 0
        before, stood = one.lines(), position(one, topic).next_offset
        for _ in range(2):
            told = replay(one, f"{topic}:0", "--from", str(stood // 2), "--json")
            assert told.exit_code == 0, told.output
            assert position(one, topic).next_offset == stood // 2
            total = read(one).told.total()
            assert (total.events, total.applied, total.parked) == (stood - stood // 2, 0, 0)
            assert one.lines() == before
        assert replay(one, topic).exit_code == 0
        assert position(one, topic).next_offset == 0
        topics.produce(log.events[cut:])
        total = read(one).told.total()
        assert total.seen >= stood
        assert one.lines() == expected(tmp_path / "file", WIDE, log.events)


def test_rows_that_are_gone_stay_gone_and_their_keys_stay_destroyed(
    topics: Topics, database_url: str, tmp_path: Path
) -> None:
    log = some_people()
    with installation(tmp_path / "one", settings_of(topics, WIDE), database=database_url) as one:
        topics.produce(log.events[:24])
        read(one)
        doomed = [row.incarnation for row in one.rows(source_row) if row.is_person]
        topics.produce(log.events[24:])
        read(one)
        dead = one.parts.keystore.destroyed(doomed)
        assert len(dead) == 1
        before = one.lines()
        assert replay(one, topics.name(PERSON), topics.name("db.receipt")).exit_code == 0
        assert read(one).told.total().seen > 0
        assert one.lines() == before
        assert one.parts.keystore.destroyed(doomed) == dead
        assert "person 2" not in one.shown()


def test_a_time_names_the_first_record_written_since(topics: Topics, tmp_path: Path) -> None:
    log = some_people()
    half = len(log.events) // 2
    topic = topics.name(PERSON)
    with installation(tmp_path / "one", settings_of(topics, WIDE)) as one:
        topics.produce(log.events[:half])
        read(one)
        stood = position(one, topic).next_offset
        time.sleep(0.1)
        moment = datetime.now(UTC)
        time.sleep(0.1)
        topics.produce(log.events[half:])
        read(one)
        end = position(one, topic).next_offset
        assert stood < end
        assert replay(one, topic, "--from", moment.isoformat()).exit_code == 0
        assert position(one, topic).next_offset == stood
        read(one)
        told = replay(one, topic, "--from", datetime.now(UTC).isoformat())
        assert "positions stay as they are" in told.stderr
        assert replay(one, topic, "--from", str(end + 5)).exit_code == 0
        assert position(one, topic).next_offset == end


def test_rows_of_another_mapping_follow_when_their_events_are_read_again(
    topics: Topics, database_url: str, tmp_path: Path
) -> None:
    log = some_people()
    with installation(tmp_path / "one", settings_of(topics, NARROW), database=database_url) as one:
        topics.produce(log.events)
        read(one)
    with installation(tmp_path / "one", settings_of(topics, WIDE), database=database_url) as one:
        assert replay(one, topics.name(PERSON)).exit_code == 0
        assert read(one).told.total().applied > 0
        assert one.lines() == expected(tmp_path / "file", WIDE, log.events)


@contextmanager
def worker(one: Installation) -> Iterator[None]:
    """A worker that reads until the end of the block."""
    interrupt = Interrupt()
    thread = Thread(target=ingest_kafka, args=(one.parts, interrupt, Reading()), kwargs={"until_end": False})
    thread.start()
    try:
        yield
    finally:
        interrupt.received = True
        thread.join()


def test_a_worker_at_rest_notices_and_goes_on_there(
    topics: Topics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdc.kafka_upkeep._LOOK_SECONDS", 0.5)
    log = some_people()
    topic = topics.name(PERSON)
    topics.produce(log.events)
    end = sum(event.topic == PERSON for event in log.events)
    with installation(tmp_path / "one", settings_of(topics, NARROW)) as one:
        read(one)
    with installation(tmp_path / "one", settings_of(topics, WIDE)) as one, worker(one):
        time.sleep(2)
        before = one.lines()
        assert replay(one, topic).exit_code == 0
        assert position(one, topic).next_offset == 0
        wait_for(lambda: position(one, topic).next_offset == end, seconds=30)
        assert one.lines() != before
        assert one.lines() == expected(tmp_path / "file", WIDE, log.events)


def test_what_is_not_there_is_refused(topics: Topics, tmp_path: Path) -> None:
    topic = topics.name(PERSON)
    topics.produce(some_people().events)
    with installation(tmp_path / "one", settings_of(topics, WIDE)) as one:
        unread = replay(one, topic)
        assert unread.exit_code == 2
        assert "no topic that was read; topics that were: none" in unread.output
        read(one)
        stood = position(one, topic)
        with closing(KafkaAdminClient(bootstrap_servers=topics.kafka.bootstrap)) as admin:
            admin.delete_records({TopicPartition(topic, 0): 4})
        told = replay(one, topic, "--from", "2")
        assert told.exit_code == 2
        assert "has no record 2 any more; the first that Kafka has is 4" in told.stderr
        assert replay(one, topic, "--from", "yesterday").exit_code == 2
        assert position(one, topic) == stood
        assert replay(one, topic).exit_code == 0
        assert position(one, topic).next_offset == 4
