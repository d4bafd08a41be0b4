"""Publish the outbox to a topic: in order for each profile, without a gap, each entry at least once.

The position is that of a stream (:mod:`cdc.store`), held under an owner epoch, and moves only when everything before it was
acknowledged. Whoever takes over, after a crash or beside a publisher that was thought dead, sends again what was sent and not
noted. Each run begins at a noted position and sends in order from there, so that what a reader sees for the first time always
comes in order: whatever is not newer than the newest it has seen of a profile is a repetition.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from cdc.errors import FencedOut, PublisherReplaced
from cdc.store import Position, advance, claim, position_of
from cdc.tables import stream_position
from profiles import Message, messages
from storage import TRACEPARENT, Bell, Database, OutboxReader, StoredEntry, begin

#: How the streams of publishers begin; no transport's does.
PUBLISHING: Final = "publish:"
_BATCH: Final = 1_000
#: How soon entries are found without a wake-up, and how long a database that does not answer is left alone.
_POLL_SECONDS: Final = 1.0

Tell = Callable[[str], None]


class Sender(Protocol):
    """Sends messages to where a publisher publishes."""

    def send(self, batch: Sequence[Message], stop: threading.Event) -> bool:
        """Return True when every message was acknowledged, in order for each key; False when ``stop`` was set before."""
        ...

    def close(self) -> None:
        """Give up what was not acknowledged."""
        ...


class Publisher:
    """Publishes one installation's outbox; used by one thread."""

    def __init__(  # noqa: PLR0913 - each named
        self,
        database: Database,
        sender: Sender,
        *,
        stream: str,
        bell: Bell,
        tell: Tell,
        trouble: Callable[[DBAPIError], str] = lambda _: "the database does not answer; waiting for it",
    ) -> None:
        """``stream`` is the name of the position; ``tell`` hears, once, what is in the way of the database, and that it is over.

        ``trouble`` puts the former into words.
        """
        self._database = database
        self._sender = sender
        self._stream = stream
        self._bell = bell
        self._tell = tell
        self._reader = OutboxReader()
        self._trouble = trouble
        self._is_answering = True

    def run(self, stop: threading.Event) -> None:
        """Publish until ``stop`` is set; :class:`PublisherReplaced` when another publisher took over."""
        held: Position | None = None
        while not stop.is_set():
            is_behind = False
            try:
                held = held or self.claim()
                is_behind = self.publish(held, stop)
                self._heard(None)
            except (OperationalError, InterfaceError, InternalError) as error:
                # An internal error: for PostgreSQL's driver the database can only be read. Others, as a missing table, do not pass by themselves.
                self._heard(error)
            if not is_behind:
                self._bell.wait(_POLL_SECONDS)

    def claim(self) -> Position:
        """Become the publisher."""
        with self._database.write() as connection:
            return claim(connection, self._stream)

    def publish(self, held: Position, stop: threading.Event) -> bool:
        """Publish the next entries and move the position; whether there may be more.

        The position is read anew: a commit that was not answered may have moved it.
        """
        try:
            with self._database.read() as connection:
                at = position_of(connection, held)
            entries = self._reader.read(self._database, at.next_offset, _BATCH)
            if not entries or not self._send(entries, stop):
                return False
            with self._database.write() as connection:
                advance(connection, at, entries[-1].seq + 1, None)
        except FencedOut:
            raise PublisherReplaced(self._stream) from None
        return len(entries) == _BATCH

    def _send(self, entries: Sequence[StoredEntry], stop: threading.Event) -> bool:
        contexts = (found for entry in entries if (found := entry.entry.payload.get(TRACEPARENT)))
        work = begin("onefold.publish", "producer", contexts, {"messaging.batch.message_count": len(entries)})
        with work.inside():
            is_sent = self._sender.send(_messages(entries), stop)
        work.end("" if is_sent else "NotAcknowledged")
        return is_sent

    def _heard(self, error: DBAPIError | None) -> None:
        if self._is_answering is (error is not None):
            self._tell("the database answers again" if error is None else self._trouble(error))
        self._is_answering = error is None


def _messages(entries: Sequence[StoredEntry]) -> list[Message]:
    return [message for entry in entries for message in messages(entry)]


def publishing_stream(topic: str) -> str:
    """The name of the position of what is published to a Kafka topic."""
    return f"{PUBLISHING}{topic}"


def forget_publisher(connection: Connection, topic: str) -> bool:
    """Forget how far a topic was published, so that the outbox is not kept for it any more; False when it never was.

    A publisher of it that lives on stops; one that starts anew begins with what the outbox holds then.
    """
    statement = sa.delete(stream_position).where(stream_position.c.stream == publishing_stream(topic))
    return bool(connection.execute(statement).rowcount)


def published_up_to(connection: Connection) -> int | None:
    """The number below which every publisher has published everything; None where none ever was."""
    query = sa.select(sa.func.min(stream_position.c.next_offset)).where(stream_position.c.stream.startswith(PUBLISHING))
    return connection.execute(query).scalar()
