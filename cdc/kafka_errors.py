"""Errors of the Kafka transport.

::

    OnefoldError
    ├── PositionLost      what comes after the stored position is not in Kafka any more: the partition stands
    ├── OutOfRange        a partition has no record where it was to be read: it is looked at again
    ├── RecordCorrupt     what brokers send of a partition is not what was written: it stands, and is tried again after a while
    ├── WaitedInVain      other workers' partitions do not move, and are not waited for
    ├── KafkaRefused      brokers answer and refuse, or send what cannot be read here: the worker stops
    └── KafkaUnreachable  no broker answers, or not in time: tried again
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from storage import OnefoldError


class Place(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


class KafkaRefused(OnefoldError):
    """Trying again does not help; the message says what does."""


class KafkaUnreachable(OnefoldError):
    """May pass by itself."""

    retriable = True


class OutOfRange(OnefoldError):
    """Partitions have no record where they were to be read; where a log was cut, up to which offset it is as it was."""

    def __init__(self, places: Mapping[Place, int | None]) -> None:
        """Name the partitions."""
        self.places = places
        super().__init__(f"no record at the position of {', '.join(f'{p.topic}/{p.partition}' for p in places)}")


class RecordCorrupt(OnefoldError):
    """The checksum of a batch of records is wrong: each time, where a broker's disk is bad."""

    def __init__(self, place: Place, offset: int) -> None:
        """Name the partition and the first offset that cannot be read."""
        self.place = place
        self.offset = offset
        super().__init__(
            f"topic {place.topic!r} partition {place.partition} stands: what the broker sends from offset {offset} on is damaged (its checksum "
            "is wrong); it is tried again every minute. See the broker's disk and logs; a replica may hold it whole. If none does, delete "
            f"the records up to behind it (kafka-delete-records), then `onefold ingest --from kafka --restart-topic {place.topic}`"
        )


class WaitedInVain(OnefoldError):
    """Partitions of other workers were not applied to their ends, and nothing of them moves."""

    def __init__(self, places: Iterable[Place]) -> None:
        """Name the partitions."""
        named = ", ".join(f"{place.topic}/{place.partition}" for place in sorted(places))
        super().__init__(
            f"other workers have {named}, of which nothing was applied for a minute: they are not waited for. What those workers say, and "
            "`onefold status`, tells why they stand"
        )


class PositionLost(OnefoldError):
    """A partition cannot be read on without leaving something out or reading something again: a person decides.

    ``at`` is the stored position; Kafka has the records from ``first`` up to before ``end``.
    """

    def __init__(self, place: Place, *, at: int, first: int, end: int, why: str) -> None:
        """Name both positions and the mend; ``why`` completes "… because"."""
        self.place = place
        self.at = at
        self.first = first
        self.end = end
        super().__init__(
            f"topic {place.topic!r} partition {place.partition} stands: its stored position is {at}, Kafka has the records from "
            f"{first} up to {end}, because {why}. `onefold ingest --from kafka --restart-topic {place.topic}` goes on at "
            f"{first} (rows that were read already do not double); then take a full snapshot of the source, which brings what is missing"
        )


def expired(place: Place, *, at: int, first: int, end: int) -> PositionLost:
    """Retention was faster than this worker."""
    why = "what was not read yet was deleted by the topic's retention"
    return PositionLost(place, at=at, first=first, end=end, why=why)


def beyond_end(place: Place, *, at: int, first: int, end: int) -> PositionLost:
    """The log is shorter than it was."""
    why = "records that were read are gone (a broker lost its disk, or an unclean leader election)"
    return PositionLost(place, at=at, first=first, end=end, why=why)


def replaced(place: Place, *, at: int, first: int, end: int) -> PositionLost:
    """Another topic, or another cluster, under the same name."""
    why = "it is another topic than the one that was read: it was deleted and made anew, or lies in another cluster"
    return PositionLost(place, at=at, first=first, end=end, why=why)
