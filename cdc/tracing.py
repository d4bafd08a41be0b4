"""What a batch's span says and what it goes on with: the contexts in its events' Kafka headers."""

from collections.abc import Iterable, Iterator, Sequence

from cdc.changes import RawEvent
from cdc.kafka_streams import StreamName
from storage import NO_WORK, TRACEPARENT, Attribute, Work, begin, is_tracing

#: A context has 55 characters; what is much longer is none.
_LONGEST = 128
#: As what the work on a batch ends that was prepared and is not written: an error stopped what came before it, or its partition went.
DROPPED = "Dropped"


def begin_batch(raws: Sequence[RawEvent]) -> Work:
    """Begin the work on a batch of one stream; nothing is read where nobody traces."""
    if not is_tracing():
        return NO_WORK
    return begin("onefold.batch", "consumer", contexts_of(raws), _attributes(raws))


def contexts_of(raws: Iterable[RawEvent]) -> Iterator[str]:
    """The trace contexts of events; a header converter may have written one as a JSON text."""
    for raw in raws:
        found = raw.headers.get(TRACEPARENT)
        if found is not None and len(found) <= _LONGEST:
            yield found.decode("ascii", "replace").strip('"')


def _attributes(raws: Sequence[RawEvent]) -> dict[str, Attribute]:
    """Say where a batch comes from; of files and captured databases only that, their names are paths of somebody's machine."""
    said: dict[str, Attribute] = {"messaging.batch.message_count": len(raws)}
    stream = StreamName.parse(raws[0].stream) if raws else None
    if stream is not None:
        place = stream.place
        said |= {"messaging.system": "kafka", "messaging.destination.name": place.topic}
        said |= {"messaging.destination.partition.id": str(place.partition), "messaging.operation.type": "process"}
    return said
