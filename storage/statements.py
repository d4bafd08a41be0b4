"""The text of statements that write many rows, made once for each table and set of columns.

SQLite takes one statement and runs it for each row; PostgreSQL takes whole columns as arrays, so that a statement has a handful of
parameters however many rows it writes. The database library would build and check each row's parameters anew: a third of the cost.
"""

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

from storage.arrays import PACKED, PackedArray
from storage.pipeline import UNANSWERED

Row = Mapping[str, Any]

# Below it a batch of one costs a prepared statement more; above it memory for the arrays.
_ARRAY_ROWS = 20_000

# SQLite's driver asks every value but numbers and text whether it knows how to become one of these, and is told no each time: twice the
# cost of the value. It asks here first, and is given what it would have come to.
sqlite3.register_adapter(bytes, bytes.__bytes__)
sqlite3.register_adapter(type(None), set[None]().discard)  # gives None, and is no Python
sqlite3.register_adapter(bool, int)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL whose values come in the order of ``names``; ``checks`` are what the columns' types ask of values, by name.

    ``arrays`` are the kinds of the columns' arrays where the database takes arrays.
    """

    text: str
    names: tuple[str, ...]
    checks: Mapping[str, Callable[[Any], Any]]
    arrays: Sequence[type[PackedArray]] = ()

    def run(self, connection: Connection, rows: Collection[Row]) -> None:
        """Write ``rows``, at least one."""
        if not self.arrays:
            connection.exec_driver_sql(self.text, self._tuples(rows))
            return
        columns = [self._values(name, rows) for name in self.names]
        for start in range(0, len(rows), _ARRAY_ROWS):
            cut = [column[start : start + _ARRAY_ROWS] for column in columns]
            packed = tuple([kind.of(column) for kind, column in zip(self.arrays, cut, strict=True)])
            connection.exec_driver_sql(self.text, packed, execution_options=UNANSWERED)

    def _tuples(self, rows: Collection[Row]) -> list[tuple[Any, ...]]:
        if self.checks or len(self.names) == 1:
            return list(zip(*[self._values(name, rows) for name in self.names], strict=True))
        return list(map(itemgetter(*self.names), rows))

    def _values(self, name: str, rows: Collection[Row]) -> list[Any]:
        check = self.checks.get(name)
        values = map(itemgetter(name), rows)
        return list(values if check is None else map(check, values))


@lru_cache(maxsize=512)
def inserting(dialect: Dialect, table: sa.Table, names: tuple[str, ...], update: tuple[str, ...] | None) -> Statement:
    """Insert; ``update`` lists what to overwrite where the primary key is there (empty: keep the old row; None: an error)."""
    given = _array_columns(dialect, table, names)
    values = f"VALUES ({', '.join('?' for _ in names)})" if given is None else f"SELECT * FROM unnest({given})"
    conflict = "" if update is None else f" ON CONFLICT ({_listed(_keys(table))}) DO {_overwriting(update)}"
    return _statement(dialect, table, f"INSERT INTO {table.name} ({_listed(names)}) {values}{conflict}", names)


@lru_cache(maxsize=64)
def adding(  # noqa: PLR0913 - one for each way in which two rows become one
    dialect: Dialect,
    table: sa.Table,
    names: tuple[str, ...],
    *,
    sums: tuple[str, ...],
    least: tuple[str, ...],
    greatest: tuple[str, ...],
) -> Statement:
    """Insert; where the primary key is there, sum up ``sums`` and keep the ``least`` and ``greatest`` that is not NULL."""
    given = _array_columns(dialect, table, names)
    values = f"VALUES ({', '.join('?' for _ in names)})" if given is None else f"SELECT * FROM unnest({given})"
    low, high = ("min", "max") if given is None else ("least", "greatest")
    changes = [f"{name} = {table.name}.{name} + excluded.{name}" for name in sums]
    for of, columns in ((low, least), (high, greatest)):
        for name in columns:
            old, new = f"{table.name}.{name}", f"excluded.{name}"
            # SQLite's min of two is NULL when either is; then the other one counts.
            changes.append(f"{name} = coalesce({of}({old}, {new}), {old}, {new})")
    conflict = f"ON CONFLICT ({_listed(_keys(table))}) DO UPDATE SET {', '.join(changes)}"
    return _statement(dialect, table, f"INSERT INTO {table.name} ({_listed(names)}) {values} {conflict}", names)


@lru_cache(maxsize=512)
def updating(
    dialect: Dialect, table: sa.Table, names: tuple[str, ...], by: tuple[str, ...], raised: tuple[str, ...]
) -> Statement:
    """Set ``names`` and count ``raised`` up by one, where the columns ``by`` are as given."""
    given = _array_columns(dialect, table, (*names, *by))
    more = [f"{name} = {table.name}.{name} + 1" for name in raised]
    if given is None:
        text = f"UPDATE {table.name} SET {', '.join([*(f'{name} = ?' for name in names), *more])} WHERE {_equal(by)}"
    else:
        changes = ", ".join([*(f"{name} = given.{name}" for name in names), *more])
        rows = f"unnest({given}) AS given({_listed((*names, *by))})"
        text = f"UPDATE {table.name} SET {changes} FROM {rows} WHERE {_same(table, by)}"
    return _statement(dialect, table, text, (*names, *by))


@lru_cache(maxsize=512)
def deleting(dialect: Dialect, table: sa.Table, by: tuple[str, ...]) -> Statement:
    """Delete where the columns ``by`` are as given."""
    given = _array_columns(dialect, table, by)
    if given is None:
        return _statement(dialect, table, f"DELETE FROM {table.name} WHERE {_equal(by)}", by)
    rows = f"unnest({given}) AS given({_listed(by)})"
    return _statement(dialect, table, f"DELETE FROM {table.name} USING {rows} WHERE {_same(table, by)}", by)


def _statement(dialect: Dialect, table: sa.Table, text: str, names: tuple[str, ...]) -> Statement:
    # Both drivers take truth values as they are.
    of = {name: table.c[name].type for name in names if not isinstance(table.c[name].type, sa.Boolean)}
    types = {name: kind.dialect_impl(dialect) for name, kind in of.items()}
    found = {name: kind.bind_processor(dialect) for name, kind in types.items()}
    checks = {name: check for name, check in found.items() if check is not None}
    arrays = [] if dialect.name == "sqlite" else [PACKED[_type_name(dialect, table, name)] for name in names]
    return Statement(text, names, checks, tuple(arrays))


def _array_columns(dialect: Dialect, table: sa.Table, names: Sequence[str]) -> str | None:
    """One array for each column, where the database takes arrays."""
    if dialect.name == "sqlite":
        return None
    return ", ".join(f"%b::{_type_name(dialect, table, name)}[]" for name in names)


def _type_name(dialect: Dialect, table: sa.Table, name: str) -> str:
    return str(table.c[name].type.compile(dialect))


def _keys(table: sa.Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key.columns)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _overwriting(names: Sequence[str]) -> str:
    return f"UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}" if names else "NOTHING"


def _equal(names: Sequence[str]) -> str:
    return " AND ".join(f"{name} = ?" for name in names)


def _same(table: sa.Table, names: Sequence[str]) -> str:
    return " AND ".join(f"{table.name}.{name} = given.{name}" for name in names)
