"""One table is brought to what another one holds, and only what differed is written and told."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from storage import Bytes, Database, DataClass, column, count_made_equal, insert, make_equal

METADATA = sa.MetaData()


def table_named(name: str) -> sa.Table:
    return sa.Table(
        name,
        METADATA,
        column("a", Bytes(2), DataClass.INTERNAL, primary_key=True),
        column("b", Bytes(2), DataClass.INTERNAL, primary_key=True),
        column("weight", sa.Integer, DataClass.INTERNAL, nullable=True),
        column("note", sa.Text, DataClass.INTERNAL),
        sqlite_with_rowid=False,
    )


MINE, OTHER = table_named("mine"), table_named("other")
KEYS = sa.Table("keys", METADATA, column("key", Bytes(2), DataClass.INTERNAL, primary_key=True))
OTHER_KEYS = sa.Table("other_keys", METADATA, column("key", Bytes(2), DataClass.INTERNAL, primary_key=True))
SAME = (b"aa", b"aa", None, "x")
#: What becomes of a row, as it is and as it is to be.
ROWS = {
    "same": (SAME, SAME),
    "gone": ((b"aa", b"bb", 1, "x"), None),
    "come": (None, (b"bb", b"aa", 2, "x")),
    "other": ((b"bb", b"bb", 3, "x"), (b"bb", b"bb", 4, "x")),
    "to NULL": ((b"cc", b"aa", 5, "x"), (b"cc", b"aa", None, "x")),
    "from NULL": ((b"cc", b"bb", None, "x"), (b"cc", b"bb", 6, "x")),
    "noted": ((b"dd", b"aa", 7, "x"), (b"dd", b"aa", 7, "y")),
}


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    database = Database(database_url)
    with database.write() as connection:
        METADATA.create_all(connection)
        for table, place in ((MINE, 0), (OTHER, 1)):
            insert(
                connection, table, [dict(zip(["a", "b", "weight", "note"], row, strict=True)) for row in held(place)]
            )
        yield connection
    database.close()


def held(place: int) -> list[tuple[bytes, bytes, int | None, str]]:
    return sorted((row for rows in ROWS.values() if (row := rows[place])), key=lambda row: row[:2])


def rows(connection: sa.Connection, table: sa.Table) -> list[tuple[bytes, bytes, int | None, str]]:
    return [tuple(row) for row in connection.execute(sa.select(table).order_by(table.c.a, table.c.b))]


def test_it_holds_what_the_other_holds_and_tells_each_row_that_differed_once(connection: sa.Connection) -> None:
    told = make_equal(connection, MINE, OTHER, told=("a", "b"))
    assert rows(connection, MINE) == rows(connection, OTHER) == held(1)
    assert sorted(map(tuple, told)) == sorted({row[:2] for row in set(held(0)) ^ set(held(1))})
    assert make_equal(connection, MINE, OTHER, told=("a",)) == []


def test_rows_that_differed_may_be_counted_alone(connection: sa.Connection) -> None:
    """Taken away, written and added ones."""
    assert count_made_equal(connection, MINE, OTHER) == len({row[:2] for row in set(held(0)) ^ set(held(1))})
    assert rows(connection, MINE) == rows(connection, OTHER) == held(1)
    assert count_made_equal(connection, MINE, OTHER) == 0


def test_of_rows_that_are_in_both_only_the_columns_named_are_looked_at(connection: sa.Connection) -> None:
    told = make_equal(connection, MINE, OTHER, columns=["note"], told=("a", "b"))
    assert sorted(map(tuple, told)) == [(b"aa", b"bb"), (b"bb", b"aa"), (b"dd", b"aa")]
    kept = [old if old and new and name != "noted" else new for name, (old, new) in ROWS.items()]
    assert rows(connection, MINE) == sorted((row for row in kept if row), key=lambda row: row[:2])


def test_a_table_of_keys_only(connection: sa.Connection) -> None:
    insert(connection, KEYS, [{"key": b"aa"}, {"key": b"bb"}])
    insert(connection, OTHER_KEYS, [{"key": b"bb"}, {"key": b"cc"}])
    assert sorted(row.key for row in make_equal(connection, KEYS, OTHER_KEYS, told=("key",))) == [b"aa", b"cc"]
    assert count_made_equal(connection, KEYS, OTHER_KEYS) == 0
    assert sorted(connection.execute(sa.select(KEYS.c.key)).scalars()) == [b"bb", b"cc"]
