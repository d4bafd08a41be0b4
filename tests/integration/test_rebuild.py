"""`onefold identity rebuild`: what is kept up change by change equals a full computation, and new rules take effect."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from rich.progress import Progress, TaskID

from cdc import OtherKeyStore, Rebuilder, RebuildReport, RulesChanged, Steward, Wish
from cli.rebuilding import rebuilding
from identity import match_record, review_item, source_record
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation

SHARED = "13812345670"


def rebuild(one: Installation, *, verify: bool) -> RebuildReport:
    settings = one.parts.settings
    rebuilder = Rebuilder(
        one.parts.database, one.parts.sealer, profile_rules=settings.profiles, mapping=settings.mapping
    )
    return rebuilder.run(verify=verify)


def three_people() -> ChangeLog:
    log = ChangeLog()
    log.put("person", 1, {"phone": SHARED, "name": "陈小美", "email": "a@example.com"})
    log.put("person", 2, {"phone": "138 1234 5670", "name": "陈小美", "updated_at": "2026-01-02T00:00:00Z"})
    log.put("person", 3, {"email": "a@example.com", "name": "王伟"})
    log.put("receipt", 1, {"person": 2, "total": "5.00", "at": 10})
    return log


def test_a_state_kept_up_change_by_change_verifies(database_url: str, tmp_path: Path) -> None:
    with installation(tmp_path, MAPPING, database=database_url) as one:
        one.ingest(three_people().events, batch=1)
        before = one.lines()
        assert rebuild(one, verify=True) == RebuildReport(3, 2, 0, 0, 0, 0, 0)
        assert rebuild(one, verify=False).is_equal
        assert one.lines() == before


def test_damage_is_told_and_mended(database_url: str, tmp_path: Path) -> None:
    with installation(tmp_path, MAPPING, database=database_url) as one:
        one.ingest(three_people().events)
        before = one.lines()
        with one.parts.database.write() as connection:
            own = sa.update(source_record).values(
                profile_id=source_record.c.incarnation, component=source_record.c.incarnation
            )
            connection.execute(own)
        damaged = one.lines()
        found = rebuild(one, verify=True)
        assert not found.is_equal
        assert one.lines() == damaged
        assert rebuild(one, verify=False) == found
        assert one.lines() == before
        assert rebuild(one, verify=True).is_equal


def test_progress_ends_where_the_bar_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    totals: list[float] = []
    heard: list[float] = []

    def add_task(_: Progress, __: str, *, total: float) -> TaskID:
        totals.append(total)
        return TaskID(0)

    monkeypatch.setattr(Progress, "add_task", add_task)
    monkeypatch.setattr(Progress, "advance", lambda _, __, done: heard.append(done))
    with installation(tmp_path / "one", MAPPING) as one:
        one.ingest(three_people().events)
        with rebuilding(one.parts) as (rebuilder, bars):
            records = rebuilder.run(verify=True, progress=bars.advance).records
    assert (records, totals, sum(heard)) == (3, [6], 6)


@pytest.mark.parametrize(
    ("verify", "phases"),
    [(True, ["profiles", "what differs"]), (False, ["profiles", "what was written meanwhile", "writing what differs"])],
)
def test_what_is_still_done_once_the_records_are_has_a_bar_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: bool, phases: list[str]
) -> None:
    """There was one alone, which stood at its end while the rebuild caught up with those who write."""
    made: list[Progress] = []

    def start(progress: Progress) -> None:
        made.append(progress)

    monkeypatch.setattr(Progress, "start", start)
    under_way: list[list[str]] = []
    with installation(tmp_path / "one", MAPPING) as one:
        one.ingest(three_people().events)
        with rebuilding(one.parts) as (rebuilder, bars):

            def phase(name: str) -> None:
                bars.phase(name)
                under_way.append([task.description for task in made[0].tasks if not task.finished])

            rebuilder.run(verify=verify, progress=bars.advance, phase=phase)
    assert under_way == [[name] for name in phases]
    assert made[0].finished


def test_review_items_that_drifted_are_told_and_mended(database_url: str, tmp_path: Path) -> None:
    log = ChangeLog()
    for key in (1, 2, 3):
        log.put("person", key, {"name": "王伟"})
    with installation(tmp_path, MAPPING, database=database_url) as one:
        one.ingest(log.events)
        before = one.lines()
        items = one.rows(review_item)
        assert [row.reason for row in items] == ["unsure"] * 3
        with one.parts.database.write() as connection:
            lost = sa.delete(review_item).where(review_item.c.a == items[0].a, review_item.c.b == items[0].b)
            connection.execute(lost)
            connection.execute(sa.insert(review_item).values(a=b"0" * 16, b=b"1" * 16, reason="unsure", weight=1))
        assert rebuild(one, verify=True).reviews_changed == 2
        rebuild(one, verify=False)
        assert one.lines() == before


def test_changed_rules_refuse_to_write_until_everything_is_rebuilt(database_url: str, tmp_path: Path) -> None:
    log = three_people()
    with installation(tmp_path / "old", MAPPING, database=database_url) as one:
        one.ingest(log.events)
    blocked = MAPPING + f'\n[identity.blocked]\nphone = ["{SHARED}"]\n'
    with installation(tmp_path / "new", blocked) as fresh:
        fresh.ingest(log.events)
        expected = fresh.lines()
    (tmp_path / "old" / "onefold.toml").write_text(blocked, encoding="utf-8")
    with installation(tmp_path / "old", blocked, database=database_url) as one:
        before = one.lines()
        with pytest.raises(RulesChanged, match="identity rebuild"):
            one.ingest(log.events, stream="again")
        assert one.lines() == before
        assert rebuild(one, verify=False).evidence_changed == 2
        assert one.lines() == expected
        one.ingest(log.events, stream="again")
        assert one.lines() == expected


def test_who_began_under_other_rules_writes_no_more_once_everything_is_rebuilt(
    database_url: str, tmp_path: Path
) -> None:
    """A worker that runs since before the rebuild, or a server: their rules would mix with the new ones."""
    log = three_people()
    wider = MAPPING.replace("max_cluster_records = 4", "max_cluster_records = 40")
    with installation(tmp_path, MAPPING, database=database_url) as old:
        old.ingest(log.events)
        held = old.parts.pipeline.claim("kafka")
        people = sorted(row.incarnation for row in old.rows(source_record))
        with installation(tmp_path, wider, database=database_url) as new:
            rebuild(new, verify=False)
        before = old.lines()
        log.put("person", 4, {"phone": SHARED, "name": "陈小美"})
        later = replace(log.events[-1], stream="kafka", offset=1)
        with pytest.raises(RulesChanged):
            old.parts.pipeline.ingest(held, [later])
        steward = Steward(old.parts.database, old.parts.sealer, old.parts.settings.profiles)
        with pytest.raises(RulesChanged):
            steward.decide(Wish("1", "must_link", people[0], people[2], "a-steward", "a reason"))
        assert old.lines() == before


def test_another_key_store_is_refused_at_once(tmp_path: Path) -> None:
    with installation(tmp_path / "one", MAPPING) as one:
        one.ingest(three_people().events)
        url = one.parts.settings.database
    with installation(tmp_path / "other", MAPPING):
        pass
    with pytest.raises(OtherKeyStore, match="keystore"), installation(tmp_path / "other", MAPPING, database=url):
        pass


def test_evidence_of_another_version_is_made_anew(database_url: str, tmp_path: Path) -> None:
    with installation(tmp_path, MAPPING, database=database_url) as one:
        one.ingest(three_people().events)
        before = one.lines()
        _age_features(one)
        assert rebuild(one, verify=False).evidence_changed == 3
        assert one.lines() == before
        assert rebuild(one, verify=True).is_equal


def _age_features(one: Installation) -> None:
    """Seal what a version of the software would have left that knew other features."""
    cipher = one.parts.cipher
    with one.parts.database.write() as connection:
        for record, key in one.parts.keys.load(connection, [row.incarnation for row in one.rows(match_record)]).items():
            cell = cipher.seal_bytes(key, b'["db","person","1"]\n\x00older', table="match_record", column="features")
            mine = match_record.c.incarnation == record
            connection.execute(sa.update(match_record).where(mine).values(features=cell))
