"""Envelopes: every kind of event is recognised, everything else is refused with its code."""

import json
from typing import Any

import pytest

from cdc.changes import RawEvent
from cdc.envelope import Columns, Control, Envelope, TableScanned, parse, parse_key
from cdc.problems import EventError
from tests.unit.cdc.events import SOURCE, raw, row_event, wrapped

FIELDS = [{"type": "int64", "field": "id"}, {"type": "string", "field": "email"}]


def code_of(event: RawEvent, **options: Any) -> str:
    with pytest.raises(EventError) as caught:
        parse(event, **options)
    return caught.value.code


def envelope_of(event: RawEvent) -> Envelope:
    parsed = parse(event)
    assert isinstance(parsed, Envelope)
    return parsed


def test_a_bare_envelope_gives_op_row_and_key() -> None:
    event = envelope_of(row_event("customers", {"id": 1, "email": "a@example.com"}, key={"id": 1}))
    assert (event.op, event.after, event.key) == (
        "c",
        Columns({"id": 1, "email": "a@example.com"}),
        Columns({"id": 1}),
    )
    assert event.source.lsn == SOURCE["lsn"]


def test_a_wrapped_value_brings_the_rows_schema_along() -> None:
    payload = {"before": None, "after": {"id": 1}, "source": SOURCE, "op": "r"}
    event = envelope_of(raw("shop.public.customers", {"id": 1}, wrapped(payload, FIELDS)))
    assert event.schema is not None
    assert event.schema.fields["email"]["type"] == "string"


def test_equal_schemas_are_one_object_so_that_work_for_them_is_done_once() -> None:
    payload = {"before": None, "after": {"id": 1}, "source": SOURCE, "op": "r"}
    first, second = (envelope_of(raw("t", None, wrapped(payload | {"ts_ms": n}, FIELDS))) for n in (1, 2))
    assert first.schema is second.schema


@pytest.mark.parametrize("is_key_wrapped", [True, False])
def test_key_and_value_may_be_wrapped_independently(is_key_wrapped: bool) -> None:
    payload = {"before": None, "after": {"id": 1}, "source": SOURCE, "op": "r"}
    key = {"schema": {"type": "struct", "fields": FIELDS[:1]}, "payload": {"id": 1}}
    value = payload if is_key_wrapped else wrapped(payload, FIELDS)
    event = envelope_of(raw("t", key if is_key_wrapped else {"id": 1}, value))
    assert isinstance(event.key, Columns)
    assert dict(event.key.data) == {"id": 1}
    assert (event.key.schema is not None) == is_key_wrapped


def test_a_table_whose_key_columns_are_named_like_the_wrapper_is_not_unwrapped() -> None:
    key = parse_key(b'{"schema":"public","payload":7}')
    assert isinstance(key, Columns)
    assert dict(key.data) == {"schema": "public", "payload": 7}


def test_the_halves_of_a_key_change_are_linked_by_their_headers() -> None:
    headers = {"__debezium.newkey": {"id": 901}}
    event = envelope_of(row_event("customers", None, op="d", before={"id": 900}, key={"id": 900}, headers=headers))
    assert (event.new_key, event.old_key) == (Columns({"id": 901}), None)


def test_the_row_before_is_decoded_only_when_asked_for() -> None:
    event = row_event("customers", {"id": 1}, op="u", key={"id": 1})
    assert event.value is not None
    broken = event.value.replace(b'"before": null', b'"before": {"id": 1, "email": "\xff"}')
    parsed = envelope_of(RawEvent("s", 0, event.topic, event.key, broken))
    with pytest.raises(EventError) as caught:
        parsed.before()
    assert caught.value.code == "invalid_utf8"


@pytest.mark.parametrize(
    ("topic", "value", "kind"),
    [
        ("shop.public.customers", None, "tombstone"),
        ("shop.public.customers", {"schema": None, "payload": None}, "tombstone"),
        ("__debezium-heartbeat.shop", {"ts_ms": 1}, "heartbeat"),
        ("our-heartbeats", {"ts_ms": 1}, "heartbeat"),
        ("our-heartbeats", {"schema": {"type": "struct"}, "payload": {"ts_ms": 1}}, "heartbeat"),
        ("shop.transaction", {"status": "BEGIN", "id": "7:1", "event_count": None, "ts_ms": 1}, "transaction"),
        ("pos", {"source": SOURCE, "databaseName": "pos", "ddl": "ALTER TABLE t", "tableChanges": []}, "schema change"),
        ("shop.message", {"op": "m", "source": SOURCE, "message": {"prefix": "x", "content": "e30="}}, "message"),
        ("n", {"aggregate_type": "Initial Snapshot", "type": "STARTED", "additional_data": {}}, "notification"),
    ],
)
def test_events_without_a_row_are_recognised(topic: str, value: Any, kind: str) -> None:
    assert parse(raw(topic, None, value)) == Control(kind)


