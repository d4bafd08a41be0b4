"""The audit's view of a PostgreSQL database: a REPEATABLE READ snapshot, its place in the write-ahead log, rows by a server cursor."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Final

from cdc.parity import wire
from cdc.parity.errors import ParityError, SourceBusy
from cdc.parity.snapshots import (
    PAGE_ROWS,
    Address,
    LogPosition,
    Read,
    SourceColumn,
    SourceTable,
    missing_table,
    unsupported,
)

_CONNECT_SECONDS: Final = 10
_POLL_SECONDS: Final = 0.1
#: How long transactions that were under way may take to end.
_REST_SECONDS: Final = 30.0
_MICROSECONDS: Final = 6
_HALF: Final = 32
#: The session writes times and numbers in one way, and can change nothing.
_OPTIONS: Final = "-c TimeZone=UTC -c DateStyle=ISO -c extra_float_digits=1 -c default_transaction_read_only=on"

_IDENTITY: Final = """
    SELECT system_identifier || '-' || ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
    FROM pg_control_system()"""
_LOG_END: Final = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
#: A transaction locks its number before it writes anything, and until its end is visible.
_WRITERS: Final = """
    SELECT transactionid::text FROM pg_locks WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted"""
_COLUMNS: Final = """
    SELECT a.attname, t.typname, t.typtype = 'e', e.typname, coalesce(e.typtype = 'e', false),
           CASE WHEN d.typtype = 'd' THEN d.typtypmod ELSE a.atttypmod END, c.reltuples
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    JOIN pg_type d ON d.oid = a.atttypid JOIN pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
    LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
      AND has_column_privilege(c.oid, a.attnum, 'SELECT')
    ORDER BY a.attnum"""

_INTEGERS: Final = {"int2": "int16", "int4": "int32", "int8": "int64", "oid": "int64"}
_FLOATS: Final = {"float4": ("float", wire.single_spelling), "float8": ("double", wire.double_spelling)}
#: Types whose text is what an event holds.
_TEXTS: Final = (
    "text", "varchar", "bpchar", "name", "citext", "uuid", "json", "jsonb", "xml", "inet", "cidr", "macaddr", "macaddr8", "ltree",
    "numeric",
)  # fmt: skip
_JSON: Final = ("json", "jsonb")
_TEXT_ARRAYS: Final = ("text", "varchar", "bpchar", "int2", "int4", "int8", "bool")
#: What events hold where a time is infinite: beyond every calendar, and so parked.
_BEYOND_DAYS: Final = 2**31 - 1
_BEYOND_MICROS: Final = 2**63 - 1


class PostgresSource:
    """A PostgreSQL database, read as the user of its address."""

    def __init__(self, source: str, address: Address) -> None:
        """``source`` is its name in the mapping."""
        self.source = source
        self._address = address

    @contextmanager
    def snapshot(self) -> Iterator["PostgresSnapshot"]:
        """Open a snapshot in which every change that the log holds below its position is either visible or undone.

        A change stands in the log before its transaction commits. So the log's end is taken first, then everything that was
        under way must end, then the snapshot is taken: what it does not show was written behind that end.
        """
        driver = _driver()
        try:
            with closing(self._connect(driver)) as connection:
                _refuse_standby(connection, self.source)
                settled = _log_end(connection)
                _wait_for_rest(connection, self.source)
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                connection.execute("SELECT txid_current_snapshot()")
                yield PostgresSnapshot(connection, self.source, self._address, (settled, _log_end(connection)))
        except driver.Error as error:
            raise _refused(self.source, error) from None

    def _connect(self, driver: Any) -> Any:
        address = self._address
        return driver.connect(
            host=address.host,
            port=address.port,
            dbname=address.database,
            user=address.user,
            password=address.password,
            options=_OPTIONS,
            connect_timeout=_CONNECT_SECONDS,
            autocommit=True,
            **address.options,
        )


class PostgresSnapshot:
    """See :class:`cdc.parity.snapshots.Snapshot`."""

    def __init__(self, connection: Any, source: str, address: Address, log: tuple[int, int]) -> None:
        """``log``: its end before the snapshot, behind which changes may be newer, and when it was taken."""
        self._connection = connection
        self._source = source
        self._address = address
        settled, end = log
        self.position = LogPosition(
            text=_lsn(end),
            settled=settled.to_bytes(8) + b"\x00",
            target=end.to_bytes(8) + b"\x00",
            identity=connection.execute(_IDENTITY).fetchone()[0],
        )

    def table(self, name: str, wanted: Collection[str]) -> SourceTable:
        """Find a table by its schema, as mapped or by default."""
        rows = self._connection.execute(_COLUMNS, self._address.qualified(name)).fetchall()
        if not rows:
            raise missing_table(self._source, name)
        columns = tuple(self._column(name, row) for row in rows if row[0] in wanted)
        return SourceTable(name, columns, self._address.has_schemas, rows=max(0, int(rows[0][6])))

    def pages(self, table: SourceTable) -> Iterator[list[Read]]:
        """All rows, by a cursor of the server's."""
        from psycopg import sql  # noqa: PLC0415 - an optional library

        selected = sql.SQL(", ").join(sql.SQL(column.select) for column in table.columns)
        place = sql.Identifier(*self._address.qualified(table.name))
        read = table.reader()
        with self._connection.cursor(name="onefold_parity") as cursor:
            for oid in _text_oids(self._connection):
                cursor.adapters.register_loader(oid, _text_loader())
            cursor.execute(sql.SQL("SELECT {} FROM {}").format(selected, place))
            while rows := cursor.fetchmany(PAGE_ROWS):
                yield [read(row) for row in rows]

    def describe(self, position: bytes) -> str:
        """Write a position as PostgreSQL does."""
        return _lsn(int.from_bytes(position[:8]))

    def _column(self, table: str, row: tuple[Any, ...]) -> SourceColumn:
        name, kind, is_enum, element, is_enum_array, modifier, _ = row
        quoted = '"' + name.replace('"', '""') + '"'
        made = _array(name, quoted, element) if element and not is_enum_array else None
        made = made or (_text(name, quoted, "text") if is_enum else _plain(name, quoted, kind))
        made = made or _time(name, quoted, kind, modifier)
        if made is None:
            raise unsupported(self._source, table, name, kind)
        return made


