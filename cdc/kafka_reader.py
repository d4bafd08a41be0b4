"""Read the partitions that a consumer group gives to this worker, and feed them to the pipeline.

Our position in the database is the truth: a partition that is assigned is claimed (which fences whoever had it), looked up, and
read from there. One that is taken away is simply not fed any more: a batch is one transaction. What cannot go on, *stands*: nothing
of it is read, and it stays ours, while all others go on. One thread does it all but write: one batch, of any partition, is being
written while the next one is fetched and prepared, so what waits in memory is bounded.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy.exc import DBAPIError

from cdc.apply import Advance, Batch
from cdc.changes import RawEvent
from cdc.errors import FencedOut, TooManyMerges
from cdc.kafka_batches import Batches, KafkaRecord, raw_event
from cdc.kafka_claims import FENCED_SECONDS, Claims
from cdc.kafka_end import CommonEnd
from cdc.kafka_errors import KafkaUnreachable, OutOfRange, Place, RecordCorrupt
from cdc.kafka_partitions import Partition, Partitions
from cdc.kafka_partners import Consumer, Listener
from cdc.kafka_proof_wait import ProofWait
from cdc.kafka_proofs import first_proof
from cdc.kafka_upkeep import Upkeep
from cdc.overlap import AHEAD
from cdc.pipeline import BATCH_EVENTS, Pipeline
from cdc.preparing import Ask
from cdc.store import Position
from storage import OnefoldError

#: A poll also does what a rebalance asks of us, for which it needs a moment: every second one has it.
_POLL_SECONDS: Final = 0.5
_WHOLE_POLL_EVERY_SECONDS: Final = 1.0
#: How much of it where the group is at rest: then at most its coordinator has to be found anew.
_REST_SECONDS: Final = 0.1
#: How long the others wait for more while something waits to be applied.
_MORE_SECONDS: Final = 0.01
#: How often somebody who waits looks whether it is over.
_STEP_SECONDS: Final = 0.2
#: A batch that would join too many profiles may pass later: what corrects the data joins the same batch.
_PAUSE_SECONDS: Final = 10.0
#: What a broker's disk damaged stays so until somebody mends it.
_DAMAGED_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read: ``restart`` names topics whose lost position is given up, ``batch_events`` make a whole batch.

    ``is_read``: whether any worker reads a topic still; nothing waits for one that is not.
    """

    restart: frozenset[str] = field(default_factory=frozenset)
    batch_events: int = BATCH_EVENTS
    is_read: Callable[[str], bool] = lambda _topic: True


