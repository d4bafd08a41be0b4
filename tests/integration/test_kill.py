"""`kill -9` at random moments of an ingest: nothing is lost, nothing is doubled."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.events import MAPPING, write_events

EVENTS = 50_000
KILLS = 20
BATCH = 200


def onefold(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "server", *arguments, "--config", str(folder / "onefold.toml")]


def environment(database: str) -> dict[str, str]:
    return {**os.environ, **({"ONEFOLD_DATABASE": database} if database else {})}


def run(folder: Path, *arguments: str, database: str = "") -> str:
    done = subprocess.run(
        onefold(folder, *arguments), capture_output=True, text=True, env=environment(database), check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def made(folder: Path, database: str = "") -> Path:
    folder.mkdir()
    (folder / "onefold.toml").write_text(MAPPING, encoding="utf-8")
    command = [sys.executable, "-m", "server", "init", str(folder)]
    subprocess.run(command, env=environment(database), check=True, capture_output=True)
    return folder


def position(folder: Path) -> int:
    """How far the file was read, as the main database says."""
    database = next(folder.rglob("onefold.db"))
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10) as connection:
        row = connection.execute("SELECT max(next_offset) FROM stream_position").fetchone()
    return int(row[0] or 0)


def kill_when(child: "subprocess.Popen[bytes]", folder: Path, at_least: int, chooser: random.Random) -> int:
    """Kill the child a moment after it passed a position; where it stood then."""
    deadline = time.monotonic() + 60
    while position(folder) < at_least:
        assert child.poll() is None, "the ingest ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(chooser.random() * 0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    return position(folder)


def test_twenty_kills_end_in_the_state_of_an_undisturbed_run(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    write_events(events, EVENTS)
    calm, disturbed = made(tmp_path / "calm"), made(tmp_path / "disturbed")
    run(calm, "ingest", str(events), "--batch", str(BATCH))
    expected = run(calm, "export", "profiles", "--canonical")
    chooser = random.Random(11)
    size, killed_at = events.stat().st_size, []
    for number in range(KILLS):
        command = onefold(disturbed, "ingest", str(events), "--batch", str(BATCH))
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        target = int(size * (number + chooser.uniform(0.3, 0.7)) / (KILLS + 1)) + 1
        killed_at.append(kill_when(child, disturbed, target, chooser))
    assert all(0 < at < size for at in killed_at)
    assert killed_at == sorted(killed_at)
    last = json.loads(run(disturbed, "ingest", str(events), "--batch", str(BATCH), "--json"))
    assert last["parked"] == 0
    assert run(disturbed, "export", "profiles", "--canonical") == expected


@pytest.mark.postgres
def test_kills_on_postgresql_end_in_the_same_state(tmp_path: Path, postgres_url: str) -> None:
    events = tmp_path / "events.jsonl"
    write_events(events, 6_000)
    calm, disturbed = made(tmp_path / "calm"), made(tmp_path / "disturbed", postgres_url)
    run(calm, "ingest", str(events))
    chooser = random.Random(5)
    for _ in range(5):
        command = onefold(disturbed, "ingest", str(events), "--batch", "50")
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(postgres_url)
        )
        time.sleep(chooser.uniform(1.2, 2.2))
        child.kill()
        child.wait()
    run(disturbed, "ingest", str(events), database=postgres_url)
    states = [run(calm, "export", "profiles", "--canonical")]
    states.append(run(disturbed, "export", "profiles", "--canonical", database=postgres_url))
    assert states[0] == states[1]
