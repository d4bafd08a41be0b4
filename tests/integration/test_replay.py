"""`onefold replay` of a file: it is read again as a whole, which mends rows of another mapping and else changes nothing."""

from pathlib import Path

import pytest

from bench.events import MAPPING, write_events
from cdc import FILE_STREAMS, Log, Place, Position, Replay, ReplayRefused, StreamName, plan_replay, read_again
from cdc.store import claim, move_back
from tests.change_log import MAPPING as LOG_MAPPING
from tests.installation import installation
from tests.integration.test_cli import Onefold

NARROW = MAPPING.replace('city = { is = "city" }\n', "", 1)
PLACE = Place("shop", 0)
STREAM = str(StreamName("cluster", PLACE))
LOG = Log("cluster", b"t" * 16, 10, 90)


def installed(folder: Path, mapping: str) -> Onefold:
    one = Onefold(folder)
    assert one.run("init", folder).exit_code == 0
    one.config.write_text(mapping, encoding="utf-8")
    return one


def test_a_file_is_read_again_and_rows_follow_the_mapping(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    write_events(events, 300)
    fresh = installed(tmp_path / "fresh", MAPPING)
    fresh.json("ingest", events)
    one = installed(tmp_path / "one", NARROW)
    one.json("ingest", events)
    one.config.write_text(MAPPING, encoding="utf-8")
    assert one.json("ingest", events)["applied"] == 0
    (told,) = one.json("replay", events)
    assert told == {"stream": f"{FILE_STREAMS}{events}", "stood": events.stat().st_size, "start": 0}
    assert one.json("ingest", events)["applied"] > 0
    assert one.state() == fresh.state()
    assert one.run("status").exit_code == 0
    one.json("replay", events)
    again = one.json("ingest", events)
    assert (again["applied"], again["events"], again["files"][0]["restarted"]) == (0, 300, False)
    assert one.state() == fresh.state()


def test_what_was_not_read_and_what_makes_no_sense_is_told(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    write_events(events, 10)
    one = installed(tmp_path / "one", MAPPING)
    assert "positions stay as they are" in one.run("replay", events).stderr
    assert one.run("replay", events, "--from", "7").exit_code == 2
    assert one.run("replay", "nothing").exit_code == 2


def at(offset: int) -> list[Position]:
    return [Position(STREAM, offset, 3, LOG.digest)]


def test_positions_go_back_and_never_forward() -> None:
    assert plan_replay({PLACE: 20}, {PLACE: LOG}, at(50)) == [Replay(STREAM, 50, 20)]
    for start in (50, 60, None):
        assert plan_replay({PLACE: start}, {PLACE: LOG}, at(50)) == []
    with pytest.raises(ReplayRefused, match="has no record 9 any more; the first that Kafka has is 10"):
        plan_replay({PLACE: 9}, {PLACE: LOG}, at(50))


def test_a_partition_that_stands_is_not_replayed() -> None:
    """Its position is lost, which a replay would hide."""
    with pytest.raises(ReplayRefused, match="restart-topic"):
        plan_replay({PLACE: 20}, {PLACE: LOG}, at(5))


def test_a_position_that_somebody_else_moved_back_is_left_and_with_it_all_others(
    database_url: str, tmp_path: Path
) -> None:
    with installation(tmp_path / "one", LOG_MAPPING, database=database_url) as one:
        database = one.parts.database
        for stream in ("a", "b"):
            held = one.parts.pipeline.claim(stream)
            one.parts.pipeline.skip(held, 50, b"d" * 32)
        with database.write() as connection:
            assert move_back(connection, "b", 10)
        with pytest.raises(ReplayRefused, match="'b' was moved by somebody else"):
            read_again(database, [Replay("a", 50, 20), Replay("b", 50, 20)])
        with database.write() as connection:
            assert (claim(connection, "a").next_offset, claim(connection, "b").next_offset) == (50, 10)
        read_again(database, [Replay("a", 50, 20)])
        with database.write() as connection:
            moved = claim(connection, "a")
        assert (moved.next_offset, moved.digest) == (20, b"d" * 32)
