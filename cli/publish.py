"""``onefold publish``: tell others, through Kafka, what changes about profiles."""

import time
from pathlib import Path
from typing import Annotated, Final

import typer

from cdc import PUBLISHING, forget_publisher, stream_positions
from cli.audited import act_of_operator, audit_log
from cli.console import complain, say
from cli.interrupts import interruptible
from cli.operations import MetricsPort, watched
from cli.options import DEFAULT_CONFIG, ConfigFile, examples, installation
from cli.outgoing import publish_until
from cli.traced import traced
from cli.workers import workers

_POLL_SECONDS: Final = 0.05
_WRONG_USE: Final = 2


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "publish",
        epilog=examples(
            "onefold publish",
            "onefold publish --metrics-port 9465",
            "onefold publish --forget old.profiles   # the topic was renamed: what it was not told is not kept for it",
        ),
    )(publish)


def publish(
    context: typer.Context,
    *,
    forget: Annotated[
        str,
        typer.Option(
            metavar="TOPIC", show_default=False, help="Publish nothing; keep the outbox no longer for this topic."
        ),
    ] = "",
    metrics_port: MetricsPort = None,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Publish changes of profiles to the Kafka topic of the settings, until Ctrl-C or SIGTERM.

    Each message names a profile by its id and says what happened: created, changed, merged, split, ended; no personal
    data. Those about one profile come in order, none is left out, and one may come twice: its sequence number tells.
    Goes on from where the last publisher stood, however that ended. Waits while Kafka or the database is away. Only the
    publisher that started last publishes; another one stops with an error.

    The outbox keeps what a topic was not told yet, however old it is. For one that nobody publishes any more, --forget ends that
    (an entry in the audit log stays); published again, it begins with what the outbox holds then.
    """
    if forget:
        _forget(context, config, forget)
        return
    with (
        interruptible() as interrupt,
        installation(context, config) as parts,
        traced(parts),
        watched(parts, metrics_port, command="publish"),
    ):
        brokers = ", ".join(parts.settings.kafka.bootstrap_servers)
        with workers() as crew:
            crew.start("publish", lambda stop: publish_until(parts, stop))
            say(f"publishing to topic {parts.settings.publish.topic!r} at {brokers} (Ctrl-C ends it)")
            while not crew.stop.is_set() and not interrupt.received:
                time.sleep(_POLL_SECONDS)


def _forget(context: typer.Context, config: Path, topic: str) -> None:
    with (
        installation(context, config) as parts,
        audit_log(parts) as audit,
        parts.database.write() as connection,
    ):
        if not forget_publisher(connection, topic):
            streams = (at.stream for at in stream_positions(connection))
            known = [name.removeprefix(PUBLISHING) for name in streams if name.startswith(PUBLISHING)]
            complain(f"nothing was published to that topic; there is {', '.join(map(repr, known)) or 'none'}")
            raise typer.Exit(_WRONG_USE)
        audit.append(connection, [act_of_operator("publish_forget", rows=1)])
    say(f"the outbox is not kept for topic {topic!r} any more")
