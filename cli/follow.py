"""Read captured SQLite databases as they change and apply what they say."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from cdc import BATCH_EVENTS, Pipeline, Position, Report, SqliteCapture
from storage import OnefoldError

_POLL_SECONDS: Final = 0.1
_LONGEST_WAIT_SECONDS: Final = 5.0


class Follower:
    """Follows several captures, in turn, each from its stored position."""

    def __init__(
        self, pipeline: Pipeline, captures: Sequence[SqliteCapture], tell: Callable[[Report | None], None]
    ) -> None:
        """``tell`` hears what became of each batch, and None whenever everything is read."""
        self._pipeline = pipeline
        self._captures = captures
        self._tell = tell

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
                self._tell(None)
                stop.wait(_POLL_SECONDS)

    def _advance(self, capture: SqliteCapture, held: dict[str, Position]) -> bool:
        """Apply the next batch of one capture; whether there was any."""
        position = held[capture.stream]
        events = capture.events(position.next_offset, BATCH_EVENTS)
        if events:
            report, held[capture.stream] = self._pipeline.ingest(position, events)
            self._tell(report)
        return bool(events)