def scan(**changes: Any) -> Any:
    data = {
        "connector_name": "shop",
        "scanned_collection": "public.customers",
        "total_rows_scanned": "120",
        "status": "SUCCEEDED",
    }
    return {"aggregate_type": "Initial Snapshot", "type": "TABLE_SCAN_COMPLETED", "additional_data": data | changes} | {
        "timestamp": 1_700_000_000_123
    }


def test_a_finished_table_scan_tells_table_and_rows() -> None:
    assert parse(raw("n", None, scan())) == TableScanned(
        "shop", "Initial Snapshot", "public.customers", 120, 1_700_000_000_123
    )


@pytest.mark.parametrize(("written", "read"), [("1700000000123", 1_700_000_000_123), (None, 0), ("soon", 0), ({}, 0)])
def test_a_scan_says_when_it_ended_if_it_can_be_read(written: Any, read: int) -> None:
    scanned = parse(raw("n", None, scan() | {"timestamp": written}))
    assert isinstance(scanned, TableScanned)
    assert scanned.at_ms == read


@pytest.mark.parametrize(
    "changes", [{"status": "SQL_EXCEPTION"}, {"total_rows_scanned": ""}, {"total_rows_scanned": "-1"}]
)
def test_a_failed_or_uncounted_scan_proves_nothing(changes: Any) -> None:
    assert parse(raw("n", None, scan(**changes))) == Control("notification")


def test_a_truncate_has_no_rows() -> None:
    event = envelope_of(row_event("carts", None, op="t"))
    assert (event.op, event.after, event.key) == ("t", None, None)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"{", "malformed_json"),
        (b"not json", "malformed_json"),
        (b'{"op":"c","source":{},"after":{"id":NaN}}', "malformed_json"),
        (b'{"op":"c","source":{},"after":{"id":1e99999999999999999999}}', "malformed_json"),
        (b'{"op":"c","source":{},"after":{"id":"\xff"}}', "invalid_utf8"),
        (b"[]", "wrong_envelope"),
        (b'"text"', "wrong_envelope"),
        (b"7", "wrong_envelope"),
        (b'{"id":1,"email":"a@example.com"}', "wrong_envelope"),
        (b'{"op":7,"source":{},"after":{}}', "wrong_envelope"),
        (b'{"op":"c","after":{}}', "wrong_envelope"),
        (b'{"op":"c","source":{},"after":null}', "wrong_envelope"),
        (b'{"op":"u","source":{},"after":[1]}', "wrong_envelope"),
        (b'{"op":"c","source":{"lsn":"x"},"after":{}}', "wrong_envelope"),
        (b'{"op":"x","source":{},"after":{}}', "unknown_op"),
        (b'{"op":"","source":{},"after":{}}', "unknown_op"),
        (b'{"op":"cu","source":{},"after":{}}', "unknown_op"),
    ],
)
def test_what_is_no_change_event_is_refused_with_its_code(value: bytes, code: str) -> None:
    assert code_of(RawEvent("s", 0, "shop.public.customers", None, value)) == code


def test_messages_hold_nothing_of_the_event() -> None:
    secret = "xiaomei@example.com"
    for value in (
        f'{{"op":"c","source":{{}},"after":["{secret}"]}}',
        f'{{"op":"{secret}","source":{{}},"after":{{}}}}',
        f'{{"op":"c" "{secret}"',
    ):
        with pytest.raises(EventError) as caught:
            parse(RawEvent("s", 0, "t", None, value.encode()))
        assert secret not in str(caught.value)
        assert caught.value.__cause__ is None


def test_an_event_above_the_limit_is_refused_before_it_is_read() -> None:
    event = RawEvent("s", 0, "t", b'{"id":1}', b"x" * 93)
    assert code_of(event, max_event_bytes=100) == "oversized"
    assert code_of(event, max_event_bytes=101) == "malformed_json"


def test_a_key_that_is_an_array_is_refused() -> None:
    with pytest.raises(EventError) as caught:
        parse_key(b"[1]")
    assert caught.value.code == "wrong_envelope"


@pytest.mark.parametrize(("written", "expected"), [(b"5", 5), (b'"a"', "a"), (b"null", None), (None, None)])
def test_a_bare_key_is_taken_as_it_is(written: bytes | None, expected: Any) -> None:
    assert parse_key(written) == expected


def test_fractions_keep_their_digits() -> None:
    event = envelope_of(RawEvent("s", 0, "t", None, b'{"op":"c","source":{},"after":{"total":1234567.890}}'))
    assert event.after is not None
    assert str(event.after.data["total"]) == "1234567.890"


def test_deeply_nested_json_is_refused_and_not_a_crash() -> None:
    value = b'{"op":"c","source":{},"after":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    assert code_of(RawEvent("s", 0, "t", None, value)) == "malformed_json"


def test_a_transaction_block_tells_the_order_in_it() -> None:
    event = envelope_of(row_event("carts", {"sku": "a"}, transaction={"id": "7:1", "total_order": 3}))
    assert event.transaction is not None
    assert event.transaction.total_order == 3
    assert json.loads(row_event("carts", {}).value or b"")["op"] == "c"