def _driver() -> Any:
    try:
        import psycopg  # noqa: PLC0415 - an optional library
    except ImportError:
        raise ParityError(
            "comparing with PostgreSQL needs its driver; pip install '.[postgres]' in the checkout"
        ) from None
    return psycopg


def _text_loader() -> Any:
    from psycopg.types.string import TextLoader  # noqa: PLC0415 - see above

    return TextLoader


def _text_oids(connection: Any) -> list[int]:
    types = connection.adapters.types
    return [found.oid for name in (*_TEXTS, *_FLOATS) if (found := types.get(name)) is not None]


def _refuse_standby(connection: Any, source: str) -> None:
    if connection.execute("SELECT pg_is_in_recovery()").fetchone()[0]:
        raise ParityError(
            f"source {source!r}: its database is a standby, which does not show what is under way; let `host` name the primary"
        )


def _log_end(connection: Any) -> int:
    return int(connection.execute(_LOG_END).fetchone()[0])


def _wait_for_rest(connection: Any, source: str) -> None:
    """Wait until the transactions that have written something, and are under way, have ended."""
    deadline = time.monotonic() + _REST_SECONDS
    under_way = _writers(connection)
    while under_way & _writers(connection):
        if time.monotonic() > deadline:
            raise SourceBusy(
                f"source {source!r}: a transaction has been open for more than {_REST_SECONDS:.0f} seconds, and what it wrote cannot "
                "be placed: end it (pg_stat_activity shows it), then try again"
            )
        time.sleep(_POLL_SECONDS)


def _writers(connection: Any) -> set[str]:
    return {number for (number,) in connection.execute(_WRITERS).fetchall()}


