"""Whom the reader of Kafka speaks with: a client that fetches, and somebody who hears what happens."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from cdc.kafka_batches import KafkaRecord
from cdc.kafka_errors import Place
from cdc.kafka_streams import Log
from cdc.writing import Report

Assignment = tuple[bool, tuple[Place, ...]]


class Consumer(Protocol):
    """What the reader needs of a Kafka client; :class:`~cdc.kafka_errors.KafkaUnreachable` where no broker answers in time."""

    def poll(self, seconds: float, records: int) -> Mapping[Place, Sequence[KafkaRecord]]:
        """Wait up to ``seconds`` for some, up to ``records``; :class:`OutOfRange` for partitions that have none where they were sought."""
        ...

    def assignments(self) -> list[Assignment]:
        """What happened since the last call, in order: (True, given) or (False, taken). What is given rests."""
        ...

    def logs(self, places: Collection[Place]) -> Mapping[Place, Log]:
        """What Kafka has of each; a partition of a topic that is not there any more is left out."""
        ...

    def places(self) -> Collection[Place]:
        """All partitions that the group reads, as far as is known."""
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
