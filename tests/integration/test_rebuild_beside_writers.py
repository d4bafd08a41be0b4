"""`onefold identity rebuild` beside those who write: nobody waits while it computes, and what they write is as if it had been there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from cdc import RawEvent, Rebuilder, RebuildReport, RulesChanged, Steward, Wish
from cdc.following import Follower
from identity import Resolution, compare, ended_record, review_item, source_record, take_identity_lock
from privacy import KeyCache, incarnation_key
from profiles import lineage, profile, steps
from storage import Rehearsal, outbox
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation
from tests.integration.test_preview import SHARED, rebuilder
from tests.integration.test_rehearsed_rebuild import MOMENTS, before, temporary, verify

WEI = {"phone": "13987654321", "name": "王伟"}
ZHOU, ZHOUS = "zhou@example.com", "13911112222"
OTHER_RULES = MAPPING + f'\n[identity.blocked]\nphone = ["{SHARED}", "{ZHOUS}"]\nemail = ["{ZHOU}"]\n'
Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class World:
    """One installation, opened by a worker and, under other rules, by who rebuilds; and the source that it follows."""

    log: ChangeLog
    worker: Installation
    other: Installation

    def come(self) -> None:
        """Let the worker ingest the log to its end."""
        self.worker.ingest(self.log.events)

    def rebuild(self, *, early: Work = lambda: None, late: Work = lambda: None) -> RebuildReport:
        """Under the other rules; meanwhile the worker does something before pairs are compared, and just before the lock is taken."""
        return rebuild_beside(rebuilder(self.other.parts), early=early, late=late)


def rebuild_beside(by: Rebuilder, *, early: Work = lambda: None, late: Work = lambda: None) -> RebuildReport:
    follow, waiting = Follower.follow, [early]

    def followed(follower: Follower, rehearsal: Rehearsal) -> None:
        follow(follower, rehearsal)
        late()

    def progress(_: int) -> None:
        if waiting:
            waiting.pop()()

    with patch.object(Follower, "follow", followed):
        return by.run(verify=False, progress=progress)


@pytest.fixture
def log() -> ChangeLog:
    """Two persons by a phone that other rules block, three of which the second joins the others, two who may be one."""
    log = ChangeLog()
    log.put("person", 1, {"phone": SHARED, "name": "陈小美"})
    log.put("person", 2, {"phone": SHARED, "name": "陈小美", "points": 3})
    log.put("person", 3, {**WEI, "city": "北京"})
    log.put("person", 4, {**WEI, "email": "wei@example.com", "city": "上海"})
    log.put("person", 5, {"email": "wei@example.com", "name": "王伟"})
    log.put("person", 6, {"name": "李娜"})
    log.put("person", 7, {"name": "李娜"})
    log.put("receipt", 1, {"person": 1, "total": "5.00", "at": 10})
    log.put("receipt", 2, {"person": 2, "total": "5.00", "at": 10})
    return log


@pytest.fixture
def world(database_url: str, tmp_path: Path, log: ChangeLog) -> Iterator[World]:
    url = sa.make_url(database_url)
    if url.get_backend_name() == "postgresql":  # who waits would wait for ever
        url = url.update_query_dict({"options": "-c lock_timeout=5000"})
    database = url.render_as_string(hide_password=False)
    with (
        installation(tmp_path, OTHER_RULES, database=database) as other,
        installation(tmp_path, MAPPING, database=database) as worker,
    ):
        worker.ingest(log.events)
        assert worker.together() == {"1 2", "3 4 5", "6", "7"}
        yield World(log, worker, other)


def decide(world: World, decision: str, left: int, right: int) -> bytes:
    parts, shown = world.worker.parts, records(world.worker)
    wish = Wish(f"{left} {right}", decision, shown[left], shown[right], "a steward", "because")  # type: ignore[arg-type]  # the words are those of a decision
    return Steward(parts.database, parts.sealer, parts.settings.profiles).decide(wish)[0]


def undo(world: World, link: bytes) -> None:
    parts = world.worker.parts
    Steward(parts.database, parts.sealer, parts.settings.profiles).undo(link, "a steward")


def records(one: Installation) -> dict[int, bytes]:
    """The incarnation of each person, by key."""
    with one.parts.database.read() as connection:
        live = list(connection.execute(sa.select(source_record.c.incarnation)).scalars())
        naturals = one.parts.reader.natural_keys(connection, live)
    return {int(natural.split('"')[-2]): incarnation for incarnation, natural in naturals.items()}


# ---- what is written meanwhile ----


def insert(world: World) -> None:
    world.log.put("person", 8, {"phone": SHARED, "name": "陈小美"})  # makes the phone generic by the old rules
    world.log.put("person", 9, {"email": "wei@example.com", "name": "王伟"})  # and joins three by both
    world.come()


def change(world: World) -> None:
    world.log.put("person", 6, {"email": "li@example.com", "name": "李娜"})
    world.log.put("person", 7, {"email": "li@example.com", "name": "李娜", "points": 7})
    world.log.put("person", 3, {"city": "广州"})
    world.log.put("person", 4, {"phone": "13700000001", "email": "other@example.com", "name": "王伟"})
    world.come()


def clear_columns(world: World) -> None:
    """What no key and no feature comes from."""
    world.log.put("person", 4, {"points": 11, "updated_at": "2026-01-02T00:00:00Z"})
    world.come()


def there_and_back(world: World) -> None:
    for name in ("李四", "李娜"):
        world.log.put("person", 6, {"name": name})
        world.come()


def delete(world: World) -> None:
    """The one that names its profile; the one by which two others are one; one that waits for a steward."""
    for key in (1, 4, 7):
        world.log.delete("person", key)
    world.come()


def delete_and_come_again(world: World) -> None:
    world.log.delete("person", 4)
    world.log.put("person", 4, {"email": "wei@example.com", "name": "王伟"})
    world.come()


def move(world: World) -> None:
    world.log.move("person", 2, 22)
    world.log.move("person", 5, 2)
    world.come()


def purchases(world: World) -> None:
    """A receipt goes from one to the other and another comes back: what their common profile counts stays as it is."""
    world.log.put("receipt", 1, {"person": 2, "total": "5.00", "at": 10})
    world.log.put("receipt", 2, {"person": 2, "total": "7.00", "at": 10})
    world.log.put("receipt", 3, {"person": 6, "total": "9.00", "at": 11})
    world.log.put("refund", 1, {"receipt": 1, "total": "2.00", "at": 12})
    world.come()


def one_purchase(world: World) -> None:
    """From one to the other: their common profile has not changed."""
    world.log.put("receipt", 1, {"person": 2, "total": "5.00", "at": 10})
    world.come()


def decisions(world: World) -> None:
    decide(world, "must_link", 6, 7)
    decide(world, "cannot_link", 3, 4)
    undo(world, decide(world, "must_link", 1, 6))


def decide_then_delete(world: World) -> None:
    decide(world, "must_link", 5, 6)
    world.log.delete("person", 6)
    world.come()


WORKS = [
    insert,
    change,
    clear_columns,
    there_and_back,
    delete,
    delete_and_come_again,
    move,
    purchases,
    one_purchase,
    decisions,
    decide_then_delete,
]


def check_the_state(world: World) -> None:
    """It is what a full computation gives, which has nothing to go by but what is stored now."""
    found, rows = world.other.lines(), [world.other.rows(t) for t in (source_record, profile, review_item)]
    report = verify(world.other)
    assert report == RebuildReport(report.records, report.profiles, 0, 0, 0, 0, 0)
    rebuilder(world.other.parts).run(verify=False)
    assert world.other.lines() == found
    assert [world.other.rows(t) for t in (source_record, profile, review_item)] == rows
    assert temporary(world.other) == []


@pytest.mark.parametrize("moment", ["early", "late"])
@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.__name__)
def test_what_is_written_meanwhile_is_as_if_it_had_been_there(
    world: World, work: Callable[[World], None], moment: str, tmp_path: Path
) -> None:
    world.rebuild(**{moment: lambda: work(world)})
    assert "1 2" not in world.other.together()
    check_the_state(world)
    if work not in (decisions, decide_then_delete):
        with installation(tmp_path / "fresh", OTHER_RULES) as fresh:
            fresh.ingest(world.log.events)
            assert fresh.lines() == world.other.lines()


def test_records_of_a_table_that_is_new_are_taken_in(world: World, tmp_path: Path) -> None:
    """To a worker that began meanwhile, with more in its mapping."""
    more = (
        MAPPING
        + '[source.tables.guest]\nkind = "person"\nkey = ["id"]\n[source.tables.guest.columns]\nname = { is = "name" }\n'
    )

    def come() -> None:
        world.log.put("guest", 1, {"name": "王伟"})
        with installation(tmp_path, more, database=world.worker.parts.settings.database) as worker:
            worker.ingest(world.log.events)

    world.rebuild(late=come)
    assert len(world.other.rows(source_record)) == 8
    check_the_state(world)


def test_openids_mean_what_the_mapping_says_that_their_rows_were_made_under(world: World, tmp_path: Path) -> None:
    """Also where that is newer than the one that the rebuild began with, which cannot tell of which app they are."""
    more = (
        '[source.tables.guest]\nkind = "person"\nkey = ["id"]\n[source.tables.guest.columns]\n'
        'openid = { is = "wechat_openid", app = "wx0000000000000001" }\n'
    )

    def come() -> None:
        for key in (31, 32):
            world.log.put("guest", key, {"openid": "oSameOpenid0001"})
        with installation(tmp_path, MAPPING + more, database=world.worker.parts.settings.database) as worker:
            worker.ingest(world.log.events)

    world.rebuild(late=come)
    with installation(tmp_path / "fresh", OTHER_RULES + more) as fresh:
        fresh.ingest(world.log.events)
        assert "31 32" in fresh.together()
        assert world.other.lines() == fresh.lines()
    check_the_state(world)


def test_where_the_rules_of_before_put_a_new_record_is_nothing_to_go_by(world: World) -> None:
    """In a profile whose other record the new rules leave in another component than that which gave the component's name."""
    world.log.put("person", 10, {"email": ZHOU, "name": "周杰"})
    world.log.put("person", 11, {"email": ZHOU, "phone": ZHOUS, "name": "周杰"})
    world.come()
    decide(world, "cannot_link", 10, 11)

    def come() -> None:
        world.log.put("person", 12, {"phone": ZHOUS, "name": "周杰"})
        world.come()
        assert {"10", "11 12"} <= world.worker.together()

    world.rebuild(late=come)
    assert {"10", "11", "12"} <= world.other.together()
    check_the_state(world)


