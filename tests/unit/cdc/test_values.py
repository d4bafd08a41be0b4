"""Values: every encoding decodes exactly, and what is ambiguous is refused with the mend."""

import base64
import hashlib
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.encodings import ColumnHint
from cdc.envelope import Columns, RowSchema
from cdc.problems import EventError
from cdc.values import Row, RowReader
from identity.records import UNKNOWN

IMPLIED_DECIMAL = ColumnHint("decimal", is_implied=True)


def with_schema(value: Any, hint: ColumnHint | None = None, **schema: Any) -> Any:
    columns = Columns({"c": value}, RowSchema({"c": schema}))
    return Row(columns, {"c": hint} if hint else {}).get("c")


def without_schema(value: Any, hint: ColumnHint | None = None) -> Any:
    return Row(Columns({"c": value}), {"c": hint} if hint else {}).get("c")


def code_of(value: Any, hint: ColumnHint | None = None, **schema: Any) -> str:
    with pytest.raises(EventError) as caught:
        with_schema(value, hint, **schema) if schema else without_schema(value, hint)
    assert "'c'" in caught.value.message
    return caught.value.code


def unscaled(number: int) -> str:
    return base64.b64encode(number.to_bytes(number.bit_length() // 8 + 1, signed=True)).decode()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("name", "kind", "value", "expected"),
    [
        ("io.debezium.time.Date", "int32", -2467, date(1963, 4, 1)),
        ("org.apache.kafka.connect.data.Date", "int32", 7363, date(1990, 2, 28)),
        ("io.debezium.time.Timestamp", "int64", 1793703845678, datetime(2026, 11, 3, 11, 4, 5, 678000)),
        ("org.apache.kafka.connect.data.Timestamp", "int64", -1, datetime(1969, 12, 31, 23, 59, 59, 999000)),
        ("io.debezium.time.MicroTimestamp", "int64", 1780595481000001, datetime(2026, 6, 4, 17, 51, 21, 1)),
        ("io.debezium.time.NanoTimestamp", "int64", 1999, datetime(1970, 1, 1, 0, 0, 0, 1)),
        ("io.debezium.time.NanoTimestamp", "int64", -1, datetime(1969, 12, 31, 23, 59, 59, 999999)),
        (
            "io.debezium.time.ZonedTimestamp",
            "string",
            "2026-11-01T08:00:00.123456+08:00",
            datetime(2026, 11, 1, 0, 0, 0, 123456, tzinfo=UTC),
        ),
        (
            "io.debezium.time.ZonedTimestamp",
            "string",
            "2026-11-22T02:31:48Z",
            datetime(2026, 11, 22, 2, 31, 48, tzinfo=UTC),
        ),
        ("io.debezium.time.Time", "int32", 3_600_001, time(1, 0, 0, 1000)),
        ("org.apache.kafka.connect.data.Time", "int32", 0, time(0)),
        ("io.debezium.time.MicroTime", "int64", 86_399_999_999, time(23, 59, 59, 999999)),
        ("io.debezium.time.MicroTime", "int64", -3_020_399_000_000, -timedelta(hours=838, minutes=59, seconds=59)),
        ("io.debezium.time.MicroTime", "int64", 86_400_000_000, timedelta(days=1)),
        ("io.debezium.time.NanoTime", "int64", 1_000, time(0, 0, 0, 1)),
        (
            "io.debezium.time.ZonedTime",
            "string",
            "12:34:56+08:00",
            time(12, 34, 56, tzinfo=timezone(timedelta(hours=8))),
        ),
        ("io.debezium.time.IsoDate", "string", "1990-02-28", date(1990, 2, 28)),
        ("io.debezium.time.IsoTimestamp", "string", "2026-11-01T08:00:00", datetime(2026, 11, 1, 8)),
        ("io.debezium.time.Year", "int32", 2026, 2026),
        ("io.debezium.time.MicroDuration", "int64", 90_000_000, timedelta(seconds=90)),
        ("io.debezium.data.Json", "string", '{"价": 1.50}', '{"价": 1.50}'),
        ("io.debezium.data.Xml", "string", "<a/>", "<a/>"),
        (
            "io.debezium.data.Uuid",
            "string",
            "11111111-2222-4333-8444-555555555555",
            "11111111-2222-4333-8444-555555555555",
        ),
        ("io.debezium.data.Enum", "string", "wechat", "wechat"),
        ("io.debezium.data.EnumSet", "string", "a,b", "a,b"),
        ("io.debezium.data.Bits", "bytes", b64(b"\x05\x01"), 0x0105),
        ("io.debezium.data.VariableScaleDecimal", "struct", {"scale": 3, "value": unscaled(-1500)}, Decimal("-1.500")),
        ("io.debezium.data.geometry.Point", "struct", {"x": 1, "y": 2, "wkb": "AQ=="}, {"x": 1, "y": 2, "wkb": "AQ=="}),
    ],
)
def test_each_semantic_type_decodes_to_its_value(name: str, kind: str, value: Any, expected: Any) -> None:
    found = with_schema(value, name=name, type=kind)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("int8", -1, -1),
        ("int64", 2**63 - 1, 2**63 - 1),
        ("float64", Decimal("0.1"), 0.1),
        ("double", 2, 2.0),
        ("float", "Infinity", float("inf")),
        ("boolean", False, False),
        ("string", "", ""),
        ("bytes", b64(b"\x00\xff"), b"\x00\xff"),
    ],
)
def test_each_plain_type_decodes_to_its_value(kind: str, value: Any, expected: Any) -> None:
    found = with_schema(value, type=kind)
    assert (found, type(found)) == (expected, type(expected))


