"""A rehearsal: what would rewrite half of a database is done on copies of its tables, seen by one connection only, which then vanish.

Both databases look for a name among the temporary tables first. So the same statements run unchanged, read what is not copied from one
snapshot, and hold no lock that a writer wants. What would write to a table without a copy is refused.

Nothing stays: the connection never goes back to the pool, and with it go its tables, also after an error or an interrupt. SQLite keeps the
copies in a file that has no name any more when the first byte is in it, and only its owner's rights; PostgreSQL among its own.
They hold what their originals hold: sealed cells, keyed hashes, ids.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.postgresql import plan

# Pages of the copies that SQLite keeps at hand; the rest is with the system, which writes it to the disk when it must.
_SQLITE_CACHE_KIB: Final = 64 * 1024

_REAL: Final = sa.text("""
SELECT relname, nspname
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relname = ANY(:names) AND relkind = 'r' AND pg_table_is_visible(pg_class.oid)
""")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A connection for which copies stand before their originals; it keeps nothing."""

    connection: Connection
    _originals: Mapping[str, sa.Table]

    def original(self, table: sa.Table) -> sa.Table:
        """What a copied ``table`` holds in truth, as of the same moment."""
        return self._originals[table.name]


@contextmanager
def rehearsal(engine: Engine, tables: Collection[sa.Table]) -> Iterator[Rehearsal]:
    """Give a rehearsal in which ``tables`` may be written; none that numbers its rows itself, as a copy would begin at one."""
    numbered = [table.name for table in tables if table.autoincrement_column is not None]
    if numbered:
        raise ValueError(f"tables that number their rows cannot be rehearsed: {', '.join(numbered)}")
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            plan(connection, by_keys=True)  # as for those who write
        connection.detach()  # from the pool: it is closed at the end
        copy = _copy_sqlite if is_sqlite else _copy_postgresql
        yield Rehearsal(connection, copy(connection, tables))


def _copy_sqlite(connection: Connection, tables: Collection[sa.Table]) -> dict[str, sa.Table]:
    driven: Any = connection.connection.dbapi_connection
    # Before the transaction, in which it cannot be changed. In memory the copies of a million records would take a gigabyte and a half.
    driven.execute("PRAGMA temp_store=FILE")
    driven.execute(f"PRAGMA temp.cache_size=-{_SQLITE_CACHE_KIB}")
    originals = {table.name: _within(table, "main") for table in tables}
    for table in tables:
        _copy(connection, originals[table.name], _within(table, "temp"))
    # `query_only` would refuse the copies, too, and without either a forgotten table would be written, under the lock of all writers.
    driven.set_authorizer(_allow)
    return originals


def _copy_postgresql(connection: Connection, tables: Collection[sa.Table]) -> dict[str, sa.Table]:
    connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    real = {row.relname: row.nspname for row in connection.execute(_REAL, {"names": [table.name for table in tables]})}
    originals = {table.name: _within(table, real[table.name]) for table in tables}
    for table in tables:
        copied = _within(table, "pg_temp")
        _copy(connection, originals[table.name], copied)
        connection.execute(sa.text(f"ANALYZE pg_temp.{table.name}"))  # no autovacuum comes by
    # Said outright: temporary tables may have another place in the path, and another path makes the server read prepared statements anew.
    connection.execute(sa.text("SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), true)"))
    connection.execute(sa.text("SET TRANSACTION READ ONLY"))  # which temporary tables are exempt from
    return originals


def _within(table: sa.Table, schema: str) -> sa.Table:
    return table.to_metadata(sa.MetaData(naming_convention=table.metadata.naming_convention), schema=schema)


def _copy(connection: Connection, original: sa.Table, copied: sa.Table) -> None:
    connection.execute(sa.schema.CreateTable(copied))
    names = [column.name for column in copied.columns]
    rows = sa.select(*(original.c[name] for name in names)).order_by(*original.primary_key.columns)
    connection.execute(sa.insert(copied).from_select(names, rows))
    for index in copied.indexes:
        connection.execute(sa.schema.CreateIndex(index))


_READING: Final = frozenset(
    (
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_TRANSACTION,
    )
)


def _allow(action: int, _first: str | None, _second: str | None, schema: str | None, _trigger: str | None) -> int:
    """What SQLite asks when it reads a statement: whether it may do this to that database."""
    return sqlite3.SQLITE_OK if schema == "temp" or action in _READING else sqlite3.SQLITE_DENY
