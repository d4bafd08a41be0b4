"""Reading the ``[[source]]`` part of ``onefold.toml``: every mistake in the file is found and shown at once."""

from dataclasses import replace
from typing import Final

from cdc.capture.debezium import captured_tables
from cdc.capture.section import read_connector
from cdc.mapping import ColumnMapping, Mapping, SourceMapping, TableMapping
from cdc.mapping_tables import REFERENCES, read_table
from cdc.sections import Mistakes, Section
from cdc.vocabulary import IGNORE
from storage import ConfigDocument, ConfigErrors

_SOURCE_KEYS: Final = ("name", "topics", "channel", "timezone", "currency", "tables", "connector")


def read_mapping(document: ConfigDocument) -> Mapping:
    """Read all sources of ``document``; :class:`storage.ConfigErrors` when anything in them is wrong."""
    mistakes = Mistakes(document)
    mapping = _mapping(mistakes)
    if mistakes.errors:
        raise ConfigErrors(mistakes.errors)
    return mapping


def _mapping(mistakes: Mistakes) -> Mapping:
    listed = mistakes.document.data.get("source", [])
    if not isinstance(listed, list):
        mistakes.add("write sources as [[source]], with two brackets", ("source",), "source")
        return Mapping(())
    sources = [_source(mistakes, index) for index in range(len(listed))]
    names = [source.name for source in sources]
    for index, name in enumerate(names):
        if name in names[:index]:
            mistakes.add(f"two sources are named {name!r}", ("source", index, "name"), f"source.{name}")
    return Mapping(tuple(sources))


def _source(mistakes: Mistakes, index: int) -> SourceMapping:
    section = Section(mistakes, ("source", index), f"source[{index}]", _SOURCE_KEYS)
    name = section.text("name")
    section.where = f"source.{name}" if name else section.where
    if not name:
        section.fail("a source needs a `name`: it is part of every record's key")
    topics = section.texts("topics")
    if not topics:
        section.fail('a source needs `topics`, for example "shop.public.*"', "topics")
    defaults = (section.timezone("UTC"), section.currency(""))
    listed = section.data.get("tables")
    if not isinstance(listed, dict) or not listed:
        section.fail("a source needs tables: [source.tables.<table>]", "tables")
        listed = {}
    tables = {table: read_table(mistakes, section, table, defaults=defaults) for table in listed}
    for table in tables.values():
        _check_references(mistakes, section, table, tables=tables)
    source = SourceMapping(name, topics, section.text("channel", name), _with_targets(tables))
    return _captured(mistakes, section, source) if "connector" in section.data else source


def _captured(mistakes: Mistakes, section: Section, source: SourceMapping) -> SourceMapping:
    """Read the connector, and check that what it sends is what the source reads."""
    path = (*section.path, "connector")
    connector = read_connector(mistakes, path, source=source.name, topics=source.topics)
    sent = {table: connector.topic(table) for table in captured_tables(source)} if connector.prefix else {}
    for table, topic in sent.items():
        if not source.reads(topic):
            place = ("tables", table)
            message = f"its changes go to topic {topic!r}, which no pattern in `topics` matches"
            mistakes.add(message, (*section.path, *place), ".".join((section.where, *place)))
    if sent and not source.reads(connector.notifications):
        message = (
            f"snapshots are told of on topic {connector.notifications!r}: add it to `topics`, or set `notifications`"
        )
        mistakes.add(message, path, f"{section.where}.connector")
    # Debezium sends the rows of the signal table, too.
    signals = {connector.signal_table: TableMapping(connector.signal_table, IGNORE)} if connector.signal_table else {}
    return replace(source, connector=connector, tables={**signals, **source.tables})


def _check_references(
    mistakes: Mistakes, source: Section, table: TableMapping, *, tables: dict[str, TableMapping]
) -> None:
    for attribute, kind in REFERENCES.items():
        columns = table.of(attribute)
        message, valid = _reference_mistake(columns, kind, tables) if columns else ("", [])
        if message:
            place = ("tables", table.name, "columns", columns[0].column)
            mistakes.add(message, (*source.path, *place), ".".join((source.where, *place)), valid=valid)


def _reference_mistake(
    columns: tuple[ColumnMapping, ...], kind: str, tables: dict[str, TableMapping]
) -> tuple[str, list[str]]:
    targets = [found.name for found in tables.values() if found.kind == kind]
    target = columns[0].table or (targets[0] if len(targets) == 1 else "")
    if target not in targets:
        what = f"table {target!r} is no {kind} table" if target else f"which {kind} table it refers to is not clear"
        return f"{what}; set `table`", targets
    key = tables[target].key
    if len(columns) != len(key):
        return (
            f"{len(columns)} column(s) refer to {target!r}, whose key is ({', '.join(key)}): map one for each, in that order",
            [],
        )
    return "", []


def _with_targets(tables: dict[str, TableMapping]) -> dict[str, TableMapping]:
    """Write the table that a reference means into each reference that leaves it out."""
    only = {
        attribute: next((table.name for table in tables.values() if table.kind == kind), "")
        for attribute, kind in REFERENCES.items()
    }

    def complete(column: ColumnMapping) -> ColumnMapping:
        return replace(column, table=column.table or only[column.attribute]) if column.attribute in only else column

    return {name: replace(table, columns=tuple(map(complete, table.columns))) for name, table in tables.items()}
