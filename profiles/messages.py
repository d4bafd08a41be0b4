"""The messages of the topic ``onefold.profiles``, made of outbox entries (docs/formats/profile-events.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from storage import TRACEPARENT, StoredEntry

VERSION: Final = 1
#: Every kind of message. Where two profiles are concerned each has a message of its own: :data:`COUNTERPARTS`.
MESSAGE_KINDS: Final = (
    "created",
    "changed",
    "joined",
    "merged",
    "merged_into",
    "split",
    "split_from",
    "moved",
    "moved_to",
    "ended",
)
#: What the other profile of an entry hears.
COUNTERPARTS: Final = {"merged": "merged_into", "split": "split_from", "moved": "moved_to"}

_PREFIX: Final = "profile."
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to Kafka; ``key`` is the text of the profile's id, so that one partition holds all of one profile."""

    kind: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class _Body(msgspec.Struct, omit_defaults=True):
    version: int
    sequence: int
    kind: str
    profile: UUID
    at: str
    other: UUID | None = None


def messages(stored: StoredEntry) -> Iterator[Message]:
    """The messages of one entry: none where it is not about a profile, two where it is about two."""
    topic, subject = stored.entry.topic, UUID(bytes=stored.entry.subject)
    if not topic.startswith(_PREFIX):
        return
    kind = topic.removeprefix(_PREFIX)
    other = UUID(stored.entry.payload["other"]) if "other" in stored.entry.payload else None
    yield _message(stored, kind, subject, other)
    if other is not None and kind in COUNTERPARTS:
        yield _message(stored, COUNTERPARTS[kind], other, subject)


def _message(stored: StoredEntry, kind: str, profile: UUID, other: UUID | None) -> Message:
    body = _Body(VERSION, stored.seq, kind, profile, _moment(stored.at), other)
    headers = [("kind", kind.encode()), ("version", str(VERSION).encode())]
    if TRACEPARENT in stored.entry.payload:
        headers.append((TRACEPARENT, stored.entry.payload[TRACEPARENT].encode()))
    return Message(kind, str(profile).encode(), msgspec.json.encode(body), tuple(headers))


def _moment(at: int) -> str:
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="microseconds").replace("+00:00", "Z")
