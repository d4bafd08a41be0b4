"""The outbox: what changed, committed with the change itself and read in commit order.

An entry names ids and kinds only, never a personal value.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.bulk import insert
from storage.metadata import MAIN, Bytes, DataClass, column

outbox = sa.Table(
    "outbox",
    MAIN,
    column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), DataClass.INTERNAL, primary_key=True),
    column("at", sa.BigInteger, DataClass.INTERNAL),
    column("topic", sa.Text, DataClass.INTERNAL),
    column("subject", Bytes(16), DataClass.INTERNAL),
    column("payload", sa.Text, DataClass.INTERNAL),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One message: ``topic`` such as ``profile.merged``, the 16-byte id it is about, and clear details."""

    topic: str
    subject: bytes
    payload: dict[str, str]


def publish(connection: Connection, entries: Collection[OutboxEntry], *, at: int) -> None:
    """Append ``entries`` in the caller's transaction; ``at`` is a wall time in microseconds."""
    rows = [
        {"at": at, "topic": e.topic, "subject": e.subject, "payload": json.dumps(e.payload, separators=(",", ":"))}
        for e in entries
    ]
    insert(connection, outbox, rows)
