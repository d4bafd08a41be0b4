"""Read captured SQLite databases as they change and apply what they say."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from cdc import BATCH_EVENTS, Pipeline, Position, Report, SqliteCapture, TooManyMerges
from storage import OnefoldError

_POLL_SECONDS: Final = 0.1
_LONGEST_WAIT_SECONDS: Final = 5.0
#: How long a paused stream is left alone. Tried again it may pass: what corrects the data in the source joins the same batch.
_PAUSE_SECONDS: Final = 10.0


class Follower:
    """Follows several captures, in turn, each from its stored position."""

    def __init__(
        self,
        pipeline: Pipeline,
        captures: Sequence[SqliteCapture],
        tell: Callable[[Report | None], None],
        *,
        tell_pause: Callable[[TooManyMerges], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``tell`` hears what became of each batch, and None whenever everything is read; ``tell_pause`` hears of a stream that stands.

        A pause is told once, and again when the batch would do something else.
        """
        self._pipeline = pipeline
        self._captures = captures
        self._tell = tell
        self._tell_pause = tell_pause
        self._clock = clock
        self._told: dict[str, str] = {}
        self._paused_until: dict[str, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Follow until ``stop`` is set; what may pass by itself is tried again, every other error is raised."""
        held = {capture.stream: self._pipeline.claim(capture.stream) for capture in self._captures}
        wait = _POLL_SECONDS
        while not stop.is_set():
            try:
                found = [self._advance(capture, held) for capture in self._captures]
            except OnefoldError as error:
                if not error.retriable:
                    raise
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
                stop.wait(wait)
                continue
            wait = _POLL_SECONDS
            if not any(found):
                if not self._told:
                    self._tell(None)
                stop.wait(_POLL_SECONDS)

    def _advance(self, capture: SqliteCapture, held: dict[str, Position]) -> bool:
        """Apply the next batch of one capture; whether there was any. The others go on while one is paused."""
        if self._clock() < self._paused_until.get(capture.stream, 0.0):
            return False
        position = held[capture.stream]
        events = capture.events(position.next_offset, BATCH_EVENTS)
        if not events:
            return False
        try:
            report, held[capture.stream] = self._pipeline.ingest(position, events)
        except TooManyMerges as pause:
            self._pause(capture.stream, pause)
            return False
        self._told.pop(capture.stream, None)
        self._tell(report)
        return True

    def _pause(self, stream: str, pause: TooManyMerges) -> None:
        self._paused_until[stream] = self._clock() + _PAUSE_SECONDS
        if self._told.get(stream) != str(pause):
            self._told[stream] = str(pause)
            self._tell_pause(pause)
