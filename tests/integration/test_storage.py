"""What both databases must do alike: refuse plaintext, hide values, give readers one snapshot, order the outbox."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from storage import (
    CELL_MAGIC,
    Bytes,
    Database,
    DataClass,
    OutboxEntry,
    PlaintextRefused,
    Sealed,
    column,
    delete,
    delete_in,
    insert,
    outbox,
    publish,
    select_in,
    update,
    upsert,
)

METADATA = sa.MetaData()
NOTE = sa.Table(
    "note",
    METADATA,
    column("id", Bytes(16), DataClass.INTERNAL, primary_key=True),
    column("text", Sealed, DataClass.PERSONAL, nullable=True),
)
EVERY_KIND = sa.Table(
    "every_kind",
    METADATA,
    column("id", Bytes(16), DataClass.INTERNAL, primary_key=True),
    column("text", sa.Text, DataClass.INTERNAL, nullable=True),
    column("small", sa.Integer, DataClass.INTERNAL, nullable=True),
    column("large", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("flag", sa.Boolean, DataClass.INTERNAL, nullable=True),
    column("data", Bytes(), DataClass.INTERNAL, nullable=True),
)
CELL = CELL_MAGIC + b"ciphertext"
PLAIN = b"chen@example.com"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    with made.write() as connection:
        METADATA.create_all(connection)
        outbox.create(connection)
    yield made
    made.close()


def by_insert(connection: sa.Connection, text: bytes) -> None:
    insert(connection, NOTE, [{"id": b"1", "text": text}])


def by_upsert(connection: sa.Connection, text: bytes) -> None:
    upsert(connection, NOTE, [{"id": b"1", "text": CELL}, {"id": b"1", "text": text}])


def by_update(connection: sa.Connection, text: bytes) -> None:
    insert(connection, NOTE, [{"id": b"1", "text": CELL}])
    statement = sa.update(NOTE).where(NOTE.c.id == sa.bindparam("of")).values(text=sa.bindparam("new"))
    connection.execute(statement, [{"of": b"1", "new": text}])


@pytest.mark.parametrize("write", [by_insert, by_upsert, by_update])
def test_plaintext_cannot_be_written_to_a_sealed_column(database: Database, write: Any) -> None:
    with pytest.raises((PlaintextRefused, sa.exc.StatementError)) as caught, database.write() as connection:
        write(connection, PLAIN)
    assert isinstance(getattr(caught.value, "orig", caught.value), PlaintextRefused)
    assert PLAIN.decode() not in str(caught.value)
    with database.write() as connection:
        assert connection.execute(sa.select(NOTE)).all() == []
        write(connection, CELL)
        assert [tuple(row) for row in connection.execute(sa.select(NOTE))] == [(b"1", CELL)]


def test_errors_of_the_driver_hide_values(database: Database) -> None:
    for _ in range(2):
        with database.write() as connection:
            upsert(connection, NOTE, [{"id": PLAIN, "text": None}])
    with pytest.raises(sa.exc.DBAPIError) as caught, database.write() as connection:
        connection.execute(sa.text("SELECT nothing FROM note WHERE id = :id"), {"id": PLAIN})
    assert "chen" not in str(caught.value)


def test_a_reader_has_one_snapshot_and_cannot_change_it(database: Database) -> None:
    with database.read() as reader:
        assert reader.execute(sa.select(NOTE)).all() == []
        with database.write() as connection:
            by_insert(connection, CELL)
        assert reader.execute(sa.select(NOTE)).all() == []
    with database.read() as reader:
        assert len(reader.execute(sa.select(NOTE)).all()) == 1


@pytest.mark.postgres
def test_writers_see_what_was_committed_before_each_statement(postgres_url: str) -> None:
    """Whatever the server's default: what a writer reads after waiting for a lock must be what it waited for."""
    database = Database(postgres_url)
    with database.write() as connection:
        name = connection.engine.url.database
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    database.close()
    with database.write() as connection:
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    with database.read() as connection:
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "repeatable read"
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
    with database.write() as connection:  # the reader's connection
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"
    database.close()


def test_outbox_entries_are_numbered_in_the_order_of_their_transactions(database: Database) -> None:
    for batch in range(3):
        with database.write() as connection:
            entries = [OutboxEntry(f"t{batch}", bytes([batch, n]), {"n": str(n)}) for n in range(3)]
            publish(connection, entries, at=batch)
    with database.engine.connect() as connection:
        publish(connection, [OutboxEntry("lost", b"", {})], at=9)
        connection.rollback()
    with database.read() as connection:
        rows = connection.execute(sa.select(outbox).order_by(outbox.c.seq)).all()
    assert [(row.topic, row.subject) for row in rows] == [(f"t{b}", bytes([b, n])) for b in range(3) for n in range(3)]
    assert rows[1].payload == '{"n":"1"}'


