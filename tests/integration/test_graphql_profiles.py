"""What profiles show, and what showing them costs."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from identity import identifier
from profiles import fact, profile
from resolvers import Limits, authenticate, overview
from schema.http import Question, ask
from tests.integration.graphql_data import CHEN_POS, CHEN_SHOP, CLERK, DAY, Fact, World, chen, line, open_world, order


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path) as opened:
        yield opened


def text(key: bytes) -> str:
    return str(uuid.UUID(bytes=key))


def node(world: World, key: bytes, selection: str, **options: Any) -> Any:
    query = "query ($id: ID!) { node(id: $id) { ... on Profile { %s } } }" % selection  # noqa: UP031 - GraphQL has braces
    return world.data(query, {"id": text(key)}, **options)["node"]


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


# --- Cost ---

WIDE = """
query ($first: Int) { profiles(first: $first) { edges { cursor node {
  id name { value provenance { source key { value } } } phone { masked } attributes { name value { value } }
  identifiers { type value { value } sources } records { store key { value } attributes { name value { access } } }
  orders { nodes { number total { amount } lines { sku unitPrice { amount } } returns { total { amount } } key { value } } }
  reviews { nodes { body { value } } } timeline(first: 10) { nodes { id details { name value { masked } } } }
  loyalty { entries { nodes { points } } } totals { kind count } channels lineage { kind } consents { purpose state }
} } pageInfo { hasNextPage endCursor } } }
"""


def people(world: World, number: int) -> list[bytes]:
    made = []
    for place in range(number):
        cells = {"name": f"N{place}", "phone": f"1381234{place:04}", "email": f"n{place}@example.com"}
        made.append(
            world.person(
                {"cells": cells}, {"source": "pos", "table": "members", "store": "S001", "cells": {"name": "x"}}
            )
        )
    placed = world.add(*(order(key, f"o{i}", days=i % 5) for i, key in enumerate(made)))
    world.add(*(line(key, f"o{i}", 1) for i, key in enumerate(placed)))
    world.add(*(Fact("feedback", key, (f"f{i}",), cells={"body": "good"}) for i, key in enumerate(made)))
    return made


def test_fifty_profiles_cost_as_many_statements_as_one(world: World) -> None:
    made = people(world, 50)
    for key in made:
        world.consent(key, "marketing", "granted")
    costs = {}
    for purpose in ("customer_service", "marketing"):
        for first in (1, 50):
            with world.statements() as asked:
                shown = world.data(WIDE, {"first": first}, purpose=purpose)["profiles"]["edges"]
            assert len(shown) == first
            assert shown[-1]["node"]["orders"]["nodes"][0]["lines"]
            assert shown[-1]["node"]["name"]["value"]
            costs[purpose, first] = len(
                [s for s in asked.main if s.startswith("SELECT") and "audit" not in s and "advisory" not in s]
            )
    assert costs["customer_service", 1] == costs["customer_service", 50] == 19
    assert costs["marketing", 1] == costs["marketing", 50] == 20


def test_keys_are_asked_for_once_for_each_level(world: World) -> None:
    people(world, 20)
    with world.statements() as asked:
        world.data(WIDE, {"first": 20})
    assert len([s for s in asked.keys if "incarnation_key" in s]) <= 4


def test_a_second_alias_of_a_nested_field_costs_nothing_more(world: World) -> None:
    key = chen(world)
    with world.statements() as once:
        node(world, key, "orders { nodes { number } }")
    with world.statements() as twice:
        node(world, key, "orders { nodes { number } } again: orders { nodes { id } }")
    assert len(twice.main) == len(once.main)


def test_a_question_for_too_many_things_is_refused_before_they_are_read(tmp_path: Path) -> None:
    with open_world(f"sqlite:///{tmp_path / 'x.db'}", tmp_path, Limits(items=60)) as world:
        people(world, 4)
        with world.statements() as asked:
            answer = world.ask(
                "{ profiles(first: 4) { nodes { name { value } orders(first: 100) { nodes { number } } } } }"
            )
        assert set(codes(answer)) == {"TOO_COMPLEX"}
        assert answer["data"] is None
        assert not [s for s in asked.main if "FROM source_record JOIN fact" in s]
        assert "errors" not in world.ask("{ profiles(first: 4) { nodes { orders(first: 5) { nodes { number } } } } }")


def test_lines_and_other_lists_without_paging_count_too(tmp_path: Path) -> None:
    with open_world(f"sqlite:///{tmp_path / 'x.db'}", tmp_path, Limits(items=60)) as world:
        key = world.person({"cells": {"name": "N"}})
        (placed,) = world.add(order(key, "o"))
        world.add(*(line(placed, "o", place) for place in range(70)))
        assert set(
            codes(world.ask("{ profiles(first: 1) { nodes { orders(first: 1) { nodes { lines { sku } } } } } }"))
        ) == {"TOO_COMPLEX"}


def test_an_answer_that_was_given_up_holds_nothing_of_what_was_there(tmp_path: Path) -> None:
    with open_world(f"sqlite:///{tmp_path / 'x.db'}", tmp_path, Limits(items=3)) as world:
        key = chen(world)
        query = "query ($id: ID!) { me { role } node(id: $id) { ... on Profile { orders { nodes { number } } } } }"
        answer = world.ask(query, {"id": text(key)})
        assert codes(answer) == ["TOO_COMPLEX"]
        assert answer["data"] is None


def test_a_question_that_takes_too_long_is_given_up_at_its_next_look_at_the_time(tmp_path: Path) -> None:
    with open_world(f"sqlite:///{tmp_path / 'x.db'}", tmp_path, Limits(seconds=0)) as world:
        chen(world)
        caller = authenticate(world.api, f"Bearer {world.token()}", None, request_id="r")
        answer = ask(world.api, caller, Question("{ me { role } profiles { nodes { id } } }"))
        assert codes(answer) == ["TIMEOUT"]
        assert answer["data"] is None


# --- One profile ---


def test_a_profile_shows_the_facts_of_both_channels(world: World) -> None:
    shown = node(
        world,
        chen(world),
        "channels counts { records orders receipts returns visits reviews } spent { amount minor currency } "
        "orders { nodes { number channel status total { amount minor currency } lines { sku label quantity unitPrice { amount } } "
        "returns { number total { amount } } } } loyalty { points entries { nodes { points name } } }",
    )
    assert shown["channels"] == ["online", "store"]
    assert shown["counts"] == {"records": 2, "orders": 1, "receipts": 1, "returns": 1, "visits": 1, "reviews": 1}
    assert shown["spent"] == {"amount": "219.00", "minor": "21900", "currency": "CNY"}
    receipt, bought = shown["orders"]["nodes"]
    assert (receipt["number"], receipt["channel"], receipt["lines"]) == ("R-9", "store", [])
    assert bought["total"] == {"amount": "123.45", "minor": "12345", "currency": "CNY"}
    assert [found["sku"] for found in bought["lines"]] == ["SKU-1", "SKU-2"]
    assert bought["lines"][0] == {"sku": "SKU-1", "label": "Tea", "quantity": "2", "unitPrice": {"amount": "5.00"}}
    assert bought["returns"] == [{"number": "55", "total": {"amount": "3.45"}}]
    assert shown["loyalty"] == {"points": "150", "entries": {"nodes": [{"points": "30", "name": "birthday"}]}}


def test_golden_values_name_where_they_come_from(world: World) -> None:
    key = chen(world)
    shown = node(
        world,
        key,
        "email { value provenance { source table recordId verified rule updatedAt key { value } } } "
        'attribute(name: "loyalty_card") { value provenance { source key { value } } } none: attribute(name: "city") { value }',
    )
    assert shown["email"]["provenance"] == {
        "source": "shop",
        "table": "customers",
        "recordId": text(key),
        "verified": True,
        "rule": "verified_first",
        "updatedAt": "2026-02-25T06:13:20.000000Z",
        "key": {"value": "42"},
    }
    assert shown["attribute"] == {"value": "60001234", "provenance": {"source": "pos", "key": {"value": "M-7"}}}
    assert shown["none"] is None


def test_equal_identifiers_of_several_records_are_one(world: World) -> None:
    found = node(world, chen(world), "identifiers { type verified sources value { value } }")["identifiers"]
    assert [(i["type"], i["sources"], i["verified"]) for i in found] == [
        ("NATIONAL_ID", ["shop"], False),
        ("LOYALTY_CARD", ["pos"], False),
        ("EMAIL", ["shop"], True),
        ("PHONE", ["pos", "shop"], False),
    ]
    assert found[3]["value"]["value"] == "+8613812345678"


def test_a_placeholder_is_no_identifier_but_stays_an_attribute(world: World) -> None:
    key = world.person({"cells": {"email": "none@none.com", "phone": "00000000000", "name": "N"}})
    shown = node(world, key, "identifiers { type } attributes { name value { value } }")
    assert shown["identifiers"] == []
    assert {"name": "phone", "value": {"value": "00000000000"}} in shown["attributes"]


def test_two_values_of_one_type_in_one_record_are_two_identifiers(world: World) -> None:
    key = world.person({"cells": {"phone": ["13812345678", "13987654321"]}})
    found = node(world, key, "identifiers { value { value } }")["identifiers"]
    assert sorted(i["value"]["value"] for i in found) == ["+8613812345678", "+8613987654321"]


def test_the_timeline_holds_all_kinds_newest_first_and_those_without_a_time_last(world: World) -> None:
    key = chen(world)
    world.add(
        Fact("event", key, ("odd",), clear={"name": "no time"}),
        Fact("loyalty", key, ("x",), clear={"occurred_at": 2**62}),
    )
    found = node(world, key, "timeline { nodes { __typename occurredAt ... on Order { number } } }")["timeline"][
        "nodes"
    ]
    assert [f["__typename"] for f in found[-3:]] == ["Order", "Order", "Visit"]
    assert found[0] == {"__typename": "LoyaltyEntry", "occurredAt": None}  # beyond the calendar, not beyond the order
    only = node(world, key, "timeline(kinds: [RETURN, ORDER]) { nodes { __typename } }")["timeline"]["nodes"]
    assert [f["__typename"] for f in only] == ["Return", "Order", "Order"]


def test_a_sealed_key_of_a_fact_has_no_number(world: World) -> None:
    key = world.person({"cells": {"name": "N"}})
    world.add(Fact("order", key, ("138-1", "2"), has_personal_key=True))
    (shown,) = node(world, key, "orders { nodes { number key { value access } details { name } } }")["orders"]["nodes"]
    assert shown == {"number": None, "key": {"value": "138-1/2", "access": "CLEAR"}, "details": []}


def test_reviews_and_visits_show_their_personal_parts(world: World) -> None:
    shown = node(
        world, chen(world), "reviews { nodes { rating body { value } } } visits { nodes { name url { value masked } } }"
    )
    assert shown["reviews"]["nodes"] == [{"rating": 5, "body": {"value": "陈伟 was here"}}]
    assert shown["visits"]["nodes"][0]["url"]["value"] == "/item/7?for=chen.wei"


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (9_223_372_036_854_775_807, "CNY", "92233720368547758.07"),
        (-1, "CNY", "-0.01"),
        (5, "JPY", "5"),
        (1_234_567, "KWD", "1234.567"),
        (0, "EUR", "0.00"),
    ],
)
def test_money_is_exact(world: World, minor: int, currency: str, amount: str) -> None:
    key = world.person({"cells": {"name": "N"}})
    world.add(order(key, "1", minor=minor, currency=currency))
    shown = node(world, key, "orders { nodes { total { amount minor currency } } }")["orders"]["nodes"][0]["total"]
    assert shown == {"amount": amount, "minor": str(minor), "currency": currency}


def test_an_amount_without_a_currency_is_not_guessed(world: World) -> None:
    key = world.person({"cells": {"name": "N"}})
    world.add(Fact("order", key, ("1",), clear={"amount_minor": 100}))
    assert node(world, key, "orders { nodes { total { amount } } }")["orders"]["nodes"] == [{"total": None}]


def test_totals_keep_channels_and_currencies_apart(world: World) -> None:
    key = world.person({"cells": {"name": "N"}}, {"cells": {"name": "M"}})
    world.add(order(key, "1"), order(key, "2", currency="EUR"), order(key, "3", channel="store"), order(key, "4"))
    shown = node(world, key, "totals { kind channel currency count amount { amount } firstAt lastAt }")["totals"]
    assert [(t["channel"], t["currency"], t["count"], t["amount"]["amount"]) for t in shown] == [
        ("online", "CNY", 2, "246.90"),
        ("online", "EUR", 1, "123.45"),
        ("store", "CNY", 1, "123.45"),
    ]


def test_lineage_shows_both_sides_of_a_step(world: World) -> None:
    into, absorbed = world.person({"cells": {"name": "A"}}), world.person({"cells": {"name": "B"}})
    cause = {"source": "pos", "table": "members", "op": "u", "stream": "s", "offset": 9}
    world.step("created", into, None)
    world.step("merged", into, absorbed, cause, {"more": 3})
    selection = "lineage { kind profileId otherId causes { source table op } moreCauses at }"
    newest, created = node(world, into, selection)["lineage"]
    assert created["kind"] == "created"
    assert newest == {
        "kind": "merged",
        "profileId": text(into),
        "otherId": text(absorbed),
        "causes": [{"source": "pos", "table": "members", "op": "u"}],
        "moreCauses": 3,
        "at": "2026-02-25T06:13:20.000000Z",
    }
    assert node(world, absorbed, selection)["lineage"] == [newest]
    assert len(node(world, into, "lineage(first: 1) { kind }")["lineage"]) == 1


# --- Ids ---


def test_a_moved_id_leads_to_the_profile_it_moved_into(world: World) -> None:
    key = world.person(CHEN_SHOP, CHEN_POS)
    old, older, gone, gone_too = (uuid.uuid4().bytes for _ in range(4))
    world.end(old, key)
    world.end(older, old)
    world.end(gone, None)
    world.end(gone_too, gone)
    query = "query ($id: ID!) { profile(id: $id) { __typename ... on ProfileMoved { id profile { id name { value } } } ... on ProfileDeleted { id } } }"
    for moved in (old, older):
        assert world.data(query, {"id": text(moved)})["profile"] == {
            "__typename": "ProfileMoved",
            "id": text(moved),
            "profile": {"id": text(key), "name": {"value": "陈伟"}},
        }
    for deleted in (gone, gone_too):
        assert world.data(query, {"id": text(deleted)})["profile"] == {
            "__typename": "ProfileDeleted",
            "id": text(deleted),
        }


def test_the_id_of_another_member_leads_to_the_profile(world: World) -> None:
    key = world.person(CHEN_SHOP, CHEN_POS)
    member = node(world, key, "records { id }")["records"][1]["id"]
    query = "query ($id: ID!) { node(id: $id) { __typename id ... on ProfileMoved { profile { id } } } }"
    assert world.data(query, {"id": member})["node"] == {
        "__typename": "ProfileMoved",
        "id": member,
        "profile": {"id": text(key)},
    }


def test_an_unknown_id_is_null_and_a_malformed_one_an_error(world: World) -> None:
    query = "query ($id: ID!) { profile(id: $id) { __typename } }"
    assert world.data(query, {"id": str(uuid.uuid4())})["profile"] is None
    for malformed in ("", "7", "{" + str(uuid.uuid4()) + "}", uuid.uuid4().hex, "1' OR '1'='1", "\0"):
        assert codes(world.ask(query, {"id": malformed})) == ["BAD_USER_INPUT"]


# --- Look-ups ---

LOOKUP = "query ($t: IdentifierType!, $v: String!) { profileByIdentifier(type: $t, value: $v) { id } }"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("PHONE", "0086 138 1234 5678"),
        ("PHONE", "１３８１２３４５６７８"),
        ("EMAIL", "CHEN.WEI@example.COM"),
        ("LOYALTY_CARD", "6000 1234"),
    ],
)
def test_an_identifier_is_found_in_any_spelling(world: World, kind: str, value: str) -> None:
    key = chen(world)
    assert world.data(LOOKUP, {"t": kind, "v": value})["profileByIdentifier"] == {"id": text(key)}


@pytest.mark.parametrize("value", ["13900000001", "", "x" * 200, "none@none", "'; DROP TABLE profile; --", "\u3000"])
def test_an_identifier_that_nobody_carries_finds_nobody(world: World, value: str) -> None:
    chen(world)
    assert world.data(LOOKUP, {"t": "PHONE", "v": value})["profileByIdentifier"] is None


def test_a_shared_identifier_finds_nobody_rather_than_somebody(world: World) -> None:
    for store in ("S001", "S002"):
        world.person({"store": store, "cells": {"phone": "13812345678"}})
    assert world.data(LOOKUP, {"t": "PHONE", "v": "13812345678"})["profileByIdentifier"] is None
    assert world.data(LOOKUP, {"t": "PHONE", "v": "13812345678"}, **CLERK)[
        "profileByIdentifier"
    ]  # the one they may see


ALL = "query ($t: IdentifierType!, $v: String!) { profilesByIdentifier(type: $t, value: $v) { id } }"


def test_all_who_share_an_identifier_are_found_within_the_stores_the_last_active_first(world: World) -> None:
    first, second = (world.person({"store": s, "cells": {"phone": "13812345678"}}) for s in ("S001", "S002"))
    claiming = world.person({"cells": {"phone": "13812345678"}})
    with world.database.write() as connection:
        connection.execute(sa.update(identifier).where(identifier.c.incarnation == claiming).values(verified=False))
        connection.execute(sa.update(profile).where(profile.c.id == second).values(last_activity_at=2))
        connection.execute(sa.update(profile).where(profile.c.id == first).values(last_activity_at=1))

    def found(value: str, **who: Any) -> list[str]:
        listed = world.data(ALL, {"t": "PHONE", "v": value}, **who)["profilesByIdentifier"]
        return [each["id"] for each in listed]

    assert found("138 1234 5678") == [text(second), text(first)]
    assert found("13812345678", **CLERK) == [text(first)]
    assert found("13900000001") == []
    looked = [(e.action, json.loads(e.fields)) for e in world.audited()]
    assert looked == [("query:profilesByIdentifier", ["lookup:phone"])] * 3


def test_of_an_identifier_of_many_the_list_ends(world: World) -> None:
    for _ in range(22):
        world.person({"cells": {"phone": "13812345678"}})
    assert len(world.data(ALL, {"t": "PHONE", "v": "13812345678"})["profilesByIdentifier"]) == 20


def test_what_is_only_claimed_leads_to_nobody_and_hides_nobody(world: World) -> None:
    claiming, holding = (world.person({"cells": {"phone": "13812345678"}}) for _ in range(2))
    with world.database.write() as connection:
        connection.execute(sa.update(identifier).where(identifier.c.incarnation == claiming).values(verified=False))
    found = world.data(LOOKUP, {"t": "PHONE", "v": "13812345678"})["profileByIdentifier"]
    assert found == {"id": text(holding)}
    with world.database.write() as connection:
        connection.execute(sa.delete(identifier).where(identifier.c.incarnation == holding))
    assert world.data(LOOKUP, {"t": "PHONE", "v": "13812345678"})["profileByIdentifier"] is None


# --- Lists ---


def pages(world: World, arguments: str, size: int, *, backward: bool = False) -> list[str]:
    """All ids, page by page."""
    seen: list[str] = []
    cursor = None
    ways = (
        ("last", "before", "hasPreviousPage", "startCursor")
        if backward
        else ("first", "after", "hasNextPage", "endCursor")
    )
    count, place, more, end = ways
    query = f"query ($c: String) {{ profiles({count}: {size}, {place}: $c {arguments}) {{ nodes {{ id }} pageInfo {{ {more} {end} }} }} }}"
    while True:
        page = world.data(query, {"c": cursor})["profiles"]
        ids = [n["id"] for n in page["nodes"]]
        seen = [*ids, *seen] if backward else [*seen, *ids]
        if not page["pageInfo"][more]:
            return seen
        cursor = page["pageInfo"][end]


@pytest.mark.parametrize("field", ["ORDERS", "LAST_ACTIVITY_AT", "SPENT_MINOR"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_pages_hold_everybody_once_in_order_with_ties_and_missing_values(
    world: World, field: str, direction: str
) -> None:
    made = [world.person({"cells": {"name": "N"}}) for _ in range(11)]
    for place, key in enumerate(made[:7]):
        world.add(*(order(key, f"{place}-{n}", days=place // 3) for n in range(1 + place // 4)))
    with world.database.read() as connection:
        column = profile.c[field.lower()]
        rows = connection.execute(sa.select(profile.c.id, column)).all()
    down = direction == "DESC"
    have = sorted(((row[1], row[0]) for row in rows if row[1] is not None), reverse=down)
    lack = sorted((row[0] for row in rows if row[1] is None), reverse=down)
    expected = [text(key) for key in [*(key for _, key in have), *lack]]
    arguments = f"orderBy: {{ field: {field}, direction: {direction} }}"
    for size in (1, 3, 4, 11, 100):
        assert pages(world, arguments, size) == expected
        assert pages(world, arguments, size, backward=True) == expected


def test_a_page_stays_where_it_was_when_somebody_is_put_before_it(world: World) -> None:
    made = [world.person({"cells": {"name": "N"}}) for _ in range(4)]
    world.add(*(order(key, str(n), days=n) for n, key in enumerate(made)))
    query = "query ($c: String) { profiles(first: 2, after: $c) { nodes { id } pageInfo { endCursor } } }"
    cursor = world.data(query)["profiles"]["pageInfo"]["endCursor"]
    newest = world.person({"cells": {"name": "new"}})
    world.add(order(newest, "x", days=-1))
    rest = world.data(query, {"c": cursor})["profiles"]["nodes"]
    assert [n["id"] for n in rest] == [text(made[2]), text(made[3])]


def test_filters_hold_at_their_borders(world: World) -> None:
    few, many = (
        world.person({"cells": {"name": "F"}}),
        world.person({"store": "S009", "points": 7, "cells": {"name": "M"}}),
    )
    world.add(order(few, "1", days=3), *(order(many, f"m{n}", days=1) for n in range(3)))

    def found(wanted: dict[str, Any]) -> set[str]:
        query = "query ($f: ProfileFilter) { profiles(filter: $f) { nodes { id } } }"
        return {n["id"] for n in world.data(query, {"f": wanted})["profiles"]["nodes"]}

    both = {text(few), text(many)}
    assert found({}) == found({"orders": {"min": 1, "max": 3}}) == both
    assert found({"orders": {"min": 2}}) == found({"store": "S009"}) == found({"points": {"min": "7"}}) == {text(many)}
    assert found({"orders": {"max": 2}}) == {text(few)}
    assert found({"spentMinor": {"max": "12345"}, "orders": {"min": 1}}) == {text(few)}
    moment = "2026-02-24T14:13:20.000000+08:00"  # a day before NOW
    assert found({"lastActivityAt": {"from": moment}}) == {text(many)}
    assert found({"lastActivityAt": {"to": moment}}) == {text(few)}
    assert found({"store": "' OR 1=1 --"}) == set()


def test_impossible_arguments_are_refused_by_name(world: World) -> None:
    chen(world)
    for arguments in (
        "first: 0", "first: 101", "first: -1", "last: 101", 'before: "x"', "first: 1, last: 1", 'first: 1, before: "x"',
        'filter: { store: "a\\u0000b" }', 'filter: { points: { min: "9223372036854775808" } }',
    ):  # fmt: skip
        assert codes(world.ask(f"{{ profiles({arguments}) {{ nodes {{ id }} }} }}")) == ["BAD_USER_INPUT"], arguments
    for arguments in ("orders(first: 0)", "orders(first: 101)", "lineage(first: 0)", "lineage(first: 500)"):
        field = arguments + (" { nodes { id } }" if "orders" in arguments else " { kind }")
        assert codes(world.ask(f"{{ profiles {{ nodes {{ {field} }} }} }}")) == ["BAD_USER_INPUT"], arguments


def test_the_total_is_hidden_from_masked_roles_and_below_ten(world: World) -> None:
    for _ in range(9):
        world.person({"store": "S001", "cells": {"name": "N"}})
    count = "{ profiles(first: 1) { totalCount } }"
    assert world.data(count)["profiles"]["totalCount"] is None
    world.person({"store": "S001", "cells": {"name": "N"}})
    assert world.data(count)["profiles"]["totalCount"] == 10
    assert world.data(count, purpose=None)["profiles"]["totalCount"] is None
    assert world.data(count, **CLERK)["profiles"]["totalCount"] is None


# --- Cursors ---


@pytest.fixture
def cursor(world: World) -> str:
    for _ in range(3):
        world.person({"store": "S001", "cells": {"name": "N"}})
    found: str = world.data("{ profiles(first: 1) { pageInfo { endCursor } } }")["profiles"]["pageInfo"]["endCursor"]
    return found


NEXT = "query ($c: String) { profiles(first: 1, after: $c) { nodes { id } } }"


def test_a_cursor_works_for_its_principal_and_question_only(world: World, cursor: str) -> None:
    assert len(world.data(NEXT, {"c": cursor})["profiles"]["nodes"]) == 1
    assert codes(world.ask(NEXT, {"c": cursor}, subject="somebody-else")) == ["INVALID_CURSOR"]
    assert codes(world.ask(NEXT, {"c": cursor}, subject="staff-7", role="steward")) == ["INVALID_CURSOR"]
    other = "query ($c: String) { profiles(first: 1, after: $c, orderBy: { field: ORDERS }) { nodes { id } } }"
    assert codes(world.ask(other, {"c": cursor})) == ["INVALID_CURSOR"]
    filtered = 'query ($c: String) { profiles(first: 1, after: $c, filter: { store: "S001" }) { nodes { id } } }'
    assert codes(world.ask(filtered, {"c": cursor})) == ["INVALID_CURSOR"]
    nested = "query ($c: String) { profiles(first: 1) { nodes { orders(after: $c) { nodes { id } } } } }"
    assert codes(world.ask(nested, {"c": cursor})) == ["INVALID_CURSOR"]


def test_a_cursor_outlives_its_token(world: World, cursor: str) -> None:
    world.now += DAY
    assert len(world.data(NEXT, {"c": cursor})["profiles"]["nodes"]) == 1


def test_an_altered_cursor_is_refused(world: World, cursor: str) -> None:
    altered = [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        for place in (0, 20, len(cursor) - 2)
    ]
    for wrong in (*altered, "", "x", cursor[:-4], cursor + "AAAA", "é", "=" * 8, "A" * 4000):
        assert codes(world.ask(NEXT, {"c": wrong})) == ["INVALID_CURSOR"], wrong


def test_cursors_of_nested_lists_go_on_where_they_stopped(world: World) -> None:
    key = world.person({"cells": {"name": "N"}})
    world.add(*(order(key, str(n), days=n // 2) for n in range(5)), Fact("order", key, ("timeless",)))
    seen: list[str] = []
    place = None
    query = "query ($id: ID!, $c: String) { node(id: $id) { ... on Profile { orders(first: 2, after: $c) { nodes { number } pageInfo { hasNextPage endCursor } } } } }"
    while True:
        page = world.data(query, {"id": text(key), "c": place})["node"]["orders"]
        seen += [n["number"] for n in page["nodes"]]
        place = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == ["0", "1", "2", "3", "4", "timeless"]
    assert seen[-1] == "timeless"
    assert sorted(seen[:2]) == ["0", "1"]


# --- Audit ---


def test_what_was_seen_is_recorded_once_for_each_request(world: World) -> None:
    key = chen(world)
    response = world.post(
        "query ($id: ID!) { a: profile(id: $id) { ... on Profile { name { value } phone { masked } } } me { role } }",
        {"id": text(key)},
    )
    (entry,) = world.audited()
    assert entry.actor == "staff-7"
    assert (entry.role, entry.purpose, entry.action, entry.decision) == (
        "manager",
        "customer_service",
        "query:profile",
        "clear",
    )
    assert json.loads(entry.fields) == ["name", "phone"]
    assert (entry.rows, entry.request_id) == (2, response.headers["x-request-id"])
    assert len(entry.subject) == 64
    assert key.hex() not in entry.subject


def test_several_subjects_are_all_named(world: World) -> None:
    people(world, 3)
    world.data("{ profiles { nodes { name { value } } } }")
    (entry,) = world.audited()
    assert len(set(entry.subject.split(","))) == entry.rows == 3


def test_look_ups_are_recorded_whether_they_find_somebody_or_not(world: World) -> None:
    chen(world)
    for value in ("13812345678", "13900000001"):
        world.data(LOOKUP, {"t": "PHONE", "v": value}, **CLERK)
    assert [(e.action, json.loads(e.fields), e.decision) for e in world.audited()] == [
        ("query:profileByIdentifier", ["lookup:phone"], "lookup"),
        ("query:profileByIdentifier", ["lookup:phone"], "lookup"),
    ]


def test_questions_that_open_nothing_are_not_recorded(world: World) -> None:
    key = chen(world)
    node(world, key, "counts { orders } orders { nodes { number } }")
    assert world.audited() == []


def test_a_trait_with_a_space_in_its_name_can_be_recorded(world: World) -> None:
    key = world.person({"cells": {"trait.shoe size": "43"}})
    assert node(world, key, "attributes { value { value } }")["attributes"] == [{"value": {"value": "43"}}]
    assert json.loads(world.audited()[0].fields) == ["trait.shoe_size"]


def test_one_answer_is_one_snapshot(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    key = chen(world)
    before = overview.history

    def change_first(*args: Any) -> Any:
        world.run(sa.update(fact).values(status="changed behind its back"))
        return before(*args)

    monkeypatch.setattr("resolvers.history", change_first)
    shown = node(world, key, "lineage { kind } orders { nodes { status } }")
    assert {o["status"] for o in shown["orders"]["nodes"]} == {"paid"}
    assert {o["status"] for o in node(world, key, "orders { nodes { status } }")["orders"]["nodes"]} == {
        "changed behind its back"
    }


def test_a_page_of_the_last_profiles_has_more_before_it(world: World) -> None:
    people(world, 3)
    page = world.data("{ profiles(last: 2) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor } } }")[
        "profiles"
    ]
    assert (page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert len(page["nodes"]) == 2
    empty = world.data(
        '{ profiles(filter: { store: "none" }) { edges { cursor } pageInfo { startCursor endCursor hasNextPage } } }'
    )
    assert empty["profiles"] == {
        "edges": [],
        "pageInfo": {"startCursor": None, "endCursor": None, "hasNextPage": False},
    }
