"""Where the streams of a source end in Kafka, for those who must know that all of it was read."""

from collections.abc import Sequence
from typing import Final

from cdc import Ends, KafkaRefused, KafkaUnreachable, Position, StreamEnds, StreamName, kafka_ends
from cli.settings import Settings
from storage import ConfigError

_SECONDS: Final = 2.0


def source_ends(settings: Settings) -> Ends:
    """Make what tells, of a source and known streams, where its streams end; nothing of one that was never read from Kafka."""

    def ends(source: str, known: Sequence[Position]) -> StreamEnds:
        if not any(_carries(settings, name.place.topic, source) for name in _named(known)):
            return StreamEnds()
        try:
            found = kafka_ends(
                settings.kafka, known, is_wanted=lambda topic: _carries(settings, topic, source), seconds=_SECONDS
            )
        except KafkaUnreachable:
            return StreamEnds(obstacles=("Kafka does not answer, so where the source's streams end is not known",))
        except (KafkaRefused, ConfigError) as error:
            return StreamEnds(obstacles=(f"where the source's streams end is not known: {error}",))
        return StreamEnds(found.ends, found.faults)

    return ends


def _named(known: Sequence[Position]) -> list[StreamName]:
    return [name for at in known if (name := StreamName.parse(at.stream))]


def _carries(settings: Settings, topic: str, source: str) -> bool:
    found = settings.mapping.source_of_topic(topic)
    return found is not None and found.name == source
