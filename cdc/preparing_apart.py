"""Prepare batches in a process of its own, so that a worker that is behind uses two cores.

Python runs one thread at a time: beside a batch that is being written, little can be prepared in the same process. The other process
has the same settings and opens the installation as any worker does; it writes keys to the key store and nothing else. What passes
between the two are pickles, through a socket that nobody else has. The worker does without the answer wherever there is none: a plan is
checked under the lock, whoever made it (docs/decisions/0023-two-processes.md).
"""

import os
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from socket import SHUT_RDWR, socket
from typing import Any, Final, Protocol, TypeAlias

from cdc.apply import Batch, Prepared
from cdc.changes import Origin, Read
from cdc.forgetting import forget_values
from cdc.plan import Translate
from cdc.preparing import Ask, Before, Preparer, PreparerHere, first_batch
from cdc.tracing import DROPPED, begin_batch
from storage import span

#: A backlog: more events than this in batches one after another, none of them small. Below, this process has time enough.
BACKLOG_EVENTS: Final = 2_000
#: A smaller batch is not worth the way.
SMALL_EVENTS: Final = 100
#: So many asks before one must be unsettled for it to be weighed: else the worker may be waiting for the answer.
_UNSETTLED_BEFORE: Final = 2
#: The other process ends itself when nobody asks it for so long, and is given up when it does not answer for longer.
IDLE_SECONDS: Final = 60.0
_ANSWER_SECONDS: Final = 120.0
#: One that dies is started again with the next backlog, this often.
_MOST_DEATHS: Final = 3


class _Word(Enum):
    """What the two say beside batches."""

    READY = "ready"
    WAIT = "wait"
    SETTLED = "settled"
    IDLE = "idle"


def _dumped(message: object) -> bytes:
    return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)


def _loaded(message: bytes) -> Any:
    return pickle.loads(message)  # noqa: S301 - from our own process, by a socket of ours


_GOODBYE: Final = _dumped(_Word.IDLE)


@dataclass(frozen=True, slots=True)
class _Question:
    """An ask, and which of those before it were settled then."""

    ask: Ask
    settled: int


@dataclass(frozen=True, slots=True)
class _Answer:
    """A prepared batch; None where the worker must do it: what fails, fails there, where somebody hears of it."""

    number: int
    prepared: Prepared | None = None
    newest: tuple[Origin, ...] = ()


_Said: TypeAlias = _Word | _Answer | None


class Helper(Protocol):
    """A process that runs :func:`serve_preparing` at the other end of ``connection``."""

    connection: Connection

    def end(self) -> None:
        """End what is said both ways, so that who listens hears it, and see to it that the process ends."""
        ...


