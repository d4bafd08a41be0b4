"""Workers of one group: partitions that move, workers and brokers that die, a worker that has not heard."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove

from bench.events import MAPPING, write_events
from cdc import RawEvent, Reading
from cdc.store import stream_positions
from cli.ingest_kafka import KafkaOutcome, ingest_kafka
from cli.interrupts import Interrupt
from storage import MAIN
from tests.estate.kafka import KafkaBroker
from tests.installation import Installation, captured, installation
from tests.integration.kafka_topics import Topics
from tests.services.ports import free_port

EVENTS = 3_000
TABLES = ("shop.public.customers", "shop.public.orders", "shop.public.order_items", "shop.public.page_events")
TABLES_OF_TILLS = ("pos.pos.members", "pos.pos.receipts", "pos.pos.receipt_lines")


@pytest.fixture(scope="module")
def business(tmp_path_factory: pytest.TempPathFactory) -> list[RawEvent]:
    """Persons and facts of two channels."""
    path = tmp_path_factory.mktemp("business") / "events.jsonl"
    write_events(path, EVENTS)
    return captured(path)


@pytest.fixture(scope="module")
def undisturbed(business: list[RawEvent], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The canonical state of all of it."""
    with installation(tmp_path_factory.mktemp("undisturbed") / "one", MAPPING) as one:
        one.ingest(business)
        return one.lines()


@pytest.fixture
def topics(kafka: KafkaBroker) -> Topics:
    found = Topics(kafka)
    found.create({name: {"num_partitions": 3} for name in (*TABLES, *TABLES_OF_TILLS)})
    return found


class Worker:
    """A worker in a thread, over an installation of its own."""

    def __init__(self, one: Installation, *, batch: int = 20) -> None:
        self.interrupt = Interrupt()
        self.outcome: KafkaOutcome | None = None
        self._one = one
        self._batch = batch
        self._failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        reading = Reading(batch_events=self._batch)
        try:
            self.outcome = ingest_kafka(self._one.parts, self.interrupt, reading, until_end=False)
        except BaseException as failure:  # noqa: BLE001 - raised where the worker is stopped
            self._failures.append(failure)

    def stop(self) -> KafkaOutcome:
        """End it after the batch under way."""
        self.interrupt.received = True
        self._thread.join(60)
        if self._failures:
            raise self._failures[0]
        assert self.outcome is not None
        return self.outcome


@contextmanager
def working(one: Installation, *, batch: int = 20) -> Iterator[Worker]:
    worker = Worker(one, batch=batch)
    try:
        yield worker
    finally:
        worker.stop()


def read_so_far(one: Installation) -> int:
    """Events behind the stored positions."""
    with one.parts.database.read() as connection:
        return sum(held.next_offset for held in stream_positions(connection))


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was awaited did not come"
        time.sleep(0.05)


@pytest.mark.postgres
def test_workers_that_come_and_go_lose_and_double_nothing(
    topics: Topics, business: list[RawEvent], undisturbed: list[str], postgres_url: str, tmp_path: Path
) -> None:
    topics.produce(business)
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(installation(tmp_path / "one", topics.mapping(MAPPING), database=postgres_url))
            for _ in range(2)
        )
        with working(first, batch=5) as one:
            wait_for(lambda: read_so_far(first) > EVENTS / 20)
            with working(second, batch=5) as two:
                wait_for(lambda: read_so_far(first) > EVENTS / 2)
                assert read_so_far(first) < EVENTS, "all was read before the first left"
                shares = [one.stop().told, None]
                wait_for(lambda: read_so_far(second) == EVENTS)
                shares[1] = two.stop().told
        assert all(told is not None and told.total().events > EVENTS / 20 for told in shares)
        assert sum(told.total().events for told in shares if told) == EVENTS
        assert second.lines() == undisturbed


def contents(one: Installation) -> dict[str, list[Any]]:
    return {name: list(one.rows(table)) for name, table in MAIN.tables.items()}


