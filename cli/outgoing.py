"""The publisher of an installation: as a command of its own, or beside another one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from threading import Event

from cdc import Publisher, open_sender, publishing_stream
from cli.console import complain, say
from cli.database_errors import database_message
from cli.parts import Parts
from cli.workers import workers
from storage import OnefoldError


def publish_until(parts: Parts, stop: Event) -> None:
    """Publish what is in the outbox and what comes, until ``stop`` is set."""
    topic = parts.settings.publish.topic
    with closing(open_sender(parts.settings.kafka, topic, tell=say)) as sender:
        stream = publishing_stream(topic)
        trouble = partial(database_message, is_tried_again=True)
        Publisher(parts.database, sender, stream=stream, bell=parts.bell, tell=say, trouble=trouble).run(stop)


@contextmanager
def publishing_beside(command: str, parts: Parts) -> Iterator[None]:
    """Publish while ``command`` works, if the settings say so; the work goes on when publishing cannot."""
    if command not in parts.settings.publish.beside:
        yield
        return

    def publish(stop: Event) -> None:
        try:
            publish_until(parts, stop)
        except OnefoldError as error:
            complain(f"publishing ended: {error}")

    with workers() as crew:
        crew.start("publish", publish)
        yield
