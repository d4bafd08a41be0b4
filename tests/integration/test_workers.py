"""Several workers: a stream has one reader at a time, and who writes beside whom makes no difference."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from cdc import FencedOut, RawEvent, TableIds
from cdc.parking import ParkingLot
from cdc.plan import Event
from cdc.store import advance, claim
from cdc.tables import source_row, stream_position
from identity import share_identity_lock, take_identity_lock
from profiles import fact, profile
from profiles.tables import fact_total
from storage import MAIN
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        yield made


def contents(one: Installation) -> dict[str, list[Any]]:
    return {name: one.rows(table) for name, table in MAIN.tables.items()}


# ---- who holds a stream ------------------------------------------------------------------------------------------------


def test_a_worker_whose_stream_was_claimed_by_another_writes_nothing_more(one: Installation) -> None:
    log = ChangeLog()
    log.put("person", 1, {"name": "a"})
    pipeline = one.parts.pipeline
    first = pipeline.claim("test")
    _, first = pipeline.ingest(first, log.events)
    second = pipeline.claim("test")
    log.put("person", 2, {"name": "b"})
    log.truncate("receipt")
    before = contents(one)
    for event in log.events[1:]:
        with pytest.raises(FencedOut, match="'test' is read by another worker"):
            pipeline.ingest(first, [event])
    assert contents(one) == before
    report, _ = pipeline.ingest(second, log.events[1:])
    assert report.applied == 2


def test_of_two_batches_from_one_position_only_the_first_counts(one: Installation) -> None:
    log = ChangeLog()
    for key in (1, 2):
        log.put("person", key, {"name": "a"})
    held = one.parts.pipeline.claim("test")
    one.parts.pipeline.ingest(held, log.events[:1])
    with pytest.raises(FencedOut):
        one.parts.pipeline.ingest(held, log.events[1:])
    assert set(one.shown()) == {"person 1"}


def test_a_claim_takes_over_the_position_and_its_proof(one: Installation) -> None:
    with one.parts.database.write() as connection:
        held = claim(connection, "test")
        assert (held.next_offset, held.owner_epoch, held.digest) == (0, 1, None)
        advance(connection, held, 7, b"d" * 32)
        again = claim(connection, "test")
    assert (again.next_offset, again.owner_epoch, again.digest) == (7, 2, b"d" * 32)
    assert [row.stream for row in one.rows(stream_position)] == ["test"]


def test_an_error_in_a_batch_leaves_everything_as_it_was(one: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ChangeLog()
    log.put("person", 1, {"name": "a"})
    held = one.parts.pipeline.claim("test")
    before = contents(one)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("cdc.store.write_rows", fail)
        with pytest.raises(RuntimeError):
            one.parts.pipeline.ingest(held, log.events)
    assert contents(one) == before
    one.parts.pipeline.ingest(held, log.events)
    assert set(one.shown()) == {"person 1"}


def test_a_row_that_ends_while_a_change_of_it_is_prepared_begins_a_new_life(
    one: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ChangeLog()
    log.put("receipt", 1, {"total": "1.00", "note": "gift", "at": 5})
    pipeline, seal = one.parts.pipeline, one.parts.sealer.seal
    _, held = pipeline.ingest(pipeline.claim("test"), log.events)
    before = {row.incarnation for row in one.rows(fact)}
    log.truncate("receipt")
    log.put("receipt", 1, {"total": "2.00", "note": "late", "at": 6})

    def truncated_first(*arguments: Any) -> Any:
        monkeypatch.undo()
        other = one.parts.pipeline.claim("another")
        one.parts.pipeline.ingest(other, [log.events[1]])
        return seal(*arguments)

    monkeypatch.setattr("cdc.sealing.Sealer.seal", lambda _, *arguments: truncated_first(*arguments))
    pipeline.ingest(held, log.events[2:])
    assert [row.amount_minor for row in one.rows(fact)] == [200]
    assert before.isdisjoint(row.incarnation for row in one.rows(fact))


@pytest.mark.parametrize("is_late", [False, True])
def test_a_row_that_another_worker_begins_after_a_plan_was_made_has_it_made_anew(
    one: Installation, *, is_late: bool
) -> None:
    """Nothing is stored of it that the plan could be held against: it shows by the row that is written."""
    log = ChangeLog()
    for total in ("1.00", "2.00"):
        log.put("receipt", 1, {"total": total, "at": 1})
    log.put("receipt", 2, {"total": "5.00", "at": 1})
    first, second, beside = log.events
    prepared, meanwhile = (first, second) if is_late else (second, first)
    translate = one.parts.translator.translate
    batch = one.parts.applier.prepare([Event(raw, translate(raw)) for raw in (prepared, beside)])
    one.ingest([meanwhile], stream="another")
    written = one.parts.applier.write(batch)
    written.settle()
    assert (written.report.applied, written.report.seen) == ((1, 1) if is_late else (2, 0))
    assert sorted(row.amount_minor for row in one.rows(fact)) == [200, 500]
    assert len(one.rows(source_row)) == 2


def test_what_is_parked_behind_a_waiting_event_while_its_wait_is_ended_goes_on_with_it(one: Installation) -> None:
    log = ChangeLog()
    log.put("receipt", 1, {"total": "1.00", "at": 1})
    log.move("receipt", 1, 2)
    log.put("receipt", 2, {"total": "2.00"})
    first, delete_half, create_half, update = log.events
    one.ingest([first], stream="left")
    one.ingest([create_half], stream="right")
    events = [Event(delete_half, one.parts.translator.translate(delete_half))]
    batch = one.parts.applier.prepare(events)
    one.ingest([update], stream="further")
    assert len(one.parked()) == 2
    one.parts.applier.write(batch).settle()
    assert one.parked() == []
    assert [row.amount_minor for row in one.rows(fact)] == [200]


def test_who_takes_the_key_of_a_person_on_its_way_has_the_orders_of_that_key_whatever_the_clock_says(
    one: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a moment two records have the key that the receipt names; which of them is older does not decide whose it is."""
    log = ChangeLog()
    log.put("person", 3, {"name": "left"})
    log.move("person", 3, 2)
    log.put("person", 3, {"name": "came"})
    log.put("receipt", 1, {"person": 3, "total": "1.00"})
    first, delete_half, create_half, newcomer, receipt = log.events
    one.ingest([first, delete_half], stream="left")
    clock = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: clock() - 3_600_000_000_000)
    one.ingest([newcomer], stream="middle")
    one.ingest([receipt], stream="right")
    one.ingest([create_half], stream="further")
    counted = {row.id: row.receipts for row in one.rows(profile)}
    assert {name: counted[one.shown()[name]] for name in ("person 2", "person 3")} == {"person 2": 0, "person 3": 1}


