"""Who sees what: roles, purposes, consents and stores, by every path that leads to a person."""

import json
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from graphql import GraphQLObjectType, get_named_type

from cdc import TableParity, store_result
from identity import record_cell, source_record
from privacy import Role, request_destruction
from schema import SCHEMA
from tests.integration.graphql_data import (
    CHEN_POS,
    CHEN_SECRETS,
    CHEN_SHOP,
    CLERK,
    NOW,
    Fact,
    World,
    chen,
    open_world,
    order,
)

MATRIX: dict[str, Any] = tomllib.loads((Path(__file__).parent.parent / "data" / "access_matrix.toml").read_text())

P = "fragment p on PersonalText { value masked access }"
EVERYTHING = (
    P
    + """
query ($id: ID!) { node(id: $id) { ... on Profile {
  name { ...p provenance { key { ...p } } } givenName { ...p } familyName { ...p } email { ...p } phone { ...p }
  birthday { ...p } gender { ...p } address { ...p } city { ...p } region { ...p } country { ...p } language { ...p }
  attribute(name: "trait.size") { ...p } attributes { name value { ...p } } identifiers { type value { ...p } }
  records { key { ...p } attributes { name value { ...p } } } decisions { reason { ...p } }
  timeline(first: 50) { nodes { key { ...p } details { name value { ...p } } ... on Review { body { ...p } } ... on Visit { url { ...p } } } }
} } }
"""
)

FULL_CELLS = {
    "name": "陈伟",
    "given_name": "伟",
    "family_name": "陈",
    "email": "chen.wei@example.com",
    "phone": "13812345678",
    "birthday": "1990-05-17",
    "gender": "male",
    "address": "南京西路1号",
    "city": "上海",
    "region": "上海市",
    "country": "CN",
    "language": "zh",
    "national_id": "11010519900517401X",
    "trait.size": "43",
}


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path) as opened:
        yield opened


def text(profile: bytes) -> str:
    return str(uuid.UUID(bytes=profile))


def full_person(world: World) -> bytes:
    profile = world.person({"store": "S001", "cells": FULL_CELLS})
    kinds = {"order": {}, "return": {}, "event": {"url": "/a"}, "feedback": {"body": "fine"}, "loyalty": {}}
    other = world.person({"store": "S001", "cells": {"name": "陈卫"}})
    world.decision(profile, other, "told at the till")
    world.add(*(Fact(k, profile, (k,), cells=cells, has_personal_key=True) for k, cells in kinds.items()))
    return profile


