"""Where a source's log ends, and whose log it is: asked as the connector's own user.

Source: PostgreSQL 15 documentation, 9.27 (system information and administration functions); MariaDB Server and MySQL 8.4
documentation, "SHOW BINARY LOG STATUS".
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from cdc.capture.connector import MYSQL, Connector
from cdc.capture.debezium import connector_of
from cdc.capture.errors import CaptureError
from cdc.capture.findings import Rows
from cdc.capture.inspection import asking
from cdc.mapping import SourceMapping
from cdc.parity.snapshots import LogPosition

#: A standby knows its timeline from its last checkpoint only.
_POSTGRESQL: Final = """
SELECT (e.lsn - '0/0')::bigint AS place, e.lsn::text AS written, s.system_identifier || '-' ||
       CASE WHEN pg_is_in_recovery() THEN c.timeline_id ELSE ('x' || left(pg_walfile_name(e.lsn), 8))::bit(32)::int END AS identity
FROM (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END AS lsn) e,
     pg_control_system() s, pg_control_checkpoint() c
"""
_BINLOG: Final = ("SHOW BINARY LOG STATUS", "SHOW MASTER STATUS")
_SERVERS: Final = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('gtid_binlog_pos', 'server_uuid', 'server_id')"


def log_end(source: SourceMapping, environ: Mapping[str, str]) -> LogPosition:
    """Ask a source's database; :class:`CaptureError` when it does not say."""
    connector = connector_of(source)
    try:
        with asking(connector, environ) as rows:
            return _of_postgresql(rows) if connector.is_postgresql else _of_binlog(connector, rows)
    except SQLAlchemyError as error:
        raise CaptureError(
            f"source {source.name!r}: its database does not say where its log ends ({type(error).__name__}); see "
            "`onefold check --sources`"
        ) from None


def _of_postgresql(rows: Rows) -> LogPosition:
    (row,) = rows(_POSTGRESQL)
    place = int(row["place"]).to_bytes(8)
    return LogPosition(row["written"], place, place, identity=row["identity"])


def _of_binlog(connector: Connector, rows: Rows) -> LogPosition:
    status = _binlog_status(connector, rows)
    if not status:
        raise CaptureError(f"connector {connector.name!r}: its server keeps no binary log")
    file, place = str(status[0]["file"]), int(status[0]["position"])
    position = int(file.rpartition(".")[2]).to_bytes(8) + place.to_bytes(8)
    named = {row["variable_name"]: str(row["value"] or "") for row in rows(_SERVERS)}
    pairs = {gtid.strip().rpartition("-")[0] for gtid in named.get("gtid_binlog_pos", "").split(",")}
    servers = {*pairs, named.get("server_uuid", ""), named.get("server_id", "")} - {""}
    return LogPosition(f"{file}:{place}", position, position, servers=frozenset(servers))


def _binlog_status(connector: Connector, rows: Rows) -> list[Mapping[str, Any]]:
    """MySQL 8.4 knows the first name of the statement only, those before it and MariaDB the second."""
    newer, older = _BINLOG
    if connector.kind == MYSQL:
        with suppress(ProgrammingError):
            return rows(newer)
    return rows(older)
