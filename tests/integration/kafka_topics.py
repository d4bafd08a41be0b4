"""Captured events on a real broker, under topics of their own, and an installation that reads them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaProducer

from bench.events import write_events
from cdc import RawEvent, stream_positions
from tests.estate.kafka import KafkaBroker
from tests.installation import DATA, Installation, captured

MAPPING: Final = (DATA / "mappings" / "shop.toml").read_text()
EVENTS: Final = 3_000
BUSINESS_TOPICS: Final = (
    *(f"shop.public.{table}" for table in ("customers", "orders", "order_items", "page_events")),
    *(f"pos.pos.{table}" for table in ("members", "receipts", "receipt_lines")),
)
SAMPLE: Final = DATA / "debezium" / "pg.noschema.string.jsonl"


class Topics:
    """Topics of one test: each name begins with ``prefix``."""

    def __init__(self, kafka: KafkaBroker) -> None:
        self.kafka = kafka
        self.prefix = f"t{uuid4().hex[:12]}"

    def name(self, topic: str) -> str:
        """The name of a captured event's topic here."""
        return f"{self.prefix}.{topic}"

    def create(self, topics: Mapping[str, Mapping[str, Any]]) -> None:
        """Make topics, by their captured names, with Kafka's own options."""
        with closing(KafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)) as admin:
            admin.create_topics(
                {self.name(topic): dict(options) for topic, options in topics.items()}, wait_for_metadata=True
            )

    def produce(self, events: Sequence[RawEvent], **settings: Any) -> None:
        """Write events, each to its topic; a row's events go to one partition."""
        with self.producer(**settings) as producer:
            for event in events:
                self.send(producer, event)
            producer.flush()

    def send(self, producer: Any, event: RawEvent) -> Any:
        """Write one event; gives kafka-python's future."""
        headers = list(event.headers.items())
        return producer.send(self.name(event.topic), key=event.key, value=event.value, headers=headers)

    @contextmanager
    def producer(self, **settings: Any) -> Iterator[Any]:
        """A producer that is closed at the end."""
        with closing(KafkaProducer(bootstrap_servers=self.kafka.bootstrap, linger_ms=20, **settings)) as producer:
            yield producer

    def mapping(self, mapping: str = MAPPING, *, group: str = "") -> str:
        """The mapping, for these topics and this broker."""
        text = mapping.replace('topics = "', f'topics = "{self.prefix}.')
        return f'{text}\n[kafka]\nbootstrap_servers = ["{self.kafka.bootstrap}"]\ngroup = "{group or self.prefix}"\n'


def of_tables(events: Sequence[RawEvent]) -> list[RawEvent]:
    """Those that a source's tables send; the others change nothing."""
    return [event for event in events if event.topic.count(".") == 2]


def sample(path: Path = SAMPLE) -> list[RawEvent]:
    """Real captured events of tables."""
    return of_tables(captured(path))


def some_business(folder: Path) -> list[RawEvent]:
    """``EVENTS`` events about persons and facts of two channels."""
    write_events(folder / "events.jsonl", EVENTS)
    return captured(folder / "events.jsonl")


def spread_topics(kafka: KafkaBroker) -> Topics:
    """Topics for that business, of three partitions each."""
    found = Topics(kafka)
    found.create({name: {"num_partitions": 3} for name in BUSINESS_TOPICS})
    return found


def read_so_far(one: Installation) -> int:
    """Events behind the stored positions."""
    with one.parts.database.read() as connection:
        return sum(held.next_offset for held in stream_positions(connection))


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was awaited did not come"
        time.sleep(0.05)