def accesses(found: Any, label: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every personal value of an answer, with the attribute that it is of where the answer says so."""
    if isinstance(found, dict) and "access" in found:
        yield label, found
    for key, inner in found.items() if isinstance(found, dict) else ():
        own = str(found.get("name") if isinstance(found.get("name"), str) else found.get("type", key)).lower()
        yield from accesses(inner, own if key == "value" else key)
    for inner in found if isinstance(found, list) else ():
        yield from accesses(inner, label)


@pytest.mark.parametrize("case", MATRIX["case"], ids=lambda case: f"{case['role']}-{case.get('purpose', 'none')}")
def test_each_role_and_purpose_sees_what_the_matrix_says(world: World, case: dict[str, Any]) -> None:
    profile = full_person(world)
    who = {
        "role": case["role"],
        "stores": case.get("stores", ["*"]),
        "purposes": ["customer_service", "marketing", "privacy_request"],
    }
    shown = world.data(EVERYTHING, {"id": text(profile)}, purpose=case.get("purpose"), **who)
    found = list(accesses(shown))
    assert len(found) == 13 + 1 + 14 + 3 + 1 + 14 + 5 + 2 + 2 + 1
    for label, value in found:
        expected = case.get("but", {}).get(label, case["all"])
        assert value["access"] == expected, label
        assert (value["value"] is not None) == (expected == "CLEAR"), label
        assert (value["masked"] is not None) == (expected in {"CLEAR", "MASKED"}), label


def test_the_matrix_lists_every_personal_field() -> None:
    types = [t for t in SCHEMA._schema.type_map.values() if isinstance(t, GraphQLObjectType)]
    personal = {
        f"{t.name}.{name}"
        for t in types
        for name, f in t.fields.items()
        if get_named_type(f.type).name == "PersonalText"
    }
    assert personal == set(MATRIX["fields"])


QUESTIONS = {
    "me": "me { role }",
    "profile": 'profile(id: "{id}") {{ __typename }}',
    "profileByIdentifier": 'profileByIdentifier(type: EMAIL, value: "chen.wei@example.com") {{ id }}',
    "profilesByIdentifier": 'profilesByIdentifier(type: EMAIL, value: "chen.wei@example.com") {{ id }}',
    "profiles": "profiles {{ totalCount nodes {{ id }} }}",
    "node": 'node(id: "{id}") {{ id }}',
    "explain": 'explain(left: "{id}", right: "{other}") {{ together }}',
    "reviewQueue": "reviewQueue {{ nodes {{ id }} }}",
    "sourceParity": "sourceParity {{ source state }}",
}


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_each_question_is_answered_for_the_roles_of_the_matrix_only(world: World, role: str) -> None:
    profile = full_person(world)
    other = text(world.person({"store": "S001", "cells": {"name": "Ann"}}))
    with world.database.write() as connection:
        store_result(connection, TableParity("shop", "customers", "0/1", "equal"), at=NOW)
    for name, question in QUESTIONS.items():
        stores = ["S001"] if role == "sales" else ["*"]
        query = "{ " + (question.format(id=text(profile), other=other) if name != "me" else question) + " }"
        answer = world.ask(query, role=role, stores=stores)
        if role in MATRIX["questions"][name]:
            assert "errors" not in answer
            assert answer["data"][name]
        else:
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
            assert not (answer.get("data") or {}).get(name)


def test_the_matrix_lists_every_question() -> None:
    query = SCHEMA._schema.query_type
    assert query is not None
    assert set(query.fields) == set(MATRIX["questions"]) == set(QUESTIONS)


def test_a_denied_value_is_never_decrypted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = full_person(world)
    monkeypatch.setattr("resolvers.personal.decide", lambda *_, **__: __import__("privacy").Access.DENIED)
    shown = world.data(EVERYTHING, {"id": text(profile)})
    assert {value["access"] for _, value in accesses(shown)} == {"DENIED"}
    assert world.cipher.opened == []
    assert world.audited() == []


def test_forbidden_roles_cost_no_decryption_and_no_query_for_people(world: World) -> None:
    profile = full_person(world)
    with world.statements() as asked:
        world.ask(EVERYTHING, {"id": text(profile)}, role="admin")
    assert world.cipher.opened == []
    assert not [s for s in asked.main if "profile" in s or "record" in s]


def test_access_alone_opens_nothing(world: World) -> None:
    profile = full_person(world)
    shown = world.data(
        "query ($id: ID!) { node(id: $id) { ... on Profile { name { access } } } }", {"id": text(profile)}
    )
    assert shown["node"]["name"] == {"access": "CLEAR"}
    assert world.cipher.opened == []
    assert world.audited() == []


def test_a_value_that_may_only_be_masked_is_not_opened_for_value_alone(world: World) -> None:
    profile = full_person(world)
    query = "query ($id: ID!) { node(id: $id) { ... on Profile { name { access value } } } }"
    assert world.data(query, {"id": text(profile)}, **CLERK)["node"]["name"] == {"access": "MASKED", "value": None}
    assert world.cipher.opened == []


def test_only_what_is_selected_is_opened(world: World) -> None:
    profile = full_person(world)
    query = "query ($id: ID!) { node(id: $id) { ... on Profile { phone { ...p } name { access } } } } " + P
    world.data(query, {"id": text(profile)})
    assert world.cipher.opened == ["phone#0"]


def test_masked_roles_get_no_part_of_a_value_that_masks_hide(world: World) -> None:
    profile = chen(world)
    answer = json.dumps(world.ask(EVERYTHING, {"id": text(profile)}, **CLERK), ensure_ascii=False).lower()
    assert [secret for secret in CHEN_SECRETS if secret.lower() in answer] == []
    clear = json.dumps(world.ask(EVERYTHING, {"id": text(profile)}), ensure_ascii=False)
    assert "chen.wei@example.com" in clear  # the control: what is hidden above is there to be hidden


@pytest.mark.parametrize(("state", "access"), [("granted", "CLEAR"), ("withdrawn", "MASKED"), (None, "MASKED")])
def test_a_purpose_that_rests_on_consent_needs_it(world: World, state: str | None, access: str) -> None:
    profile = chen(world)
    if state:
        world.consent(profile, "marketing", state)
    world.consent(profile, "profiling", "granted")
    query = (
        "query ($id: ID!) { node(id: $id) { ... on Profile { name { access } orders { nodes { key { access } } } } } }"
    )
    shown = world.data(query, {"id": text(profile)}, purpose="marketing")
    assert shown["node"]["name"]["access"] == access


def test_one_record_that_withdraws_consent_is_enough(world: World) -> None:
    profile = chen(world)
    world.consent(profile, "marketing", "granted", NOW)
    other = world.ask("query ($id: ID!) { node(id: $id) { ... on Profile { records { id } } } }", {"id": text(profile)})
    pos = uuid.UUID(other["data"]["node"]["records"][1]["id"]).bytes
    world.consent(pos, "marketing", "withdrawn", NOW - 1)
    query = (
        "query ($id: ID!) { node(id: $id) { ... on Profile { name { access } consents { purpose state sources } } } }"
    )
    node = world.data(query, {"id": text(profile)}, purpose="marketing")["node"]
    assert node["name"]["access"] == "MASKED"
    assert node["consents"] == [{"purpose": "marketing", "state": "withdrawn", "sources": ["pos", "shop"]}]


# --- Stores ---


def strangers(world: World) -> tuple[bytes, bytes]:
    """One person of the clerk's store and one of another, who share a phone but are not the same."""
    mine = world.person({"store": "S001", "cells": {"name": "Ann", "email": "ann@example.com"}})
    other = world.person({"store": "S002", "cells": {"name": "Bob", "email": "bob@example.com"}})
    world.add(order(mine, "1"), order(other, "2"))
    return mine, other


PATHS = {
    "profile": "query ($id: ID!) { found: profile(id: $id) { ... on Profile { id name { masked } } } }",
    "node": "query ($id: ID!) { found: node(id: $id) { id } }",
    "alias": "query ($id: ID!) { me { role } found: node(id: $id) { id } again: node(id: $id) { id } }",
    "fragment": "query ($id: ID!) { ...f } fragment f on Query { found: profile(id: $id) { ... on Node { id } } }",
    "nested": "query ($id: ID!) { found: node(id: $id) { ... on Profile { orders { nodes { number } } records { id } } } }",
}


@pytest.mark.parametrize("path", PATHS)
def test_a_person_of_another_store_is_not_found(world: World, path: str) -> None:
    mine, other = strangers(world)
    assert world.data(PATHS[path], {"id": text(mine)}, **CLERK)["found"]
    answer = world.ask(PATHS[path], {"id": text(other)}, **CLERK)
    unknown = world.ask(PATHS[path], {"id": str(uuid.uuid4())}, **CLERK)
    assert answer == unknown
    assert answer["data"]["found"] is None


def test_the_list_and_its_filters_stay_in_the_stores(world: World) -> None:
    mine, _ = strangers(world)
    assert [n["id"] for n in world.data("{ profiles { nodes { id } } }", **CLERK)["profiles"]["nodes"]] == [text(mine)]
    other_store = '{ profiles(filter: { store: "S002" }) { nodes { id } } }'
    assert world.data(other_store, **CLERK)["profiles"]["nodes"] == []
    assert len(world.data(other_store)["profiles"]["nodes"]) == 1


def test_an_identifier_finds_nobody_of_another_store(world: World) -> None:
    strangers(world)
    query = "query ($v: String!) { profileByIdentifier(type: EMAIL, value: $v) { id } }"
    assert world.data(query, {"v": "ann@example.com"}, **CLERK)["profileByIdentifier"]
    assert world.data(query, {"v": "bob@example.com"}, **CLERK) == world.data(
        query, {"v": "nobody@example.com"}, **CLERK
    )


def test_a_moved_id_leads_to_nobody_of_another_store(world: World) -> None:
    mine, other = strangers(world)
    moved_mine, moved_other, deleted = (uuid.uuid4().bytes for _ in range(3))
    world.end(moved_mine, mine)
    world.end(moved_other, other)
    world.end(deleted, None)
    query = "query ($id: ID!) { found: profile(id: $id) { __typename } }"
    assert world.data(query, {"id": text(moved_mine)}, **CLERK)["found"] == {"__typename": "ProfileMoved"}
    assert world.data(query, {"id": text(moved_other)}, **CLERK)["found"] is None
    assert world.data(query, {"id": text(deleted)}, **CLERK)["found"] is None
    assert world.data(query, {"id": text(deleted)})["found"] == {"__typename": "ProfileDeleted"}
    assert world.data(query, {"id": text(deleted)}, stores=["S001"])["found"] is None


def test_a_manager_of_two_stores_sees_members_of_both_and_no_others(world: World) -> None:
    for store in ("S001", "S002", "S003", None):
        world.person({"store": store, "cells": {"name": store or "none"}})
    shown = world.data("{ profiles { nodes { name { value } } } }", stores=["S001", "S003"])["profiles"]["nodes"]
    assert sorted(n["name"]["value"] for n in shown) == ["S001", "S003"]
    assert len(world.data("{ profiles { nodes { id } } }", stores=[])["profiles"]["nodes"]) == 0


def test_a_person_is_seen_whole_by_a_store_that_knows_them(world: World) -> None:
    profile = world.person(CHEN_SHOP, CHEN_POS)
    query = "query ($id: ID!) { node(id: $id) { ... on Profile { records { source store } } } }"
    records = world.data(query, {"id": text(profile)}, **CLERK)["node"]["records"]
    assert records == [{"source": "shop", "store": None}, {"source": "pos", "store": "S001"}]


# --- Keys and cells that are not as they should be ---

ODD = (
    "query ($id: ID!) { node(id: $id) { ... on Profile { name { ...p } email { ...p } records { key { ...p } } } } } "
    + P
)
NOTHING = {"value": None, "masked": None}


def test_a_destroyed_key_shows_as_erased(world: World) -> None:
    profile = chen(world)
    world.keystore.destroy([profile])
    shown = world.data(ODD, {"id": text(profile)})["node"]
    assert shown["email"] == {**NOTHING, "access": "ERASED"}
    assert shown["records"][1]["key"]["value"] == "M-7"


def test_a_key_whose_destruction_is_pending_shows_as_erased(world: World) -> None:
    profile = chen(world)
    world.data(ODD, {"id": text(profile)})
    with world.database.write() as connection:
        request_destruction(connection, [profile], at=NOW)
    assert world.data(ODD, {"id": text(profile)})["node"]["email"] == {**NOTHING, "access": "ERASED"}


def test_keys_that_an_older_key_store_does_not_know_are_unavailable_not_erased(world: World) -> None:
    lost, erased = chen(world), chen(world)
    world.keystore.destroy([erased])
    forget(world, lost)
    query = "{ profiles { nodes { id name { ...p } email { access ...p } } } } " + P
    with world.statements() as asked:
        shown = {node["id"]: node for node in world.data(query)["profiles"]["nodes"]}
    assert shown[text(lost)]["email"] == {**NOTHING, "access": "KEY_UNAVAILABLE"}
    assert shown[text(erased)]["email"] == {**NOTHING, "access": "ERASED"}
    assert sum("FROM incarnation_key" in sql for sql in asked.keys) == 2
    only_access = "query ($id: ID!) { node(id: $id) { ... on Profile { email { access } } } }"
    assert world.data(only_access, {"id": text(lost)})["node"]["email"] == {"access": "KEY_UNAVAILABLE"}


def forget(world: World, incarnation: bytes) -> None:
    """As in an older copy of the key store: neither key nor tombstone."""
    assert world.keystore.sweep_orphans(lambda batch: {*batch} - {incarnation}, older_than_seconds=-60) == 1


def test_an_altered_cell_shows_as_integrity_and_harms_no_neighbour(world: World) -> None:
    profile = chen(world)
    world.run(
        sa.update(record_cell)
        .where(record_cell.c.incarnation == profile, record_cell.c.attribute == "email")
        .values(
            cell=sa.select(source_record.c.natural_key).where(source_record.c.incarnation == profile).scalar_subquery()
        )
    )
    shown = world.data(ODD, {"id": text(profile)})["node"]
    assert shown["email"] == {**NOTHING, "access": "INTEGRITY"}
    assert shown["name"]["value"] == "陈伟"


def test_access_agrees_with_value_whatever_is_selected_first(world: World) -> None:
    profile = chen(world)
    world.run(sa.update(record_cell).where(record_cell.c.attribute == "email").values(cell=b"CD\x01\x01" + bytes(100)))
    query = "query ($id: ID!) { node(id: $id) { ... on Profile { email { access ... on PersonalText { value } } } } }"
    assert world.data(query, {"id": text(profile)})["node"]["email"] == {"access": "INTEGRITY", "value": None}
