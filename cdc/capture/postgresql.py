"""What of a PostgreSQL source loses or invents data.

Source: PostgreSQL 15 documentation, chapters 31 (logical replication), 49 (logical decoding), 54.19 (pg_replication_slots).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cdc.capture import publication
from cdc.capture.connector import Connector
from cdc.capture.debezium import captured_tables
from cdc.capture.findings import ERROR, WARNING, Finding, Rows
from cdc.capture.slots import slot_findings
from cdc.capture.statements import grant_schema, grant_select, replica_identity, replication_role, signal_statements
from cdc.capture.tables import TableFacts, missing_table, table_findings
from cdc.mapping import SourceMapping, TableMapping

_SERVER: Final = """
SELECT current_setting('wal_level') AS wal_level,
       EXISTS (SELECT FROM pg_roles r WHERE (r.rolname = current_user AND (r.rolreplication OR r.rolsuper))
               OR (r.rolname = 'rds_replication' AND pg_has_role(current_user, r.oid, 'member'))) AS may_replicate
"""
_TABLE: Final = """
SELECT c.oid, c.relkind, has_table_privilege(c.oid, 'SELECT') AS may_read,
       has_schema_privilege(n.oid, 'USAGE') AS may_enter,
       has_table_privilege(c.oid, 'INSERT') AS may_insert,
       ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
       ARRAY(SELECT a.attname::text FROM pg_index i CROSS JOIN unnest(i.indkey) AS k (attnum)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
             WHERE i.indrelid = c.oid AND i.indisprimary) AS primary_key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = :name AND c.relkind IN ('r', 'p')
"""
# What is written into the log belongs to a partition, not to the table that it is a part of.
_IDENTITIES: Final = """
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relreplident::text AS identity
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = :oid AND c.relkind = 'r'
   OR c.oid IN (SELECT relid FROM pg_partition_tree(:oid) WHERE isleaf)
ORDER BY 1, 2
"""
_IDENTITY_NAMES: Final = {"d": "DEFAULT", "n": "NOTHING", "i": "USING INDEX"}


@dataclass(frozen=True, slots=True)
class _Looking:
    """What all checks of a source need."""

    source: SourceMapping
    connector: Connector
    rows: Rows

    def finding(self, severity: str, place: str, why: str, *statements: str) -> Finding:
        return Finding(severity, self.source.name, place, why, statements)


def postgresql_findings(source: SourceMapping, connector: Connector, rows: Rows) -> list[Finding]:
    """All that is wrong."""
    looking = _Looking(source, connector, rows)
    found = [*_server(looking)]
    published = {}
    for name in captured_tables(source):
        schema, table = connector.qualified(name)
        row = next(iter(rows(_TABLE, schema=schema, name=table)), None)
        if row is None:
            found.append(missing_table(source, source.tables[name]))
            continue
        found += _table(looking, source.tables[name], row)
        published[name] = row["relkind"] == "p"
    if connector.signal_table:
        found += _signal_table(looking)
        published[connector.signal_table] = False
    found += publication.publication_findings(source, connector, rows, published)
    found += slot_findings(source, connector, rows)
    return found


def _server(looking: _Looking) -> Iterator[Finding]:
    (row,) = looking.rows(_SERVER)
    if row["wal_level"] != "logical":
        why = f"is {row['wal_level']!r}: no change can be captured; restart PostgreSQL after the statement"
        yield looking.finding(ERROR, "setting wal_level", why, "ALTER SYSTEM SET wal_level = 'logical'")
    if not row["may_replicate"]:
        user = looking.connector.user
        yield looking.finding(
            ERROR, f"role {user}", "may not read the log (no REPLICATION)", replication_role(looking.connector)
        )


def _table(looking: _Looking, table: TableMapping, row: Any) -> Iterator[Finding]:
    connector, place = looking.connector, f"table {table.name}"
    schema, _ = connector.qualified(table.name)
    facts = TableFacts(frozenset(row["columns"]), tuple(row["primary_key"]))
    yield from table_findings(looking.source, connector, table, facts)
    if not row["may_enter"]:
        why = f"cannot be read by {connector.user!r}: no USAGE of schema {schema!r}"
        yield looking.finding(ERROR, place, why, grant_schema(connector, schema))
    if not row["may_read"]:
        why = f"cannot be read by {connector.user!r}: no snapshot"
        yield looking.finding(ERROR, place, why, grant_select(connector, table.name))
    for part in looking.rows(_IDENTITIES, oid=row["oid"]):
        if part["identity"] != "f":
            name = _IDENTITY_NAMES[part["identity"]]
            why = (
                f"{part['schema']}.{part['name']} has REPLICA IDENTITY {name}: deletes invent values or are lost, and large "
                "values that did not change are missing from updates"
            )
            yield looking.finding(ERROR, place, why, replica_identity(connector, part["schema"], part["name"]))


def _signal_table(looking: _Looking) -> Iterator[Finding]:
    connector = looking.connector
    schema, name = connector.qualified(connector.signal_table)
    row = next(iter(looking.rows(_TABLE, schema=schema, name=name)), None)
    if row is None or not (row["may_read"] and row["may_insert"]):
        why = "is not there, or the connector may not write its marks into it: no incremental snapshot"
        yield looking.finding(WARNING, f"signal table {connector.signal_table}", why, *signal_statements(connector))
