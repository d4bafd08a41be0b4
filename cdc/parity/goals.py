"""How far the streams of a source must be read before what they do not hold counts as lost."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy.engine import Connection

from cdc.store import Position, stream_positions


@dataclass(frozen=True, slots=True)
class StreamEnds:
    """Where streams of a source end, also those that nobody has begun to read; ``obstacles``, for people: why others are not known, or stand."""

    ends: Mapping[str, int] = field(default_factory=dict)
    obstacles: tuple[str, ...] = ()


#: Of a source, and of streams at their positions: where its streams end now, as far as there is somebody to ask.
Ends: TypeAlias = Callable[[str, Sequence[Position]], StreamEnds]


class Goals:
    """Where the streams of a source ended when one of them was first seen beyond the target; so far the others must be read.

    A table's changes may come in several streams, and how far one was read says nothing about another. The connector writes them in
    the order of the log, so what came before the target lies before these ends.
    """

    def __init__(self, source: str, ends: Ends) -> None:
        """``ends`` tells nothing of streams that end nowhere."""
        self._source = source
        self._ends = ends
        self._goals: Mapping[str, int] | None = None

    def unread(self, connection: Connection, done: AbstractSet[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The streams, but for those ``done``, that were not read up to their goals, and what stands in the way of others."""
        known = stream_positions(connection)
        found = self._ends(self._source, known) if self._goals is None else StreamEnds(self._goals)
        if not found.obstacles:  # else there may be others, and it is asked again
            self._goals = found.ends
        read = {at.stream: at.next_offset for at in known}
        behind = {s: goal for s, goal in found.ends.items() if s not in done and read.get(s, 0) < goal}
        return tuple(_told(stream, read.get(stream), goal) for stream, goal in sorted(behind.items())), found.obstacles


def _told(stream: str, read: int | None, goal: int) -> str:
    if read is None:
        return f"{stream} (no worker has begun with it; Kafka has it up to {goal})"
    return f"{stream} (at {read} of {goal})"
