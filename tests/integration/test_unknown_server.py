"""An event of a database server that nobody knows: what a person is told, and that it mends what the event said."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

import server
from cdc import RawEvent
from cli.app import application
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation

DROPPED = (
    "onefold parked drop`, let what waits behind it go on with `onefold parked retry --all`, then `onefold connector"
)


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        yield made


def written_by(event: RawEvent, number: int) -> RawEvent:
    """The same event as another database server would have written it."""
    envelope = json.loads(event.value or b"")
    envelope["source"]["server_id"] = number
    return replace(event, value=json.dumps(envelope).encode())


def spoilt(event: RawEvent) -> RawEvent:
    """The same event as something that is no envelope; its key can still be read."""
    assert event.value is not None
    return replace(event, value=event.value.replace(b'"op"', b'"po"'))


def run(one: Installation, *args: str) -> Result:
    environ = {"ONEFOLD_DATABASE": one.parts.settings.database}
    given = [*args, "--config", str(one.folder / "onefold.toml")]
    return CliRunner().invoke(application(), given, obj=server.wiring(environ), env=environ)


def whys(one: Installation) -> list[tuple[str, str]]:
    return [(parked.code, parked.message) for parked in one.parked()]


def failed_over(log: ChangeLog, one: Installation) -> list[RawEvent]:
    """Server 1 wrote the first event, server 3 the last; what server 2 wrote between could not be read when it came, and is read again."""
    between = [written_by(event, 2) for event in log.events[1:-1]]
    events = [written_by(log.events[0], 1), *between, written_by(log.events[-1], 3)]
    one.ingest([events[0], *map(spoilt, between), events[-1]])
    assert run(one, "parked", "drop", "--yes", *(str(parked.id) for parked in one.parked())).exit_code == 0
    one.ingest(events)
    return events


def test_of_a_row_that_was_written_a_snapshot_of_its_table_is_named(one: Installation) -> None:
    log = ChangeLog()
    log.put("person", 2, {"name": "b"})
    log.put("person", 1, {"name": "old"})
    log.put("person", 2, {"name": "c"})
    failed_over(log, one)
    ((code, why),) = whys(one)
    assert code == "unknown_server"
    assert why.startswith("table 'person': a database server wrote it of which nothing was heard")
    assert "never becomes known by itself, and trying again does not help" in why
    assert DROPPED in why
    assert "`onefold connector snapshot db person` reads" in why


@pytest.mark.parametrize("how", ["delete", "truncate"])
def test_what_ends_rows_names_a_complete_snapshot_which_proves_it_once_the_event_is_gone(
    one: Installation, how: str
) -> None:
    log = ChangeLog()
    log.put("person", 1, {"name": "a"})
    if how == "delete":
        log.delete("person", 1)
    else:
        log.truncate("person")
    log.put("person", 1, {"name": "b"})
    failed_over(log, one)
    assert {code for code, _ in whys(one)} <= {"unknown_server", "queued"}
    (why,) = [why for code, why in whys(one) if code == "unknown_server"]
    assert DROPPED in why
    assert "`onefold connector apply db --fresh --wait`" in why
    assert "`onefold ingest --from debezium --source db --read-anew`" in why


def test_a_complete_snapshot_proves_what_is_gone_only_after_the_event_was_dropped(one: Installation) -> None:
    """Why the message says to drop first: a row that waits is one row too few."""
    log = ChangeLog()
    log.put("person", 1, {"name": "a"})
    log.put("person", 2, {"name": "b"})
    log.put("person", 1, {"name": "of server 2"})
    log.put("person", 3, {"name": "c"})
    events = [written_by(event, number) for number, event in zip((1, 1, 2, 3), log.events, strict=True)]
    one.ingest([*events[:2], spoilt(events[2]), events[3]])
    assert run(one, "parked", "drop", "--yes", str(one.parked()[0].id)).exit_code == 0
    one.ingest(events)
    assert [code for code, _ in whys(one)] == ["unknown_server"]
    del log.rows["person", 2]

    def snapshot(stream: str) -> None:
        began = len(log.events)
        log.read("person")
        log.scanned("person", 2)
        read = [written_by(event, 3) if event.topic != "notifications" else event for event in log.events[began:]]
        one.ingest(read, stream=stream)

    snapshot("first")
    assert [code for code, _ in whys(one)] == ["unknown_server", "queued"]
    assert set(one.shown()) == {"person 1", "person 2", "person 3"}, "nothing was proven"
    assert run(one, "parked", "drop", "--yes", str(one.parked()[0].id)).exit_code == 0
    assert run(one, "parked", "retry", "--all").exit_code == 0
    snapshot("second")
    assert set(one.shown()) == {"person 1", "person 3"}
    one_more = one.lines()
    one.wipe()
    one.ingest(log.snapshot())
    assert one.lines() == one_more


def test_status_and_the_list_say_what_to_do(one: Installation) -> None:
    log = ChangeLog()
    log.put("person", 2, {"name": "b"})
    log.put("person", 1, {"name": "old"})
    log.put("person", 2, {"name": "c"})
    failed_over(log, one)
    status = run(one, "status")
    assert status.exit_code == 1
    assert "1 events are parked; see `onefold parked list`" in status.stderr
    assert "1 of them are of a database server that never becomes known by itself" in status.stderr
    assert "onefold parked list --code unknown_server" in status.stderr
    listed = run(one, "parked", "list", "--code", "unknown_server")
    assert listed.exit_code == 1
    assert "drop it, then take a snapshot" in listed.stderr
