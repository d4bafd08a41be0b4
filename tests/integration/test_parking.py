"""What cannot be applied waits by its key, sealed; later events of that key queue behind it, and the others go on."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from cdc import RawEvent, Report, SqliteCapture, count_parked, drop_parked, install
from cdc.tables import parked_event, source_epoch
from profiles import fact
from storage import insert
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation

PHONE = "13812345670"


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        yield made


@pytest.fixture
def log() -> ChangeLog:
    return ChangeLog()


def spoilt(event: RawEvent) -> RawEvent:
    """The same event as something that is no envelope; its key can still be read."""
    assert event.value is not None
    return replace(event, value=event.value.replace(b'"op"', b'"po"'))


def codes(one: Installation) -> list[str]:
    return [parked.code for parked in one.parked()]


def feed(one: Installation, events: Sequence[RawEvent], order: Sequence[int], *, batch: int = 1) -> None:
    one.ingest([events[which] for which in order], batch=batch)


def lines_of(one: Installation, log: ChangeLog) -> list[str]:
    """The state that the live rows alone make, in the same installation, which is empty then and afterwards."""
    one.wipe()
    one.ingest(log.snapshot())
    found = one.lines()
    one.wipe()
    return found


def test_events_queue_behind_a_parked_one_of_their_row_and_the_others_go_on(one: Installation, log: ChangeLog) -> None:
    for key, name in ((1, "a"), (1, "b"), (2, "c"), (1, "d")):
        log.put("person", key, {"name": name})
    events = [log.events[0], spoilt(log.events[1]), *log.events[2:]]
    report = one.ingest(events, batch=2)
    assert (report.events, report.applied, report.parked) == (4, 2, 2)
    assert codes(one) == ["wrong_envelope", "queued"]
    assert [parked.table for parked in one.parked()] == ["person", "person"]
    with one.parts.database.read() as connection:
        assert count_parked(connection) == {"wrong_envelope": 1, "queued": 1}


def test_a_redelivered_event_is_parked_once_and_the_first_reason_stays(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"name": "a"})
    log.put("person", 1, {"name": "b"})
    events = [spoilt(log.events[0]), log.events[1]]
    one.ingest([*events, *events])
    first = one.parked()
    again = one.ingest(events, stream="a copy of the stream")
    assert (again.parked, again.seen) == (0, 2)
    assert one.parked() == first
    assert codes(one) == ["wrong_envelope", "queued"]


def test_what_was_seen_before_the_parked_event_does_not_queue_when_it_comes_again(
    one: Installation, log: ChangeLog
) -> None:
    log.put("person", 1, {"name": "a"})
    log.put("person", 1, {"name": "b"})
    events = [log.events[0], spoilt(log.events[1])]
    one.ingest(events)
    one.ingest(events)
    assert codes(one) == ["wrong_envelope"]


def test_payloads_are_sealed_and_messages_hold_no_value(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"name": "陈小美", "phone": PHONE, "points": "many"})
    one.ingest(log.events)
    (row,) = one.rows(parked_event)
    assert row.code == "ambiguous_value"
    assert "points" in row.message
    for value in ("陈小美", PHONE, "many"):
        assert value not in row.message
        assert value.encode() not in row.payload
    (taken,) = _taken(one)
    assert taken.value == log.events[0].value
    assert taken.key == log.events[0].key


def _taken(one: Installation) -> list[RawEvent]:
    with one.parts.database.read() as connection:
        return [taken.raw for taken in one.parts.lot.open(connection, [parked.id for parked in one.parked()])]


WIDER = MAPPING.replace("optin =", 'shoe = { is = "trait.shoe_size" }\noptin =').replace(
    'values = { yes = "granted", no = "withdrawn" }',
    'values = { yes = "granted", no = "withdrawn", maybe = "withdrawn" }',
)


def test_a_mended_mapping_and_a_retry_apply_the_event_and_its_queue_in_order(database_url: str, tmp_path: Path) -> None:
    log = ChangeLog()
    log.put("person", 1, {"name": "a", "optin": "maybe"})
    log.put_partly("person", 1, {"city": "北京", "optin": "no"}, ["name"])
    log.put("receipt", 1, {"person": 1, "total": "1.00", "at": 1})
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        one.ingest(log.events)
        assert codes(one) == ["unmapped_state", "queued"]
        assert one.parts.applier.retry([one.parked()[0].id]).applied == 0
        assert codes(one) == ["unmapped_state", "queued"]
    with installation(tmp_path / "one", WIDER, database=database_url) as one:
        report = one.parts.applier.retry([one.parked()[1].id])  # with it, the one that it queues behind
        assert (report.applied, report.released, report.events) == (2, 2, 0)
        assert one.parked() == []
        found = one.lines()
        assert lines_of(one, log) == found


def test_a_retry_writes_the_reason_anew(database_url: str, tmp_path: Path) -> None:
    """An unmapped table says nothing about the row; once it is mapped, the row is known and later events queue."""
    narrow = MAPPING.replace("[source.tables.refund]", "[source.tables.other]").replace(
        "[source.tables.refund.columns]", "[source.tables.other.columns]"
    )
    log = ChangeLog()
    log.put("refund", 1, {"receipt": 1, "total": "no amount", "at": 1})
    log.put("refund", 1, {"total": "1.00"})
    with installation(tmp_path / "one", narrow, database=database_url) as one:
        one.ingest(log.events[:1])
        assert codes(one) == ["unmapped_table"]
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        one.parts.applier.retry([parked.id for parked in one.parked()])
        assert codes(one) == ["wrong_type"]
        one.ingest(log.events[1:], stream="later")
        assert codes(one) == ["wrong_type", "queued"]


def written_by(event: RawEvent, server: int) -> RawEvent:
    """The same event as another database server would have written it."""
    envelope = json.loads(event.value or b"")
    envelope["source"]["server_id"] = server
    return replace(event, value=json.dumps(envelope).encode())


def test_a_retry_does_not_put_an_event_of_a_forgotten_server_above_newer_ones(
    database_url: str, tmp_path: Path
) -> None:
    """The only event of server 2 was parked; server 3 has written the row since."""
    log = ChangeLog()
    log.put("person", 2, {"name": "b"})
    log.put("person", 1, {"name": "old", "optin": "maybe"})
    log.put("person", 2, {"name": "c"})
    events = [written_by(event, server) for server, event in enumerate(log.events, 1)]
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        one.ingest(events)
        assert codes(one) == ["unmapped_state"]
    with installation(tmp_path / "one", WIDER, database=database_url) as one:
        before = [(row.epoch, row.server) for row in one.rows(source_epoch)]
        assert before == [(0, "1"), (1, "3")]
        assert one.parts.applier.retry([one.parked()[0].id]).applied == 0
        assert codes(one) == ["unknown_server"]
        assert [(row.epoch, row.server) for row in one.rows(source_epoch)] == before


# ---- what concerns a whole table ---------------------------------------------------------------------------------------


def emptied() -> tuple[ChangeLog, list[RawEvent]]:
    """Server 1 writes two persons, server 2 empties the table, server 3 writes the first of them again and a third."""
    log = ChangeLog()
    log.put("person", 1, {"name": "a"})
    log.put("person", 2, {"name": "b"})
    log.truncate("person")
    log.put("person", 1, {"name": "c"})
    log.put("person", 3, {"name": "d"})
    return log, [written_by(event, server) for server, event in zip((1, 1, 2, 3, 3), log.events, strict=True)]


def drop_all(one: Installation) -> None:
    with one.parts.database.write() as connection:
        drop_parked(connection, [parked.id for parked in one.parked()])


def know_server(one: Installation, server: str, epoch: int) -> None:
    """As if another stream of the source had shown it."""
    row = {"source": "db", "stream": "other", "from_offset": 1, "epoch": epoch, "server": server}
    with one.parts.database.write() as connection:
        insert(connection, source_epoch, [row])


def test_a_truncate_of_an_unknown_server_is_parked_and_a_retry_applies_it_when_the_server_is_known(
    one: Installation,
) -> None:
    log, events = emptied()
    one.ingest([*events[:2], spoilt(events[2]), *events[3:]])
    drop_all(one)
    report = one.ingest(events)  # once more, as a replay would
    assert (report.events, report.applied, report.parked, report.seen) == (5, 0, 1, 4)
    assert [(parked.code, parked.source, parked.table) for parked in one.parked()] == [
        ("unknown_server", "db", "person")
    ]
    assert one.ingest(events).parked == 0  # it is parked already
    number = one.parked()[0].id
    assert one.parts.applier.retry([number]) == Report()
    assert codes(one) == ["unknown_server"]
    assert set(one.shown()) == {"person 1", "person 2", "person 3"}
    know_server(one, "2", 1)
    report = one.parts.applier.retry([number])
    assert (report.applied, report.released, report.profiles_ended) == (1, 1, 1)
    assert one.parked() == []
    assert one.parts.applier.retry([number]) == Report()
    found = one.lines()
    assert one.ingest(events).applied == 0
    assert one.lines() == found
    assert lines_of(one, log) == found


def test_a_truncate_is_tried_again_between_the_rows_that_were_parked_before_and_after_it(
    database_url: str, tmp_path: Path
) -> None:
    narrow = MAPPING.replace("[source.tables.refund]", "[source.tables.other]").replace(
        "[source.tables.refund.columns]", "[source.tables.other.columns]"
    )
    log = ChangeLog()
    log.put("refund", 1, {"total": "1.00", "at": 1})
    log.put("refund", 2, {"total": "2.00", "at": 2})
    log.put("person", 1, {"name": "a", "optin": "maybe"})
    log.truncate("refund")
    log.put("refund", 2, {"total": "3.00", "at": 3})
    with installation(tmp_path / "one", narrow, database=database_url) as one:
        one.ingest(log.events)
        assert codes(one) == ["unmapped_table", "unmapped_table", "unmapped_state", "unmapped_table", "unmapped_table"]
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        report = one.parts.applier.retry([parked.id for parked in one.parked()])
        assert (report.applied, report.released) == (4, 4)
        assert codes(one) == ["unmapped_state"]
        drop_all(one)
        assert [row.kind for row in one.rows(fact)] == ["return"]
        del log.rows["person", 1]
        found = one.lines()
        assert lines_of(one, log) == found


def test_a_dropped_event_is_forgotten_and_its_queue_goes_on_at_the_next_retry(
    one: Installation, log: ChangeLog
) -> None:
    log.put("person", 1, {"name": "a"})
    log.put("person", 1, {"name": "b"})
    one.ingest([spoilt(log.events[0]), log.events[1]])
    bad, queued = (parked.id for parked in one.parked())
    with one.parts.database.write() as connection:
        drop_parked(connection, [bad])
    assert codes(one) == ["queued"]
    assert one.parts.applier.retry([queued]).applied == 1
    found = one.lines()
    assert lines_of(one, log) == found


# ---- the two halves of a key change ------------------------------------------------------------------------------------


def test_a_create_half_waits_and_is_released_by_its_delete_half(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"name": "a"})
    log.move("person", 1, 2)
    log.put("person", 2, {"name": "b"})
    put, delete, create, later = range(4)
    feed(one, log.events, [put, create, later])
    assert codes(one) == ["waiting", "queued"]
    before = one.shown()["person 1"]
    report = one.ingest([log.events[delete]], stream="other")
    assert (report.applied, report.released) == (3, 2)
    assert one.shown() == {"person 2": before}


def test_a_chain_of_key_changes_is_released_from_its_end_to_its_beginning(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"name": "a"})
    for old in (1, 2, 3):
        log.move("person", old, old + 1)
    # Row by row from the last key to the first, each alone: nothing can go on before the last event.
    feed(one, log.events, [6, 4, 5, 2, 3, 0])
    assert codes(one) == ["waiting", "waiting", "queued", "waiting", "queued"]
    before = one.shown()["person 1"]
    one.ingest([log.events[1]], stream="other")
    assert one.parked() == []
    assert one.shown() == {"person 4": before}


def test_what_is_released_may_wait_again_and_is_released_again(one: Installation, log: ChangeLog) -> None:
    """Key 2 is taken over twice, from 1 and from 5; both delete halves come last."""
    log.put("person", 1, {"name": "a"})
    log.put("person", 5, {"name": "b"})
    log.move("person", 1, 2)
    log.move("person", 2, 3)
    log.move("person", 5, 2)
    put_1, put_5, gone_1, made_2, gone_2, made_3, gone_5, made_2_again = range(8)
    feed(one, log.events, [put_1, put_5, made_2, gone_2, made_2_again, made_3, gone_1])
    assert codes(one) == ["waiting"]
    feed(one, [log.events[gone_5]], [0])
    assert one.parked() == []
    found = one.lines()
    assert lines_of(one, log) == found


def test_a_retried_delete_half_releases_the_create_half_that_waits_elsewhere(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"name": "a"})
    log.put("person", 1, {"name": "b"})
    log.move("person", 1, 2)
    put, bad, delete, create = log.events
    one.ingest([put, spoilt(bad), delete, create])
    assert codes(one) == ["wrong_envelope", "queued", "waiting"]
    with one.parts.database.write() as connection:
        drop_parked(connection, [one.parked()[0].id])
    report = one.parts.applier.retry([one.parked()[0].id])
    assert (report.applied, report.released) == (2, 2)
    assert one.parked() == []
    assert set(one.shown()) == {"person 2"}


def test_a_key_change_from_sqlite_capture_needs_no_waiting(one: Installation, tmp_path: Path) -> None:
    """Both halves of a change by triggers lie at one place, though each has a number of its own."""
    import sqlite3  # noqa: PLC0415 - a source of this test alone

    with sqlite3.connect(tmp_path / "till.db") as till:
        till.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)")
        till.commit()
        install(till, ["person"], source="db")
        till.execute("INSERT INTO person VALUES (1, 'a')")
        till.execute("UPDATE person SET id = 2")
        till.execute("UPDATE person SET id = 3, name = 'b'")
    till.close()
    events = SqliteCapture(tmp_path / "till.db", "db").events(0, 100)
    for batch in (1, 100):
        one.wipe()
        report = one.ingest(events, batch=batch)
        assert (report.applied, report.parked) == (5, 0)
        assert set(one.shown()) == {"person 3"}


def test_what_the_create_half_does_not_say_is_taken_from_the_old_key(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"name": "陈小美", "phone": PHONE})
    log.move("person", 1, 2)
    put, delete, create = log.events
    assert create.value is not None
    hidden = replace(create, value=create.value.replace(b'"\\u9648\\u5c0f\\u7f8e"', b'"__debezium_unavailable_value"'))
    assert hidden != create
    for order in ([put, delete, hidden], [put, hidden, delete]):
        for batch in (1, 3):
            expected = lines_of(one, log)
            one.ingest(order, batch=batch)
            assert one.lines() == expected
