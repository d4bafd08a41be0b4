"""`onefold identity preview` and `rebuild --verify` beside those who write: neither waits, and what happens meanwhile is no part of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import cdc.rebuild
from cdc import Preview, RebuildReport
from cdc.rederiving import Rederiver
from identity import DERIVED, identifier, match_record, pair, review_item, source_record, take_identity_lock
from identity.tables import blocking_key, generic_key
from privacy import KeyCache
from profiles import profile
from storage import MAIN
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation
from tests.integration.test_preview import OTHER_RULES, SHARED, rebuilder, under

Progress = Callable[[int], None]
Meanwhile = Callable[[Callable[[], object]], Progress]


@pytest.fixture
def log() -> ChangeLog:
    """Two persons by a phone that other rules block, three of which the second joins the others; two who may be one."""
    log = ChangeLog()
    log.put("person", 1, {"phone": SHARED, "name": "陈小美"})
    log.put("person", 2, {"phone": SHARED, "name": "陈小美"})
    log.put("person", 3, {"phone": "13987654321", "name": "王伟", "city": "北京"})
    log.put("person", 4, {"phone": "13987654321", "email": "wei@example.com", "name": "王伟", "city": "上海"})
    log.put("person", 5, {"email": "wei@example.com", "name": "王伟"})
    log.put("person", 6, {"name": "李娜"})
    log.put("person", 7, {"name": "李娜"})
    log.put("receipt", 1, {"person": 2, "total": "5.00", "at": 10})
    return log


@pytest.fixture
def one(database_url: str, tmp_path: Path, log: ChangeLog) -> Iterator[Installation]:
    url = sa.make_url(database_url)
    if url.get_backend_name() == "postgresql":  # who waits would wait for ever
        url = url.update_query_dict({"options": "-c lock_timeout=2000"})
    with installation(tmp_path / "one", MAPPING, database=url.render_as_string(hide_password=False)) as made:
        made.ingest(log.events)
        assert made.together() == {"1 2", "3 4 5", "6", "7"}
        yield made


def verify(one: Installation, progress: Progress = lambda _: None) -> RebuildReport:
    return rebuilder(one.parts).run(verify=True, progress=progress)


def preview(one: Installation, progress: Progress = lambda _: None) -> Preview:
    """Try rules by which the shared phone says nothing."""
    parts = under(one, OTHER_RULES)
    parts.keystore._cache = KeyCache(ttl_seconds=0)
    try:
        return rebuilder(parts).preview(progress=progress)
    finally:
        parts.close()


#: What is computed, one after the other.
MOMENTS = ["evidence", "pairs", "components", "profiles"]


@pytest.fixture(params=MOMENTS)
def meanwhile(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Have something done in the middle, before what is named is computed; gives what is to hear of progress."""
    return lambda done: before(request.param, done, monkeypatch)


def before(moment: str, done: Callable[[], object], patch: pytest.MonkeyPatch) -> Progress:
    """Have something done before what is named is computed; gives what is to hear of progress."""
    waiting = [done]

    def once() -> None:
        if waiting:
            waiting.pop()()

    def first(module: Any, name: str) -> None:
        then = getattr(module, name)

        def doing_it_before(*given: object, **named: object) -> object:
            once()
            return then(*given, **named)

        patch.setattr(module, name, doing_it_before)

    if moment == "evidence":
        first(Rederiver, "rederive")
    if moment == "profiles":
        first(cdc.rebuild, "rebuild")
    heard = iter(("pairs", "components"))  # so few records are one page in each pass
    return lambda _: once() if next(heard) == moment else None


def everything(one: Installation) -> list[object]:
    return [one.state(), *(one.rows(table) for table in MAIN.sorted_tables)]


def temporary(one: Installation) -> list[str]:
    """Temporary tables that a connection of the pool sees, or that any has."""
    names = {
        "sqlite": "SELECT name FROM sqlite_temp_master",
        "postgresql": "SELECT relname FROM pg_class WHERE relpersistence = 't'",
    }
    with one.parts.database.read() as connection:
        return list(connection.exec_driver_sql(names[connection.dialect.name]).scalars())


def damage(one: Installation) -> None:
    """Leave nothing as a full computation would have it."""
    with one.parts.database.write() as connection:
        for table in (identifier, match_record, blocking_key, pair, review_item, profile):
            connection.execute(sa.delete(table))
        connection.execute(sa.insert(generic_key).values(key=b"12345678"))
        alone = dict.fromkeys(("profile_id", "component"), source_record.c.incarnation)
        connection.execute(sa.update(source_record).values(alone))


