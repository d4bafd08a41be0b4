"""A worker with a second process that prepares for it: whatever becomes of that process, the state is that of one alone."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.events import MAPPING as SHOP
from bench.events import write_events
from cdc import RawEvent, preparing_apart
from cli.preparing_process import PreparingProcess
from cli.preparing_process import preparing_apart as helped
from identity.compared import Compared
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, captured, installation, settle_late
from tests.property.test_sequence_neutral import STEPS, written

BATCH = 100


class Watched:
    """Notes the processes that were started, what each of them was asked, and the weights that it had found."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pids: list[int] = []
        self.prepared = self.weighed = 0
        begin, ask = PreparingProcess.__init__, preparing_apart.PreparerApart._prepared_apart
        foresee = Compared._foreseen

        def started(process: PreparingProcess, *arguments: Any) -> None:
            begin(process, *arguments)
            self.pids.append(process.pid)

        def asked(preparer: Any, *arguments: Any) -> Any:
            batch = ask(preparer, *arguments)
            self.prepared += batch is not None
            return batch

        def foreseen(compared: Compared, pairs: Any) -> Any:
            found = foresee(compared, pairs)
            self.weighed += len(found)
            return found

        monkeypatch.setattr(PreparingProcess, "__init__", started)
        monkeypatch.setattr(Compared, "_foreseen", foreseen)
        monkeypatch.setattr(preparing_apart.PreparerApart, "_prepared_apart", asked)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(preparing_apart, "SMALL_EVENTS", 1)
    monkeypatch.setattr(preparing_apart, "BACKLOG_EVENTS", 0)
    return Watched(monkeypatch)


def shop_events(tmp_path: Path, count: int) -> list[RawEvent]:
    write_events(tmp_path / "events.jsonl", count)
    return captured(tmp_path / "events.jsonl")


def wait_until_ready(one: Installation, watched: Watched) -> None:
    """Feed events that change nothing until the second process prepares."""
    log = ChangeLog()
    log.put("nowhere", 1, {})
    deadline = time.monotonic() + 60
    while not watched.prepared:
        assert time.monotonic() < deadline
        one.ingest(log.events, stream="warm-up")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 20
    while is_alive(pid):
        assert time.monotonic() < deadline, "the second process is still there"
        time.sleep(0.05)


def test_two_processes_make_the_state_of_one(database_url: str, tmp_path: Path, watched: Watched) -> None:
    events = shop_events(tmp_path, 4_000)
    with installation(tmp_path / "one", SHOP) as alone:
        alone.ingest(events, batch=BATCH)
        expected = alone.lines()
    with installation(tmp_path / "two", SHOP, database=database_url) as one, helped(one.parts, os.environ, 2):
        wait_until_ready(one, watched)
        watched.prepared = 0
        assert one.ingest(events, batch=BATCH).applied == len(events)
        assert watched.prepared > len(events) / BATCH / 2
        assert one.lines() == expected
    wait_for_end(watched.pids[0])


def test_what_the_second_process_weighed_is_not_weighed_again(
    tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It weighs what it need not hurry with."""
    with installation(tmp_path / "one", SHOP) as one, helped(one.parts, os.environ, 2):
        wait_until_ready(one, watched)
        settle_late(monkeypatch)
        one.ingest(shop_events(tmp_path, 1_000), batch=BATCH)
        assert watched.weighed > 0


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Installation, Watched]]:
    """An installation with one process, and one with two that is ready."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparing_apart, "SMALL_EVENTS", 1)
        patch.setattr(preparing_apart, "BACKLOG_EVENTS", 0)
        seen = Watched(patch)
        folder = tmp_path_factory.mktemp("pair")
        with (
            installation(folder / "one", MAPPING) as alone,
            installation(folder / "two", MAPPING) as two,
            helped(two.parts, os.environ, 2),
        ):
            wait_until_ready(two, seen)
            yield alone, two, seen


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, max_size=30), batch=st.integers(1, 12))
def test_whatever_happens_to_rows_two_processes_make_the_state_of_one(
    pair: tuple[Installation, Installation, Watched], steps: list[Any], batch: int
) -> None:
    """Deletes, moves to other keys, values that an event does not say, whole tables: much depends on the batch before."""
    alone, two, _ = pair
    log = written(steps)
    for one in (alone, two):
        one.wipe()
        one.ingest(log.events, batch=batch)
    assert two.lines() == alone.lines()
    assert [parked.code for parked in two.parked()] == [parked.code for parked in alone.parked()]


