"""What a reader of the topic of profile events sees, and what such a reader may rely on."""

import json
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from kafka import KafkaConsumer

from profiles import messages
from storage import Database, OutboxEntry, StoredEntry, outbox


@dataclass(frozen=True, slots=True)
class Seen:
    """One message, as it came."""

    partition: int
    key: str
    kind: str
    raw: bytes
    body: dict[str, Any]

    @property
    def sequence(self) -> int:
        """The number of the outbox entry."""
        return int(self.body["sequence"])


def expected(database: Database) -> list[tuple[int, str, str]]:
    """Sequence, key and kind of every message that the whole outbox stands for."""
    with database.read() as connection:
        rows = connection.execute(sa.select(outbox).order_by(outbox.c.seq)).all()
    entries = (StoredEntry(r.seq, r.at, OutboxEntry(r.topic, r.subject, json.loads(r.payload))) for r in rows)
    return [(e.seq, message.key.decode(), message.kind) for e in entries for message in messages(e)]


def read_topic(bootstrap: str, topic: str, *, at_least: int, seconds: float = 30) -> list[Seen]:
    """All messages of a topic, once there are as many different ones as expected; what there is when they do not come."""
    seen: list[Seen] = []
    deadline = time.monotonic() + seconds
    settings: dict[str, Any] = {"auto_offset_reset": "earliest", "metadata_max_age_ms": 500}
    with closing(KafkaConsumer(topic, bootstrap_servers=bootstrap, **settings)) as consumer:
        while len({(s.sequence, s.key) for s in seen}) < at_least and time.monotonic() < deadline:
            for batch in consumer.poll(timeout_ms=300).values():
                seen += [_seen(record) for record in batch]
    return seen


def _seen(record: Any) -> Seen:
    headers = dict(record.headers)
    return Seen(record.partition, record.key.decode(), headers["kind"].decode(), record.value, json.loads(record.value))


def fresh(seen: Iterable[Seen]) -> list[tuple[int, str, str]]:
    """What a careful reader keeps: of each profile, only what is newer than the newest that it has seen of it."""
    newest: dict[str, int] = {}
    kept = []
    for message in seen:
        if message.sequence > newest.get(message.key, 0):
            newest[message.key] = message.sequence
            kept.append((message.sequence, message.key, message.kind))
    return sorted(kept)
