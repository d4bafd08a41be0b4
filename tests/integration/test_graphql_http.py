"""GraphQL over HTTP: who is let in, what is too much, and what errors say."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import get_introspection_query
from sqlalchemy import text
from structlog.testing import capture_logs

from privacy import AuditEntry, AuditError
from resolvers import Limits
from schema import MAX_BODY_BYTES
from tests.integration.graphql_data import CHEN_SECRETS, CLERK, World, chen, open_world

SECRET = "13812345678"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(f"sqlite:///{tmp_path / 'onefold.db'}", tmp_path) as opened:
        yield opened


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


def everybody(world: World) -> str:
    chen(world)
    return "{ profiles { nodes { name { value } } } }"


# --- Being let in ---


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer x.y.z", "Basic abc", "Bearer é", "bearer null"]
)
def test_without_a_valid_token_there_is_no_data_at_all(world: World, header: str | None) -> None:
    query = everybody(world)
    headers = {} if header is None else {b"Authorization": header.encode()}
    for asked in (query, "{ __schema { types { name } } }", "{ __typename }", "{ nonsense", "{ me { role } }"):
        with world.statements() as statements:
            response = world.client().post("/graphql", json={"query": asked}, headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert codes(response.json()) == ["UNAUTHENTICATED"]
        assert "data" not in response.json()
        assert statements.main == []


def test_an_altered_token_is_not_valid(world: World) -> None:
    token = world.token()
    response = world.client().post(
        "/graphql", json={"query": "{ me { role } }"}, headers={"Authorization": f"Bearer {token[:-6]}AAAAAA"}
    )
    assert codes(response.json()) == ["UNAUTHENTICATED"]


def test_an_expired_token_says_so(world: World) -> None:
    query, token = everybody(world), world.token(ttl_seconds=60)
    world.now += 66_000_000
    response = world.client().post("/graphql", json={"query": query}, headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, codes(response.json())) == (401, ["TOKEN_EXPIRED"])


def test_a_purpose_outside_the_token_refuses_the_whole_request(world: World) -> None:
    response = world.post(everybody(world), purpose="marketing", purposes=["customer_service"])
    assert (response.status_code, codes(response.json())) == (403, ["FORBIDDEN_PURPOSE"])
    assert "data" not in response.json()
    assert world.cipher.opened == []


def test_me_tells_what_the_token_says(world: World) -> None:
    me = world.data("{ me { subject role stores purposes purpose expiresAt } }", **CLERK)["me"]
    assert me == {
        "subject": "staff-7",
        "role": "sales",
        "stores": ["S001"],
        "purposes": ["customer_service"],
        "purpose": "customer_service",
        "expiresAt": "2026-02-25T07:13:20.000000Z",
    }


# --- Forms of requests ---


def authorized(world: World, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token()}", **headers}


def test_get_is_refused_and_people_are_led_to_graphiql(world: World) -> None:
    response = world.client().get("/graphql", params={"query": "{ me { role } }"}, headers=authorized(world))
    assert (response.status_code, response.headers["allow"], codes(response.json())) == (405, "POST", ["BAD_REQUEST"])
    page = world.client().get("/graphql", headers={"Accept": "text/html,*/*"}, follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (303, "/graphiql")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        assert world.client().request(method, "/graphql", headers=authorized(world)).status_code == 405


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/graphql", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"],
)
def test_only_json_is_taken(world: World, content_type: str) -> None:
    body = json.dumps({"query": "{ me { role } }"})
    response = world.client().post(
        "/graphql", content=body, headers=authorized(world, **{"Content-Type": content_type})
    )
    assert (response.status_code, codes(response.json())) == (415, ["BAD_REQUEST"])


@pytest.mark.parametrize(
    "body",
    ["", "{", "null", "[]", '[{"query": "{ me { role } }"}]', '{"query": 1}', '{"query": null}', "{}", '{"variables": {}}',
     '{"query": "{ me { role } }", "variables": [1]}', '{"query": "{ me { role } }", "operationName": 7}', "\xff", '{"query": NaN}',
     '{"query": "{ me { role } } # \xff"}', "[" * 100_000, '{"query": "{ me { role } }", "variables": ' + '{"a":' * 100_000],
)  # fmt: skip
def test_other_json_is_refused_batches_included(world: World, body: str) -> None:
    headers = authorized(world, **{"Content-Type": "application/json"})
    response = world.client().post("/graphql", content=body.encode("latin-1"), headers=headers)
    assert (response.status_code, codes(response.json())) == (400, ["BAD_REQUEST"])


def test_a_body_that_is_too_large_is_refused(world: World) -> None:
    headers = authorized(world, **{"Content-Type": "application/json; charset=utf-8"})
    fits = json.dumps({"query": "{ me { role } }"}).encode()
    fits += b" " * (MAX_BODY_BYTES - len(fits))
    assert world.client().post("/graphql", content=fits, headers=headers).status_code == 200
    response = world.client().post("/graphql", content=fits + b" ", headers=headers)
    assert (response.status_code, codes(response.json())) == (413, ["BAD_REQUEST"])


def test_answers_are_never_cached_and_carry_their_request_id(world: World) -> None:
    responses = [world.post("{ me { role } }") for _ in range(2)]
    assert {r.headers["cache-control"] for r in responses} == {"no-store"}
    assert len({r.headers["x-request-id"] for r in responses}) == 2
    assert responses[0].headers["content-type"] == "application/json; charset=utf-8"


def test_the_newer_media_type_gets_a_status_for_refused_documents(world: World) -> None:
    def status(query: str, accept: str) -> tuple[int, str]:
        response = world.client().post("/graphql", json={"query": query}, headers=authorized(world, Accept=accept))
        return response.status_code, response.headers["content-type"].partition(";")[0]

    newer = "application/graphql-response+json"
    assert status("{ me { role } }", newer) == (200, newer)
    assert status("{ nope }", newer) == (400, newer)
    assert status("{ nope }", "application/json") == (200, "application/json")


def test_one_of_several_operations_can_be_named(world: World) -> None:
    def ask(**body: Any) -> dict[str, Any]:
        document = {"query": "query a { me { role } } query b { me { subject } }", **body}
        answer: dict[str, Any] = world.client().post("/graphql", json=document, headers=authorized(world)).json()
        return answer

    assert ask(operationName="b")["data"] == {"me": {"subject": "staff-7"}}
    assert codes(ask(operationName="c")) == ["INVALID_QUERY"]
    assert codes(ask()) == ["INVALID_QUERY"]
    assert codes(world.ask("mutation { x }")) == ["INVALID_QUERY"]
    assert codes(world.ask("")) == ["INVALID_QUERY"]


def test_introspection_works_with_a_token(world: World) -> None:
    schema = world.data(get_introspection_query(descriptions=True))["__schema"]
    assert {"Profile", "ProfileMoved", "PersonalText"} <= {t["name"] for t in schema["types"]}


# --- Too much ---


def chain(length: int) -> str:
    spread = "".join(f"fragment f{n} on Me {{ ...f{n + 1} ...f{n + 1} }} " for n in range(length))
    return "{ me { ...f0 } } " + spread + f"fragment f{length} on Me {{ role }}"


TOO_MUCH = {
    "deep": "{ profiles { nodes { name " + "{ provenance { key " * 5 + "{ value }" + " } }" * 5 + " } } }",
    "aliases": "{ " + " ".join(f"a{n}: me {{ role }}" for n in range(16)) + " }",
    "aliases in fragments": "{ ...f ...f } fragment f on Query { "
    + " ".join(f"a{n}: me {{ role }}" for n in range(9))
    + " }",
    "fields": "{ me { " + "role " * 600 + "} }",
    "tokens": "{ profiles { nodes { timeline(kinds: [" + "ORDER " * 1100 + "]) { nodes { id } } } } }",
    "chain of fragments": chain(80),
    "introspection": "{ __schema { types " + "{ fields { type " * 8 + "{ name }" + " } }" * 8 + " } }",
}


@pytest.mark.parametrize("attack", TOO_MUCH)
def test_what_would_cost_too_much_is_refused_at_once(world: World, attack: str) -> None:
    world.data("{ me { role } }")
    answer = world.ask(TOO_MUCH[attack])
    assert "data" not in answer
    assert set(codes(answer)) == {"TOO_COMPLEX"}


def test_a_fragment_that_contains_itself_is_refused(world: World) -> None:
    for query in (
        "{ ...f } fragment f on Query { ...f }",
        "{ ...f } fragment f on Query { me { role } ...g } fragment g on Query { ...f }",
    ):
        assert codes(world.ask(query))[0] == "INVALID_QUERY"


def test_reasonable_questions_are_within_the_limits(world: World) -> None:
    chen(world)
    world.data(
        "{ profiles { edges { node { orders { edges { node { lines { unitPrice { amount } } } } } "
        "attributes { value { provenance { key { value } } } } } } } }"
    )


def test_an_answer_that_takes_too_long_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_world(f"sqlite:///{tmp_path / 'x.db'}", tmp_path, Limits(seconds=0.3)) as world:
        done = threading.Event()
        monkeypatch.setattr("schema.query._me", None)
        monkeypatch.setattr("schema.http.ask", lambda *_: done.wait(5) and {"data": {}})
        response = world.post("{ me { role } }")
        done.set()
        assert (response.status_code, codes(response.json())) == (503, ["TIMEOUT"])


# --- What errors say ---

CARELESS = [
    f'{{ profile(id: "{SECRET}" x: 1) {{ id }} }}',
    f'{{ profile(id: {{ a: "{SECRET}" }}) {{ __typename }} }}',
    f"{{ profileByIdentifier(type: {SECRET}, value: 1) {{ id }} }}",
    f'{{ profileByIdentifier(type: "{SECRET}", value: "x") {{ id }} }}',
    f"{{ profileByIdentifier(type: EMAIL, value: {SECRET}) {{ id }} }}",
    f'{{ profiles(first: "{SECRET}") {{ nodes {{ id }} }} }}',
    f'{{ profiles(filter: {{ points: {{ min: "{SECRET}x" }} }}) {{ nodes {{ id }} }} }}',
    f'{{ profiles(filter: {{ lastActivityAt: {{ from: "{SECRET}" }} }}) {{ nodes {{ id }} }} }}',
    f'{{ profiles(filter: {{ nope: "{SECRET}" }}) {{ nodes {{ id }} }} }}',
    f'{{ me @skip(if: "{SECRET}") {{ role }} }}',
    f'{{ me {{ role }} "{SECRET}" }}',
    f"{{ me {{ role }} }} # {SECRET}\n {{",
    f'{{ me {{ role }} "{SECRET}',
    f"{{ me {{ role }} }} é{SECRET}",
    f'query ($x: Int = "{SECRET}") {{ profiles(first: $x) {{ nodes {{ id }} }} }}',
    f'{{ profiles(after: "{SECRET}") {{ nodes {{ id }} }} }}',
    f'{{ profile(id: "{SECRET}") {{ __typename }} }}',
    f'{{ profileByIdentifier(type: PHONE, value: "{SECRET}{"0" * 300}") {{ id }} }}',
]
VARIABLES = [
    ("query ($v: Int) { profiles(first: $v) { nodes { id } } }", SECRET),
    ("query ($v: Int) { profiles(first: $v) { nodes { id } } }", int(SECRET)),
    ("query ($v: ID!) { profile(id: $v) { __typename } }", {"phone": SECRET}),
    ('query ($v: IdentifierType!) { profileByIdentifier(type: $v, value: "x") { id } }', SECRET),
    ("query ($v: ProfileFilter) { profiles(filter: $v) { nodes { id } } }", {SECRET: 1}),
    ("query ($v: ProfileFilter) { profiles(filter: $v) { nodes { id } } }", {"points": {"min": [SECRET]}}),
    ("query ($v: ProfileFilter) { profiles(filter: $v) { nodes { id } } }", {"lastActivityAt": {"from": f"2026-{SECRET}"}}),
    ("query ($v: ProfileFilter) { profiles(filter: $v) { nodes { id } } }", {"lastActivityAt": {"from": "2026-01-01T00:00:00"}}),
    ("query ($v: String!) { profiles { nodes { orders(channel: $v) { nodes { id } } } } }", f"{SECRET}\ud83d\n"),
]  # fmt: skip


@pytest.mark.parametrize("query", CARELESS)
def test_errors_do_not_repeat_what_was_written_into_a_query(
    world: World, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    chen(world)
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        response = world.post(query)
    assert response.json()["errors"]
    assert set(codes(response.json())) <= {"INVALID_QUERY", "BAD_USER_INPUT", "INVALID_CURSOR"}
    assert SECRET not in response.text + caplog.text + str(logs)


@pytest.mark.parametrize(("query", "value"), VARIABLES)
def test_errors_do_not_repeat_variables(
    world: World, query: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    chen(world)
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        headers = authorized(world, **{"Content-Type": "application/json"})
        response = world.client().post(
            "/graphql", content=json.dumps({"query": query, "variables": {"v": value}}), headers=headers
        )
    assert set(codes(response.json())) <= {"BAD_USER_INPUT", "BAD_REQUEST"}
    assert SECRET not in response.text + caplog.text + str(logs)


def test_errors_still_name_fields_and_types(world: World) -> None:
    (error,) = world.ask("{ me { nope } }")["errors"]
    assert error["message"] == "Cannot query field 'nope' on type 'Me'."
    assert error["locations"] == [{"line": 1, "column": 8}]
    (error,) = world.ask("{ me { rol } }")["errors"]
    assert "Did you mean" not in error["message"]


def test_an_unexpected_error_says_nothing_but_the_request_id(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    chen(world)

    def fail(*_: object) -> None:
        raise RuntimeError(f"row {SECRET} of table profile")

    monkeypatch.setattr("resolvers.totals", fail)
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        response = world.post("{ profiles { nodes { id totals { kind } } } }")
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": response.headers["x-request-id"]}
    assert SECRET not in response.text + caplog.text + str(logs)
    (log,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (log["error"], log["request_id"]) == ("RuntimeError", response.headers["x-request-id"])


def test_a_database_that_fails_says_nothing_either(world: World) -> None:
    query = everybody(world)
    world.run(text("DROP TABLE source_record"))
    with capture_logs() as logs:
        response = world.post(query, **CLERK)
    assert codes(response.json()) == ["INTERNAL"]
    assert "source_record" not in response.text
    assert "source_record" not in str([{k: v for k, v in entry.items() if k != "frames"} for entry in logs])


# --- Recorded before it is sent ---


def test_an_answer_waits_until_it_is_recorded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    query, order = everybody(world), []
    record = world.audit.record

    def slow(entry: AuditEntry) -> None:
        time.sleep(0.2)
        record(entry)
        order.append("recorded")

    monkeypatch.setattr(world.audit, "record", slow)
    assert world.data(query)
    order.append("answered")
    assert order == ["recorded", "answered"]
    assert len(world.audited()) == 1


def test_without_a_record_there_is_no_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    query = everybody(world)

    def fail(_: AuditEntry) -> None:
        raise AuditError("the audit entry could not be made durable (OperationalError)")

    monkeypatch.setattr(world.audit, "record", fail)
    response = world.post(query)
    assert (response.status_code, codes(response.json())) == (500, ["INTERNAL"])
    assert "data" not in response.json()
    assert [secret for secret in CHEN_SECRETS if secret in response.text] == []
    assert world.data("{ me { role } }")  # what shows nobody needs no record


def test_many_requests_at_once_do_not_mix(world: World) -> None:
    query = everybody(world)
    client, results = world.client(), {}

    def ask(number: int) -> None:
        role = {"role": "manager", "stores": ["*"]} if number % 2 else CLERK
        results[number] = world.ask(query, client=client, **role)["data"]["profiles"]["nodes"]

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: nodes[0]["name"]["value"] for n, nodes in results.items()} == {
        n: "陈伟" if n % 2 else None for n in range(12)
    }
    assert len(world.audited()) == 6
