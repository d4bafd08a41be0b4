"""Statements for many rows at once: the same call on SQLite and PostgreSQL.

Nothing in Onefold asks the database once for each item; it asks here, with lists of any length.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

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

    The rows of a value that is given twice come once.
    """
    rows: list[Row[Any]] = []
    for chunk in chunks(dict.fromkeys(values)):
        rows += connection.execute(query.where(key.in_(chunk))).all()
    return rows


def delete_in(connection: Connection, table: sa.Table, key: sa.ColumnElement[Any], values: Iterable[Any]) -> None:
    """Delete the rows of ``table`` whose ``key`` is among ``values``."""
    for chunk in chunks(values):
        connection.execute(sa.delete(table).where(key.in_(chunk)))


def insert(connection: Connection, table: sa.Table, rows: Collection[Mapping[str, Any]]) -> None:
    """Insert ``rows`` (all with the same keys)."""
    if rows:
        connection.execute(sa.insert(table), list(rows))


def upsert(
    connection: Connection, table: sa.Table, rows: Collection[Mapping[str, Any]], *, update: Sequence[str] | None = None
) -> None:
    """Insert ``rows``, or overwrite by primary key.

    ``update`` lists the columns to overwrite (default: every column given that is not in the key; empty: keep the old row).
    """
    if not rows:
        return
    given = list(rows)
    keys = [column.name for column in table.primary_key.columns]
    names = [name for name in given[0] if name not in keys] if update is None else list(update)
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    if names:
        statement = statement.on_conflict_do_update(
            index_elements=keys, set_={name: statement.excluded[name] for name in names}
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, given)