def test_arrays_decode_their_items_and_keep_their_nulls() -> None:
    dates = {"type": "int32", "name": "io.debezium.time.Date"}
    assert with_schema([0, None], type="array", items=dates) == [date(1970, 1, 1), None]
    assert with_schema(["图1.jpg", "p2.jpg"], type="array", items={"type": "string"}) == ["图1.jpg", "p2.jpg"]
    assert with_schema([], type="array", items={"type": "string"}) == []


@given(st.integers(-(10**40), 10**40), st.integers(-5, 40))
def test_decimals_decode_exactly_at_any_scale(number: int, scale: int) -> None:
    schema: dict[str, Any] = {
        "name": "org.apache.kafka.connect.data.Decimal",
        "type": "bytes",
        "parameters": {"scale": str(scale)},
    }
    expected = Decimal(f"{number}E{-scale}").as_tuple()
    assert with_schema(unscaled(number), **schema).as_tuple() == expected
    assert without_schema(unscaled(number), ColumnHint("decimal", scale)).as_tuple() == expected


@given(st.integers(-719162, 2932896))
def test_every_day_of_the_calendar_decodes(days: int) -> None:
    assert without_schema(days, ColumnHint("date")) == date(1970, 1, 1) + timedelta(days=days)


def test_json_numbers_of_decimal_format_numeric_are_taken_as_they_are() -> None:
    schema: dict[str, Any] = {
        "name": "org.apache.kafka.connect.data.Decimal",
        "type": "bytes",
        "parameters": {"scale": "2"},
    }
    assert with_schema(Decimal("168.00"), **schema) == Decimal("168.00")


def test_hints_are_ignored_where_the_schema_says() -> None:
    wrong = ColumnHint("decimal", scale=5, unit="ns")
    schema: dict[str, Any] = {
        "name": "org.apache.kafka.connect.data.Decimal",
        "type": "bytes",
        "parameters": {"scale": "2"},
    }
    assert with_schema("QaA=", wrong, **schema) == Decimal("168.00")
    assert with_schema(7363, ColumnHint("timestamp", unit="ms"), name="io.debezium.time.Date", type="int32") == date(
        1990, 2, 28
    )


