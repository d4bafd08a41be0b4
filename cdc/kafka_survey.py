"""Look at what Kafka has, without joining a group: for those who only look."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from cdc.kafka_client import connection_settings, hush, translated
from cdc.kafka_described import described
from cdc.kafka_errors import Place
from cdc.kafka_settings import KafkaSettings
from cdc.kafka_streams import Log


def survey(settings: KafkaSettings, places: Collection[Place], *, seconds: float) -> Mapping[Place, Log]:
    """Describe partitions; :class:`KafkaUnreachable` when that takes longer than ``seconds`` for a step."""
    with _looking(settings, seconds) as (admin, consumer):
        return described(admin, consumer, places)


def survey_topics(settings: KafkaSettings, is_wanted: Callable[[str], bool], *, seconds: float) -> Mapping[Place, Log]:
    """Describe all partitions of the topics that are wanted, also those that nobody ever read."""
    with _looking(settings, seconds) as (admin, consumer):
        topics = [topic for topic in admin.describe_topics() if is_wanted(topic["name"])]
        places = [Place(topic["name"], at["partition_index"]) for topic in topics for at in topic["partitions"]]
        return described(admin, consumer, places) if places else {}


def offsets_since(
    settings: KafkaSettings, places: Collection[Place], milliseconds: int, *, seconds: float
) -> dict[Place, int | None]:
    """The first record of each partition that was written at a time (Unix, UTC) or later; None where there is none."""
    hush()
    limits = {"request_timeout_ms": int(seconds * 1000), "bootstrap_timeout_ms": int(seconds * 1000)}
    with translated(), closing(KafkaConsumer(**connection_settings(settings), **limits)) as consumer:
        wanted = {TopicPartition(*place): milliseconds for place in places}
        found = consumer.offsets_for_times(wanted, timeout_ms=int(seconds * 1000))
    return {Place(*partition): None if at is None else int(at.offset) for partition, at in found.items()}


@contextmanager
def _looking(settings: KafkaSettings, seconds: float) -> Iterator[tuple[KafkaAdminClient, KafkaConsumer]]:
    hush(is_login=settings.is_sasl)
    limits = {"request_timeout_ms": int(seconds * 1000), "bootstrap_timeout_ms": int(seconds * 1000)}
    connection = {**connection_settings(settings), **limits}
    with translated():
        admin = KafkaAdminClient(**connection)
        try:
            consumer = KafkaConsumer(**connection, isolation_level="read_committed")
            try:
                yield admin, consumer
            finally:
                consumer.close(autocommit=False)
        finally:
            admin.close()
