"""Asking another process for batches: what it says counts only where it says something, and nothing waits for it for ever."""

import errno
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import pytest

from cdc import preparing_apart
from cdc.apply import Batch
from cdc.changes import Read
from cdc.epochs import EpochBook
from cdc.fold import Fold
from cdc.plan import Plan
from cdc.preparing import Ask, Before
from cdc.preparing_apart import PreparerApart, serve_preparing
from tests.unit.cdc.test_fold import put


@dataclass(frozen=True)
class Plain:
    """Stands for what was prepared; ``by`` says who did it."""

    by: str
    plan: Plan = field(default_factory=lambda: Plan(Fold({}, {}, set()), [], {}, {}))
    epochs: EpochBook = field(default_factory=EpochBook)
    began: float = -1.0


@dataclass
class Preparing:
    """Stands for a preparer: notes what it was asked, and may depend on what is written, fail, cut, or need the lock."""

    name: str
    asked: list[str] = field(default_factory=list)
    waits: bool = False
    fails: bool = False
    takes: int = 99
    needs_lock: bool = False
    dies: bool = False
    begun: int = 0
    weighed: list[Any] = field(default_factory=list)
    cannot_weigh: bool = False

    def expect(self, events: int) -> None: ...

    def begin(self, reads: Sequence[Read], before: Before) -> Ask:
        self.begun += 1
        return Ask(self.begun, reads)

    def prepare(self, ask: Ask, before: Before) -> Batch:
        raws: list[Any] = list(ask.reads)
        self.asked.append(str(raws[0]))
        if self.fails:
            raise ValueError("cannot be prepared")
        if self.dies:
            raise EOFError
        if self.waits:
            before.settle()
        prepared: Any = None if self.needs_lock else Plain(self.name)
        return Batch(raws[: self.takes], list, prepared, (), 0.0)

    def weigh(self, prepared: Any) -> None:
        if self.cannot_weigh:
            raise ValueError("cannot be weighed")
        self.weighed.append(prepared)

    def close(self) -> None: ...


class Thread:
    """Stands for the other process: a thread that serves ``preparer`` from when the test lets it begin."""

    def __init__(self, preparer: Preparing, may_begin: threading.Event) -> None:
        self.socket, theirs = socket.socketpair()
        self.connection = Connection(os.dup(self.socket.fileno()))
        self.ended = 0
        self.thread = threading.Thread(target=self._run, args=(theirs, preparer, may_begin), daemon=True)
        self.thread.start()

    def _run(self, theirs: socket.socket, preparer: Preparing, may_begin: threading.Event) -> None:
        may_begin.wait(10)
        with Connection(theirs.detach()) as connection:
            serve_preparing(connection, preparer, preparer.weigh)

    def end(self) -> None:
        self.ended += 1
        with suppress(OSError):
            self.die()
        self.socket.close()
        self.thread.join(10)

    def die(self) -> None:
        """What the worker sees of a death."""
        self.socket.shutdown(socket.SHUT_RDWR)


@dataclass
class World:
    """A worker, the process that it may start, and what it said."""

    here: Preparing = field(default_factory=lambda: Preparing("here"))
    there: Preparing = field(default_factory=lambda: Preparing("there"))
    helpers: list[Thread] = field(default_factory=list)
    may_begin: threading.Event = field(default_factory=threading.Event)
    said: list[str] = field(default_factory=list)
    settled: int = 0
    waits: int = 0

    def __post_init__(self) -> None:
        self.may_begin.set()
        here: Any = self.here
        self.apart = PreparerApart(here, lambda _: put("a", 1).change, self._start, self.said.append)

    def _start(self) -> Thread:
        self.helpers.append(Thread(self.there, self.may_begin))
        return self.helpers[-1]

    def begin(self, name: str = "batch", events: int = 5) -> Ask:
        reads: list[Any] = [name] * events
        return self.apart.begin(reads, self)

    def prepare(self, ask: Ask) -> Any:
        batch = self.apart.prepare(ask, self)
        self.settled = ask.number
        return batch

    def by(self, name: str = "batch", events: int = 5) -> str:
        return str(self.prepare(self.begin(name, events)).prepared.by)

    def settle(self) -> None:
        self.waits += 1

    def helped(self) -> "World":
        """With the other process at work."""
        for _ in range(200):
            if self.by() == "there":
                return self
            threading.Event().wait(0.01)
        raise AssertionError("the other process was never asked")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(preparing_apart, "SMALL_EVENTS", 5)
    monkeypatch.setattr(preparing_apart, "BACKLOG_EVENTS", 15)
    made = World()
    yield made
    made.apart.close()


