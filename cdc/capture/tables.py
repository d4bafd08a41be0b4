"""Mapped tables as they are in the source: do they and their columns exist, and is their key the mapping's."""

from collections.abc import Iterator
from dataclasses import dataclass

from cdc.capture.connector import Connector
from cdc.capture.findings import ERROR, WARNING, Finding
from cdc.capture.sql import quoted, table_name
from cdc.mapping import SourceMapping, TableMapping


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table of the source: its columns, and those of its primary key."""

    columns: frozenset[str]
    primary_key: tuple[str, ...]


def table_findings(
    source: SourceMapping, connector: Connector, table: TableMapping, facts: TableFacts
) -> Iterator[Finding]:
    """What of the mapping does not fit the table."""
    place = f"table {table.name}"
    if missing := sorted(_used(table) - facts.columns):
        is_key = not facts.columns.issuperset(table.key)
        why = f"is mapped with columns that it does not have ({', '.join(missing)}): mend the mapping"
        yield Finding(ERROR if is_key else WARNING, source.name, place, why)
    if "message.key.columns" not in connector.settings:
        yield from _key_findings(source, connector, table, facts)


def missing_table(source: SourceMapping, table: TableMapping) -> Finding:
    """A mapped table that is not there."""
    why = "is mapped and not there: mend its name in the mapping, with its schema or database where that is another"
    return Finding(ERROR, source.name, f"table {table.name}", why)


def _key_findings(
    source: SourceMapping, connector: Connector, table: TableMapping, facts: TableFacts
) -> Iterator[Finding]:
    place = f"table {table.name}"
    if not facts.primary_key:
        why = (
            "has no primary key: its events have no key, so rows can only be added, and changes of them are parked; or set "
            "`message.key.columns` in `settings` of [source.connector]"
        )
        columns = ", ".join(quoted(connector, name) for name in table.key)
        can_have = bool(table.key) and facts.columns.issuperset(table.key)
        mend = (f"ALTER TABLE {table_name(connector, table.name)} ADD PRIMARY KEY ({columns})",) if can_have else ()
        yield Finding(ERROR if table.key else WARNING, source.name, place, why, mend)
    elif table.key and set(table.key) != set(facts.primary_key):
        why = (
            f"has the primary key ({', '.join(facts.primary_key)}), the mapping says `key` = ({', '.join(table.key)}): all its "
            "events would be parked; mend the mapping"
        )
        yield Finding(ERROR, source.name, place, why)


def _used(table: TableMapping) -> set[str]:
    columns = {name for column in table.columns for name in (column.column, column.verified_by, column.at)}
    return {*table.key, *columns, table.updated_at, table.created_at} - {""}
