"""What Kafka says of the streams that are read from it: how far behind each is, and whether it can be read on."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from cdc import KafkaRefused, KafkaSettings, KafkaUnreachable, Position, kafka_lag
from storage import ConfigError

#: For each question to the brokers; whoever looks does not wait for an estate that is down.
_SECONDS: Final = 2.0


def kafka_state(
    settings: KafkaSettings, known: Sequence[Position], *, is_read: Callable[[str], bool]
) -> dict[str, Any]:
    """``lags`` by stream, also of partitions of topics that ``is_read`` with which no worker has begun, ``faults`` that keep partitions from being read on, and why Kafka could not be asked ("" if it was)."""
    try:
        found = kafka_lag(settings, known, is_read=is_read, seconds=_SECONDS)
    except KafkaUnreachable:
        return {"lags": {}, "faults": [], "unknown": "Kafka does not answer, so no lag is shown"}
    except (KafkaRefused, ConfigError) as error:
        return {"lags": {}, "faults": [], "unknown": str(error)}
    return {"lags": dict(found.lags), "faults": list(found.faults), "unknown": ""}
