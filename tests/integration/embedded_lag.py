"""How far an engine is behind its source, as `onefold status` and Prometheus hear of it, for the tests on each kind of database."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
from typer.testing import CliRunner

import server
from cli.app import application
from tests.installation import Installation
from tests.integration.embedded import LAST, Source, environment, persons, running
from tests.services.ports import free_port

#: More than what a quiet log has beyond what was applied, and less than the bytes that are written while nobody reads.
QUIET_BYTES = 50_000
NOISE = 200_000


def assert_lag_is_told(one: Installation, source: Source, make_noise: Callable[[], None]) -> None:
    """Before anything was read, at rest, with a log that grew while nobody read, after that, and when the source is away."""
    assert told_by_status(one, source) is None
    port = free_port()
    with running(one, source, "--metrics-port", str(port)) as run:
        run.wait_for(lambda: persons(one) == {0}, "the snapshot")
        run.wait_for(lambda: 0 <= told_by_metrics(port, source).get("lag_bytes", -1) < QUIET_BYTES, "rest")
        assert told_by_metrics(port, source)["up"] == 1
        run.stop()
    before = time.time()
    make_noise()
    behind = told_by_status(one, source)
    assert behind
    assert behind["lag_bytes"] > QUIET_BYTES
    assert datetime.fromisoformat(behind["last_event"]).timestamp() < before
    with running(one, source, "--metrics-port", str(port)) as run:
        source.write_last()
        run.wait_for(lambda: LAST in persons(one), "the last row")
        run.wait_for(lambda: told_by_metrics(port, source).get("lag_bytes", QUIET_BYTES) < QUIET_BYTES, "rest")
        assert int(before) <= told_by_metrics(port, source)["event_timestamp_seconds"] <= time.time()
        run.stop()
    assert_source_is_away(one, source)


def assert_source_is_away(one: Installation, source: Source) -> None:
    """Of a source that does not answer there is no lag; when its newest event was made is known all the same."""
    file = one.folder / "onefold.toml"
    known = told_by_status(one, source)
    lines = file.read_text().splitlines()
    file.write_text("\n".join(f"port = {free_port()}" if line.startswith("port = ") else line for line in lines))
    away = told_by_status(one, source)
    assert known
    assert away == {**known, "lag_bytes": None, "unknown": "its database does not answer"}
    assert "its database does not answer" in status(one, source)


def told_by_status(one: Installation, source: Source) -> dict[str, Any] | None:
    """What `onefold status` says of the engine of a source; None where it says nothing."""
    engines = json.loads(status(one, source, "--json"))["engines"]
    return next((engine for engine in engines if engine["source"] == source.name), None)


def status(one: Installation, source: Source, *options: str) -> str:
    """What `onefold status` prints."""
    environ = environment(one, source)
    given = ["status", *options, "--config", str(one.folder / "onefold.toml")]
    return CliRunner().invoke(application(), given, obj=server.wiring(environ), env=environ).stdout


def told_by_metrics(port: int, source: Source) -> dict[str, float]:
    """What Prometheus hears of a source."""
    lines = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text.splitlines()
    told = (line.rpartition(" ") for line in lines if line.startswith("onefold_source_"))
    ending = f'{{source="{source.name}"}}'
    return {
        name.removeprefix("onefold_source_").removesuffix(ending): float(value)
        for name, _, value in told
        if name.endswith(ending)
    }
