"""Workers of one group: partitions that move, brokers that die, a worker that has not heard."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.events import MAPPING
from cdc import RawEvent, Reading
from cdc.store import stream_positions
from cli.ingest_kafka import KafkaOutcome, ingest_kafka
from cli.interrupts import Interrupt
from storage import MAIN
from tests.conftest import IS_LONG
from tests.installation import Installation, installation
from tests.integration.kafka_topics import EVENTS, Topics, read_so_far, wait_for
from tests.services.ports import free_port

STORMS = 40 if IS_LONG else 4


class Worker:
    """A worker in a thread, over an installation of its own."""

    def __init__(self, one: Installation, *, batch: int = 20, until_end: bool = False) -> None:
        self.interrupt = Interrupt()
        self.outcome: KafkaOutcome | None = None
        self._one = one
        self._batch = batch
        self._until_end = until_end
        self._failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        reading = Reading(batch_events=self._batch)
        try:
            self.outcome = ingest_kafka(self._one.parts, self.interrupt, reading, until_end=self._until_end)
        except BaseException as failure:  # noqa: BLE001 - raised where the worker is stopped
            self._failures.append(failure)

    def stop(self) -> KafkaOutcome:
        """End it after the batch under way."""
        self.interrupt.received = True
        return self.ended()

    def ended(self) -> KafkaOutcome:
        """Wait until it has ended."""
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self._failures:
            raise self._failures[0]
        assert self.outcome is not None
        return self.outcome


@contextmanager
def working(one: Installation, *, batch: int = 20, until_end: bool = False) -> Iterator[Worker]:
    worker = Worker(one, batch=batch, until_end=until_end)
    try:
        yield worker
    finally:
        worker.stop()


@pytest.mark.postgres
def test_workers_that_come_and_go_lose_and_double_nothing(
    topics: Topics, business: list[RawEvent], undisturbed: list[str], postgres_url: str, tmp_path: Path
) -> None:
    """What comes and goes does so between two parts of the events, so that none was read to the end before."""
    parts = [business[: EVENTS // 2], business[EVENTS // 2 : EVENTS * 3 // 4], business[EVENTS * 3 // 4 :]]
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(installation(tmp_path / "one", topics.mapping(MAPPING), database=postgres_url))
            for _ in range(2)
        )
        with working(first, batch=5) as one:
            topics.produce(parts[0])
            wait_for(lambda: read_so_far(first) > EVENTS / 20)
            with working(second, batch=5) as two:
                wait_for(lambda: takeovers(first) > 0)
                topics.produce(parts[1])
                wait_for(lambda: read_so_far(first) > EVENTS / 2)
                topics.produce(parts[2])
                left = one.stop()
                wait_for(lambda: read_so_far(second) == EVENTS)
                stayed = two.stop()
        assert left.told.total().events + stayed.told.total().events == EVENTS
        assert left.told.total().events > 0
        assert stayed.told.total().events > 0
        assert second.lines() == undisturbed


@pytest.mark.postgres
def test_workers_that_read_until_the_end_share_what_is_there_and_end_together(  # noqa: PLR0913, PLR0917 - fixtures
    topics: Topics,
    business: list[RawEvent],
    undisturbed: list[str],
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second joins when the first has been given everything, and is busy until the second has its share."""
    topics.produce(business)
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(installation(tmp_path / "one", topics.mapping(MAPPING), database=postgres_url))
            for _ in range(2)
        )
        write, is_shared = first.parts.applier.write, threading.Event()

        def slowly(*arguments: Any, **options: Any) -> Any:
            is_shared.wait(0.2)
            return write(*arguments, **options)

        monkeypatch.setattr(first.parts.applier, "write", slowly)
        one = stack.enter_context(working(first, until_end=True))
        stack.callback(is_shared.set)
        wait_for(lambda: read_so_far(first) > 0)
        two = stack.enter_context(working(second, until_end=True))
        wait_for(lambda: takeovers(first) > 0)
        is_shared.set()
        shares = [worker.ended().told.total().events for worker in (one, two)]
        assert sum(shares) == EVENTS
        assert min(shares) > EVENTS // 10, shares
        assert second.lines() == undisturbed


def takeovers(one: Installation) -> int:
    """How many streams another worker has claimed after the first."""
    with one.parts.database.read() as connection:
        return sum(held.owner_epoch > 1 for held in stream_positions(connection))


def contents(one: Installation) -> dict[str, list[Any]]:
    return {name: list(one.rows(table)) for name, table in MAIN.tables.items()}


@pytest.mark.postgres
def test_a_zombie_writes_nothing(  # noqa: PLR0913, PLR0917 - fixtures
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
        write = first.parts.applier.write
        batches = 0

        def stall(*arguments: Any, **options: Any) -> Any:
            nonlocal batches
            batches += 1
            if batches == 10:
                stalled.set()
                assert go_on.wait(60)
            return write(*arguments, **options)

        monkeypatch.setattr(first.parts.applier, "write", stall)
        with working(first):
            assert stalled.wait(60)
            ingest_kafka(second.parts, Interrupt(), Reading(), until_end=True)
            before = contents(second)
            go_on.set()
            wait_for(lambda: batches >= 20)
        assert contents(second) == before
        assert "is read by another worker now" in capsys.readouterr().err
        assert second.lines() == undisturbed


def test_a_broker_that_is_killed_while_it_is_read_from_is_waited_for(  # noqa: PLR0913, PLR0917 - fixtures
    topics: Topics,
    business: list[RawEvent],
    undisturbed: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("cdc.kafka_upkeep._LOOK_SECONDS", 1.0)
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


@pytest.mark.postgres
def test_rebalance_storms_lose_and_double_nothing(
    topics: Topics, business: list[RawEvent], undisturbed: list[str], postgres_url: str, tmp_path: Path
) -> None:
    """One worker stays; others join the group and leave it again, about one in a second; each storm has events of its own to read."""
    chance, slices = random.Random(41), iter(sliced(business, 2 * STORMS + 1))
    with ExitStack() as stack:
        stays, comes, goes = (
            stack.enter_context(installation(tmp_path / "one", topics.mapping(MAPPING), database=postgres_url))
            for _ in range(3)
        )
        with working(stays, batch=10) as steady:
            for _ in range(STORMS):
                topics.produce(next(slices))
                with working(comes, batch=2):
                    time.sleep(chance.uniform(0.2, 0.8))
                    topics.produce(next(slices))
                    with working(goes, batch=2):
                        time.sleep(chance.uniform(0.2, 0.8))
            with working(comes, batch=2):
                topics.produce(next(slices))
                wait_for(lambda: takeovers(stays) > 0)  # a storm may pass before anybody is given anything
            wait_for(lambda: read_so_far(stays) == EVENTS)
            steady.stop()
        assert stays.lines() == undisturbed


def sliced(events: list[RawEvent], count: int) -> list[list[RawEvent]]:
    """``count`` runs of events one after the other, of about one length."""
    bounds = [len(events) * number // count for number in range(count + 1)]
    return [events[begin:end] for begin, end in pairwise(bounds)]
