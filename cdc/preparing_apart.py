"""Prepare batches in a process of its own, so that a worker that is behind uses two cores.

Python runs one thread at a time: beside a batch that is being written, little can be prepared in the same process. The other process
has the same settings and opens the installation as any worker does; it writes keys to the key store and nothing else. What passes
between the two are pickles, through a socket that nobody else has. The worker asks for one batch at a time, and does without
the answer wherever there is none: a plan is checked under the lock, whoever made it (docs/decisions/0023-two-processes.md).
"""

import pickle
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol, TypeAlias

from cdc.apply import Batch, Prepared
from cdc.changes import Origin, Read
from cdc.plan import Translate
from cdc.preparing import Preparer, PreparerHere, first_batch
from cdc.tracing import DROPPED, begin_batch
from storage import span

#: A backlog: so many batches one after another that had at least so many events. Below, this process has time enough.
BACKLOG_BATCHES: Final = 8
BACKLOG_EVENTS: Final = 100
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
    DECLINED = "declined"
    IDLE = "idle"


_Prepared: TypeAlias = tuple[Prepared, tuple[Origin, ...]]
_Answer: TypeAlias = _Word | _Prepared


class Helper(Protocol):
    """A process that runs :func:`serve_preparing` at the other end of ``connection``."""

    connection: Connection

    def end(self) -> None:
        """Close the connection, and see to it that the process ends; may be called twice."""
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
        self._helper: Helper | None = None
        self._is_ready = False
        self._was_here = True
        self._full = 0
        self._deaths = 0

    def prepare(self, reads: Sequence[Read], settled: Callable[[], None]) -> Batch:
        """As :meth:`Preparer.prepare`."""
        if self._may_ask(len(reads)):
            if self._was_here:
                settled()  # the other process does not know what is being written
            if (batch := self._prepared_apart(reads, settled)) is not None:
                self._was_here = False
                return batch
        if not self._was_here:
            self._here.forget()
        self._was_here = True
        return self._here.prepare(reads, settled)

    def close(self) -> None:
        """End the other process."""
        helper, self._helper = self._helper, None
        self._is_ready = False
        if helper is not None:
            helper.end()

    def _may_ask(self, events: int) -> bool:
        """Whether the batch is worth the way, and the other process is there; a backlog starts it."""
        if events < BACKLOG_EVENTS:
            self._full = 0
            return False
        self._full += 1
        if self._helper is None and self._full > BACKLOG_BATCHES and self._deaths < _MOST_DEATHS:
            self._helper = self._start()
        if self._has_answered(0.0):  # without a question: it is ready, or idle, or gone
            self._is_ready = self._receive() is _Word.READY
        return self._is_ready

    def _prepared_apart(self, reads: Sequence[Read], settled: Callable[[], None]) -> Batch | None:
        """None where the other process does not answer, or leaves it to us."""
        raws = [read[0] if isinstance(read, tuple) else read for read in reads]
        began, work = time.perf_counter(), begin_batch(raws)
        with work.inside(), span("onefold.prepare"):
            answer = self._answer(reads, settled)
        if not isinstance(answer, tuple):
            work.end(DROPPED)
            return None
        # Its clock is not ours: what counts from here on is older than what it says.
        prepared, newest = replace(answer[0], began=began), answer[1]
        return Batch(raws, partial(first_batch, reads, self._translate), prepared, newest, began, work)

    def _answer(self, reads: Sequence[Read], settled: Callable[[], None]) -> _Answer | None:
        self._send(reads)
        while (answer := self._receive()) is _Word.WAIT:
            settled()
            self._send(_Word.SETTLED)
        return answer

    def _send(self, message: object) -> None:
        try:
            if self._helper is not None:
                _send(self._helper.connection, message)
        except OSError:
            self._died()

    def _receive(self) -> _Answer | None:
        """What the other process says; None when it is gone."""
        with suppress(OSError, EOFError):
            if self._helper is not None and self._has_answered(_ANSWER_SECONDS):
                answer: _Answer = _received(self._helper.connection)
                if answer is _Word.IDLE:
                    self.close()
                return answer
        self._died()
        return None

    def _has_answered(self, seconds: float) -> bool:
        try:
            return self._helper is not None and self._helper.connection.poll(seconds)
        except OSError:
            return True  # that it is gone: who reads hears it

    def _died(self) -> None:
        if self._helper is None:
            return
        self._deaths += 1
        self._full = 0
        self.close()
        self._tell("the process that prepares batches is gone; this one goes on alone, nothing is lost")


def serve_preparing(connection: Connection, preparer: Preparer) -> None:
    """Prepare what the worker at the other end asks for, until it is gone or asks nothing for a minute."""

    def settled() -> None:
        _send(connection, _Word.WAIT)
        _received(connection)

    with suppress(EOFError, ConnectionError):
        _send(connection, _Word.READY)
        while connection.poll(IDLE_SECONDS):
            _send(connection, _prepared(preparer, _received(connection), settled))
        _send(connection, _Word.IDLE)


def _prepared(preparer: Preparer, reads: Sequence[Read], settled: Callable[[], None]) -> _Answer:
    """Prepare; whatever goes wrong goes wrong there again, where somebody hears of it."""
    try:
        batch = preparer.prepare(reads, settled)
    except (EOFError, ConnectionError):
        raise  # of the worker, who is gone
    except Exception:  # noqa: BLE001 - the worker finds out itself
        return _Word.DECLINED
    if batch.prepared is None or len(batch.raws) != len(reads):
        return _Word.DECLINED
    return batch.prepared, batch.newest


def _send(connection: Connection, message: object) -> None:
    connection.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


def _received(connection: Connection) -> Any:
    return pickle.loads(connection.recv_bytes())  # noqa: S301 - from our own process, by a socket of ours
