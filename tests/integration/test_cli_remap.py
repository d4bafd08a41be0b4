"""`onefold remap` at the command line: what tells of a changed mapping, what mends it, and a `kill -9` in the middle."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from bench.events import MAPPING, write_events
from cdc.tables import source_row
from privacy import audit_entry
from storage import Database
from tests.integration.test_cli import Onefold
from tests.integration.test_kill import environment, made, onefold, run

EVENTS = 1_500
AS_TRAIT = MAPPING.replace('{ is = "phone" }', '{ is = "trait.second" }')


def installed(folder: Path, mapping: str) -> Onefold:
    one = Onefold(folder)
    assert one.run("init", folder).exit_code == 0
    one.config.write_text(mapping, encoding="utf-8")
    return one


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    write_events(path, 300)
    return path


def test_ingest_check_and_status_tell_of_a_changed_mapping_and_remap_mends_it(events: Path, tmp_path: Path) -> None:
    fresh = installed(tmp_path / "fresh", MAPPING)
    fresh.json("ingest", events)
    one = installed(tmp_path / "one", AS_TRAIT)
    one.json("ingest", events)
    assert one.json("remap") == {
        "derived": 0,
        "forgotten": 0,
        "unreadable": 0,
        "profiles_merged": 0,
        "profiles_split": 0,
        "found": [],
        "left": [],
    }
    one.config.write_text(MAPPING, encoding="utf-8")
    told = "row(s) of shop.customers were stored under another mapping: run `onefold remap`"
    for command in (("status",), ("check",), ("ingest", events)):
        assert told in one.run(*command).stderr
    (listed, *_) = one.json("status", exit_code=1)["mapping"]
    assert (listed["source"], listed["needs"], listed["why"]) == ("pos", "derive", [])
    before = one.state()
    assert one.json("remap", "--dry-run", exit_code=1)["derived"] == 0
    assert one.state() == before
    found = one.json("remap", "--table", "shop.customers", "--batch", 7)
    assert found["derived"] == found["found"][0]["rows"] > 7
    assert "shop.customers" not in one.run("status").stderr
    one.json("remap")
    assert one.state() == fresh.state()
    assert one.run("status").exit_code == 0
    assert "every row was stored under the mapping" in one.run("remap").stderr


def test_what_needs_the_source_is_left_and_told_with_the_command(events: Path, tmp_path: Path) -> None:
    narrow = MAPPING.replace('city = { is = "city" }\n', "", 1)
    one = installed(tmp_path / "one", narrow)
    one.json("ingest", events)
    one.config.write_text(MAPPING, encoding="utf-8")
    result = one.run("remap")
    assert result.exit_code == 1
    assert "column 'city' was not captured" in result.stderr
    assert "let the source send these rows again" in result.stderr


def test_rows_of_a_table_that_is_not_read_any_more_go_only_when_asked(events: Path, tmp_path: Path) -> None:
    one = installed(tmp_path / "one", MAPPING)
    one.json("ingest", events)
    start = MAPPING.index("[source.tables.page_events]")
    end = MAPPING.index("[[source]]", start)
    ignored = f'{MAPPING[:start]}[source.tables.page_events]\nkind = "ignore"\n\n{MAPPING[end:]}'
    one.config.write_text(ignored, encoding="utf-8")
    assert "onefold remap --table shop.page_events --forget" in one.run("remap").stderr
    assert one.json("remap", "--forget")["forgotten"] > 0
    fresh = installed(tmp_path / "fresh", ignored)
    fresh.json("ingest", events)
    assert one.state() == fresh.state()
    database = Database(f"sqlite:///{next((tmp_path / 'one').rglob('onefold.db'))}")
    with database.read() as connection:
        acts = connection.execute(sa.select(audit_entry.c.action)).scalars().all()
    database.close()
    assert "remap_forget" in acts


def test_a_table_is_named_with_its_source(tmp_path: Path) -> None:
    one = installed(tmp_path / "one", MAPPING)
    result = one.run("remap", "--table", "customers")
    assert result.exit_code == 2
    assert "shop.customers" in result.stderr


def test_a_kill_in_the_middle_is_no_harm(database_url: str, tmp_path: Path) -> None:
    """At least one kill falls between two batches of a remap; run again, it goes on with what is left."""
    file = tmp_path / "events.jsonl"
    write_events(file, EVENTS)
    fresh = made(tmp_path / "fresh")
    run(fresh, "ingest", str(file))
    one = made(tmp_path / "one", database_url)
    (one / "onefold.toml").write_text(AS_TRAIT, encoding="utf-8")
    run(one, "ingest", str(file), database=database_url)
    (one / "onefold.toml").write_text(MAPPING, encoding="utf-8")
    database = Database(database_url)
    numbers = mappings(database)
    total = behind(database, numbers)
    left = [total]
    for share in (0.8, 0.4):
        command = onefold(one, "remap", "--batch", "10")
        child = subprocess.Popen(
            command, env=environment(database_url), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while behind(database, numbers) > total * share:
            assert child.poll() is None, "the remap ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        left.append(behind(database, numbers))
    assert left == sorted(left, reverse=True)
    assert 0 < left[-1] < left[1] < total
    done = json.loads(run(one, "remap", "--json", database=database_url))
    assert (done["derived"], done["left"]) == (left[-1], [])
    database.close()
    expected = run(fresh, "export", "profiles", "--canonical")
    assert run(one, "export", "profiles", "--canonical", database=database_url) == expected


def mappings(database: Database) -> set[int]:
    with database.read() as connection:
        return set(connection.execute(sa.select(source_row.c.mapping_id).where(source_row.c.is_person)).scalars())


def behind(database: Database, numbers: set[int]) -> int:
    """How many persons are stored under the mappings that all of them had at first, and that change."""
    with database.read() as connection:
        query = sa.select(sa.func.count()).where(source_row.c.is_person, source_row.c.mapping_id.in_(numbers))
        return connection.execute(query).scalar_one()