@pytest.mark.postgres
def test_a_zombie_writes_nothing(
    topics: Topics,
    business: list[RawEvent],
    undisturbed: list[str],
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A worker stands still with a batch in hand, until another has taken over and read everything.

    The other is in another group, as if the coordinator had given up the first: it gets all partitions at once.
    """
    topics.produce(business)
    stalled, go_on = threading.Event(), threading.Event()
    other = topics.mapping(MAPPING, group=f"{topics.prefix}-other")
    with ExitStack() as stack:
        first = stack.enter_context(installation(tmp_path / "one", topics.mapping(MAPPING), database=postgres_url))
        second = stack.enter_context(installation(tmp_path / "one", other, database=postgres_url))
        ingest = first.parts.pipeline.ingest
        batches = 0

        def stall(*arguments: Any, **options: Any) -> Any:
            nonlocal batches
            batches += 1
            if batches == 10:
                stalled.set()
                assert go_on.wait(60)
            return ingest(*arguments, **options)

        monkeypatch.setattr(first.parts.pipeline, "ingest", stall)
        with working(first):
            assert stalled.wait(60)
            ingest_kafka(second.parts, Interrupt(), Reading(), until_end=True)
            before = contents(second)
            go_on.set()
            wait_for(lambda: batches >= 20)
        assert contents(second) == before
        assert "is read by another worker now" in capsys.readouterr().err
        assert second.lines() == undisturbed


def test_a_broker_that_is_killed_while_it_is_read_from_is_waited_for(
    topics: Topics,
    business: list[RawEvent],
    undisturbed: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("cdc.kafka_reader._LOOK_SECONDS", 1.0)
    topics.produce(business[: EVENTS // 2])
    with installation(tmp_path / "one", topics.mapping(MAPPING)) as one, working(one, batch=5) as worker:
        wait_for(lambda: read_so_far(one) > EVENTS // 10)
        topics.kafka.kill()
        assert read_so_far(one) < EVENTS // 2, "all was read before the broker was killed"
        said = ""
        deadline = time.monotonic() + 60
        while "Kafka does not answer" not in said:
            assert time.monotonic() < deadline
            said += capsys.readouterr().err
            time.sleep(0.1)
        topics.kafka.start()
        topics.produce(business[EVENTS // 2 :])
        wait_for(lambda: read_so_far(one) == EVENTS)
        said += capsys.readouterr().err
        assert worker.stop().told.total().events == EVENTS
        assert (said.count("Kafka does not answer"), said.count("answers again")) == (1, 1)
        assert one.lines() == undisturbed


def test_a_broker_that_is_not_there_is_waited_for_until_the_worker_is_told_to_stop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = f'{MAPPING}\n[kafka]\nbootstrap_servers = "127.0.0.1:{free_port()}"\n'
    with (
        installation(tmp_path / "one", mapping) as one,
        pytest.MonkeyPatch.context() as patch,
        working(one) as worker,
    ):
        patch.setattr("cdc.kafka_client._REQUEST_MS", 1_000)
        time.sleep(5)
        assert worker.stop().told.total().events == 0
    assert capsys.readouterr().err.count("Kafka does not answer") == 1


# ---- kill -9 -----------------------------------------------------------------------------------------------------------


def test_kills_of_a_worker_end_in_the_state_of_an_undisturbed_run(
    topics: Topics, business: list[RawEvent], undisturbed: list[str], database_url: str, tmp_path: Path
) -> None:
    topics.produce(business)
    with installation(tmp_path / "one", topics.mapping(MAPPING), database=database_url) as one:
        for part in (1, 2):
            child = start_worker(one.folder, database_url)
            wait_for(lambda part=part: read_so_far(one) > part * EVENTS / 3 or child.poll() is not None)  # type: ignore[misc]
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            assert part * EVENTS / 3 < read_so_far(one) < EVENTS, "the kill fell outside of the run"
            give_up_members(topics)
        child = start_worker(one.folder, database_url, batch=500)
        wait_for(lambda: read_so_far(one) == EVENTS)
        child.terminate()
        assert child.wait(30) == 0
        assert one.lines() == undisturbed


def start_worker(folder: Path, database: str, *, batch: int = 5) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "server", "ingest", "--from", "kafka", "--batch", str(batch)]
    return subprocess.Popen(
        [*command, "--config", str(folder / "onefold.toml")],
        env={**os.environ, "ONEFOLD_DATABASE": database},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def give_up_members(topics: Topics) -> None:
    """What the coordinator does by itself ten seconds after it last heard of a worker."""
    with closing(KafkaAdminClient(bootstrap_servers=topics.kafka.bootstrap)) as admin:
        group = admin.describe_groups([topics.prefix])[topics.prefix]
        admin.remove_group_members(topics.prefix, [MemberToRemove(member["member_id"]) for member in group["members"]])
