"""Checkpoints beside the writer: when they begin, that nobody waits for them, what is left when they fail."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from storage.checkpoints import Checkpoints

ENOUGH = 10_000
LIMIT = 32_000
#: One commit of many rows reaches it.
SMALL = ENOUGH


class Connection:
    """Stands for SQLite's: each checkpoint gives the next answer, the last one for ever.

    An answer is how many pages the log has, all of them copied, or (busy, pages, copied), or an error.
    """

    def __init__(self, *answers: int | tuple[int, int, int] | sqlite3.Error) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.closed: list[bool] = []

    def execute(self, statement: str) -> "Connection":
        self.asked.append(statement.removeprefix("PRAGMA "))
        self.go_on.wait(10)
        return self

    def fetchone(self) -> tuple[int, ...]:
        if self.asked[-1] == "busy_timeout":
            return (30_000,)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, sqlite3.Error):
            raise answer
        return (0, answer, answer) if isinstance(answer, int) else answer

    def close(self) -> None:
        self.closed.append(True)


class One:
    """Checkpoints, the connection that they use beside the writer, and the writer's."""

    def __init__(self, beside: Connection, writer: Connection, limit: int) -> None:
        self.beside, self.writer = beside, writer
        connection: Any = beside
        self.checkpoints = Checkpoints(lambda: connection, limit_pages=limit)

    def commit(self, rows: int, *, then: Callable[[], None] | None = None) -> None:
        writer: Any = self.writer
        with self.checkpoints.around_commit(writer, rows):
            if then is not None:
                then()

    def commit_and_wait(self, rows: int) -> None:
        self.commit(rows)
        self.checkpoints.wait()


Make = Callable[..., One]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[One] = []

    def of(
        *answers: int | tuple[int, int, int] | sqlite3.Error, writer: Connection | None = None, limit: int = LIMIT
    ) -> One:
        made.append(One(Connection(*answers), writer or Connection(limit), limit))
        return made[-1]

    yield of
    for one in made:
        one.checkpoints.close()


def running() -> int:
    return sum(thread.name == "checkpoint" for thread in threading.enumerate())


def test_a_few_rows_start_no_thread_and_open_nothing(make: Make) -> None:
    one = make(7)
    before = threading.active_count()
    one.commit(ENOUGH - 1)
    assert threading.active_count() == before
    assert one.beside.asked == []