class PreparerApart:
    """Prepares in another process once there is a backlog, and here until then or where that one cannot."""

    def __init__(
        self, here: PreparerHere, translate: Translate, start: Callable[[], Helper], tell: Callable[[str], None]
    ) -> None:
        """``start`` begins the other process and does not wait for it; ``tell`` hears when it dies."""
        self._here = here
        self._translate = translate
        self._start = start
        self._tell = tell
        self._line: _Line | None = None
        self._asked: dict[int, float] = {}
        self._last_asked = 0
        self._behind = 0
        self._deaths = 0

    @property
    def begun(self) -> int:
        """As of :class:`Preparer`."""
        return self._here.begun

    def expect(self, events: int) -> None:
        """Start the other process for a backlog before it is read: it takes a second to be ready, in which this one waits for the broker."""
        if events > BACKLOG_EVENTS:
            self._begin_line()

    def begin(self, reads: Sequence[Read], before: Before) -> Ask:
        """As of :class:`Preparer`."""
        ask = self._here.begin(reads, before)
        self._asked = {number: at for number, at in self._asked.items() if number > before.settled}
        at = time.perf_counter()
        if self._may_ask(len(reads), before) and self._say(_Question(ask, before.settled)):
            self._asked[ask.number] = at
            self._last_asked = ask.number
        return ask

    def prepare(self, ask: Ask, before: Before) -> Batch:
        """As of :class:`Preparer`."""
        asked_at = self._asked.pop(ask.number, None)
        if asked_at is not None and (batch := self._prepared_apart(ask, before, asked_at)) is not None:
            return batch
        return self._here.prepare(ask, before)

    def close(self) -> None:
        """End the other process."""
        line, self._line = self._line, None
        self._asked.clear()
        if line is not None:
            line.close()

    def _may_ask(self, events: int, before: Before) -> bool:
        """Whether the batch is worth the way, and the other process is there; a backlog starts it."""
        # Whoever prepares it elsewhere than what comes before it has to wait until that is committed.
        if events < SMALL_EVENTS and self._last_asked <= before.settled:
            self._behind = 0
            return False
        self._behind += events
        if self._line is None:
            if self._behind > BACKLOG_EVENTS:
                self._begin_line()
            return False
        if not self._asked and not self._line.is_silent():  # unasked: it is ready, or idle, or gone
            self._attend(before)
        return self._is_ready()

    def _begin_line(self) -> None:
        if self._line is not None or self._deaths >= _MOST_DEATHS:
            return
        try:
            self._line = _Line(self._start())
        except OSError:  # the machine has no memory or no process left for it
            self._died("cannot be started")

    def _is_ready(self) -> bool:
        return self._line is not None and self._line.is_ready

    def _prepared_apart(self, ask: Ask, before: Before, asked_at: float) -> Batch | None:
        """None where the other process does not answer, or leaves it to us."""
        raws = ask.raws
        began, work = time.perf_counter(), begin_batch(raws)
        with work.inside(), span("onefold.prepare"):
            answer = self._answer(ask.number, before)
        if answer is None or answer.prepared is None:
            work.end(DROPPED)
            return None
        # Its clock is not ours, and it may have answered long ago: it was not older than the question.
        prepared = replace(answer.prepared, began=asked_at)
        return Batch(raws, partial(first_batch, ask.reads, self._translate), prepared, answer.newest, began, work)

    def _answer(self, number: int, before: Before) -> _Answer | None:
        """What it says of an ask; what it says of others before that were given up is passed over."""
        while (said := self._attend(before)) is not None:
            if isinstance(said, _Answer) and said.number == number:
                return said
        return None

    def _attend(self, before: Before) -> _Said:
        """Hear what it says next, and let it go on if it waits; None when it is gone."""
        said = self._line.hear() if self._line is not None else None
        if said is _Word.WAIT:
            before.settle()
            self._say(_Word.SETTLED)
        if said is None:
            self._gone()
        return said

    def _say(self, message: object) -> bool:
        if self._line is not None and self._line.say(message):
            return True
        self._gone()
        return False

    def _gone(self) -> None:
        """It ended, or does not answer: go on without it."""
        line = self._line
        if line is None:
            return
        self._behind = 0
        self.close()
        if not line.is_idle:  # known for certain once all is heard
            self._died("is gone")

    def _died(self, how: str) -> None:
        self._deaths += 1
        self._tell(f"the process that prepares batches {how}; this one goes on alone, nothing is lost")


class _Line:
    """What is said to the other process, and heard from it: by threads, so that neither waits for the other's ear.

    A question is larger than what the system keeps of it: who says the next one would wait until the one before it is answered, with the
    answer that could be written meanwhile before it.
    """

    def __init__(self, helper: Helper) -> None:
        self._helper = helper
        self._heard: SimpleQueue[_Said] = SimpleQueue()
        self._unsaid: SimpleQueue[bytes | None] = SimpleQueue()
        self.is_ready = self.is_idle = self._is_deaf = False
        self._threads = [
            threading.Thread(target=work, daemon=True, name=name)
            for work, name in ((self._listen, "prepared"), (self._speak, "to prepare"))
        ]
        for thread in self._threads:
            thread.start()

    def is_silent(self) -> bool:
        return self._heard.empty()

    def say(self, message: object) -> bool:
        """Whether there is anybody to hear it, in their turn."""
        if not self._is_deaf:
            self._unsaid.put(_dumped(message))
        return not self._is_deaf

    def hear(self) -> _Said:
        """What comes next; None at the end, or when nothing comes for too long."""
        with suppress(Empty):
            said = self._heard.get(timeout=_ANSWER_SECONDS)
            self.is_ready = self.is_ready or said is _Word.READY
            return said
        return None

    def close(self) -> None:
        self._helper.end()
        self._unsaid.put(None)
        for thread in self._threads:
            thread.join()
        self._helper.connection.close()

    def _speak(self) -> None:
        try:
            while (message := self._unsaid.get()) is not None:
                self._helper.connection.send_bytes(message)
        except OSError:
            self._is_deaf = True
            self._heard.put(None)

    def _listen(self) -> None:
        """Unpack here: it takes a tenth of the time in which a batch is written, and beside it."""
        try:
            with suppress(OSError, EOFError):
                while (message := self._helper.connection.recv_bytes()) != _GOODBYE:
                    self._heard.put(_loaded(message))
                self.is_idle = True
        finally:
            self._heard.put(None)


