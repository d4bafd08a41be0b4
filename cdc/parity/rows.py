"""The source's rows, each as the content that the pipeline would make of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cdc import conversions, keys
from cdc.changes import Origin
from cdc.mapping import SourceMapping, TableMapping
from cdc.parity.contents import Content, RowToken, Spelling, content_of
from cdc.parity.errors import ParityError
from cdc.parity.snapshots import Read, Snapshot, SourceTable
from cdc.problems import EventError
from cdc.table_plans import RowContext, TablePlan

#: The code under which a row is parked whose key looks personal and is not mapped as such.
PERSONAL_KEY: Final = "personal_key"
_NOWHERE: Final = Origin("", 0, "", b"")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of the source. ``token`` None: its key cannot be read; ``code``: the pipeline would park it under this code."""

    token: bytes | None
    key: tuple[str, ...]
    content: Content
    code: str = ""


class SourceRows:
    """One table of a snapshot; it can be read several times."""

    def __init__(self, snapshot: Snapshot, source: SourceMapping, table: TableMapping, *, row_token: RowToken) -> None:
        """Find the table; :class:`~cdc.parity.errors.ParityError` when it cannot be compared."""
        self._snapshot = snapshot
        self._plan = TablePlan(source, table)
        self._token = row_token
        self.table: SourceTable = snapshot.table(table.name, wanted_columns(table))
        _check_key_columns(source, table, self.table)
        self.spelling = Spelling(table, self.table.spellings)

    def pages(self) -> Iterator[list[SourceRow]]:
        """All rows, a page at a time."""
        for page in self._snapshot.pages(self.table):
            yield [self._row(read) for read in page]

    def counts(self) -> Iterator[int]:
        """How many rows each page has, for a table without a key."""
        return (len(page) for page in self._snapshot.pages(self.table))

    def _row(self, read: Read) -> SourceRow:
        if isinstance(read, EventError):
            return SourceRow(None, (), {}, read.code)
        plan = self._plan
        try:
            key = keys.key_in(plan, read)
        except EventError as problem:
            return SourceRow(None, (), {}, problem.code)
        token = self._token(key)
        try:
            _check_key(plan.table, key.key)
            change = plan.change(plan.reader.read(read), RowContext(_NOWHERE, key))
        except EventError as problem:
            return SourceRow(token, key.key, {}, problem.code)
        return SourceRow(token, key.key, self.spelling.unify(content_of(change, self._token)))


def wanted_columns(table: TableMapping) -> frozenset[str]:
    """The columns that the mapping reads."""
    mapped = {name for column in table.columns for name in (column.column, column.verified_by, column.at)}
    return frozenset({*mapped, *table.key, table.updated_at, table.created_at} - {""})


def is_sealed_key(table: TableMapping) -> bool:
    """Whether the keys of a table's rows are stored sealed, and so are shown to few."""
    return table.is_person or bool(table.personal_key)


def _check_key_columns(source: SourceMapping, table: TableMapping, found: SourceTable) -> None:
    for name in table.key:
        if name not in {column.name for column in found.columns}:
            raise ParityError(
                f"source {source.name!r}, table {table.name!r}: it has no column {name!r} that this user may read, which is in the "
                "mapping's `key`"
            )


def _check_key(table: TableMapping, key: tuple[str, ...]) -> None:
    """As :func:`cdc.keys.key_is_personal` parks it."""
    if table.is_person or table.personal_key is not None:
        return
    if any(conversions.looks_personal(part) for part in key):
        raise EventError(PERSONAL_KEY, "a clear key looks personal")
