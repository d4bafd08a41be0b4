"""The common end of workers that read until the end: what was there when one began is applied, by whomever.

A worker with nothing left to do waits for what others have, by the stored positions, and takes over what they leave. One of whose
partitions something stands waits for nobody: whoever takes that over when it has ended learns that it stands, so no two workers
wait for each other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy.exc import DBAPIError

from cdc.kafka_errors import KafkaUnreachable, Place
from cdc.kafka_partitions import Partitions
from cdc.kafka_partners import Consumer
from cdc.kafka_streams import Log, current_stream
from cdc.store import Position

#: How often a worker that has nothing left to do looks how far the others are.
_LOOK_SECONDS: Final = 1.0


class CommonEnd:
    """Where all partitions of the topics that a worker reads ended when it began."""

    def __init__(self, consumer: Consumer, partitions: Partitions, *, known: Callable[[], Sequence[Position]]) -> None:
        """``known`` gives the stored positions of all streams."""
        self._consumer = consumer
        self._partitions = partitions
        self._known = known
        self._logs: Mapping[Place, Log] = {}
        self._is_noted = self._is_nothing_there = False
        self._look_at = 0.0

    def note(self, now: float) -> None:
        """See where all partitions end, once, when Kafka says which there are; ``now`` in seconds."""
        if self._is_noted or now < self._look_at:
            return
        try:
            places = self._consumer.places()
            self._logs = self._consumer.logs(places) if places else {}
        except KafkaUnreachable:  # polls meet the same, and say it
            self._is_nothing_there, self._look_at = False, now + _LOOK_SECONDS
            return
        self._is_noted, self._is_nothing_there = bool(places), not places

    def is_reached(self, now: float) -> bool:
        """Whether what others have is applied; for a worker that has joined the group, and has nothing left to do itself."""
        if self._partitions.standing or self._is_nothing_there:
            return True
        if not self._is_noted:
            return False
        others = self._others()
        return not others or self._is_applied(others, now)

    def _others(self) -> dict[Place, Log]:
        return {place: log for place, log in self._logs.items() if self._partitions.get(place) is None}

    def _is_applied(self, logs: Mapping[Place, Log], now: float) -> bool:
        if now < self._look_at:
            return False
        self._look_at = now + _LOOK_SECONDS
        try:
            there, known = set(self._consumer.places()), self._known()
        except KafkaUnreachable:
            return False
        except DBAPIError as error:
            self._partitions.retry([], error, now=now)
            return False
        if not self._partitions.outage.is_brokers:
            self._partitions.outage.end()
        reached = {at.stream: at.next_offset for at in known}
        return all(reached.get(current_stream(at, log, known), 0) >= log.end for at, log in logs.items() if at in there)
