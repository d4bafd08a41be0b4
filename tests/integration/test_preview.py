"""`onefold identity preview`: what is listed is what a rebuild does, and nothing has changed before."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

import server
from cdc import Preview, Rebuilder, Shift
from cli.parts import Parts
from cli.settings import load_settings
from identity import MERGED, MOVED, SPLIT, source_record
from profiles import fact, lineage
from storage import MAIN
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation

SHARED = "13812345670"
OTHER_RULES = MAPPING + f'\n[identity.blocked]\nphone = ["{SHARED}"]\n'


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    log = ChangeLog()
    log.put("person", 1, {"phone": SHARED, "name": "王伟", "email": "a@example.com"})
    log.put("person", 2, {"phone": SHARED, "name": "王伟"})
    for number in range(10, 13):
        log.put("person", number, {"phone": "13987654321", "name": "王建国"})
    log.put("receipt", 1, {"person": 2, "total": "5.00", "at": 10})
    log.put("refund", 1, {"receipt": 1, "total": "5.00", "at": 11})
    log.put("receipt", 2, {"person": 12, "total": "5.00", "at": 12})
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        made.ingest(log.events)
        yield made


def under(one: Installation, text: str) -> Parts:
    """The installation's data under other rules."""
    file = one.folder / "other.toml"
    file.write_text(text, encoding="utf-8")
    other = load_settings(file, {})
    return server.open_parts(replace(one.parts.settings, identity=other.identity, profiles=other.profiles))


def rebuilder(parts: Parts) -> Rebuilder:
    settings = parts.settings
    return Rebuilder(parts.database, parts.sealer, profile_rules=settings.profiles, mapping=settings.mapping)


def preview(one: Installation, text: str) -> Preview:
    parts = under(one, text)
    try:
        return rebuilder(parts).preview()
    finally:
        parts.close()


def apply(one: Installation, text: str) -> None:
    parts = under(one, text)
    try:
        rebuilder(parts).run(verify=False)
    finally:
        parts.close()


def profile_of(one: Installation) -> dict[bytes, bytes]:
    return {row.incarnation: row.profile_id for row in one.rows(source_record)}


def ways(shifts: tuple[Shift, ...]) -> set[tuple[str, bytes, bytes]]:
    return {(each.transfer.kind, each.transfer.source, each.transfer.target) for each in shifts}


#: Other rules that split, that merge again, that let one record of three go elsewhere.
RULES = {
    "blocked": OTHER_RULES,
    "generic": MAPPING.replace("generic_above_records = 2", "generic_above_records = 3", 1),
    "both": OTHER_RULES.replace("generic_above_records = 2", "generic_above_records = 3", 1),
}


@pytest.mark.parametrize("name", RULES)
def test_a_preview_changes_nothing_and_applying_gives_exactly_what_it_lists(one: Installation, name: str) -> None:
    before, everything = profile_of(one), [one.rows(table) for table in MAIN.sorted_tables]
    steps = len(one.rows(lineage))
    found = preview(one, RULES[name])
    assert [one.rows(table) for table in MAIN.sorted_tables] == everything
    assert found.shifts
    apply(one, RULES[name])
    after = profile_of(one)
    flows = Counter((before[record], after[record]) for record in before if before[record] != after[record])
    assert {(s.transfer.source, s.transfer.target): len(s.transfer.records) for s in found.shifts} == flows
    told = [row for row in one.rows(lineage)[steps:] if row.kind in ("merged", "split")]
    absorbed = {(MERGED, row.other_id, row.profile_id) for row in told if row.kind == "merged"}
    parted = {(SPLIT, row.profile_id, row.other_id) for row in told if row.kind == "split"}
    assert {way for way in ways(found.shifts) if way[0] != MOVED} == absorbed | parted
    assert found.profiles_before == len(set(before.values()))
    assert found.report.profiles == len(set(after.values()))
    tokens = {row.row_token: row.incarnation for row in one.rows(source_record)}
    hanging = Counter(tokens[row.person_token] for row in one.rows(fact) if row.person_token in tokens)
    for shift in found.shifts:
        assert shift.facts == sum(hanging[record] for record in shift.transfer.records)
    assert preview(one, RULES[name]).shifts == ()


def test_a_preview_names_the_evidence_behind_each_transfer(one: Installation) -> None:
    split = next(s.transfer for s in preview(one, OTHER_RULES).shifts if s.transfer.kind == SPLIT)
    assert split.cause.reason == "below_threshold"
    assert split.cause.pair is not None
    merged = next(s.transfer for s in preview(one, RULES["generic"]).shifts if s.transfer.kind == MERGED)
    assert merged.cause.reason == "match"
    assert merged.cause.weight is not None
    assert merged.cause.weight >= one.parts.sealer.matcher.model.threshold
    assert merged.cause.pair is not None
    assert set(merged.cause.pair) & set(merged.records)


def test_the_rules_in_force_list_nothing(one: Installation) -> None:
    found = preview(one, MAPPING)
    assert found.shifts == ()
    assert found.report.is_equal
    assert found.profiles_before == found.report.profiles


def test_records_that_go_from_one_lasting_profile_to_another_are_listed_as_moved(one: Installation) -> None:
    """Stored state that no rules give, to be mended by a rebuild, shows what goes from one to the other."""
    apply(one, RULES["generic"])
    first, _, home, *_, last = (row.incarnation for row in sorted(one.rows(source_record), key=lambda row: row.arrival))
    with one.parts.database.write() as connection:
        astray = sa.update(source_record).where(source_record.c.incarnation == last)
        connection.execute(astray.values(profile_id=first, component=first))
    [shift] = preview(one, RULES["generic"]).shifts
    assert (shift.transfer.kind, shift.transfer.source, shift.transfer.target) == (MOVED, first, home)
    assert (shift.transfer.records, shift.facts, shift.transfer.cause.reason) == ((last,), 1, "match")