def test_a_backlog_starts_the_other_process_and_small_batches_do_not(world: World) -> None:
    for _ in range(3):
        for _ in range(3):
            world.by()
        world.by("small", events=4)
    assert world.helpers == []
    for _ in range(4):
        world.by()
    assert len(world.helpers) == 1


def test_a_backlog_that_is_known_before_it_is_read_starts_the_other_process(world: World) -> None:
    world.apart.expect(15)
    assert not world.helpers
    world.apart.expect(16)
    world.apart.expect(16)
    assert len(world.helpers) == 1, "before anything was asked, and only one"
    assert len(world.helped().helpers) == 1


def test_a_worker_goes_on_alone_where_the_other_process_cannot_be_started(world: World) -> None:
    """As where the machine has no memory left for one; after some tries it is let be."""
    tries = []

    def refuse() -> Thread:
        tries.append("once")
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    world.apart._start = refuse
    world.apart.expect(16)
    assert {world.by() for _ in range(20)} == {"here"}
    assert len(tries) == len(world.said) == 3
    assert set(world.said) == {
        "the process that prepares batches cannot be started; this one goes on alone, nothing is lost"
    }


def test_until_it_is_ready_everything_is_prepared_here(world: World) -> None:
    world.may_begin.clear()
    assert {world.by() for _ in range(20)} == {"here"}
    world.may_begin.set()
    world.helped()


def test_a_small_batch_does_not_go_the_long_way(world: World) -> None:
    world.helped()
    assert world.by("small", events=4) == "here"
    assert world.by() == "there"


def test_a_small_batch_goes_the_way_of_what_is_not_committed_before_it(world: World) -> None:
    """Whoever prepared nothing of that would have to wait for it."""
    world.helped()
    asks = [world.begin("large"), world.begin("small", events=4)]
    assert [world.apart.prepare(ask, world).prepared.by for ask in asks] == ["there", "there"]  # type: ignore[union-attr]  # prepared there
    world.settled = asks[-1].number
    assert world.by("small", events=4) == "here"


def test_what_depends_on_the_batch_before_waits_in_the_other_process_too(world: World) -> None:
    world.helped().there.waits = True
    assert world.waits == 0
    assert [world.by(), world.by()] == ["there", "there"]
    assert world.waits == 2


def test_what_is_asked_while_another_waits_is_not_lost(world: World) -> None:
    world.helped().there.waits = True
    asks = [world.begin(name) for name in ("first", "second", "third")]
    assert [world.prepare(ask).prepared.by for ask in asks] == ["there"] * 3
    assert (world.there.asked[-3:], world.waits) == (["first", "second", "third"], 3)


def test_what_is_given_up_is_passed_over(world: World) -> None:
    world.helped().there.waits = True
    world.begin("given up")
    world.begin("given up, too")
    batch = world.prepare(world.begin("wanted"))
    assert (batch.raws[0], batch.prepared.by) == ("wanted", "there")


def test_much_that_is_asked_at_once_blocks_nobody(world: World) -> None:
    """What is asked and what is answered is more than a socket holds."""
    world.helped()
    asks = [world.begin("x" * 1_000_000) for _ in range(20)]
    assert {world.prepare(ask).prepared.by for ask in asks} == {"there"}


def test_who_asks_does_not_wait_while_the_other_process_is_at_work(world: World) -> None:
    world.helped()
    may_answer = threading.Event()
    prepare = world.there.prepare
    world.there.prepare = lambda ask, before: (may_answer.wait(10), prepare(ask, before))[1]  # type: ignore[method-assign]  # a fake for this test
    asks: list[Ask] = []
    asking = threading.Thread(target=lambda: asks.extend(world.begin("x" * 1_000_000) for _ in range(4)), daemon=True)
    asking.start()
    asking.join(5)
    assert not asking.is_alive()
    may_answer.set()
    assert {world.prepare(ask).prepared.by for ask in asks} == {"there"}


