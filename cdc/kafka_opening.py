"""Connect to Kafka; kafka-python takes half a second to import, which only what reads Kafka waits for."""

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Protocol, cast

from cdc.kafka_errors import Place
from cdc.kafka_partners import Consumer
from cdc.kafka_settings import KafkaSettings
from cdc.kafka_streams import Log
from cdc.publisher import Sender


class _Client(Protocol):
    """What :mod:`cdc.kafka_client` has."""

    def KafkaClient(self, settings: KafkaSettings, pattern: str) -> Consumer: ...  # noqa: N802 - the class's name


class _Survey(Protocol):
    """What :mod:`cdc.kafka_survey` has."""

    def survey(self, settings: KafkaSettings, places: Collection[Place], *, seconds: float) -> Mapping[Place, Log]: ...
    def survey_topics(
        self, settings: KafkaSettings, is_wanted: Callable[[str], bool], *, seconds: float
    ) -> Mapping[Place, Log]: ...
    def offsets_since(
        self, settings: KafkaSettings, places: Collection[Place], milliseconds: int, *, seconds: float
    ) -> Mapping[Place, int | None]: ...


def open_kafka(settings: KafkaSettings, pattern: str) -> Consumer:
    """Join the consumer group that reads the topics of ``pattern``.

    :class:`~cdc.kafka_errors.KafkaUnreachable` when no broker answers, :class:`~cdc.kafka_errors.KafkaRefused` when they refuse.
    """
    client = cast("_Client", import_module("cdc.kafka_client"))
    return client.KafkaClient(settings, pattern)


def look_at_kafka(settings: KafkaSettings, places: Collection[Place], *, seconds: float) -> Mapping[Place, Log]:
    """What Kafka has of each of ``places``, without joining a group; errors as of :func:`open_kafka`, soon after ``seconds``."""
    return _survey().survey(settings, places, seconds=seconds)


def look_at_topics(settings: KafkaSettings, is_wanted: Callable[[str], bool], *, seconds: float) -> Mapping[Place, Log]:
    """What Kafka has of all topics that are wanted by name, otherwise as :func:`look_at_kafka`."""
    return _survey().survey_topics(settings, is_wanted, seconds=seconds)


def open_sender(settings: KafkaSettings, topic: str, *, tell: Callable[[str], None]) -> Sender:
    """What publishes to a topic. It waits for brokers that do not answer, of which ``tell`` hears, once, and of their return."""
    opened = import_module("cdc.kafka_sender").KafkaSender(topic, settings, tell=tell)
    return cast("Sender", opened)


def offsets_since(
    settings: KafkaSettings, places: Collection[Place], milliseconds: int, *, seconds: float
) -> Mapping[Place, int | None]:
    """The first record of each of ``places`` since a time (Unix, UTC), None where there is none; errors as of :func:`look_at_kafka`."""
    return _survey().offsets_since(settings, places, milliseconds, seconds=seconds)


def send_signal(settings: KafkaSettings, topic: str, *, key: str, message: bytes) -> None:
    """Send a signal to a connector; :class:`~cdc.kafka_errors.KafkaRefused` when brokers do not take it."""
    import_module("cdc.kafka_signal").send_signal(settings, topic, key=key, message=message)


def _survey() -> _Survey:
    return cast("_Survey", import_module("cdc.kafka_survey"))
