"""Clocks that are wrong by hours, back and forth, at the sources and at the worker: the result is the same, as logs have an order of their own."""

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench.events import MAPPING
from cdc import RawEvent
from tests.installation import captured, installation
from tests.integration.kafka_topics import SAMPLE, of_tables, some_business

HOURS = 12
#: Debezium's times of an event, by how many of their units an hour has.
UNITS = {"ts_ms": 3_600_000, "ts_us": 3_600_000_000, "ts_ns": 3_600_000_000_000}
EVENTS = 600
SHOP = (SAMPLE.parents[1] / "mappings" / "shop.toml").read_text(encoding="utf-8")


def skewed(events: Sequence[RawEvent], chance: random.Random) -> list[RawEvent]:
    """The same events, each as if the clocks had been wrong by other hours."""
    return [replace(event, value=_skewed(event.value, chance.randint(-HOURS, HOURS))) for event in events]


def _skewed(value: bytes | None, hours: int) -> bytes | None:
    if value is None:
        return None
    envelope = json.loads(value)
    for block in (envelope, envelope.get("source") or {}):
        for name in UNITS.keys() & block.keys():
            block[name] += hours * UNITS[name]
    return json.dumps(envelope, ensure_ascii=False).encode()


def times(events: Sequence[RawEvent]) -> list[int]:
    return [json.loads(event.value)["ts_ms"] for event in events if event.value is not None]


@pytest.mark.parametrize("what", ["business", "debezium"])
def test_wrong_clocks_change_nothing(
    what: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = MAPPING if what == "business" else SHOP
    events = some_business(tmp_path)[:EVENTS] if what == "business" else of_tables(captured(SAMPLE))
    with installation(tmp_path / "right", mapping) as right:
        right.ingest(events)
        expected = right.lines()
    chance, clock = random.Random(51), time.time_ns
    wrong = skewed(events, chance)
    assert times(wrong) != sorted(times(wrong)), "the clocks went forward only"
    with installation(tmp_path / "wrong", mapping, database=database_url) as one:
        asked: list[int] = []

        def jumping() -> int:
            asked.append(clock() + chance.randint(-HOURS, HOURS) * UNITS["ts_ns"])
            return asked[-1]

        monkeypatch.setattr(time, "time_ns", jumping)
        one.ingest(wrong, batch=20)
        assert asked != sorted(asked), "the worker's clock went forward only"
        assert one.lines() == expected
