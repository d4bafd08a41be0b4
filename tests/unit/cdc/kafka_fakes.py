"""A consumer that is told what to give, a pipeline that remembers what it was fed, and who hears of both."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cdc.apply import Advance
from cdc.changes import RawEvent
from cdc.errors import FencedOut
from cdc.kafka_batches import Headers, KafkaRecord
from cdc.kafka_errors import Place
from cdc.kafka_partners import Assignment
from cdc.kafka_streams import Log
from cdc.preparing import Ask
from cdc.store import Position
from cdc.writing import Report

ID = b"i" * 16


class Written(NamedTuple):
    offset: int
    key: bytes | None = b"1"
    value: bytes | None = b"{}"
    headers: Headers = ()


@dataclass
class Broker:
    """A consumer over partitions in memory; each poll gives what is there, unless ``failures`` says otherwise."""

    kept: dict[Place, list[Written]] = field(default_factory=dict)
    firsts: dict[Place, int] = field(default_factory=dict)
    topic_id: bytes = ID
    failures: list[Exception] = field(default_factory=list)
    log_failures: list[Exception] = field(default_factory=list)
    noted: list[Assignment] = field(default_factory=list)
    positions: dict[Place, int] = field(default_factory=dict)
    resting: set[Place] = field(default_factory=set)
    hints: dict[Place, int] = field(default_factory=dict)
    at_most: int = 500
    polls: list[float] = field(default_factory=list)
    is_closed: bool = False

    def write(self, place: Place, *values: bytes | None) -> None:
        kept = self.kept.setdefault(place, [])
        kept += [Written(len(kept) + number, b"1", value) for number, value in enumerate(values)]

    def give(self, *places: Place) -> None:
        self.noted.append((True, places))
        self.resting |= set(places)
        self.positions |= dict.fromkeys(places, 0)

    def take(self, *places: Place) -> None:
        self.noted.append((False, places))
        for place in places:
            self.positions.pop(place, None)

    def poll(self, seconds: float, records: int) -> Mapping[Place, Sequence[KafkaRecord]]:
        self.polls.append(seconds)
        if self.failures:
            raise self.failures.pop(0)
        found = {}
        for place in list(self.positions):
            some = self.kept.get(place, [])[self.positions[place] :][: min(self.at_most, records)]
            if some and place not in self.resting:
                found[place] = some
                records -= len(some)
                self.positions[place] = some[-1].offset + 1
        return found

    def assignments(self) -> list[Assignment]:
        noted, self.noted = self.noted, []
        return noted

    def logs(self, places: Collection[Place]) -> Mapping[Place, Log]:
        if self.log_failures:
            raise self.log_failures.pop(0)
        return {p: Log("c", self.topic_id, self.firsts.get(p, 0), len(self.kept[p])) for p in places if p in self.kept}

    def places(self) -> Collection[Place]:
        return list(self.kept)

    def seek(self, place: Place, offset: int) -> None:
        self.positions[place] = offset
        self.resting.discard(place)

    def rest(self, place: Place) -> None:
        self.resting.add(place)

    def position(self, place: Place) -> int | None:
        return self.positions.get(place)

    def hint(self, offsets: Mapping[Place, int]) -> None:
        self.hints |= dict(offsets)

    def is_stable(self) -> bool:
        return not self.noted

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Database:
    """Positions, as :mod:`cdc.store` keeps them, and what was applied; the ``failures`` come first."""

    held: dict[str, Position] = field(default_factory=dict)
    applied: list[RawEvent] = field(default_factory=list)
    batch_sizes: list[int] = field(default_factory=list)
    under_way: tuple[list[RawEvent], Advance] | None = None
    dropped: int = 0
    failures: list[Exception] = field(default_factory=list)
    skip_failures: list[Exception] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    looks: int = 0
    look_failures: list[Exception] = field(default_factory=list)
    expected: list[int] = field(default_factory=list)

    def known(self) -> list[Position]:
        self.looks += 1
        if self.look_failures:
            raise self.look_failures.pop(0)
        return list(self.held.values())

    def claim(self, stream: str) -> Position:
        before = self.held.get(stream, Position(stream, 0, 0))
        self.held[stream] = Position(stream, before.next_offset, before.owner_epoch + 1, before.digest)
        return self.held[stream]

    def skip(self, held: Position, next_offset: int, digest: bytes | None) -> Position:
        if self.skip_failures:
            raise self.skip_failures.pop(0)
        if self.held[held.stream] != held:
            raise FencedOut(held.stream)
        self.held[held.stream] = Position(held.stream, next_offset, held.owner_epoch, digest)
        return self.held[held.stream]

    def leave(self, held: Position) -> None:
        self.left.append(held.stream)

    # as the pipeline: a whole batch, which is its own preparation, written by whoever waits for it

    def overlap(self) -> "Database":
        return self

    def expect(self, events: int) -> None:
        self.expected.append(events)

    def begin(self, reads: Sequence[RawEvent]) -> Ask:
        return Ask(0, reads)

    def prepare(self, ask: Ask) -> "_Batch":
        return _Batch(ask.raws)

    def drop(self) -> None:
        self.dropped += 1

    def write(self, batch: "_Batch", advance: Advance) -> None:
        assert self.under_way is None, "the batch before it is not finished"
        self.under_way = (list(batch.raws), advance)

    def wait(self) -> Report:
        under_way, self.under_way = self.under_way, None
        if under_way is None:
            return Report()
        events, advance = under_way
        if self.failures:
            raise self.failures.pop(0)
        self.skip(advance.held, advance.next_offset, advance.digest)
        self.applied += events
        self.batch_sizes.append(len(events))
        return Report(events=len(events), applied=len(events))

    def close(self) -> None:
        assert self.under_way is None


@dataclass
class _Batch:
    raws: Sequence[RawEvent]


@dataclass
class Heard:
    events: int = 0
    troubles: list[str] = field(default_factory=list)
    recoveries: int = 0

    def applied(self, stream: str, report: Report) -> None:
        self.events += report.events

    def trouble(self, error: Exception) -> None:
        self.troubles.append(str(error))

    def recovered(self) -> None:
        self.recoveries += 1
