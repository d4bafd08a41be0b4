"""A rehearsal: its copies stand before their originals, nobody waits for it, nothing of it stays."""

import stat
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
import sqlalchemy as sa

from storage import (
    Bytes,
    Database,
    DataClass,
    column,
    count_made_equal,
    delete_in,
    insert,
    outbox,
    select_in,
    update,
    upsert,
)

METADATA = sa.MetaData()
COPIED = sa.Table(
    "copied",
    METADATA,
    column("id", Bytes(4), DataClass.INTERNAL, primary_key=True),
    column("place", sa.BigInteger, DataClass.INTERNAL, index=True, server_default=sa.text("7"), default=7),
    sqlite_with_rowid=False,
)
OTHER = sa.Table(
    "other",
    METADATA,
    column("id", Bytes(4), DataClass.INTERNAL, primary_key=True),
    column("place", sa.BigInteger, DataClass.INTERNAL),
)
BEFORE = [(b"aaaa", 1), (b"bbbb", 2)]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    yield from filled(database_url)


def filled(url: str) -> Iterator[Database]:
    made = Database(url)
    with made.write() as connection:
        METADATA.create_all(connection)
        for table in (COPIED, OTHER):
            insert(connection, table, [{"id": i, "place": place} for i, place in BEFORE])
    yield made
    made.close()


def rows(connection: sa.Connection, table: sa.Table) -> list[tuple[bytes, int]]:
    return [tuple(row) for row in connection.execute(sa.select(table).order_by(table.c.id))]


def stored(database: Database, table: sa.Table) -> list[tuple[bytes, int]]:
    with database.read() as connection:
        return rows(connection, table)


def add(database: Database, table: sa.Table, name: bytes) -> None:
    with database.write() as connection:
        insert(connection, table, [{"id": name, "place": 9}])


def rewrite(connection: sa.Connection) -> None:
    update(connection, COPIED, [{"id": b"aaaa", "place": 10}], by=["id"])
    upsert(connection, COPIED, [{"id": b"bbbb", "place": 20}])
    insert(connection, COPIED, [{"id": b"cccc", "place": 30}])
    connection.execute(sa.insert(COPIED).values(id=b"dddd"))
    delete_in(connection, COPIED, COPIED.c.id, [b"aaaa"])


