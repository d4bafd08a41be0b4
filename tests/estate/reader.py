"""An installation that reads a company with real worker processes, and the proof that what it holds is what it should.

The proof has three parts: all four tables' last rows were read; an installation that read the same topics undisturbed holds the same;
and so does one that was given the source's rows themselves.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa
from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove
from typer.testing import CliRunner, Result

import server
from cdc import Reading, stream_positions
from cli.app import application
from cli.ingest_kafka import ingest_kafka
from cli.interrupts import Interrupt
from identity import source_record
from profiles.tables import fact
from tests.estate.company import TABLES, Company
from tests.installation import Installation, installation

SECONDS = 60
STEPS = 120


class Reader:
    """`one` is read into by `worker`, a process; `undisturbed` reads the same from time to time."""

    def __init__(
        self, company: Company, one: Installation, others: tuple[Installation, Installation], database: str
    ) -> None:
        self.company = company
        self.one = one
        self.undisturbed, self.rows = others
        self.is_trusted = True
        self.database = database
        #: What starts a worker's program, its arguments before those of the program.
        self.launcher: Sequence[str] = ()
        self._worker: subprocess.Popen[bytes] | None = None

    def start(self, *, batch: int = 20) -> None:
        """Start the worker."""
        self._worker = self.worker(self.one.folder / "onefold.toml", batch=batch)

    @property
    def log(self) -> Path:
        """What the workers say."""
        return self.one.folder / "worker.log"

    def worker(self, config: Path, *, batch: int = 20) -> "subprocess.Popen[bytes]":
        """Start a worker for this installation, with the settings of a file in its folder."""
        command = [*self.launcher, sys.executable, "-m", "server", "ingest", "--from", "kafka", "--batch", str(batch)]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*command, "--config", str(config)],
                env={**os.environ, "ONEFOLD_DATABASE": self.database},
                stdout=log,
                stderr=log,
            )

    @property
    def is_at_work(self) -> bool:
        """Whether the worker runs."""
        return self._worker is not None and self._worker.poll() is None

    @property
    def pid(self) -> int:
        """The worker's process."""
        assert self._worker is not None
        return self._worker.pid

    def ensure_worker(self) -> None:
        """Start the worker unless it runs."""
        if not self.is_at_work:
            self.start()

    def kill(self) -> None:
        """`kill -9` the worker."""
        assert self._worker is not None
        assert self._worker.poll() is None, "it ended before"
        self._worker.kill()
        self._worker.wait()

    def give_up_killed(self) -> None:
        """Let the group hear at once of a worker that was killed, as it would by itself ten seconds later."""
        with closing(KafkaAdminClient(bootstrap_servers=self.company.kafka.bootstrap)) as admin:
            group = self.one.parts.settings.kafka.group
            members = admin.describe_groups([group])[group]["members"]
            admin.remove_group_members(group, [MemberToRemove(member["member_id"]) for member in members])

    def stop(self) -> None:
        """End the worker in order."""
        if self._worker is not None and self._worker.poll() is None:
            self._worker.send_signal(signal.SIGTERM)
            self._worker.wait(SECONDS)
        self._worker = None

    def onefold(self, *arguments: str) -> Result:
        """Run a command on this installation."""
        given = [*arguments, "--config", str(self.one.folder / "onefold.toml")]
        wiring = server.wiring({**os.environ, "ONEFOLD_DATABASE": self.database})
        return CliRunner().invoke(application(), given, obj=wiring)

    def read_so_far(self) -> int:
        """How many records are behind the stored positions."""
        with self.one.parts.database.read() as connection:
            return sum(held.next_offset for held in stream_positions(connection))

    def claims(self) -> int:
        """How often workers have taken up partitions."""
        with self.one.parts.database.read() as connection:
            return sum(held.owner_epoch for held in stream_positions(connection))

    def persons(self) -> set[str]:
        """The live persons by table and key, such as "customers 1"; those that end while we look may be missing."""
        with self.one.parts.database.read() as connection:
            live = list(connection.execute(sa.select(source_record.c.incarnation)).scalars())
            naturals = self.one.parts.reader.natural_keys(connection, live)
        return {" ".join(json.loads(natural)[1:]) for natural in naturals.values()}

    def wait_until_read(self, *, seconds: float = SECONDS) -> str:
        """Wait until all is read that was committed in both databases up to now; the key of the last row of each table."""
        key = self.company.mark()
        wait_for(lambda: self._has(key), seconds=seconds)
        return key

    def assert_is_as_undisturbed(self, *, seconds: float = SECONDS) -> None:
        """Prove that nothing is lost and nothing is there twice."""
        self.is_trusted = False
        self.wait_until_read(seconds=seconds)
        ingest_kafka(self.undisturbed.parts, Interrupt(), Reading(), until_end=True)
        self.rows.wipe()
        self.rows.ingest(self.company.truth())
        found = self.one.lines()
        assert found == self.rows.lines(), "it holds something else than the source"
        assert found == self.undisturbed.lines(), "it holds something else than an undisturbed installation"
        self.is_trusted = True

    def _has(self, key: str) -> bool:
        """Whether the rows with a key of all four tables are there."""
        wanted = f'["{key}"]'
        with self.one.parts.database.read() as connection:
            facts = connection.execute(sa.select(sa.func.count()).where(fact.c.natural_key == wanted)).scalar_one()
        return facts == len(TABLES) and {f"customers {key}", f"members {key}"} <= self.persons()


def wait_for(condition: Callable[[], bool], *, seconds: float = SECONDS) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was awaited did not come"
        time.sleep(0.05)


@contextmanager
def reader_of(company: Company, folder: Path, database: str) -> Iterator[Reader]:
    """Open an installation whose main database is `database`, and the two that it is compared with."""
    with ExitStack() as stack:
        one = stack.enter_context(installation(folder / "one", company.settings(uuid4().hex), database=database))
        undisturbed = stack.enter_context(installation(folder / "undisturbed", company.settings(uuid4().hex)))
        rows = stack.enter_context(installation(folder / "rows", company.settings(uuid4().hex)))
        reader = Reader(company, one, (undisturbed, rows), database)
        stack.callback(reader.stop)
        yield reader


class Readers(list[Reader]):
    """The installation that lives through all faults, and those that came after one that did not."""

    def __init__(self, stack: ExitStack) -> None:
        super().__init__()
        self.stack = stack


@contextmanager
def amid_business(reader: Reader, *, seed: int) -> Iterator[Callable[[], None]]:
    """Come in when business goes on and the worker is reading of it; what is given asserts that this is still so."""
    reader.is_trusted = False
    with reader.company.business(STEPS, seed=seed) as business:
        before = reader.read_so_far()
        business.wait_for_half()
        wait_for(lambda: reader.read_so_far() > before)
        business.go_on()

        def fell_inside() -> None:
            assert business.is_under_way, "it fell outside of the run"

        yield fell_inside
