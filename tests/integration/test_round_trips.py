"""PostgreSQL is asked few times, and what is written without waiting for answers goes wrong in time."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import pytest
import sqlalchemy as sa

from cdc.parking import Parking, ParkingLot
from cdc.tables import stream_position
from storage import Bytes, Database, DataClass, column, delete_in, insert, select_in
from storage import postgresql as postgresql_module
from tests.change_log import MAPPING, ChangeLog
from tests.installation import installation

pytestmark = pytest.mark.postgres

METADATA = sa.MetaData()
THING = sa.Table(
    "thing",
    METADATA,
    column("id", Bytes(16), DataClass.INTERNAL, primary_key=True),
    column("data", Bytes(), DataClass.INTERNAL, nullable=True),
)
ON_ANY_MACHINE = 60.0  # seconds between two statements, however slow it is
TWICE = [{"id": b"1", "data": None}, {"id": b"1", "data": None}]


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    made = Database(postgres_url)
    with made.write() as connection:
        METADATA.create_all(connection)
    yield made
    made.close()


def things(database: Database) -> set[bytes]:
    with database.read() as connection:
        return set(connection.scalars(sa.select(THING.c.id)))


# ---- writes that nobody waits for --------------------------------------------------------------------------------------


def test_a_question_sees_what_was_written_before_it_without_waiting(database: Database) -> None:
    transaction = database.begin_write(pipelined=True)
    insert(transaction.connection, THING, [{"id": bytes([n]), "data": None} for n in range(5)])
    delete_in(transaction.connection, THING, THING.c.id, [b"\x01", b"\x03"])
    found = select_in(transaction.connection, sa.select(THING.c.id), THING.c.id, [bytes([n]) for n in range(5)])
    assert {row.id for row in found} == {b"\x00", b"\x02", b"\x04"}
    insert(transaction.connection, THING, [{"id": b"last", "data": None}])
    assert transaction.connection.execute(sa.update(THING).values(data=b"x")).rowcount == 4
    transaction.commit()
    assert things(database) == {b"\x00", b"\x02", b"\x04", b"last"}


def by_question(database: Database) -> None:
    transaction = database.begin_write(pipelined=True)
    try:
        insert(transaction.connection, THING, TWICE)
        insert(transaction.connection, THING, [{"id": b"2", "data": None}])  # may hear of it, where the server is quick
        transaction.connection.execute(sa.select(THING)).all()
    finally:
        transaction.roll_back()


def by_flush(database: Database) -> None:
    transaction = database.begin_write(pipelined=True)
    try:
        insert(transaction.connection, THING, TWICE)
        transaction.flush()
    finally:
        transaction.roll_back()


def by_commit(database: Database) -> None:
    transaction = database.begin_write(pipelined=True)
    insert(transaction.connection, THING, TWICE)
    transaction.commit()


@pytest.mark.parametrize("find_out", [by_question, by_flush, by_commit])
def test_a_write_that_goes_wrong_is_heard_of_and_nothing_stays(
    database: Database, find_out: Callable[[Database], None]
) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        find_out(database)
    assert things(database) == set()
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of the kind of pool
    with database.write() as connection:
        insert(connection, THING, [{"id": b"3", "data": None}])
    assert things(database) == {b"3"}


def test_a_transaction_that_is_given_up_says_nothing_of_a_write_that_went_wrong(database: Database) -> None:
    transaction = database.begin_write(pipelined=True)
    insert(transaction.connection, THING, TWICE)
    transaction.roll_back()
    assert things(database) == set()


def test_a_server_that_goes_away_in_a_pipeline_is_an_error_and_no_connection_is_kept(database: Database) -> None:
    transaction = database.begin_write(pipelined=True)
    insert(transaction.connection, THING, [{"id": b"1", "data": None}])
    end_connections(database)
    with pytest.raises(sa.exc.OperationalError):
        transaction.flush()
    transaction.roll_back()
    assert things(database) == set()


def test_more_than_a_socket_takes_at_once_is_sent(database: Database) -> None:
    """The driver leaves the rest of it unsent, and waits for answers that cannot come."""

    def write() -> None:
        transaction = database.begin_write(pipelined=True)
        for batch in range(4):
            rows = [{"id": bytes([batch, n]), "data": bytes(100_000)} for n in range(100)]
            insert(transaction.connection, THING, rows)
        assert len(transaction.connection.execute(sa.select(THING)).all()) == 400
        transaction.commit()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert len(things(database)) == 400


def test_what_collides_with_the_last_write_of_a_batch_has_it_planned_again(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the commit, it would end the worker."""
    log = ChangeLog()
    log.put("person", 1, {"name": "a"})
    collided: list[bool] = []
    park = ParkingLot.park

    def collide(lot: ParkingLot, connection: sa.Connection, parkings: Sequence[Parking], *, at: int) -> int:
        if not collided:
            collided.append(True)
            position = {"stream": "test", "next_offset": 0, "owner_epoch": 0, "digest": None}
            insert(connection, stream_position, [position])
        return park(lot, connection, parkings, at=at)

    monkeypatch.setattr(ParkingLot, "park", collide)
    with installation(tmp_path / "one", MAPPING, database=postgres_url) as made:
        assert made.ingest(log.events).applied == 1
        assert set(made.shown()) == {"person 1"}
    assert collided