def test_rows_of_several_transactions_add_up_to_a_checkpoint_and_are_counted_anew_after_it(make: Make) -> None:
    one = make(7)
    for _ in range(4):
        one.commit_and_wait(ENOUGH // 2)
    assert one.beside.asked == ["wal_checkpoint(PASSIVE)"] * 4  # each looks once more whether anything is new
    assert one.writer.asked == []
    assert running() == 0


@pytest.mark.parametrize(("answers", "rounds"), [((7, 7), 2), ((7, 9, 9), 3), ((1, 2, 3, 4), 3), (((1, -1, -1),), 1)])
def test_what_is_committed_meanwhile_is_taken_too_but_not_for_ever(
    make: Make, answers: tuple[int, ...], rounds: int
) -> None:
    one = make(*answers)
    one.commit_and_wait(ENOUGH)
    assert len(one.beside.asked) == rounds


def test_no_writer_waits_for_a_checkpoint_and_one_runs_at_a_time(make: Make) -> None:
    one = make(7)
    one.beside.go_on.clear()
    one.commit(ENOUGH)
    one.commit(ENOUGH)
    assert running() == 1
    one.beside.go_on.set()
    one.checkpoints.wait()
    one.commit_and_wait(1)  # what was committed beside the first one was not forgotten
    assert len(one.beside.asked) == 4


def test_who_reaches_the_limit_waits_for_the_one_that_runs_and_copies_the_rest(make: Make) -> None:
    """Beside it his own would be refused, and the log would grow for ever."""
    one = make(SMALL, limit=2 * SMALL)
    one.beside.go_on.clear()
    one.commit(ENOUGH)
    seen: list[int] = []
    writing = threading.Thread(target=one.commit, args=(SMALL,), kwargs={"then": lambda: seen.append(running())})
    writing.start()
    writing.join(0.1)
    assert writing.is_alive()
    assert seen == []
    one.beside.go_on.set()
    writing.join(10)
    assert seen == [0]
    assert one.writer.asked == ["wal_checkpoint(PASSIVE)"]
    assert len(one.beside.asked) == 2


def test_after_the_rest_was_copied_the_log_counts_as_empty(make: Make) -> None:
    one = make(LIMIT, LIMIT, 7)
    one.commit_and_wait(ENOUGH)
    one.commit(1)
    assert one.writer.asked == ["wal_checkpoint(PASSIVE)"]
    one.commit(ENOUGH - 1)
    assert len(one.writer.asked) == 1
    assert len(one.beside.asked) == 2
    one.commit_and_wait(1)
    assert len(one.beside.asked) == 4


def test_how_long_the_log_is_a_checkpoint_tells(make: Make) -> None:
    """Rows are counted as pages, and may be fewer or more."""
    short = make(1_000)
    for _ in range(6):
        short.commit_and_wait(ENOUGH)
    assert short.writer.asked == []
    long = make(LIMIT)
    long.commit_and_wait(ENOUGH)
    long.commit(1)
    assert long.writer.asked == ["wal_checkpoint(PASSIVE)"]


def test_one_commit_of_very_many_rows_leaves_the_log_to_a_checkpoint_that_tells_how_long_it_is(make: Make) -> None:
    short, long = make(3_000), make(LIMIT)
    for _ in range(4):
        short.commit_and_wait(2 * LIMIT)
    assert short.writer.asked == []
    assert len(short.beside.asked) == 8
    long.commit_and_wait(2 * LIMIT)
    assert long.writer.asked == []
    long.commit(1)
    assert long.writer.asked == ["wal_checkpoint(PASSIVE)"]


def test_where_the_log_is_long_all_the_same_readers_are_waited_for_a_moment_now_and_then(make: Make) -> None:
    half = (0, 2 * SMALL - 1, SMALL)
    writer = Connection(half, (0, 2 * SMALL, SMALL), (1, 2 * SMALL, SMALL), (0, 3 * SMALL - 1, 7), 3 * SMALL)
    one = make(7, writer=writer, limit=SMALL)
    passive, waiting = ["wal_checkpoint(PASSIVE)"], ["busy_timeout", "busy_timeout=200", "wal_checkpoint(RESTART)"]
    usual = ["busy_timeout=30000"]
    one.commit(SMALL)
    assert writer.asked == passive
    one.commit(1)
    assert writer.asked == passive * 2 + waiting + usual
    one.commit(1)
    assert (
        writer.asked == passive * 2 + waiting + usual + passive
    )  # a reader was in the way: not before it has grown as much
    one.commit(1)
    assert writer.asked == (passive * 2 + waiting + usual) * 2
    one.commit(1)
    assert len(writer.asked) == 12
    assert one.beside.asked == []


def test_after_a_log_that_was_short_readers_are_waited_for_as_soon_as_before(make: Make) -> None:
    long = (0, 2 * SMALL, 7)
    one = make(7, writer=Connection(long, (1, 2 * SMALL, 7), (0, SMALL - 1, 7), long, (1, 2 * SMALL, 7)), limit=SMALL)
    for _ in range(3):
        one.commit(SMALL)
    assert one.writer.asked.count("wal_checkpoint(RESTART)") == 2


def test_a_checkpoint_that_fails_is_told_of_once_and_tried_again(make: Make) -> None:
    failed = sqlite3.OperationalError("database or disk is full")
    one = make(failed, failed, 7, 7, failed)
    with structlog.testing.capture_logs() as logs:
        for _ in range(4):
            one.commit_and_wait(ENOUGH)
    told = {"event": "checkpoint failed", "error": "OperationalError", "log_level": "warning"}
    assert logs == [told, told]  # the second after it had gone well between
    assert len(one.beside.asked) == 5


def test_a_commit_stands_whose_writer_could_not_copy(make: Make) -> None:
    one = make(7, writer=Connection(sqlite3.OperationalError("disk I/O error")), limit=SMALL)
    with structlog.testing.capture_logs() as logs:
        one.commit(SMALL)
        one.commit(1)
    assert len(logs) == 1
    assert len(one.writer.asked) == 2


def test_closing_waits_for_the_one_that_runs_and_begins_none(make: Make) -> None:
    one = make(7)
    one.beside.go_on.clear()
    one.commit(ENOUGH)
    closing = threading.Thread(target=one.checkpoints.close)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive()
    assert one.beside.closed == []
    one.beside.go_on.set()
    closing.join(10)
    assert one.beside.closed == [True]
    asked = len(one.beside.asked)
    one.commit_and_wait(ENOUGH)
    assert len(one.beside.asked) == asked


def test_a_commit_stands_where_no_thread_is_to_be_had(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = make(7)

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        one.commit(ENOUGH)
    one.commit_and_wait(ENOUGH)
    assert len(one.beside.asked) == 2