@pytest.mark.parametrize(
    ("kind", "value", "hint", "expected"),
    [
        ("string", "168.00", ColumnHint("decimal", 2), Decimal("168.00")),
        ("string", "1234", IMPLIED_DECIMAL, Decimal(1234)),
        ("string", "12", ColumnHint("integer"), 12),
        ("int32", 3, ColumnHint("decimal", 2), Decimal(3)),
        ("int16", 1, ColumnHint("boolean"), True),
        ("string", "1990-02-28", ColumnHint("date"), date(1990, 2, 28)),
        ("string", "03/04/1965", ColumnHint("date", date_order="dmy"), date(1965, 4, 3)),
        ("int64", 1000, ColumnHint("timestamp", unit="ms"), datetime(1970, 1, 1, 0, 0, 1)),
        ("string", "2026-01-01T00:00:00Z", ColumnHint("timestamp"), datetime(2026, 1, 1, tzinfo=UTC)),
        ("bytes", "AQ==", ColumnHint("decimal", 2), b"\x01"),
    ],
)
def test_a_plain_type_of_a_schema_is_read_as_the_hint_means_it(
    kind: str, value: Any, hint: ColumnHint, expected: Any
) -> None:
    found = with_schema(value, hint, type=kind)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        ("QaA=", ColumnHint("decimal", 2), Decimal("168.00")),
        ("168.00", ColumnHint("decimal", 2), Decimal("168.00")),
        ("168.00", IMPLIED_DECIMAL, Decimal("168.00")),
        ("-5", IMPLIED_DECIMAL, Decimal(-5)),
        ("123", IMPLIED_DECIMAL, Decimal(123)),
        ("1234", ColumnHint("decimal"), Decimal(1234)),
        (Decimal("1.50"), IMPLIED_DECIMAL, Decimal("1.50")),
        ({"scale": 1, "value": unscaled(15)}, IMPLIED_DECIMAL, Decimal("1.5")),
        ("AQ==", ColumnHint("integer", 0), 1),
        ("12", ColumnHint("integer", is_implied=True), 12),
        (Decimal("5.0"), ColumnHint("integer"), 5),
        (0, ColumnHint("boolean"), False),
        (1780595481000000, ColumnHint("timestamp", unit="us"), datetime(2026, 6, 4, 17, 51, 21)),
        (1780595481, ColumnHint("timestamp", unit="s"), datetime(2026, 6, 4, 17, 51, 21)),
        ("2026-06-04 17:51:21", ColumnHint("timestamp"), datetime(2026, 6, 4, 17, 51, 21)),
        (-2467, ColumnHint("date"), date(1963, 4, 1)),
        ("1990-02-28T00:00:00Z", ColumnHint("date"), date(1990, 2, 28)),
        ("28 Feb 1990", ColumnHint("date"), "28 Feb 1990"),
        ("03/04/1965", ColumnHint("date"), "03/04/1965"),
        ("03/04/1965", ColumnHint("date", date_order="dmy"), date(1965, 4, 3)),
        ("03/04/1965", ColumnHint("date", date_order="mdy"), date(1965, 3, 4)),
        ("04/13/1965", ColumnHint("date", date_order="dmy"), "04/13/1965"),
        ("1965-04-03", ColumnHint("date", date_order="mdy"), date(1965, 4, 3)),
        (7363, ColumnHint("date", date_order="mdy"), date(1990, 2, 28)),
        ("AAE=", ColumnHint("bytes"), b"\x00\x01"),
        ("1.5", ColumnHint("float"), 1.5),
        ("QaA=", None, "QaA="),
        ("客服👍", None, "客服👍"),
        (["a", None], None, ["a", None]),
    ],
)
def test_without_a_schema_the_hint_decides(value: Any, hint: ColumnHint | None, expected: Any) -> None:
    found = without_schema(value, hint)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("value", ["QaA=", "AQCk", "1234", "12345678"])
def test_a_decimal_that_may_be_base64_is_ambiguous_without_its_scale(value: str) -> None:
    with pytest.raises(EventError) as caught:
        without_schema(value, IMPLIED_DECIMAL)
    assert caught.value.code == "ambiguous_value"
    assert all(
        mend in caught.value.message for mend in ("'c'", "scale = 2", "decimal.handling.mode", 'type = "decimal"')
    )


def test_base64_stays_ambiguous_where_the_type_is_written_down_but_not_the_scale() -> None:
    assert code_of("QaA=", ColumnHint("decimal")) == "ambiguous_value"


def test_a_whole_number_that_may_be_base64_is_ambiguous_too() -> None:
    assert code_of("1234", ColumnHint("integer", is_implied=True)) == "ambiguous_value"


