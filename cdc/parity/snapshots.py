"""What the audit asks of a source database: one consistent snapshot, its place in the log, and rows as change events have them.

A column's value is given as Debezium writes it (JSON without schemas, decimals as text, times in the connector's default
precision), together with the schema that Debezium would send beside it. So every value passes the same decoders as an event's.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from cdc.envelope import Columns, RowSchema
from cdc.parity.errors import ParityError
from cdc.problems import EventError

#: Rows that are read and held in memory at a time.
PAGE_ROWS: Final = 1_000

#: A row as an event would have it, or why it cannot be one.
Read: TypeAlias = "Columns | EventError"


@dataclass(frozen=True, slots=True)
class Address:
    """How a source's database is reached. ``namespace`` is the schema or database of tables that are mapped without one.

    ``has_schemas``: the source's events come with schemas; ``options`` go to the driver (TLS and the like).
    """

    kind: str
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    namespace: str = ""
    has_schemas: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def qualified(self, table: str) -> tuple[str, str]:
        """Split a table's name as mapped into schema or database, and name."""
        qualifier, _, name = table.rpartition(".")
        return qualifier or self.namespace, name


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where a snapshot lies in its database's log; bytes as in :mod:`cdc.positions`.

    A stored row whose position is above ``settled`` may be newer than the snapshot. Who has read a change at or above
    ``target`` has read everything that the snapshot shows; so has who read a stream of ``offsets`` up to there. ``servers``
    names the servers whose positions these are, empty where the log does not tell servers apart. ``identity`` is PostgreSQL's system
    identifier and timeline.
    """

    text: str
    settled: bytes
    target: bytes = b""
    offsets: Mapping[str, int] = field(default_factory=dict)
    servers: frozenset[str] = frozenset()
    identity: str = ""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column: the SQL that selects it, how its value becomes what an event would hold, and the schema that would come along.

    ``respell`` gives one spelling for values that events write in several ways, as :data:`cdc.parity.wire.Respell` says.
    """

    name: str
    select: str
    encode: Callable[[Any], Any]
    schema: Mapping[str, Any]
    respell: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table of a snapshot with those of the wanted columns that it has; ``rows`` is about how many rows it holds."""

    name: str
    columns: tuple[SourceColumn, ...]
    has_schemas: bool = False
    rows: int | None = None

    @property
    def spellings(self) -> Mapping[str, Callable[[str], str]]:
        """The columns whose values may be spelled in several ways, with what makes one of them."""
        return {column.name: column.respell for column in self.columns if column.respell is not None}

    def reader(self) -> Callable[[Collection[Any]], Columns]:
        """Make the function that turns a row as selected into the columns of an event."""
        columns = self.columns
        schema = RowSchema({column.name: column.schema for column in columns}) if self.has_schemas else None

        def read(row: Collection[Any]) -> Columns:
            pairs = zip(columns, row, strict=True)
            return Columns({c.name: None if v is None else c.encode(v) for c, v in pairs}, schema)

        return read


class Snapshot(Protocol):
    """A source database as it was at one position, for as long as the snapshot is open."""

    position: LogPosition

    def table(self, name: str, wanted: Collection[str]) -> SourceTable:
        """Find a mapped table with its wanted columns; :class:`ParityError` when it cannot be read as events would have it."""
        ...

    def pages(self, table: SourceTable) -> Iterator[list[Read]]:
        """All rows, at most ``PAGE_ROWS`` at a time."""
        ...

    def describe(self, position: bytes) -> str:
        """Write a stored position for people."""
        ...


class SourceDatabase(Protocol):
    """A source database, by the name of its source."""

    source: str

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Open a snapshot; :class:`~cdc.parity.errors.SourceBusy` when that may succeed later."""
        ...


def missing_table(source: str, table: str) -> ParityError:
    """Make the error for a mapped table that the source does not have."""
    return ParityError(
        f"source {source!r} has no table {table!r} that this user may read: correct the mapping, or grant SELECT on it"
    )


def unsupported(source: str, table: str, column: str, kind: str) -> ParityError:
    """Make the error for a column whose values cannot be written as events have them."""
    return ParityError(
        f"source {source!r}, table {table!r}: column {column!r} is of type {kind!r}, whose values the audit cannot write as "
        "change events have them; map another column to compare the table"
    )
