"""``onefold publish``: tell others, through Kafka, what changes about profiles."""

import time
from typing import Final

import typer

from cli.console import say
from cli.interrupts import interruptible
from cli.operations import MetricsPort, watched
from cli.options import DEFAULT_CONFIG, ConfigFile, examples, installation
from cli.outgoing import publish_until
from cli.workers import workers

_POLL_SECONDS: Final = 0.05


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("publish", epilog=examples("onefold publish", "onefold publish --metrics-port 9465"))(publish)


def publish(context: typer.Context, *, metrics_port: MetricsPort = None, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Publish changes of profiles to the Kafka topic of the settings, until Ctrl-C or SIGTERM.

    Each message names a profile by its id and says what happened: created, changed, merged, split, ended; no personal
    data. Those about one profile come in order, none is left out, and one may come twice: its sequence number tells.
    Goes on from where the last publisher stood, however that ended. Waits while Kafka or the database is away. Only the
    publisher that started last publishes; another one stops with an error.
    """
    with (
        interruptible() as interrupt,
        installation(context, config) as parts,
        watched(parts, metrics_port, command="publish"),
    ):
        brokers = ", ".join(parts.settings.kafka.bootstrap_servers)
        with workers() as crew:
            crew.start("publish", lambda stop: publish_until(parts, stop))
            say(f"publishing to topic {parts.settings.publish.topic!r} at {brokers} (Ctrl-C ends it)")
            while not crew.stop.is_set() and not interrupt.received:
                time.sleep(_POLL_SECONDS)
