"""Parked events: what cannot be applied waits here, sealed, and later events of the same row queue behind it."""

import base64
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cdc.changes import Change, RawEvent, Unusable
from cdc.files import NO_EVENT
from cdc.tables import parked_event
from privacy import LP, CellCipher, DataKey, IdentityTokens
from storage import delete_in, insert, select_in

_WAITING = sa.select(parked_event.c.row_token)


@dataclass(frozen=True, slots=True)
class Parking:
    """An event about to be parked; ``row_token`` None when its key cannot be read."""

    raw: RawEvent
    code: str
    message: str
    source: str = ""
    table: str = ""
    row_token: bytes | None = None
    waits_for: bytes | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked event without its payload: what ``onefold parked list`` shows. ``parked_at`` in microseconds."""

    id: int
    stream: str
    offset: int
    topic: str
    source: str
    table: str
    code: str
    message: str
    parked_at: int


#: Codes that say nothing about the event itself, but why it cannot be applied yet.
QUEUED = "queued"
WAITING = "waiting"

_LONGEST_NAME = 1_000


@dataclass(frozen=True, slots=True)
class Taken:
    """A parked event opened for another try."""

    id: int
    raw: RawEvent
    row_token: bytes | None
    code: str
    message: str

    def change(self, translate: Callable[[RawEvent], Change]) -> Change:
        """What it means by now; a line of a file that held no event stays parked for what it was parked for."""
        if NO_EVENT in self.raw.headers:
            return Unusable(self.raw.stream, self.raw.offset, self.code, self.message)
        return translate(self.raw)


class ParkingLot:
    """Seals parked payloads under the installation's TDLQ key."""

    def __init__(self, key: DataKey, cipher: CellCipher, tokens: IdentityTokens) -> None:
        """``tokens`` makes the fingerprint by which a redelivered event is known."""
        self._key = key
        self._cipher = cipher
        self._tokens = tokens

    def fingerprint(self, raw: RawEvent) -> bytes:
        """The same for the same event, wherever it is read."""
        return self._tokens.token("event", LP(raw.topic, raw.key or b"", raw.value or b""))

    def known(self, connection: Connection, events: Iterable[RawEvent]) -> set[bytes]:
        """The fingerprints among ``events`` that are parked already."""
        query = sa.select(parked_event.c.fingerprint)
        prints = {self.fingerprint(raw) for raw in events}
        return {row.fingerprint for row in select_in(connection, query, parked_event.c.fingerprint, prints)}

    def park(self, connection: Connection, parkings: Sequence[Parking], *, at: int) -> int:
        """Park the events that are not parked yet; gives how many."""
        known = self.known(connection, [p.raw for p in parkings])
        fresh: dict[bytes, Parking] = {}
        for parking in parkings:
            fingerprint = self.fingerprint(parking.raw)
            if fingerprint not in known:
                fresh.setdefault(fingerprint, parking)
        insert(connection, parked_event, [self._row(f, p, at) for f, p in fresh.items()])
        return len(fresh)

    def repark(self, connection: Connection, parkings: Mapping[int, Parking]) -> None:
        """Write anew why parked events stay, by id: their row, their code and what they wait for may be known only now."""
        if not parkings:
            return
        names = ("row_token", "waits_for", "source", "table_name", "code", "message")
        statement = (
            sa.update(parked_event)
            .where(parked_event.c.id == sa.bindparam("of"))
            .values({name: sa.bindparam(f"new_{name}") for name in names})
        )
        rows = [
            {"of": number, **{f"new_{name}": value for name, value in _reason(parking).items()}}
            for number, parking in parkings.items()
        ]
        connection.execute(statement, rows)

    def take(self, connection: Connection, row_tokens: Collection[bytes]) -> list[Taken]:
        """All parked events of these rows, oldest first."""
        return self._taken(select_in(connection, sa.select(parked_event), parked_event.c.row_token, row_tokens))

    def open(self, connection: Connection, ids: Collection[int]) -> list[Taken]:
        """The parked events with these ids, oldest first."""
        return self._taken(select_in(connection, sa.select(parked_event), parked_event.c.id, ids))

    def _taken(self, rows: Iterable[Row[Any]]) -> list[Taken]:
        oldest_first = sorted(rows, key=lambda row: int(row.id))
        return [Taken(row.id, self._open(row), row.row_token, row.code, row.message) for row in oldest_first]

    def _row(self, fingerprint: bytes, parking: Parking, at: int) -> dict[str, Any]:
        raw = parking.raw
        return {
            "fingerprint": fingerprint,
            **_reason(parking),
            "stream": raw.stream,
            "stream_offset": raw.offset,
            "topic": _storable(raw.topic),
            "parked_at": at,
            "payload": self._seal(raw),
        }

    def _seal(self, raw: RawEvent) -> bytes:
        text = msgspec.json.encode([_text(raw.key), _text(raw.value), {k: _text(v) for k, v in raw.headers.items()}])
        return self._cipher.seal(self._key, table="parked_event", column="payload", value=text.decode())

    def _open(self, row: Row[Any]) -> RawEvent:
        text = self._cipher.open(self._key, row.payload, table="parked_event", column="payload")
        key, value, headers = msgspec.json.decode(text)
        return RawEvent(
            row.stream,
            row.stream_offset,
            row.topic,
            _bytes(key),
            _bytes(value),
            {k: _bytes(v) or b"" for k, v in headers.items()},
        )


def _reason(parking: Parking) -> dict[str, Any]:
    return {
        "row_token": parking.row_token,
        "waits_for": parking.waits_for,
        "source": parking.source,
        "table_name": _storable(parking.table),
        "code": parking.code,
        "message": _storable(parking.message),
    }


def _storable(text: str) -> str:
    """Names in a broken event may be anything: databases refuse NUL, and nobody reads a page of it."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST_NAME]


def waiting_rows(connection: Connection, delete_halves: Collection[bytes]) -> set[bytes]:
    """The rows whose parked create half waits for one of these rows' delete half."""
    return {row.row_token for row in select_in(connection, _WAITING, parked_event.c.waits_for, delete_halves)}


def list_parked(connection: Connection, *, limit: int = 100, code: str | None = None) -> list[Parked]:
    """The oldest parked events, without payloads."""
    c = parked_event.c
    query = sa.select(c.id, c.stream, c.stream_offset, c.topic, c.source, c.table_name, c.code, c.message, c.parked_at)
    query = query.order_by(c.id).limit(limit)
    return [Parked(*row) for row in connection.execute(query if code is None else query.where(c.code == code))]


def count_parked(connection: Connection) -> dict[str, int]:
    """How many events are parked under each code."""
    query = sa.select(parked_event.c.code, sa.func.count().label("events")).group_by(parked_event.c.code)
    return {row.code: row.events for row in connection.execute(query)}


def parked_ids(connection: Connection, among: Collection[int] | None = None) -> list[int]:
    """The ids of all parked events, or of those ``among`` these that are parked, oldest first."""
    query = sa.select(parked_event.c.id)
    rows = connection.execute(query) if among is None else select_in(connection, query, parked_event.c.id, among)
    return sorted(row.id for row in rows)


def drop_parked(connection: Connection, ids: Collection[int]) -> None:
    """Forget parked events (retried, or given up)."""
    delete_in(connection, parked_event, parked_event.c.id, ids)


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else base64.b64decode(value)
