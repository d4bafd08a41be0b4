"""How far an engine is behind, from the stored place, the newest change and what the source's database says."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from cdc.capture.errors import PasswordUnknown
from cdc.embedded import lag
from cdc.embedded.lag import EngineLag, engine_lags
from cdc.embedded.places import EnginePlace
from cdc.mapping import SourceMapping
from cdc.positions import SourceBlock, position
from cdc.tables import source_reached, stream_position
from storage import Database, insert
from tests.unit.cdc.capture.sources import shop, till

LOGS: list[Mapping[str, Any]] = [
    {"log_name": f"mariadb-bin.{n}", "file_size": size}
    for n, size in (("999999", 900), ("1000000", 500), ("1000001", 70))
]
OTHER_LOG = "its log is not the one that was read"


class Stored:
    """Stands for the stored places; nothing is sealed here."""

    def __init__(self, place: EnginePlace | None) -> None:
        self.place = place

    def load(self, connection: Connection, stream: str) -> EnginePlace | None:
        assert stream.startswith("debezium:")
        return self.place


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{tmp_path / 'one.db'}")) as made:
        with made.write() as connection:
            stream_position.create(connection)
            source_reached.create(connection)
        yield made


def asked(
    database: Database,
    source: SourceMapping,
    place: dict[str, Any] | None,
    *,
    reached: SourceBlock | None = None,
) -> EngineLag:
    """The lag of a source that an engine has read."""
    stream = f"debezium:{source.name}"
    with database.write() as connection:
        insert(connection, stream_position, [{"stream": stream, "next_offset": 5, "owner_epoch": 1, "digest": None}])
        at = [] if reached is None else [position(reached, is_snapshot=False)]
        rows = [{"source": source.name, "stream": stream, "server": "", "position": each} for each in at]
        insert(connection, source_reached, rows)
    stored: Any = Stored(None if place is None else EnginePlace('{"server":"x"}', json.dumps(place)))
    [found] = engine_lags([source], database, stored, {}, seconds=1)
    return found


def answer(monkeypatch: pytest.MonkeyPatch, given: list[Mapping[str, Any]] | Exception) -> None:
    """Let sources' databases say this."""

    @contextmanager
    def asking(*_: object, seconds: int) -> Iterator[Any]:
        assert seconds == 1
        if isinstance(given, Exception):
            raise given
        yield lambda query, /, **values: given

    monkeypatch.setattr(lag, "asking", asking)


@pytest.mark.parametrize(
    ("place", "reached", "bytes_behind"),
    [
        ({"lsn": 700, "lsn_commit": 690, "ts_usec": 5_000_000}, None, 300),
        ({"lsn": 700, "lsn_proc": 1000, "ts_usec": 5_000_000}, None, 0),
        ({"lsn": 700, "ts_usec": 5_000_000}, 650, 300),
        ({"lsn": 700, "ts_usec": 5_000_000}, 990, 10),
        ({"lsn": 1001, "ts_usec": 5_000_000}, None, None),
    ],
)
def test_postgresql_is_behind_by_what_is_written_beyond_place_and_newest_change(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    place: dict[str, int],
    reached: int | None,
    bytes_behind: int | None,
) -> None:
    answer(monkeypatch, [{"written": 1000}])
    found = asked(database, shop(), place, reached=None if reached is None else SourceBlock(lsn=reached))
    assert (found.lag_bytes, found.event_seconds, found.is_up) == (bytes_behind, 5, True)
    assert (OTHER_LOG in found.unknown) == (bytes_behind is None)


@pytest.mark.parametrize(
    ("place", "reached", "bytes_behind"),
    [
        (("1000001", 70), None, 0),
        (("1000000", 100), None, 470),
        (("999999", 100), None, 1370),
        (("1000000", 100), ("1000000", 450), 120),
        (("1000000", 100), ("999999", 850), 470),
        (("999999", 100), ("1000001", 4), 66),
        (("1000000", 501), None, None),
        (("999998", 4), None, None),
    ],
)
def test_mariadb_is_behind_by_the_rest_of_the_log_and_those_after_it(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    place: tuple[str, int],
    reached: tuple[str, int] | None,
    bytes_behind: int | None,
) -> None:
    answer(monkeypatch, LOGS)
    newest = None if reached is None else SourceBlock(file=f"mariadb-bin.{reached[0]}", pos=reached[1])
    stored = {"file": f"mariadb-bin.{place[0]}", "pos": place[1], "ts_sec": 5}
    found = asked(database, till(), stored, reached=newest)
    assert (found.lag_bytes, found.event_seconds, found.is_up) == (bytes_behind, 5, True)
    assert (OTHER_LOG in found.unknown) == (bytes_behind is None)


@pytest.mark.parametrize("place", [None, {"lsn": 7, "snapshot": "INITIAL", "snapshot_completed": False}])
def test_while_all_rows_are_read_no_lag_is_known(database: Database, place: dict[str, Any] | None) -> None:
    found = asked(database, shop(), place)
    assert found == EngineLag("Shop-1", None, None, "all rows are being read, and the log after them", is_up=None)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OperationalError("", {}, Exception("secret")), "its database does not answer"),
        (PasswordUnknown("variable 'X' is not set"), "variable 'X' is not set"),
    ],
)
def test_a_source_that_cannot_be_asked_has_a_reason_and_the_time_of_its_newest_event(
    database: Database, monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
) -> None:
    answer(monkeypatch, error)
    found = asked(database, shop(), {"lsn": 7, "ts_usec": 5_500_000})
    assert found == EngineLag("Shop-1", None, 5.5, why, is_up=False)


def test_sources_that_no_engine_has_read_are_left_out(database: Database) -> None:
    stored: Any = Stored(None)
    assert engine_lags([shop(), till()], database, stored, {}, seconds=1) == []