class _Idle(Exception):
    """The worker said nothing for a minute."""


@dataclass(slots=True)
class _Worker:
    """The worker, as the process sees it that prepares for it; what it asks while it is waited for waits itself.

    A thread listens, so that the worker may go on: the next question comes while this one is worked at.
    """

    connection: Connection
    asked: int = 0
    settled: int = 0
    waiting: deque[_Question] = field(default_factory=deque)
    said: SimpleQueue[bytes | None] = field(default_factory=SimpleQueue)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear what is said until the end of the block, which ends the line."""
        ear = threading.Thread(target=self._listen, daemon=True, name="asked")
        ear.start()
        try:
            yield
        finally:
            with socket(fileno=os.dup(self.connection.fileno())) as line, suppress(OSError):
                line.shutdown(SHUT_RDWR)  # what was said before it arrives
            ear.join()

    def settle(self) -> None:
        _send(self.connection, _Word.WAIT)
        while (message := self._heard()) is not _Word.SETTLED:
            self.waiting.append(message)
        self.settled = self.asked - 1

    def _listen(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                self.said.put(self.connection.recv_bytes())
        self.said.put(None)

    def _heard(self) -> Any:
        try:
            message = self.said.get(timeout=IDLE_SECONDS)
        except Empty:
            raise _Idle from None  # what waits here was given up, or takes so long that nobody needs us
        if message is None:
            raise EOFError
        return _loaded(message)

    def take_up(self, question: _Question) -> None:
        """Begin with one of its questions."""
        self.asked, self.settled = question.ask.number, max(self.settled, question.settled)

    def has_time(self) -> bool:
        """Whether it has answers enough to write before it needs this one, as far as the last of its questions tells."""
        while not self.said.empty():
            self.waiting.append(self._heard())
        self.settled = max((self.settled, *(question.settled for question in self.waiting)))
        return self.asked - self.settled > _UNSETTLED_BEFORE

    def question(self) -> _Question:
        """What it asks next; :class:`_Idle`: nothing for a minute."""
        return self.waiting.popleft() if self.waiting else self._heard()


def serve_preparing(connection: Connection, preparer: Preparer, weigh: Callable[[Prepared], None] | None) -> None:
    """Prepare what the worker at the other end asks for, until it is gone or asks nothing for a minute; ``weigh`` it where there is time."""
    worker = _Worker(connection)
    with worker.listening(), suppress(EOFError, ConnectionError):
        _send(connection, _Word.READY)
        with suppress(_Idle):
            while True:
                question = worker.question()
                worker.take_up(question)
                _send(connection, _prepared(preparer, weigh, question.ask, worker))
        _send(connection, _Word.IDLE)


def _prepared(preparer: Preparer, weigh: Callable[[Prepared], None] | None, ask: Ask, worker: _Worker) -> _Answer:
    try:
        batch = preparer.prepare(ask, worker)
        is_whole = batch.prepared is not None and len(batch.raws) == len(ask.reads)
        if is_whole and batch.prepared is not None:
            if weigh is not None and worker.has_time():
                weigh(batch.prepared)
            forget_values(batch.prepared.plan)
    except (EOFError, ConnectionError, _Idle):
        raise  # of the worker, who is gone or says nothing
    except Exception:  # noqa: BLE001 - the worker finds out itself
        return _Answer(ask.number)
    return _Answer(ask.number, batch.prepared if is_whole else None, batch.newest)


def _send(connection: Connection, message: object) -> None:
    connection.send_bytes(_dumped(message))
