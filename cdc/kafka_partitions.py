"""The partitions of one worker: which it holds, which stand, and whether brokers or the database are out of reach."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cdc.kafka_batches import Batches
from cdc.kafka_errors import Place
from cdc.kafka_partners import Consumer, Listener
from cdc.kafka_streams import Log
from cdc.store import Position
from storage import OnefoldError

#: The first wait before another try; each is twice as long as the one before.
_FIRST_WAIT_SECONDS: Final = 0.5
_LONGEST_WAIT_SECONDS: Final = 10.0


@dataclass(slots=True)
class Partition:
    """A partition of ours; without ``held`` it stands, until ``again`` (None: until somebody does something).

    ``held`` is where its stream will stand once what is being written of it is committed. Its log is written anew from ``cut`` on,
    where that is known and was not gone back to yet.
    """

    held: Position | None = None
    log: Log | None = None
    again: float | None = 0.0
    wait: float = _FIRST_WAIT_SECONDS
    told: str = ""
    goal: int | None = None
    cut: int | None = None
    proof_waits_for: Mapping[Place, int] | None = None

    @property
    def behind(self) -> int:
        """How many records it had beyond where it stands when it was taken up; none while it stands."""
        return 0 if self.held is None else max(0, (self.goal or 0) - self.held.next_offset)

    def is_waiting(self, now: float) -> bool:
        """Whether it stands and may be tried."""
        return self.held is None and self.again is not None and self.again <= now


class Outage:
    """Whether brokers, or else the database, do not answer: told once, and once that it is over."""

    def __init__(self, listener: Listener) -> None:
        """All answer."""
        self._listener = listener
        self._is_told = False
        self._wait = _FIRST_WAIT_SECONDS
        self.is_brokers = False

    def tell(self, error: Exception, *, is_brokers: bool = False) -> None:
        """Say what does not answer, unless that was said."""
        if not self._is_told:
            self._is_told, self.is_brokers = True, is_brokers
            self._listener.trouble(error)

    def next_wait(self) -> float:
        """How many seconds to wait before brokers are tried again."""
        wait, self._wait = self._wait, min(2 * self._wait, _LONGEST_WAIT_SECONDS)
        return wait

    def end(self) -> None:
        """All answer again."""
        if self._is_told:
            self._listener.recovered()
        self._is_told = self.is_brokers = False
        self._wait = _FIRST_WAIT_SECONDS


class Partitions:
    """What the group gave to this worker."""

    def __init__(self, consumer: Consumer, listener: Listener, batches: Batches) -> None:
        """Nothing is ours; ``batches`` hold what was fetched and is not applied."""
        self._consumer = consumer
        self._listener = listener
        self._batches = batches
        self._ours: dict[Place, Partition] = {}
        self.outage = Outage(listener)
        self.lags: dict[str, int] = {}
        self.hints: dict[Place, int] = {}

    @property
    def standing(self) -> int:
        """How many stand."""
        return sum(partition.held is None for partition in self._ours.values())

    def get(self, place: Place) -> Partition | None:
        """A partition, if it is ours."""
        return self._ours.get(place)

    def items(self) -> list[tuple[Place, Partition]]:
        """All that are ours."""
        return list(self._ours.items())

    def waiting(self, now: float) -> list[Place]:
        """Those that stand and may be tried."""
        return [place for place, partition in self._ours.items() if partition.is_waiting(now)]

    def reassign(self) -> None:
        """Take in what the group gave and took since the last time."""
        for is_given, places in self._consumer.assignments():
            for place in places:
                self._forget(place)
                if is_given:
                    self._ours[place] = Partition()

    def _forget(self, place: Place) -> None:
        self._batches.drop(place)
        self.hints.pop(place, None)
        partition = self._ours.pop(place, None)
        if partition and partition.held:
            self.lags.pop(partition.held.stream, None)

    def stand(self, places: Iterable[Place], *, again: float | None, error: Exception | None = None) -> None:
        """Read nothing of them until ``again``; what waits is read anew. Partitions that are not ours are passed over."""
        for place in places:
            partition = self._ours.get(place)
            if partition is None:
                continue
            self._batches.drop(place)
            self._consumer.rest(place)
            partition.held, partition.again = None, again
            if error is not None and partition.told != str(error):
                partition.told = str(error)
                self._listener.trouble(error)

    def retry(self, places: Iterable[Place], error: Exception, *, now: float) -> None:
        """The database does not answer as it should: whether the batch was committed shows when the stream is claimed again.

        Raises ``error`` when trying again does not help.
        """
        if isinstance(error, OnefoldError) and not error.retriable:
            raise error
        self.outage.tell(error)
        for place in places:
            if partition := self._ours.get(place):
                self.stand([place], again=now + partition.wait)
                partition.wait = min(2 * partition.wait, _LONGEST_WAIT_SECONDS)

    def went_well(self, place: Place, partition: Partition, reached: int) -> None:
        """A batch of it, up to ``reached``, is committed."""
        partition.told, partition.wait = "", _FIRST_WAIT_SECONDS
        if partition.held is not None:  # else its topic may be another one by now
            self.hints[place] = reached
        if not self.outage.is_brokers:  # what they sent before they fell silent is still being applied
            self.outage.end()
