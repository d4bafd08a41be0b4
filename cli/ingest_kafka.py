"""``onefold ingest --from kafka``: a worker of the consumer group, until it is told to stop."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from cdc import (
    Consumer,
    KafkaReader,
    KafkaUnreachable,
    Reading,
    Report,
    TooManyMerges,
    open_kafka,
    stream_positions,
    topic_pattern,
    topic_reader,
)
from cli.console import say
from cli.database_errors import database_message
from cli.interrupts import Interrupt
from cli.parts import Parts
from storage import ConfigError

_STEP_SECONDS: Final = 0.2
_LONGEST_WAIT_SECONDS: Final = 10.0


@dataclass(slots=True)
class Told:
    """What became of the events of each stream, and what stood in the way; says it as it comes."""

    streams: dict[str, Report] = field(default_factory=dict)
    pause: TooManyMerges | None = None

    def applied(self, stream: str, report: Report) -> None:
        """Count a batch."""
        self.streams.setdefault(stream, Report()).add(report)

    def trouble(self, error: Exception) -> None:
        """Say what stands or waits."""
        if isinstance(error, TooManyMerges):
            self.pause = error
        say(database_message(error, is_tried_again=True) if isinstance(error, DBAPIError) else str(error))

    def recovered(self) -> None:
        """Say that it goes on."""
        say("all answers again; reading goes on")

    def total(self) -> Report:
        """Sum over all streams."""
        total = Report()
        for report in self.streams.values():
            total.add(report)
        return total

    def plain(self) -> list[dict[str, Any]]:
        """One entry for each stream, for programs."""
        return [{"stream": stream, **asdict(report)} for stream, report in sorted(self.streams.items())]


@dataclass(frozen=True, slots=True)
class KafkaOutcome:
    """``told`` and how many partitions stand at its end, its own and others for which it waited in vain."""

    told: Told
    standing: int


def ingest_kafka(parts: Parts, interrupt: Interrupt, reading: Reading, *, until_end: bool) -> KafkaOutcome:
    """Read as a member of the group until the interrupt, or until what is there now is applied.

    :class:`cdc.KafkaRefused` when brokers refuse; what may pass by itself is waited out.
    """
    told = Told()
    consumer = _connect(parts, told, lambda: interrupt.received)
    if consumer is None:
        return KafkaOutcome(told, 0)
    mapping = parts.settings.mapping
    reading = replace(reading, is_read=topic_reader(mapping, parts.settings.kafka.topics))
    reader = KafkaReader(
        consumer,
        parts.pipeline,
        told,
        known=lambda: _known(parts),
        reading=reading,
        source_of=mapping.source_of_topic,
    )
    try:
        reader.run(lambda: interrupt.received or (until_end and reader.is_caught_up()))
        return KafkaOutcome(told, reader.standing)
    finally:
        consumer.close()


def _known(parts: Parts) -> Any:
    with parts.database.read() as connection:
        return stream_positions(connection)


def _connect(parts: Parts, told: Told, is_over: Callable[[], bool]) -> Consumer | None:
    """Join the group, however long the brokers take; None when told to stop before."""
    settings = parts.settings
    pattern = topic_pattern(settings.mapping, settings.kafka.topics)
    if not pattern:
        raise ConfigError("no [[source]] names topics, so there is nothing to read", file=str(settings.file))
    wait, is_told = 0.5, False
    while not is_over():
        try:
            consumer = open_kafka(settings.kafka, pattern)
        except KafkaUnreachable as error:
            if not is_told:
                is_told = True
                told.trouble(error)
            _wait(wait, is_over)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
        else:
            if is_told:
                told.recovered()
            return consumer
    return None


def _wait(seconds: float, is_over: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not is_over():
        time.sleep(_STEP_SECONDS)
