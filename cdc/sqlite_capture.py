"""Change capture for a source that lives in SQLite: triggers write every change into a table of the same database.

Meant for small tills and the demo. ``install`` puts the triggers and the change table ``onefold_change`` into the *source*
database; ``SqliteCapture`` reads them as Debezium envelopes (JSON without a schema). The change table holds the rows in
clear, as the source itself does: it is not Onefold's, and is never put into Onefold's data folder.

A change is written in the transaction that made it, so ``seq`` is the order of commits and no committed change is missing
below one that is visible. The writing program's SQLite must be 3.38 or newer (it runs the triggers, which make JSON).
Every value arrives as the column held it: integers exact, text as text (decimals too), BLOBs as base64.

Two limits, both SQLite's: ``REPLACE`` of a row that collides on a UNIQUE column *other* than its primary key deletes that
other row without a trigger unless the writer sets ``PRAGMA recursive_triggers = ON``; and ``DROP COLUMN`` is refused while
triggers name the column: ``install`` with an empty list first removes them.

Errors::

    OnefoldError
    └── CaptureError          the database, a table or the source's name is not as it must be
        └── CaptureBusyError  the database is busy or not there at the moment (retriable)
"""

import base64
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cdc.changes import RawEvent
from storage import OnefoldError

_BUSY_TIMEOUT_SECONDS: Final = 10.0
_OWN_PREFIX: Final = "onefold_"

_CHANGE_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS onefold_change (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, table_name TEXT NOT NULL, op TEXT NOT NULL, row_key TEXT NOT NULL,
        before TEXT, after TEXT, new_key TEXT, old_key TEXT, committed_at INTEGER NOT NULL
    )"""
_CAPTURE_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS onefold_capture (
        table_name TEXT PRIMARY KEY, source TEXT NOT NULL, columns TEXT NOT NULL
    )"""
_CHANGE_COLUMNS: Final = "table_name, op, row_key, before, after, new_key, old_key, committed_at"
_NOW_MS: Final = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


class CaptureError(OnefoldError):
    """A source database cannot be captured as it is; the message names the table and the mend."""


class CaptureBusyError(CaptureError):
    """A source database is locked, or its file is missing, for now."""

    retriable = True


@dataclass(frozen=True, slots=True)
class _Table:
    """A captured table: its name as the database spells it, its columns, and its primary key in key order."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def triggers(self) -> dict[str, str]:
        """Give the statement that creates each trigger, by the trigger's name."""
        old_key, new_key = _row_json("OLD", self.key), _row_json("NEW", self.key)
        old, new = _row_json("OLD", self.columns), _row_json("NEW", self.columns)
        # Keys are compared as JSON text: `=` would follow the column's collation and miss 'a' becoming 'A'.
        same, moved = f"WHEN {old_key} = {new_key} ", f"WHEN {old_key} <> {new_key} "
        deleted = self._change("d", old_key, before=old)
        created = self._change("c", new_key, after=new)
        updated = self._change("u", new_key, before=old, after=new)
        left = self._change("d", old_key, before=old, new_key=new_key)
        arrived = self._change("c", new_key, after=new, old_key=old_key)
        return dict(
            self._trigger(*parts)
            for parts in (
                ("insert", "AFTER INSERT", "", created),
                ("update", "AFTER UPDATE", same, updated),
                ("rekey", "AFTER UPDATE", moved, f"{left}; {arrived}"),
                ("delete", "AFTER DELETE", "", deleted),
            )
        )

    def snapshot(self) -> str:
        """Give the statement that writes every row as it is now."""
        key, row = _row_json("s", self.key), _row_json("s", self.columns)
        order = ", ".join(f"s.{_name(column)}" for column in self.key)
        return f"{self._change('r', key, after=row)} FROM {_name(self.name)} AS s ORDER BY {order}"

    def _trigger(self, suffix: str, event: str, condition: str, statements: str) -> tuple[str, str]:
        name = f"{_OWN_PREFIX}{self.name}_{suffix}"
        return name, f"CREATE TRIGGER {_name(name)} {event} ON {_name(self.name)} {condition}BEGIN {statements}; END"

    def _change(self, op: str, key: str, **values: str) -> str:
        row = [values.get(column, "NULL") for column in ("before", "after", "new_key", "old_key")]
        selected = ", ".join([_text(self.name), _text(op), key, *row, _NOW_MS])
        return f"INSERT INTO onefold_change ({_CHANGE_COLUMNS}) SELECT {selected}"


