"""The last result of each table's audit, kept for those who ask through the API."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.parity.differences import replace_list
from cdc.parity.findings import TableParity
from cdc.tables import source_parity
from storage import upsert


@dataclass(frozen=True, slots=True)
class StoredParity:
    """What the last audit of a table found; ``finished_at`` in microseconds since 1970 UTC. See :class:`TableParity`.

    ``unlisted``: how many rows differed that are not among :func:`~cdc.parity.differences.stored_differences`.
    """

    source: str
    table: str
    state: str
    position: str
    rows_there: int
    rows_here: int
    missing: int
    extra: int
    different: int
    parked: int
    newer: int
    finished_at: int
    digest_there: str
    digest_here: str
    unlisted: int


def store_result(connection: Connection, result: TableParity, *, at: int) -> None:
    """Keep a table's result, and the rows that differ, instead of those before."""
    told = [name for name in StoredParity.__slots__ if hasattr(result, name) and name != "table"]
    row = {name: getattr(result, name) for name in told}
    own = {"table_name": result.table, "finished_at": at, "unlisted": result.differing - len(result.kept)}
    upsert(connection, source_parity, [row | own])
    replace_list(connection, result, at=at)


def stored_results(connection: Connection) -> list[StoredParity]:
    """The last result of each table, by source and table."""
    query = sa.select(source_parity).order_by(source_parity.c.source, source_parity.c.table_name)
    rows = (row._asdict() for row in connection.execute(query))
    return [StoredParity(table=row.pop("table_name"), **row) for row in rows]
