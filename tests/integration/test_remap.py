"""`onefold remap`: what is stored follows a changed mapping, and equals what a fresh ingestion of the same events makes."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from cdc import (
    Breaker,
    Event,
    Remapper,
    RemapReport,
    RulesChanged,
    Stale,
    Steward,
    TooManyMerges,
    Wish,
    shapes_of,
    stale_rows,
)
from cdc.tables import source_row
from identity import source_record
from tests.change_log import MAPPING, ChangeLog
from tests.installation import DATA, Installation, captured, installation

PHONE = "13812345670"
#: The phone stands in a column that is kept as a trait.
AS_TRAIT = MAPPING.replace('phone = { is = "phone" }', 'phone = { is = "trait.second" }')


def stale(one: Installation) -> list[Stale]:
    with one.parts.database.read() as connection:
        return stale_rows(connection, shapes_of(one.parts.settings.mapping))


def remapper(one: Installation, *, batch: int = 3, limit: int = 0) -> Remapper:
    rules = one.parts.settings.profiles
    return Remapper(one.parts.database, one.parts.sealer, profile_rules=rules, breaker=Breaker(limit), batch=batch)


def remap(one: Installation, *, forget: bool = False) -> RemapReport:
    report = RemapReport()
    for each in stale(one):
        if each.is_derivable:
            remapper(one).derive(each, report)
        elif forget and each.derivation.is_other:
            remapper(one).forget(each, report)
    return report


def some_people() -> ChangeLog:
    log = ChangeLog()
    for key in range(1, 8):
        values = {"name": "陈小美", "email": f"{key % 4}@example.com", "optin": "yes", "points": key, "city": "北京"}
        log.put("person", key, {**values, "phone": PHONE if key in (1, 5) else f"1381234{key:04}"})
        log.put("receipt", key, {"person": key, "total": "5.00", "at": key, "note": "gift"})
    log.put("refund", 1, {"receipt": 1, "total": "1.00", "at": 9})
    log.delete("person", 3)
    log.move("person", 4, 14)
    return log


def test_a_column_that_gets_another_meaning_is_derived_without_the_source(database_url: str, tmp_path: Path) -> None:
    log = some_people()
    with installation(tmp_path / "new", MAPPING) as fresh:
        fresh.ingest(log.events)
        expected = fresh.lines()
    with installation(tmp_path / "old", AS_TRAIT, database=database_url) as one:
        one.ingest(log.events)
        assert stale(one) == []
        before = one.lines()
    assert before != expected
    with installation(tmp_path / "old", MAPPING, database=database_url) as one:
        (found,) = stale(one)
        assert (found.table, found.rows, found.is_derivable) == (("db", "person"), 6, True)
        report = remap(one)
        assert (report.derived, report.unreadable) == (6, 0)
        assert one.lines() == expected
        assert stale(one) == []
    with installation(tmp_path / "old", AS_TRAIT, database=database_url) as one:
        remap(one)
        assert one.lines() == before


def test_a_row_on_its_way_to_another_key_is_forgotten_with_its_table(database_url: str, tmp_path: Path) -> None:
    log = ChangeLog()
    log.put("person", 1, {"name": "陈小美", "phone": PHONE})
    log.move("person", 1, 2)
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        one.ingest(log.events[:-1])
    unread = MAPPING.replace("[source.tables.person", "[source.tables.customer").replace('"person" }', '"customer" }')
    with installation(tmp_path / "one", unread, database=database_url) as one:
        assert [each.rows for each in stale(one)] == [1]
        assert remap(one, forget=True).forgotten == 1
        assert (one.rows(source_record), one.rows(source_row), stale(one)) == ([], [], [])


def test_what_was_never_captured_waits_for_the_source_and_follows_when_its_events_come_again(
    database_url: str, tmp_path: Path
) -> None:
    log = some_people()
    narrow = MAPPING.replace('phone = { is = "phone" }\n', "")
    with installation(tmp_path / "new", MAPPING) as fresh:
        fresh.ingest(log.events)
        expected = fresh.lines()
    with installation(tmp_path / "old", narrow, database=database_url) as one:
        one.ingest(log.events)
    with installation(tmp_path / "old", MAPPING, database=database_url) as one:
        (found,) = stale(one)
        assert found.derivation.gaps == ("column 'phone' was not captured",)
        before = one.lines()
        assert remap(one) == RemapReport()
        assert one.lines() == before
        half = len(log.events) // 2
        one.ingest(log.events[half:], stream="again")
        assert 0 < sum(each.rows for each in stale(one)) < found.rows
        one.ingest(log.events, stream="again")
        assert stale(one) == []
        assert one.lines() == expected


def test_an_incremental_snapshot_brings_rows_to_the_new_mapping(database_url: str, tmp_path: Path) -> None:
    log = some_people()
    with installation(tmp_path / "old", MAPPING.replace('city = { is = "city" }\n', ""), database=database_url) as one:
        one.ingest(log.events)
    log.read("person", snapshot="incremental")
    with installation(tmp_path / "new", MAPPING) as fresh:
        fresh.ingest(log.events)
        expected = fresh.lines()
    with installation(tmp_path / "old", MAPPING, database=database_url) as one:
        assert stale(one) != []
        one.ingest(log.events[-6:], stream="snapshot")
        assert stale(one) == []
        assert one.lines() == expected


def test_what_an_event_leaves_open_comes_from_the_stored_row_as_it_is_mapped_now(
    database_url: str, tmp_path: Path
) -> None:
    """Without that, the value of the former meaning would be taken for nothing and be lost."""
    log = ChangeLog()
    log.put("person", 1, {"phone": PHONE, "name": "陈小美", "email": "a@example.com"})
    log.put("receipt", 1, {"person": 1, "total": "1.00", "at": 1, "note": "gift"})
    with installation(tmp_path / "old", AS_TRAIT, database=database_url) as one:
        one.ingest(log.events)
    log.put_partly("person", 1, {"city": "上海"}, ["phone", "name"])
    with installation(tmp_path / "new", MAPPING) as fresh:
        fresh.ingest(log.events)
        expected = fresh.lines()
    with installation(tmp_path / "old", MAPPING, database=database_url) as one:
        one.ingest(log.events, stream="later")
        assert one.lines() == expected
        assert stale(one) == []


def test_a_value_that_nobody_captured_leaves_its_row_marked(database_url: str, tmp_path: Path) -> None:
    log = ChangeLog()
    log.put("person", 1, {"phone": PHONE, "name": "陈小美"})
    with installation(tmp_path, MAPPING.replace('phone = { is = "phone" }\n', ""), database=database_url) as one:
        one.ingest(log.events)
    log.put_partly("person", 1, {"city": "上海"}, ["phone"])
    with installation(tmp_path, MAPPING, database=database_url) as one:
        one.ingest(log.events[1:], stream="later")
        (found,) = stale(one)
        assert found.mapping_id == 0
        assert not found.is_derivable
        log.read("person", snapshot="incremental")
        one.ingest(log.events[2:], stream="snapshot")
        assert stale(one) == []
        assert PHONE in one.lines()[0]


def test_a_table_that_is_not_read_any_more_is_forgotten_on_request_with_its_keys(
    database_url: str, tmp_path: Path
) -> None:
    log = some_people()
    start = MAPPING.index("[source.tables.receipt]")
    ignored = MAPPING[:start] + '[source.tables.receipt]\nkind = "ignore"\n[source.tables.refund]\nkind = "ignore"\n'
    with installation(tmp_path / "new", ignored) as fresh:
        fresh.ingest(log.events)
        expected = fresh.lines()
    with installation(tmp_path / "old", MAPPING, database=database_url) as one:
        one.ingest(log.events)
        keys = [row.incarnation for row in one.rows(source_row) if row.incarnation and not row.is_person]
    with installation(tmp_path / "old", ignored, database=database_url) as one:
        found = [(each.table, each.rows, each.derivation.is_other) for each in stale(one)]
        assert found == [(("db", "receipt"), 7, True), (("db", "refund"), 1, True)]
        before = one.lines()
        assert remap(one) == RemapReport()
        assert one.lines() == before
        assert remap(one, forget=True).forgotten == 8
        assert one.lines() == expected
        assert stale(one) == []
        assert len(one.parts.keystore.destroyed(keys)) == 7  # a refund has no sealed value, so no key


def test_another_kind_of_table_is_forgotten_and_comes_anew_by_a_snapshot(database_url: str, tmp_path: Path) -> None:
    log = some_people()
    other = MAPPING.replace('[source.tables.refund]\nkind = "return"', '[source.tables.refund]\nkind = "event"')
    with installation(tmp_path / "old", MAPPING, database=database_url) as one:
        one.ingest(log.events)
    with installation(tmp_path / "new", other) as fresh:
        fresh.ingest(log.events)
        expected = fresh.lines()
    with installation(tmp_path / "old", other, database=database_url) as one:
        assert remap(one, forget=True).forgotten == 1
        one.ingest(log.events, stream="again")
        assert one.lines() == expected


@pytest.mark.parametrize("is_person_first", [True, False])
def test_a_row_that_was_a_person_becomes_a_fact_when_its_event_comes_again(
    database_url: str, tmp_path: Path, *, is_person_first: bool
) -> None:
    """Nothing of the person stays behind, nor of the fact."""
    people = '[source.tables.refund]\nkind = "person"\nkey = ["id"]\n[source.tables.refund.columns]\ntotal = { is = "trait.t" }\n'
    facts = people.replace('"person"', '"event"').replace('"trait.t"', '"label"')
    start = MAPPING.index("[source.tables.refund]")
    before, after = (people, facts) if is_person_first else (facts, people)
    log = some_people()
    log.put("refund", 2, {"total": "2.00", "at": 9})
    with installation(tmp_path / "new", MAPPING[:start] + after) as fresh:
        fresh.ingest(log.events)
        expected = fresh.lines()
    with installation(tmp_path / "old", MAPPING[:start] + before, database=database_url) as one:
        one.ingest(log.events)
    with installation(tmp_path / "old", MAPPING[:start] + after, database=database_url) as one:
        one.ingest(log.events, stream="again")
        assert one.lines() == expected
        assert stale(one) == []


def test_deleted_rows_stay_deleted_and_decisions_stay_in_force(database_url: str, tmp_path: Path) -> None:
    log = some_people()
    with installation(tmp_path / "old", AS_TRAIT, database=database_url) as one:
        one.ingest(log.events)
        people = sorted(row.incarnation for row in one.rows(source_record))
        steward = Steward(one.parts.database, one.parts.sealer, one.parts.settings.profiles)
        steward.decide(Wish("1", "cannot_link", people[0], people[1], "a-steward", "a reason"))
        decided = [line for line in one.lines() if line.startswith('{"cannot_link"')]
        assert len(decided) == 1
    with installation(tmp_path / "old", MAPPING, database=database_url) as one:
        remap(one)
        assert [line for line in one.lines() if line.startswith('{"cannot_link"')] == decided
        assert "person 3" not in one.shown()
        assert len(one.shown()) == 6
        shown = {row.incarnation: row.profile_id for row in one.rows(source_record)}
        assert shown[people[0]] != shown[people[1]]


def test_a_row_whose_key_is_gone_stays_as_it_is(database_url: str, tmp_path: Path) -> None:
    log = ChangeLog()
    for key in (1, 2):
        log.put("person", key, {"name": "a", "phone": PHONE})
    with installation(tmp_path, AS_TRAIT, database=database_url) as one:
        one.ingest(log.events)
        one.parts.keystore.destroy([one.rows(source_record)[0].incarnation])
    with installation(tmp_path, MAPPING, database=database_url) as one:
        report = remap(one)
        assert (report.derived, report.unreadable) == (1, 1)
        assert [each.rows for each in stale(one)] == [1]


def test_a_batch_that_would_join_too_many_profiles_is_not_written(database_url: str, tmp_path: Path) -> None:
    log = ChangeLog()
    for key in (1, 2):
        log.put("person", key, {"name": "陈小美", "phone": PHONE, "updated_at": "2026-01-01T00:00:00Z"})
    for key in range(3, 7):
        log.put("person", key, {"name": "陈小美", "phone": f"1381234560{(key + 1) // 2}"})
    with installation(tmp_path, AS_TRAIT, database=database_url) as one:
        one.ingest(log.events)
    with installation(tmp_path, MAPPING, database=database_url) as one:
        before = one.lines()
        (found,) = stale(one)
        with pytest.raises(TooManyMerges, match=r"remap db\.person") as pause:
            remapper(one, batch=10, limit=1).derive(found, RemapReport())
        assert one.lines() == before
        assert [each.rows for each in stale(one)] == [6]
        remapper(one, batch=10, limit=pause.value.radius.merges).derive(found, RemapReport())
        assert stale(one) == []


def test_other_rules_than_those_in_force_are_refused(database_url: str, tmp_path: Path) -> None:
    log = some_people()
    with installation(tmp_path, AS_TRAIT, database=database_url) as one:
        one.ingest(log.events)
    wider = MAPPING.replace("max_cluster_records = 4", "max_cluster_records = 40")
    with installation(tmp_path, wider, database=database_url) as one:
        (found,) = stale(one)
        with pytest.raises(RulesChanged):
            remapper(one).derive(found, RemapReport())


def test_a_worker_that_runs_since_before_marks_what_it_writes(database_url: str, tmp_path: Path) -> None:
    """It has the old mapping in memory: its rows are told and derived by the next remap."""
    log = some_people()
    with installation(tmp_path, AS_TRAIT, database=database_url) as old:
        old.ingest(log.events)
        with installation(tmp_path, MAPPING, database=database_url) as new:
            remap(new)
            log.put("person", 1, {"city": "上海"})
            old.ingest(log.events[-1:], stream="old")
            assert [each.rows for each in stale(new)] == [1]
            remap(new)
            lines = new.lines()
    with installation(tmp_path / "new", MAPPING) as fresh:
        fresh.ingest(log.events)
        assert lines == fresh.lines()


def test_a_batch_that_was_prepared_before_a_remap_is_prepared_anew(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its event leaves open it took from content that another mapping had made."""
    log = ChangeLog()
    log.put("person", 1, {"phone": PHONE, "name": "陈小美"})
    with installation(tmp_path / "one", AS_TRAIT, database=database_url) as one:
        one.ingest(log.events)
    log.put_partly("person", 1, {"city": "上海"}, ["phone"])
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        raw = replace(log.events[-1], stream="later")
        applier = one.parts.applier
        batch = applier.prepare([Event(raw, one.parts.translator.translate(raw))])
        made: list[Connection] = []
        prepare = applier._prepare_alone

        def counted(connection: Connection, make: Any) -> Any:
            made.append(connection)
            return prepare(connection, make)

        monkeypatch.setattr(applier, "_prepare_alone", counted)
        remap(one)
        applier.write(batch).settle()
        assert len(made) == 1
        assert stale(one) == []
        found = one.lines()
    with installation(tmp_path / "new", MAPPING) as fresh:
        fresh.ingest(log.events)
        assert found == fresh.lines()


@pytest.mark.parametrize("name", ["pg.schema.string.defaults", "mariadb.schema.precise"])
def test_real_captured_events_derive_as_they_are_read(name: str, database_url: str, tmp_path: Path) -> None:
    """Every sealed column of the samples' persons gets another name and back."""
    events = captured(DATA / "debezium" / f"{name}.jsonl")
    mapping = (DATA / "mappings" / ("shop.toml" if name.startswith("pg.") else "pos.toml")).read_text()
    other = mapping.replace('is = "phone"', 'is = "trait.tel"').replace('is = "email"', 'is = "trait.mail"')
    assert other != mapping
    with installation(tmp_path / "a", mapping, database=database_url) as one:
        one.ingest(events)
        expected = one.lines()
    with installation(tmp_path / "a", other, database=database_url) as one:
        assert remap(one).derived > 0
        changed = one.lines()
        assert stale(one) == []
    with installation(tmp_path / "b", other) as fresh:
        fresh.ingest(events)
        assert changed == fresh.lines()
    with installation(tmp_path / "a", mapping, database=database_url) as one:
        remap(one)
        assert one.lines() == expected
