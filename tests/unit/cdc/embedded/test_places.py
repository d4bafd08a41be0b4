"""Which offset is safe to go on from, and how it is kept."""

import json
from typing import Any

from cdc.embedded.places import EnginePlace, SafePlaces
from tests.unit.cdc.capture.sources import connector, shop

PARTITION = '{"server":"shop"}'


def place(**offset: Any) -> EnginePlace:
    return EnginePlace(PARTITION, json.dumps(offset))


def safe_after(*places: EnginePlace) -> list[EnginePlace | None]:
    passed = SafePlaces()
    found = []
    for one in places:
        passed.pass_event(one)
        found.append(passed.safe)
    return found


def test_the_last_event_before_a_change_of_place_is_safe() -> None:
    one, two, three = (place(lsn=n, lsn_proc=n) for n in (1, 2, 3))
    assert safe_after(one, two, three) == [None, one, two]


def test_nothing_between_the_halves_of_a_new_primary_key_is_safe() -> None:
    before, after = place(lsn=1, lsn_proc=1), place(lsn=3, lsn_proc=3)
    halves = [place(lsn=2, lsn_proc=2, transaction_data_collection_order_t=n, ts_usec=n) for n in (1, 1, 2)]
    assert safe_after(before, *halves, after) == [None, before, before, before, halves[-1]]


def test_the_same_place_once_more_does_not_make_it_safe() -> None:
    one, later = place(lsn=1, ts_usec=1), place(lsn=1, ts_usec=2)
    assert safe_after(one, one, later) == [None, None, None]


def test_an_offset_that_says_nothing_is_never_kept() -> None:
    one = place(lsn=1, snapshot="INITIAL", snapshot_completed=False)
    assert safe_after(place(), one) == [None, None]


def test_passing_tells_when_the_event_before_became_safe() -> None:
    passed = SafePlaces()
    assert [passed.pass_event(place(lsn=n)) for n in (1, 1, 2, 2, 3)] == [False, False, True, False, True]


def test_a_snapshot_is_behind_only_when_it_is_complete() -> None:
    assert not place(lsn=1, snapshot="INITIAL", snapshot_completed=False).is_behind_snapshot
    assert place(lsn=1, snapshot="INITIAL", snapshot_completed=True).is_behind_snapshot
    assert place(lsn=1).is_behind_snapshot


def test_postgresql_may_forget_up_to_the_highest_lsn() -> None:
    assert place(lsn=5, lsn_proc=7, lsn_commit=3, txId=900).lsn == 7
    assert place(file="binlog.1", pos=4).lsn == 0


def test_a_place_belongs_to_one_prefix() -> None:
    assert place(lsn=1).is_of(connector(shop()))
    assert not EnginePlace('{"server":"other"}', "{}").is_of(connector(shop()))