def temporary(database: Database) -> list[str]:
    """The temporary tables that the connections of the pool see, or those of any connection.

    PostgreSQL drops them after a connection has been closed, and who closed it does not wait for that: it is given some seconds.
    """
    deadline = time.monotonic() + 20
    while (found := _temporary(database)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def _temporary(database: Database) -> list[str]:
    names = {
        "sqlite": "SELECT name FROM sqlite_temp_master",
        "postgresql": "SELECT relname FROM pg_class WHERE relpersistence = 't'",
    }
    with database.read() as connection:
        return list(connection.exec_driver_sql(names[connection.dialect.name]).scalars())


def test_what_is_written_in_a_rehearsal_is_read_in_it_and_nowhere_else(database: Database) -> None:
    with database.rehearse([COPIED]) as rehearsal:
        assert rows(rehearsal.connection, COPIED) == BEFORE
        rewrite(rehearsal.connection)
        assert rows(rehearsal.connection, COPIED) == [(b"bbbb", 20), (b"cccc", 30), (b"dddd", 7)]
        assert [row.place for row in select_in(rehearsal.connection, sa.select(COPIED), COPIED.c.id, [b"cccc"])] == [30]
        assert rows(rehearsal.connection, rehearsal.original(COPIED)) == BEFORE == stored(database, COPIED)
    assert stored(database, COPIED) == BEFORE


def test_all_of_it_sees_one_moment_and_writers_go_on(database: Database) -> None:
    with database.rehearse([COPIED]) as rehearsal:
        rewrite(rehearsal.connection)
        for table in (COPIED, OTHER):
            add(database, table, b"late")
        assert rows(rehearsal.connection, rehearsal.original(COPIED)) == BEFORE
        assert rows(rehearsal.connection, OTHER) == BEFORE
    assert stored(database, COPIED) == stored(database, OTHER) == [*BEFORE, (b"late", 9)]


def test_another_moment_is_seen_once_it_goes_on_and_the_copies_are_as_they_were(database: Database) -> None:
    with database.rehearse([COPIED]) as rehearsal:
        rewrite(rehearsal.connection)
        expected = rows(rehearsal.connection, COPIED)
        for name in (b"late", b"next"):
            for table in (COPIED, OTHER):
                add(database, table, name)
            rehearsal.go_on()
            assert rows(rehearsal.connection, rehearsal.original(COPIED)) == stored(database, COPIED)
            assert rows(rehearsal.connection, OTHER) == stored(database, OTHER)
            assert (
                rows(rehearsal.connection, COPIED) == rows(rehearsal.connection, rehearsal.copied(COPIED)) == expected
            )
        with pytest.raises(sa.exc.DBAPIError, match=r"not authorized|read-only transaction"):
            rehearsal.connection.execute(sa.delete(OTHER))
    assert temporary(database) == []


def test_what_is_enacted_is_written_and_nothing_else_stays(database: Database) -> None:
    with database.rehearse([COPIED]) as rehearsal:
        rewrite(rehearsal.connection)
        rehearsal.go_on()
        rewritten = rows(rehearsal.connection, COPIED)
        with database.enact(rehearsal):
            insert(rehearsal.connection, OTHER, [{"id": b"cccc", "place": 3}])
            insert(rehearsal.connection, COPIED, [{"id": b"eeee", "place": 5}])
            assert stored(database, OTHER) == stored(database, COPIED) == BEFORE
            count_made_equal(rehearsal.connection, rehearsal.original(COPIED), rehearsal.copied(COPIED))
    assert stored(database, COPIED) == [*rewritten, (b"eeee", 5)]
    assert stored(database, OTHER) == [*BEFORE, (b"cccc", 3)]
    assert temporary(database) == []


def test_sqlite_is_waited_for_longer_than_by_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who began to write has as long as it takes, at the end of what took long itself; not for ever."""
    monkeypatch.setattr("storage.engine._BUSY_TIMEOUT_MS", 50)
    for database in filled(f"sqlite:///{tmp_path / 'onefold.db'}"):
        with database.rehearse([COPIED]) as rehearsal:
            writer = database.begin_write()
            Timer(0.3, writer.commit).start()
            with database.enact(rehearsal):
                insert(rehearsal.connection, OTHER, [{"id": b"cccc", "place": 3}])
        assert len(stored(database, OTHER)) == 3
        monkeypatch.setattr("storage.rehearsal._PATIENCE", 2)
        with (
            database.rehearse([COPIED]) as rehearsal,
            database.write(),
            pytest.raises(sa.exc.OperationalError, match="locked"),
            database.enact(rehearsal),
        ):
            pass


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_is_not_enacted_to_its_end_never_was(database: Database, error: type[BaseException]) -> None:
    def enact() -> None:
        with database.rehearse([COPIED]) as rehearsal:
            rewrite(rehearsal.connection)
            with database.enact(rehearsal):
                count_made_equal(rehearsal.connection, rehearsal.original(COPIED), rehearsal.copied(COPIED))
                insert(rehearsal.connection, OTHER, [{"id": b"cccc", "place": 3}])
                raise error

    with pytest.raises(error):
        enact()
    assert stored(database, COPIED) == stored(database, OTHER) == BEFORE
    assert temporary(database) == []
    add(database, COPIED, b"late")


def test_a_table_without_a_copy_cannot_be_written(database: Database) -> None:
    for write in (sa.insert(OTHER).values(id=b"cccc", place=1), sa.update(OTHER).values(place=1), sa.delete(OTHER)):
        with database.rehearse([COPIED]) as rehearsal:
            rewrite(rehearsal.connection)
            with pytest.raises(sa.exc.DBAPIError, match=r"not authorized|read-only transaction"):
                rehearsal.connection.execute(write)
    assert stored(database, OTHER) == BEFORE


@pytest.mark.parametrize("end", [None, RuntimeError, KeyboardInterrupt])
def test_nothing_stays_of_it(database: Database, end: type[BaseException] | None) -> None:
    def rehearse() -> None:
        with database.rehearse([COPIED]) as rehearsal:
            rewrite(rehearsal.connection)
            if end is not None:
                raise end

    for _ in range(2):
        if end is None:
            rehearse()
        else:
            with pytest.raises(end):
                rehearse()
        assert temporary(database) == []
        assert stored(database, COPIED) == BEFORE
    add(database, COPIED, b"late")
    assert stored(database, COPIED) == [*BEFORE, (b"late", 9)]


def test_statements_that_were_prepared_before_read_the_copies(database: Database) -> None:
    """On a connection that has seen temporary tables PostgreSQL would go on reading the original by itself."""
    counting = "SELECT count(*) FROM copied"
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE earlier (id integer)")
        connection.exec_driver_sql("DROP TABLE earlier")
        connection.commit()
        for _ in range(10):  # by then the drivers keep it
            assert connection.exec_driver_sql(counting).scalar_one() == 2
        connection.commit()
    assert database.engine.pool.checkedin() == 1  # type: ignore[attr-defined]  # of the kind of pool
    with database.rehearse([COPIED]) as rehearsal:
        rehearsal.connection.execute(sa.delete(COPIED))
        assert rehearsal.connection.exec_driver_sql(counting).scalar_one() == 0


def test_a_table_that_numbers_its_rows_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="outbox"), database.rehearse([outbox]):
        pass


def test_sqlite_keeps_the_copies_in_a_private_file_that_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.rehearsal._SQLITE_CACHE_KIB", 16)
    found = []
    for database in filled(f"sqlite:///{tmp_path / 'onefold.db'}"):
        with database.rehearse([COPIED]) as rehearsal:
            insert(rehearsal.connection, COPIED, [{"id": i.to_bytes(4), "place": i} for i in range(50_000)])
            links = list(Path("/proc/self/fd").iterdir())
            found = [link.stat() for link in links if link.is_symlink() and "etilqs" in str(link.readlink())]
            assert [(stat.S_IMODE(each.st_mode), each.st_nlink) for each in found] == [(0o600, 0)] * len(found)
    assert found


def in_schema(url: str, path: str) -> str:
    """The address of the same database with a search path, in which a schema `shop` is made."""
    first = Database(url)
    with first.write() as connection:
        connection.execute(sa.schema.CreateSchema("shop"))
    first.close()
    found = sa.make_url(url).update_query_dict({"options": f"-c search_path={path}"})
    return found.render_as_string(hide_password=False)


@pytest.mark.postgres
@pytest.mark.parametrize("path", ["shop", "shop,pg_temp", '"$user",shop'])
def test_tables_may_lie_in_any_schema_of_the_path(postgres_url: str, path: str) -> None:
    for database in filled(in_schema(postgres_url, path)):
        with database.rehearse([COPIED]) as rehearsal:
            rewrite(rehearsal.connection)
            assert rows(rehearsal.connection, OTHER) == BEFORE
            assert rows(rehearsal.connection, rehearsal.original(COPIED)) == BEFORE
        assert stored(database, COPIED) == BEFORE


@pytest.mark.postgres
@pytest.mark.parametrize("path", ["shop", "shop,pg_temp"])
def test_copies_stand_first_until_the_end_whatever_the_path(postgres_url: str, path: str) -> None:
    for database in filled(in_schema(postgres_url, path)):
        with database.rehearse([COPIED]) as rehearsal:
            rewrite(rehearsal.connection)
            expected = rows(rehearsal.connection, COPIED)
            rehearsal.go_on()
            assert rows(rehearsal.connection, COPIED) == expected
            with database.enact(rehearsal):
                assert rows(rehearsal.connection, COPIED) == expected
                add(database, COPIED, b"late")
                count_made_equal(rehearsal.connection, rehearsal.original(COPIED), rehearsal.copied(COPIED))
        assert stored(database, COPIED) == expected
