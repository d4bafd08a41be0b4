"""What tells that a table was read to its end comes after the table's last row."""

import json

from cdc.embedded.engine import EngineEvent
from cdc.embedded.places import EnginePlace
from cdc.embedded.snapshots import ScansLast

TOPIC = "shop.public.onefold_notifications"
DURING = EnginePlace("{}", json.dumps({"lsn": 1, "snapshot": "INITIAL", "snapshot_completed": False}))
LAST = EnginePlace("{}", json.dumps({"lsn": 1, "snapshot": "INITIAL", "snapshot_completed": True}))
AFTER = EnginePlace("{}", json.dumps({"lsn": 2}))


def row(value: str, place: EnginePlace) -> EngineEvent:
    return EngineEvent("shop.public.customers", "1", value, {}, place, None)


def scanned(value: str, place: EnginePlace = DURING) -> EngineEvent:
    return EngineEvent(TOPIC, "1", json.dumps({"type": "TABLE_SCAN_COMPLETED", "of": value}), {}, place, None)


def order(*batches: list[EngineEvent]) -> list[list[EngineEvent]]:
    scans = ScansLast(TOPIC)
    return [list(scans.order(batch)) for batch in batches]


def test_it_follows_the_last_row() -> None:
    first, last, told, after = row("a", DURING), row("b", LAST), scanned("customers"), row("c", AFTER)
    ((one, two, three, four),) = order([first, told, last, after])
    assert (one, two, three.value, four) == (first, last, told.value, after)
    assert three.place == LAST


def test_it_waits_for_a_later_batch() -> None:
    last, told = row("b", LAST), scanned("customers")
    first, second = order([told], [last])
    assert first == []
    assert [event.value for event in second] == [last.value, told.value]


def test_tables_without_a_row_are_told_once_and_in_order() -> None:
    told = [scanned("customers"), scanned("orders")]
    ((heartbeat, *rest), again) = order([*told, row("h", AFTER)], [row("i", AFTER)])
    assert heartbeat.value == "h"
    assert [event.value for event in rest] == [event.value for event in told]
    assert len(again) == 1


def test_later_ones_and_others_stay_where_they_are() -> None:
    events = [scanned("customers", AFTER), row('"TABLE_SCAN_COMPLETED"', DURING), row("x", AFTER)]
    assert order(events) == [events]
