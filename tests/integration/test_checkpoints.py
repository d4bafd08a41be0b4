"""SQLite's checkpoints beside the writer, with real files: the log stays bounded, the file is right after a kill and a failure."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Final

import pytest
import sqlalchemy as sa

import storage.checkpoints
import storage.engine
from storage import Database
from tests.change_log import MAPPING
from tests.installation import installation

ROOT = Path(__file__).parents[2]
PAGE: Final = 4096
#: Pages of the log at which the writer does what is left, and rows after which a checkpoint begins, in these tests.
LEFT: Final = 600
ROWS: Final = 200
#: Rows in each commit. One fills half a page.
BATCH: Final = 100


def opened(file: Path) -> Database:
    """A database with limits that a test reaches soon."""
    storage.engine._SQLITE_LEFT_PAGES = LEFT
    storage.checkpoints._ROWS = ROWS
    return Database(f"sqlite:///{file}", background_checkpoints=True)


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.engine._SQLITE_LEFT_PAGES", LEFT)
    monkeypatch.setattr("storage.checkpoints._ROWS", ROWS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "onefold.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    with closing(opened(file)) as made:
        make(made)
        yield made


def make(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE line (writer INTEGER, number INTEGER, text TEXT, PRIMARY KEY (writer, number)) WITHOUT ROWID"
        )


def write(database: Database, batch: int, writer: int = 1) -> None:
    """One commit: new rows, and old ones changed all over the file."""
    first = batch * BATCH
    texts = [{"w": writer, "n": first + number, "t": f"{first + number:08}" * 200} for number in range(BATCH)]
    chosen = [{"w": writer, "n": Random(batch).randrange(first + 1)} for _ in range(BATCH // 4)]
    with database.write() as connection:
        connection.execute(sa.text("INSERT INTO line VALUES (:w, :n, :t)"), texts)
        connection.execute(sa.text("UPDATE line SET text = text WHERE writer = :w AND number = :n"), chosen)


def assert_is_whole(database: Database, batches: int, writer: int = 1) -> None:
    """Every row of so many commits is there, and the file is sound."""
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        found = connection.execute(
            sa.text("SELECT count(*), count(DISTINCT text), max(number) FROM line WHERE writer = :w"), {"w": writer}
        ).one()
    assert tuple(found) == (batches * BATCH, batches * BATCH, batches * BATCH - 1)


def log_pages(file: Path) -> int:
    return Path(f"{file}-wal").stat().st_size // PAGE


def test_an_installation_has_them_for_its_records_and_not_for_its_keys(tmp_path: Path) -> None:
    """Beside one of another process, the key store could not be scrubbed when a key is destroyed."""
    with installation(tmp_path, MAPPING) as one:
        assert one.parts.database._checkpoints is not None
        assert one.parts.keystore_database._checkpoints is None


def test_what_is_committed_gets_into_the_file_before_the_writer_sees_to_it(database: Database, file: Path) -> None:
    empty = file.stat().st_size
    write(database, 0)
    assert file.stat().st_size == empty
    for batch in range(1, 4):
        write(database, batch)
    assert log_pages(file) < LEFT  # the writer's own checkpoint had no reason yet
    assert database._checkpoints is not None
    database._checkpoints.wait()
    assert file.stat().st_size > empty + 2 * BATCH * PAGE // 2
    assert_is_whole(database, 4)


def test_under_a_writer_that_never_rests_and_readers_the_log_stays_bounded(database: Database, file: Path) -> None:
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            with database.read() as connection:
                connection.execute(sa.text("SELECT number FROM line LIMIT 1")).all()
                is_over.wait(0.02)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    longest = 0
    for batch in range(150):
        write(database, batch)
        longest = max(longest, log_pages(file))
    is_over.set()
    for reader in readers:
        reader.join()
    assert file.stat().st_size // PAGE > 10 * LEFT  # so much went through the log
    assert longest < 8 * LEFT  # 27 where no reader is ever waited for
    assert_is_whole(database, 150)


def test_what_a_long_reader_made_the_log_grow_is_given_back_when_it_is_gone(database: Database, file: Path) -> None:
    with database.read() as connection:
        connection.execute(sa.text("SELECT count(*) FROM line")).one()
        for batch in range(25):
            write(database, batch)
        assert log_pages(file) > 4 * LEFT
    for batch in range(25, 30):
        write(database, batch)
    assert log_pages(file) <= 2 * LEFT
    assert_is_whole(database, 30)


def test_scrubbing_does_not_run_into_a_checkpoint(database: Database, file: Path) -> None:
    for batch in range(20):
        write(database, batch)
        assert database.scrub()
        assert log_pages(file) == 0
    assert_is_whole(database, 20)


#: Commits, and says so; each checkpoint says when it begins and ends. The parent kills it within one.
WRITER = """
import os, sys
from pathlib import Path
import storage.checkpoints
from tests.integration.test_checkpoints import opened, write

