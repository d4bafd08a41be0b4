"""What Onefold holds of a table's rows, in pages, in one reading transaction."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.mapping import TableMapping
from cdc.parity.contents import Content, Spelling, consent_content, fact_content, record_content
from cdc.parity.snapshots import PAGE_ROWS
from cdc.sealing import Sealer
from cdc.tables import parked_event, source_row
from profiles import fact
from storage import select_in


@dataclass(frozen=True, slots=True)
class Held:
    """A row that was seen once: dead without an ``incarnation``; its content is not read where it ``is_newer``."""

    token: bytes
    guard: bytes
    incarnation: bytes | None
    is_newer: bool
    content: Content

    @property
    def is_comparable(self) -> bool:
        """Whether it lives and stands as it was at the source's position, or should."""
        return self.incarnation is not None and not self.is_newer


class Holdings:
    """One table, as a transaction sees it. Each page costs the same few statements, however many rows it has."""

    def __init__(  # noqa: PLR0913 - each is named
        self,
        connection: Connection,
        sealer: Sealer,
        table: TableMapping,
        *,
        source: str,
        spelling: Spelling,
        is_newer: Callable[[bytes], bool],
    ) -> None:
        """``is_newer`` tells it of a row's guard."""
        self._connection = connection
        self._sealer = sealer
        self._table = table
        self._source = source
        self._id = sealer.tables[source, table.name]
        self._spelling = spelling
        self._is_newer = is_newer

    def pages(self) -> Iterator[list[Held]]:
        """All rows of the table."""
        columns = source_row.c
        query = sa.select(columns.row_token, columns.guard, columns.incarnation).where(columns.table_id == self._id)
        # One cursor of the server's, so that pages need no order and the memory stays flat.
        streamed = self._connection.execute(query, execution_options={"stream_results": True})
        for rows in streamed.partitions(PAGE_ROWS):
            yield self._held(rows)

    def count(self) -> int:
        """How many rows live and are not newer."""
        columns = source_row.c
        query = sa.select(columns.guard).where(columns.table_id == self._id, columns.incarnation.is_not(None))
        streamed = self._connection.execute(query, execution_options={"stream_results": True})
        return sum(not self._is_newer(guard) for page in streamed.partitions(PAGE_ROWS) for (guard,) in page)

    def find(self, tokens: Collection[bytes]) -> dict[bytes, Held]:
        """Those rows that were ever seen, by token."""
        columns = source_row.c
        query = sa.select(columns.row_token, columns.guard, columns.incarnation)
        return {held.token: held for held in self._held(select_in(self._connection, query, columns.row_token, tokens))}

    def parked(self) -> set[bytes]:
        """The rows of the table that have parked events."""
        columns = parked_event.c
        query = sa.select(columns.row_token).where(
            columns.source == self._source, columns.table_name == self._table.name, columns.row_token.is_not(None)
        )
        return set(self._connection.execute(query.distinct()).scalars())

    def keys(self, held: Collection[Held]) -> dict[bytes, tuple[str, ...]]:
        """The primary keys of rows by their incarnations; those of consents, and of facts whose key is personal, are not found."""
        incarnations = [row.incarnation for row in held if row.incarnation is not None]
        if self._table.is_person:
            found = self._sealer.reader.natural_keys(self._connection, incarnations)
            return {incarnation: tuple(json.loads(key)[2:]) for incarnation, key in found.items()}
        query = sa.select(fact.c.incarnation, fact.c.natural_key)
        rows = select_in(self._connection, query, fact.c.incarnation, incarnations)
        return {row.incarnation: tuple(json.loads(row.natural_key)) for row in rows if row.natural_key}

    def _held(self, rows: Iterable[Any]) -> list[Held]:
        listed = [(row.row_token, row.guard, row.incarnation, self._is_newer(row.guard)) for row in rows]
        contents = self._contents([life for _, _, life, is_newer in listed if life is not None and not is_newer])
        return [
            Held(token, guard, life, is_newer, contents.get(life or b"", {})) for token, guard, life, is_newer in listed
        ]

    def _contents(self, incarnations: Collection[bytes]) -> Mapping[bytes, Content]:
        connection, token = self._connection, self._sealer.row_token
        if self._table.is_person:
            records = self._sealer.stored_records(connection, incarnations)
            found = {life: record_content(record) for life, record in records.items()}
        elif self._table.kind == "consent":
            said = self._sealer.stored_statements(connection, incarnations)
            found = {life: consent_content(values, token) for life, values in said.items()}
        else:
            facts = self._sealer.stored_facts(connection, incarnations)
            found = {life: fact_content(values, token) for life, values in facts.items()}
        return {life: self._spelling.unify(content) for life, content in found.items()}
