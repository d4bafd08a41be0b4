"""Bad input is a user too: each kind of broken event is parked with a clear message, and everything else goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MAPPING = """
[onefold]
max_event_bytes = 20000

[[source]]
name = "db"
topics = "db.*"
channel = "store"
currency = "CNY"
[source.tables.person]
kind = "person"
key = ["id"]
[source.tables.person.columns]
phone = { is = "phone" }
birthday = { is = "birthday" }
[source.tables.receipt]
kind = "order"
key = ["id"]
[source.tables.receipt.columns]
person = { is = "person", table = "person" }
total = { is = "amount" }
at = { is = "occurred_at", unit = "us" }
"""
SECRET = "13812349876"


def line(table: str, position: int, after: Any, *, key: Any = None, **envelope: Any) -> bytes:
    source = {"connector": "onefold-sqlite", "name": "db", "db": "main", "table": table, "seq": position}
    value = {"before": None, "after": after, "source": {**source, "snapshot": "false"}, "op": "c", **envelope}
    named = {"id": after["id"]} if key is None and isinstance(after, dict) and "id" in after else key
    event = {"topic": f"db.{table}", "key": json.dumps(named), "value": json.dumps(value)}
    return json.dumps(event).encode()


def person(number: int, position: int, **columns: Any) -> bytes:
    return line("person", position, {"id": number, "phone": SECRET, "birthday": None, **columns})


BROKEN = {
    "malformed JSON": (b'{"topic": "db.person", "key": "{', "malformed_json", "not valid JSON"),
    "malformed JSON inside": (
        json.dumps({"topic": "db.person", "key": '{"id": 21}', "value": '{"op": "c", '}).encode(),
        "malformed_json",
        "value",
    ),
    "invalid UTF-8": (b'{"topic": "db.person", "key": null, "value": "\xff\xfe"}', "invalid_utf8", "not UTF-8"),
    "a wrong envelope": (
        json.dumps({"topic": "db.person", "key": '{"id": 22}', "value": '{"id": 22, "phone": "1"}'}).encode(),
        "wrong_envelope",
        "",
    ),
    "a missing key column": (line("person", 2, {"phone": SECRET}, key={"nr": 23}), "missing_key", "id"),
    "an unmapped table": (line("supplier", 2, {"id": 24}), "unmapped_table", "supplier"),
    "an oversized event": (person(25, 2, note="x" * 30_000), "oversized", "20000"),
    "a wrong type": (person(26, 2, birthday=True), "wrong_type", "birthday"),
    "too many decimals": (
        line("receipt", 2, {"id": 27, "person": 1, "total": "1.005", "at": 5}),
        "wrong_type",
        "total",
    ),
    "a decimal without its scale": (
        line("receipt", 2, {"id": 28, "person": 1, "total": "AdOU", "at": 5}),
        "ambiguous_value",
        "scale",
    ),
    "an unknown operation": (line("person", 2, {"id": 29}, op="x"), "unknown_op", "op"),
}


def onefold(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "ONEFOLD_CONFIG": str(folder / "onefold.toml")}
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """An installation that read every kind of broken event, with good ones between, and what it reported."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "onefold.toml").write_text(MAPPING, encoding="utf-8")
    assert onefold(folder, "init", str(folder)).returncode == 0
    good = [person(number, number) for number in range(100, 101 + len(BROKEN))]
    lines = [good[0], *(one for pair in zip((b for b, _, _ in BROKEN.values()), good[1:], strict=True) for one in pair)]
    (folder / "events.jsonl").write_bytes(b"\n".join(lines))
    done = onefold(folder, "ingest", str(folder / "events.jsonl"), "--json")
    assert done.returncode == 1, done.stderr
    listed = onefold(folder, "parked", "list", "--json")
    assert SECRET not in done.stdout + done.stderr + listed.stdout
    return folder, {**json.loads(done.stdout), "list": json.loads(listed.stdout)}


def test_the_good_events_between_are_applied(made: tuple[Path, dict[str, Any]]) -> None:
    _, report = made
    assert (report["applied"], report["parked"]) == (len(BROKEN) + 1, len(BROKEN))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_event_is_parked_with_a_message_that_names_the_place(
    name: str, made: tuple[Path, dict[str, Any]]
) -> None:
    _, code, told = BROKEN[name]
    parked = made[1]["list"][list(BROKEN).index(name)]
    assert parked["code"] == code
    assert told in parked["message"]


def test_reading_the_file_again_parks_nothing_new(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, _ = made
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes((folder / "events.jsonl").read_bytes())
    again = onefold(folder, "ingest", str(folder / "events.jsonl"), str(copy), "--json")
    assert (again.returncode, json.loads(again.stdout)["parked"]) == (0, 0)


def test_a_retry_leaves_a_line_that_holds_no_event_parked_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "onefold.toml").write_text(MAPPING, encoding="utf-8")
    assert onefold(tmp_path, "init", str(tmp_path)).returncode == 0
    lines = [b"null", b"7", b"[]", b'{"op": "t"}', b'{"topic": 1}', b"not JSON", b'"\xff"', b"x" * 200_000]
    (tmp_path / "lines.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    onefold(tmp_path, "ingest", str(tmp_path / "lines.jsonl"))
    before = onefold(tmp_path, "parked", "list", "--json").stdout
    assert [parked["message"].partition(":")[0] for parked in json.loads(before)] == [f"line {n}" for n in range(1, 9)]
    tried = onefold(tmp_path, "parked", "retry", "--all", "--json")
    assert json.loads(tried.stdout) == {"tried": 8, "applied": 0, "seen": 0, "ignored": 0, "still_parked": 8}
    assert onefold(tmp_path, "parked", "list", "--json").stdout == before


def test_later_events_of_a_parked_row_queue_behind_it(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, _ = made
    file = tmp_path / "queue.jsonl"
    lines = [person(900, 9000), person(900, 9001, birthday=True), person(900, 9002), person(901, 9003)]
    file.write_bytes(b"\n".join(lines))
    report = json.loads(onefold(folder, "ingest", str(file), "--json").stdout)
    assert (report["applied"], report["parked"]) == (2, 2)
    codes = [one["code"] for one in json.loads(onefold(folder, "parked", "list", "--json").stdout)]
    assert codes[-2:] == ["wrong_type", "queued"]
