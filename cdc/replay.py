"""Read events again that were read before: stored positions go back, never forward, and workers go on from there.

Nothing doubles by it: the row guards decide about every event, and epochs are counted by stream and offset. What a replay does is what was
left out before: events of tables that were not mapped then, rows that are of another mapping (:mod:`cdc.remap`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdc import store
from cdc.errors import ReplayRefused
from cdc.kafka_errors import Place
from cdc.kafka_streams import Log, current_stream, fault
from cdc.store import Position
from storage import Database


@dataclass(frozen=True, slots=True)
class Replay:
    """A stream that goes back: it stood at ``stood`` and is read from ``start`` on."""

    stream: str
    stood: int
    start: int


def plan_replay(
    starts: Mapping[Place, int | None], logs: Mapping[Place, Log], known: Sequence[Position]
) -> list[Replay]:
    """Where partitions, which ``logs`` describes, go back to; None of ``starts``: there is no record so late.

    What stands before its start already stays.

    :class:`ReplayRefused` when a start is not in Kafka any more, or the partition cannot be read on as it is.
    """
    offsets = {at.stream: at.next_offset for at in known}
    found = []
    for place, start in sorted(starts.items()):
        log = logs[place]
        if lost := fault(place, log, known):
            raise ReplayRefused(str(lost))
        stream = current_stream(place, log, known)
        if start is None or start >= offsets.get(stream, 0):
            continue
        if start < log.first:
            raise ReplayRefused(
                f"partition {place.partition} of topic {place.topic!r} has no record {start} any more; the first that Kafka has is "
                f"{log.first}: name it, or take a snapshot with `onefold connector snapshot`"
            )
        found.append(Replay(stream, offsets[stream], start))
    return found


def read_again(database: Database, replays: Sequence[Replay]) -> None:
    """Move the positions, all or none; a worker that reads one of the streams notices, and goes on there.

    :class:`ReplayRefused` where a position moved back meanwhile.
    """
    with database.write() as connection:
        for replay in replays:
            if not store.move_back(connection, replay.stream, replay.start):
                raise ReplayRefused(
                    f"stream {replay.stream!r} was moved by somebody else meanwhile; look at `onefold status`"
                )
