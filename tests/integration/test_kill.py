"""`kill -9` at random moments of an ingest: nothing is lost, nothing is doubled."""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
import sqlalchemy as sa

import server
from bench.events import MAPPING, write_events
from cdc.tables import stream_position
from tests.conftest import IS_LONG

KILLS = 200 if IS_LONG else 20


@dataclass(frozen=True, slots=True)
class Case:
    """How many events are read in batches of ``batch``, and how often the reader is killed meanwhile."""

    events: int
    kills: int
    batch: int
    is_postgres: bool = False


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


def position(database: sa.Engine) -> int:
    """How far the file was read, as the main database says."""
    with database.connect() as connection:
        return connection.execute(sa.select(sa.func.max(stream_position.c.next_offset))).scalar_one() or 0


#: Forks processes that have imported everything already: of many, that is most of the time.
STARTED = multiprocessing.get_context("forkserver")
STARTED.set_forkserver_preload(["server", __name__])


def onefold_in_process(environ: dict[str, str], arguments: list[str]) -> None:
    """Run a command in this process, which is there for nothing else."""
    os.environ.update(environ)
    sys.argv = ["onefold", *arguments]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - no path
        sys.stdout = sys.stderr = nowhere
        server.main()


def started(folder: Path, database: str, *arguments: str) -> ForkServerProcess:
    """A process of its own that runs a command."""
    given = [*arguments, "--config", str(folder / "onefold.toml")]
    process = STARTED.Process(target=onefold_in_process, args=(environment(database), given))
    process.start()
    return process


def kill_when(child: ForkServerProcess, database: sa.Engine, at_least: int, chooser: random.Random) -> int:
    """Kill the child a moment after it passed a position; where it stood then."""
    deadline = time.monotonic() + 60
    while position(database) < at_least:
        assert child.is_alive(), "the ingest ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(chooser.random() * 0.05)
    child.kill()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    return position(database)


@pytest.mark.timeout(3600 if IS_LONG else 300)
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case(events=20_000 if IS_LONG else 10_000, kills=KILLS, batch=20), id="sqlite"),
        pytest.param(
            Case(events=20_000 if IS_LONG else 6_000, kills=KILLS, batch=20, is_postgres=True),
            id="postgres",
            marks=pytest.mark.postgres,
        ),
    ],
)
def test_kills_end_in_the_state_of_an_undisturbed_run(
    case: Case, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = str(request.getfixturevalue("postgres_url")) if case.is_postgres else ""
    events, batch = tmp_path / "events.jsonl", ("--batch", str(case.batch))
    write_events(events, case.events)
    calm, disturbed = made(tmp_path / "calm"), made(tmp_path / "disturbed", url)
    run(calm, "ingest", str(events))
    database = sa.create_engine(url or f"sqlite:///{next(disturbed.rglob('onefold.db'))}", pool_pre_ping=True)
    chooser = random.Random(11)
    size, killed_at = events.stat().st_size, []
    for number in range(case.kills):
        child = started(disturbed, url, "ingest", str(events), *batch)
        target = int(size * (number + chooser.uniform(0.3, 0.7)) / (case.kills + 1)) + 1
        killed_at.append(kill_when(child, database, target, chooser))
    assert all(0 < at < size for at in killed_at), "a kill fell outside of the run"
    assert killed_at == sorted(killed_at)
    last = json.loads(run(disturbed, "ingest", str(events), *batch, "--json", database=url))
    database.dispose()
    assert last["parked"] == 0
    states = [
        run(disturbed, "export", "profiles", "--canonical", database=url),
        run(calm, "export", "profiles", "--canonical"),
    ]
    assert states[0] == states[1]
