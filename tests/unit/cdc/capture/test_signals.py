"""Signals for incremental snapshots: what they say, and what is refused before one is sent."""

import json
import re
from typing import Any

import pytest

from cdc.capture.errors import CaptureError
from cdc.capture.findings import ERROR, WARNING, Finding
from cdc.capture.signals import outdated, signal_findings, snapshot_signal
from tests.unit.cdc.capture.sources import SHOP, mysql, shop, till
from tests.unit.cdc.events import mapping_from

HEARING = 'signal_table = "signals"'


def hearing() -> Any:
    """A shop with a signal table, all of whose tables have a key."""
    return mapping_from(SHOP.format(more=HEARING).replace('"event"', '"event"\nkey = ["id"]')).sources[0]


def test_a_signal_names_each_table_once_by_a_pattern_for_it_alone() -> None:
    signal = snapshot_signal(hearing(), ["customers", "Web Visits", "customers"])
    data = json.loads(signal.data)
    assert data["type"] == "incremental"
    first, second = data["data-collections"]
    assert re.fullmatch(first, "public.customers")
    assert not re.fullmatch(first, "publicXcustomers")
    assert re.fullmatch(second, "public.Web Visits")
    assert "additional-conditions" not in data
    assert signal.tables == ("customers", "Web Visits")
    assert signal.id != snapshot_signal(hearing(), ["customers"]).id


def test_a_condition_is_for_its_table() -> None:
    signal = snapshot_signal(hearing(), ["customers"], where="id < 5")
    data = json.loads(signal.data)
    assert data["additional-conditions"] == [{"data-collection": data["data-collections"][0], "filter": "id < 5"}]
    with pytest.raises(CaptureError, match="one table"):
        snapshot_signal(hearing(), ["customers", "Web Visits"], where="id < 5")


def test_a_message_on_kafka_says_the_same() -> None:
    signal = snapshot_signal(till(), ["members"])
    message = json.loads(signal.message)
    assert (message["id"], message["type"]) == (signal.id, "execute-snapshot")
    assert message["data"] == json.loads(signal.data)
    assert re.fullmatch(message["data"]["data-collections"][0], "pos.members")


def test_who_needs_a_signal_table_and_has_none_is_told_what_to_do() -> None:
    with pytest.raises(CaptureError, match=r"postgresql .*signal_table = .*connector config Shop-1 --statements"):
        snapshot_signal(shop(), ["customers"])
    with pytest.raises(CaptureError, match=r"mysql .*signal_table = .*connector config till --statements"):
        snapshot_signal(mysql(), ["members"])


def test_tables_that_are_not_captured_or_whose_rows_have_no_key_are_refused() -> None:
    with pytest.raises(CaptureError, match="captures no table 'staff'; it captures customers, Web Visits"):
        snapshot_signal(hearing(), ["staff"])
    with pytest.raises(CaptureError, match="has no key"):
        snapshot_signal(shop(HEARING), ["Web Visits"])


def test_a_signal_that_its_table_does_not_take_is_refused() -> None:
    with pytest.raises(CaptureError, match="2048"):
        snapshot_signal(hearing(), ["customers"], where="x" * 2048)


def test_only_what_concerns_the_tables_or_the_signal_is_in_the_way() -> None:
    found = [
        Finding(ERROR, "shop", "table customers", "cannot be read"),
        Finding(ERROR, "shop", "table Web Visits", "cannot be read"),
        Finding(WARNING, "shop", "table customers", "has other columns"),
        Finding(WARNING, "shop", "signal table signals", "is not there"),
        Finding(ERROR, "shop", "127.0.0.1:5432", "cannot be reached"),
        Finding(WARNING, "shop", "slot onefold_shop", "keeps much"),
    ]
    kept = signal_findings(hearing(), ["customers"], found)
    assert [each.place for each in kept] == ["table customers", "signal table signals", "127.0.0.1:5432"]


def test_a_running_connector_that_was_told_otherwise_is_seen() -> None:
    wanted = {"signal.enabled.channels": "source", "table.include.list": "a", "tasks.max": "1"}
    assert outdated({**wanted, "tasks.max": "2"}, wanted) == ()
    assert outdated({"table.include.list": "b"}, wanted) == ("signal.enabled.channels", "table.include.list")
