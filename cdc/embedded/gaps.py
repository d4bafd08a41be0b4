"""Whether the source still has all that comes after the stored place; asked before each start.

Debezium, left to itself, makes a replication slot that is gone anew and goes on behind the gap; where a slot was read further than
Onefold's database holds (a backup was restored) PostgreSQL skips the difference. Where binary logs were begun anew (RESET MASTER) it
waits without a word until they are as long as the old ones, and goes on there.

Source: PostgreSQL 15 documentation, "pg_replication_slots"; MariaDB documentation, "BINLOG_GTID_POS".
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from cdc.capture.connector import MARIADB, Connector
from cdc.capture.debezium import connector_of
from cdc.capture.errors import CaptureError
from cdc.capture.findings import Rows
from cdc.capture.inspection import asking
from cdc.capture.sql import text
from cdc.embedded.errors import EngineFailed, LogLost, SourceLost
from cdc.embedded.places import EnginePlace
from cdc.mapping import SourceMapping

_SLOT: Final = """
SELECT wal_status, confirmed_flush_lsn - '0/0'::pg_lsn AS confirmed,
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn AS written
FROM pg_replication_slots WHERE slot_name = :name AND database = current_database()
"""
_GTIDS: Final = "SELECT BINLOG_GTID_POS(:file, :position) AS gtids"
#: How Debezium says that it cannot go on where it stood (``BaseSourceTask``, ``BinlogConnectorTask``).
_GONE: Final = ("no longer available on the server", "history topic", "schema history")
#: The server's own number for a log that it cannot send, and what that is about when the log is there.
_NOT_SENT: Final = re.compile(r"code[:=] ?1236")
_NOT_GONE: Final = ("same server_", "max_allowed_packet")


def check_source(source: SourceMapping, place: EnginePlace | None, environ: Mapping[str, str]) -> None:
    """Raise :class:`LogLost` where going on at ``place`` would skip changes, :class:`SourceLost` when the database does not answer."""
    connector = connector_of(source)
    if place is not None and not place.is_of(connector):
        raise LogLost(
            lost(
                source,
                "`prefix` in [source.connector] is not what it was when reading began (set it back if that was not meant)",
            )
        )
    if place is None or (connector.is_postgresql and not place.is_behind_snapshot):
        return
    try:
        with asking(connector, environ) as rows:
            gap = _slot_gap(connector, place, rows) if connector.is_postgresql else _binlog_gap(connector, place, rows)
    except OperationalError as error:
        raise _unanswered(source, connector, error) from None
    except SQLAlchemyError as error:
        raise CaptureError(f"source {source.name!r}: its log cannot be looked at ({type(error).__name__})") from None
    if gap:
        raise LogLost(lost(source, gap))


def is_begun_anew(source: SourceMapping, place: EnginePlace, environ: Mapping[str, str]) -> bool:
    """Whether the binary log at ``place`` is there and another; of a source that does not answer nothing is said.

    That it is gone is no proof: where nothing is written, old logs go and nothing is lost.
    """
    connector = connector_of(source)
    if connector.is_postgresql:
        return False
    try:
        with asking(connector, environ) as rows:
            return _is_there(place, rows) and bool(_binlog_gap(connector, place, rows))
    except SQLAlchemyError:
        return False


def lost(source: SourceMapping, what: str) -> str:
    """A message with the command that mends it."""
    return (
        f"source {source.name!r}: {what}; read all rows anew with "
        f"`onefold ingest --from debezium --source {source.name} --read-anew`"
    )


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
    if _number(slot["written"]) < place.lsn:
        return f"the log of {named} ends before what was read (a restored copy of the source?): {drop}"
    return ""


def _binlog_gap(connector: Connector, place: EnginePlace, rows: Rows) -> str:
    file, position = place.values.get("file"), place.values.get("pos")
    if not isinstance(file, str) or not isinstance(position, int):
        return ""
    size = log_sizes(rows).get(file)
    if size is None and not place.is_behind_snapshot:
        return ""  # all rows are read once more
    is_other = connector.kind == MARIADB and _is_other_log(place, file, position, rows)
    if size is not None and position <= size and not is_other:
        return ""
    return f"binary log {file!r} is gone, or was begun anew, and with it the changes since it was last read"


def _is_there(place: EnginePlace, rows: Rows) -> bool:
    return place.values.get("file") in log_sizes(rows)


def log_sizes(rows: Rows) -> dict[str, int]:
    """The binary logs that a server has, by name, with how many bytes each holds."""
    return {log["log_name"]: int(log["file_size"]) for log in rows("SHOW BINARY LOGS")}


def _is_other_log(place: EnginePlace, file: str, position: int, rows: Rows) -> bool:
    """Whether another transaction precedes the place than when it was read, or it is none: the log was begun anew, and grew."""
    known = place.values.get("gtids")
    if not isinstance(known, str):
        return False
    found = next((row["gtids"] for row in rows(_GTIDS, file=file, position=position)), None)
    return found is None or not _gtids(found) <= _gtids(known)


def _gtids(text: str) -> set[str]:
    return {gtid.strip() for gtid in text.split(",") if gtid.strip()}


def as_lost(source: SourceMapping, failure: EngineFailed | SourceLost) -> CaptureError:
    """What Debezium fails at when the binary log, or the history of the tables' columns, is gone: with the mend."""
    told = str(failure)
    is_unsent = _NOT_SENT.search(told) and not any(words in told for words in _NOT_GONE)
    if is_unsent or any(words in told for words in _GONE):
        return LogLost(lost(source, str(failure)))
    return failure


def _number(value: Any) -> int:
    return int(value or 0)


def _unanswered(source: SourceMapping, connector: Connector, error: OperationalError) -> CaptureError:
    """Tell a login that is refused, which stays so, from a server that is down."""
    place = f"source {source.name!r}: the database at {connector.host}:{connector.port}"
    code = getattr(error.orig, "sqlstate", None) or ""
    if code.startswith(("28", "3D")) or "authentication failed" in str(error.orig):
        return CaptureError(f"{place} refuses the login; see `onefold check --sources`")
    return SourceLost(f"{place} does not answer; see that it runs")
