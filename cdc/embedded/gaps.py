"""Whether the source still has all that comes after the stored place; asked before each start.

Debezium, left to itself, makes a replication slot that is gone anew and goes on behind the gap, and where a slot was read further than
Onefold's database holds (a backup was restored) PostgreSQL skips the difference. Where binary logs were begun anew (RESET MASTER) it may wait without a word.

Source: PostgreSQL 15 documentation, "pg_replication_slots".
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from cdc.capture.connector import Connector
from cdc.capture.debezium import connector_of
from cdc.capture.errors import CaptureError
from cdc.capture.findings import Rows
from cdc.capture.inspection import asking_source
from cdc.capture.sql import text
from cdc.embedded.errors import EngineFailed, LogLost, SourceLost
from cdc.embedded.places import EnginePlace
from cdc.mapping import SourceMapping

_SLOT: Final = """
SELECT wal_status, confirmed_flush_lsn - '0/0'::pg_lsn AS confirmed FROM pg_replication_slots
WHERE slot_name = :name AND database = current_database()
"""
#: How Debezium says that it cannot go on where it stood (``BaseSourceTask``, ``BinlogConnectorTask``, and the
#: server's own number for a log that it does not have).
_GONE: Final = ("no longer available on the server", "history topic", "schema history", "code=1236")


def check_source(source: SourceMapping, place: EnginePlace | None, environ: Mapping[str, str]) -> None:
    """Raise :class:`LogLost` where going on at ``place`` would skip changes, :class:`SourceLost` when the database does not answer."""
    connector = connector_of(source)
    if place is not None and not place.is_of(connector):
        raise LogLost(
            f"source {source.name!r}: `prefix` in [source.connector] is not what it was when reading began; set it back, or "
            f"{_anew(source)}"
        )
    if place is None or not place.is_behind_snapshot:
        return
    try:
        with asking_source(connector, environ) as rows:
            gap = _slot_gap(connector, place, rows) if connector.is_postgresql else _binlog_gap(place, rows)
    except OperationalError as error:
        raise _unanswered(source, connector, error) from None
    except SQLAlchemyError as error:
        raise CaptureError(f"source {source.name!r}: its log cannot be looked at ({type(error).__name__})") from None
    if gap:
        raise LogLost(f"source {source.name!r}: {gap}; {_anew(source)}")


def _slot_gap(connector: Connector, place: EnginePlace, rows: Rows) -> str:
    slot = next(iter(rows(_SLOT, name=connector.slot)), None)
    named = f"replication slot {connector.slot!r}"
    if slot is None:
        return f"{named} is gone, and with it the changes since it was last read"
    drop = f"drop it (SELECT pg_drop_replication_slot({text(connector.slot)})), then"
    if slot["wal_status"] == "lost":
        return f"{named} has lost changes, the log that it needed is gone (max_slot_wal_keep_size): {drop}"
    if _number(slot["confirmed"]) > place.lsn:
        return f"{named} was read further than this database holds (a restored copy?): {drop}"
    return ""


def _binlog_gap(place: EnginePlace, rows: Rows) -> str:
    """A log that was begun anew can look as the old one did, until it is as long; then the server's own check remains."""
    file, position = place.values.get("file"), place.values.get("pos")
    size = next((int(log["file_size"]) for log in rows("SHOW BINARY LOGS") if log["log_name"] == file), None)
    if file is None or (size is not None and isinstance(position, int) and position <= size):
        return ""
    return f"binary log {file!r} is gone, or was begun anew, and with it the changes since it was last read"


def as_lost(source: SourceMapping, failure: EngineFailed | SourceLost) -> CaptureError:
    """What Debezium fails at when the binary log, or the history of the tables' columns, is gone: with the mend."""
    if any(words in str(failure) for words in _GONE):
        return LogLost(f"source {source.name!r}: {failure}; {_anew(source)}")
    return failure


def _number(value: Any) -> int:
    return int(value or 0)


def _anew(source: SourceMapping) -> str:
    return f"read all rows anew with `onefold ingest --from debezium --source {source.name} --read-anew`"


def _unanswered(source: SourceMapping, connector: Connector, error: OperationalError) -> CaptureError:
    """Tell a login that is refused, which stays so, from a server that is down."""
    place = f"source {source.name!r}: the database at {connector.host}:{connector.port}"
    code = getattr(error.orig, "sqlstate", None) or ""
    if code.startswith(("28", "3D")) or "authentication failed" in str(error.orig):
        return CaptureError(f"{place} refuses the login; see `onefold check --sources`")
    return SourceLost(f"{place} does not answer; see that it runs")
