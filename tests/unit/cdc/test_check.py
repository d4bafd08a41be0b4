"""Checking a mapping against a sample: what became of each column, and nothing of what it held."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from cdc.changes import Unusable
from cdc.check import CheckReport, ColumnCheck, TableCheck, check_events, check_sample, shape_of
from cdc.files import CapturedFile
from tests.unit.cdc.events import mapping_at, raw, row_event, shop_mapping
from tests.unit.cdc.seeded import MAPPINGS, SAMPLES

MAPPING = shop_mapping(
    '[tables.customers]\nkind = "person"\nkey = ["id"]\ncreated_at = "joined"\n[tables.customers.columns]\n'
    'email = { is = "email", verified_by = "checked" }\nage = { is = "points" }\nnever = { is = "phone" }\n'
    '[tables.audit]\nkind = "ignore"\n'
)


def report() -> CheckReport:
    rows: list[dict[str, Any]] = [
        {"id": 1, "email": "xiaomei@example.com", "age": 5, "other": True},
        {"id": 2, "email": None, "age": "not a number"},
        {"id": 3, "email": "__debezium_unavailable_value", "age": 7, "joined": "2026-01-01T00:00:00Z"},
    ]
    events = [row_event("customers", row, key={"id": row["id"]}) for row in rows]
    extra = [
        row_event("customers", None, op="d", before={"id": 1}, key={"id": 1}),
        row_event("audit", {"x": 1}),
        row_event("unknown", {"x": 1}, key={"x": 1}),
        raw("__debezium-heartbeat.shop", None, {"ts_ms": 1}),
    ]
    return check_events(
        MAPPING, [*events, *extra, Unusable("s", 9, "malformed_json", "line 1: the line is not valid JSON")]
    )


def column(found: CheckReport, name: str) -> ColumnCheck:
    return next(column for column in found.tables[0].columns if column.column == name)


def test_each_column_tells_what_it_became_and_what_it_held() -> None:
    found = report()
    assert column(found, "email") == ColumnCheck("email", "email", 3, 1, 1, ("text",), "a+@a+.a+")
    assert column(found, "id").becomes == "key"
    assert column(found, "joined").becomes == "created_at"
    assert column(found, "never").seen == 0
    assert column(found, "other") == ColumnCheck("other", "", 1, 0, 0, ("flag",), "a+")
    assert set(column(found, "age").types) == {"integer", "wrong_type"}


def test_rows_and_deletions_of_each_table_are_counted() -> None:
    customers, audit = report().tables
    assert (customers.rows, customers.deletes, customers.kind) == (3, 1, "person")
    assert audit == TableCheck("shop", "audit", "ignore", 0, 0, ())


def test_what_would_be_parked_is_counted_by_reason() -> None:
    found = report()
    assert {(parked.code, parked.events) for parked in found.parked} == {
        ("wrong_type", 1),
        ("unmapped_table", 1),
        ("malformed_json", 1),
    }
    assert found.ignored == {"ignored table": 1, "heartbeat": 1}
    assert found.events == 8


def test_the_report_holds_no_value_and_is_plain_json() -> None:
    written = json.dumps(asdict(report()), ensure_ascii=False)
    assert "xiaomei" not in written
    assert "not a number" not in written


@pytest.mark.parametrize(
    ("dates", "proven"),
    [
        (["03/04/1965", "13/04/1965", None, "1965-04-03"], "dmy"),
        (["04/13/1965", "03/04/1965"], "mdy"),
        (["13/04/1965", "04/13/1965"], "both"),
        (["03/04/1965", "03/03/1965"], "either"),
        (["1965-04-03", "31/02/1965", "unknown", 7363, "03/03/1965", "3.4.1965", "13. 4. 1965"], ""),
    ],
)
@pytest.mark.parametrize("said", ["", "mdy"])
def test_the_dates_of_a_birthday_tell_the_order_that_they_prove(dates: list[Any], proven: str, said: str) -> None:
    order = f', date_order = "{said}"' if said else ""
    mapping = shop_mapping(
        '[tables.customers]\nkind = "person"\nkey = ["id"]\n[tables.customers.columns]\n'
        f'dob = {{ is = "birthday"{order} }}\nnote = {{ is = "trait.note" }}\n'
    )
    rows = [{"id": number, "dob": day, "note": day} for number, day in enumerate(dates)]
    found = check_events(mapping, [row_event("customers", row, key={"id": row["id"]}) for row in rows])
    assert (column(found, "dob").date_order, column(found, "dob").proven_order) == (said, proven)
    assert column(found, "note").proven_order == ""


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("+86 13800000900", "+9{2} 9{11}"),
        ("陈小美", "汉+"),
        ("a", "a"),
        ("客服👍", "汉+·"),
        ("", ""),
        ("a-" * 20, "a-a-a-a-a-a-…"),
    ],
)
def test_a_shape_says_how_a_text_looks_and_not_what_it_says(text: str, shape: str) -> None:
    assert shape_of(text) == shape


def test_a_sample_file_is_checked_whole(tmp_path: Path) -> None:
    found = check_sample(
        mapping_at(MAPPINGS / "shop.toml"), [CapturedFile(SAMPLES / "pg.noschema.precise.txmeta.jsonl")]
    )
    assert [parked.code for parked in found.parked] == ["keyless_change"]
    orders = next(table for table in found.tables if table.table == "orders")
    assert next(column for column in orders.columns if column.column == "total").types == ("decimal",)
    assert not [column for table in found.tables for column in table.columns if "wrong_type" in column.types]
