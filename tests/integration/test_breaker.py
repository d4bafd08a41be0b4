"""The breaker: a batch that would join many existing profiles waits, loses nothing, and once accepted gives the usual result."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cdc import RawEvent, TooManyMerges, list_pauses
from cdc.breaker import Breaker
from cdc.tables import ingest_pause, stream_position
from identity import source_record
from profiles import lineage
from storage import MAIN
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation

PHONES = [f"1381234{number:04}" for number in range(6)]
PAUSING = MAPPING.replace("[identity]", "[identity]\npause_above_merges = 2", 1)


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", PAUSING, database=database_url) as made:
        yield made


def six_pairs() -> ChangeLog:
    """Twelve people of whom nobody shares a phone, yet."""
    log = ChangeLog()
    for number, phone in enumerate(PHONES):
        log.put(
            "person",
            number,
            {"phone": phone, "name": f"{'王李张刘陈杨'[number]}建国", "email": f"m{number}@example.com"},
        )
        log.put("person", 100 + number, {"name": f"{'王李张刘陈杨'[number]}建国"})
    return log


def share(log: ChangeLog, numbers: range) -> list[RawEvent]:
    """Give the second of each pair all that the first one has; the events of that."""
    known = len(log.events)
    for number in numbers:
        log.put("person", 100 + number, {"phone": PHONES[number], "email": f"m{number}@example.com"})
    return log.events[known:]


def stored(one: Installation) -> list[object]:
    """Everything but the pause itself, and who reads a stream."""
    tables = [table for table in MAIN.sorted_tables if table not in (ingest_pause, stream_position)]
    return [one.rows(table) for table in tables]


def test_too_many_merges_of_existing_profiles_are_rolled_back_and_named_without_values(one: Installation) -> None:
    log = six_pairs()
    one.ingest(log.events, stream="first")
    before = stored(one)
    held = one.parts.pipeline.claim("second")
    events = [replace(raw, stream="second", offset=at) for at, raw in enumerate(share(log, range(4)), 1)]
    with pytest.raises(TooManyMerges) as caught:
        one.parts.pipeline.ingest(held, events)
    radius = caught.value.radius
    assert (radius.merges, radius.profiles, radius.records, radius.largest) == (4, 8, 8, 2)
    assert radius.causes == (("db.person", 4),)
    assert {i for ends in radius.examples for i in ends} <= set(one.shown().values())
    assert (caught.value.stream, caught.value.offset, caught.value.limit) == ("second", 0, 2)
    assert not any(value in str(caught.value) for value in (*PHONES, "建国", "example.com"))
    assert "--accept-merges 4" in str(caught.value)
    assert stored(one) == before


def test_a_pause_is_remembered_until_the_batch_passes(one: Installation) -> None:
    log = six_pairs()
    one.ingest(log.events, stream="first")
    with pytest.raises(TooManyMerges):
        one.ingest(share(log, range(4)), stream="second")
    with one.parts.database.read() as connection:
        [pause] = list_pauses(connection)
    assert (pause.stream, pause.offset, pause.merges) == ("second", 0, 4)
    one.ingest(log.events[:1], stream="first")
    assert len(one.rows(ingest_pause)) == 1
    one.parts.applier.accept_merges(4)
    assert one.ingest(log.events[-4:], stream="second").profiles_merged == 4
    assert one.rows(ingest_pause) == []


def test_the_result_after_acceptance_is_that_of_a_run_without_a_breaker(one: Installation, tmp_path: Path) -> None:
    log = six_pairs()
    one.ingest(log.events, stream="first")
    events = share(log, range(6))
    with pytest.raises(TooManyMerges):
        one.ingest(events, stream="second")
    one.parts.applier.accept_merges(6)
    one.ingest(events, stream="second")
    with installation(
        tmp_path / "free", MAPPING.replace("[identity]", "[identity]\npause_above_merges = 0", 1)
    ) as free:
        free.ingest(log.events)
        assert one.lines() == free.lines()
        assert len(free.together()) == 6


def test_what_the_source_mends_within_the_batch_passes(one: Installation) -> None:
    log = six_pairs()
    one.ingest(log.events, stream="first")
    events = share(log, range(4))
    with pytest.raises(TooManyMerges):
        one.ingest(events, stream="second")
    known = len(log.events)
    for number in range(4):
        log.put("person", 100 + number, {"phone": None, "email": None})
    one.ingest([*events, *log.events[known:]], stream="second")
    assert len(one.together()) == 12
    assert one.rows(ingest_pause) == []


def test_new_records_never_pause(one: Installation) -> None:
    log = six_pairs()
    share(log, range(6))
    one.ingest(log.snapshot(), batch=500)
    assert len(one.together()) == 6
    for number in range(6):
        log.put("person", 200 + number, {"name": f"{'王李张刘陈杨'[number]}建国", "email": f"m{number}@example.com"})
    one.ingest(log.events[-6:], stream="second")
    assert len(one.together()) == 6
    assert all(row.kind != "merged" for row in one.rows(lineage))


def test_a_record_that_ends_does_not_hide_that_its_profile_joins_another(one: Installation) -> None:
    """What is left of the profile comes to one that was there, and the id that it showed moves."""
    log = six_pairs()
    for number in range(3):
        log.put("person", 200 + number, {"name": f"{'王李张'[number]}建国", "email": f"n{number}@example.com"})
        log.put("person", 300 + number, {"name": f"{'王李张'[number]}建国", "email": f"n{number}@example.com"})
    one.ingest(log.events, stream="first")
    assert {"200 300", "201 301", "202 302"} <= one.together()
    log.put("person", 400, {"name": "欧阳明月", "email": "moon@example.com"})
    log.put("person", 401, {"name": "欧阳明月", "email": "moon@example.com"})
    one.ingest(log.events, stream="first")
    known = len(log.events)
    log.delete("person", 400)  # its profile goes on by another id: nothing joins
    for number in range(3):
        log.delete("person", 200 + number)
        log.put("person", 300 + number, {"phone": PHONES[number], "email": f"m{number}@example.com"})
    with pytest.raises(TooManyMerges) as caught:
        one.ingest(log.events[known:], stream="second")
    radius = caught.value.radius
    assert (radius.merges, radius.profiles, radius.records, radius.largest) == (3, 6, 9, 2)


def test_retried_events_obey_it_too(one: Installation) -> None:
    log = six_pairs()
    one.ingest(log.events, stream="first")
    known = len(log.events)
    spoilt = [replace(raw, value=(raw.value or b"").replace(b'"op"', b'"po"')) for raw in share(log, range(4))]
    assert one.ingest(spoilt, stream="second").parked == 4
    assert known + 4 == len(log.events)
    before = one.lines()
    # What was parked can be applied now, as after a mended mapping.
    translate = one.parts.translator.translate
    one.parts.applier._translate = lambda raw: translate(
        replace(raw, value=(raw.value or b"").replace(b'"po"', b'"op"'))
    )
    with pytest.raises(TooManyMerges, match="these events again"):
        one.parts.applier.retry([parked.id for parked in one.parked()])
    assert one.lines() == before
    assert len(one.parked()) == 4
    assert one.rows(ingest_pause) == []
    one.parts.applier.accept_merges(4)
    assert one.parts.applier.retry([parked.id for parked in one.parked()]).profiles_merged == 4
    assert one.parked() == []


def test_a_truncated_table_that_frees_a_generic_value_obeys_it_too(database_url: str, tmp_path: Path) -> None:
    """Without the other table's records the shared values are rare again, and join those that stay."""
    two = PAUSING.replace("pause_above_merges = 2", "pause_above_merges = 1").replace(
        "[source.tables.receipt]\n",
        '[source.tables.lead]\nkind = "person"\nkey = ["id"]\n[source.tables.lead.columns]\nphone = { is = "phone" }\n'
        'email = { is = "email" }\n[source.tables.receipt]\n',
    )
    log = ChangeLog()
    for number in range(2):
        values = {"phone": PHONES[number], "email": f"m{number}@example.com"}
        for key in (number, 10 + number):
            log.put("person", key, {**values, "name": None})
        for key in (number, 10 + number):
            log.put("lead", key, values)
    with installation(tmp_path / "one", two, database=database_url) as one:
        one.ingest(log.events)
        apart = one.together()
        known = len(log.events)
        log.truncate("lead")
        with pytest.raises(TooManyMerges) as caught:
            one.ingest(log.events[known:], stream="second")
        assert caught.value.radius.causes == (("db.lead", 4),)
        assert one.together() == apart
        assert len(one.rows(source_record)) == 8


def test_a_limit_of_zero_accepts_everything_for_ever() -> None:
    never = Breaker(0)
    never.accept(5)
    assert never.limit == 0
    some = Breaker(10)
    some.accept(5)
    assert some.limit == 10