def test_a_return_stays_with_an_order_that_took_the_key_of_another(one: Installation) -> None:
    """The new order of the key is read before the other half of what moved the old one away."""
    log = ChangeLog()
    log.put("person", 1, {"name": "a"})
    log.put("receipt", 2, {"person": 1, "total": "1.00", "at": 1})
    log.put("refund", 1, {"receipt": 2, "total": "0.50", "at": 1})
    log.move("receipt", 2, 1)
    log.put("receipt", 2, {"person": 1, "total": "2.00", "at": 2})
    *before, create_half, new = log.events
    one.ingest([*before, new], batch=1)
    one.ingest([create_half], stream="further")
    assert [(row.receipts, row.returns) for row in one.rows(profile)] == [(2, 1)]


# ---- at the same time, on PostgreSQL -----------------------------------------------------------------------------------


@pytest.fixture
def two(postgres_url: str, tmp_path: Path) -> Iterator[tuple[Installation, Installation]]:
    """Two workers of one installation, each with its own connections and caches."""
    with ExitStack() as stack:
        opened = [stack.enter_context(installation(tmp_path / "one", MAPPING, database=postgres_url)) for _ in range(2)]
        yield opened[0], opened[1]


def at_once(*works: Callable[[], object]) -> None:
    """Run all in threads that start together; the first error of any is raised."""
    start, errors = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        start.wait(10)
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


