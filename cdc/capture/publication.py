"""What of a PostgreSQL publication loses changes: a table that is not in it, operations that it leaves out, filters.

Source: PostgreSQL 15 documentation, "CREATE PUBLICATION"; Debezium 3.6, ``publication.autocreate.mode``.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from cdc.capture.connector import Connector
from cdc.capture.findings import ERROR, WARNING, Finding, Rows
from cdc.capture.sql import quoted, table_name
from cdc.capture.statements import create_publication
from cdc.mapping import SourceMapping

_PUBLICATION: Final = """
SELECT puballtables, pubviaroot, pubinsert, pubupdate, pubdelete, pubtruncate FROM pg_publication WHERE pubname = :name
"""
_TABLES: Final = """
SELECT schemaname::text AS schema, tablename::text AS name FROM pg_publication_tables WHERE pubname = :name ORDER BY 1, 2
"""
# Filters and lists of columns came with PostgreSQL 15.
_FILTERED: Final = """
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE p.pubname = :name
  AND (to_jsonb(r) ->> 'prqual' IS NOT NULL OR to_jsonb(r) ->> 'prattrs' IS NOT NULL)
ORDER BY 1, 2
"""
_OPERATIONS: Final = "insert, update, delete, truncate"


def publication_findings(
    source: SourceMapping, connector: Connector, rows: Rows, tables: Mapping[str, bool]
) -> Iterator[Finding]:
    """All that is wrong with the publication; ``tables`` says of each table to publish whether it has partitions."""
    place, name = _place(connector), quoted(connector, connector.publication)
    row = next(iter(rows(_PUBLICATION, name=connector.publication)), None)
    if row is None:
        why = "is not there, and the connector can only make it where it owns the tables"
        yield Finding(ERROR, source.name, place, why, (create_publication(source),))
        return
    if row["puballtables"]:
        why = "is for all tables: more than is mapped, and the connector refuses to start with it"
        yield Finding(ERROR, source.name, place, why, (f"DROP PUBLICATION {name}", create_publication(source)))
        return
    yield from _operations(source, place, name, row)
    by_parts = any(tables.values()) and not row["pubviaroot"]
    if by_parts:
        why = "sends changes of partitions under the partitions' own names, which are not mapped"
        mend = f"ALTER PUBLICATION {name} SET (publish_via_partition_root = true)"
        yield Finding(ERROR, source.name, place, why, (mend,))
    yield from _members(
        source, connector, rows, [name for name, has_parts in tables.items() if not (by_parts and has_parts)]
    )
    if not by_parts:
        yield from _strangers(source, connector, rows, tables)


def _operations(source: SourceMapping, place: str, name: str, row: Mapping[str, Any]) -> Iterator[Finding]:
    left_out = [operation for operation in _OPERATIONS.split(", ") if not row[f"pub{operation}"]]
    if left_out:
        mend = f"ALTER PUBLICATION {name} SET (publish = '{_OPERATIONS}')"
        yield Finding(ERROR, source.name, place, f"leaves out: {', '.join(left_out)}", (mend,))


def _members(source: SourceMapping, connector: Connector, rows: Rows, tables: Iterable[str]) -> Iterator[Finding]:
    """Tables that are not published, or not whole."""
    alter = f"ALTER PUBLICATION {quoted(connector, connector.publication)}"
    members, filtered = (
        {(row["schema"], row["name"]) for row in rows(query, name=connector.publication)}
        for query in (_TABLES, _FILTERED)
    )
    for table in tables:
        member, written = connector.qualified(table), table_name(connector, table)
        if member not in members:
            why = f"leaves out table {'.'.join(member)}: no change of it is captured"
            yield Finding(ERROR, source.name, _place(connector), why, (f"{alter} ADD TABLE {written}",))
        elif member in filtered:
            why = f"sends only some rows or columns of {'.'.join(member)}: the rest is lost"
            mend = (f"{alter} DROP TABLE {written}", f"{alter} ADD TABLE {written}")
            yield Finding(ERROR, source.name, _place(connector), why, mend)


def _strangers(source: SourceMapping, connector: Connector, rows: Rows, tables: Iterable[str]) -> Iterator[Finding]:
    """Tables that are published and not mapped."""
    wanted = {connector.qualified(table) for table in tables}
    for row in rows(_TABLES, name=connector.publication):
        member = (row["schema"], row["name"])
        if member not in wanted:
            written = ".".join(quoted(connector, part) for part in member)
            why = f"has table {'.'.join(member)}, which is not mapped: the connector tries to take it out, and stops if it may not"
            mend = f"ALTER PUBLICATION {quoted(connector, connector.publication)} DROP TABLE {written}"
            yield Finding(WARNING, source.name, _place(connector), why, (mend,))


def _place(connector: Connector) -> str:
    return f"publication {connector.publication}"
