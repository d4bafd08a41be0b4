"""Keep the outbox short: entries that are old, and published where anything publishes, are deleted."""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cdc.publisher import published_up_to
from cdc.writing import wall_time
from storage import Database, prune

_AT_ONCE: Final = 10_000
#: How often it is looked whether something is old.
_PAUSE_SECONDS: Final = 300.0
_MICROSECONDS_A_DAY: Final = 86_400 * 1_000_000


class OutboxKeeper:
    """Looks after commits, now and then: who adds to the outbox also takes from it."""

    def __init__(self, database: Database, *, keep_days: int, clock: Callable[[], int] = wall_time) -> None:
        """``clock`` gives wall time in microseconds."""
        self._database = database
        self._keep = keep_days * _MICROSECONDS_A_DAY
        self._clock = clock
        self._due = 0.0

    def look(self) -> None:
        """Delete what is due, a part at a time; what fails is tried again later."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _PAUSE_SECONDS
        try:
            if self.tidy() == _AT_ONCE:
                self._due = 0.0
        except SQLAlchemyError:
            pass

    def tidy(self) -> int:
        """Delete what is due, at most ten thousand entries; gives how many."""
        with self._database.write() as connection:
            below = published_up_to(connection)
            return prune(connection, before=self._clock() - self._keep, below=below, limit=_AT_ONCE)
