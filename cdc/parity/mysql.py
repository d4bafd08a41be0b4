"""The audit's view of a MariaDB or MySQL database: a consistent snapshot, its place in the binary log, rows as they come."""

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
_SESSION: Final = (
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
)
_BEGIN: Final = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
#: MariaDB and Percona Server say which place in the log belongs to a snapshot.
_SNAPSHOT_STATUS: Final = "SHOW STATUS LIKE 'binlog_snapshot_%'"
_LOG_STATUS: Final = ("SHOW BINARY LOG STATUS", "SHOW MASTER STATUS")
_NOT_ALLOWED: Final = (1044, 1045, 1142, 1143, 1227, 1370)
_SYNTAX: Final = 1064

_COLUMNS: Final = """
    SELECT c.COLUMN_NAME, lower(c.DATA_TYPE), lower(c.COLUMN_TYPE), c.DATETIME_PRECISION, c.IS_NULLABLE = 'YES', t.TABLE_ROWS
    FROM information_schema.COLUMNS c
    JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
    WHERE c.TABLE_SCHEMA = %s AND c.TABLE_NAME = %s AND t.TABLE_TYPE = 'BASE TABLE' ORDER BY c.ORDINAL_POSITION"""

_INTEGERS: Final = {"tinyint": "int16", "smallint": "int16", "mediumint": "int32", "int": "int32", "bigint": "int64"}
_TEXTS: Final = (
    "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "json", "uuid", "inet4", "inet6",
)  # fmt: skip
_BYTES: Final = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")
_NO_DATE: Final = "0000-00-00"


class MySqlSource:
    """A MariaDB or MySQL database, read as the user of its address."""

    def __init__(self, source: str, address: Address) -> None:
        """``source`` is its name in the mapping."""
        self.source = source
        self._address = address

    @contextmanager
    def snapshot(self) -> Iterator["MySqlSnapshot"]:
        """Open a snapshot whose place in the binary log the server itself says, or which is taken while nothing commits."""
        driver = _driver()
        try:
            with closing(self._connect(driver)) as connection:
                for statement in _SESSION:
                    _run(connection, statement)
                log = _begin(connection, driver, self.source)
                yield MySqlSnapshot(connection, self.source, self._address, log, driver)
        except driver.MySQLError as error:
            raise _refused(self.source, error) from None

    def _connect(self, driver: Any) -> Any:
        address = self._address
        return driver.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            **address.options,
        )


class MySqlSnapshot:
    """See :class:`cdc.parity.snapshots.Snapshot`."""

    def __init__(self, connection: Any, source: str, address: Address, log: tuple[str, int], driver: Any) -> None:
        """``log``: file and position up to which the snapshot has everything, and beyond which nothing."""
        self._connection = connection
        self._source = source
        self._address = address
        self._driver = driver
        file, position = log
        place = int(file.rpartition(".")[2]).to_bytes(8) + position.to_bytes(8) + bytes(5)
        self.position = LogPosition(f"{file}:{position}", place, place, servers=_servers(connection))

    def table(self, name: str, wanted: Collection[str]) -> SourceTable:
        """Find a table by its database, as mapped or by default."""
        rows = _run(self._connection, _COLUMNS, self._address.qualified(name))
        if not rows:
            raise missing_table(self._source, name)
        columns = tuple(self._column(name, row) for row in rows if row[0] in wanted)
        return SourceTable(name, columns, self._address.has_schemas, rows=rows[0][5])

    def pages(self, table: SourceTable) -> Iterator[list[Read]]:
        """All rows, as the server sends them."""
        selected = ", ".join(column.select for column in table.columns)
        place = ".".join(_quoted(part) for part in self._address.qualified(table.name))
        read = table.reader()
        with closing(self._connection.cursor(self._driver.cursors.SSCursor)) as cursor:
            cursor.execute(f"SELECT {selected} FROM {place}")  # noqa: S608 - quoted names
            while rows := cursor.fetchmany(PAGE_ROWS):
                yield [read(row) for row in rows]

    def describe(self, position: bytes) -> str:
        """Write a position as number of the log's file and place in it."""
        return f"{int.from_bytes(position[:8]):06}:{int.from_bytes(position[8:16])}"

    def _column(self, table: str, row: tuple[Any, ...]) -> SourceColumn:
        name, kind, written, digits, is_nullable, _ = row
        made = _plain(name, _quoted(name), kind, written) or _time(
            name, kind, digits or 0, is_nullable=bool(is_nullable)
        )
        if made is None:
            raise unsupported(self._source, table, name, kind)
        return made


def _driver() -> Any:
    try:
        import pymysql  # noqa: PLC0415 - an optional library
        import pymysql.cursors  # noqa: PLC0415 - an extra
    except ImportError:
        raise ParityError(
            "comparing with MariaDB or MySQL needs a driver; pip install '.[mysql]' in the checkout"
        ) from None
    return pymysql


def _run(connection: Any, statement: str, values: tuple[str, ...] | None = None) -> list[tuple[Any, ...]]:
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _begin(connection: Any, driver: Any, source: str) -> tuple[str, int]:
    _run(connection, _BEGIN)
    status = {str(name).lower(): value for name, value in _run(connection, _SNAPSHOT_STATUS)}
    if status.get("binlog_snapshot_file"):
        return status["binlog_snapshot_file"], int(status["binlog_snapshot_position"])
    _run(connection, "ROLLBACK")
    return _begin_locked(connection, driver, source)