def test_a_batch_is_ingested_meanwhile_and_is_no_part_of_the_preview(
    one: Installation, log: ChangeLog, meanwhile: Meanwhile
) -> None:
    expected = preview(one)
    assert [(each.transfer.kind, each.facts) for each in expected.shifts] == [("split", 1)]
    assert (expected.profiles_before, expected.report.profiles, expected.report.records_left_out) == (4, 5, 0)

    def come() -> None:
        log.put("person", 6, {"phone": "13700000001"})
        log.put("person", 8, {"name": "陈小美", "email": "wei@example.com"})
        log.put("receipt", 2, {"person": 2, "total": "7.00", "at": 12})
        assert one.ingest(log.events).applied == 3

    assert preview(one, meanwhile(come)) == expected
    assert len(one.rows(source_record)) == 8
    assert verify(one).is_equal


def test_what_is_ingested_meanwhile_is_no_drift(one: Installation, log: ChangeLog, meanwhile: Meanwhile) -> None:
    def come() -> None:
        log.put("person", 8, {"phone": SHARED, "name": "陈小美"})  # as the third of its carriers it makes it generic
        one.ingest(log.events)

    assert verify(one, meanwhile(come)) == RebuildReport(7, 4, 0, 0, 0, 0, 0)


def test_who_holds_the_identity_lock_is_not_waited_for(one: Installation) -> None:
    writer = one.parts.database.begin_write()
    take_identity_lock(writer.connection)
    writer.connection.execute(sa.update(source_record).values(points=1))
    expected = RebuildReport(7, 4, 0, 0, 0, 0, 0)
    assert verify(one) == expected
    writer.roll_back()
    assert verify(one) == expected


# ---- what is deleted meanwhile ----


@pytest.mark.parametrize(("person", "left_out"), [(3, 3), (4, 3), (6, 1)])
def test_a_record_that_is_deleted_meanwhile_is_no_drift(
    one: Installation, log: ChangeLog, person: int, left_out: int, meanwhile: Meanwhile
) -> None:
    """The one that names its profile; the one by which two others are one; one that waits for a steward."""

    def go() -> None:
        log.delete("person", person)
        one.ingest(log.events)
        assert one.pending() == 0  # its key is destroyed

    report = verify(one, meanwhile(go))
    assert report.is_equal
    assert (report.records, report.records_left_out) == (7 - left_out, left_out)
    assert verify(one) == RebuildReport(6, len(one.rows(profile)), 0, 0, 0, 0, 0)


def test_a_drift_elsewhere_is_told_all_the_same(one: Installation, log: ChangeLog, meanwhile: Meanwhile) -> None:
    def go() -> None:
        log.delete("person", 4)
        one.ingest(log.events)

    with one.parts.database.write() as connection:
        connection.execute(sa.delete(review_item))
    assert verify(one, meanwhile(go)) == RebuildReport(4, 3, 0, 0, 0, 1, 0, 3)


@pytest.mark.parametrize("person", [1, 4])
def test_a_record_that_is_deleted_meanwhile_parts_nobody_in_a_preview(
    one: Installation,
    log: ChangeLog,
    person: int,
    meanwhile: Meanwhile,
) -> None:
    [split] = preview(one).shifts  # of person 1 and person 2

    def go() -> None:
        log.delete("person", person)
        one.ingest(log.events)

    found = preview(one, meanwhile(go))
    assert found.shifts == (() if person == 1 else (split,))
    assert found.report.records_left_out == {1: 2, 4: 3}[person]
    assert found.report.profiles - found.profiles_before == len(found.shifts)


# ---- what is left of it ----


def test_nothing_is_left_of_one_that_is_interrupted(one: Installation, meanwhile: Meanwhile) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    found = everything(one)
    with pytest.raises(KeyboardInterrupt):
        verify(one, meanwhile(interrupt))
    assert everything(one) == found
    assert temporary(one) == []
    assert verify(one).is_equal


def test_nothing_is_left_of_one_that_writes_everything_anew(one: Installation) -> None:
    damage(one)
    found = everything(one)
    report = verify(one)
    assert verify(one) == report
    assert everything(one) == found
    assert temporary(one) == []
    assert report == rebuilder(one.parts).run(verify=False)
    assert verify(one).is_equal


@pytest.mark.parametrize("table", [*DERIVED, profile], ids=str)
def test_a_table_that_has_no_copy_is_not_written(
    one: Installation, table: sa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So whoever has a rebuild write to another table hears of it from every test that verifies."""
    damage(one)
    found = everything(one)
    monkeypatch.setattr(cdc.rebuild, "_COMPUTED", [each for each in (*DERIVED, profile) if each is not table])
    with pytest.raises(sa.exc.DBAPIError, match=r"not authorized|read-only transaction"):
        verify(one)
    assert everything(one) == found