@pytest.mark.parametrize(
    "how",
    [{"fails": True}, {"takes": 2}, {"needs_lock": True}],
    ids=["error", "cut", "lock"],
)
def test_what_the_other_process_cannot_prepare_whole_is_prepared_here(world: World, how: dict[str, Any]) -> None:
    world.helped()
    for name, value in how.items():
        setattr(world.there, name, value)
    assert world.by("difficult") == "here"
    assert (world.there.asked[-1], world.here.asked[-1]) == ("difficult", "difficult")
    assert world.said == []
    world.there.fails = world.there.needs_lock = False
    world.there.takes = 99
    assert world.by() == "there"


def test_what_the_worker_does_not_wait_for_is_weighed_there(world: World) -> None:
    """And nothing here, where that would only be done twice."""
    world.helped()
    asks = [world.begin(str(number)) for number in range(5)]
    assert [world.prepare(ask).prepared.by for ask in asks] == ["there"] * 5
    assert len(world.there.weighed) == 3
    assert world.here.weighed == []
    world.by()
    assert len(world.there.weighed) == 3


def test_what_the_other_process_cannot_weigh_is_prepared_here(world: World) -> None:
    world.helped()
    world.there.cannot_weigh = True
    asks = [world.begin(str(number)) for number in range(4)]
    assert [world.prepare(ask).prepared.by for ask in asks] == ["there", "there", "here", "here"]
    assert world.said == []


def test_a_plan_is_as_old_as_the_question_by_our_clock(world: World) -> None:
    asked = world.helped().begin()
    began = time.perf_counter()
    time.sleep(0.05)
    batch = world.prepare(asked)
    assert 0 < batch.prepared.began <= began < batch.began


def test_a_death_is_told_and_the_batch_is_prepared_here(world: World) -> None:
    world.helped().there.dies = True
    assert world.by() == "here"
    world.there.dies = False
    assert world.by() == "here"
    assert world.helpers[0].ended == 1
    assert world.said == ["the process that prepares batches is gone; this one goes on alone, nothing is lost"]
    world.helped()
    assert len(world.helpers) == 2


def test_one_that_dies_again_and_again_is_not_started_any_more(world: World) -> None:
    for _ in range(300):
        world.by()
        time.sleep(0.001)
        for helper in world.helpers:
            with suppress(OSError):
                helper.die()
    assert len(world.helpers) == len(world.said) == 3


def test_one_that_does_not_answer_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.helped()
    may_answer = threading.Event()
    prepare = world.there.prepare
    world.there.prepare = lambda ask, before: (may_answer.wait(10), prepare(ask, before))[1]  # type: ignore[method-assign]  # a fake for this test
    monkeypatch.setattr(preparing_apart, "_ANSWER_SECONDS", 0.2)
    threading.Timer(1, may_answer.set).start()
    assert world.by() == "here"
    assert len(world.said) == 1


def test_one_that_nobody_asks_ends_itself_and_nobody_calls_it_dead(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing_apart, "IDLE_SECONDS", 0.1)
    world.helped()
    world.helpers[0].thread.join(10)
    assert not world.helpers[0].thread.is_alive()
    assert world.by() == "here"
    assert world.said == []
    world.helped()
    assert len(world.helpers) == 2


def test_an_end_of_the_worker_ends_the_other_process(world: World) -> None:
    world.helped()
    world.apart.close()
    assert not world.helpers[0].thread.is_alive()


def test_a_worker_that_dies_while_it_is_waited_for_ends_the_other_process(world: World) -> None:
    world.helped().there.waits = True
    world.begin()
    world.apart.close()
    assert not world.helpers[0].thread.is_alive()


def test_one_that_waits_for_what_was_given_up_ends_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.helped().there.waits = True
    monkeypatch.setattr(preparing_apart, "IDLE_SECONDS", 0.1)
    world.begin("given up")
    world.helpers[0].thread.join(10)
    assert not world.helpers[0].thread.is_alive()
    assert [world.by(), world.said] == ["here", []]


def test_goodbyes_that_were_not_heard_are_no_death(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.helped()
    monkeypatch.setattr(preparing_apart, "IDLE_SECONDS", 0.1)
    world.begin("given up")
    world.helpers[0].thread.join(10)
    assert [world.by(), world.by()] == ["here", "here"]
    assert world.said == []


def test_a_plan_goes_through_a_pipe_as_it_is() -> None:
    """Rows and lives refer to one another, and go on doing so."""
    guarded = put("a", 1)
    plan = Plan(Fold({}, {}, set()), [], {}, {guarded.token: (1, 2)})
    assert preparing_apart._loaded(preparing_apart._dumped(plan)).blocked == plan.blocked
