"""Statements for many rows at once: the same call on SQLite and PostgreSQL.

Nothing in Onefold asks the database once for each item; it asks here, with lists of any length.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Dialect, Row

from storage.arrays import PACKED, PackedArray
from storage.metadata import Bytes
from storage.pipeline import UNANSWERED
from storage.statements import adding, deleting, inserting, updating

# Below SQLite's 32,766 and PostgreSQL's 65,535 bound values, with room for other parameters of the statement.
_CHUNK = 10_000


def chunks(items: Iterable[Any], size: int = _CHUNK) -> Iterator[list[Any]]:
    """Cut ``items`` into lists of at most ``size``."""
    everything = list(items)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]


def select_in(
    connection: Connection, query: sa.Select[Any], key: sa.ColumnElement[Any], values: Iterable[Any]
) -> list[Row[Any]]:
    """All rows of ``query`` whose ``key`` is among ``values``; an empty list without asking when there are none.

    The rows of a value that is given twice come once. A ``query`` that is the same object each time costs a third.
    """
    rows: list[Row[Any]] = []
    for chunk in chunks(dict.fromkeys(values)):
        size = _packed_size(connection, key, chunk)
        if size is None:
            rows += connection.execute(query.where(key.in_(chunk))).all()
        else:
            rows += connection.execute(_selecting(query, key, size), _given(chunk, size)).all()
    return rows


def select_in_either(
    connection: Connection,
    query: sa.Select[Any],
    keys: tuple[sa.Column[bytes], sa.Column[bytes]],
    values: Iterable[bytes],
) -> list[Row[Any]]:
    """All rows of ``query`` of which one of ``keys`` is among ``values``, all of one length; a row with both comes twice."""
    rows: list[Row[Any]] = []
    for chunk in chunks(dict.fromkeys(values)):
        size = _size(connection, chunk)
        rows += connection.execute(_selecting_either(query, keys, size), _given(chunk, size)).all()
    return rows


def select_in_with(
    connection: Connection,
    query: sa.Select[Any],
    key: sa.Column[bytes],
    values: Collection[bytes],
    *,
    also: sa.Select[Any],
) -> list[Row[Any]]:
    """All rows of ``query`` whose ``key`` is among ``values``, all of one length, and all of ``also``, which has the same columns by name.

    For what is asked together each time: one statement sees one moment, and is one round trip. Few rows; of thousands of ``values``
    ``also`` comes more than once.
    """
    rows: list[Row[Any]] = []
    for chunk in chunks(dict.fromkeys(values)):
        size = _size(connection, chunk)
        rows += connection.execute(_selecting_with(query, key, size, also), _given(chunk, size)).all()
    return rows if values else list(connection.execute(also))


def select_in_same(
    connection: Connection,
    query: sa.Select[Any],
    column: sa.Column[bytes],
    *,
    key: sa.Column[bytes],
    values: Iterable[bytes],
) -> list[Row[Any]]:
    """All rows of ``query`` that have the ``column`` of a row of its table whose ``key`` is among ``values``, all of one length.

    Of thousands of ``values`` a row may come more than once.
    """
    rows: list[Row[Any]] = []
    for chunk in chunks(dict.fromkeys(values)):
        size = _size(connection, chunk)
        rows += connection.execute(_selecting_same(query, column, key, size), _given(chunk, size)).all()
    return rows


def delete_in(connection: Connection, table: sa.Table, key: sa.ColumnElement[Any], values: Iterable[Any]) -> None:
    """Delete the rows of ``table`` whose ``key`` is among ``values``."""
    for chunk in chunks(values):
        size = _packed_size(connection, key, chunk)
        if size is None:
            connection.execute(sa.delete(table).where(key.in_(chunk)))
        else:
            connection.execute(_deleting(table, (key,), size), _given(chunk, size), execution_options=UNANSWERED)


def delete_in_either(
    connection: Connection, table: sa.Table, keys: tuple[sa.Column[bytes], sa.Column[bytes]], values: Iterable[bytes]
) -> None:
    """Delete the rows of ``table`` of which one of ``keys`` is among ``values``, all of one length."""
    for chunk in chunks(values):
        size = _size(connection, chunk)
        connection.execute(_deleting(table, keys, size), _given(chunk, size), execution_options=UNANSWERED)


def insert(connection: Connection, table: sa.Table, rows: Collection[Mapping[str, Any]]) -> None:
    """Insert ``rows`` (all with the same keys)."""
    if rows:
        inserting(connection.dialect, table, _filled(table, rows), None).run(connection, rows)


def upsert(
    connection: Connection, table: sa.Table, rows: Collection[Mapping[str, Any]], *, update: Sequence[str] | None = None
) -> None:
    """Insert ``rows``, or overwrite by primary key; of two with one key the later one stays.

    ``update`` lists the columns to overwrite (default: every column given that is not in the key; empty: keep the old row).
    """
    if not rows:
        return
    names, keys = _names(rows), [column.name for column in table.primary_key.columns]
    changed = tuple(name for name in names if name not in keys) if update is None else tuple(update)
    key_of = itemgetter(*keys)
    # PostgreSQL overwrites no row twice in one statement.
    latest = {key_of(row): row for row in rows} if changed else None
    statement = inserting(connection.dialect, table, names, changed)
    statement.run(connection, rows if latest is None else list(latest.values()))


def add_up(  # noqa: PLR0913 - one for each way in which two rows become one
    connection: Connection,
    table: sa.Table,
    rows: Collection[Mapping[str, Any]],
    *,
    sums: Sequence[str],
    least: Sequence[str] = (),
    greatest: Sequence[str] = (),
) -> None:
    """Insert ``rows``, or put them on those with the same primary key: sums, and the least and greatest that is not NULL.

    Of ``rows`` no two have one key.
    """
    if rows:
        ways = {"sums": tuple(sums), "least": tuple(least), "greatest": tuple(greatest)}
        adding(connection.dialect, table, _names(rows), **ways).run(connection, rows)


def update(
    connection: Connection,
    table: sa.Table,
    rows: Collection[Mapping[str, Any]],
    *,
    by: Sequence[str],
    raised: Sequence[str] = (),
) -> None:
    """Set the other columns of ``rows`` where those in ``by`` are as given, and count the columns ``raised`` up by one."""
    if rows:
        names = tuple(name for name in _names(rows) if name not in by)
        updating(connection.dialect, table, names, tuple(by), tuple(raised)).run(connection, rows)


def update_from(
    connection: Connection,
    table: sa.Table,
    query: sa.Select[Any],
    *,
    key: sa.Column[bytes],
    values: Collection[bytes],
) -> None:
    """Set the columns of ``table`` that ``query`` gives, in the row with the same primary key, unless all are so already.

    Of ``query`` only rows whose ``key`` is among ``values``, all of one length, of which each row of ``table`` needs one at most.
    """
    for chunk in chunks(dict.fromkeys(values)):
        size = _size(connection, chunk)
        connection.execute(_updating_from(table, query, key, size), _given(chunk, size), execution_options=UNANSWERED)


def delete(connection: Connection, table: sa.Table, rows: Collection[Mapping[str, Any]]) -> None:
    """Delete the rows of ``table`` that have these values in these columns."""
    if rows:
        deleting(connection.dialect, table, _names(rows)).run(connection, rows)


def _filled(table: sa.Table, rows: Collection[Mapping[str, Any]]) -> tuple[str, ...]:
    """The columns that any of ``rows`` fills: what is NULL in all of them need not be said, which takes a third of the time of a fact."""
    return tuple(
        name for name in _names(rows) if not table.c[name].nullable or any(row[name] is not None for row in rows)
    )


def _names(rows: Collection[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(next(iter(rows)))


# --- Lists of values in a condition, as one parameter: a list of parameters is another statement for each length ---

#: Stands for the size of values that go as an array.
_ARRAY = 0


def _packed_size(connection: Connection, key: sa.ColumnElement[Any], values: Sequence[Any]) -> int | None:
    """How the values can be one parameter: bytes of this size one after the other, or an array; None: not at all."""
    if connection.dialect.name != "sqlite":
        return _ARRAY
    size = len(values[0]) if isinstance(key.type, Bytes) else 0
    return size if size and all(len(value) == size for value in values) else None


def _size(connection: Connection, values: Sequence[bytes]) -> int:
    return len(values[0]) if connection.dialect.name == "sqlite" else _ARRAY


def _given(values: list[Any], size: int) -> dict[str, Any]:
    return {"wanted": values} if size == _ARRAY else {"packed": b"".join(values), "bytes": size * len(values)}


@lru_cache(maxsize=512)
def _selecting(query: sa.Select[Any], key: sa.ColumnElement[Any], size: int) -> sa.Select[Any]:
    return query.where(_among(key, size))


@lru_cache(maxsize=512)
def _selecting_either(query: sa.Select[Any], keys: tuple[sa.Column[bytes], ...], size: int) -> sa.CompoundSelect[Any]:
    return sa.union_all(*(query.where(_among(key, size)) for key in keys))


@lru_cache(maxsize=512)
def _selecting_with(
    query: sa.Select[Any], key: sa.Column[bytes], size: int, also: sa.Select[Any]
) -> sa.CompoundSelect[Any]:
    return sa.union_all(query.where(_among(key, size)), also)


@lru_cache(maxsize=512)
def _selecting_same(
    query: sa.Select[Any], column: sa.Column[bytes], key: sa.Column[bytes], size: int
) -> sa.Select[Any]:
    other = column.table.alias("other")
    return query.where(column.in_(sa.select(other.c[column.name]).where(_among(other.c[key.name], size))))


@lru_cache(maxsize=64)
def _updating_from(table: sa.Table, query: sa.Select[Any], key: sa.Column[bytes], size: int) -> sa.Update:
    given = query.where(_among(key, size)).subquery("given")
    names = [column.name for column in table.primary_key.columns]
    same = [table.c[name] == given.c[name] for name in names]
    changes = {c.name: c for c in given.c if c.name not in names}
    # A column that is written makes SQLite write the indexes that it stands in, even as it was.
    differs = sa.or_(*(table.c[name].is_distinct_from(c) for name, c in changes.items()))
    return sa.update(table).where(*same, differs).values(changes)


@lru_cache(maxsize=512)
def _deleting(table: sa.Table, keys: tuple[sa.ColumnElement[Any], ...], size: int) -> sa.Delete:
    return sa.delete(table).where(sa.or_(*(_among(key, size) for key in keys)))


def _among(key: sa.ColumnElement[Any], size: int) -> sa.ColumnElement[bool]:
    return key == sa.any_(_array(key.type)) if size == _ARRAY else key.in_(_unpacked(size))


_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # of SQLAlchemy


@cache
def _array(kind: Any) -> sa.BindParameter[Any]:
    return sa.bindparam("wanted", type_=_Packed(kind))


class _Packed(sa.types.UserDefinedType[Any]):
    """An array of a column's type that goes to the database in one piece."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, kind: Any) -> None:
        self.kind = kind

    def get_col_spec(self, **_: Any) -> str:
        return f"{self._name}[]"

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], PackedArray]:  # noqa: ARG002 - only PostgreSQL has any
        return PACKED[self._name].of

    @property
    def _name(self) -> str:
        return str(self.kind.compile(_POSTGRESQL))


@cache
def _unpacked(size: int) -> sa.Select[Any]:
    """The values of ``size`` bytes that stand one after the other in the parameter ``packed`` of ``bytes`` bytes."""
    first = sa.select(sa.literal_column("1").label("place")).cte("places", recursive=True, nesting=True)
    step: sa.ColumnClause[int] = sa.literal_column(str(size))
    places = first.union_all(
        sa.select(first.c.place + step).where(first.c.place + step < sa.bindparam("bytes", type_=sa.Integer))
    )
    return sa.select(sa.func.substr(sa.bindparam("packed", type_=Bytes()), places.c.place, step))
