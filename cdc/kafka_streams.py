"""Which stored stream a partition is, and where to go on there. Pure.

A partition is the stream ``kafka:<cluster id>/<topic>/<partition>``. The digest beside its position is the topic's id: a topic
that was deleted and made anew has another, and becomes the stream ``…#2``, because offsets and epochs of the first say nothing
about it. The position in the database is the truth; Kafka's own committed offset is never read.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Final

from cdc.kafka_errors import Place, PositionLost, beyond_end, expired, replaced
from cdc.mapping import Mapping
from cdc.store import Position

_STREAM: Final = re.compile(r"kafka:(?P<cluster>[^/]+)/(?P<topic>[^/#]+)/(?P<partition>\d+)(?:#(?P<number>\d+))?")


@dataclass(frozen=True, slots=True)
class Log:
    """What Kafka has of a partition: records from ``first`` up to before ``end``, in the topic with this id (b"" if unknown)."""

    cluster: str
    topic_id: bytes
    first: int
    end: int

    @property
    def digest(self) -> bytes | None:
        """What is stored beside a position in it."""
        return self.topic_id or None


@dataclass(frozen=True, slots=True)
class StreamName:
    """The parts of a stream's name; ``number`` counts the topics that had the same name in the same cluster."""

    cluster: str
    place: Place
    number: int = 1

    def __str__(self) -> str:
        """Write the name."""
        suffix = f"#{self.number}" if self.number > 1 else ""
        return f"kafka:{self.cluster}/{self.place.topic}/{self.place.partition}{suffix}"

    @classmethod
    def parse(cls, stream: str) -> "StreamName | None":
        """Read a name; None for streams of other transports."""
        match = _STREAM.fullmatch(stream)
        if match is None:
            return None
        return cls(match["cluster"], Place(match["topic"], int(match["partition"])), int(match["number"] or 1))


@dataclass(frozen=True, slots=True)
class Choice:
    """The stream of a partition; ``former`` is what was read under its name before, where that is something else."""

    stream: str
    former: Position | None = None


def choose(place: Place, log: Log, known: Iterable[Position]) -> Choice:
    """Find the stream of a partition among those ``known``, or name a new one."""
    named = [(name, at) for at in known if (name := StreamName.parse(at.stream)) and name.place == place]
    here = sorted(((name.number, at) for name, at in named if name.cluster == log.cluster), key=lambda one: one[0])
    for _, at in reversed(here):
        if at.digest in (log.digest, None):
            return Choice(at.stream, _last_read(named) if _is_new(at) else None)
    number = here[-1][0] + 1 if here else 1
    return Choice(str(StreamName(log.cluster, place, number)), _last_read(named))


def start(place: Place, log: Log, held: Position, *, former: Position | None = None) -> int:
    """Say where to go on; :class:`PositionLost` where that would leave out or repeat something in silence."""
    if _is_new(held):
        if former is not None:
            raise replaced(place, at=former.next_offset, first=log.first, end=log.end)
        return log.first
    if held.next_offset < log.first:
        raise expired(place, at=held.next_offset, first=log.first, end=log.end)
    if held.next_offset > log.end:
        raise beyond_end(place, at=held.next_offset, first=log.first, end=log.end)
    return held.next_offset


def fault(place: Place, log: Log, known: Sequence[Position]) -> PositionLost | None:
    """What would keep a worker from going on, without claiming anything: for those who only look."""
    choice = choose(place, log, known)
    held = next((at for at in known if at.stream == choice.stream), Position(choice.stream, 0, 0))
    try:
        start(place, log, held, former=choice.former)
    except PositionLost as lost:
        return lost
    return None


def current_stream(place: Place, log: Log, known: Iterable[Position]) -> str:
    """The name of the stream that a partition is now; what lay under its name before has others."""
    return choose(place, log, known).stream


def topic_pattern(mapping: Mapping, override: str = "") -> str:
    """A regular expression for whole names of topics: those of all sources, or ``override``."""
    if override:
        return f"(?:{override})\\Z"
    return "|".join(dict.fromkeys(translate(pattern) for source in mapping.sources for pattern in source.topics))


def topic_reader(mapping: Mapping, override: str = "") -> Callable[[str], bool]:
    """Whether some worker reads a topic: one of a source's, or of ``override``."""
    patterns = [
        re.compile(pattern) for pattern in (topic_pattern(mapping), topic_pattern(mapping, override)) if pattern
    ]
    return lambda topic: any(pattern.match(topic) for pattern in patterns)


def _is_new(at: Position) -> bool:
    return at.next_offset == 0 and at.digest is None


def _last_read(named: Iterable[tuple[StreamName, Position]]) -> Position | None:
    """The furthest of the streams that were read at all: what a person knows as the position."""
    read = [(at.next_offset, at) for _, at in named if not _is_new(at)]
    return max(read, key=lambda one: one[0])[1] if read else None
