"""How PostgreSQL is spoken to: few round trips, for one change alone is mostly waiting for them.

Connections that were used a moment ago are believed to live as long as nothing came from the server (an end of the connection
would), instead of being asked each time; the one used last is used next, as it has the statements prepared. These are planned anew for
the values given: a plan kept from when a table was empty would read all of it ever after. And who asks for rows by their keys alone
says so (:func:`plan`).
"""

import select
import time
from importlib import import_module
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.driver_errors import raised_as_usual
from storage.errors import StorageError
from storage.pipeline import execute, execute_many

_POSTGRESQL_15: Final = 150_000
# Seconds without use after which a connection is asked whether it lives, as HikariCP does by default.
_BELIEVED: Final = 0.5
# A batch has about eighty different statements; the driver's default of 100 leaves no room for what else a process does.
_PREPARED: Final = 400
# Compiling a plan takes longer than any statement of ours, of which none reads millions of rows for a sum.
_ALWAYS: Final = "SET plan_cache_mode = force_custom_plan; SET jit = off"
# Off, a way of planning is taken where there is no other.
_BY_KEYS: Final = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "max_parallel_workers_per_gather": "0",
}
_PLANNING: Final = {
    True: "; ".join(f"SET {name} = {wanted}" for name, wanted in _BY_KEYS.items()),
    False: "; ".join(f"RESET {name}" for name in _BY_KEYS),
}
_IS_BY_KEYS: Final = "onefold_by_keys"


def create_postgresql(url: sa.URL) -> Engine:
    """An engine for PostgreSQL 15 or newer through psycopg; :class:`StorageError` at the first connection to an older one.

    The driver is an extra: :class:`StorageError` names it where it is missing.
    """
    try:
        arrays = import_module("storage.psycopg_arrays")
        # The level is said outright: with another default of the server, statements after a lock would not see what it waited for.
        engine = sa.create_engine(
            url, hide_parameters=True, isolation_level="READ COMMITTED", pool_size=8, max_overflow=8, pool_use_lifo=True
        )
    except ImportError:
        raise StorageError(
            "the driver for PostgreSQL is not installed: pip install '.[postgres]' in the checkout"
        ) from None
    sa.event.listen(engine, "connect", _require_version)
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "connect", lambda connection, _: arrays.register(connection))
    sa.event.listen(engine, "do_execute", execute)
    sa.event.listen(engine, "do_executemany", execute_many)
    sa.event.listen(engine, "checkin", _checked_in)
    sa.event.listen(engine, "checkout", lambda connection, record, _: _checked_out(engine, connection, record))
    return engine


def plan(connection: Connection, *, by_keys: bool) -> None:
    """Have all statements to come planned as look-ups in indexes, or as PostgreSQL finds best; in no transaction yet.

    A batch asks for thousands of keys at once. While PostgreSQL knows little of a table, which is all the time that it grows fast, it takes
    them for half of its rows and reads the whole of it, in several processes at that: a quarter of its time for a batch.
    It is of the connection, not of the transaction: said again only where it changes.
    """
    if connection.info.get(_IS_BY_KEYS, False) is not by_keys:
        driven = connection.connection.driver_connection
        with raised_as_usual(connection, driven):
            _say(driven, _PLANNING[by_keys])
        connection.info[_IS_BY_KEYS] = by_keys


def plan_within(connection: Connection, *, by_keys: bool) -> None:
    """As :func:`plan`, within a transaction, for a connection that never goes back to the pool."""
    driven: Any = connection.connection.dbapi_connection
    with raised_as_usual(connection, driven):
        driven.execute(_PLANNING[by_keys], prepare=False)


def _say(driven: Any, settings: str) -> None:
    """Set what holds for a connection from now on, in one round trip."""
    driven.autocommit = True
    driven.execute(settings, prepare=False)
    driven.autocommit = False


def _require_version(connection: Any, _record: Any) -> None:
    version = connection.info.server_version
    if version < _POSTGRESQL_15:
        raise StorageError(f"PostgreSQL 15 or newer is needed, this server has version {version // 10_000}")


def _prepare(connection: Any, _record: Any) -> None:
    connection.prepared_max = _PREPARED
    _say(connection, _ALWAYS)


def _checked_in(connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()
    if connection is not None and not connection.closed:
        # What SQLAlchemy leaves after a reader begins the next transaction as READ WRITE, also where the server is set to read only.
        connection.read_only = None


def _checked_out(engine: Engine, connection: Any, record: Any) -> None:
    """Give no connection away that ended meanwhile: with it all of the pool go, as after a restart of the server."""
    idle_since = record.info.get("idle_since")
    if idle_since is None or (time.monotonic() - idle_since < _BELIEVED and not _has_news(connection)):
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        raise sa.exc.InvalidatePoolError from None


def _has_news(connection: Any) -> bool:
    """Whether something came from the server that nobody asked for, or the connection ended."""
    if connection.closed:
        return True
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN)
    return bool(watch.poll(0))
