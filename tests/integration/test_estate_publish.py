"""Changes of profiles go to Kafka: in order for each profile, without a gap, whatever is killed meanwhile."""

import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from cdc import OutboxKeeper, Publisher, PublisherReplaced, open_sender, publishing_stream, stream_positions, wall_time
from cdc.store import advance
from cli.outgoing import publishing_beside
from profiles import MESSAGE_KINDS, Message
from storage import Bell, OutboxEntry, outbox, publish
from tests.canaries import Scanner
from tests.change_log import MAPPING, ChangeLog
from tests.conftest import IS_LONG
from tests.estate.kafka import KafkaBroker
from tests.installation import Installation, installation
from tests.published import Seen, expected, fresh, read_topic

PHONE, OTHER = "13812345670", "13812345671"
PARTITIONS = 3


@pytest.fixture
def topic(kafka: KafkaBroker) -> str:
    """A new topic of several partitions."""
    name = f"profiles.{secrets.token_hex(4)}"
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.create_topics([NewTopic(name, num_partitions=PARTITIONS, replication_factor=1)])
    admin.close()
    return name


@pytest.fixture
def one(database_url: str, tmp_path: Path, kafka: KafkaBroker, topic: str) -> Iterator[Installation]:
    with installation(tmp_path / "one", settings(kafka.bootstrap, topic), database=database_url) as made:
        yield made


def settings(bootstrap: str, topic: str) -> str:
    return f'[kafka]\nbootstrap_servers = "{bootstrap}"\n[publish]\ntopic = "{topic}"\n' + MAPPING


@contextmanager
def publishing(
    one: Installation, kafka: KafkaBroker, tell: Callable[[str], None] = print
) -> Iterator[threading.Thread]:
    """A publisher in a thread of its own, as `onefold publish` runs it."""
    topic, stop = one.parts.settings.publish.topic, threading.Event()
    sender = open_sender(one.parts.settings.kafka, topic, tell=tell)
    stream = publishing_stream(topic)
    publisher = Publisher(one.parts.database, sender, stream=stream, bell=one.parts.bell, tell=tell)
    thread = threading.Thread(target=publisher.run, args=(stop,))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(30)
        sender.close()


def business(seed: int, steps: int) -> ChangeLog:
    """Merges, splits, moved ids, ends, and many receipts."""
    chance, log = random.Random(seed), ChangeLog()
    for _ in range(steps):
        key = chance.randint(1, 12)
        match chance.choice(["person", "person", "receipt", "receipt", "receipt", "delete"]):
            case "person":
                phone = chance.choice([PHONE, OTHER, f"139{chance.randint(10_000_000, 99_999_999)}"])
                log.put("person", key, {"phone": phone, "name": f"名{key}"})
            case "receipt":
                number = chance.randint(1, 50)
                log.put("receipt", number, {"person": key, "total": f"{number}.00", "at": number})
            case _:
                log.delete("person", key)
    return log


def feed(one: Installation, log: ChangeLog, *, batch: int = 3, stream: str = "test") -> None:
    one.ingest(log.events, batch=batch, stream=stream)


def assert_complete(one: Installation, seen: list[Seen]) -> None:
    """Everything arrived, what is new of each profile in order, and all of one profile in one partition."""
    assert fresh(seen) == sorted(expected(one.parts.database))
    assert all(s.body["kind"] == s.kind and s.body["profile"] == s.key and s.body["version"] == 1 for s in seen)
    homes = {s.key: s.partition for s in seen}
    assert all(homes[s.key] == s.partition for s in seen)
    assert len(set(homes.values())) == PARTITIONS


def all_of(one: Installation, kafka: KafkaBroker) -> list[Seen]:
    count = len(expected(one.parts.database))
    return read_topic(kafka.bootstrap, one.parts.settings.publish.topic, at_least=count)


def position(one: Installation) -> int:
    with one.parts.database.read() as connection:
        held = {at.stream: at.next_offset for at in stream_positions(connection)}
    return held.get(publishing_stream(one.parts.settings.publish.topic), 0)


def test_every_change_of_a_profile_arrives_in_order_and_names_nobody(one: Installation, kafka: KafkaBroker) -> None:
    log = business(2, 200)
    with publishing(one, kafka):
        feed(one, log)
        seen = all_of(one, kafka)
    assert_complete(one, seen)
    assert {s.kind for s in seen} == set(MESSAGE_KINDS)
    values = {str(v) for row in log.rows.values() for k, v in row.items() if k in ("phone", "name")}
    sent = b"".join(s.key.encode() + s.raw for s in seen)
    scanner = Scanner({PHONE, OTHER, *values})
    assert scanner.scan(sent) == set()
    assert scanner.scan(sent + PHONE.encode())


