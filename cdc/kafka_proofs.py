"""Notifications that a table was scanned wait until its rows were read. Pure.

Debezium's ``TABLE_SCAN_COMPLETED`` proves which rows are there, once all that the snapshot read were applied (:mod:`cdc.floors`). In a file
they come first; in Kafka they lie in other partitions, perhaps another worker's. So a notification waits until all positions of
its source are where those partitions ended when it was found. Those of other sources it does not wait for: their notifications
would wait for its own, and all for ever.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from cdc.kafka_batches import KafkaRecord
from cdc.kafka_errors import Place
from cdc.kafka_streams import StreamName
from cdc.store import Position

_MARK: Final = b"TABLE_SCAN_COMPLETED"


def first_proof(records: Sequence[KafkaRecord]) -> int | None:
    """Where among ``records`` the first is that must wait; one that only mentions the word waits in vain, but does no harm."""
    found = (number for number, record in enumerate(records) if record.value is not None and _MARK in record.value)
    return next(found, None)


def others(
    place: Place,
    known: Iterable[Position],
    cluster: str,
    *,
    there: Iterable[Place],
    source_of: Callable[[str], object],
) -> set[Place]:
    """The partitions of a cluster that are read of the same source, but for those of the notifications' own topic.

    ``there`` are those that the group reads: nobody may have begun with some of them. ``source_of`` gives the source of a topic.
    """
    source = source_of(place.topic)
    every = {*_offsets(known, cluster), *there}
    return {at for at in every if at.topic != place.topic and source_of(at.topic) == source}


def is_reached(goals: Mapping[Place, int], known: Iterable[Position], cluster: str) -> bool:
    """Whether all positions are at their goals or beyond."""
    offsets = _offsets(known, cluster)
    return all(offsets.get(place, 0) >= goal for place, goal in goals.items())


def _offsets(known: Iterable[Position], cluster: str) -> dict[Place, int]:
    """How far each partition was read; of topics that had the same name, the newest counts."""
    named = [
        (name, at.next_offset) for at in known if (name := StreamName.parse(at.stream)) and name.cluster == cluster
    ]
    return {name.place: offset for name, offset in sorted(named, key=lambda one: one[0].number)}
