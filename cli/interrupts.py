"""Ctrl-C and SIGTERM as a request to stop at the next good moment."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

#: What a shell expects of a command that Ctrl-C ended.
INTERRUPTED: Final = 130
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Interrupt:
    """Whether a signal came. A plain flag: a lock taken by a signal handler could be the one that it interrupted."""

    received: bool = False


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Catch the first signal; a second one ends the process as if nobody had caught it. Main thread only."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def note(_number: int, _frame: FrameType | None) -> None:
        interrupt.received = True
        _restore(before)

    for number in _SIGNALS:
        signal.signal(number, note)
    try:
        yield interrupt
    finally:
        _restore(before)


def _restore(handlers: "dict[signal.Signals, signal._HANDLER]") -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
