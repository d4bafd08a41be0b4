"""Whether a source's log is still the one that was read: by position, by server, by PostgreSQL's system and timeline."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from cdc.log_watch import LogSeen, log_seen, remember_log
from cdc.mapping import SourceMapping
from cdc.parity.snapshots import LogPosition
from cdc.tables import source_epoch, source_log, source_reached
from storage import Database
from tests.unit.cdc.capture.sources import shop

NAME = "Shop-1"


@pytest.fixture
def database() -> Iterator[Database]:
    found = Database("sqlite:///:memory:")
    with found.write() as connection:
        for table in (source_epoch, source_log, source_reached):
            table.create(connection)
    yield found
    found.close()


def end(place: int, identity: str = "", *servers: str) -> LogPosition:
    at = place.to_bytes(8)
    return LogPosition(str(place), at, at, identity=identity, servers=frozenset(servers))


def reach(database: Database, **servers: int) -> None:
    """Let streams have read up to these places; the stream's name is the server's, with _ for what no name may hold."""
    rows = [
        {"source": NAME, "stream": str(n), "server": name, "position": place.to_bytes(8) + b"\x01"}
        for n, (name, place) in enumerate(servers.items())
    ]
    with database.write() as connection:
        connection.execute(sa.insert(source_reached), rows)


def seen(database: Database, source: SourceMapping | None = None) -> LogSeen:
    with database.read() as connection:
        return log_seen(connection, source or shop())


def test_a_log_that_was_never_read_is_never_wrong(database: Database) -> None:
    assert seen(database).fault(end(0, "1-1")) == ""


def test_a_log_that_ends_before_what_was_read_of_it_is_not_the_same(database: Database) -> None:
    reach(database, **{"": 100})
    assert seen(database).fault(end(101)) == ""
    told = seen(database).fault(end(99))
    assert "read beyond that" in told
    assert "Set `log = 2`" in told
    assert "onefold connector apply Shop-1 --fresh" in told


def test_another_system_or_timeline_is_told_even_if_its_log_is_longer(database: Database) -> None:
    reach(database, **{"": 100})
    with database.write() as connection:
        remember_log(connection, log_seen(connection, shop()), end(200, "77-1"))
    assert seen(database).fault(end(300, "77-1")) == ""
    assert "77-2 (system and timeline), and was 77-1" in seen(database).fault(end(300, "77-2"))
    with database.write() as connection:
        connection.execute(sa.delete(source_reached))
    reach(database, **{"2/": 50})
    assert seen(database, shop("log = 2")).fault(end(300, "77-2")) == ""


def test_positions_of_other_servers_say_nothing(database: Database) -> None:
    reach(database, **{"0-1": 900, "0-2": 100})
    with database.write() as connection:
        rows = [(0, "0-1"), (1, "0-2")]
        found = [{"source": NAME, "stream": "0", "from_offset": n, "epoch": n, "server": s} for n, s in rows]
        connection.execute(sa.insert(source_epoch), found)
    assert seen(database).fault(end(101, "", "0-2", "2")) == ""
    assert "read beyond" in seen(database).fault(end(99, "", "0-2", "2"))
    assert "read beyond" in seen(database).fault(end(99, "", "2")), "a log that was reset names no transaction"
    assert "the server is 0-3, 3, and changes were read of 0-2 only" in seen(database).fault(end(99, "", "0-3", "3"))


def test_after_the_next_log_was_set_it_is_told_until_something_of_it_was_read(database: Database) -> None:
    reach(database, **{"": 100})
    assert "nothing was read yet of log 2" in seen(database, shop("log = 2")).fault(end(50))
    with database.write() as connection:
        connection.execute(sa.delete(source_reached))
    reach(database, **{"": 100, "2/": 40})
    assert seen(database, shop("log = 2")).fault(end(50)) == ""
    assert "Set `log = 3`" in seen(database, shop("log = 2")).fault(end(39))
