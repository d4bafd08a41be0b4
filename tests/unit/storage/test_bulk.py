"""Statements for lists of any length: cut, asked once for each cut, and the same for one row as for many."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from storage import (
    Database,
    chunks,
    delete_in,
    delete_in_either,
    insert,
    select_in,
    select_in_either,
    update_from,
    upsert,
)
from storage import bulk as bulk_module

METADATA = sa.MetaData()
THING = sa.Table(
    "thing",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("note", sa.Text),
)
EDGE = sa.Table(
    "edge",
    METADATA,
    sa.Column("a", sa.LargeBinary, primary_key=True),
    sa.Column("b", sa.LargeBinary, primary_key=True),
)
ENDS = (EDGE.c.a, EDGE.c.b)
PART = sa.Table(
    "part",
    METADATA,
    sa.Column("whole", sa.LargeBinary),
    sa.Column("size", sa.Integer),
)
WHOLE = sa.Table(
    "whole",
    METADATA,
    sa.Column("id", sa.LargeBinary, primary_key=True),
    sa.Column("size", sa.Integer),
    sa.Column("parts", sa.Integer),
)
SIZES = sa.select(
    PART.c.whole.label("id"), sa.func.sum(PART.c.size).label("size"), sa.func.count().label("parts")
).group_by(PART.c.whole)
ONLY_KEY = sa.Table("only_key", METADATA, sa.Column("id", sa.Integer, primary_key=True))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path / 'things.db'}")
    with database.write() as connection:
        METADATA.create_all(connection)
        yield connection
    database.close()


@pytest.fixture
def statements(connection: Connection) -> list[str]:
    """What was sent to the database."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    sa.event.listen(connection, "before_cursor_execute", note)
    return sent


def thing(number: int, name: str = "", note: str = "") -> dict[str, object]:
    return {"id": number, "part": 0, "name": name, "note": note}


def names(connection: Connection) -> dict[int, tuple[str, str]]:
    return {row.id: (row.name, row.note) for row in connection.execute(sa.select(THING))}


