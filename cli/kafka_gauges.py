"""What Prometheus is told of how far behind Kafka an installation is (docs/operations.md)."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from cdc import (
    KafkaLag,
    KafkaRefused,
    KafkaSettings,
    KafkaUnreachable,
    Position,
    StreamName,
    kafka_lag,
    kafka_places,
    stream_positions,
)
from storage import ConfigError, Database

KAFKA_UP: Final = "onefold_kafka_up"
LAG: Final = "onefold_kafka_lag"
STANDING: Final = "onefold_kafka_partitions_standing"
#: Every gauge that is made here.
KAFKA_GAUGES: Final = (KAFKA_UP, LAG, STANDING)

#: For each question to the brokers.
_SECONDS: Final = 2.0
#: How long an answer is kept, and how long brokers that did not answer are left alone: a scrape must not wait each time.
_FRESH_SECONDS: Final = 10.0
_AWAY_SECONDS: Final = 30.0


class KafkaLagCollector(Collector):
    """Asks Kafka and the database; tells nothing where nothing was ever read from Kafka, or the database does not answer."""

    def __init__(
        self,
        database: Database,
        settings: KafkaSettings,
        *,
        is_read: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``is_read`` tells topics that some worker reads by their names; ``clock`` gives seconds."""
        self._database = database
        self._settings = settings
        self._is_read = is_read
        self._clock = clock
        self._lock = threading.Lock()
        self._found: KafkaLag | None = None
        self._until = float("-inf")

    def collect(self) -> Iterator[Metric]:
        """The gauges, at most some seconds old."""
        with self._lock:
            try:
                with self._database.read() as connection:
                    known = [at for at in stream_positions(connection) if kafka_places([at])]
            except SQLAlchemyError:
                return
            if not known:
                return
            if self._clock() >= self._until:
                self._found = self._ask(known)
                self._until = self._clock() + (_AWAY_SECONDS if self._found is None else _FRESH_SECONDS)
            found = self._found
        yield GaugeMetricFamily(KAFKA_UP, "Whether Kafka says how far its topics go", value=found is not None)
        if found is not None:
            yield from _told(found)

    def _ask(self, known: list[Position]) -> KafkaLag | None:
        try:
            return kafka_lag(self._settings, known, is_read=self._is_read, seconds=_SECONDS)
        except (KafkaUnreachable, KafkaRefused, ConfigError):
            return None


def _told(found: KafkaLag) -> Iterator[Metric]:
    lag = GaugeMetricFamily(LAG, "Records of a partition that were not read yet", labels=["topic", "partition"])
    for stream, records in found.lags.items():
        if name := StreamName.parse(stream):
            lag.add_metric([name.place.topic, str(name.place.partition)], records)
    yield lag
    yield GaugeMetricFamily(STANDING, "Partitions that cannot be read on", value=len(found.faults))