def some_business(seed: int, steps: int = 60) -> ChangeLog:
    chance, log = Random(seed), ChangeLog()
    for _ in range(steps):
        key = chance.randint(1, 8)
        match chance.choice(["person", "person", "receipt", "receipt", "refund", "delete", "move"]):
            case "person":
                values = {
                    "phone": chance.choice(["13812345670", "13812345671", None]),
                    "optin": chance.choice(["yes", "no"]),
                }
                log.put("person", key, {**values, "email": chance.choice(["a@example.com", "b@example.com", None])})
            case "receipt":
                log.put("receipt", key, {"person": chance.randint(1, 8), "total": f"{key}.00", "at": key, "note": "n"})
            case "refund":
                log.put("refund", key, {"receipt": chance.randint(1, 8), "total": "0.50", "at": key})
            case "delete":
                log.delete(chance.choice(["person", "receipt", "refund"]), key)
            case _:
                log.move(chance.choice(["person", "receipt"]), key, chance.randint(1, 8))
    return log


def split(events: list[RawEvent], seed: int) -> tuple[list[RawEvent], list[RawEvent]]:
    """Two streams; all events of a row are in the same one."""
    chance = Random(seed)
    home = {name: chance.random() < 0.5 for name in dict.fromkeys((event.topic, event.key) for event in events)}
    return [e for e in events if home[e.topic, e.key]], [e for e in events if not home[e.topic, e.key]]


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(4))
def test_two_workers_on_two_streams_make_the_state_that_one_makes(
    two: tuple[Installation, Installation], seed: int
) -> None:
    log = some_business(seed)
    two[0].ingest(log.events)
    expected = two[0].lines()
    two[0].wipe()
    left, right = split(log.events, seed)
    at_once(
        lambda: two[0].ingest(left, stream="left", batch=3),
        lambda: two[1].ingest(right, stream="right", batch=4),
    )
    assert two[0].parked() == []
    assert two[0].lines() == expected
    _assert_outbox_is_in_commit_order(two[0])


def _assert_outbox_is_in_commit_order(one: Installation) -> None:
    """The numbers of each writer of identity (``xmin``) lie together: none was given before another transaction's commit."""
    with one.parts.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT xmin::text, topic FROM outbox ORDER BY seq").all()
    of_identity = {writer for writer, topic in rows if topic != "profile.changed"}
    writers = [writer for writer, _ in rows if writer in of_identity]
    assert len(set(writers)) > 1
    assert len([writer for writer, _ in groupby(writers)]) == len(set(writers))


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(4, 7))
def test_two_workers_that_read_the_same_rows_write_each_once(two: tuple[Installation, Installation], seed: int) -> None:
    """A file that is ingested while the same changes arrive through a topic."""
    log = some_business(seed)
    two[0].ingest(log.events)
    expected = two[0].lines()
    two[0].wipe()
    at_once(
        lambda: two[0].ingest(log.events, stream="topic", batch=2),
        lambda: two[1].ingest(log.events, stream="file", batch=2),
    )
    assert two[0].lines() == expected
    alive = {row.incarnation for row in two[0].rows(source_row)}
    assert {row.incarnation for row in two[0].rows(fact)} <= alive


@pytest.mark.postgres
def test_returns_find_their_orders_when_both_are_written_at_once(
    two: tuple[Installation, Installation], monkeypatch: pytest.MonkeyPatch
) -> None:
    park = ParkingLot.park

    def park_slowly(*arguments: Any, **options: Any) -> int:
        time.sleep(0.01)  # between writing the facts and the commit
        return park(*arguments, **options)

    monkeypatch.setattr(ParkingLot, "park", park_slowly)
    receipts, refunds = ChangeLog(), ChangeLog()
    receipts.put("person", 1, {"name": "a"})
    for key in range(1, 21):
        receipts.put("receipt", key, {"person": 1, "total": "1.00", "at": key})
        refunds.put("refund", key, {"receipt": key, "total": "0.50", "at": key})
    at_once(
        lambda: two[0].ingest(receipts.events, stream="receipts", batch=1),
        lambda: two[1].ingest(refunds.events, stream="refunds", batch=1),
    )
    assert {row.person_token is None for row in two[0].rows(fact)} == {False}


