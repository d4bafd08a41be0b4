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
    insert,
    outbox,
    publish,
    upsert,
)

METADATA = sa.MetaData()
NOTE = sa.Table(
    "note",
    METADATA,
    column("id", Bytes(16), DataClass.INTERNAL, primary_key=True),
    column("text", Sealed, DataClass.PERSONAL, nullable=True),
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
