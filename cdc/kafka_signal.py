"""Send one signal to a connector's Kafka topic; the topic is made where it is not there yet."""

from contextlib import closing, suppress
from typing import Final

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError, TopicAlreadyExistsError

from cdc.kafka_client import connection_settings, hush
from cdc.kafka_errors import KafkaRefused
from cdc.kafka_settings import KafkaSettings

_SECONDS: Final = 15


def send_signal(settings: KafkaSettings, topic: str, *, key: str, message: bytes) -> None:
    """Send and wait for the acknowledgement; :class:`KafkaRefused` when it does not come."""
    hush()
    connection = connection_settings(settings)
    limits = {"request_timeout_ms": _SECONDS * 1000, "bootstrap_timeout_ms": _SECONDS * 1000}
    try:
        with closing(KafkaAdminClient(**connection, **limits)) as admin:
            _make(admin, topic)
        with closing(KafkaProducer(**connection, bootstrap_timeout_ms=_SECONDS * 1000)) as producer:
            producer.send(topic, message, key.encode(), partition=0).get(_SECONDS)
    except KafkaError as error:
        raise KafkaRefused(
            f"Kafka does not take the signal ({type(error).__name__}); see [kafka] in onefold.toml, and that this user may write to "
            f"topic {topic!r}"
        ) from None


def _make(admin: KafkaAdminClient, topic: str) -> None:
    """One partition: the connector reads no other."""
    described = admin.describe_topics([topic])
    if any(found["partitions"] and not found.get("error_code") for found in described):
        return
    with suppress(TopicAlreadyExistsError):
        admin.create_topics({topic: {"num_partitions": 1}}, wait_for_metadata=True)
