"""The floor of a table: what TRUNCATE and a snapshot that is proven complete say about rows they do not name."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from cdc import RawEvent, TableParity, store_result, wall_time
from cdc.parity.findings import SealedDifference
from cdc.tables import source_difference, table_floor
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation

PHONE = "13812345670"


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        yield made


@pytest.fixture
def log() -> ChangeLog:
    """Three persons, of whom the first has a receipt."""
    made = ChangeLog()
    for key in (1, 2, 3):
        made.put("person", key, {"phone": f"1381234567{key}"})
    made.put("receipt", 1, {"person": 1, "total": "1.00", "at": 1})
    return made


def alive(one: Installation) -> set[str]:
    return {name.removeprefix("person ") for name in one.shown()}


def floors(one: Installation) -> list[str]:
    return [row.reason for row in one.rows(table_floor)]


def test_truncate_ends_the_rows_below_it_and_those_of_no_other_table(one: Installation, log: ChangeLog) -> None:
    log.truncate("person")
    log.put("person", 4, {"phone": PHONE})
    report = one.ingest(log.events)
    assert alive(one) == {"4"}
    assert report.profiles_ended == 3
    assert floors(one) == ["truncate"]
    one.ingest(log.events)
    assert alive(one) == {"4"}


def test_truncate_forgets_which_rows_of_the_table_differed(one: Installation, log: ChangeLog) -> None:
    """Also those that were never held: they are gone where they were."""
    missing = SealedDifference("missing", b"\x01" * 16, None)
    with one.parts.database.write() as connection:
        for table in ("person", "receipt"):
            store_result(
                connection, TableParity("db", table, "1", "different", missing=1, kept=(missing,)), at=wall_time()
            )
    log.truncate("person")
    one.ingest(log.events)
    assert [row.table_name for row in one.rows(source_difference)] == ["receipt"]


def test_a_batch_that_names_no_row_is_read_beside_a_floor(one: Installation, log: ChangeLog) -> None:
    """As of notifications, or of what no mapping reads."""
    log.truncate("person")
    one.ingest(log.events)
    of_no_row = RawEvent("", 0, "db", None, b'{"ddl": "CREATE TABLE x"}')
    assert one.ingest([of_no_row], stream="another").events == 1
    assert floors(one) == ["truncate"]


def test_events_below_a_truncate_that_come_late_are_ignored(one: Installation, log: ChangeLog) -> None:
    events = list(log.events)
    log.truncate("person")
    report = one.ingest([log.events[-1], *events])
    assert (report.applied, report.seen) == (2, 3)  # the truncate and the receipt; the persons
    assert alive(one) == set()


def test_rows_on_their_way_to_another_key_end_too(one: Installation, log: ChangeLog) -> None:
    log.move("person", 1, 9)
    create = log.events.pop()
    log.truncate("person")
    one.ingest(log.events)
    assert alive(one) == set()
    assert one.ingest([create], stream="other").seen == 1
    assert alive(one) == set()


def test_a_create_half_that_waits_below_a_truncate_is_released(one: Installation, log: ChangeLog) -> None:
    log.move("person", 1, 9)
    delete, create = log.events[-2:]
    log.truncate("person")
    truncate = log.events[-1]
    one.ingest([*log.events[:3], create])
    assert [parked.code for parked in one.parked()] == ["waiting"]
    one.ingest([truncate, delete], stream="other")
    assert one.parked() == []
    assert alive(one) == set()


def snapshot(log: ChangeLog, *, rows: int) -> None:
    """The source lost person 2 without an event for it; then a snapshot reads the table and says how much it read."""
    del log.rows["person", 2]
    log.read("person")
    log.scanned("person", rows)


def test_a_complete_snapshot_ends_the_rows_that_it_did_not_read(one: Installation, log: ChangeLog) -> None:
    snapshot(log, rows=2)
    report = one.ingest(log.events)
    assert alive(one) == {"1", "3"}
    assert report.profiles_ended == 1
    assert floors(one) == ["snapshot"]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_snapshot_of_which_not_every_row_was_applied_proves_nothing(
    one: Installation, log: ChangeLog, rows: int
) -> None:
    snapshot(log, rows=rows)
    one.ingest(log.events)
    assert alive(one) == {"1", "2", "3"}
    assert floors(one) == []


def test_a_row_of_the_snapshot_that_is_parked_keeps_the_proof_away(one: Installation, log: ChangeLog) -> None:
    log.rows["person", 3]["points"] = "many"
    snapshot(log, rows=2)
    one.ingest(log.events)
    assert [parked.code for parked in one.parked()] == ["ambiguous_value"]
    assert alive(one) == {"1", "2", "3"}
    assert floors(one) == []


def test_a_partial_snapshot_never_raises_the_floor(one: Installation, log: ChangeLog) -> None:
    log.read("person", [1])
    log.scanned("person", 3)
    one.ingest(log.events)
    assert alive(one) == {"1", "2", "3"}
    assert floors(one) == []


def test_a_proof_that_is_read_again_does_not_take_an_incremental_snapshot_for_its_own(
    one: Installation, log: ChangeLog
) -> None:
    """An incremental snapshot may be filtered: that it read as many rows says nothing about the others."""
    log.read("person")
    log.scanned("person", 3)
    log.put("person", 4, {"phone": PHONE})
    log.read("person", [1, 2, 3], snapshot="incremental")
    one.ingest(log.events)
    one.ingest(log.events, stream="again")
    assert alive(one) == {"1", "2", "3", "4"}


def test_an_incremental_snapshot_does_not_keep_a_proof_away(one: Installation, log: ChangeLog) -> None:
    snapshot(log, rows=2)
    proof = log.events.pop()
    log.read("person", [1], snapshot="incremental")
    one.ingest([*log.events, proof])
    assert alive(one) == {"1", "3"}


def test_a_proof_that_is_read_again_says_nothing_about_a_snapshot_that_is_under_way(
    one: Installation, log: ChangeLog
) -> None:
    """The second snapshot has read as many rows as the first had when the notification of the first comes once more."""
    snapshot(log, rows=2)
    proof = log.events[-1]
    one.ingest(log.events)
    log.put("person", 4, {"phone": PHONE})
    log.read("person")
    *half, last = log.events
    one.ingest([*half, proof], stream="again")
    assert alive(one) == {"1", "3", "4"}
    log.scanned("person", 3)
    report = one.ingest([last, log.events[-1]], stream="rest")
    assert (alive(one), report.profiles_created) == ({"1", "3", "4"}, 0)


def test_a_proof_that_does_not_say_when_it_was_made_proves_nothing(one: Installation, log: ChangeLog) -> None:
    snapshot(log, rows=2)
    done = msgspec.json.decode(log.events[-1].value or b"")
    del done["timestamp"]
    one.ingest([*log.events[:-1], replace(log.events[-1], value=msgspec.json.encode(done))])
    assert alive(one) == {"1", "2", "3"}


def test_a_snapshot_of_an_empty_table_that_names_no_place_proves_nothing(one: Installation, log: ChangeLog) -> None:
    log.scanned("person", 0)
    one.ingest(log.events)
    assert alive(one) == {"1", "2", "3"}


def test_rows_that_streaming_had_overtaken_count_as_read(one: Installation, log: ChangeLog) -> None:
    """The stream of changes may be ahead of the snapshot: a row may be updated, moved or deleted by then."""
    del log.rows["person", 2]
    log.put("person", 4, {"phone": PHONE})
    start = len(log.events)
    log.read("person")
    log.scanned("person", 3)
    read = log.events[start:]
    ahead = ChangeLog(dict(log.rows), log.events[:])
    ahead.put("person", 1, {"city": "北京"})
    ahead.delete("person", 3)
    ahead.move("person", 4, 5)
    one.ingest([*ahead.events[:start], *ahead.events[start + len(read) :], *read])
    assert alive(one) == {"1", "5"}
    assert floors(one) == ["snapshot"]


def test_after_a_complete_snapshot_older_events_are_ignored_and_newer_ones_count(
    one: Installation, log: ChangeLog
) -> None:
    late = ChangeLog({}, log.events[:3])
    late.put("person", 7, {"phone": PHONE})
    snapshot(log, rows=2)
    one.ingest(log.events)
    one.ingest([late.events[-1]], stream="late")
    assert alive(one) == {"1", "3"}
    log.put("person", 8, {"phone": PHONE})
    one.ingest(log.events)
    assert alive(one) == {"1", "3", "8"}


def test_facts_of_a_truncated_table_leave_the_counters(one: Installation, log: ChangeLog) -> None:
    log.truncate("receipt")
    one.ingest(log.events)
    lines = one.lines()
    one.wipe()
    one.ingest(log.snapshot())
    assert one.lines() == lines
