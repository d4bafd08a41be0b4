"""What Prometheus is told of how far the embedded engines are behind their sources (docs/operations.md)."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from cdc import EngineLag

SOURCE_UP: Final = "onefold_source_up"
LAG_BYTES: Final = "onefold_source_lag_bytes"
EVENT_TIME: Final = "onefold_source_event_timestamp_seconds"
#: Every gauge that is made here.
ENGINE_GAUGES: Final = (SOURCE_UP, LAG_BYTES, EVENT_TIME)

#: How long answers are kept, and how long where a database did not answer: a scrape must not wait each time.
_FRESH_SECONDS: Final = 10.0
_AWAY_SECONDS: Final = 30.0


class EngineLagCollector(Collector):
    """Asks the sources' databases; tells nothing where none is read by an engine, or Onefold's own does not answer."""

    def __init__(self, ask: Callable[[], Sequence[EngineLag]], *, clock: Callable[[], float] = time.monotonic) -> None:
        """``ask`` may raise SQLAlchemy's errors; ``clock`` gives seconds."""
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._found: Sequence[EngineLag] = ()
        self._until = float("-inf")

    def collect(self) -> Iterator[Metric]:
        """The gauges, at most some seconds old."""
        with self._lock:
            if self._clock() >= self._until:
                try:
                    self._found = self._ask()
                except SQLAlchemyError:
                    return
                self._until = self._clock() + (_AWAY_SECONDS if False in _ups(self._found) else _FRESH_SECONDS)
            found = self._found
        if found:
            yield from _told(found)


def _ups(found: Sequence[EngineLag]) -> list[bool | None]:
    return [lag.is_up for lag in found]


def _told(found: Sequence[EngineLag]) -> Iterator[Metric]:
    yield _family(SOURCE_UP, "Whether the source's database says how far its log goes", found, _ups(found))
    behind = [lag.lag_bytes for lag in found]
    yield _family(LAG_BYTES, "Bytes of the source's log that were not applied yet", found, behind)
    made = [lag.event_seconds for lag in found]
    yield _family(EVENT_TIME, "When the source made the newest event that was kept", found, made)


def _family(name: str, means: str, found: Sequence[EngineLag], values: Sequence[float | None]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, means, labels=["source"])
    for lag, value in zip(found, values, strict=True):
        if value is not None:
            family.add_metric([lag.source], value)
    return family