def _begin_locked(connection: Any, driver: Any, source: str) -> tuple[str, int]:
    """Take snapshot and position while a global read lock keeps all commits out, for a moment."""
    _run(connection, "FLUSH TABLES WITH READ LOCK")
    try:
        _run(connection, _BEGIN)
        rows = _log_status(connection, driver)
    finally:
        _run(connection, "UNLOCK TABLES")
    if not rows:
        raise ParityError(
            f"source {source!r}: its server keeps no binary log: set log_bin, without it nothing is captured"
        )
    return rows[0][0], int(rows[0][1])


def _log_status(connection: Any, driver: Any) -> list[tuple[Any, ...]]:
    """Ask where the log ends; MySQL 8.4 knows the first name of the statement only, those before it the second."""
    newer, older = _LOG_STATUS
    try:
        return _run(connection, newer)
    except driver.ProgrammingError as error:
        if error.args[0] != _SYNTAX:
            raise
        return _run(connection, older)


def _servers(connection: Any) -> frozenset[str]:
    """The servers that the log's newest transactions name, as :func:`cdc.positions.server` gives them."""
    names = dict(
        _run(connection, "SHOW VARIABLES WHERE Variable_name IN ('gtid_binlog_pos', 'server_uuid', 'server_id')")
    )
    pairs = {gtid.strip().rpartition("-")[0] for gtid in (names.get("gtid_binlog_pos") or "").split(",")}
    return frozenset({*pairs, names.get("server_uuid") or "", names.get("server_id") or ""} - {""})


def _refused(source: str, error: Exception) -> ParityError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else type(error).__name__
    if code in _NOT_ALLOWED:
        return ParityError(
            f"source {source!r}: the server refuses this user ({code}): check user and password of its connector, and grant SELECT on "
            "the mapped tables, REPLICATION CLIENT, and on MySQL RELOAD"
        )
    return SourceBusy(
        f"source {source!r}: the server does not answer as it should ({code}): see that host, port and database of its connector "
        "are right and that it runs, then try again"
    )


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


# --- columns ----------------------------------------------------------------------------------------------------------


def _plain(name: str, quoted: str, kind: str, written: str) -> SourceColumn | None:
    if kind in _TEXTS:
        return SourceColumn(name, quoted, wire.as_it_is, wire.TEXT, wire.json_spelling if kind == "json" else None)
    if kind in _INTEGERS:
        return SourceColumn(name, quoted, wire.as_it_is, wire.schema(_integer(kind, written)))
    if kind == "bit":
        is_flag = written == "bit(1)"
        return SourceColumn(name, quoted, _flag if is_flag else _bits, wire.BOOLEAN if is_flag else _BITS)
    made = _OTHERS.get(kind)
    if made is None:
        return None
    select, encode, schema = made
    return SourceColumn(name, select.format(quoted), encode, schema, _SPELLINGS.get(kind))


def _integer(kind: str, written: str) -> str:
    """Numbers without a sign need the next larger type."""
    if "unsigned" not in written:
        return _INTEGERS[kind]
    return {"smallint": "int32", "int": "int64"}.get(kind, _INTEGERS[kind])


def _flag(value: bytes) -> bool:
    return any(value)


def _bits(value: bytes) -> str:
    return wire.binary(value[::-1])


_BITS: Final = wire.schema("bytes", "io.debezium.data.Bits")
_SPELLINGS: Final[Mapping[str, wire.Respell]] = {
    "float": wire.six_digits,
    "double": wire.double_spelling,
    "timestamp": wire.instant_spelling,
}
_OTHERS: Final[Mapping[str, tuple[str, wire.Encode, wire.Schema]]] = {
    "decimal": ("{}", wire.plain_decimal, wire.TEXT),
    "float": ("{}", wire.number, wire.schema("float")),
    "double": ("{}", wire.number, wire.schema("double")),
    "year": ("{}", wire.as_it_is, wire.schema("int32", "io.debezium.time.Year")),
    "time": ("{}", wire.microseconds, wire.MICRO_TIME),
    **dict.fromkeys(_BYTES, ("{}", wire.binary, wire.schema("bytes"))),
}


def _time(name: str, kind: str, digits: int, *, is_nullable: bool) -> SourceColumn | None:
    """Dates such as 0000-00-00 are NULL in events, or 1970 where a column cannot be NULL."""
    make = _TIMES.get(kind)
    if make is None:
        return None
    select, encode, schema, epoch = make(_quoted(name), digits)
    select = select if is_nullable else f"coalesce({select}, {epoch})"
    return SourceColumn(name, select, encode, schema, _SPELLINGS.get(kind))


_Time = tuple[str, wire.Encode, wire.Schema, str]


def _date(quoted: str, _: int) -> _Time:
    return f"datediff({quoted}, '1970-01-01')", wire.as_it_is, wire.DATE, "0"


def _datetime(quoted: str, digits: int) -> _Time:
    return (f"timestampdiff(MICROSECOND, '1970-01-01', {quoted})", *wire.wall_clock(digits), "0")


def _timestamp(quoted: str, _: int) -> _Time:
    written = f"date_format({quoted}, '%Y-%m-%dT%H:%i:%s.%fZ')"
    select = f"CASE WHEN {quoted} = '{_NO_DATE}' THEN NULL ELSE {written} END"
    return select, wire.as_it_is, wire.ZONED_TIMESTAMP, "'1970-01-01T00:00:00.000000Z'"


_TIMES: Final[Mapping[str, Callable[[str, int], _Time]]] = {
    "date": _date,
    "datetime": _datetime,
    "timestamp": _timestamp,
}