def _refused(source: str, error: Exception) -> ParityError:
    state = getattr(error, "sqlstate", None) or ""
    if state.startswith("42501"):
        return ParityError(f"source {source!r}: its user may not read a mapped table: GRANT SELECT on it")
    if state.startswith("28") or "authentication failed" in str(error):
        return ParityError(f"source {source!r}: PostgreSQL refuses the login: check user and password of its connector")
    return SourceBusy(
        f"source {source!r}: PostgreSQL does not answer as it should ({state or type(error).__name__}): see that host, port and "
        "database of its connector are right and that it runs, then try again"
    )


def _lsn(position: int) -> str:
    return f"{position >> _HALF:X}/{position & (2**_HALF - 1):X}"


# --- columns ----------------------------------------------------------------------------------------------------------


def _text(name: str, quoted: str, kind: str) -> SourceColumn:
    return SourceColumn(name, quoted, wire.as_it_is, wire.TEXT, wire.json_spelling if kind in _JSON else None)


def _plain(name: str, quoted: str, kind: str) -> SourceColumn | None:
    if kind in _TEXTS:
        return _text(name, quoted, kind)
    if kind in _INTEGERS:
        return SourceColumn(name, quoted, wire.as_it_is, wire.schema(_INTEGERS[kind]))
    if kind in _FLOATS:
        schema, respell = _FLOATS[kind]
        return SourceColumn(name, quoted, wire.number, wire.schema(schema), respell)
    if kind == "bool":
        return SourceColumn(name, quoted, wire.as_it_is, wire.BOOLEAN)
    if kind == "bytea":
        return SourceColumn(name, quoted, wire.binary, wire.schema("bytes"))
    return None


def _array(name: str, quoted: str, element: str) -> SourceColumn | None:
    if element not in _TEXT_ARRAYS:
        return None
    item = wire.schema(_INTEGERS.get(element, "boolean" if element == "bool" else "string"))
    return SourceColumn(name, quoted, wire.as_it_is, {"type": "array", "items": item})


def _time(name: str, quoted: str, kind: str, modifier: int) -> SourceColumn | None:
    digits = _MICROSECONDS if modifier < 0 else modifier
    make = _TIMES.get(kind)
    if make is None:
        return None
    select, encode, schema = make(quoted, digits)
    return SourceColumn(name, select, encode, schema, wire.instant_spelling if kind == "timestamptz" else None)


_Time = tuple[str, wire.Encode, wire.Schema]


def _date(quoted: str, _: int) -> _Time:
    return _finite(quoted, f"({quoted} - DATE '1970-01-01')", _BEYOND_DAYS), wire.as_it_is, wire.DATE


def _timestamp(quoted: str, digits: int) -> _Time:
    select = _finite(quoted, _count_of(quoted), _BEYOND_MICROS)
    return (select, *wire.wall_clock(digits))


def _timestamptz(quoted: str, _: int) -> _Time:
    written = f"to_char({quoted} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    return _finite(quoted, written, f"{quoted}::text"), wire.as_it_is, wire.ZONED_TIMESTAMP


def _time_of_day(quoted: str, digits: int) -> _Time:
    return (_count_of(quoted), *wire.time_of_day(digits))


def _timetz(quoted: str, _: int) -> _Time:
    return f"({quoted} AT TIME ZONE 'UTC')::time::text", lambda value: f"{value}Z", wire.ZONED_TIME


def _count_of(quoted: str) -> str:
    return f"round(EXTRACT(EPOCH FROM {quoted}) * 1000000)::bigint"


def _finite(quoted: str, select: str, otherwise: int | str) -> str:
    return f"CASE WHEN {quoted} IS NULL OR isfinite({quoted}) THEN {select} ELSE {otherwise} END"


_TIMES: Final[Mapping[str, Callable[[str, int], _Time]]] = {
    "date": _date,
    "timestamp": _timestamp,
    "timestamptz": _timestamptz,
    "time": _time_of_day,
    "timetz": _timetz,
}
