"""Let a notification that is a proof through only when what it proves was read (:mod:`cdc.kafka_proofs`)."""

from collections.abc import Callable, Sequence

from sqlalchemy.exc import DBAPIError

from cdc.kafka_batches import Batches, KafkaRecord
from cdc.kafka_claims import AGAIN_SECONDS
from cdc.kafka_errors import KafkaUnreachable, Place
from cdc.kafka_partitions import Partition, Partitions
from cdc.kafka_partners import Consumer
from cdc.kafka_proofs import is_reached, others
from cdc.store import Position


class ProofWait:
    """Holds back the notifications of one worker."""

    def __init__(  # noqa: PLR0913 - each is another part
        self,
        consumer: Consumer,
        partitions: Partitions,
        batches: Batches,
        *,
        known: Callable[[], Sequence[Position]],
        source_of: Callable[[str], object],
        is_read: Callable[[str], bool],
    ) -> None:
        """``known`` gives the stored positions, ``source_of`` a topic's source; ``is_read``: whether any worker reads a topic."""
        self._consumer = consumer
        self._partitions = partitions
        self._batches = batches
        self._known = known
        self._source_of = source_of
        self._is_read = is_read

    def cut(self, place: Place, records: Sequence[KafkaRecord], first_proof: int, now: float) -> Sequence[KafkaRecord]:
        """Those of ``records`` that may be applied now: what is before the proof, or the proof alone, or nothing yet.

        The rest is fetched again. Nothing of the partition may be on its way to the database.
        """
        partition = self._partitions.get(place)
        if partition is None or partition.held is None:
            return []
        self._batches.drop(place)
        if first_proof > 0 or self._is_proved(place, partition, now):
            end = max(first_proof, 1)
            self._consumer.seek(place, records[end - 1].offset + 1)
            return records[:end]
        if partition.held is not None:
            self._partitions.stand([place], again=now + AGAIN_SECONDS)
        return []

    def _is_proved(self, place: Place, partition: Partition, now: float) -> bool:
        cluster = partition.log.cluster if partition.log else ""
        try:
            known = self._known()
            if partition.proof_waits_for is None:
                partition.proof_waits_for = self._ends(place, known, cluster)
        except KafkaUnreachable:
            self._partitions.stand([place], again=0.0)
            raise
        except DBAPIError as error:
            self._partitions.retry([place], error, now=now)
            return False
        if not is_reached(partition.proof_waits_for, known, cluster):
            return False
        partition.proof_waits_for = None
        return True

    def _ends(self, place: Place, known: Sequence[Position], cluster: str) -> dict[Place, int]:
        """Where those partitions end that the proof waits for, also those that nobody has begun to read."""
        near = others(place, known, cluster, there=self._consumer.places(), source_of=self._source_of)
        logs = self._consumer.logs([at for at in near if self._is_read(at.topic)])
        return {at: log.end for at, log in logs.items()}
