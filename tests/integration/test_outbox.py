"""The outbox is read in commit order: nothing that is committed late is missed, and nothing that is rolled back waited for."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from cdc import Publisher
from cdc.parking import drop_parked
from cdc.store import write_rows
from profiles import Message
from storage import Bell, Database, OutboxEntry, OutboxReader, outbox, publish, waiting
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation
from tests.published import expected


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as made:
        with made.write() as connection:
            outbox.create(connection)
        yield made


def tell(connection: sa.Connection, name: str) -> None:
    publish(connection, [OutboxEntry("profile.changed", name.encode() * 16, {})], at=1)


def read(database: Database, reader: OutboxReader, first: int = 0, limit: int = 100) -> list[str]:
    return [chr(stored.entry.subject[0]) for stored in reader.read(database, first, limit)]


def test_entries_come_in_the_order_of_their_numbers_and_as_many_as_wanted(database: Database) -> None:
    for name in "abc":
        with database.write() as connection:
            tell(connection, name)
    reader = OutboxReader()
    assert read(database, reader) == ["a", "b", "c"]
    assert read(database, reader, 2, 1) == ["b"]
    assert read(database, reader, 4) == []
    with database.read() as connection:
        assert [waiting(connection, first) for first in (0, 2, 4)] == [4, 2, 0]


@pytest.mark.postgres
def test_what_is_numbered_earlier_and_committed_later_is_not_skipped(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as database:
        with database.write() as connection:
            outbox.create(connection)
        reader = OutboxReader()
        with database.write() as late:
            tell(late, "a")
            with database.write() as early:
                tell(early, "b")
            for _ in range(3):
                assert read(database, reader) == []
        assert read(database, reader) == ["a", "b"]


@pytest.mark.postgres
def test_a_number_that_was_rolled_back_is_passed_once_nobody_can_commit_it(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as database:
        with database.write() as connection:
            outbox.create(connection)
        reader = OutboxReader()
        with database.engine.connect() as doomed:
            tell(doomed, "a")
            with database.write() as other:
                tell(other, "b")
            assert read(database, reader) == []
            doomed.rollback()
        with database.write() as still_open:
            tell(still_open, "c")
            assert read(database, reader) == ["b"]
        assert read(database, reader, 3) == ["c"]


@pytest.mark.postgres
def test_a_number_of_a_transaction_that_is_younger_than_all_that_ended_is_waited_for(postgres_url: str) -> None:
    """The highest number of an ended transaction says nothing about one that began later and is still open."""
    with closing(Database(postgres_url)) as database:
        with database.write() as connection:
            outbox.create(connection)
        reader = OutboxReader()
        with database.engine.connect() as older, database.engine.connect() as younger:
            older.exec_driver_sql("SELECT pg_current_xact_id()")
            tell(younger, "a")
            tell(older, "b")
            older.commit()
            for _ in range(3):
                assert read(database, reader) == []
            younger.commit()
        assert read(database, reader) == ["a", "b"]


@pytest.mark.postgres
@pytest.mark.parametrize("other", ["a rehearsal", "a writer of other tables", "a reader"])
def test_nobody_is_waited_for_who_writes_no_entry(postgres_url: str, other: str) -> None:
    """A preview of new rules holds a transaction with a number for minutes."""
    rehearsed = sa.Table("rehearsed", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
    with closing(Database(postgres_url)) as database:
        with database.write() as connection:
            outbox.create(connection)
            rehearsed.create(connection)
        under_way: dict[str, Callable[[], AbstractContextManager[Any]]] = {
            "a rehearsal": lambda: database.rehearse([rehearsed]),
            "a writer of other tables": database.write,
            "a reader": database.read,
        }
        with under_way[other]() as found:
            connection = found if isinstance(found, sa.Connection) else found.connection
            if other != "a reader":
                connection.execute(sa.insert(rehearsed).values(id=1))
                connection.exec_driver_sql("SELECT pg_current_xact_id()")
            connection.execute(sa.select(outbox))
            roll_back_one(database)
            with database.write() as late:
                tell(late, "b")
            reader = OutboxReader()
            assert [read(database, reader) for _ in range(3)] == [[], ["b"], ["b"]]


@pytest.mark.postgres
def test_an_entry_that_is_open_through_a_savepoint_is_waited_for(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as database:
        with database.write() as connection:
            outbox.create(connection)
        reader = OutboxReader()
        with database.write() as late:
            with late.begin_nested():
                tell(late, "a")
            undone = late.begin_nested()
            tell(late, "x")
            undone.rollback()
            with database.write() as early:
                tell(early, "b")
            for _ in range(3):
                assert read(database, reader) == []
        assert [read(database, reader) for _ in range(3)][-1] == ["a", "b"]


@pytest.mark.postgres
def test_entries_of_many_writers_who_roll_back_now_and_then_are_read_once_each_and_in_order(postgres_url: str) -> None:
    committed: set[int] = set()
    seen: list[int] = []
    stop = threading.Event()

    def write(database: Database, seed: int) -> None:
        chance = Random(seed)
        while not stop.is_set():
            with database.engine.connect() as connection:
                for _ in range(chance.randint(1, 3)):
                    tell(connection, "a")
                    time.sleep(chance.choice([0, 0, 0.001, 0.01]))
                query = sa.select(outbox.c.seq).where(
                    sa.text("xmin::text::bigint = pg_current_xact_id()::text::bigint")
                )
                numbers = set(connection.execute(query).scalars())
                if chance.random() < 0.5:
                    connection.commit()
                    committed.update(numbers)

    with closing(Database(postgres_url)) as database:
        with database.write() as connection:
            outbox.create(connection)
        threads = [threading.Thread(target=write, args=(database, seed)) for seed in range(4)]
        for thread in threads:
            thread.start()
        reader, until = OutboxReader(), time.monotonic() + 5
        while time.monotonic() < until or len(seen) < len(committed):
            if time.monotonic() >= until:
                stop.set()
                assert time.monotonic() < until + 30, "some entries are never read"
            seen += [stored.seq for stored in reader.read(database, seen[-1] + 1 if seen else 0, 20)]
        stop.set()
        for thread in threads:
            thread.join()
        for _ in range(3):
            seen += [stored.seq for stored in reader.read(database, seen[-1] + 1, 1_000)]
    assert seen == sorted(committed)
    assert max(seen) > len(seen) > 100


def roll_back_one(database: Database) -> None:
    """Use up a number."""
    with database.engine.connect() as connection:
        tell(connection, "a")
        connection.rollback()


def test_whoever_listens_hears_of_commits_with_entries_only(database: Database) -> None:
    def committed() -> int:
        with database.read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()

    def fail() -> None:
        with database.write() as connection:
            tell(connection, "a")
            raise ZeroDivisionError

    heard: list[int] = []
    database.after_telling.append(lambda: heard.append(committed()))
    with database.write() as connection:
        connection.execute(sa.select(1))
    with database.write() as connection:
        publish(connection, [], at=1)
    with pytest.raises(ZeroDivisionError):
        fail()
    assert heard == []
    with database.write() as connection:
        tell(connection, "b")
    assert heard == [1]


# ---- what a batch tells ------------------------------------------------------------------------------------------------


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        yield made


def told(one: Installation, log: ChangeLog, *, batch: int = 500) -> list[tuple[str, bytes]]:
    """What the outbox was told by the newest changes of a log."""
    before = len(one.rows(outbox))
    one.ingest(log.events, batch=batch)
    return [(row.topic, row.subject) for row in one.rows(outbox)[before:]]


def test_a_fact_tells_that_its_person_changed_once_for_each_batch(one: Installation) -> None:
    log = ChangeLog()
    log.put("person", 1, {"name": "a"})
    told(one, log)
    profile_id = one.shown()["person 1"]
    for key in (1, 2, 3):
        log.put("receipt", key, {"person": 1, "total": "1.00", "at": key})
    log.put("receipt", 9, {"person": 7, "total": "1.00", "at": 9})
    assert told(one, log) == [("profile.changed", profile_id)]
    log.delete("receipt", 1)
    assert told(one, log) == [("profile.changed", profile_id)]
    assert told(one, log) == []


def test_a_corrected_value_and_a_lost_member_tell_that_the_profile_changed(one: Installation) -> None:
    log = ChangeLog()
    for key in (1, 2):
        log.put("person", key, {"phone": "13812345670"})
    assert [topic for topic, _ in told(one, log)] == ["profile.created"]
    profile_id = one.shown()["person 1"]
    log.put("person", 2, {"city": "上海"})
    assert told(one, log) == [("profile.changed", profile_id)]
    log.delete("person", 2)
    assert told(one, log) == [("profile.changed", profile_id)]


def test_who_is_told_of_a_step_is_not_told_of_a_change_beside(one: Installation) -> None:
    log = ChangeLog()
    log.put("person", 1, {"phone": "13812345670"})
    log.put("person", 2, {"phone": "13812345671"})
    told(one, log)
    log.put("person", 2, {"phone": "13812345670"})
    assert [topic for topic, _ in told(one, log)] == ["profile.merged"]


# ---- facts of several workers ------------------------------------------------------------------------------------------


class Kept:
    """A sender that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, batch: Sequence[Message], _stop: threading.Event) -> bool:
        self.sent += batch
        return True

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.postgres
def test_facts_of_two_workers_at_once_are_all_published_in_order(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(0)

    def slowly(function: Callable[..., None]) -> Callable[..., None]:
        def slow(*arguments: Any, **options: Any) -> None:
            function(*arguments, **options)
            time.sleep(chance.uniform(0, 0.02))

        return slow

    with (
        installation(tmp_path / "one", MAPPING, database=postgres_url) as left,
        installation(tmp_path / "one", MAPPING, database=postgres_url) as right,
    ):
        persons, logs = ChangeLog(), (ChangeLog(), ChangeLog())
        for key in range(1, 9):
            persons.put("person", key, {"name": f"{key}"})
        left.ingest(persons.events, stream="persons")
        for worker, log in enumerate(logs):
            for number in range(60):
                key = number % 8 + 1 if worker else 8 - number % 8
                log.put("receipt", 1000 * worker + number, {"person": key, "total": "1.00", "at": number})
        # One stands when its transaction has its number and its entries have not, the other between theirs and the commit.
        monkeypatch.setattr("cdc.store.write_rows", slowly(write_rows))
        monkeypatch.setattr("cdc.parking.drop_parked", slowly(drop_parked))
        sender, stop = Kept(), threading.Event()
        publisher = Publisher(left.parts.database, sender, stream="publish:t", bell=Bell(), tell=print)
        threads = [
            threading.Thread(target=lambda: left.ingest(logs[0].events, stream="left", batch=2)),
            threading.Thread(target=lambda: right.ingest(logs[1].events, stream="right", batch=2)),
        ]
        for thread in threads:
            thread.start()
        held = publisher.claim()
        while any(thread.is_alive() for thread in threads):
            publisher.publish(held, stop)
        for _ in range(3):
            publisher.publish(held, stop)
        wanted = expected(left.parts.database)
        writers = _writers(left.parts.database)
    assert [(m.key.decode(), m.kind) for m in sender.sent] == [(key, kind) for _, key, kind in wanted]
    assert len(wanted) > 100
    assert any(a != b for a, b in zip(writers, sorted(writers), strict=True)), (
        "no two transactions lay across each other"
    )


def _writers(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.exec_driver_sql("SELECT xmin::text::bigint FROM outbox ORDER BY seq").scalars())
