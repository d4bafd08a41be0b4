"""Metrics: every one is documented and shown, none tells of a person, and the dashboard asks for none that is not there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY

import server
from cli.engine_gauges import ENGINE_GAUGES
from cli.gauges import GAUGES
from cli.kafka_gauges import KAFKA_GAUGES

ROOT = Path(server.__file__).parent  # importing it loads everything that counts
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "onefold.json").read_text(encoding="utf-8"))
#: The only words by which anything is told apart.
LABELS = {"outcome", "kind", "mode", "operation", "status", "stream", "code", "le"}


def counted() -> Iterator[Any]:
    return (metric for metric in REGISTRY.collect() if metric.name.startswith("onefold_"))


def names() -> set[str]:
    """As they are documented: counters with their ending, histograms without."""
    ending = {"counter": "_total"}
    return {f"{metric.name}{ending.get(metric.type, '')}" for metric in counted()} | {
        *GAUGES,
        *KAFKA_GAUGES,
        *ENGINE_GAUGES,
    }


def test_every_metric_is_documented_and_no_other() -> None:
    assert set(re.findall(r"^\| `(onefold_[a-z_]+)`", PAGE, re.MULTILINE)) == names()


def test_a_query_or_an_alert_asks_for_metrics_that_are_there() -> None:
    series = names() | {f"{metric.name}_{part}" for metric in counted() for part in ("bucket", "sum", "count")}
    assert set(re.findall(r"onefold_[a-z_]+", PAGE)) <= series
    asked = set(re.findall(r"onefold_[a-z_]+", json.dumps([panel["targets"] for panel in DASHBOARD["panels"]])))
    assert asked <= series


def test_the_dashboard_shows_every_metric() -> None:
    shown = json.dumps([panel["targets"] for panel in DASHBOARD["panels"]])
    assert [name for name in names() if name not in shown] == []


def test_what_is_told_apart_is_known() -> None:
    labels = {label for metric in counted() for sample in metric.samples for label in sample.labels}
    assert labels <= LABELS


def test_panels_do_not_cover_each_other() -> None:
    taken = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
