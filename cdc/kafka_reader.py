"""Read the partitions that a consumer group gives to this worker, and feed them to the pipeline.

Our position in the database is the truth: a partition that is assigned is claimed (which fences whoever had it), looked up, and
read from there. One that is taken away is simply not fed any more: a batch is one transaction. What cannot go on, *stands*: nothing
of it is read, and it stays ours, while all others go on. All is done by one thread, so nothing is fetched while a batch is applied, and
what waits in memory is bounded.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from sqlalchemy.exc import DBAPIError

from cdc.errors import FencedOut, TooManyMerges
from cdc.kafka_batches import Batches, KafkaRecord, raw_event
from cdc.kafka_errors import KafkaUnreachable, OutOfRange, Place, PositionLost
from cdc.kafka_proofs import first_proof, is_reached, others
from cdc.kafka_streams import Choice, Log, choose, start
from cdc.pipeline import BATCH_EVENTS, Pipeline
from cdc.store import Position
from cdc.writing import Report
from storage import OnefoldError

#: A poll also does what a rebalance asks of us, for which it needs a moment: every second one has it.
_POLL_SECONDS: Final = 0.5
_WHOLE_POLL_EVERY_SECONDS: Final = 1.0
#: How long the others wait for more while something waits to be applied.
_MORE_SECONDS: Final = 0.01
#: How often somebody who waits looks whether it is over.
_STEP_SECONDS: Final = 0.2
#: How often lag, topics' ids and what holds no events are looked at, and Kafka hears how far we are.
_LOOK_SECONDS: Final = 10.0
_HINT_SECONDS: Final = 1.0
#: How soon a partition that could not be looked at is tried again.
_AGAIN_SECONDS: Final = 1.0
#: A batch that would join too many profiles may pass later: what corrects the data joins the same batch.
_PAUSE_SECONDS: Final = 10.0
#: Whoever claimed our partition may have been frozen, and not know that it lost it. By then it does; if it is still ours, we go on.
_FENCED_SECONDS: Final = 60.0
_LONGEST_WAIT_SECONDS: Final = 10.0

Assignment = tuple[bool, tuple[Place, ...]]


class Consumer(Protocol):
    """What the reader needs of a Kafka client; :class:`~cdc.kafka_errors.KafkaUnreachable` where no broker answers in time."""

    def poll(self, seconds: float) -> Mapping[Place, Sequence[KafkaRecord]]:
        """Wait up to ``seconds`` for records; :class:`OutOfRange` for partitions that have none where they were sought."""
        ...

    def assignments(self) -> list[Assignment]:
        """What happened since the last call, in order: (True, given) or (False, taken). What is given rests."""
        ...

    def logs(self, places: Collection[Place]) -> Mapping[Place, Log]:
        """What Kafka has of each; a partition of a topic that is not there any more is left out."""
        ...

    def seek(self, place: Place, offset: int) -> None:
        """Read on there, if the partition is still ours."""
        ...

    def rest(self, place: Place) -> None:
        """Read nothing of what is there, until :meth:`seek`; what comes new may be given, and is not wanted."""
        ...

    def position(self, place: Place) -> int | None:
        """Where the next fetch begins; None if the partition is not ours any more."""
        ...

    def hint(self, offsets: Mapping[Place, int]) -> None:
        """Commit offsets to Kafka, for those who watch it; at best."""
        ...

    def is_stable(self) -> bool:
        """Whether the group has given each member its partitions."""
        ...

    def close(self) -> None:
        """Leave the group."""
        ...


class Listener(Protocol):
    """Who hears what happens."""

    def applied(self, stream: str, report: Report) -> None:
        """A batch was committed."""
        ...

    def trouble(self, error: Exception) -> None:
        """Something stands or waits; told once, and again when it is something else."""
        ...

    def recovered(self) -> None:
        """Brokers or the database answer again."""
        ...


@dataclass(slots=True)
class _Partition:
    """A partition of ours; without ``held`` it stands, until ``again`` (None: until somebody does something).

    Its log is written anew from ``cut`` on, where that is known and was not gone back to yet.
    """

    held: Position | None = None
    log: Log | None = None
    again: float | None = 0.0
    wait: float = 0.5
    told: str = ""
    goal: int | None = None
    cut: int | None = None
    proof_waits_for: Mapping[Place, int] | None = None

    def is_waiting(self, now: float) -> bool:
        """Whether it stands and may be tried."""
        return self.held is None and self.again is not None and self.again <= now


@dataclass(slots=True)
class _Outage:
    """Whether brokers (else the database) do not answer, and how long to wait before the next try."""

    is_told: bool = False
    is_brokers: bool = False
    wait: float = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read: ``restart`` names topics whose lost position is given up, ``batch_events`` make a whole batch.

    ``is_read``: whether any worker reads a topic still; nothing waits for one that is not.
    """

    restart: frozenset[str] = field(default_factory=frozenset)
    batch_events: int = BATCH_EVENTS
    is_read: Callable[[str], bool] = lambda _topic: True


