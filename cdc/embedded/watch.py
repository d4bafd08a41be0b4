"""A binary log that is begun anew while it is read: the server tells nobody, and what reads it waits until the new log is as long."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from cdc.embedded.errors import LogLost
from cdc.embedded.gaps import is_begun_anew, lost
from cdc.embedded.places import EnginePlace
from cdc.mapping import SourceMapping

_FIRST_SECONDS: Final = 5.0
_LONGEST_SECONDS: Final = 60.0


class LogWatch:
    """Looks at the log of a source while nothing comes: after five seconds, then ever later, as looking makes the server read its log."""

    def __init__(
        self,
        source: SourceMapping,
        environ: Mapping[str, str],
        place: EnginePlace | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``environ`` holds the password; ``place`` is where reading begins."""
        self._source = source
        self._environ = environ
        self._clock = clock
        self._place = place
        self._wait = _FIRST_SECONDS
        self._next = clock() + self._wait

    def come(self, place: EnginePlace) -> None:
        """Note the place of what came last; heartbeats come, too, and leave it where it is."""
        if self._place is not None and _in_log(place) == _in_log(self._place):
            return
        self._place = place
        self._wait = _FIRST_SECONDS
        self._next = self._clock() + self._wait

    def look(self) -> None:
        """Raise :class:`LogLost` when nothing came for a while and the log at the place is another now."""
        if self._place is None or self._clock() < self._next:
            return
        if is_begun_anew(self._source, self._place, self._environ):
            raise LogLost(lost(self._source, "the binary log was begun anew while it was read"))
        self._wait = min(2 * self._wait, _LONGEST_SECONDS)
        self._next = self._clock() + self._wait


def _in_log(place: EnginePlace) -> tuple[object, object]:
    return place.values.get("file"), place.values.get("pos")
