"""What is counted of profiles is what the totals of their records say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity import source_record, source_table
from profiles import fact_total, profile, recount
from storage import CELL_MAGIC, Database, insert

ONE, OTHER = b"1" * 16, b"2" * 16


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    with database.write() as connection:
        for table in (source_table, source_record, profile, fact_total):
            table.create(connection)
        insert(connection, source_table, [{"id": 1, "source": "shop", "name": "customers"}])
        insert(connection, profile, [{"id": i, "records": 1, "winners": "{}"} for i in (ONE, OTHER)])
        insert(connection, source_record, [record("a", ONE, 7), record("b", ONE, None), record("c", OTHER, None)])
        yield connection
    database.close()


def token(name: str) -> bytes:
    return name.encode().ljust(16, b".")


def record(name: str, profile_id: bytes, points: int | None) -> dict[str, Any]:
    names = ("incarnation", "component", "row_token")
    clear = {"profile_id": profile_id, "table_id": 1, "version": 1, "arrival": ord(name), "points": points}
    return dict.fromkeys(names, token(name)) | clear | {"natural_key": CELL_MAGIC}


def total(name: str, kind: str, **given: Any) -> dict[str, Any]:
    bare = {"channel": "web", "currency": "CNY", "facts": 1, "amount_minor": 0, "points": 0}
    return {"person_token": token(name), "kind": kind, **bare, "first_at": None, "last_at": None, **given}


def counted(connection: Connection, profile_id: bytes) -> dict[str, Any]:
    """What is counted above nothing."""
    row = connection.execute(sa.select(profile).where(profile.c.id == profile_id)).one()
    return {name: value for name, value in row._asdict().items() if value and name not in ("id", "records", "winners")}


def test_each_kind_is_counted_by_itself_over_all_records(connection: Connection) -> None:
    totals = [
        total("a", "order", facts=3, amount_minor=900, first_at=20, last_at=30),
        total("a", "order", currency="USD", facts=10, amount_minor=5_000),
        total("b", "order", channel="store", facts=5, amount_minor=70, first_at=10, last_at=15),
        total("b", "return", facts=7, amount_minor=400, first_at=25, last_at=40),
        total("b", "return", currency="USD", facts=1, amount_minor=1),
        total("a", "event", facts=11, amount_minor=2),
        total("b", "feedback", facts=13),
        total("c", "order", facts=99, amount_minor=99, points=99, first_at=1, last_at=99),
    ]
    insert(connection, fact_total, totals)
    assert recount(connection, [token("a")], currency="CNY") == {ONE}
    assert counted(connection, ONE) == {
        "orders": 13,
        "receipts": 5,
        "returns": 8,
        "visits": 11,
        "reviews": 13,
        "points": 7,
        "spent_minor": 570,
        "first_activity_at": 10,
        "last_activity_at": 40,
    }
    assert counted(connection, OTHER) == {}


def test_points_are_the_balance_that_a_record_states_else_its_ledger(connection: Connection) -> None:
    ledger = [total("a", "loyalty", points=500), total("b", "loyalty", points=30), total("b", "order", points=4)]
    insert(connection, fact_total, ledger)
    assert recount(connection, [token("b"), token("c")], currency="CNY", without=[OTHER]) == {ONE}
    assert counted(connection, ONE) == {"orders": 1, "points": 7 + 34}


def test_of_a_profile_whose_facts_are_gone_nothing_is_counted(connection: Connection) -> None:
    insert(connection, fact_total, [total("c", "order", amount_minor=5, first_at=1, last_at=2)])
    recount(connection, [token("c")], currency="CNY")
    assert counted(connection, OTHER) != {}
    connection.execute(sa.delete(fact_total))
    recount(connection, [token("c")], currency="CNY")
    assert counted(connection, OTHER) == {}
