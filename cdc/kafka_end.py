"""The common end of workers that read until the end: what was there when one began is applied, by whomever.

A worker with nothing left to do waits for what others have, by the stored positions, and takes over what they leave. One of whose
partitions something stands waits for nobody: whoever takes that over when it has ended learns that it stands, so no two workers
wait for each other. And nobody waits for partitions of which nothing moves for a while: they stand with a worker that does not end.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy.exc import DBAPIError

from cdc.kafka_errors import KafkaUnreachable, Place, WaitedInVain
from cdc.kafka_partitions import Partitions
from cdc.kafka_partners import Consumer, Listener
from cdc.kafka_streams import Log, current_stream
from cdc.store import Position

#: How often a worker that has nothing left to do looks how far the others are.
_LOOK_SECONDS: Final = 1.0
#: Longer than a batch takes, and than a worker that died is missed.
_STILL_SECONDS: Final = 60.0


class CommonEnd:
    """Where all partitions of the topics that a worker reads ended when it began."""

    def __init__(
        self,
        consumer: Consumer,
        partitions: Partitions,
        listener: Listener,
        *,
        known: Callable[[], Sequence[Position]],
    ) -> None:
        """``known`` gives the stored positions of all streams."""
        self._consumer = consumer
        self._partitions = partitions
        self._listener = listener
        self._known = known
        self._behind: Mapping[Place, int] = {}
        self._moved_at = 0.0
        self._logs: Mapping[Place, Log] = {}
        self._is_noted = self._is_nothing_there = False
        self._look_at = 0.0
        self._is_given_up = False

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
        if self._partitions.standing or self._is_nothing_there or self._is_given_up:
            return True
        if not self._is_noted:
            return False
        others = self._others()
        return not others or (now >= self._look_at and self._is_applied(others, now))

    @property
    def given_up(self) -> int:
        """How many partitions of others stand, as far as can be told: that is, they were waited for in vain."""
        return len(self._behind) if self._is_given_up else 0

    def _others(self) -> dict[Place, Log]:
        return {place: log for place, log in self._logs.items() if self._partitions.get(place) is None}

    def _is_applied(self, logs: Mapping[Place, Log], now: float) -> bool:
        self._look_at = now + _LOOK_SECONDS
        try:
            behind = self._reached(logs)
        except KafkaUnreachable:
            self._moved_at = now
            return False
        except DBAPIError as error:
            self._moved_at = now
            self._partitions.retry([], error, now=now)
            return False
        if not self._partitions.outage.is_brokers:
            self._partitions.outage.end()
        if behind != self._behind:
            self._behind, self._moved_at = behind, now
        if behind and now - self._moved_at >= _STILL_SECONDS:
            self._is_given_up = True
            self._listener.trouble(WaitedInVain(behind))
        return self._is_given_up or not behind

    def _reached(self, logs: Mapping[Place, Log]) -> dict[Place, int]:
        """The stored positions of those that are not applied to their ends."""
        there, known = set(self._consumer.places()), self._known()
        stored = {at.stream: at.next_offset for at in known}
        reached = {at: stored.get(current_stream(at, log, known), 0) for at, log in logs.items() if at in there}
        return {at: offset for at, offset in reached.items() if offset < logs[at].end}