def test_a_merge_a_split_and_an_end_tell_both_profiles(one: Installation, kafka: KafkaBroker) -> None:
    log = ChangeLog()
    log.put("person", 1, {"phone": PHONE})
    log.put("person", 2, {"phone": OTHER})
    feed(one, log)
    first, second = (str(UUID(bytes=one.shown()[f"person {key}"])) for key in (1, 2))
    for phone in (PHONE, OTHER):
        log.put("person", 2, {"phone": phone})
    log.put("receipt", 1, {"person": 2, "total": "5.00", "at": 1})
    log.delete("person", 2)
    one.ingest(log.events, batch=1)
    with publishing(one, kafka):
        seen = all_of(one, kafka)
    told = {key: [(kind, by.get(seq)) for seq, k, kind in fresh(seen) if k == key] for key, by in _others(seen).items()}
    assert told[first] == [("created", None), ("merged", second), ("split", second)]
    assert told[second] == [
        ("created", None),
        ("merged_into", first),
        ("split_from", first),
        ("changed", None),
        ("ended", None),
    ]


def _others(seen: list[Seen]) -> dict[str, dict[int, str | None]]:
    others: dict[str, dict[int, str | None]] = {}
    for s in seen:
        others.setdefault(s.key, {})[s.sequence] = s.body.get("other")
    return others


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_command_publishes_beside_its_work_where_the_settings_say_so(
    database_url: str, tmp_path: Path, kafka: KafkaBroker, topic: str
) -> None:
    text = settings(kafka.bootstrap, topic).replace("[publish]", '[publish]\nbeside = ["ingest"]')
    with installation(tmp_path / "beside", text, database=database_url) as one:
        with publishing_beside("serve", one.parts):
            fill(one, 10)
            time.sleep(1)
            assert position(one) == 0
        with publishing_beside("ingest", one.parts):
            wait_for(lambda: position(one) > 10)
        assert fresh(all_of(one, kafka)) == sorted(expected(one.parts.database))


# ---- what a crash leaves -----------------------------------------------------------------------------------------------

KILLS = 20 if IS_LONG else 2
ENTRIES = 6_000 * (KILLS + 1)


def fill(one: Installation, entries: int, *, at: int | None = None) -> None:
    """Many entries about a few profiles; ``at`` now by default."""
    profiles = [secrets.token_bytes(16) for _ in range(40)]
    chance = random.Random(3)
    told = [OutboxEntry("profile.changed", chance.choice(profiles), {}) for _ in range(entries)]
    with one.parts.database.write() as connection:
        publish(connection, told, at=wall_time() if at is None else at)


