"""A rehearsal: what would rewrite half of a database is done on copies of its tables, seen by one connection only.

Both databases look for a name among the temporary tables first. So the same statements run unchanged, read what is not copied from one
snapshot, and hold no lock that a writer wants. What would write to a table without a copy is refused.

It may go on to a later snapshot with the same copies, and end in a write transaction that brings the originals to what they hold.

Nothing else stays: the connection never goes back to the pool, and with it go its tables, also after an error or an interrupt. SQLite keeps
the copies in a file that has no name any more when the first byte is in it, and only its owner's rights; PostgreSQL among its own.
They hold what their originals hold: sealed cells, keyed hashes, ids.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.postgresql import plan, plan_within

# Pages of the copies that SQLite keeps at hand; the rest is with the system, which writes it to the disk when it must.
_SQLITE_CACHE_KIB: Final = 64 * 1024

# How often the lock of SQLite's writer is waited for, half a minute each time.
_PATIENCE: Final = 20

_ONE_SNAPSHOT: Final = sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
# Said outright: temporary tables may have another place in the path, and another path makes the server read prepared statements anew.
_COPIES_FIRST: Final = sa.text("SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), true)")
_REAL: Final = sa.text("""
SELECT relname, nspname
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relname = ANY(:names) AND relkind = 'r' AND pg_table_is_visible(pg_class.oid)
""")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A connection for which copies stand before their originals; it keeps nothing unless :meth:`storage.Database.enact` says so."""

    connection: Connection
    _originals: Mapping[str, sa.Table]
    _copies: Mapping[str, sa.Table]

    def original(self, table: sa.Table) -> sa.Table:
        """What a copied ``table`` holds in truth, as of the moment that all reads see."""
        return self._originals[table.name]

    def copied(self, table: sa.Table) -> sa.Table:
        """The copy of ``table``, by a name that says so."""
        return self._copies[table.name]

    def go_on(self) -> None:
        """See from now on what was committed until now; the copies are as they were left."""
        self.connection.commit()
        if not self._is_sqlite:
            _begin_postgresql(self.connection, self._copies)

    def begin_write(self) -> None:
        """Begin a transaction that may write to all tables; the copies still stand before their originals."""
        self.connection.commit()
        if self._is_sqlite:
            driven: Any = self.connection.connection.dbapi_connection
            driven.set_authorizer(None)
            self.connection.execution_options(onefold_write="FULL")
            _begin_patiently(self.connection)
        else:
            self.connection.begin()
            self.connection.execute(_COPIES_FIRST)

    @contextmanager
    def reading_all(self) -> Iterator[None]:
        """In it PostgreSQL plans statements as it finds best, for those that compare whole tables; else as for those who write."""
        if self._is_sqlite:
            yield
            return
        plan_within(self.connection, by_keys=False)
        yield
        plan_within(self.connection, by_keys=True)

    @property
    def _is_sqlite(self) -> bool:
        return self.connection.dialect.name == "sqlite"


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
        copies = {table.name: _within(table, "temp" if is_sqlite else "pg_temp") for table in tables}
        copy = _copy_sqlite if is_sqlite else _copy_postgresql
        yield Rehearsal(connection, copy(connection, tables, copies), copies)


def _copy_sqlite(
    connection: Connection, tables: Collection[sa.Table], copies: Mapping[str, sa.Table]
) -> dict[str, sa.Table]:
    driven: Any = connection.connection.dbapi_connection
    # Before the transaction, in which it cannot be changed. In memory the copies of a million records would take a gigabyte and a half.
    driven.execute("PRAGMA temp_store=FILE")
    driven.execute(f"PRAGMA temp.cache_size=-{_SQLITE_CACHE_KIB}")
    originals = {table.name: _within(table, "main") for table in tables}
    for table in tables:
        _copy(connection, originals[table.name], copies[table.name])
    # `query_only` would refuse the copies, too, and without either a forgotten table would be written, under the lock of all writers.
    driven.set_authorizer(_allow)
    return originals


def _begin_patiently(connection: Connection) -> None:
    """Begin though others write all the time, of whom SQLite lets none wait in line: who has computed for minutes does not end at that."""
    for _ in range(_PATIENCE - 1):
        try:
            connection.begin()
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                raise
        else:
            return
    connection.begin()


def _copy_postgresql(
    connection: Connection, tables: Collection[sa.Table], copies: Mapping[str, sa.Table]
) -> dict[str, sa.Table]:
    connection.execute(_ONE_SNAPSHOT)
    real = {row.relname: row.nspname for row in connection.execute(_REAL, {"names": [table.name for table in tables]})}
    originals = {table.name: _within(table, real[table.name]) for table in tables}
    for table in tables:
        _copy(connection, originals[table.name], copies[table.name])
    _read_only(connection, copies)
    return originals


def _begin_postgresql(connection: Connection, copies: Mapping[str, sa.Table]) -> None:
    connection.execute(_ONE_SNAPSHOT)
    _read_only(connection, copies)


def _read_only(connection: Connection, copies: Collection[str]) -> None:
    """Let a transaction of PostgreSQL's write to the copies only, and know what is in them."""
    for name in copies:
        connection.execute(sa.text(f"ANALYZE pg_temp.{name}"))  # no autovacuum comes by
    connection.execute(_COPIES_FIRST)
    connection.execute(sa.text("SET TRANSACTION READ ONLY"))  # which temporary tables are exempt from


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