def install(connection: sqlite3.Connection, tables: Sequence[str], *, source: str) -> None:
    """Capture exactly ``tables`` of the database behind ``connection`` from now on, as ``source``.

    The first time, the rows that a table already has become changes of op ``r``; so they do again when the table's columns
    have changed, since what a new column holds was never told. Otherwise repeating it does nothing. Tables captured before
    and not named any more lose their triggers; an empty list thus removes the capture, while what was written stays.
    What happens while a table has no triggers is not captured: later its rows are told again, but not its deletions.

    Raises CaptureError, with nothing changed, for an unknown table, a table without a primary key, an open transaction, or
    a database already captured under another source name.
    """
    if connection.in_transaction:
        raise CaptureError("capture cannot be installed inside an open transaction: commit it first")
    with _transaction(connection):
        connection.execute(_CHANGE_TABLE)
        connection.execute(_CAPTURE_TABLE)
        _check_source(connection, source)
        wanted = [_inspect(connection, table) for table in tables]
        _release_others(connection, {table.name for table in wanted})
        for table in wanted:
            _capture(connection, table, source=source)


class SqliteCapture:
    """The changes that ``install`` made a source database record, as a transport; the database is opened for reading only."""

    def __init__(self, path: Path, source: str) -> None:
        """Name the database file and the source; neither has to exist yet."""
        self.path = path
        self.source = source
        self.stream = f"sqlite:{source}"

    def events(self, after_seq: int, limit: int) -> list[RawEvent]:
        """Read up to ``limit`` changes behind ``after_seq``, in the order of their commits; ``offset`` is the change's seq.

        Raises CaptureBusyError while the database is locked or missing (try again), and CaptureError when capture is not
        installed under this source's name or the database is older than what was read before.
        """
        with self._open(mode="ro") as connection:
            self._check(connection, after_seq)
            rows = connection.execute(
                f"SELECT seq, {_CHANGE_COLUMNS} FROM onefold_change WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608 - constants
                (after_seq, limit),
            )
            return [self._event(row) for row in rows]

    def prune(self, up_to_seq: int) -> int:
        """Delete the changes up to and including ``up_to_seq`` from the source database; give how many there were.

        For changes that are safely applied: they cannot be read again.
        """
        with self._open(mode="rw") as connection, connection:
            return connection.execute("DELETE FROM onefold_change WHERE seq <= ?", (up_to_seq,)).rowcount

    def _check(self, connection: sqlite3.Connection, after_seq: int) -> None:
        if not _has_table(connection, "onefold_change"):
            raise CaptureError(f"source {self.source!r}: capture is not installed in its database: install it first")
        _check_source(connection, self.source)
        # AUTOINCREMENT remembers the highest number ever given, pruned or not.
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'onefold_change'").fetchone()
        last = int(row[0]) if row else 0
        if after_seq > last:
            raise CaptureError(
                f"source {self.source!r}: its database ends at change {last}, but {after_seq} was read before: the file was"
                " replaced or restored; start this source over, under a new name or with an empty Onefold"
            )

    def _event(self, row: sqlite3.Row) -> RawEvent:
        # The halves of a key change are one change: both lie where the first does, which was written just before the second.
        seq = row["seq"] - (row["old_key"] is not None)
        place = {"name": self.source, "db": "main", "table": row["table_name"], "seq": seq}
        moment = {"snapshot": "true" if row["op"] == "r" else "false", "ts_ms": row["committed_at"]}
        envelope = {
            "before": _load(row["before"]),
            "after": _load(row["after"]),
            "source": {"connector": "onefold-sqlite", **place, **moment},
            "op": row["op"],
            "ts_ms": row["committed_at"],
        }
        links = {"__debezium.newkey": row["new_key"], "__debezium.oldkey": row["old_key"]}
        return RawEvent(
            stream=self.stream,
            offset=row["seq"],
            topic=f"{self.source}.{row['table_name']}",
            key=_dump(_load(row["row_key"])),
            value=_dump(envelope),
            headers={name: _dump(_load(key)) for name, key in links.items() if key is not None},
        )

    @contextmanager
    def _open(self, *, mode: str) -> Iterator[sqlite3.Connection]:
        """Open the database for one reading: nothing keeps its file, and a replaced file is noticed."""
        try:
            uri = f"{self.path.absolute().as_uri()}?mode={mode}"
            with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT_SECONDS)) as connection:
                # Text that is no UTF-8 passes through byte by byte: the decoder parks that event, the others go on.
                connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
                connection.row_factory = sqlite3.Row
                yield connection
        except sqlite3.OperationalError:
            raise CaptureBusyError(f"source {self.source!r}: its database is locked or cannot be opened") from None
        except sqlite3.DatabaseError:
            raise CaptureError(f"source {self.source!r}: its file is not an SQLite database, or is damaged") from None


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the writer's lock from the start: triggers and snapshot belong to one moment."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _check_source(connection: sqlite3.Connection, source: str) -> None:
    other = connection.execute("SELECT source FROM onefold_capture WHERE source <> ?", (source,)).fetchone()
    if other is not None:
        raise CaptureError(f"the database is captured as source {other[0]!r}, not {source!r}: a source keeps its name")


