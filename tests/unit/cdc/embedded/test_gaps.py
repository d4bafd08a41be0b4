"""What a source must still have so that reading can go on."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from cdc.embedded.gaps import _binlog_gap, _slot_gap
from cdc.embedded.places import EnginePlace
from tests.unit.cdc.capture.sources import connector, shop


def place(**offset: Any) -> EnginePlace:
    return EnginePlace('{"server":"shop"}', json.dumps(offset))


@pytest.mark.parametrize(("file", "position", "is_gap"), [("b.2", 900, False), ("b.2", 901, True), ("b.1", 4, True)])
def test_a_binary_log_must_be_there_and_as_long(file: str, position: int, *, is_gap: bool) -> None:
    logs: list[Mapping[str, Any]] = [{"log_name": "b.2", "file_size": 900}]
    assert bool(_binlog_gap(place(file=file, pos=position), lambda query, /, **values: logs)) == is_gap


@pytest.mark.parametrize(
    ("slot", "told"),
    [
        ([], "is gone"),
        ([{"wal_status": "lost", "confirmed": None}], "has lost changes"),
        ([{"wal_status": "reserved", "confirmed": 8}], "read further"),
        ([{"wal_status": "reserved", "confirmed": 7}], ""),
    ],
)
def test_a_slot_must_be_there_and_no_further_than_we_are(slot: list[Mapping[str, Any]], told: str) -> None:
    found = _slot_gap(connector(shop()), place(lsn=7), lambda query, /, **values: slot)
    assert told in found
    assert bool(found) == bool(told)
