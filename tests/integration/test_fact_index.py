"""Orders are found by their row tokens without reading all facts, though only they are in the index."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from profiles.tables import IS_ORDER, fact
from storage import Database, select_in
from storage.migrate import upgrade


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    upgrade(made, "main")
    yield made
    made.close()


def test_orders_are_looked_up_in_their_index(database: Database) -> None:
    asked: list[tuple[str, Any]] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *of: asked.append((of[2], of[3])))
    with database.read(by_keys=True) as connection:
        select_in(connection, sa.select(fact.c.incarnation).where(IS_ORDER), fact.c.row_token, [b"t" * 16])
        statement, parameters = asked[-1]
        how = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        plan = connection.exec_driver_sql(f"{how} {statement}", parameters).all()
    assert "ix_fact_order" in str(plan)
