"""The demo's two businesses: real enough, repeatable, and silent about the people in them."""

import re
import sqlite3
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import phonenumbers
import pytest
from email_validator import validate_email

from cdc import Ignored, RowDelete, SqliteCapture, Translator, Unusable, read_mapping
from cli.demo_world import (
    MAPPING_FILE,
    SHOWCASE_OTHER_PHONE,
    SHOWCASE_PHONE,
    World,
    databases,
    people,
    pos,
    shop,
    typing_habits,
)
from storage import ConfigDocument

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SHOWN = "SELECT * FROM customers WHERE id IN (1, 2)"
#: Columns whose values must not be said aloud.
PERSONAL = {
    "shop": ("customers", "email phone full_name birthday address wechat_openid wechat_unionid"),
    "pos": ("members", "name mobile email birth_date card_no"),
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(World(tmp_path / "world", seed=7)) as made:
        made.create(NOW)
        yield made


def rows(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def contents(world: World) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: rows(path, f"SELECT * FROM {table} ORDER BY 1, 2")
        for path, tables in ((world.shop_path, databases.SHOP_TABLES), (world.pos_path, databases.POS_TABLES))
        for table in tables
    }


def steps(world: World, count: int) -> list[str]:
    return [world.step(NOW + timedelta(seconds=number)) for number in range(count)]


def e164(typed: str) -> str:
    number = phonenumbers.parse(typed, "CN")
    assert phonenumbers.is_valid_number(number), typed
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def test_a_world_is_made_in_under_three_seconds_and_of_the_size_the_demo_needs(tmp_path: Path) -> None:
    begun = time.monotonic()
    with closing(World(tmp_path, seed=1)) as world:
        world.create(NOW)
    assert time.monotonic() - begun < 3

    counted = {table: len(found) for table, found in contents(world).items()}
    assert counted["customers"] == 150
    assert counted["members"] == 120
    assert 200 < counted["orders"] + counted["receipts"] < 600
    assert all(counted.values())


def test_the_same_seed_makes_the_same_world_and_the_same_steps(tmp_path: Path) -> None:
    made = []
    for folder in ("one", "two"):
        with closing(World(tmp_path / folder, seed=42)) as world:
            world.create(NOW)
            made.append((steps(world, 60), contents(world)))
    with closing(World(tmp_path / "three", seed=43)) as world:
        world.create(NOW)
        made.append((steps(world, 60), contents(world)))

    assert made[0] == made[1]
    assert made[0] != made[2]


def test_a_second_start_goes_on_with_the_world_as_it_was(tmp_path: Path) -> None:
    with closing(World(tmp_path, seed=5)) as world:
        world.create(NOW)
        before = steps(world, 30)
        left = contents(world)
        events = len(SqliteCapture(world.shop_path, "shop").events(0, 100_000))
    with closing(World(tmp_path, seed=5)) as world:
        world.create(NOW + timedelta(days=1))
        assert contents(world) == left
        assert len(SqliteCapture(world.shop_path, "shop").events(0, 100_000)) == events
        assert steps(world, 30) != before


def test_a_world_interrupted_while_it_was_made_is_completed(tmp_path: Path) -> None:
    with closing(World(tmp_path / "whole", seed=5)) as world:
        world.create(NOW)
        whole = contents(world)
    with closing(World(tmp_path / "half", seed=5)) as world:
        world.create(NOW)
    for file in (tmp_path / "half").glob("pos.db*"):
        file.unlink()
    with closing(World(tmp_path / "half", seed=5)) as world:
        world.create(NOW)
        assert contents(world) == whole


def test_the_history_is_captured_as_a_snapshot_and_the_trickle_as_changes(world: World) -> None:
    stored = contents(world)
    for path, source, tables in (
        (world.shop_path, "shop", databases.SHOP_TABLES),
        (world.pos_path, "pos", databases.POS_TABLES),
    ):
        capture = SqliteCapture(path, source)
        told = capture.events(0, 100_000)
        assert all(b'"op":"r"' in (event.value or b"") for event in told)
        assert len(told) == sum(len(stored[table]) for table in tables)
    steps(world, 5)
    last = len(SqliteCapture(world.shop_path, "shop").events(0, 100_000))
    assert last > sum(len(stored[table]) for table in databases.SHOP_TABLES)


def test_a_third_of_the_people_are_known_to_both_channels(world: World) -> None:
    shop = rows(world.shop_path, "SELECT full_name, phone, email FROM customers WHERE id > 2")
    pos = rows(world.pos_path, "SELECT name, mobile, email FROM members WHERE member_no > 'M000001'")
    phones = {e164(phone): name for name, phone, _ in shop if phone}
    emails = {email: name for name, _, email in shop if email}

    by_phone = {name for name, mobile, _ in pos if mobile and phones.get(e164(mobile)) == name}
    by_email = {name for name, _, email in pos if email and emails.get(email.strip().lower()) == name}

    assert 40 <= len(by_phone | by_email) <= 50
    assert by_phone - by_email
    assert by_email - by_phone


def test_the_trickle_keeps_referential_integrity_and_the_books(world: World) -> None:
    said = steps(world, 600)

    assert len({re.sub(r"\b(M|S)?\d[\d-]*|[A-Z]{3}-\d+", "…", line) for line in said}) >= 15, (
        "some happening never happened"
    )
    for path in (world.shop_path, world.pos_path):
        assert rows(path, "PRAGMA foreign_key_check") == []
        assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    unbalanced = rows(
        world.pos_path,
        "SELECT member_no FROM members m WHERE points <>"
        " (SELECT coalesce(sum(delta), 0) FROM points_ledger l WHERE l.member_no = m.member_no)",
    )
    assert unbalanced == []


@pytest.mark.parametrize(
    ("source", "orders", "lines"),
    [
        ("shop", "orders", "(SELECT order_id AS parent, * FROM order_items)"),
        ("pos", "(SELECT receipt_no AS id, * FROM receipts)", "(SELECT receipt_no AS parent, * FROM receipt_lines)"),
    ],
)
def test_totals_are_decimal_texts_that_add_up_in_one_currency(
    world: World, source: str, orders: str, lines: str
) -> None:
    steps(world, 60)
    found = rows(
        world.shop_path if source == "shop" else world.pos_path,
        "SELECT o.id, o.total, o.currency, l.qty, l.unit_price, l.currency"
        f" FROM {orders} o JOIN {lines} l ON l.parent = o.id",
    )
    stated = {order: Decimal(total) for order, total, *_ in found}
    added: Counter[Any] = Counter()
    for order, _, _, qty, unit_price, _ in found:
        added[order] += qty * Decimal(unit_price)

    assert stated
    assert dict(added) == stated
    assert all(re.fullmatch(r"\d+\.\d\d", text) for row in found for text in (row[1], row[4]))
    assert all(row[2] == row[5] for row in found)
    assert len({row[2] for row in found}) > 1


def test_the_number_of_a_deleted_customer_is_never_given_again(world: World) -> None:
    with closing(databases.connect(world.shop_path)) as db:
        (newest,) = db.execute("SELECT max(id) FROM customers").fetchone()
        db.execute("DELETE FROM customers WHERE id = ?", (newest,))
        assert shop.register(db, Random(1), NOW) == f"shop: customer {newest + 1} registered"


def test_the_newest_member_stays_so_that_the_number_is_never_given_again(world: World) -> None:
    with closing(databases.connect(world.pos_path)) as db:
        (newest,) = db.execute("SELECT max(member_no) FROM members").fetchone()
        said = [pos.leave(db, Random(number), NOW) for number in range(1000)]
        assert len([line for line in said if line]) == 120 - 80
        assert db.execute("SELECT max(member_no) FROM members").fetchone() == (newest,)


def test_a_line_comes_back_once(world: World) -> None:
    with closing(databases.connect(world.pos_path)) as db:
        said = [pos.give_back(db, Random(number), NOW) for number in range(1000)]
    returned = rows(world.pos_path, "SELECT receipt_no, line_no FROM returns")

    assert len([line for line in said if line]) > 100
    assert len(set(returned)) == len(returned)


def test_a_new_phone_is_never_that_of_a_showcase_person(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter([SHOWCASE_PHONE, SHOWCASE_OTHER_PHONE, "+8613800138001"])
    monkeypatch.setattr(people, "_phone", lambda _rng, _country: next(made))

    assert people.phone(Random(1), "CN") == "+8613800138001"


def test_descriptions_hold_no_personal_value(world: World) -> None:
    values: set[str] = set()
    said: list[str] = []
    for _ in range(8):
        for path, (table, columns) in zip((world.shop_path, world.pos_path), PERSONAL.values(), strict=True):
            found = rows(path, f"SELECT {columns.replace(' ', ', ')} FROM {table}")
            values.update(str(value) for row in found for value in row if value is not None)
        said += steps(world, 50)

    assert values
    assert [value for value in values if any(value in line for line in said)] == []
    assert all(re.fullmatch(r"(shop|pos): [ -~]+", line) for line in said)


def test_phones_and_addresses_are_valid_however_they_are_typed(world: World) -> None:
    steps(world, 100)
    phones = rows(world.shop_path, "SELECT phone FROM customers WHERE phone IS NOT NULL") + rows(
        world.pos_path, "SELECT mobile FROM members WHERE mobile IS NOT NULL"
    )
    emails = rows(world.shop_path, "SELECT email FROM customers WHERE email IS NOT NULL") + rows(
        world.pos_path, "SELECT email FROM members WHERE email IS NOT NULL"
    )

    typed = [phone for (phone,) in phones]
    assert {e164(phone)[:3] for phone in typed} >= {"+86", "+85"}
    assert {"138 0013 8000"} <= set(typed)
    assert any(re.fullmatch(r"[０-９]{11}", phone) for phone in typed)
    for (email,) in emails:
        validate_email(email.strip(), check_deliverability=False)
    assert any(email.isupper() for (email,) in emails)


@pytest.mark.parametrize("country", ["CN", "HK", "US", "DE", "FR", "GB"])
def test_every_country_gets_phones_of_its_numbering_plan(country: str) -> None:
    rng = Random(3)
    for _ in range(300):
        phone = people.phone(rng, country)
        assert e164(phone) == phone
        assert e164(typing_habits.staff_phone(rng, phone)) == phone
        assert e164(typing_habits.shop_phone(rng, phone)) == phone


def test_wechat_ids_have_wechats_shape(world: World) -> None:
    found = rows(world.shop_path, "SELECT wechat_openid, wechat_unionid FROM customers WHERE wechat_openid IS NOT NULL")

    assert len(found) > 50
    assert all(re.fullmatch(r"o[\w-]{27}", value) for row in found for value in row)


def test_the_showcase_people_have_constant_ids_and_one_link(world: World) -> None:
    (first, second) = rows(
        world.shop_path,
        "SELECT full_name, phone, email, email_verified_at IS NOT NULL FROM customers WHERE id IN (1, 2)",
    )
    ((name, mobile, email, birth_date),) = rows(
        world.pos_path, "SELECT name, mobile, email, birth_date FROM members WHERE member_no = 'M000001'"
    )

    assert first == ("陈小美", "+8613800138000", "chen.xiaomei@example.com", 1)
    assert second[1] == "+8613900139000"
    assert (name, e164(mobile), email, birth_date) == ("陈小美", SHOWCASE_PHONE, None, None)
    assert rows(world.shop_path, "SELECT DISTINCT customer_id FROM orders WHERE customer_id <= 2") == [(1,), (2,)]
    assert rows(world.pos_path, "SELECT count(*) FROM receipts WHERE member_no = 'M000001'")[0][0] >= 2


def test_the_trickle_leaves_the_showcase_people_alone(world: World) -> None:
    shown = (
        (world.shop_path, SHOWN),
        (world.shop_path, "SELECT * FROM orders WHERE customer_id IN (1, 2)"),
        (world.shop_path, "SELECT * FROM page_visits WHERE customer_id IN (1, 2)"),
        (world.shop_path, "SELECT * FROM reviews WHERE customer_id IN (1, 2)"),
        (world.pos_path, "SELECT * FROM members WHERE member_no = 'M000001'"),
        (world.pos_path, "SELECT * FROM receipts WHERE member_no = 'M000001'"),
        (world.pos_path, "SELECT t.* FROM returns t JOIN receipts USING (receipt_no) WHERE member_no = 'M000001'"),
        (world.pos_path, "SELECT * FROM points_ledger WHERE member_no = 'M000001'"),
        (world.pos_path, "SELECT * FROM consents WHERE member_no = 'M000001'"),
    )
    before = [rows(path, statement) for path, statement in shown]

    steps(world, 600)

    assert [rows(path, statement) for path, statement in shown] == before


def test_the_showcase_phone_is_corrected_and_corrected_back(world: World) -> None:
    capture = SqliteCapture(world.pos_path, "pos")
    last = len(capture.events(0, 100_000))

    world.showcase_correct_phone(SHOWCASE_OTHER_PHONE)
    world.showcase_correct_phone(SHOWCASE_PHONE)

    changes = capture.events(last, 10)
    assert [change.key for change in changes] == [b'{"member_no":"M000001"}'] * 2
    assert b'"mobile":"+8613900139000"' in (changes[0].value or b"")
    assert rows(world.pos_path, "SELECT mobile FROM members WHERE member_no = 'M000001'") == [(SHOWCASE_PHONE,)]


def test_corrections_sometimes_bring_a_member_and_a_customer_together(world: World) -> None:
    def linked() -> set[str]:
        phones = {
            e164(phone) for (phone,) in rows(world.shop_path, "SELECT phone FROM customers WHERE phone IS NOT NULL")
        }
        members = rows(world.pos_path, "SELECT member_no, mobile FROM members WHERE mobile IS NOT NULL")
        return {member for member, mobile in members if e164(mobile) in phones}

    before = linked()
    steps(world, 1500)

    assert linked() - before


def test_times_are_written_as_each_business_does(world: World) -> None:
    ((placed,),) = rows(world.shop_path, "SELECT max(placed_at) FROM orders")
    ((sold,),) = rows(world.pos_path, "SELECT max(sold_at) FROM receipts")

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", placed)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", sold)
    assert databases.store_time(NOW) == "2026-03-01 17:30:00"
    assert datetime.fromisoformat(placed) <= NOW


def test_the_live_trickle_runs_in_a_thread_until_it_is_stopped(world: World) -> None:
    stop, said = threading.Event(), list[str]()
    trickle = threading.Thread(target=world.run, args=(stop, 500.0), kwargs={"tell": said.append})
    trickle.start()
    deadline = time.monotonic() + 10
    while len(said) < 20 and time.monotonic() < deadline:
        world.showcase_correct_phone(SHOWCASE_PHONE)
    stop.set()
    trickle.join(timeout=5)

    assert not trickle.is_alive()
    assert len(said) >= 20


def test_a_happening_that_fails_leaves_nothing_behind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_values: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("cli.demo_world.pos.add_points", fail)
    left = contents(world)
    with pytest.raises(RuntimeError):  # noqa: PT012 - the step that fails is found by taking steps
        while True:
            left = contents(world)
            world.step(NOW)

    assert contents(world) == left
    monkeypatch.undo()
    assert steps(world, 3)


def test_the_mapping_names_every_table_key_and_column_of_both_databases(world: World) -> None:
    sources = tomllib.loads(MAPPING_FILE.read_text(encoding="utf-8"))["source"]
    tables = {"shop": databases.SHOP_TABLES, "pos": databases.POS_TABLES}
    paths = {"shop": world.shop_path, "pos": world.pos_path}

    assert {source["name"]: set(source["tables"]) for source in sources} == {n: set(t) for n, t in tables.items()}
    for source in sources:
        for table, mapped in source["tables"].items():
            info = rows(paths[source["name"]], f"SELECT name, pk FROM pragma_table_info('{table}')")
            key = [name for name, place in sorted(info, key=lambda column: int(column[1])) if place]
            used = {*mapped["columns"], *filter(None, [mapped.get("updated_at")])}
            used |= {column["verified_by"] for column in mapped["columns"].values() if "verified_by" in column}
            assert mapped["key"] == key
            assert used <= {name for name, _ in info}


def test_every_event_of_the_world_has_a_meaning_under_the_mapping(world: World) -> None:
    steps(world, 300)
    translator = Translator(read_mapping(ConfigDocument.load(MAPPING_FILE)))
    changes = [
        translator.translate(event)
        for path, source in ((world.shop_path, "shop"), (world.pos_path, "pos"))
        for event in SqliteCapture(path, source).events(0, 100_000)
    ]

    assert [change for change in changes if isinstance(change, Unusable | Ignored)] == []
    assert len({getattr(change, "kind", "person") for change in changes if not isinstance(change, RowDelete)}) == 8
    assert any(isinstance(change, RowDelete) and change.is_person for change in changes)
