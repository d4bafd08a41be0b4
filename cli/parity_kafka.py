"""Where the streams of a source end in Kafka, for those who must know that all of it was read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cdc import KafkaRefused, KafkaUnreachable, Position, StreamName, kafka_lag
from cli.settings import Settings
from storage import ConfigError

_SECONDS: Final = 2.0


def kafka_ends(settings: Settings) -> Callable[[str, Sequence[Position]], Mapping[str, int]]:
    """Make what tells, of a source and known streams, where those of them that carry it end; nothing where Kafka does not say."""

    def ends(source: str, known: Sequence[Position]) -> Mapping[str, int]:
        carried = [at for at in known if _carries(settings, at, source)]
        try:
            return kafka_lag(settings.kafka, carried, seconds=_SECONDS).ends
        except (KafkaUnreachable, KafkaRefused, ConfigError):
            return {}

    return ends


def _carries(settings: Settings, at: Position, source: str) -> bool:
    name = StreamName.parse(at.stream)
    found = settings.mapping.source_of_topic(name.place.topic) if name else None
    return found is not None and found.name == source