def test_of_two_rebuilds_that_compute_at_once_the_last_one_holds(world: World) -> None:
    world.rebuild(early=lambda: rebuild_beside(rebuilder(world.worker.parts), early=lambda: insert(world)))
    assert "1 2" not in world.other.together()
    check_the_state(world)


def test_both_moments_and_all_that_happens_in_them(world: World) -> None:
    def do(works: list[Callable[[World], None]]) -> None:
        for work in works:
            work(world)

    world.rebuild(early=lambda: do([insert, purchases, decisions]), late=lambda: do([change, move]))
    check_the_state(world)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("work", [delete, delete_and_come_again], ids=lambda work: work.__name__)
def test_records_whose_keys_are_destroyed_in_the_middle_leave_no_trace(
    world: World, work: Callable[[World], None], moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.other.parts.keystore._cache = KeyCache(ttl_seconds=0)
    progress = before(moment, lambda: work(world), monkeypatch)
    report = rebuilder(world.other.parts).run(verify=False, progress=progress)
    assert report.records_left_out == 0
    check_the_state(world)
    with installation(tmp_path / "fresh", OTHER_RULES) as fresh:
        fresh.ingest(world.log.events)
        assert fresh.lines() == world.other.lines()


def test_ids_that_ended_meanwhile_lead_where_they_led(world: World) -> None:
    before = records(world.worker)
    ended: list[list[sa.Row[tuple[bytes, bytes]]]] = []

    def late() -> None:
        delete(world)
        ended.append(world.worker.rows(ended_record))

    world.rebuild(late=late)
    assert world.other.rows(ended_record) == ended[0]
    assert {row.id for row in ended[0]} == {before[key] for key in (1, 4, 7)}
    assert world.other.pending() == 0


# ---- what is told ----


@pytest.mark.parametrize("work", [insert, change, delete, purchases, decisions], ids=lambda work: work.__name__)
def test_history_and_outbox_tell_what_became_of_the_state_before_the_lock(
    world: World, work: Callable[[World], None]
) -> None:
    one = world.worker
    before: list[list[sa.Row[tuple[bytes, ...]]]] = []

    def late() -> None:
        work(world)
        before.extend(one.rows(table) for table in (source_record, profile, lineage, outbox))

    report = world.rebuild(early=lambda: insert(world), late=late)
    was, profiles, history, messages = before
    now = {row.incarnation: row for row in one.rows(source_record)}
    resolution = Resolution(clusters=dict.fromkeys(sorted({row.profile_id for row in now.values()}), ()))
    for record in sorted(now.values(), key=lambda row: row.arrival):
        resolution.clusters[record.profile_id] += (record.incarnation,)
    arrivals = {i: row.arrival for i, row in now.items()}
    compare(resolution, {row.incarnation: row.profile_id for row in was}, arrivals, set())
    told = {(s.kind, s.profile_id, s.other_id) for s in steps(resolution)}
    rows = one.rows(lineage)[len(history) :]
    assert len(rows) == len(told)
    assert {(row.kind, row.profile_id, row.other_id) for row in rows} == told
    old, new = ({row.id: row for row in those} for those in (profiles, one.rows(profile)))
    changed = {i for i in old.keys() | new.keys() if old.get(i) != new.get(i)}
    named = {row.subject for row in one.rows(outbox)[len(messages) :]}
    assert named | {row.other_id for row in rows} >= changed
    assert named <= changed | {row.profile_id for row in rows}
    moved = sum((row.component, row.profile_id) != (now[i].component, now[i].profile_id) for i, row in by_id(was))
    assert (report.profiles_changed, report.records_moved) == (len(changed), moved)
    assert (report.records, report.profiles) == (len(now), len(new))


def by_id(rows: list[sa.Row[tuple[bytes, ...]]]) -> list[tuple[bytes, sa.Row[tuple[bytes, ...]]]]:
    return [(row.incarnation, row) for row in rows]


@pytest.mark.parametrize("work", [insert, change, delete, there_and_back, decisions], ids=lambda work: work.__name__)
def test_under_the_same_rules_nothing_has_changed(world: World, work: Callable[[World], None]) -> None:
    """Nor is anything sealed anew or told."""
    rows: list[object] = []

    def late() -> None:
        work(world)
        rows.extend(everything(world.worker))

    report = rebuild_beside(rebuilder(world.worker.parts), early=lambda: there_and_back(world), late=late)
    assert report.is_equal
    assert everything(world.worker) == rows


def everything(one: Installation) -> list[object]:
    return [one.rows(table) for table in (*source_record.metadata.sorted_tables,)]


def test_listeners_hear_of_it_once_it_is_committed(world: World) -> None:
    heard: list[set[str]] = []
    world.other.parts.database.after_telling.append(lambda: heard.append(world.worker.together()))
    world.rebuild()
    assert [len(groups) for groups in heard] == [5]


# ---- who waits, and for whom ----


def test_the_worker_goes_on_until_the_commit_and_refuses_from_then_on(world: World) -> None:
    """Under the rules that it began with: what it writes before is brought under the new ones."""
    held = world.worker.parts.pipeline.claim("kafka")

    def write(offset: int, key: int) -> None:
        world.log.put("person", key, {"phone": SHARED, "name": "陈小美"})
        event: RawEvent = replace(world.log.events[-1], stream="kafka", offset=offset)
        world.worker.parts.pipeline.ingest(held if offset == 1 else world.worker.parts.pipeline.claim("kafka"), [event])

    world.rebuild(early=lambda: write(1, 8), late=lambda: write(2, 9))
    assert {"8", "9"} <= world.other.together()
    before = world.other.lines()
    with pytest.raises(RulesChanged):
        write(3, 10)
    assert world.other.lines() == before


@pytest.mark.postgres
def test_who_writes_identity_when_it_is_done_is_waited_for(postgres_url: str, tmp_path: Path, log: ChangeLog) -> None:
    """And taken in: what was not committed yet when the copies were brought up to date for the last time beside others."""
    with installation(tmp_path, MAPPING, database=postgres_url) as one:
        one.ingest(log.events)
        person = records(one)[2]
        threads: list[Timer] = []

        def begin() -> None:
            writer = one.parts.database.begin_write()
            take_identity_lock(writer.connection)
            mine = source_record.c.incarnation == person
            later = {"version": source_record.c.version + 1, "points": 99}
            writer.connection.execute(sa.update(source_record).where(mine).values(later))
            threads.append(Timer(0.5, writer.commit))
            threads[0].start()

        rebuild_beside(rebuilder(one.parts), late=begin)
        threads[0].join(10)
        assert sorted(row.points for row in one.rows(profile)) == [0, 0, 0, 99]
        assert [row.points for row in one.rows(source_record) if row.incarnation == person] == [99]
        assert verify(one).is_equal


def test_it_catches_up_until_little_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside writers, as long as it is less each time."""
    monkeypatch.setattr("cdc.following._FEW", 1)
    found, coming = list[int](), [5, 3, 3, 0, 0]
    take_in = Follower.take_in

    def some_come() -> None:
        for key in range(20, 20 + coming[len(found)]):
            world.log.put("person", key, {"name": f"赵{len(found)}"})
        world.come()

    def taking_in(follower: Follower, rehearsal: Rehearsal) -> int:
        found.append(take_in(follower, rehearsal))
        if coming[len(found)]:
            some_come()
        return found[-1]

    with patch.object(Follower, "take_in", taking_in):
        world.rebuild(early=some_come)
    assert found == [5, 3, 3, 0]
    check_the_state(world)


def test_who_ended_while_somebody_reads_the_key_store_still_counts_by_name(tmp_path: Path) -> None:
    """Its key is to be destroyed and its posting lists remain: the phone of three people is one of two from now on."""
    log = ChangeLog()
    for key, name in enumerate(("陈小美", "王伟", None, "陈小美"), 1):
        log.put("person", key, {"phone": SHARED, "name": name})
    with installation(
        tmp_path / "one", MAPPING.replace("generic_above_records = 2", "generic_above_records = 9")
    ) as one:
        one.ingest(log.events)
        assert len(one.together()) == 4

        def end() -> None:
            with one.parts.keystore_database.read() as connection:
                connection.execute(sa.select(incarnation_key)).first()
                log.delete("person", 2)
                one.ingest(log.events[-1:])

        rebuild_beside(rebuilder(one.parts), early=end)
        assert one.together() == {"1 3 4"}
        assert verify(one).is_equal
