"""A real Kafka broker of one node (KRaft), which tells apart what it acknowledged from what it did not.

Each record that a test reads is a `Record` in the form of the captured samples: the JSON texts of key, value, headers.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaError

from tests.estate.jvm import java_command
from tests.services.ports import free_port, is_open
from tests.services.process import Service, ServiceFailedError

HEAP_MB = 320
CLUSTER_ID = "onefold-tests-estate-w"  # 22 characters of base64
SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
# One node holds everything, once.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
# After a `kill -9` the broker is let in again when its former self is given up: after 9 s by default.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# Of the heap, 128 MB by default.
log.cleaner.dedupe.buffer.size=4194304
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic; `key` and `value` are None where Kafka has none, `headers` maps names to texts."""

    topic: str
    key: str | None
    value: str | None
    headers: dict[str, str] = field(default_factory=dict)


class KafkaBroker(Service):
    """The broker at `bootstrap` ("127.0.0.1:port")."""

    name = "kafka"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        settings = SETTINGS.format(port=self.port, controller=free_port(), data=self.folder / "data")
        self._settings = self.write("server.properties", settings)
        self.run(java_command("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", self._settings, heap_mb=128))

    def command(self) -> list[str | Path]:
        """Return the program and its arguments."""
        return java_command("kafka.Kafka", self._settings, heap_mb=HEAP_MB)

    def is_ready(self) -> bool:
        """Return whether the broker is part of its cluster and answers."""
        if not is_open(self.port):
            return False
        try:
            with closing(KafkaAdminClient(bootstrap_servers=self.bootstrap)) as admin:
                return bool(admin.describe_cluster()["brokers"])
        except KafkaError:
            return False

    def read(
        self, topics: Sequence[str], until: Callable[[list[Record]], bool], *, seconds: float = 60
    ) -> list[Record]:
        """Return the records of `topics` from their beginning up to the batch that makes `until` true.

        A topic may still be missing. Raises `ServiceFailedError` after `seconds`.
        """
        records: list[Record] = []
        deadline = time.monotonic() + seconds
        with self._consumer(topics) as consumer:
            while time.monotonic() < deadline:
                batches = consumer.poll(timeout_ms=500).values()
                records += [_record(message) for batch in batches for message in batch]
                if until(records):
                    return records
        read = "\n".join(f"{record.topic} {record.key} {record.value}" for record in records[-20:])
        raise ServiceFailedError(f"What was awaited on {topics} did not come within {seconds:g} s. Last read:\n{read}")

    def _consumer(self, topics: Sequence[str]) -> closing[KafkaConsumer]:
        consumer = KafkaConsumer(
            bootstrap_servers=self.bootstrap,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            metadata_max_age_ms=500,  # how soon a topic is noticed that somebody creates
        )
        consumer.subscribe(topics)
        return closing(consumer)


def _record(message: Any) -> Record:
    headers = {name: value.decode() for name, value in message.headers}
    return Record(message.topic, _text(message.key), _text(message.value), headers)


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode(errors="surrogateescape")
