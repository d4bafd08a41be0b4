"""How far behind the streams of Kafka are: where each ends now, and what keeps it from being read on. Nothing is claimed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cdc.kafka_errors import Place
from cdc.kafka_opening import look_at_topics
from cdc.kafka_settings import KafkaSettings
from cdc.kafka_streams import Log, StreamName, current_stream, fault
from cdc.store import Position


@dataclass(frozen=True, slots=True)
class KafkaLag:
    """``ends``: the offset that the next record of each stream will have; ``lags``: records that were not read; ``faults`` for people."""

    ends: Mapping[str, int]
    lags: Mapping[str, int]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KafkaEnds:
    """``ends``: where each stream ends that has something to read; ``faults``, for people: what keeps others from being read on."""

    ends: Mapping[str, int]
    faults: tuple[str, ...] = ()


def kafka_places(known: Sequence[Position]) -> set[Place]:
    """The partitions among streams."""
    return {name.place for at in known if (name := StreamName.parse(at.stream))}


def kafka_lag(
    settings: KafkaSettings, known: Sequence[Position], *, is_read: Callable[[str], bool], seconds: float
) -> KafkaLag:
    """Ask Kafka about the streams among ``known``, and about partitions of topics that ``is_read`` with which no worker has begun.

    Nothing is asked where nothing was ever read from Kafka; errors as of :func:`cdc.look_at_topics`, and soon after ``seconds``.
    """
    places = kafka_places(known)
    topics = {place.topic for place in places}
    logs = look_at_topics(settings, lambda name: name in topics or is_read(name), seconds=seconds) if places else {}
    return lag_of({at: log for at, log in logs.items() if at in places or is_read(at.topic)}, known)


def lag_of(logs: Mapping[Place, Log], known: Sequence[Position]) -> KafkaLag:
    """Compare what Kafka has of partitions with what was read; one that it does not have (a deleted topic) is left out.

    What lies in a partition that nobody claimed waits as well; an empty one is no stream yet.
    """
    places, offsets = kafka_places(known), {at.stream: at.next_offset for at in known}
    ends: dict[str, int] = {}
    lags: dict[str, int] = {}
    faults: list[str] = []
    for place, log in sorted(logs.items()):
        stream = current_stream(place, log, known)
        if lost := fault(place, log, known):
            faults.append(str(lost))
        elif stream in offsets or (place not in places and log.end > log.first):
            ends[stream] = log.end
            lags[stream] = max(0, log.end - max(log.first, offsets.get(stream, 0)))
    return KafkaLag(ends, lags, tuple(faults))


def kafka_ends(
    settings: KafkaSettings, known: Sequence[Position], *, is_wanted: Callable[[str], bool], seconds: float
) -> KafkaEnds:
    """Ask Kafka where all partitions of wanted topics end, whether or not a worker has begun with them; errors as of :func:`kafka_lag`."""
    return ends_of(look_at_topics(settings, is_wanted, seconds=seconds), known)


def ends_of(logs: Mapping[Place, Log], known: Sequence[Position]) -> KafkaEnds:
    """Name the streams of partitions, also those that no worker ever claimed: what lies there waits as well."""
    offsets = {at.stream: at.next_offset for at in known}
    ends: dict[str, int] = {}
    faults: list[str] = []
    for place, log in sorted(logs.items()):
        stream = current_stream(place, log, known)
        if lost := fault(place, log, known):
            faults.append(str(lost))
        elif log.end > max(log.first, offsets.get(stream, 0)):
            ends[stream] = log.end
    return KafkaEnds(ends, tuple(faults))
