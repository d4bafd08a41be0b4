"""How far an engine has read, as Onefold's database keeps it: Debezium's own offset, written with the batch that it is behind.

A place is safe to go on from when no event before it is missing and none after it would be skipped. Several events can share one
place in the source's log (both halves of a primary-key change, rows that one statement wrote together, a truncate of several tables,
all rows of an unfinished snapshot): Debezium, started at such a place, skips the rest of them. So what is kept is the offset of the
last event before which the place changed; events that come once more are known by their positions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.capture.connector import Connector
from cdc.tables import engine_place
from privacy import CellCipher, DataKey
from storage import upsert

#: What of an offset says nothing about the place, or counts within it.
_NO_PLACE: Final = ("transaction_", "ts_")
_LSNS: Final = ("lsn", "lsn_proc", "lsn_commit")


@dataclass(frozen=True, slots=True)
class EnginePlace:
    """Debezium's ``offset`` of a ``partition``, both JSON objects as Debezium writes them."""

    partition: str
    offset: str

    @property
    def values(self) -> Mapping[str, Any]:
        """The offset's entries."""
        found: Mapping[str, Any] = msgspec.json.decode(self.offset)
        return found

    @property
    def is_behind_snapshot(self) -> bool:
        """Whether the first reading of all rows is complete; until then each start begins it anew."""
        return bool(self.values.get("snapshot_completed", "snapshot" not in self.values))

    @property
    def lsn(self) -> int:
        """Up to where PostgreSQL may throw its log away."""
        return max((self.values[name] for name in _LSNS if isinstance(self.values.get(name), int)), default=0)

    def is_of(self, connector: Connector) -> bool:
        """Whether it belongs to the connector as it is called now."""
        return bool(msgspec.json.decode(self.partition).get("server") == connector.prefix)


class SafePlaces:
    """Tells, event by event, the last place that is safe to go on from."""

    def __init__(self) -> None:
        self._last: EnginePlace | None = None
        self._identity: Mapping[str, Any] = {}
        self.safe: EnginePlace | None = None

    def pass_event(self, place: EnginePlace) -> bool:
        """Go past an event at ``place``; whether that made the place before it safe."""
        if self._last is not None and place.offset == self._last.offset:
            return False
        identity = {key: value for key, value in place.values.items() if not key.startswith(_NO_PLACE)}
        before, self._last = self._last, replace(place)
        if identity == self._identity:
            return False
        self._identity = identity
        if before is not None and before.values:
            self.safe = before
            return True
        return False


class Places:
    """The places of all engines of an installation, sealed: an offset can hold the key of a row."""

    def __init__(self, key: DataKey, cipher: CellCipher) -> None:
        """``key`` is the installation's TDLQ key."""
        self._key = key
        self._cipher = cipher

    def load(self, connection: Connection, stream: str) -> EnginePlace | None:
        """Where the engine of a stream goes on; None when it has not begun."""
        query = sa.select(engine_place.c.place).where(engine_place.c.stream == stream)
        sealed = connection.execute(query).scalar()
        if sealed is None:
            return None
        text = self._cipher.open(self._key, sealed, table="engine_place", column="place")
        return EnginePlace(*msgspec.json.decode(text, type=tuple[str, str]))

    def save(self, connection: Connection, stream: str, place: EnginePlace) -> None:
        """Write it, in the transaction of the batch that it is behind."""
        text = msgspec.json.encode((place.partition, place.offset)).decode()
        sealed = self._cipher.seal(self._key, table="engine_place", column="place", value=text)
        upsert(connection, engine_place, [{"stream": stream, "place": sealed}])

    def forget(self, connection: Connection, stream: str) -> None:
        """Let the engine begin anew: all rows are read again, and what is applied already is known."""
        connection.execute(sa.delete(engine_place).where(engine_place.c.stream == stream))
