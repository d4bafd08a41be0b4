"""Translating: what each event means by the mapping, and which events cannot be applied."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdc.changes import (
    Change,
    FactChange,
    Ignored,
    RawEvent,
    RecordChange,
    RowDelete,
    SnapshotTableDone,
    TableTruncate,
    Unusable,
)
from cdc.files import CapturedFile
from cdc.problems import PARK_CODES
from cdc.translate import Translator
from identity.features import build_features
from identity.records import UNKNOWN, FieldValue, RowKey
from identity.rules import IdentityRules
from tests.unit.cdc.events import mapping_at, mapping_from, raw, row_event, shop_mapping, translate, wrapped
from tests.unit.cdc.seeded import MAPPINGS, SAMPLES, SCALES, mapping_of

SHOP = mapping_at(MAPPINGS / "shop.toml")
PLACEHOLDER = "__debezium_unavailable_value"
CUSTOMER = {
    "id": 900,
    "email": "xiaomei@example.com",
    "full_name": "陈小美",
    "birthday": 7363,
    "marketing_opt_in": True,
}


def record(event: RawEvent, mapping: Any = SHOP) -> RecordChange:
    change = translate(mapping, event)
    assert isinstance(change, RecordChange), change
    return change


def fact(event: RawEvent, mapping: Any = SHOP) -> FactChange:
    change = translate(mapping, event)
    assert isinstance(change, FactChange), change
    return change


def unusable(event: RawEvent, mapping: Any = SHOP) -> Unusable:
    change = translate(mapping, event)
    assert isinstance(change, Unusable), change
    return change


def values(change: RecordChange | FactChange) -> dict[str, Any]:
    return {f"{field.attribute}/{field.slot}": field.value for field in change.fields}


def order(after: dict[str, Any], **options: Any) -> RawEvent:
    return row_event("orders", {"id": 1, "total": "QaA=", **after}, key={"id": 1}, **options)


# --- persons ----------------------------------------------------------------------------------------------------------


def test_a_person_row_becomes_a_record_change() -> None:
    change = record(row_event("customers", CUSTOMER, key={"id": 900}))
    assert change.row == RowKey("shop", "customers", ("900",))
    assert values(change)["email/0"] == "xiaomei@example.com"
    assert values(change)["birthday/0"] == "1990-02-28"
    assert [(consent.purpose, consent.state) for consent in change.consents] == [("marketing", "granted")]
    assert change.origin.position == (50100760).to_bytes(8) + b"\x01"


def test_an_absent_mapped_column_is_null_and_a_placeholder_is_unknown() -> None:
    change = record(row_event("customers", CUSTOMER | {"email": PLACEHOLDER}, key={"id": 900}))
    assert values(change)["phone/0"] is None
    assert values(change)["email/0"] is UNKNOWN


def test_both_names_of_a_renamed_column_fill_slots_of_one_attribute() -> None:
    before = record(row_event("customers", CUSTOMER | {"city": "厦门"}, key={"id": 900}))
    after = record(row_event("customers", CUSTOMER | {"home_city": "苏州"}, key={"id": 900}))
    assert [values(change)[f"city/{slot}"] for change in (before, after) for slot in (0, 1)] == [
        "厦门",
        None,
        None,
        "苏州",
    ]


def test_a_birthday_in_three_columns_stays_three_fields_as_the_columns_have_them() -> None:
    mapping = shop_mapping(
        '[tables.customers]\nkind = "person"\nkey = ["id"]\n[tables.customers.columns]\nyear = { is = "birth_year" }\n'
        'dob_month = { is = "birth_month" }\ndob_day = { is = "birth_day" }\n'
    )
    told = {"year": 1990, "dob_month": "02", "dob_day": 28.0}
    fields = record(row_event("customers", {"id": 1, **told}, key={"id": 1}), mapping).fields
    assert fields == (
        FieldValue("birth_year", 0, "1990"),
        FieldValue("birth_month", 0, "02"),
        FieldValue("birth_day", 0, "28"),
    )
    assert build_features(fields, IdentityRules()).birthday == ("19900228",)


def test_the_row_before_a_change_is_never_read_as_data() -> None:
    change = record(row_event("customers", CUSTOMER | {"email": None}, op="u", before=CUSTOMER, key={"id": 900}))
    assert values(change)["email/0"] is None


def test_a_snapshot_row_says_so_and_loses_the_tie_with_a_streamed_change() -> None:
    read = record(row_event("customers", CUSTOMER, op="r", key={"id": 900}, source={"snapshot": "true"}))
    streamed = record(row_event("customers", CUSTOMER, key={"id": 900}))
    assert (read.origin.is_snapshot, streamed.origin.is_snapshot) == (True, False)
    assert read.origin.position < streamed.origin.position


def test_updated_at_created_at_store_and_points_of_a_person() -> None:
    mapping = mapping_at(MAPPINGS / "pos.toml")
    source = {"connector": "mysql", "lsn": None, "file": "mysql-bin.000002", "pos": 86222, "row": 0}
    source |= {"gtid": "511838c5-e61c-11f1-9306-02fc00000001:62", "db": "pos", "schema": None, "table": "members"}
    after = {
        "member_no": "M1",
        "store_id": 3,
        "points": 10,
        "joined": 1793525400000,
        "updated_at": "2026-11-22T02:31:48.509Z",
    }
    change = record(raw("pos.pos.members", {"member_no": "M1"}, {"op": "c", "after": after, "source": source}), mapping)
    assert (change.store, change.points) == ("3", 10)
    assert change.created_at == 1793496600 * 10**6  # 2026-11-01 09:30 in Shanghai
    assert change.updated_at == 1795314708509000
    assert change.origin.server == "511838c5-e61c-11f1-9306-02fc00000001"


def test_an_identifier_is_verified_by_the_mapping_or_by_a_column() -> None:
    mapping = shop_mapping(
        '[tables.customers]\nkind = "person"\nkey = ["id"]\n[tables.customers.columns]\n'
        'email = { is = "email", verified_by = "email_verified_at" }\n'
        'phone = { is = "phone", verified = true }\nopenid = { is = "wechat_openid", app = "wx1" }\n'
    )
    after = {"id": 1, "email": "a@example.com", "phone": "1", "openid": "o"}

    def fields(**more: Any) -> tuple[FieldValue, ...]:
        return record(row_event("customers", after | more, key={"id": 1}), mapping).fields

    assert [field.verified for field in fields()] == [False, True, None]
    assert fields(email_verified_at=1795314708509)[0].verified is True
    assert fields(email_verified_at=PLACEHOLDER)[0].verified is UNKNOWN
    assert fields()[2].app == "wx1"


def test_values_replace_what_the_column_holds() -> None:
    mapping = shop_mapping(
        '[tables.customers]\nkind = "person"\nkey = ["id"]\n[tables.customers.columns]\n'
        'sex = { is = "gender", values = { 1 = "M", 2 = "F" } }\n'
        'agreed = { is = "consent", purpose = "marketing", at = "agreed_at", values = { J = "granted", N = "withdrawn" } }\n'
        'agreed_at = { unit = "ms", timezone = "UTC" }\n'
    )

    def change(**after: Any) -> RecordChange:
        return record(row_event("customers", {"id": 1, **after}, key={"id": 1}), mapping)

    assert [values(change(sex=sex))["gender/0"] for sex in (1, 2, 9, None)] == ["M", "F", "9", None]
    consent = change(agreed="J", agreed_at=1500).consents[0]
    assert (consent.state, consent.effective_at) == ("granted", 1_500_000)
    assert change(agreed=None).consents[0].state is None
    event = row_event("customers", {"id": 1, "agreed": "maybe"}, key={"id": 1})
    assert unusable(event, mapping).code == "unmapped_state"


# --- facts ------------------------------------------------------------------------------------------------------------


def test_an_order_becomes_a_fact_of_its_person() -> None:
    change = fact(order({"customer_id": 900, "status": "paid", "placed_at": "2026-11-03T03:04:05.678000Z"}))
    assert (change.kind, change.channel, change.person) == ("order", "online", RowKey("shop", "customers", ("900",)))
    assert (change.amount_minor, change.currency, change.status) == (16800, "CNY", "paid")
    assert change.occurred_at == 1793675045678000


def test_a_line_points_at_its_order_and_counts_in_canonical_text() -> None:
    after = {
        "order_id": 9100,
        "line_no": 2,
        "sku": "SKU-001",
        "title": "毛巾",
        "qty": Decimal("2.500"),
        "unit_price": "C64=",
    }
    event = row_event("order_items", {**after, "qty": 2.5}, key={"order_id": 9100, "line_no": 2})
    change = fact(event)
    assert change.row.key == ("9100", "2")
    assert change.parent == RowKey("shop", "orders", ("9100",))
    assert (change.quantity, change.unit_price_minor, change.label) == ("2.5", 2990, "毛巾")


def test_a_reference_can_be_missing_or_unknown() -> None:
    assert fact(order({"customer_id": None})).person is None
    assert fact(order({"customer_id": PLACEHOLDER})).person is UNKNOWN


def test_the_mappings_constants_fill_what_no_column_says() -> None:
    mapping = shop_mapping(
        '[tables.visits]\nkind = "event"\nkey = ["id"]\nevent = "visit"\nstore = "S001"\n[tables.visits.columns]\nkind = { is = "name" }\n'
    )
    names = [
        fact(row_event("visits", {"id": 1, "kind": kind}, key={"id": 1}), mapping).name for kind in ("search", None)
    ]
    assert names == ["search", "visit"]
    assert fact(row_event("visits", {"id": 1}, key={"id": 1}), mapping).store == "S001"


MONEY = (
    '[tables.orders]\nkind = "order"\nkey = ["id"]\n[tables.orders.columns]\n'
    'total = { is = "amount" }\ncents = { is = "amount", unit = "minor" }\n'
    'cur = { is = "currency", values = { RMB = "CNY" } }\n'
)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"total": "12.34"}, (1234, "CNY")),
        ({"total": 1680, "cur": "JPY"}, (1680, "JPY")),
        ({"total": "1.234", "cur": "kwd "}, (1234, "KWD")),
        ({"total": "1.5", "cur": "RMB"}, (150, "CNY")),
        ({"cents": 1234}, (1234, "CNY")),
        ({"total": None}, (None, "CNY")),
        ({"total": PLACEHOLDER}, (UNKNOWN, "CNY")),
        ({"total": "1.5", "cur": PLACEHOLDER}, (UNKNOWN, UNKNOWN)),
    ],
)
def test_amounts_become_minor_units_of_the_rows_own_currency(after: dict[str, Any], expected: Any) -> None:
    change = fact(row_event("orders", {"id": 1, **after}, key={"id": 1}), shop_mapping(MONEY))
    assert (change.amount_minor, change.currency) == expected


@pytest.mark.parametrize(
    ("after", "code", "named"),
    [
        ({"total": "1.234"}, "wrong_type", "'total'"),
        ({"total": "1.5", "cur": "JPY"}, "wrong_type", "'total'"),
        ({"total": "1.5", "cur": "¥"}, "wrong_type", "'cur'"),
        ({"total": "QaA="}, "ambiguous_value", "'total'"),
        ({"total": 10**30}, "wrong_type", "'total'"),
        ({"cents": "1.5"}, "wrong_type", "'cents'"),
    ],
)
def test_amounts_that_cannot_be_exact_are_parked_with_their_column(
    after: dict[str, Any], code: str, named: str
) -> None:
    found = unusable(row_event("orders", {"id": 1, **after}, key={"id": 1}), shop_mapping(MONEY))
    assert (found.code, found.row) == (code, RowKey("shop", "orders", ("1",)))
    assert named in found.message
    assert "table 'orders'" in found.message


def test_an_amount_without_any_currency_is_parked() -> None:
    mapping = mapping_from(
        '[[source]]\nname = "shop"\ntopics = "shop.*"\n' + MONEY.replace("[tables.", "[source.tables.")
    )
    assert unusable(row_event("orders", {"id": 1, "total": "1"}, key={"id": 1}), mapping).code == "missing_currency"


def test_a_consent_fact_states_purpose_and_state() -> None:
    mapping = shop_mapping(
        '[tables.consents]\nkind = "consent"\nkey = ["id"]\npurpose = "marketing"\n[tables.consents.columns]\n'
        'given = { is = "state" }\npurpose = { is = "purpose" }\n'
    )
    change = fact(row_event("consents", {"id": 1, "given": 1}, key={"id": 1}), mapping)
    assert (change.purpose, change.state) == ("marketing", "granted")
    other = fact(row_event("consents", {"id": 1, "given": False, "purpose": "sms"}, key={"id": 1}), mapping)
    assert (other.purpose, other.state) == ("sms", "withdrawn")


def test_numbers_that_do_not_fit_and_text_that_no_database_takes_are_parked() -> None:
    for column, value in (("rating", 2**70), ("rating", "five of five"), ("sku", "a\0b")):
        event = row_event("reviews", {"id": 1, "created_at": 0, column: value}, key={"id": 1})
        assert unusable(event).code == "wrong_type"
        assert column in unusable(event).message


def test_sealed_text_may_hold_anything() -> None:
    assert values(fact(row_event("reviews", {"id": 1, "body": "a\0b"}, key={"id": 1})))["body/0"] == "a\0b"


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_deletion_is_known_by_its_message_key_and_nothing_else() -> None:
    invented = {"id": 9001, "customer_id": None, "total": "AA==", "status": "", "placed_at": "1970-01-01T00:00:00Z"}
    change = translate(SHOP, row_event("orders", None, op="d", before=invented, key={"id": 9001}))
    assert isinstance(change, RowDelete)
    assert (change.row.key, change.is_person, change.moved_to) == (("9001",), False, None)


def test_the_halves_of_a_key_change_name_each_other() -> None:
    gone = row_event(
        "customers", None, op="d", before=CUSTOMER, key={"id": 900}, headers={"__debezium.newkey": {"id": 901}}
    )
    come = row_event("customers", CUSTOMER | {"id": 901}, key={"id": 901}, headers={"__debezium.oldkey": {"id": 900}})
    first, second = translate(SHOP, gone), record(come)
    assert isinstance(first, RowDelete)
    assert (first.moved_to, second.moved_from) == (
        RowKey("shop", "customers", ("901",)),
        RowKey("shop", "customers", ("900",)),
    )
    assert first.is_person


def test_keys_have_the_same_text_with_and_without_a_schema() -> None:
    mapping = shop_mapping(
        '[tables.days]\nkind = "event"\nkey = ["day", "price"]\n[tables.days.columns]\nday = { type = "date" }\nprice = { type = "decimal", scale = 2 }\n'
    )
    fields: list[dict[str, Any]] = [
        {"type": "int32", "name": "io.debezium.time.Date", "field": "day"},
        {
            "type": "bytes",
            "name": "org.apache.kafka.connect.data.Decimal",
            "parameters": {"scale": "2"},
            "field": "price",
        },
    ]
    key = {"day": 7363, "price": "QaA="}
    bare = row_event("days", key, key=key)
    value = json.loads(bare.value or b"")
    schema = raw(bare.topic, {"schema": {"type": "struct", "fields": fields}, "payload": key}, wrapped(value, fields))
    assert fact(bare, mapping).row == fact(schema, mapping).row == RowKey("shop", "days", ("1990-02-28", "168"))


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ({"id": None}, "missing_key"),
        ({"other": 1}, "missing_key"),
        ({"id": PLACEHOLDER}, "missing_key"),
        ({"id": 1, "tenant": 2}, "key_mismatch"),
        ({}, "key_mismatch"),
        (None, "keyless_person"),
        ([1], "wrong_envelope"),
    ],
)
def test_a_person_must_be_identified_by_the_mapped_key(key: Any, code: str) -> None:
    assert unusable(row_event("customers", CUSTOMER, key=key)).code == code


def test_routing_fields_and_bare_keys_are_understood() -> None:
    routed = row_event(
        "customers", CUSTOMER, key={"id": 900, "__dbz__physicalTableIdentifier": "shop.public.customers_1"}
    )
    bare = row_event("customers", CUSTOMER, key=900)
    assert record(routed).row == record(bare).row == RowKey("shop", "customers", ("900",))


def cart(qty: int = 1, **options: Any) -> RawEvent:
    return row_event("carts", {"session_id": "s", "sku": "a", "qty": qty}, **options)


def test_a_row_without_a_key_is_a_fact_by_its_place_and_content() -> None:
    change = fact(cart(transaction={"id": "7:1", "total_order": 3}))
    place, order_in_transaction, digest = change.row.key
    assert (place, order_in_transaction, len(digest)) == ((50100760).to_bytes(8).hex(), "3", 64)
    assert change.key_is_personal


def test_the_same_row_delivered_again_has_the_same_key_and_another_has_not() -> None:
    assert fact(cart()).row == fact(cart()).row
    assert len({fact(cart(qty)).row for qty in (1, 2)} | {fact(cart(source={"lsn": 9})).row}) == 3


def test_the_order_in_which_columns_are_written_does_not_matter() -> None:
    turned = row_event("carts", {"qty": 1, "sku": "a", "session_id": "s"})
    assert fact(turned).row == fact(cart()).row


@pytest.mark.parametrize("op", ["u", "d"])
def test_a_change_of_a_row_without_a_key_is_parked(op: str) -> None:
    event = row_event(
        "carts", None if op == "d" else {"qty": 9}, op=op, before={"session_id": "s", "sku": "a", "qty": 1}
    )
    assert unusable(event).code == "keyless_change"


BUSINESS_KEY = '[tables.carts]\nkind = "event"\nkey = ["session_id", "sku"]\n'


def test_a_business_key_identifies_rows_of_a_table_without_one() -> None:
    mapping, row = shop_mapping(BUSINESS_KEY), {"session_id": "s", "sku": "a", "qty": 1}
    expected = RowKey("shop", "carts", ("s", "a"))
    assert fact(cart(), mapping).row == expected
    assert fact(cart(9, op="u", before=row), mapping).row == expected
    deleted = translate(mapping, row_event("carts", None, op="d", before=row))
    assert isinstance(deleted, RowDelete)
    assert deleted.row == expected


@pytest.mark.parametrize(
    ("op", "before", "after", "code"),
    [
        ("u", None, {"session_id": "s", "sku": "a"}, "keyless_change"),
        ("u", {"session_id": "s", "sku": "b"}, {"session_id": "s", "sku": "a"}, "keyless_change"),
        ("d", None, None, "keyless_change"),
        ("c", None, {"session_id": "s"}, "missing_key"),
    ],
)
def test_a_business_key_that_is_not_certain_is_parked(op: str, before: Any, after: Any, code: str) -> None:
    assert unusable(row_event("carts", after, op=op, before=before), shop_mapping(BUSINESS_KEY)).code == code


def test_a_mapping_without_a_key_refuses_events_that_have_one() -> None:
    assert unusable(cart(key={"id": 1})).code == "key_mismatch"


def keyed_by(column: str, said: str = "") -> Any:
    return shop_mapping(f'[tables.visits]\nkind = "event"\nkey = ["{column}"]\n{said}')


@pytest.mark.parametrize("value", ["xiaomei@example.com", "13800000900", 13800000900, "+86 138-0000-0900"])
def test_a_clear_key_that_looks_personal_is_parked(value: Any) -> None:
    event = row_event("visits", {"who": value}, key={"who": value})
    found = unusable(event, keyed_by("who"))
    assert found.code == "personal_key"
    assert "personal_key = true" in found.message
    assert str(value) not in found.message
    assert fact(event, keyed_by("who", "personal_key = true\n")).key_is_personal is True
    assert fact(event, keyed_by("who", "personal_key = false\n")).key_is_personal is False


def test_an_ordinary_key_stays_clear() -> None:
    assert fact(order({})).key_is_personal is False


# --- everything that is no row ----------------------------------------------------------------------------------------


def test_a_truncate_names_its_table() -> None:
    change = translate(SHOP, row_event("carts", None, op="t"))
    assert isinstance(change, TableTruncate)
    assert (change.table, change.origin.source) == ("carts", "shop")


@pytest.mark.parametrize(
    ("topic", "value", "reason", "source"),
    [
        ("shop.public.customers", None, "tombstone", "shop"),
        ("__debezium-heartbeat.shop", {"ts_ms": 1}, "heartbeat", "shop"),
        ("shop.transaction", {"status": "END", "id": "1", "event_count": 1}, "transaction", "shop"),
        ("shop", {"ddl": "ALTER TABLE x", "databaseName": "shop"}, "schema change", "shop"),
        ("shop.message", {"op": "m", "source": {}, "message": {}}, "message", "shop"),
        ("elsewhere", {"ts_ms": 1}, "heartbeat", ""),
    ],
)
def test_control_events_are_ignored_and_not_unmapped(topic: str, value: Any, reason: str, source: str) -> None:
    change = translate(SHOP, raw(topic, None, value))
    assert isinstance(change, Ignored)
    assert (change.reason, change.origin.source) == (reason, source)


def test_an_ignored_table_is_ignored() -> None:
    mapping = shop_mapping('[tables.audit]\nkind = "ignore"\n')
    for event in (row_event("audit", {"x": 1}), row_event("audit", None, op="t")):
        assert translate(mapping, event) == Ignored(translate(mapping, event).origin, "ignored table")  # type: ignore[union-attr]  # all that it gives has an origin


def scan(snapshot: str = "Initial Snapshot", table: str = "public.customers") -> RawEvent:
    data = {"connector_name": "shop", "scanned_collection": table, "total_rows_scanned": "120", "status": "SUCCEEDED"}
    done = {"aggregate_type": snapshot, "type": "TABLE_SCAN_COMPLETED", "additional_data": data, "timestamp": 7}
    return raw("notices", None, done)


@pytest.mark.parametrize("table", ["public.customers", "shop.public.customers", "customers"])
def test_a_finished_table_scan_of_the_initial_snapshot_is_told(table: str) -> None:
    change = translate(SHOP, scan(table=table))
    assert isinstance(change, SnapshotTableDone)
    assert (change.table, change.rows, change.origin.source, change.origin.position) == ("customers", 120, "shop", b"")
    assert change.at_ms == 7


def test_an_incremental_scan_proves_nothing_since_it_may_be_filtered() -> None:
    assert isinstance(translate(SHOP, scan("Incremental Snapshot")), Ignored)
    assert isinstance(translate(SHOP, scan(table="public.unmapped")), Ignored)


# --- what cannot be applied -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["shop.public.unknown", "elsewhere.public.customers"])
def test_an_unmapped_table_is_parked_with_the_mend(topic: str) -> None:
    event = row_event(topic.rpartition(".")[2], {"id": 1}, key={"id": 1})
    found = unusable(RawEvent("s", 0, topic, event.key, event.value))
    assert found.code == "unmapped_table"
    assert 'kind = "ignore"' in found.message or "topics" in found.message


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"{", "malformed_json"),
        (b'{"op":"c","source":{},"after":{"email":"\xff"}}', "invalid_utf8"),
        (b"{}", "wrong_envelope"),
    ],
)
def test_an_unreadable_event_still_tells_which_row_it_was_about(value: bytes, code: str) -> None:
    found = unusable(RawEvent("s", 3, "shop.public.customers", b'{"id":900}', value))
    assert (found.code, found.row) == (code, RowKey("shop", "customers", ("900",)))
    assert (found.stream, found.offset, found.source, found.table) == ("s", 3, "shop", "customers")


def test_an_oversized_event_still_tells_which_row_it_was_about() -> None:
    found = Translator(SHOP, max_event_bytes=50).translate(row_event("customers", CUSTOMER, key={"id": 900}))
    assert isinstance(found, Unusable)
    assert (found.code, found.row) == ("oversized", RowKey("shop", "customers", ("900",)))


def test_a_broken_key_leaves_the_row_open() -> None:
    found = unusable(RawEvent("s", 0, "shop.public.customers", b"{", b"{}"))
    assert found.row is None


def test_an_event_without_a_place_in_the_log_is_parked_by_its_key() -> None:
    found = unusable(row_event("customers", CUSTOMER, key={"id": 900}, source={"lsn": None}))
    assert (found.code, found.row) == ("missing_position", RowKey("shop", "customers", ("900",)))


def test_a_wrong_column_parks_the_event_by_its_key() -> None:
    found = unusable(row_event("customers", CUSTOMER | {"created_at": 5}, key={"id": 900}))
    assert (found.code, found.row) == ("ambiguous_value", RowKey("shop", "customers", ("900",)))
    assert "'created_at'" in found.message


# --- the samples ------------------------------------------------------------------------------------------------------

KEYLESS_UPDATE = [("keyless_change", "carts")]
KINDS = {RecordChange: "record", FactChange: "fact", RowDelete: "delete", TableTruncate: "truncate"}


def changes_of(sample: str, mapping: Any) -> list[Change]:
    translator = Translator(mapping)
    events = CapturedFile(SAMPLES / f"{sample}.jsonl").events()
    return [event if isinstance(event, Unusable) else translator.translate(event) for event in events]


@pytest.mark.parametrize("sample", SCALES)
def test_nothing_of_a_sample_is_unusable_but_the_keyless_update(sample: str) -> None:
    changes = changes_of(sample, mapping_at(mapping_of(sample)))
    found = [(change.code, change.table) for change in changes if isinstance(change, Unusable)]
    assert found == (KEYLESS_UPDATE if sample.startswith("pg") else [])
    kinds = {KINDS[type(change)] for change in changes if type(change) in KINDS}
    assert kinds == {"record", "fact", "delete", "truncate"} - ({"truncate"} if sample.endswith("defaults") else set())


@pytest.mark.parametrize("sample", [name for name in SCALES if ".noschema.precise" in name])
def test_without_their_scale_the_decimals_of_a_precise_sample_are_parked(sample: str) -> None:
    text = mapping_of(sample).read_text().replace(", scale = 2", "").replace(", scale = 3", "")
    found = [change for change in changes_of(sample, mapping_from(text)) if isinstance(change, Unusable)]
    assert {change.code for change in found} == {
        "ambiguous_value",
        *(code for code, _ in KEYLESS_UPDATE if sample.startswith("pg")),
    }
    assert all("scale = 2" in change.message for change in found if change.code == "ambiguous_value")
    assert all(change.row is not None for change in found if change.code == "ambiguous_value")


@pytest.mark.parametrize("sample", [name for name in SCALES if ".noschema.precise" not in name])
def test_with_a_schema_or_as_text_decimals_need_no_scale(sample: str) -> None:
    text = mapping_of(sample).read_text().replace(", scale = 2", "").replace(", scale = 3", "")
    assert [c.code for c in changes_of(sample, mapping_from(text)) if isinstance(c, Unusable)] == [
        code for code, _ in KEYLESS_UPDATE if sample.startswith("pg")
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [("pg.noschema.string", "pg.schema.string.defaults"), ("mariadb.noschema.string", "mariadb.schema.precise")],
)
def test_the_same_row_means_the_same_with_and_without_a_schema(first: str, second: str) -> None:
    """The scripted later rows are the same in every database: only their places in the log differ."""

    def scripted(sample: str) -> dict[RowKey, Any]:
        changes = changes_of(sample, mapping_at(mapping_of(sample)))
        return {
            change.row: (change.amount_minor, change.occurred_at, change.person, change.parent, change.label)
            for change in changes
            if isinstance(change, FactChange) and change.row.key[0] == "9100"
        }

    assert scripted(first) == scripted(second) != {}


# --- never a crash ----------------------------------------------------------------------------------------------------

_TRANSLATORS = {name: Translator(mapping_at(MAPPINGS / name)) for name in ("shop.toml", "pos.toml")}
_EVENTS = [
    (_TRANSLATORS[mapping_of(sample).name], event)
    for sample in (
        "pg.noschema.string",
        "pg.schema.precise",
        "mysql57.noschema.precise.txmeta",
        "mariadb.schema.precise",
    )
    for event in CapturedFile(SAMPLES / f"{sample}.jsonl").events()
    if isinstance(event, RawEvent) and len(event.value or b"") < 8000
]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
    | st.sampled_from([10**400, "1e999999", PLACEHOLDER, "QaA=", "9999-12-31T23:59:59-23:59", "0001-01-01", 2**64]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["op", "id", "scale", "value", "type"]), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [found for key, item in items for found in _paths(item, (*path, key))]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {key: _replaced(item, path[1:], new) if key == path[0] else item for key, item in value.items()}
    return [_replaced(item, path[1:], new) if index == path[0] else item for index, item in enumerate(value)]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_whatever_stands_in_an_event_translating_never_fails(data: st.DataObject) -> None:
    translator, event = data.draw(st.sampled_from(_EVENTS))
    part = data.draw(st.sampled_from(["key", "value"]))
    body = json.loads(getattr(event, part) or b"null")
    broken = _replaced(body, data.draw(st.sampled_from(_paths(body))), data.draw(_json))
    written = json.dumps(broken, ensure_ascii=False).encode(errors="surrogatepass")
    parts = {"key": event.key, "value": event.value} | {part: written}
    change = translator.translate(RawEvent("s", 1, event.topic, parts["key"], parts["value"], event.headers))
    assert not isinstance(change, Unusable) or change.code in PARK_CODES


def test_a_number_of_thousands_of_digits_is_parked() -> None:
    value = order({}).value or b""
    for number, code in ((b"1e99999", "wrong_type"), (b"9" * 4000, "wrong_type"), (b"9" * 5000, "wrong_envelope")):
        found = unusable(RawEvent("s", 1, "shop.public.orders", b'{"id":1}', value.replace(b'"QaA="', number)))
        assert found.code == code


@settings(max_examples=200)
@given(st.binary(max_size=60), st.binary(max_size=20) | st.none(), st.sampled_from(["shop.public.customers", "x"]))
def test_arbitrary_bytes_never_fail_either(value: bytes, key: bytes | None, topic: str) -> None:
    change = _TRANSLATORS["shop.toml"].translate(RawEvent("s", 1, topic, key, value))
    assert isinstance(change, Unusable | Ignored)
