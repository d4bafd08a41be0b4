"""Records on their way from Kafka into micro-batches, one for each partition. Pure.

A batch is due when it holds ``BATCH_EVENTS`` events or ``BATCH_BYTES``, when its oldest event has waited ``LINGER_SECONDS``, or at
once when nothing more is coming: alone, an event waits for nobody. Of what is due, each topic has its turn: a broker sends topic after
topic, and a batch of persons takes longer to write than to prepare, one of facts longer to prepare.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from cdc.changes import RawEvent
from cdc.kafka_errors import Place
from cdc.pipeline import BATCH_BYTES, BATCH_EVENTS

LINGER_SECONDS: Final = 0.2
#: Of all that waits, beyond which nothing more is fetched.
WAITING_BYTES: Final = 64 * 1024 * 1024
#: So many batches are at hand to choose from.
_AT_HAND: Final = 16
#: How long a partition makes room for whole batches of others of its topic.
_PATIENCE_SECONDS: Final = 1.0

#: A header as Kafka has it: names may repeat, a value may be null.
Headers = Iterable[tuple[str, bytes | None]]


class KafkaRecord(Protocol):
    """A record as the client read it; ``offset`` is its own."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""
        ...

    @property
    def key(self) -> bytes | None:
        """None for a row without a key."""
        ...

    @property
    def value(self) -> bytes | None:
        """None for a tombstone."""
        ...

    @property
    def headers(self) -> Headers:
        """In their order."""
        ...


def raw_event(stream: str, place: Place, record: KafkaRecord) -> RawEvent:
    """The event of a record: its offset is where reading goes on. Of a repeated header the last counts."""
    headers = {name: b"null" if value is None else value for name, value in record.headers}
    return RawEvent(stream, record.offset + 1, place.topic, record.key, record.value, headers)


@dataclass(slots=True)
class _Queue:
    since: float
    records: list[KafkaRecord] = field(default_factory=list)
    size: int = 0


class Batches:
    """What was fetched and is not applied yet."""

    def __init__(self, batch_events: int = BATCH_EVENTS) -> None:
        """``batch_events``: how many make a whole batch."""
        self._batch_events = batch_events
        self._queues: dict[Place, _Queue] = {}
        self._typical_bytes = 0
        self._turns = 0
        self._last_turn: dict[str, int] = {}

    @property
    def room(self) -> int:
        """How many more records may be fetched, if they are as large as the last ones; of the first nobody knows how large they are."""
        if not self._typical_bytes:
            return self._batch_events
        most = (WAITING_BYTES - self._waiting_bytes()) // self._typical_bytes
        return max(0, min(most, _AT_HAND * self._batch_events - self._waiting()))

    @property
    def is_rich(self) -> bool:
        """Whether a whole batch waits."""
        return any(self._is_whole(queue) for queue in self._queues.values())

    def add(self, place: Place, records: Iterable[KafkaRecord], now: float) -> None:
        """Put records behind those that wait already; ``now`` in seconds."""
        for record in records:
            queue = self._queues.setdefault(place, _Queue(now))
            queue.records.append(record)
            queue.size += _size(record)
        if self._queues:
            self._typical_bytes = max(1, self._waiting_bytes() // self._waiting())

    def due(self, now: float, *, is_quiet: bool) -> list[Place]:
        """The partitions whose batch should be applied, in this order; ``is_quiet``: nothing more is coming at the moment."""
        is_crowded = self._is_crowded() or not (self.room or self.is_rich)
        return [
            place
            for place in sorted(self._queues, key=lambda place: self._turn(place, now))
            if is_quiet or is_crowded or self._is_due(self._queues[place], now)
        ]

    def take(self, place: Place, now: float) -> list[KafkaRecord]:
        """Take the next batch of a partition; what is beyond it stays."""
        queue = self._queues.pop(place, None)
        if queue is None:
            return []
        self._turns += 1
        self._last_turn[place.topic] = self._turns
        end = self._end(queue)
        self.add(place, queue.records[end:], now)
        return queue.records[:end]

    def drop(self, place: Place) -> None:
        """Forget what waits of a partition: it is read again, by whoever has it then."""
        self._queues.pop(place, None)

    def holds(self, place: Place) -> bool:
        """Whether something of a partition waits."""
        return place in self._queues

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._queues)

    def _turn(self, place: Place, now: float) -> tuple[int, bool, float]:
        """The topic whose turn is longest ago comes first; of its partitions, one with a whole batch, or that waited for others long enough."""
        queue = self._queues[place]
        is_next = self._is_whole(queue) or now - queue.since >= _PATIENCE_SECONDS
        return self._last_turn.get(place.topic, 0), not is_next, queue.since

    def _waiting(self) -> int:
        return sum(len(queue.records) for queue in self._queues.values())

    def _waiting_bytes(self) -> int:
        return sum(queue.size for queue in self._queues.values())

    def _is_crowded(self) -> bool:
        return self._waiting_bytes() >= WAITING_BYTES

    def _is_due(self, queue: _Queue, now: float) -> bool:
        return self._is_whole(queue) or now - queue.since >= LINGER_SECONDS

    def _is_whole(self, queue: _Queue) -> bool:
        return len(queue.records) >= self._batch_events or queue.size >= BATCH_BYTES

    def _end(self, queue: _Queue) -> int:
        size = 0
        for number, record in enumerate(queue.records[: self._batch_events]):
            size += _size(record)
            if size > BATCH_BYTES and number:
                return number
        return min(len(queue.records), self._batch_events)


def _size(record: KafkaRecord) -> int:
    return len(record.key or b"") + len(record.value or b"")
