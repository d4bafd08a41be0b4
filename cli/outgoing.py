"""The publisher of an installation: as a command of its own, or beside another one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event
from typing import Any

from cdc import KafkaSender, Publisher, publishing_stream
from cli.console import complain, say
from cli.parts import Parts
from cli.settings import Settings
from cli.workers import workers
from storage import ConfigError, OnefoldError


def publish_until(parts: Parts, stop: Event) -> None:
    """Publish what is in the outbox and what comes, until ``stop`` is set."""
    topic = parts.settings.publish.topic
    with closing(KafkaSender(topic, kafka_options(parts.settings), tell=say)) as sender:
        stream = publishing_stream(topic)
        Publisher(parts.database, sender, stream=stream, bell=parts.bell, tell=say).run(stop)


def kafka_options(settings: Settings) -> dict[str, Any]:
    """Give what every Kafka client of the installation needs; :class:`storage.ConfigError` when no broker is named."""
    if settings.kafka_bootstrap is None:
        raise ConfigError("names no broker, and publishing needs one", file=str(settings.file), where="kafka.bootstrap")
    return {"bootstrap_servers": [host.strip() for host in settings.kafka_bootstrap.split(",")]}


@contextmanager
def publishing_beside(command: str, parts: Parts) -> Iterator[None]:
    """Publish while ``command`` works, if the settings say so; the work goes on when publishing cannot."""
    if command not in parts.settings.publish.beside:
        yield
        return
    kafka_options(parts.settings)

    def publish(stop: Event) -> None:
        try:
            publish_until(parts, stop)
        except OnefoldError as error:
            complain(f"publishing ended: {error}")

    with workers() as crew:
        crew.start("publish", publish)
        yield
