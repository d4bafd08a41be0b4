"""What a source must still have so that reading can go on."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from cdc.capture.connector import Connector
from cdc.embedded.errors import EngineFailed, LogLost, SourceLost
from cdc.embedded.gaps import _binlog_gap, _slot_gap, as_lost, check_source
from cdc.embedded.places import EnginePlace
from tests.unit.cdc.capture.sources import connector, shop, till

MARIADB = connector(till())


def place(**offset: Any) -> EnginePlace:
    return EnginePlace('{"server":"shop"}', json.dumps(offset))


def binlog_gap(kind: Connector, at: EnginePlace, gtids: str | None = "0-1-7") -> str:
    """With a log of 900 bytes, before whose place is ``gtids``."""

    def rows(query: str, /, **values: Any) -> list[Mapping[str, Any]]:
        return [{"gtids": gtids}] if "GTID" in query else [{"log_name": "b.2", "file_size": 900}]

    return _binlog_gap(kind, at, rows)


@pytest.mark.parametrize(("file", "position", "is_gap"), [("b.2", 900, False), ("b.2", 901, True), ("b.1", 4, True)])
def test_a_binary_log_must_be_there_and_as_long(file: str, position: int, *, is_gap: bool) -> None:
    assert bool(binlog_gap(MARIADB, place(file=file, pos=position))) == is_gap


@pytest.mark.parametrize(
    ("gtids", "is_gap"),
    [("0-1-7", False), ("0-1-7,1-1-9", False), ("0-1-6", True), ("0-1-7,2-1-1", True), (None, True)],
)
def test_what_precedes_the_place_in_mariadbs_log_must_be_what_did(gtids: str | None, *, is_gap: bool) -> None:
    assert bool(binlog_gap(MARIADB, place(file="b.2", pos=4, gtids="0-1-7, 1-1-9"), gtids)) == is_gap


def test_during_a_snapshot_a_log_may_go_but_not_begin_anew() -> None:
    assert not binlog_gap(MARIADB, place(file="b.1", pos=4, snapshot="INITIAL"))
    assert binlog_gap(MARIADB, place(file="b.2", pos=901, snapshot="INITIAL"))


@pytest.mark.parametrize(
    ("slot", "told"),
    [
        ([], "is gone"),
        ([{"wal_status": "lost", "confirmed": None, "written": 9}], "has lost changes"),
        ([{"wal_status": "reserved", "confirmed": 8, "written": 9}], "read further"),
        ([{"wal_status": "reserved", "confirmed": 5, "written": 6}], "ends before"),
        ([{"wal_status": "reserved", "confirmed": 7, "written": 7}], ""),
    ],
)
def test_a_slot_must_be_there_and_no_further_than_we_are(slot: list[Mapping[str, Any]], told: str) -> None:
    found = _slot_gap(connector(shop()), place(lsn=7), lambda query, /, **values: slot)
    assert told in found
    assert bool(found) == bool(told)


def test_another_prefix_is_another_source() -> None:
    with pytest.raises(LogLost, match=r"`prefix` .* --source till --read-anew"):
        check_source(till(), place(file="b.2", pos=4), {})


@pytest.mark.parametrize(
    "told",
    [
        "could not find next log. Error code: 1236; SQLSTATE: HY000.",
        "connecting slave requested to start from GTID 0-1-7, which is not in the master's binlog (code=1236)",
        "The connector is trying to read binlog b.1, but this is no longer available on the server",
        "The db history topic or its content is fully or partially missing",
    ],
)
@pytest.mark.parametrize("kind", [EngineFailed, SourceLost])
def test_what_debezium_says_of_a_log_that_is_gone_comes_with_the_mend(kind: type[Exception], told: str) -> None:
    found = as_lost(till(), kind(told))  # type: ignore[arg-type]  # both take a text
    assert isinstance(found, LogLost)
    assert told in str(found)
    assert "--source till --read-anew" in str(found)


@pytest.mark.parametrize(
    "told",
    ["a slave with the same server_uuid/server_id as this one has connected. Error code: 1236", "Communications link"],
)
def test_other_errors_stay_what_they_are(told: str) -> None:
    failure = SourceLost(told)
    assert as_lost(till(), failure) is failure