def _inspect(connection: sqlite3.Connection, table: str) -> _Table:
    found = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(?)", (table,)
    ).fetchone()
    if found is None or found[0].lower().startswith((_OWN_PREFIX, "sqlite_")):
        raise CaptureError(f"table {table!r} is not a table of this database that can be captured")
    columns = connection.execute("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", found).fetchall()
    key = tuple(name for name, place in sorted(columns, key=lambda column: column[1]) if place)
    if not key:
        raise CaptureError(f"table {table!r} has no primary key, so its changes cannot be told apart: give it one")
    return _Table(found[0], tuple(name for name, _ in columns), key)


def _capture(connection: sqlite3.Connection, table: _Table, *, source: str) -> None:
    triggers, columns = table.triggers(), json.dumps(table.columns)
    known = connection.execute("SELECT columns FROM onefold_capture WHERE table_name = ?", (table.name,)).fetchone()
    if known == (columns,) and _triggers_of(connection, table.name) >= triggers.keys():
        return
    _drop_triggers(connection, table.name)
    for statement in triggers.values():
        connection.execute(statement)
    connection.execute(table.snapshot())
    connection.execute("INSERT OR REPLACE INTO onefold_capture VALUES (?, ?, ?)", (table.name, source, columns))


def _release_others(connection: sqlite3.Connection, wanted: set[str]) -> None:
    captured = {name for (name,) in connection.execute("SELECT table_name FROM onefold_capture")}
    for name in captured - wanted:
        _drop_triggers(connection, name)
        connection.execute("DELETE FROM onefold_capture WHERE table_name = ?", (name,))


def _triggers_of(connection: sqlite3.Connection, table: str) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", (table,))
    return {name for (name,) in rows if name.startswith(_OWN_PREFIX)}


def _drop_triggers(connection: sqlite3.Connection, table: str) -> None:
    for name in _triggers_of(connection, table):
        connection.execute(f"DROP TRIGGER {_name(name)}")


def _has_table(connection: sqlite3.Connection, table: str) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone() is not None


def _row_json(row: str, columns: Sequence[str]) -> str:
    """Give the SQL expression for the JSON object of a row's columns.

    Concatenated, not json_object(), whose arguments end at about sixty columns.
    """
    members = (f"{_text(json.dumps(name, ensure_ascii=False) + ':')} || {_value_json(row, name)}" for name in columns)
    return "'{' || " + " || ',' || ".join(members) + " || '}'"


def _value_json(row: str, column: str) -> str:
    """Give the SQL expression for one value as JSON. It must never fail: that would refuse the source's own write.

    Text is concatenated first because a value written with json() would pass json_quote() as an object, not as text. A
    BLOB becomes an object, which no other value is: SQLite has hex() but not everywhere base64().
    """
    value = f"{row}.{_name(column)}"
    return (
        f"CASE typeof({value}) WHEN 'text' THEN json_quote({value} || '')"
        f""" WHEN 'blob' THEN '{{"hex":"' || hex({value}) || '"}}'"""
        f" WHEN 'real' THEN CASE WHEN abs({value}) <= 1.7976931348623157e308 THEN printf('%!.17g', {value})"
        f""" ELSE '"' || {value} || '"' END"""
        f" ELSE json_quote({value}) END"
    )


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'"


def _load(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    # The only values stored as objects are BLOBs: see `_value_json`.
    return {name: _base64(value) if isinstance(value, dict) else value for name, value in json.loads(text).items()}


def _base64(blob: dict[str, str]) -> str:
    return base64.b64encode(bytes.fromhex(blob["hex"])).decode("ascii")


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogateescape")


# --- for the audit, which reads rows as the triggers write them -----------------------------------------------------------


def row_expression(columns: Sequence[str]) -> str:
    """Give the SQL expression for the row ``s`` with these columns, as a trigger would write it."""
    return _row_json("s", columns)


def row_of(text: str) -> bytes:
    """Turn what :func:`row_expression` gave into the JSON of an event's row."""
    return _dump(_load(text))


def quoted(identifier: str) -> str:
    """Quote a name for SQL."""
    return _name(identifier)