def started(one: Installation) -> "subprocess.Popen[bytes]":
    """`onefold publish` in a process of its own, at work."""
    command = [sys.executable, "-m", "server", "publish", "--config", str(one.parts.settings.file)]
    environment = {**os.environ, "ONEFOLD_DATABASE": one.parts.settings.database}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    assert process.stderr is not None
    assert b"publishing to topic" in process.stderr.readline()
    return process


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ended(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    """The exit code and what was said."""
    said = process.communicate(timeout=30)[1].decode()
    return process.returncode, said


def test_kill_9_of_the_publisher_leaves_no_gap_and_no_disorder(one: Installation, kafka: KafkaBroker) -> None:
    fill(one, ENTRIES)
    chance = random.Random(7)
    killed_at = []
    for number in range(KILLS):
        process = started(one)
        target = int(ENTRIES * (number + chance.uniform(0.3, 0.8)) / (KILLS + 1))
        wait_for(lambda target=target: position(one) >= target)  # type: ignore[misc]  # a lambda with a default has no type
        time.sleep(chance.uniform(0, 0.08))
        process.send_signal(signal.SIGKILL)
        assert ended(process)[0] == -signal.SIGKILL
        killed_at.append(position(one))
    assert all(0 < at < ENTRIES for at in killed_at), killed_at
    with publishing(one, kafka):
        seen = all_of(one, kafka)
    assert_complete(one, seen)
    # Of many kills some fall between an acknowledgement and the position.
    assert len(seen) > ENTRIES or not IS_LONG


def test_of_two_publishers_the_later_publishes_and_the_earlier_stops(one: Installation, kafka: KafkaBroker) -> None:
    fill(one, 10_000)
    first = started(one)
    wait_for(lambda: position(one) > 0)
    first.send_signal(signal.SIGSTOP)  # thought dead, with a batch under way
    stood = position(one)
    with publishing(one, kafka):
        wait_for(lambda: position(one) > stood)
        first.send_signal(signal.SIGCONT)
        code, said = ended(first)
        seen = all_of(one, kafka)
    assert code == 2
    assert "served by another publisher now" in said
    assert_complete(one, seen)


def test_a_publisher_that_was_replaced_sends_nothing_more(one: Installation) -> None:
    fill(one, 10)
    sender = _Kept()
    first, second = (
        Publisher(one.parts.database, sender, stream="publish:t", bell=Bell(), tell=print) for _ in range(2)
    )
    held = first.claim()
    assert second.publish(second.claim(), threading.Event()) is False
    assert len(sender.sent) == 10
    fill(one, 5)
    with pytest.raises(PublisherReplaced):
        first.publish(held, threading.Event())
    assert len(sender.sent) == 10


def test_the_position_does_not_move_before_kafka_acknowledged(one: Installation) -> None:
    fill(one, 10)
    sender = _Kept(acknowledges=False)
    publisher = Publisher(one.parts.database, sender, stream="publish:t", bell=Bell(), tell=print)
    held = publisher.claim()
    assert publisher.publish(held, threading.Event()) is False
    sender.acknowledges = True
    publisher.publish(held, threading.Event())
    assert [m.value for m in sender.sent[:10]] == [m.value for m in sender.sent[10:]]
    publisher.publish(held, threading.Event())
    assert len(sender.sent) == 20


class _Kept:
    """A sender that keeps what it was given."""

    def __init__(self, *, acknowledges: bool = True) -> None:
        self.acknowledges = acknowledges
        self.sent: list[Message] = []

    def send(self, batch: Sequence[Message], stop: threading.Event) -> bool:
        self.sent += batch
        return self.acknowledges and not stop.is_set()

    def close(self) -> None:
        """Nothing is open."""


# ---- what is away ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_while_kafka_is_away_entries_wait_and_it_is_said_once(
    one: Installation, kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdc.kafka_sender._PATIENCE_SECONDS", 1.0)
    told: list[str] = []
    fill(one, 100)
    with publishing(one, kafka, told.append):
        wait_for(lambda: position(one) > 100)
        kafka.kill()
        fill(one, 200)
        wait_for(lambda: bool(told))
        time.sleep(2)
        assert position(one) == 101
        kafka.start()
        wait_for(lambda: position(one) > 300)
        seen = all_of(one, kafka)
    assert [("answers again" in line, "does not answer" in line) for line in told] == [(False, True), (True, False)]
    assert fresh(seen) == sorted(expected(one.parts.database))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_publisher_that_starts_while_kafka_is_away_waits_and_can_be_stopped(
    one: Installation, kafka: KafkaBroker
) -> None:
    fill(one, 10)
    kafka.kill()
    try:
        process = started(one)
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert ended(process)[0] == 0
    finally:
        kafka.start()
    assert position(one) == 0
    with publishing(one, kafka):
        wait_for(lambda: position(one) > 10)


# ---- how long entries are kept -----------------------------------------------------------------------------------------

DAY = 86_400 * 1_000_000


@pytest.fixture
def untidied(one: Installation) -> Installation:
    """An installation that does not take from its outbox by itself."""
    one.parts.database.after_telling.clear()
    return one


def kept(one: Installation) -> list[int]:
    return [row.seq for row in one.rows(outbox)]


def test_the_outbox_loses_what_is_old_and_published_and_nothing_else(untidied: Installation) -> None:
    one = untidied
    for day in (1, 2, 9):
        fill(one, 10, at=day * DAY)
    keeper = OutboxKeeper(one.parts.database, keep_days=7, clock=lambda: 10 * DAY)
    publisher = Publisher(one.parts.database, _Kept(), stream="publish:t", bell=Bell(), tell=print)
    held = publisher.claim()
    assert keeper.tidy() == 0
    with one.parts.database.write() as connection:
        advance(connection, held, 16, None)
    assert keeper.tidy() == 15
    publisher.publish(publisher.claim(), threading.Event())
    assert keeper.tidy() == 5
    assert kept(one) == list(range(21, 31))
    fill(one, 1, at=10 * DAY)
    sender = _Kept()
    publisher = Publisher(one.parts.database, sender, stream="publish:t", bell=Bell(), tell=print)
    publisher.publish(publisher.claim(), threading.Event())
    assert len(sender.sent) == 1


def test_without_a_publisher_the_outbox_loses_what_is_old(untidied: Installation) -> None:
    one = untidied
    fill(one, 10, at=1 * DAY)
    fill(one, 10, at=9 * DAY)
    assert OutboxKeeper(one.parts.database, keep_days=7, clock=lambda: 10 * DAY).tidy() == 10
    assert kept(one) == list(range(11, 21))


def test_who_adds_to_the_outbox_also_takes_from_it(one: Installation) -> None:
    log = ChangeLog()
    log.put("person", 1, {"phone": PHONE})
    with one.parts.database.engine.begin() as connection:
        publish(connection, [OutboxEntry("profile.changed", secrets.token_bytes(16), {})], at=1 * DAY)
    assert len(kept(one)) == 1
    feed(one, log)
    assert [row.topic for row in one.rows(outbox)] == ["profile.created"]
