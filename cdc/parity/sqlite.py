"""The audit's view of an SQLite database that :mod:`cdc.sqlite_capture` captures: rows are read by the triggers' own expressions."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from cdc import sqlite_capture
from cdc.envelope import Columns, parse_key
from cdc.parity import wire
from cdc.parity.errors import ParityError, SourceBusy
from cdc.parity.snapshots import PAGE_ROWS, LogPosition, Read, SourceColumn, SourceTable, missing_table
from cdc.problems import EventError

_BUSY_TIMEOUT_SECONDS: Final = 10.0


class SqliteSource:
    """A captured database file."""

    def __init__(self, path: Path, source: str) -> None:
        """Name the file and the source as which it is captured."""
        self.source = source
        self._path = path

    @contextmanager
    def snapshot(self) -> Iterator["SqliteSnapshot"]:
        """Open a reading transaction: SQLite keeps it as it was at its first statement."""
        try:
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT_SECONDS)) as connection:
                connection.isolation_level = None
                connection.text_factory = _text
                connection.execute("BEGIN")
                yield SqliteSnapshot(connection, self.source)
        except sqlite3.OperationalError:
            raise SourceBusy(
                f"source {self.source!r}: its database is locked, cannot be opened or is not captured: see that the file is "
                "the one that `onefold` captures, then try again"
            ) from None
        except sqlite3.DatabaseError:
            raise ParityError(f"source {self.source!r}: its file is not an SQLite database, or is damaged") from None


class SqliteSnapshot:
    """See :class:`cdc.parity.snapshots.Snapshot`."""

    def __init__(self, connection: sqlite3.Connection, source: str) -> None:
        self._connection = connection
        self._source = source
        # AUTOINCREMENT remembers the highest number ever given, pruned or not.
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'onefold_change'").fetchone()
        seq = int(row[0]) if row else 0
        self.position = LogPosition(
            text=f"change {seq:,}",
            settled=seq.to_bytes(8) + b"\x01",
            offsets={f"sqlite:{source}": seq},
        )

    def table(self, name: str, wanted: Collection[str]) -> SourceTable:
        """Find a captured table, whose changes are named as the database spells it."""
        row = self._connection.execute("SELECT columns FROM onefold_capture WHERE table_name = ?", (name,)).fetchone()
        if row is None:
            raise missing_table(self._source, name)
        columns = tuple(self._column(column) for column in json.loads(row[0]) if column in wanted)
        count = self._connection.execute(f"SELECT count(*) FROM {sqlite_capture.quoted(name)}").fetchone()  # noqa: S608 - quoted
        return SourceTable(name, columns, rows=int(count[0]))

    def pages(self, table: SourceTable) -> Iterator[list[Read]]:
        """All rows, as the JSON that a trigger would write."""
        expression = sqlite_capture.row_expression([column.name for column in table.columns])
        name = sqlite_capture.quoted(table.name)
        with closing(self._connection.execute(f"SELECT {expression} FROM {name} AS s")) as cursor:  # noqa: S608 - quoted names
            while rows := cursor.fetchmany(PAGE_ROWS):
                yield [_read(text) for (text,) in rows]

    def describe(self, position: bytes) -> str:
        """Write a position as the number of its change."""
        return f"change {int.from_bytes(position[:8]):,}"

    def _column(self, name: str) -> SourceColumn:
        return SourceColumn(name, "", wire.as_it_is, wire.TEXT)


def _text(raw: bytes) -> str:
    """Text that is no UTF-8 passes through byte by byte, as through the capture."""
    return raw.decode("utf-8", "surrogateescape")


def _read(text: str) -> Read:
    try:
        found = parse_key(sqlite_capture.row_of(text))  # a key is an object of columns, as a row is
    except EventError as problem:
        return problem
    assert isinstance(found, Columns)  # noqa: S101 - the expression writes objects only
    return found
