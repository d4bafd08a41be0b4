"""How far a source was read: positions of one epoch compare, those of others do not; another server proves nothing."""

from collections.abc import Iterator, Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.parity.goals import Goals, StreamEnds
from cdc.parity.progress import Progress, progress
from cdc.parity.snapshots import LogPosition
from cdc.store import Position
from cdc.tables import ingest_pause, source_epoch, source_reached, stream_position
from storage import MAIN, insert, upsert

AT = LogPosition("100", settled=b"\x64\x00", target=b"\x65\x00", servers=frozenset({"a"}))


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        MAIN.create_all(connection)
        yield connection
    engine.dispose()


def reached(connection: Connection, position: bytes, *, server: str = "a", stream: str = "s") -> None:
    insert(connection, source_reached, [{"source": "shop", "stream": stream, "server": server, "position": position}])


def epoch(connection: Connection, number: int, server: str) -> None:
    row = {"source": "shop", "stream": "s", "from_offset": number, "epoch": number, "server": server}
    insert(connection, source_epoch, [row])


def seen(connection: Connection, at: LogPosition = AT, goals: Goals | None = None) -> Progress:
    return progress(connection, "shop", at, goals or Goals("shop", lambda _source, _known: StreamEnds()))


def stand(connection: Connection, stream: str, offset: int) -> None:
    row = {"stream": stream, "next_offset": offset, "owner_epoch": 1, "digest": None}
    upsert(connection, stream_position, [row])


@pytest.mark.parametrize(("position", "expected"), [(b"\x64\x01", False), (b"\x65\x00", True), (b"\x70\x01", True)])
def test_a_change_at_or_behind_the_target_proves_it(connection: Connection, position: bytes, *, expected: bool) -> None:
    reached(connection, position)
    assert seen(connection).has_reached is expected


def test_nothing_read_proves_nothing(connection: Connection) -> None:
    found = seen(connection)
    assert (found.has_reached, found.read, found.streams) == (False, None, 0)


def test_another_source_proves_nothing(connection: Connection) -> None:
    insert(connection, source_reached, [{"source": "pos", "stream": "s", "server": "a", "position": b"\x70\x01"}])
    assert not seen(connection).has_reached


def test_one_stream_of_several_is_enough_to_begin_with(connection: Connection) -> None:
    reached(connection, b"\x01\x01", stream="quiet")
    reached(connection, b"\x70\x01", stream="busy")
    assert (seen(connection).has_reached, seen(connection).streams) == (True, 2)


def test_streams_whose_ends_can_be_asked_must_have_been_read_to_them(connection: Connection) -> None:
    """Another table's stream is beyond the target: changes before it may still wait in this one."""
    asked: list[str] = []

    def ends(source: str, known: Sequence[Position]) -> StreamEnds:
        asked.append(source)
        return StreamEnds({at.stream: 7 + 10 * len(asked) for at in known})

    goals = Goals("shop", ends)
    reached(connection, b"\x01\x01", stream="quiet")
    stand(connection, "quiet", 10)
    assert not seen(connection, goals=goals).has_reached
    assert asked == [], "where streams end says nothing before one of them is beyond the target"
    stand(connection, "busy", 3)
    reached(connection, b"\x70\x01", stream="busy")
    found = seen(connection, goals=goals)
    assert (found.has_reached, found.unread) == (False, ("quiet (at 10 of 17)",))
    stand(connection, "quiet", 17)
    assert seen(connection, goals=goals).has_reached
    assert asked == ["shop"], "who asks again never comes to an end"


def test_a_stream_that_nobody_began_to_read_must_be_read_to_its_end(connection: Connection) -> None:
    goals = Goals("shop", lambda _source, _known: StreamEnds({"new": 4}))
    reached(connection, b"\x70\x01")
    found = seen(connection, goals=goals)
    assert (found.has_reached, found.unread) == (False, ("new (no worker has begun with it; Kafka has it up to 4)",))
    stand(connection, "new", 4)
    assert seen(connection, goals=goals).has_reached


def test_what_stands_in_the_way_proves_nothing_until_it_is_gone(connection: Connection) -> None:
    obstacles = ["Kafka does not answer"]
    goals = Goals("shop", lambda _source, _known: StreamEnds({"s": 4 + len(obstacles)}, tuple(obstacles)))
    reached(connection, b"\x70\x01")
    stand(connection, "s", 9)
    found = seen(connection, goals=goals)
    assert (found.has_reached, found.unread, found.obstacles) == (False, (), ("Kafka does not answer",))
    obstacles.clear()
    found = seen(connection, goals=goals)
    assert (found.has_reached, found.obstacles) == (True, ())


def test_a_paused_stream_proves_nothing(connection: Connection) -> None:
    reached(connection, b"\x70\x01")
    insert(connection, ingest_pause, [{"stream": "s", "stream_offset": 1, "merges": 9, "at": 0}])
    assert not seen(connection).has_reached


def test_a_change_of_another_server_proves_nothing(connection: Connection) -> None:
    reached(connection, b"\x70\x01", server="b")
    assert not seen(connection).has_reached
    assert seen(connection, LogPosition("100", b"\x64\x00", b"\x65\x00")).has_reached, "a log that names no server"


def test_after_a_failover_the_surviving_server_counts(connection: Connection) -> None:
    epoch(connection, 0, "b")
    epoch(connection, 1, "a")
    reached(connection, b"\x70\x01")
    found = seen(connection)
    assert (found.epoch, found.has_reached) == (1, True)
    assert not found.is_newer((0).to_bytes(4) + b"\xff\x01"), "what the lost server wrote is older"
    assert found.is_newer((1).to_bytes(4) + b"\x64\x01")
    assert not found.is_newer((1).to_bytes(4) + b"\x64\x00")


def test_the_server_that_was_lost_is_no_measure(connection: Connection) -> None:
    epoch(connection, 0, "a")
    epoch(connection, 1, "b")
    reached(connection, b"\x70\x01")
    found = seen(connection)
    assert not found.has_reached
    assert found.is_newer((1).to_bytes(4) + b"\x01\x01")


def test_a_server_that_was_never_seen_makes_everything_newer(connection: Connection) -> None:
    epoch(connection, 0, "b")
    assert not seen(connection).has_reached
    assert seen(connection).is_newer((0).to_bytes(4) + b"\x01\x01")


@pytest.mark.parametrize(("offset", "expected"), [(9, False), (10, True)])
def test_a_stream_whose_end_is_known_is_read_to_it(connection: Connection, offset: int, *, expected: bool) -> None:
    insert(connection, stream_position, [{"stream": "x", "next_offset": offset, "owner_epoch": 1, "digest": None}])
    assert seen(connection, LogPosition("10", b"\x0a\x01", offsets={"x": 10})).has_reached is expected