@dataclass(frozen=True, slots=True)
class _Begun:
    """What was begun to be prepared: records of ``partition``, which lead its stream from ``start`` to ``end``."""

    place: Place
    partition: Partition
    ask: Ask
    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """What is being written: a batch of ``partition``, after which its stream stands at ``moved``."""

    place: Place
    partition: Partition
    moved: Position


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
        self._overlap = pipeline.overlap()
        self._listener = listener
        self._reading = how = reading or Reading()
        self._clock = clock
        self._sleep = sleep
        self._batches = batches = Batches(how.batch_events)
        self._partitions = ours = Partitions(consumer, listener, batches)
        self._claims = Claims(consumer, pipeline, ours, known=known, restart=how.restart)
        self._proofs = ProofWait(consumer, ours, batches, known=known, source_of=source_of, is_read=how.is_read)
        self._upkeep = Upkeep(consumer, pipeline, ours, batches, known=known)
        self._end = CommonEnd(consumer, ours, listener, known=known)
        self._begun: deque[_Begun] = deque()
        self._under_way: _UnderWay | None = None
        self._is_preparing = False
        self._is_over: Callable[[], bool] = lambda: False
        self._whole_poll_at = 0.0

    @property
    def standing(self) -> int:
        """How many partitions stand: ours, and those of others for which :meth:`is_caught_up` does not wait any longer."""
        return self._partitions.standing + self._end.given_up

    @property
    def lags(self) -> Mapping[str, int]:
        """How many records of each stream are not applied yet, as of the last look."""
        return self._partitions.lags

    def run(self, is_over: Callable[[], bool]) -> None:
        """Read until ``is_over``, which is asked between two batches."""
        self._is_over = is_over
        try:
            while not is_over():
                self.step()
            self._finish()
        finally:
            self._overlap.close()
            self._upkeep.give_hints()

    def is_caught_up(self) -> bool:
        """Whether all is applied that was there when it was asked first, by whichever worker; what stands does not count.

        Of our partitions: what was there when each was taken up.
        """
        now = self._clock()
        self._end.note(now)
        if self._begun or self._under_way is not None or self._is_preparing or not self._consumer.is_stable():
            return False
        if not self._is_ours_done():
            return False
        self._upkeep.pass_over(now)  # so that others see it, too
        return self._is_ours_done() and self._end.is_reached(now)

    def step(self) -> None:
        """Fetch, and apply what is due."""
        try:
            is_quiet = not self._fetch()
            self._take_up()
            self._apply_due(is_quiet=is_quiet)
            if is_quiet and not self._batches:
                self._write_what_waits()
            self._upkeep.look(self._clock(), busy=self._busy())
        except OutOfRange as lost:
            self._go_back(lost)
        except RecordCorrupt as damaged:
            self._stand_at(damaged)
        except KafkaUnreachable as error:
            self._wait_out(error)

    def _fetch(self) -> bool:
        """Whether anything came, or may have while there was no room or no time."""
        room, patience = self._batches.room, self._patience()
        if not room and patience < _REST_SECONDS:
            return True
        fetched = self._consumer.poll(patience, max(room, 1))
        self._partitions.reassign()
        self._queue(fetched)
        return bool(fetched) or not patience

    def _patience(self) -> float:
        now = self._clock()
        is_busy = bool(self._batches or self._begun)
        if is_busy and now - self._whole_poll_at < _WHOLE_POLL_EVERY_SECONDS:
            return 0.0 if self._batches.is_rich else _MORE_SECONDS
        self._whole_poll_at = now
        return _REST_SECONDS if is_busy and self._consumer.is_stable() else _POLL_SECONDS

    def _apply_due(self, *, is_quiet: bool) -> None:
        """While there are whole batches one at a time, so that the next is chosen from all that came meanwhile."""
        for place in self._batches.due(self._clock(), is_quiet=is_quiet)[: 1 if self._batches.is_rich else None]:
            self._partitions.reassign()  # a batch takes its time
            if self._partitions.get(place) and not self._is_over():
                self._apply(place)

    def _queue(self, fetched: Mapping[Place, Sequence[KafkaRecord]]) -> None:
        now = self._clock()
        for place, records in fetched.items():
            if (partition := self._partitions.get(place)) and partition.held:
                self._batches.add(place, records, now)

    def _take_up(self) -> None:
        now = self._clock()
        if self._partitions.waiting(now):
            self._finish()
            self._overlap.expect(self._claims.take_up(now))

    # batches

    def _apply(self, place: Place) -> None:
        self._is_preparing = True
        try:
            if partition := self._partitions.get(place):  # else it was taken away since it was due
                self._apply_records(place, partition, self._batches.take(place, self._clock()))
        finally:
            self._is_preparing = False

    def _apply_records(self, place: Place, partition: Partition, records: Sequence[KafkaRecord]) -> None:
        if partition.held is None or partition.log is None:
            return
        stream, digest = partition.held.stream, partition.log.digest
        if (proof := first_proof(records)) is not None:
            self._finish()
            records = self._proofs.cut(place, records, proof, self._clock())
        if records:
            raws = [raw_event(stream, place, record) for record in records]
            start = next((other.end for other in reversed(self._begun) if other.partition is partition), partition.held)
            end = replace(start, next_offset=raws[-1].offset, digest=digest)
            self._begun.append(_Begun(place, partition, self._overlap.begin(raws), start, end))
        if len(self._begun) >= AHEAD:
            self._write_next()

    def _write_next(self) -> None:
        """Write what was begun first, unless it is not ours to write any more."""
        begun, was_preparing = self._begun.popleft(), self._is_preparing
        self._is_preparing = True
        try:
            self._write_begun(begun)
        finally:
            self._is_preparing = was_preparing

    def _write_begun(self, begun: _Begun) -> None:
        ask, held = begun.ask, begun.start
        while ask.reads:
            if not self._may_write(begun, held):
                self._put_back(begun, ask.raws[0])
                return
            try:
                batch = self._overlap.prepare(ask)
            except (OnefoldError, DBAPIError) as error:
                self._wait()
                self._partitions.retry([begun.place], error, now=self._clock())
                return
            self._wait()
            if not self._may_write(begun, held):
                self._overlap.drop()
                self._put_back(begun, ask.raws[0])
                return
            advance = Advance(held, batch.raws[-1].offset, begun.end.digest)
            self._write(begun, batch, advance)
            held, ask = advance.moved, ask.after(batch)

    def _may_write(self, begun: _Begun, held: Position) -> bool:
        """Whether all before it went well, the group did not take the partition away meanwhile, and nobody wants an end."""
        self._partitions.reassign()
        partition = begun.partition
        return partition.held == held and self._partitions.get(begun.place) is partition and not self._is_over()

    def _put_back(self, begun: _Begun, first: RawEvent) -> None:
        """What was taken and is not written must be fetched again, or the next look at positions would pass over it."""
        self._begun = deque(other for other in self._begun if other.partition is not begun.partition)
        if self._partitions.get(begun.place) is begun.partition and begun.partition.held is not None:
            self._batches.drop(begun.place)
            self._consumer.seek(begun.place, first.offset - 1)

    def _write(self, begun: _Begun, batch: Batch, advance: Advance) -> None:
        self._overlap.write(batch, advance)
        begun.partition.held = advance.moved
        self._under_way = _UnderWay(begun.place, begun.partition, advance.moved)

    def _write_what_waits(self) -> None:
        """While nothing comes, write one batch after another: more may come meanwhile, and is prepared beside them."""
        if self._begun:
            self._write_next()
        if not self._begun:
            self._wait()

    def _busy(self) -> set[Place]:
        """The partitions of which something is on its way to the database."""
        writing = [] if self._under_way is None else [self._under_way.place]
        return {*(begun.place for begun in self._begun), *writing}

    def _finish(self) -> None:
        """Write what was begun, and wait for it."""
        while self._begun:
            self._write_next()
        self._wait()

    def _wait(self) -> None:
        """Wait for what is being written, and take in what became of it."""
        done, self._under_way = self._under_way, None
        if done is None:
            return
        # Given away meanwhile, and perhaps given back: then it is another one, which goes by the stored position.
        places = [done.place] if self._partitions.get(done.place) is done.partition else []
        try:
            report = self._overlap.wait()
        except TooManyMerges as pause:
            self._partitions.stand(places, again=self._clock() + _PAUSE_SECONDS, error=pause)
        except FencedOut as fenced:
            self._partitions.stand(places, again=self._clock() + FENCED_SECONDS, error=fenced)
        except (OnefoldError, DBAPIError) as error:
            self._partitions.retry(places, error, now=self._clock())
        else:
            for place in places:
                self._partitions.went_well(place, done.partition, done.moved.next_offset)
            self._listener.applied(done.moved.stream, report)

    # what stands

    def _go_back(self, lost: OutOfRange) -> None:
        """Look at partitions again; where a log was cut and is written anew, read from the cut: rows do not double."""
        self._finish()
        for place, cut in lost.places.items():
            partition = self._partitions.get(place)
            if partition and partition.held:
                partition.cut = cut
            self._partitions.stand([place], again=0.0)

    def _stand_at(self, damaged: RecordCorrupt) -> None:
        """Apply what was read before the damage: read again it would come just as far, a batch for each try at best."""
        try:
            while self._batches.holds(damaged.place) and not self._is_over():
                self._apply(damaged.place)
        except KafkaUnreachable as error:
            self._wait_out(error)
            return
        self._finish()
        self._partitions.stand([damaged.place], again=self._clock() + _DAMAGED_SECONDS, error=damaged)

    def _wait_out(self, error: KafkaUnreachable) -> None:
        self._finish()
        self._partitions.outage.tell(error, is_brokers=True)
        until = self._clock() + self._partitions.outage.next_wait()
        while self._clock() < until and not self._is_over():
            self._sleep(_STEP_SECONDS)

    def _is_ours_done(self) -> bool:
        return all(self._is_done(place, partition) for place, partition in self._partitions.items())

    def _is_done(self, place: Place, partition: Partition) -> bool:
        if partition.held is None:
            waits_in_vain = partition.proof_waits_for is not None and self._something_stands()
            return partition.again is None or bool(partition.told) or waits_in_vain
        reached = self._consumer.position(place)
        return not self._batches.holds(place) and reached is not None and reached >= (partition.goal or 0)

    def _something_stands(self) -> bool:
        return any(other.held is None and (other.again is None or other.told) for _, other in self._partitions.items())
