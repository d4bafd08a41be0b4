"""A table that held persons holds facts now, while rows of it are on their way from one key to another."""

from pathlib import Path

import pytest

from identity import RowKey, record_cell, source_record
from profiles import fact
from tests.change_log import ChangeLog
from tests.installation import installation

PERSONS = """
[[source]]
name = "db"
topics = "db.*"
channel = "store"
currency = "CNY"
[source.tables.person]
kind = "person"
key = ["id"]
[source.tables.person.columns]
name = { is = "name" }
"""
FACTS = PERSONS.replace('kind = "person"', 'kind = "order"').replace('"name" }', '"status" }')


@pytest.mark.parametrize("before", [2, 3], ids=["both halves", "the second half"])
def test_a_row_between_two_keys_leaves_no_person_behind(database_url: str, tmp_path: Path, before: int) -> None:
    """Each event comes in a batch of its own; so many of them were read while the table held persons."""
    log = ChangeLog()
    log.put("person", 1, {"name": "a"})
    log.put("person", 2, {"name": "b"})
    log.move("person", 2, 3)
    log.put("person", 2, {"name": "c"})
    delete_half, create_half, again = log.events[2:]
    events = [*log.events[:2], delete_half, again, create_half]
    with installation(tmp_path / "one", PERSONS, database=database_url) as one:
        one.ingest(events[:before], batch=1)
    with installation(tmp_path / "one", FACTS, database=database_url) as one:
        one.ingest(events[before:], stream="later", batch=1)
        assert [row.row_token for row in one.rows(source_record)] == [
            one.parts.sealer.row_token(RowKey("db", "person", ("1",)))
        ]
        assert len(one.rows(record_cell)) == 1
        assert sorted(row.status for row in one.rows(fact)) == ["b", "c"]
