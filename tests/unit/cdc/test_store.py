"""What is asked of the stored rows."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cdc.store import load_barriers, raise_floor
from cdc.tables import parked_event, table_floor
from storage import Database


class Names:
    """Stands for the ids of tables."""

    def name(self, table_id: int) -> tuple[str, str]:
        return "shop", f"table {table_id}"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{tmp_path / 'one.db'}")) as made:
        with made.write() as connection:
            parked_event.create(connection)
            table_floor.create(connection)
            raise_floor(connection, 7, b"guard", "truncate")
        yield made


@pytest.mark.parametrize("tokens", [[], [b"t" * 16]], ids=["a batch without rows, such as heartbeats", "one with rows"])
def test_the_floors_of_tables_are_known_to_every_batch(database: Database, tokens: list[bytes]) -> None:
    names: Any = Names()
    with database.read() as connection:
        assert load_barriers(connection, tokens, names) == ({}, {("shop", "table 7"): b"guard"})
