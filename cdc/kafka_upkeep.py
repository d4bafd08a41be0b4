"""Now and then: lag, positions behind what holds no event, topics that were made anew, and hints to Kafka how far we are.

No batch waits for it. Where something of a partition is on its way to the database, its position is not looked at: if somebody moved
that, the batch finds out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from sqlalchemy.exc import DBAPIError

from cdc.errors import FencedOut
from cdc.kafka_batches import Batches
from cdc.kafka_claims import FENCED_SECONDS
from cdc.kafka_errors import Place
from cdc.kafka_partitions import Partition, Partitions
from cdc.kafka_partners import Consumer
from cdc.kafka_streams import Log
from cdc.pipeline import Pipeline
from cdc.store import Position

#: How often lag, topics' ids and what holds no events are looked at, and Kafka hears how far we are.
_LOOK_SECONDS: Final = 10.0
_HINT_SECONDS: Final = 1.0


class Upkeep:
    """What a worker does beside applying batches."""

    def __init__(
        self,
        consumer: Consumer,
        pipeline: Pipeline,
        partitions: Partitions,
        batches: Batches,
        *,
        known: Callable[[], Sequence[Position]],
    ) -> None:
        """Nothing was looked at yet; ``known`` gives the stored positions."""
        self._known = known
        self._consumer = consumer
        self._pipeline = pipeline
        self._partitions = partitions
        self._batches = batches
        self._hint_at = self._look_at = 0.0

    def look(self, now: float, *, busy: Collection[Place]) -> None:
        """Do what is due; ``now`` in seconds. Of what is ``busy`` something is on its way to the database."""
        if now - self._hint_at >= _HINT_SECONDS:
            self._hint_at = now
            self.give_hints()
        if now - self._look_at >= _LOOK_SECONDS or self._partitions.outage.is_brokers:
            self._look_at = now
            self._look_at_logs(now, busy)

    def give_hints(self) -> None:
        """Tell Kafka how far we are; a group that is being shared out anew does not listen."""
        if self._partitions.hints and self._consumer.is_stable():
            self._consumer.hint(self._partitions.hints)
            self._partitions.hints = {}

    def pass_over(self, now: float) -> None:
        """Store where reading stands behind what holds no event; nothing may be on its way to the database."""
        for place, partition in self._partitions.items():
            if partition.held is not None:
                self._pass_over(place, partition, partition.held, now)

    def _look_at_logs(self, now: float, busy: Collection[Place]) -> None:
        """Measure lag, pass over what holds no event, and see that each topic is still the same."""
        reading = {place: one for place, one in self._partitions.items() if one.held and one.log}
        if not reading:
            return
        logs = self._consumer.logs(reading)
        if self._partitions.outage.is_brokers:
            self._partitions.outage.end()
        for place, partition in reading.items():
            if place in logs:
                self._compare(place, partition, logs[place], now, is_busy=place in busy)
        self._go_where_moved({place: one for place, one in reading.items() if place not in busy}, now)

    def _go_where_moved(self, reading: Mapping[Place, Partition], now: float) -> None:
        """Go on where somebody moved the position of a partition that is still ours (:mod:`cdc.replay`)."""
        try:
            stored = {at.stream: at for at in self._known()}
        except DBAPIError as error:
            self._partitions.retry(reading, error, now=now)
            return
        for place, partition in reading.items():
            held = partition.held
            if held is not None and _is_moved(held, stored.get(held.stream)):
                self._partitions.stand([place], again=0.0)

    def _compare(self, place: Place, partition: Partition, log: Log, now: float, *, is_busy: bool) -> None:
        held = partition.held
        if held is None or partition.log is None:
            return
        if log.topic_id != partition.log.topic_id:
            self._partitions.stand([place], again=0.0)
            return
        if not is_busy:
            self._pass_over(place, partition, held, now)
        self._partitions.lags[held.stream] = max(0, log.end - (partition.held or held).next_offset)

    def _pass_over(self, place: Place, partition: Partition, held: Position, now: float) -> None:
        """Store a position behind transaction markers and aborted records: retention could otherwise overtake it."""
        reached = self._consumer.position(place)
        log = partition.log
        if log is None or reached is None or reached <= held.next_offset or self._batches.holds(place):
            return
        try:
            partition.held = self._pipeline.skip(held, reached, log.digest)
        except FencedOut as fenced:
            self._partitions.stand([place], again=now + FENCED_SECONDS, error=fenced)
        except DBAPIError as error:
            self._partitions.retry([place], error, now=now)
        else:
            self._partitions.hints[place] = reached


def _is_moved(held: Position, stored: Position | None) -> bool:
    """Whether a stream that we hold stands elsewhere than where we left it."""
    return stored is not None and stored.owner_epoch == held.owner_epoch and stored.next_offset != held.next_offset