@given(st.lists(st.integers()), st.integers(1, 7))
def test_chunks_hold_everything_in_order_and_none_is_too_long(items: list[int], size: int) -> None:
    cut = list(chunks(iter(items), size))
    assert [item for chunk in cut for item in chunk] == items
    assert all(1 <= len(chunk) <= size for chunk in cut)
    assert len(cut) == -(-len(items) // size)


def test_more_values_than_a_statement_can_bind_are_found(connection: Connection) -> None:
    insert(connection, THING, [thing(number) for number in range(70_000)])
    found = select_in(connection, sa.select(THING.c.id), THING.c.id, range(-5, 70_000, 2))
    assert [row.id for row in found] == list(range(1, 70_000, 2))


def test_the_rows_of_a_value_given_twice_come_once(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_module.chunks, "__defaults__", (2,))
    insert(connection, THING, [thing(1), thing(2)])
    assert [row.id for row in select_in(connection, sa.select(THING.c.id), THING.c.id, [1, 2, 9, 1, 1, 2])] == [1, 2]


def test_nothing_is_asked_about_nothing(connection: Connection, statements: list[str]) -> None:
    assert select_in(connection, sa.select(THING), THING.c.id, []) == []
    delete_in(connection, THING, THING.c.id, iter(()))
    insert(connection, THING, [])
    upsert(connection, THING, [])
    assert statements == []


def test_a_condition_of_the_query_stays(connection: Connection) -> None:
    insert(connection, THING, [thing(1, "a"), thing(2, "b")])
    query = sa.select(THING.c.id).where(THING.c.name == "b")
    assert [row.id for row in select_in(connection, query, THING.c.id, [1, 2])] == [2]


def test_delete_takes_the_named_rows_only(connection: Connection) -> None:
    insert(connection, THING, [thing(number) for number in range(25_000)])
    delete_in(connection, THING, THING.c.id, [*range(20_000), 24_999, 99_999])
    assert set(names(connection)) == set(range(20_000, 24_999))


@pytest.mark.parametrize("noted", [(), (1,), (0, 1, 2)])
def test_a_column_is_written_as_soon_as_one_row_fills_it(
    connection: Connection, statements: list[str], noted: tuple[int, ...]
) -> None:
    rows = [thing(number) | {"note": "here" if number in noted else None} for number in range(3)]
    insert(connection, THING, rows)
    assert ("note" in statements[-1]) == bool(noted)
    assert {number for number, (_, note) in names(connection).items() if note == "here"} == set(noted)


def test_values_come_back_as_they_were_given(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE given (value)")
    values = [None, b"", b"\0bytes", True, False, 7, 2.5, "text"]
    connection.exec_driver_sql("INSERT INTO given VALUES (?)", [(value,) for value in values])
    found = connection.exec_driver_sql("SELECT value, typeof(value) FROM given ORDER BY rowid").all()
    assert [value for value, _ in found] == values
    assert [kind for _, kind in found] == ["null", "blob", "blob", "integer", "integer", "integer", "real", "text"]


def test_rows_are_updated_from_a_query_where_they_differ(connection: Connection) -> None:
    insert(connection, PART, [{"whole": whole, "size": size} for whole in (b"a", b"b", b"c", b"d") for size in (1, 2)])
    insert(connection, WHOLE, [{"id": b"a", "size": 3, "parts": 2}])
    insert(connection, WHOLE, [{"id": b"b", "size": None, "parts": 2}, {"id": b"c", "size": 3, "parts": 5}])
    insert(connection, WHOLE, [{"id": b"e", "size": 9, "parts": 9}])
    update_from(connection, WHOLE, SIZES, key=PART.c.whole, values=[b"a", b"b", b"d", b"e"])
    assert connection.exec_driver_sql("SELECT changes()").scalar() == 1
    found = {row.id: (row.size, row.parts) for row in connection.execute(sa.select(WHOLE))}
    assert found == {b"a": (3, 2), b"b": (3, 2), b"c": (3, 5), b"e": (9, 9)}


def test_upsert_inserts_or_overwrites_every_column_given(connection: Connection) -> None:
    insert(connection, THING, [thing(1, "old", "kept?")])
    upsert(connection, THING, [thing(1, "new", "no"), thing(2, "fresh", "yes")])
    assert names(connection) == {1: ("new", "no"), 2: ("fresh", "yes")}


def test_upsert_overwrites_only_the_columns_named(connection: Connection) -> None:
    insert(connection, THING, [thing(1, "old", "kept")])
    upsert(connection, THING, [thing(1, "new", "lost")], update=["name"])
    assert names(connection) == {1: ("new", "kept")}


def test_upsert_of_no_columns_keeps_the_old_row(connection: Connection) -> None:
    insert(connection, THING, [thing(1, "old")])
    upsert(connection, THING, [thing(1, "new"), thing(2, "fresh")], update=())
    assert names(connection) == {1: ("old", ""), 2: ("fresh", "")}


def test_upsert_of_a_table_that_is_all_key_can_be_repeated(connection: Connection) -> None:
    for _ in range(2):
        upsert(connection, ONLY_KEY, [{"id": 1}])
    assert connection.execute(sa.select(sa.func.count()).select_from(ONLY_KEY)).scalar() == 1


def node(number: int) -> bytes:
    return number.to_bytes(4, "big")


def edges(connection: Connection) -> set[tuple[int, int]]:
    found = connection.execute(sa.select(EDGE))
    return {(int.from_bytes(row.a, "big"), int.from_bytes(row.b, "big")) for row in found}


def test_rows_are_found_and_deleted_by_either_of_two_columns(connection: Connection, statements: list[str]) -> None:
    insert(connection, EDGE, [{"a": node(a), "b": node(b)} for a, b in ((1, 2), (2, 3), (3, 4), (5, 6))])
    statements.clear()
    found = select_in_either(connection, sa.select(EDGE), ENDS, [node(2), node(6), node(9)])
    assert sorted((row.a, row.b) for row in found) == [(node(a), node(b)) for a, b in ((1, 2), (2, 3), (5, 6))]
    delete_in_either(connection, EDGE, ENDS, [node(2), node(6), node(9)])
    assert len(statements) == 2
    assert edges(connection) == {(3, 4)}


def test_either_of_two_columns_takes_lists_of_any_length(connection: Connection, statements: list[str]) -> None:
    insert(connection, EDGE, [{"a": node(n), "b": node(n + 100_000)} for n in range(15_000)])
    everything = [*map(node, range(12_000)), *map(node, range(110_000, 115_000))]
    assert {row.a for row in select_in_either(connection, sa.select(EDGE), ENDS, everything)} == {
        *map(node, range(15_000))
    }
    delete_in_either(connection, EDGE, ENDS, everything)
    assert edges(connection) == set()
    statements.clear()
    select_in_either(connection, sa.select(EDGE), ENDS, ())
    delete_in_either(connection, EDGE, ENDS, iter(()))
    assert statements == []