def test_a_time_as_a_number_is_ambiguous_without_its_unit() -> None:
    with pytest.raises(EventError) as caught:
        without_schema(1780595481000000, ColumnHint("timestamp", is_implied=True))
    assert caught.value.code == "ambiguous_value"
    assert all(mend in caught.value.message for mend in ("'c'", 'unit = "ms"', 'unit = "us"'))


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("too many", IMPLIED_DECIMAL),
        (True, IMPLIED_DECIMAL),
        ([1], IMPLIED_DECIMAL),
        (Decimal("1e2000"), IMPLIED_DECIMAL),
        (Decimal("1.5"), ColumnHint("integer")),
        (2, ColumnHint("boolean")),
        (10**12, ColumnHint("date")),
        (2**62, ColumnHint("timestamp", unit="ms")),
        ("soon", ColumnHint("timestamp")),
        ("?", ColumnHint("bytes")),
        ("x", ColumnHint("float")),
    ],
)
def test_what_a_column_cannot_hold_is_a_wrong_type(value: Any, hint: ColumnHint) -> None:
    assert code_of(value, hint) == "wrong_type"


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("7", {"type": "int32"}),
        (True, {"type": "int64"}),
        (7, {"type": "string"}),
        ("a b", {"type": "bytes"}),
        ("x", {"type": "boolean"}),
        ("x", {"type": "array", "items": {"type": "int32"}}),
        (["x"], {"type": "array", "items": {"type": "int32"}}),
        ("later", {"type": "string", "name": "io.debezium.time.ZonedTimestamp"}),
        (9223372036825200000, {"type": "int64", "name": "io.debezium.time.MicroTimestamp"}),  # PostgreSQL's infinity
        ({"scale": 1}, {"type": "struct", "name": "io.debezium.data.VariableScaleDecimal"}),
        ({"scale": 10**9, "value": "AQ=="}, {"type": "struct", "name": "io.debezium.data.VariableScaleDecimal"}),
    ],
)
def test_a_value_that_is_not_what_its_schema_says_is_a_wrong_type(value: Any, schema: dict[str, Any]) -> None:
    assert code_of(value, **schema) == "wrong_type"


def test_a_decimal_schema_without_a_scale_is_a_wrong_envelope() -> None:
    assert code_of("AQ==", type="bytes", name="org.apache.kafka.connect.data.Decimal") == "wrong_envelope"


PLACEHOLDER = "__debezium_unavailable_value"


@pytest.mark.parametrize(
    "value",
    [
        PLACEHOLDER,
        b64(PLACEHOLDER.encode()),
        [PLACEHOLDER],
        [b64(PLACEHOLDER.encode())],
        list(PLACEHOLDER.encode()),
        {PLACEHOLDER: PLACEHOLDER},
        f'{{"{PLACEHOLDER}":"{PLACEHOLDER}"}}',
        [str(uuid.UUID(bytes=hashlib.md5(PLACEHOLDER.encode()).digest(), version=3))],  # noqa: S324 -- Java's choice
    ],
)
def test_the_placeholder_of_an_unchanged_value_is_unknown_in_every_shape(value: Any) -> None:
    assert without_schema(value) is UNKNOWN
    assert without_schema(value, ColumnHint("decimal", 2)) is UNKNOWN
    assert with_schema(value, type="int32") is UNKNOWN


def test_null_and_an_absent_column_are_none() -> None:
    row = Row(Columns({"a": None}), {})
    assert (row.get("a"), row.get("b")) == (None, None)


def test_only_the_columns_that_are_asked_for_are_decoded() -> None:
    row = Row(Columns({"good": 1, "bad": "x"}), {"bad": ColumnHint("integer")})
    assert row.get("good") == 1
    with pytest.raises(EventError):
        row.get("bad")


def test_a_reader_keeps_the_decoders_of_each_schema_apart() -> None:
    reader = RowReader({"c": ColumnHint("timestamp", unit="ms")})
    days = RowSchema({"c": {"type": "int32", "name": "io.debezium.time.Date"}})
    assert reader.read(Columns({"c": 0}, days)).get("c") == date(1970, 1, 1)
    assert reader.read(Columns({"c": 0})).get("c") == datetime(1970, 1, 1)
    assert reader.read(Columns({"c": 1}, days)).get("c") == date(1970, 1, 2)


def test_a_reader_stays_right_when_schemas_outnumber_its_memory() -> None:
    reader = RowReader({})
    schemas = [RowSchema({"c": {"type": "int32"}}) for _ in range(200)]
    assert {reader.read(Columns({"c": 5}, schema)).get("c") for schema in schemas * 2} == {5}
    assert len(reader._by_schema) <= 66


@pytest.mark.parametrize(
    ("value", "hint"), [("xiaomei@example.com", IMPLIED_DECIMAL), ("13800000900 or so", ColumnHint("timestamp"))]
)
def test_messages_name_the_column_and_hold_no_value(value: str, hint: ColumnHint) -> None:
    with pytest.raises(EventError) as caught:
        without_schema(value, hint)
    assert "'c'" in str(caught.value)
    assert value not in str(caught.value)
    assert caught.value.__suppress_context__