def say(word):
    os.write(1, word + b"\\n")  # at once, and whole: two threads do

def told(self, run=storage.checkpoints.Checkpoints._copy):
    say(b"begins")
    run(self)
    say(b"ended")

storage.checkpoints.Checkpoints._copy = told
file, writer, batches = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
database = opened(file)
for batch in range(batches, 100_000):
    write(database, batch, writer)
    say(b"committed")
"""


@contextmanager
def other_process(program: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def killed_within_a_checkpoint(file: Path, batches: int, chance: Random) -> tuple[int, bool]:
    """How many commits there are for certain, and whether a checkpoint had begun and not ended."""
    with other_process(WRITER, file, 2, batches) as child:
        assert child.stdout is not None
        checkpoints = chance.randrange(1, 4)
        said: list[str] = []
        while said.count("begins") < checkpoints:
            said.append(child.stdout.readline().strip())
            assert said[-1]
        threading.Event().wait(chance.random() * 0.004)
        os.kill(child.pid, signal.SIGKILL)
        said += child.stdout.read().split()
        assert child.wait(10) == -signal.SIGKILL
    return batches + said.count("committed"), said.count("begins") > said.count("ended")


def test_a_kill_within_a_checkpoint_loses_nothing_beside_another_process(database: Database, file: Path) -> None:
    """The killed one's work is taken over by who else has the file open, and by itself when it starts again."""
    chance, certain, within, own = Random(5), 0, 0, 0
    for _ in range(12):
        known, fell_inside = killed_within_a_checkpoint(file, certain, chance)
        within += fell_inside
        with database.read() as connection:
            query = sa.text("SELECT count(*) FROM line WHERE writer = 2")
            certain = int(connection.execute(query).scalar_one()) // BATCH
        assert certain in {known, known + 1}  # it may have been killed before it could say so
        write(database, own)
        own += 1
        if within == 3:
            break
    assert within == 3
    assert_is_whole(database, certain, writer=2)
    assert_is_whole(database, own)
    database.close()
    with closing(opened(file)) as again:
        assert_is_whole(again, certain, writer=2)
        assert_is_whole(again, own)


#: The file is big before its process may write no further than its middle: checkpoints fail there, commits need the log alone.
FULL = """
import resource, sys
from pathlib import Path
import structlog
from tests.integration.test_checkpoints import assert_is_whole, make, opened, write

file = Path(sys.argv[1])
database = opened(file)
make(database)
for batch in range(30):
    write(database, batch)
assert database.scrub()
resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size // 2, resource.RLIM_INFINITY))
with structlog.testing.capture_logs() as logs:
    for batch in range(30, 36):
        write(database, batch)
    database._checkpoints.wait()
print(*(log["error"] for log in logs))
assert_is_whole(database, 36)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
before = file.stat().st_size
for batch in range(36, 40):
    write(database, batch)
database._checkpoints.wait()
assert file.stat().st_size > before
database.close()
database = opened(file)
assert_is_whole(database, 40)
database.close()
"""


def test_a_checkpoint_that_cannot_write_is_told_of_and_made_up_for(file: Path) -> None:
    with other_process(FULL, file) as child:
        assert child.stdout is not None
        said = child.stdout.read().split()
        assert child.wait(60) == 0
    assert len(said) == 1  # however often it failed
    assert said[0].startswith("SQLITE_")


def test_after_a_checkpoint_through_a_connection_that_can_only_read_there_is_another_one(
    database: Database, file: Path
) -> None:
    """One that was opened while the file's rights forbade writing stays so."""
    checkpoints = database._checkpoints
    assert checkpoints is not None
    connect, bound = checkpoints._connect, sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False)
    given = iter([bound])
    checkpoints._connect = lambda: next(given, None) or connect()
    write(database, 0)  # too little for one to begin by itself
    empty, found = file.stat().st_size, []
    for _ in range(2):
        checkpoints._try(checkpoints._copy)
        found.append((checkpoints._has_failed, file.stat().st_size > empty))
    assert found == [(True, False), (False, True)]
    assert_is_whole(database, 1)


#: Ends without closing while a checkpoint runs, as by an error that nobody caught; the thread must not keep it.
LEAVER = """
import sys, threading
from pathlib import Path
import storage.checkpoints
from tests.integration.test_checkpoints import make, opened, write

def stuck(self):
    print("begins", flush=True)
    threading.Event().wait(300)

storage.checkpoints.Checkpoints._copy = stuck
database = opened(Path(sys.argv[1]))
make(database)
for batch in range(3):
    write(database, batch)
raise KeyboardInterrupt
"""


def test_a_process_that_ends_by_ctrl_c_does_not_wait_for_a_checkpoint(file: Path) -> None:
    command = [sys.executable, "-c", LEAVER, str(file)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == "begins\n"
    assert "KeyboardInterrupt" in done.stderr
    with closing(opened(file)) as database:
        assert_is_whole(database, 3)