class KafkaReader:
    """Reads for one worker; used by one thread."""

    def __init__(  # noqa: PLR0913 - each is another part
        self,
        consumer: Consumer,
        pipeline: Pipeline,
        listener: Listener,
        *,
        known: Callable[[], Sequence[Position]],
        reading: Reading | None = None,
        source_of: Callable[[str], object] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``known`` gives the stored positions of all streams, ``source_of`` a topic's source; ``clock`` counts seconds."""
        self._consumer = consumer
        self._pipeline = pipeline
        self._listener = listener
        self._known = known
        self._source_of = source_of
        self._reading = reading or Reading()
        self._clock = clock
        self._sleep = sleep
        self._batches = Batches(self._reading.batch_events)
        self._partitions: dict[Place, _Partition] = {}
        self._outage = _Outage()
        self._is_over: Callable[[], bool] = lambda: False
        self._hints: dict[Place, int] = {}
        self._hint_at = self._look_at = self._whole_poll_at = 0.0
        self.lags: dict[str, int] = {}

    @property
    def standing(self) -> int:
        """How many partitions stand."""
        return sum(partition.held is None for partition in self._partitions.values())

    def run(self, is_over: Callable[[], bool]) -> None:
        """Read until ``is_over``, which is asked between two batches."""
        self._is_over = is_over
        try:
            while not is_over():
                self.step()
        finally:
            self._give_hints()

    def is_caught_up(self) -> bool:
        """Whether all is applied that was there when each partition was taken up; what stands does not count."""
        if not self._consumer.is_stable():
            return False
        return all(self._is_done(place, partition) for place, partition in self._partitions.items())

    def step(self) -> None:
        """Fetch, and apply what is due."""
        try:
            fetched = self._consumer.poll(self._patience())
            self._reassign()
            self._queue(fetched)
            self._take_up()
            for place in self._batches.due(self._clock(), is_quiet=not fetched):
                self._reassign()  # a batch takes its time
                if place in self._partitions and not self._is_over():
                    self._apply(place)
            self._look(self._clock())
        except OutOfRange as lost:
            self._go_back(lost)
        except KafkaUnreachable as error:
            self._wait_out(error)

    def _patience(self) -> float:
        now = self._clock()
        if self._batches and now - self._whole_poll_at < _WHOLE_POLL_EVERY_SECONDS:
            return _MORE_SECONDS
        self._whole_poll_at = now
        return _POLL_SECONDS

    def _queue(self, fetched: Mapping[Place, Sequence[KafkaRecord]]) -> None:
        now = self._clock()
        for place, records in fetched.items():
            if (partition := self._partitions.get(place)) and partition.held:
                self._batches.add(place, records, now)

    # what is ours

    def _reassign(self) -> None:
        for is_given, places in self._consumer.assignments():
            for place in places:
                self._forget(place)
                if is_given:
                    self._partitions[place] = _Partition()

    def _forget(self, place: Place) -> None:
        self._batches.drop(place)
        self._hints.pop(place, None)
        partition = self._partitions.pop(place, None)
        if partition and partition.held:
            self.lags.pop(partition.held.stream, None)

    def _take_up(self) -> None:
        """Claim what was given to us, and what stands and may be tried again."""
        now = self._clock()
        waiting = [place for place, partition in self._partitions.items() if partition.is_waiting(now)]
        if not waiting:
            return
        for place in waiting:
            self._partitions[place].again = now + _AGAIN_SECONDS
        logs = self._consumer.logs(waiting)
        try:
            known = self._known()
            for place in waiting:
                if place in logs:
                    with self._leaving_to_other(place):
                        self._take_up_one(place, logs[place], known)
        except (OnefoldError, DBAPIError) as error:
            self._retry([place for place in waiting if self._partitions[place].held is None], error)

    @contextmanager
    def _leaving_to_other(self, place: Place) -> Iterator[None]:
        """A partition that another worker claimed stands."""
        try:
            yield
        except FencedOut as fenced:
            self._stand([place], again=self._clock() + _FENCED_SECONDS, error=fenced)

    def _take_up_one(self, place: Place, log: Log, known: Sequence[Position]) -> None:
        partition = self._partitions[place]
        choice = choose(place, log, known)
        held = self._pipeline.claim(choice.stream)
        try:
            held = self._behind_cut(partition, held, log)
            offset = start(place, log, held, former=choice.former)
        except PositionLost as lost:
            if place.topic not in self._reading.restart:
                self._stand([place], again=None, error=lost)
                return
            held, offset = self._begin_again(held, choice, log), log.first
        partition.held, partition.log = held, log
        partition.goal = max(partition.goal or 0, log.end)
        self._consumer.seek(place, offset)

    def _behind_cut(self, partition: _Partition, held: Position, log: Log) -> Position:
        """Go back to where the log was cut; what is before it, and was fetched but not applied, is still to be read."""
        if partition.cut is not None and partition.cut < held.next_offset:
            held = self._pipeline.skip(held, partition.cut, log.digest)
        partition.cut = None
        return held

    def _begin_again(self, held: Position, choice: Choice, log: Log) -> Position:
        if choice.former is not None:
            self._pipeline.leave(choice.former)
        return self._pipeline.skip(held, log.first, log.digest)

    # batches

    def _apply(self, place: Place) -> None:
        partition = self._partitions.get(place)
        if partition is None:  # taken away since it was due
            return
        records: Sequence[KafkaRecord] = self._batches.take(place, self._clock())
        held, log = partition.held, partition.log
        if held is None or log is None:
            return
        records = self._without_unproved(place, partition, records)
        if not records:
            return
        stream, digest = held.stream, log.digest
        events = [raw_event(stream, place, record) for record in records]
        try:
            report, partition.held = self._pipeline.ingest(
                held,
                events,
                digest=(lambda _: digest) if digest else None,
                batch_events=self._reading.batch_events,
            )
        except TooManyMerges as pause:
            self._stand([place], again=self._clock() + _PAUSE_SECONDS, error=pause)
            return
        except FencedOut as fenced:
            self._yield(place, held, fenced)
            return
        except (OnefoldError, DBAPIError) as error:
            self._retry([place], error)
            return
        self._went_well(place, partition)
        self._listener.applied(stream, report)

    def _without_unproved(
        self, place: Place, partition: _Partition, records: Sequence[KafkaRecord]
    ) -> Sequence[KafkaRecord]:
        """Cut a batch around a notification that is a proof: it comes alone, and only when what it proves was read."""
        at = first_proof(records)
        if at is None:
            return records
        self._batches.drop(place)
        if at > 0 or self._is_proved(place, partition):
            end = max(at, 1)
            self._consumer.seek(place, records[end - 1].offset + 1)
            return records[:end]
        if partition.held is not None:
            self._stand([place], again=self._clock() + _AGAIN_SECONDS)
        return []

    def _is_proved(self, place: Place, partition: _Partition) -> bool:
        cluster = partition.log.cluster if partition.log else ""
        try:
            known = self._known()
            if partition.proof_waits_for is None:
                near = others(place, known, cluster, source_of=self._source_of)
                logs = self._consumer.logs([at for at in near if self._reading.is_read(at.topic)])
                partition.proof_waits_for = {at: log.end for at, log in logs.items()}
        except KafkaUnreachable:
            self._stand([place], again=0.0)
            raise
        except DBAPIError as error:
            self._retry([place], error)
            return False
        if not is_reached(partition.proof_waits_for, known, cluster):
            return False
        partition.proof_waits_for = None
        return True

    def _went_well(self, place: Place, partition: _Partition) -> None:
        partition.told, partition.wait = "", 0.5
        if partition.held:
            self._hints[place] = partition.held.next_offset
        if not self._outage.is_brokers:  # what they sent before they fell silent is still being applied
            self._recover()

    # what stands

    def _stand(self, places: Iterable[Place], *, again: float | None, error: Exception | None = None) -> None:
        for place in places:
            partition = self._partitions.get(place)
            if partition is None:
                continue
            self._batches.drop(place)
            self._consumer.rest(place)
            partition.held, partition.again = None, again
            if error is not None and partition.told != str(error):
                partition.told = str(error)
                self._listener.trouble(error)

    def _go_back(self, lost: OutOfRange) -> None:
        """Look at partitions again; where a log was cut and is written anew, read from the cut: rows do not double."""
        for place, cut in lost.places.items():
            partition = self._partitions.get(place)
            if partition and partition.held:
                partition.cut = cut
            self._stand([place], again=0.0)

    def _retry(self, places: Iterable[Place], error: Exception) -> None:
        """The database does not answer as it should: whether the batch was committed shows when the stream is claimed again."""
        if isinstance(error, OnefoldError) and not error.retriable:
            raise error
        if not self._outage.is_told:
            self._outage.is_told = True
            self._listener.trouble(error)
        for place in places:
            partition = self._partitions[place]
            self._stand([place], again=self._clock() + partition.wait)
            partition.wait = min(2 * partition.wait, _LONGEST_WAIT_SECONDS)

    def _wait_out(self, error: KafkaUnreachable) -> None:
        if not self._outage.is_told:
            self._outage.is_told = self._outage.is_brokers = True
            self._listener.trouble(error)
        until = self._clock() + self._outage.wait
        while self._clock() < until and not self._is_over():
            self._sleep(_STEP_SECONDS)
        self._outage.wait = min(2 * self._outage.wait, _LONGEST_WAIT_SECONDS)

    def _recover(self) -> None:
        if self._outage.is_told:
            self._listener.recovered()
        self._outage = _Outage()

    # now and then

    def _look(self, now: float) -> None:
        if now - self._hint_at >= _HINT_SECONDS:
            self._hint_at = now
            self._give_hints()
        if now - self._look_at >= _LOOK_SECONDS or self._outage.is_brokers:
            self._look_at = now
            self._look_at_logs()

    def _give_hints(self) -> None:
        if self._hints:
            self._consumer.hint(self._hints)
            self._hints = {}

    def _look_at_logs(self) -> None:
        """Measure lag, pass over what holds no event, and see that each topic is still the same."""
        reading = {place: one for place, one in self._partitions.items() if one.held and one.log}
        if not reading:
            return
        logs = self._consumer.logs(reading)
        if self._outage.is_brokers:
            self._recover()
        for place, partition in reading.items():
            if place in logs:
                self._compare(place, partition, logs[place])
        self._go_where_moved(reading)

    def _go_where_moved(self, reading: Mapping[Place, _Partition]) -> None:
        """Go on where somebody moved the position of a partition that is still ours (:mod:`cdc.replay`)."""
        try:
            stored = {at.stream: at for at in self._known()}
        except DBAPIError as error:
            self._retry(reading, error)
            return
        for place, partition in reading.items():
            held = partition.held
            if held is not None and _is_moved(held, stored.get(held.stream)):
                self._stand([place], again=0.0)

    def _yield(self, place: Place, held: Position, fenced: FencedOut) -> None:
        """Somebody else holds the stream, or only moved it: then we go on there."""
        try:
            is_moved = any(_is_moved(held, at) for at in self._known())
        except DBAPIError as error:
            self._retry([place], error)
            return
        if is_moved:
            self._stand([place], again=0.0)
        else:
            self._stand([place], again=self._clock() + _FENCED_SECONDS, error=fenced)

    def _compare(self, place: Place, partition: _Partition, log: Log) -> None:
        held = partition.held
        if held is None or partition.log is None:
            return
        if log.topic_id != partition.log.topic_id:
            self._stand([place], again=0.0)
            return
        self._pass_over(place, partition, held)
        self.lags[held.stream] = max(0, log.end - (partition.held or held).next_offset)

    def _pass_over(self, place: Place, partition: _Partition, held: Position) -> None:
        """Store a position behind transaction markers and aborted records: retention could otherwise overtake it."""
        reached = self._consumer.position(place)
        log = partition.log
        if log is None or reached is None or reached <= held.next_offset or self._batches.holds(place):
            return
        try:
            partition.held = self._pipeline.skip(held, reached, log.digest)
        except FencedOut as fenced:
            self._stand([place], again=self._clock() + _FENCED_SECONDS, error=fenced)
        except DBAPIError as error:
            self._retry([place], error)
        else:
            self._hints[place] = reached

    def _is_done(self, place: Place, partition: _Partition) -> bool:
        if partition.held is None:
            waits_in_vain = partition.proof_waits_for is not None and self._something_stands()
            return partition.again is None or bool(partition.told) or waits_in_vain
        reached = self._consumer.position(place)
        return not self._batches.holds(place) and reached is not None and reached >= (partition.goal or 0)

    def _something_stands(self) -> bool:
        return any(other.held is None and (other.again is None or other.told) for other in self._partitions.values())


def _is_moved(held: Position, stored: Position | None) -> bool:
    """Whether a stream that we hold stands elsewhere than where we left it."""
    return (
        stored is not None
        and (stored.stream, stored.owner_epoch) == (held.stream, held.owner_epoch)
        and stored.next_offset != held.next_offset
    )
