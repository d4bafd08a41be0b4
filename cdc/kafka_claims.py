"""Take up partitions: claim the stream of each, which fences whoever had it, and say where to read on."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError

from cdc.errors import FencedOut
from cdc.kafka_errors import Place, PositionLost
from cdc.kafka_partitions import Partition, Partitions
from cdc.kafka_partners import Consumer
from cdc.kafka_streams import Choice, Log, choose, start
from cdc.pipeline import Pipeline
from cdc.store import Position
from storage import OnefoldError

#: How soon a partition that could not be looked at is tried again.
AGAIN_SECONDS: Final = 1.0
#: Whoever claimed our partition may have been frozen, and not know that it lost it. By then it does; if it is still ours, we go on.
FENCED_SECONDS: Final = 60.0


class Claims:
    """Takes up what was given to a worker, and what stands and may be tried again."""

    def __init__(
        self,
        consumer: Consumer,
        pipeline: Pipeline,
        partitions: Partitions,
        *,
        known: Callable[[], Sequence[Position]],
        restart: Collection[str],
    ) -> None:
        """``known`` gives the stored positions of all streams; ``restart`` names topics whose lost position is given up."""
        self._consumer = consumer
        self._pipeline = pipeline
        self._partitions = partitions
        self._known = known
        self._restart = restart

    def take_up(self, now: float) -> int:
        """Claim what waits; nothing of it may be on its way to the database. ``now`` in seconds. Give how many records are behind it."""
        waiting = self._partitions.waiting(now)
        if not waiting:
            return 0
        ours = [(place, partition) for place in waiting if (partition := self._partitions.get(place))]
        for _, partition in ours:
            partition.again = now + AGAIN_SECONDS
        logs = self._consumer.logs(waiting)
        try:
            known = self._known()
            for place, partition in ours:
                if place in logs:
                    with self._leaving_to_other(place, now):
                        self._take_up(place, partition, logs[place], known)
        except (OnefoldError, DBAPIError) as error:
            self._partitions.retry([place for place, partition in ours if partition.held is None], error, now=now)
        return sum(partition.behind for _, partition in ours)

    @contextmanager
    def _leaving_to_other(self, place: Place, now: float) -> Iterator[None]:
        """A partition that another worker claimed stands."""
        try:
            yield
        except FencedOut as fenced:
            self._partitions.stand([place], again=now + FENCED_SECONDS, error=fenced)

    def _take_up(self, place: Place, partition: Partition, log: Log, known: Sequence[Position]) -> None:
        choice = choose(place, log, known)
        held = self._pipeline.claim(choice.stream)
        try:
            held = self._behind_cut(partition, held, log)
            offset = start(place, log, held, former=choice.former)
        except PositionLost as lost:
            if place.topic not in self._restart:
                self._partitions.stand([place], again=None, error=lost)
                return
            held, offset = self._begin_again(held, choice, log), log.first
        partition.held, partition.log = held, log
        partition.goal = max(partition.goal or 0, log.end)
        self._consumer.seek(place, offset)

    def _behind_cut(self, partition: Partition, held: Position, log: Log) -> Position:
        """Go back to where the log was cut; what is before it, and was fetched but not applied, is still to be read."""
        if partition.cut is not None and partition.cut < held.next_offset:
            held = self._pipeline.skip(held, partition.cut, log.digest)
        partition.cut = None
        return held

    def _begin_again(self, held: Position, choice: Choice, log: Log) -> Position:
        if choice.former is not None:
            self._pipeline.leave(choice.former)
        return self._pipeline.skip(held, log.first, log.digest)
