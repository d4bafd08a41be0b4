"""Hostile events: whatever a source sends becomes a change or something to park, never an exception."""

import json
from typing import Any

import pytest

from cdc import CapturedFile, FactChange, RawEvent, Translator, Unusable, read_mapping
from storage import ConfigDocument

MAPPING = """
[[source]]
name = "db"
topics = "db.*"
channel = "store"
currency = "CNY"
[source.tables.receipt]
kind = "order"
key = ["id"]
[source.tables.receipt.columns]
total = { is = "amount", scale = 2 }
points = { is = "points" }
rating = { is = "rating" }
status = { is = "status" }
note = { is = "trait.note" }
"""
TRANSLATOR = Translator(read_mapping(ConfigDocument.parse(MAPPING, "onefold.toml")))


def raw(after: dict[str, Any], **source: Any) -> RawEvent:
    block = {"connector": "onefold-sqlite", "name": "db", "db": "main", "table": "receipt", "seq": 7, **source}
    value = {"before": None, "after": {"id": 1, **after}, "source": {**block, "snapshot": "false"}, "op": "c"}
    return RawEvent("s", 1, "db.receipt", b'{"id": 1}', json.dumps(value).encode())


def translated(after: dict[str, Any], **source: Any) -> object:
    return TRANSLATOR.translate(raw(after, **source))


@pytest.mark.parametrize(
    ("after", "named"),
    [
        ({"total": "1000000000000000.00"}, "total"),
        ({"points": 10**13 + 1}, "points"),
        ({"points": 2**70}, "points"),
        ({"rating": -(10**14)}, "rating"),
        ({"status": "x" * 501}, "status"),
        ({"status": "a\0b"}, "status"),
    ],
)
def test_what_no_column_can_hold_is_parked_by_name(after: dict[str, Any], named: str) -> None:
    change = translated(after)
    assert isinstance(change, Unusable)
    assert (change.code, named in change.message) == ("wrong_type", True)


@pytest.mark.parametrize("depth", [100, 900, 985, 5_000])
def test_a_deep_value_is_taken_or_parked_and_never_an_exception(depth: int) -> None:
    flat = raw({"note": "here"}).value or b""
    deep = flat.replace(b'"here"', b"[" * depth + b"]" * depth)
    change = TRANSLATOR.translate(RawEvent("s", 1, "db.receipt", b'{"id": 1}', deep))
    assert isinstance(change, FactChange | Unusable)


def test_a_fault_of_the_decoder_itself_parks_its_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ArithmeticError("13812349876")

    monkeypatch.setattr(TRANSLATOR, "_translate", broken)
    change = translated({})
    assert isinstance(change, Unusable)
    assert change.code == "unreadable"
    assert "ArithmeticError" in change.message
    assert "13812349876" not in change.message


def test_a_line_nested_too_deeply_is_parked_and_the_next_goes_on(tmp_path: Any) -> None:
    file = tmp_path / "deep.jsonl"
    deep = "[" * 100_000 + "]" * 100_000
    file.write_text(f'{{"topic": "db.receipt", "value": {deep}}}\n{{"topic": "db.receipt", "value": null}}\n')
    bad, good = CapturedFile(file).events()
    assert isinstance(bad, Unusable)
    assert bad.code == "malformed_json"
    assert isinstance(good, RawEvent)


def test_a_gtid_that_names_no_server_opens_no_epoch() -> None:
    change = translated({}, gtid="a\0b:7")
    assert getattr(change, "origin").server == ""  # noqa: B009 - any change has an origin, Unusable has none
