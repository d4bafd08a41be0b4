"""What of a MySQL or MariaDB source loses or invents data.

Source: MariaDB Server documentation, "Replication and Binary Log System Variables"; MySQL 8.4 manual, section 19.1.6.4; Debezium
3.6 documentation, "Setting up MariaDB".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cdc.capture.connector import Connector
from cdc.capture.debezium import captured_tables
from cdc.capture.findings import ERROR, WARNING, Finding, Rows
from cdc.capture.statements import grant_locks, grant_replication, grant_select, signal_statements
from cdc.capture.tables import TableFacts, missing_table, table_findings
from cdc.mapping import SourceMapping

_VARIABLES: Final = "SHOW GLOBAL VARIABLES"
_GRANTEE: Final = "CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')"
_RIGHTS: Final = f"""
SELECT privilege_type AS privilege, '' AS db, '' AS name FROM information_schema.user_privileges WHERE grantee = {_GRANTEE}
UNION ALL
SELECT privilege_type, table_schema, '' FROM information_schema.schema_privileges WHERE grantee = {_GRANTEE}
UNION ALL
SELECT privilege_type, table_schema, table_name FROM information_schema.table_privileges WHERE grantee = {_GRANTEE}
"""  # noqa: S608 - a constant is put in
_COLUMNS: Final = """
SELECT column_name AS name, column_key AS kind FROM information_schema.columns
WHERE table_schema = :db AND table_name = :name ORDER BY ordinal_position
"""
_DAYS: Final = 24 * 60 * 60
_SHORTEST: Final = 3 * _DAYS
_ENOUGH: Final = 7 * _DAYS
#: MariaDB's later names of rights that the others call otherwise.
_SAME: Final = {"BINLOG MONITOR": "REPLICATION CLIENT", "REPLICATION REPLICA": "REPLICATION SLAVE"}
_FOR_LOG: Final = {"REPLICATION SLAVE", "REPLICATION CLIENT"}
_FOR_LOCKS: Final = {"RELOAD", "LOCK TABLES"}


@dataclass(frozen=True, slots=True)
class _Rights:
    """What the account may do: (right, database, table), "" for all databases or tables."""

    listed: frozenset[tuple[str, str, str]]

    def has(self, right: str, database: str = "", table: str = "") -> bool:
        places = {("", ""), (database, ""), (database, table)}
        return any((right, *place) in self.listed for place in places)


def binlog_findings(source: SourceMapping, connector: Connector, rows: Rows) -> list[Finding]:
    """All that is wrong."""
    variables = {row["variable_name"].lower(): str(row["value"]) for row in rows(_VARIABLES)}
    listed = {(_SAME.get(row["privilege"], row["privilege"]), row["db"], row["name"]) for row in rows(_RIGHTS)}
    rights = _Rights(frozenset(listed))
    found = [*_log(source, connector, variables), *_account(source, connector, rights)]
    for name in captured_tables(source):
        found += _table(source, connector, rows, rights=rights, name=name)
    if connector.signal_table:
        found += _signal_table(source, connector, rows, rights)
    return found


def _log(source: SourceMapping, connector: Connector, variables: Mapping[str, str]) -> Iterator[Finding]:
    if variables.get("log_bin") != "ON":
        section = "mariadbd" if connector.kind == "mariadb" else "mysqld"
        why = (
            f"is off: no change can be captured; write `log_bin = binlog` and `server_id = 1` under [{section}] of the server's "
            "configuration, then restart it"
        )
        yield Finding(ERROR, source.name, "setting log_bin", why)
    for name, wanted, why in (
        ("binlog_format", "ROW", "statements are logged, not rows: changes are lost"),
        ("binlog_row_image", "FULL", "rows are logged in part: columns that did not change are missing"),
        ("binlog_row_value_options", "", "JSON columns are logged in part: their values are missing"),
    ):
        value = variables.get(name, wanted)
        if value.upper() != wanted:
            told = f"is {value!r}: {why}; write it into the server's configuration, too; sessions that are open keep the old one"
            yield Finding(ERROR, source.name, f"setting {name}", told, (f"SET GLOBAL {name} = '{wanted}'",))
    yield from _retention(source, variables)


def _retention(source: SourceMapping, variables: Mapping[str, str]) -> Iterator[Finding]:
    """Older logs may go when they are older than this; 0 keeps them."""
    seconds = int(variables.get("binlog_expire_logs_seconds", "0"))
    days = float(variables.get("expire_logs_days", "0"))
    kept = seconds or int(days * _DAYS)
    if 0 < kept < _SHORTEST:
        name, enough = (
            ("binlog_expire_logs_seconds", _ENOUGH)
            if "binlog_expire_logs_seconds" in variables
            else ("expire_logs_days", 7)
        )
        why = (
            f"logs are deleted after {kept / _DAYS:.2g} days: a connector that is down for longer loses changes; write it into the "
            "server's configuration, too"
        )
        yield Finding(WARNING, source.name, f"setting {name}", why, (f"SET GLOBAL {name} = {enough}",))


def _account(source: SourceMapping, connector: Connector, rights: _Rights) -> Iterator[Finding]:
    place = f"account {connector.user}"
    if missing := sorted(right for right in _FOR_LOG if not rights.has(right)):
        why = f"may not read the binary log (no {', '.join(missing)})"
        yield Finding(ERROR, source.name, place, why, (grant_replication(connector),))
    if missing := sorted(right for right in _FOR_LOCKS if not rights.has(right)):
        why = f"may not hold tables still while a snapshot begins (no {', '.join(missing)}): no snapshot"
        yield Finding(ERROR, source.name, place, why, (grant_locks(connector),))


def _table(source: SourceMapping, connector: Connector, rows: Rows, *, rights: _Rights, name: str) -> Iterator[Finding]:
    database, table = connector.qualified(name)
    if not rights.has("SELECT", database, table):
        # A table of which nothing may be read looks like one that is not there.
        why = f"cannot be read by {connector.user!r}, or is not there: no snapshot"
        yield Finding(ERROR, source.name, f"table {name}", why, (grant_select(connector, name),))
        return
    columns = rows(_COLUMNS, db=database, name=table)
    if not columns:
        yield missing_table(source, source.tables[name])
        return
    key = tuple(row["name"] for row in columns if row["kind"] == "PRI")
    facts = TableFacts(frozenset(row["name"] for row in columns), key)
    yield from table_findings(source, connector, source.tables[name], facts)


def _signal_table(source: SourceMapping, connector: Connector, rows: Rows, rights: _Rights) -> Iterator[Finding]:
    database, table = connector.qualified(connector.signal_table)
    may_write = all(rights.has(right, database, table) for right in ("SELECT", "INSERT"))
    if not may_write or not rows(_COLUMNS, db=database, name=table):
        why = "is not there, or the connector may not write its marks into it: no incremental snapshot"
        place = f"signal table {connector.signal_table}"
        yield Finding(WARNING, source.name, place, why, signal_statements(connector))