def test_a_relaxed_commit_does_not_wait_for_the_disk_and_the_next_one_does(database: Database) -> None:
    ask, name = "SHOW synchronous_commit", database.url.database
    with database.engine.begin() as connection:  # the server of the tests waits for no disk at all
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = on")
    database.engine.dispose()
    with database.write(relaxed=True) as connection:
        assert connection.exec_driver_sql(ask).scalar() == "off"
        insert(connection, THING, [{"id": b"1", "data": None}])
    with database.write() as connection:
        assert connection.exec_driver_sql(ask).scalar() == "on"
    assert things(database) == {b"1"}


# ---- connections that are believed to live -----------------------------------------------------------------------------


def end_connections(database: Database) -> None:
    """End all connections to a database, by one that is not of its pool."""
    engine = sa.create_engine(database.url, poolclass=sa.pool.NullPool)
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    query = sa.text(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")
    with engine.connect() as connection:
        assert connection.execute(query).all()


def test_a_connection_that_the_server_ended_a_moment_ago_is_replaced(database: Database) -> None:
    assert things(database) == set()
    end_connections(database)
    assert things(database) == set()


def test_a_connection_is_asked_only_after_it_was_idle(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    pings: list[object] = []
    monkeypatch.setattr(database.engine.dialect, "do_ping", pings.append)
    monkeypatch.setattr(postgresql_module, "_BELIEVED", ON_ANY_MACHINE)
    things(database)
    things(database)
    assert not pings
    monkeypatch.setattr(postgresql_module, "_BELIEVED", 0)
    things(database)
    assert len(pings) == 1


def test_a_database_that_is_set_to_read_only_is_not_written_after_a_reader(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {database.url.database} SET default_transaction_read_only = on")
    database.engine.dispose()
    assert things(database) == set()
    with pytest.raises(sa.exc.InternalError, match="read-only transaction"), database.write() as connection:
        insert(connection, THING, [{"id": b"1", "data": None}])


def test_statements_stay_prepared_when_readers_end_and_are_planned_for_their_values(database: Database) -> None:
    for _ in range(8):
        things(database)
    with database.read() as connection:
        prepared = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements").scalars().all()
        assert connection.exec_driver_sql("SHOW plan_cache_mode").scalar() == "force_custom_plan"
    assert any("thing" in statement for statement in prepared)


PLANNING = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "max_parallel_workers_per_gather")


def planning(connection: sa.Connection) -> list[Any]:
    return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in PLANNING]


def test_a_batch_looks_its_rows_up_whatever_postgresql_believes_of_the_table(database: Database) -> None:
    """Never analysed, a table seems to hold the same few values over and over: half of it for a thousand keys."""
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE thing SET (autovacuum_enabled = off)")
        insert(connection, THING, [{"id": n.to_bytes(16), "data": bytes(40)} for n in range(5_000)])
    wanted = [n.to_bytes(16) for n in range(0, 5_000, 5)]

    def plan(connection: sa.Connection) -> str:
        lines = connection.exec_driver_sql("EXPLAIN SELECT data FROM thing WHERE id = ANY (%s)", (wanted,))
        return "\n".join(lines.scalars())

    transaction = database.begin_write(pipelined=True)
    written = plan(transaction.connection)
    transaction.commit()
    with database.read(by_keys=True) as connection:
        read = plan(connection)
    with database.read() as connection:
        at_ease = plan(connection)
    assert "Seq Scan" in at_ease  # or it proves nothing
    assert "Seq Scan" not in written + read


def test_only_who_asks_by_keys_is_planned_so_also_on_the_same_connection(database: Database) -> None:
    for _ in range(2):
        with database.read() as connection:
            usual = planning(connection)
            assert connection.exec_driver_sql("SHOW jit").scalar() == "off"
        assert usual == ["on", "on", "on", "2"]
        with database.read(by_keys=True) as connection:
            assert planning(connection) == ["off", "off", "off", "0"]
            connection.rollback()  # it is no part of the transaction
        with database.write() as connection:
            assert planning(connection) == ["off", "off", "off", "0"]
        with database.read(by_keys=True) as connection:
            assert planning(connection) == ["off", "off", "off", "0"]


def test_a_connection_that_ends_before_its_planning_is_said_is_an_error_like_any_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert things(database) == set()
    end_connections(database)
    monkeypatch.setattr(postgresql_module, "_BELIEVED", ON_ANY_MACHINE)
    monkeypatch.setattr(postgresql_module, "_has_news", lambda _: False)  # it comes a moment later
    with pytest.raises(sa.exc.OperationalError), database.read(by_keys=True):
        pass
    assert things(database) == set()


# ---- one change alone --------------------------------------------------------------------------------------------------


def trace(engine: sa.Engine, file: IO[str]) -> None:
    """Let the driver's library write down what goes over the connections of an engine."""
    engine.dispose()
    sa.event.listen(engine, "connect", lambda one, _: one.pgconn.trace(file.fileno()))


def waits(path: Path) -> int:
    """How often somebody waited until the server was ready for more."""
    return path.read_text().count("ReadyForQuery")


def person(number: int, **other: Any) -> dict[str, Any]:
    return {"name": f"name {number}", "phone": f"138000{number:05}", "city": "Wuhan", **other}


# Measured, without room: a question more in each batch must be worth its wait.
MOST = {"insert": 16, "identifier": 22, "other": 22, "delete": 23}


def test_one_change_alone_waits_for_the_server_a_known_number_of_times(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_module, "_BELIEVED", ON_ANY_MACHINE)
    log = ChangeLog()
    for number in range(20):
        log.put("person", number, person(number))
    wire = tmp_path / "wire"
    with wire.open("a") as file, installation(tmp_path / "one", MAPPING, database=postgres_url) as made:
        trace(made.parts.database.engine, file)
        pipeline = made.parts.pipeline
        _, held = pipeline.ingest(pipeline.claim("test"), log.events)
        counted: dict[str, int] = {}
        for turn in range(10):  # statements are prepared in the first ones
            for kind in MOST:
                match kind:
                    case "insert":
                        log.put("person", 100 + turn, person(100 + turn))
                    case "identifier":
                        log.put("person", turn, {"phone": f"139000{turn:05}"})
                    case "other":
                        log.put("person", turn, {"city": f"Harbin {turn}"})
                    case _:
                        log.delete("person", turn)
                before = waits(wire)
                report, held = pipeline.ingest(held, log.events[-1:])
                assert report.applied == 1
                counted[kind] = waits(wire) - before
        assert made.pending() == 0
    assert counted == MOST