def test_a_killed_second_process_costs_nothing(tmp_path: Path, watched: Watched, capsys: Any) -> None:
    events = shop_events(tmp_path, 6_000)
    chooser = random.Random(7)
    with installation(tmp_path / "one", SHOP) as alone:
        alone.ingest(events, batch=BATCH)
        expected = alone.lines()
    with installation(tmp_path / "two", SHOP) as one, helped(one.parts, os.environ, 2):
        killed: list[int] = []
        is_over = threading.Event()

        def kill() -> None:
            while not is_over.wait(0.005):
                for pid in set(watched.pids) - set(killed):
                    if watched.prepared > 5 * (len(killed) + 1):
                        time.sleep(chooser.random() * 0.05)
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)

        killer = threading.Thread(target=kill)
        killer.start()
        wait_until_ready(one, watched)
        one.ingest(events, batch=20)
        is_over.set()
        killer.join()
        assert killed
        assert one.lines() == expected
    assert "this one goes on alone, nothing is lost" in capsys.readouterr().err


def test_it_is_not_the_file_but_the_worker_that_says_what_the_settings_are(tmp_path: Path, watched: Watched) -> None:
    """Somebody edits the file while a worker runs: it goes on as it began, and so does what helps it."""
    log = ChangeLog()
    for key in range(20):
        log.put("person", key, {"name": f"Ann {key}", "phone": "13812345678"})
    with installation(tmp_path / "one", MAPPING) as one, helped(one.parts, os.environ, 2):
        (one.folder / "onefold.toml").write_text(MAPPING.replace("phone", "fax"), encoding="utf-8")
        wait_until_ready(one, watched)
        watched.prepared = 0
        one.ingest(log.events)
        assert watched.prepared == 1
        assert "13812345678" in "".join(one.lines())


def test_a_killed_worker_takes_its_second_process_along(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    with installation(folder, SHOP):
        pass
    write_events(tmp_path / "events.jsonl", 60_000)
    config = ("--config", str(folder / "onefold.toml"))
    command = [sys.executable, "-m", "server", "ingest", str(tmp_path / "events.jsonl"), "--processes", "2", *config]
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        [pid] = wait_for_children(worker)
        time.sleep(2)
        assert worker.poll() is None, "it ended before it could be killed"
    finally:
        worker.kill()
        worker.wait()
    wait_for_end(pid)


def wait_for_children(process: "subprocess.Popen[bytes]") -> list[int]:
    """The processes that it started: with a backlog, the one that prepares."""
    deadline = time.monotonic() + 60
    while not (found := Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(pid) for pid in found]


def test_ctrl_c_ends_both_after_the_batch_under_way(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    with installation(folder, SHOP):
        pass
    write_events(tmp_path / "events.jsonl", 60_000)
    command = [sys.executable, "-m", "server", "ingest", str(tmp_path / "events.jsonl"), "--processes", "2", "--json"]
    worker = subprocess.Popen(
        [*command, "--config", str(folder / "onefold.toml")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    [pid] = wait_for_children(worker)
    worker.send_signal(signal.SIGINT)
    said, complaints = worker.communicate(timeout=60)
    assert worker.returncode == 130
    assert json.loads(said)["interrupted"] is True
    assert complaints.decode().strip() == "interrupted between two batches; the same command goes on from there"
    wait_for_end(pid)
