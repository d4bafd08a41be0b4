"""What Kafka says of partitions: where each begins and ends, and which topic it is of."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from cdc.kafka_errors import Place
from cdc.kafka_streams import Log


def described(admin: KafkaAdminClient, consumer: KafkaConsumer, places: Collection[Place]) -> dict[Place, Log]:
    """Describe those of ``places`` that there are; errors are kafka-python's."""
    topics = {topic["name"]: topic for topic in admin.describe_topics(sorted({place.topic for place in places}))}
    there = [place for place in places if _has(topics.get(place.topic), place.partition)]
    if not there:
        return {}
    cluster = str(admin.describe_cluster()["cluster_id"])
    partitions = [TopicPartition(*place) for place in there]
    first, end = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    return {
        place: Log(cluster, _id(topics[place.topic]), first[partition], end[partition])
        for place, partition in zip(there, partitions, strict=True)
    }


def _has(topic: Mapping[str, Any] | None, partition: int) -> bool:
    found = topic["partitions"] if topic and not topic.get("error_code") else ()
    return any(one["partition_index"] == partition for one in found)


def _id(topic: Mapping[str, Any]) -> bytes:
    found = UUID(str(topic.get("topic_id") or UUID(int=0)))
    return found.bytes if found.int else b""  # brokers before 2.8 have none
