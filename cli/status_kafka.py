"""What Kafka says of the streams that are read from it: how far behind each is, and whether it can be read on."""

from collections.abc import Sequence
from typing import Any, Final

from cdc import (
    KafkaRefused,
    KafkaSettings,
    KafkaUnreachable,
    Position,
    StreamName,
    current_stream,
    fault,
    look_at_kafka,
)
from storage import ConfigError

#: For each question to the brokers; whoever looks does not wait for an estate that is down.
_SECONDS: Final = 2.0


def kafka_state(settings: KafkaSettings, known: Sequence[Position]) -> dict[str, Any]:
    """``lags`` by stream, ``faults`` that keep partitions from being read on, and why Kafka could not be asked ("" if it was)."""
    places = {name.place for at in known if (name := StreamName.parse(at.stream))}
    if not places:
        return {"lags": {}, "faults": [], "unknown": ""}
    try:
        logs = look_at_kafka(settings, places, seconds=_SECONDS)
    except KafkaUnreachable:
        return {"lags": {}, "faults": [], "unknown": "Kafka does not answer, so no lag is shown"}
    except (KafkaRefused, ConfigError) as error:
        return {"lags": {}, "faults": [], "unknown": str(error)}
    offsets = {at.stream: at.next_offset for at in known}
    lags: dict[str, int] = {}
    faults: list[str] = []
    for place in sorted(places):
        if place not in logs:  # a topic that was deleted; its stream stays as it is
            continue
        if lost := fault(place, logs[place], known):
            faults.append(str(lost))
        elif (stream := current_stream(place, logs[place], known)) in offsets:
            lags[stream] = max(0, logs[place].end - offsets[stream])
    return {"lags": lags, "faults": faults, "unknown": ""}