PLACE = sa.Table(
    "place",
    METADATA,
    sa.Column("key", Bytes(4), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=True),
    sa.Column("is_open", sa.Boolean, nullable=True),
    sa.Column("count", sa.BigInteger, nullable=True),
)


def place(key: bytes, part: int = 0, **values: object) -> dict[str, object]:
    return {"key": key, "part": part, "name": None, "is_open": None, "count": None, **values}


def places(database: Database) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(sa.select(PLACE).order_by(PLACE.c.key, PLACE.c.part))]


def test_values_of_every_type_come_back_as_they_were_written(database: Database) -> None:
    with database.write() as connection:
        insert(connection, PLACE, [place(b"aaaa"), place(b"bbbb", name="三", is_open=True, count=2**40)])
        insert(connection, PLACE, [place(b"cccc", is_open=False, count=-1)])
    assert places(database) == [
        (b"aaaa", 0, None, None, None),
        (b"bbbb", 0, "三", True, 2**40),
        (b"cccc", 0, None, False, -1),
    ]


def test_of_two_rows_with_one_key_the_later_one_stays(database: Database) -> None:
    with database.write() as connection:
        upsert(connection, PLACE, [place(b"aaaa", name="old"), place(b"aaaa", name="new")])
    assert places(database) == [(b"aaaa", 0, "new", None, None)]


def test_an_update_sets_and_counts_up_the_named_rows_alone(database: Database) -> None:
    with database.write() as connection:
        insert(connection, PLACE, [place(b"aaaa", part, count=part) for part in range(3)])
        rows = [{"key": b"aaaa", "part": 1, "name": "one"}, {"key": b"aaaa", "part": 9, "name": "none"}]
        update(connection, PLACE, rows, by=["key", "part"], raised=["count"])
    assert [row[2:] for row in places(database)] == [(None, None, 0), ("one", None, 2), (None, None, 2)]


def test_a_delete_takes_the_rows_that_have_all_the_values(database: Database) -> None:
    with database.write() as connection:
        insert(connection, PLACE, [place(key, part) for key in (b"aaaa", b"bbbb") for part in (1, 2)])
        delete(
            connection, PLACE, [{"key": b"aaaa", "part": 2}, {"key": b"bbbb", "part": 1}, {"key": b"cccc", "part": 1}]
        )
    assert [row[:2] for row in places(database)] == [(b"aaaa", 1), (b"bbbb", 2)]


@pytest.mark.parametrize("count", [1, 2, 700, 25_000])
def test_bytes_of_one_length_are_found_in_any_number(database: Database, count: int) -> None:
    keys = [number.to_bytes(4, "big") for number in range(count)]
    with database.write() as connection:
        insert(connection, PLACE, [place(key) for key in [*keys, b"else"]])
        assert sorted(row.key for row in select_in(connection, sa.select(PLACE.c.key), PLACE.c.key, keys)) == keys
        delete_in(connection, PLACE, PLACE.c.key, keys[:-1])
    assert [row[0] for row in places(database)] == [keys[-1], b"else"]


def test_bytes_of_several_lengths_are_found(database: Database) -> None:
    with database.write() as connection:
        insert(connection, PLACE, [place(b"a"), place(b"bcd"), place(b"abcd")])
        found = select_in(connection, sa.select(PLACE.c.key), PLACE.c.key, [b"a", b"bcd", b"", b"aabc"])
    assert sorted(row.key for row in found) == [b"a", b"bcd"]


def test_many_rows_of_every_kind_of_column_come_back_as_they_were_written(database: Database) -> None:
    names = [one.name for one in EVERY_KIND.columns]
    rows = [
        (b"1" * 16, "", 0, 0, False, b""),
        (b"2" * 16, '王伟 \\ " {,}', -(2**31), -(2**63), True, bytes(range(256))),
        (b"3" * 16, None, None, None, None, None),
        (b"4" * 16, "NULL", 2**31 - 1, 2**63 - 1, True, b"\\x00"),
    ]
    with database.write() as connection:
        insert(connection, EVERY_KIND, [dict(zip(names, row, strict=True)) for row in rows])
        query = sa.select(EVERY_KIND).order_by(EVERY_KIND.c.id)
        assert [tuple(row) for row in select_in(connection, query, EVERY_KIND.c.id, [row[0] for row in rows])] == rows
        assert len(select_in(connection, query, EVERY_KIND.c.text, ["", "NULL", "nobody"])) == 2
        assert len(select_in(connection, query, EVERY_KIND.c.large, [-(2**63), 5])) == 1
