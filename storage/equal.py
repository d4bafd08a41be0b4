"""Make a table hold what another one of the same columns holds, by the database alone: only rows that differ are written."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row


def make_equal(
    connection: Connection,
    table: sa.Table,
    like: sa.Table,
    *,
    columns: Sequence[str] | None = None,
    told: Sequence[str],
) -> list[Row[Any]]:
    """Bring ``table`` to what ``like`` holds, row by row of the primary key; gives the columns ``told`` of each row that differed.

    Of rows that are in both, only ``columns`` are compared and written: by default all but the key, none where there is no other.
    """
    found: list[Row[Any]] = []
    for statement in _statements(table, like, columns):
        found += connection.execute(statement.returning(*(table.c[name] for name in told)))
    return found


def count_made_equal(
    connection: Connection, table: sa.Table, like: sa.Table, *, columns: Sequence[str] | None = None
) -> int:
    """As :func:`make_equal`, and give how many rows differed: of millions, none of them comes here."""
    counting = {"preserve_rowcount": True}  # else it is not kept of an insert
    statements = _statements(table, like, columns)
    return sum(connection.execute(each, execution_options=counting).rowcount for each in statements)


def _statements(
    table: sa.Table, like: sa.Table, columns: Sequence[str] | None
) -> Iterator[sa.Delete | sa.Update | sa.Insert]:
    if columns is None:
        columns = [column.name for column in table.columns if not column.primary_key]
    same_key = sa.and_(*(table.c[key.name] == like.c[key.name] for key in table.primary_key.columns))
    yield sa.delete(table).where(~sa.exists().select_from(like).where(same_key).correlate(table))
    if columns:
        differs = sa.or_(*(table.c[name].is_distinct_from(like.c[name]) for name in columns))
        yield sa.update(table).where(same_key, differs).values({name: like.c[name] for name in columns})
    names = [column.name for column in table.columns]
    held = sa.exists().select_from(table).where(same_key).correlate(like)
    yield sa.insert(table).from_select(names, sa.select(*(like.c[name] for name in names)).where(~held))