@pytest.mark.postgres
@pytest.mark.parametrize("what", ["delete", "another person"])
def test_a_return_that_is_deleted_beside_its_order_is_taken_off_once(
    two: tuple[Installation, Installation], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """As a cascade in the source does: the two lie in different partitions. The order's transaction has moved its return already."""
    before, receipts, refunds, entered = ChangeLog(), ChangeLog(), ChangeLog(), threading.Event()
    for key in (1, 2):
        before.put("person", key, {"name": "a"})
    before.put("receipt", 1, {"person": 1, "total": "1.00", "at": 1})
    before.put("refund", 1, {"receipt": 1, "total": "0.50", "at": 1})
    two[0].ingest(before.events)
    count = len(before.events)
    if what == "delete":
        before.delete("receipt", 1)
    else:
        before.put("receipt", 1, {"person": 2})
    before.delete("refund", 1)
    receipts.events, refunds.events = before.events[count : count + 1], before.events[count + 1 :]
    share = share_identity_lock

    def share_late(connection: sa.Connection) -> None:
        if not entered.is_set():
            entered.set()
            time.sleep(1)
        share(connection)

    monkeypatch.setattr("cdc.writing.share_identity_lock", share_late)

    def write_refunds() -> None:
        assert entered.wait(30)
        two[1].ingest(refunds.events, stream="refunds")

    at_once(lambda: two[0].ingest(receipts.events, stream="receipts"), write_refunds)
    assert [row.returns for row in two[0].rows(profile)] == [0, 0]
    assert [row.kind for row in two[0].rows(fact_total)] == [row.kind for row in two[0].rows(fact)]


@pytest.mark.postgres
def test_facts_without_a_person_do_not_wait_for_who_writes_persons(two: tuple[Installation, Installation]) -> None:
    log = ChangeLog()
    for key in range(1, 4):
        log.put("receipt", key, {"total": "1.00", "at": key})
    with two[0].parts.database.write() as connection:
        take_identity_lock(connection)
        report = two[1].ingest(log.events)
    assert report.applied == 3


@pytest.mark.postgres
def test_facts_of_a_person_wait_for_identity_only_to_be_counted(two: tuple[Installation, Installation]) -> None:
    """The person is written, with its totals as they were, while its receipt waits: the count has both in the end."""
    persons, receipts = ChangeLog(), ChangeLog()
    persons.put("person", 1, {"name": "a"})
    receipts.put("receipt", 1, {"person": 1, "total": "1.00", "at": 1})
    with two[0].parts.database.write() as connection:
        take_identity_lock(connection)
        writing = threading.Thread(target=lambda: two[1].ingest(receipts.events, stream="receipts"))
        writing.start()
        assert _waits_for_identity(connection)
        connection.rollback()
        connection.begin()
    writing.join(30)
    two[0].ingest(persons.events, stream="persons")
    assert [row.receipts for row in two[0].rows(profile)] == [1]


@pytest.mark.postgres
def test_a_person_and_its_facts_that_are_written_at_once_are_counted(
    two: tuple[Installation, Installation], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt's transaction began before the person's, and is committed after it."""
    persons, receipts, entered, may_go = ChangeLog(), ChangeLog(), threading.Event(), threading.Event()
    persons.put("person", 1, {"name": "a"})
    receipts.put("receipt", 1, {"person": 1, "total": "1.00", "at": 1})
    share = share_identity_lock

    def share_late(connection: sa.Connection) -> None:
        entered.set()
        assert may_go.wait(30)
        share(connection)

    monkeypatch.setattr("cdc.writing.share_identity_lock", share_late)
    writing = threading.Thread(target=lambda: two[1].ingest(receipts.events, stream="receipts"))
    writing.start()
    assert entered.wait(30)
    two[0].ingest(persons.events, stream="persons")
    assert [row.receipts for row in two[0].rows(profile)] == [0]
    may_go.set()
    writing.join(30)
    assert [row.receipts for row in two[0].rows(profile)] == [1]


@pytest.mark.postgres
@pytest.mark.parametrize("what", ["truncate", "a batch of persons and facts"])
def test_who_writes_persons_and_facts_and_who_writes_facts_do_not_wait_for_each_other_for_ever(
    two: tuple[Installation, Installation], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The facts' transaction has written its rows and not yet asked for identity when the other one begins."""
    receipts, other, entered = ChangeLog(), ChangeLog(), threading.Event()
    other.put("person", 1, {"name": "a"})
    two[0].ingest(other.events, stream="other")
    receipts.put("receipt", 1, {"person": 1, "total": "1.00", "at": 1})
    if what == "truncate":
        other.truncate("receipt")
    else:
        other.put("person", 2, {"name": "b"})
        other.put("receipt", 2, {"person": 1, "total": "2.00", "at": 1})
    share = share_identity_lock

    def share_late(connection: sa.Connection) -> None:
        entered.set()
        time.sleep(0.5)
        share(connection)

    monkeypatch.setattr("cdc.writing.share_identity_lock", share_late)

    def write_other() -> None:
        assert entered.wait(30)
        held = two[0].parts.pipeline.claim("other")
        two[0].parts.pipeline.ingest(held, other.events[held.next_offset :])

    at_once(lambda: two[1].ingest(receipts.events, stream="receipts"), write_other)
    assert [row.receipts for row in two[0].rows(profile)] in ([0], [1, 0], [2, 0], [0, 2])


@pytest.mark.postgres
def test_a_fact_that_is_parked_beside_a_person_and_what_it_waits_for_do_not_miss_each_other(
    two: tuple[Installation, Installation], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both halves of the new key of a receipt not seen before are written at once: the delete half alone, the other with a person."""
    log, entered, park = ChangeLog(), threading.Event(), ParkingLot.park
    log.put("receipt", 1, {"total": "1.00", "at": 1})
    log.move("receipt", 1, 2)
    (_, delete_half, create_half), persons = log.events, ChangeLog()
    persons.put("person", 1, {"name": "a"})

    def park_late(*arguments: Any, **options: Any) -> int:
        if not entered.is_set():
            entered.set()
            time.sleep(1)
        return park(*arguments, **options)

    monkeypatch.setattr(ParkingLot, "park", park_late)

    def write_other() -> None:
        assert entered.wait(30)
        two[1].ingest([*persons.events, create_half], stream="right")

    at_once(lambda: two[0].ingest([delete_half], stream="left"), write_other)
    assert two[0].parked() == []
    assert len(two[0].rows(fact)) == 1


def _waits_for_identity(connection: sa.Connection) -> bool:
    """Whether somebody waits for an advisory lock, within ten seconds."""
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if connection.exec_driver_sql(query).scalar_one():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.postgres
def test_workers_that_start_together_number_tables_once(two: tuple[Installation, Installation]) -> None:
    for round_number in range(10):
        names = [("db", f"new {round_number} {n}") for n in range(5)]
        ids = [TableIds(), TableIds()]

        def register(which: int, names: list[tuple[str, str]] = names, ids: list[TableIds] = ids) -> None:
            with two[which].parts.database.write() as connection:
                ids[which].register(connection, names)

        at_once(lambda: register(0), lambda: register(1))
        assert [ids[0][name] for name in names] == [ids[1][name] for name in names]


@pytest.mark.postgres
def test_workers_that_claim_together_get_different_epochs(two: tuple[Installation, Installation]) -> None:
    held: dict[str, list[int]] = {f"stream {n}": [] for n in range(10)}

    def claim_all(one: Installation) -> None:
        for stream, epochs in held.items():
            epochs.append(one.parts.pipeline.claim(stream).owner_epoch)

    at_once(lambda: claim_all(two[0]), lambda: claim_all(two[1]))
    assert [sorted(epochs) for epochs in held.values()] == [[1, 2]] * 10
