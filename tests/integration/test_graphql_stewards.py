"""Stewards' questions and changes through GraphQL, on what the pipeline has resolved."""

import json
import logging
import time
import tomllib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from structlog.testing import capture_logs

import server
from cdc import Rebuilder
from identity import Cut, Inquiry, Pair, review_item, source_record
from privacy import AuditError, AuditLog, Role, audit_entry, issue, verify_audit
from schema import SCHEMA
from storage import insert
from tests.installation import Installation, installation
from tests.stewardship import CARELESS, FATHER, MAPPING, MOTHER, NAMESAKE, SON, STRANGER, family

MATRIX: dict[str, Any] = tomllib.loads((Path(__file__).parent.parent / "data" / "access_matrix.toml").read_text())
REASON = "told at the till by 陈小明"


class Api:
    """An installation with the family in it, asked over HTTP."""

    def __init__(self, one: Installation) -> None:
        self.one = one
        self.client = TestClient(server.asgi(one.parts, session=None), raise_server_exceptions=False)

    def id(self, number: int) -> str:
        """The id of a person's record."""
        with self.one.parts.database.read() as connection:
            found = self.one.parts.reader.natural_keys(
                connection, [row.incarnation for row in self.one.rows(source_record)]
            )
        return next(str(uuid.UUID(bytes=i)) for i, natural in found.items() if natural.endswith(f'"{number}"]'))

    def headers(
        self, *, role: str = "steward", stores: Sequence[str] = (), purpose: str | None = "customer_service"
    ) -> dict[str, str]:
        token = issue(
            self.one.parts.keystore.long_lived("TSIG"),
            subject="ann",
            role=role,
            stores=stores or (["S001", "S002"] if role == "sales" else ["*"]),
            purposes=["customer_service", "privacy_request"],
            ttl_seconds=3600,
            now=int(time.time()),
        )
        return {"Authorization": f"Bearer {token}", **({"Onefold-Purpose": purpose} if purpose else {})}

    def ask(self, query: str, variables: Mapping[str, object] | None = None, **who: Any) -> dict[str, Any]:
        body = {"query": query, "variables": dict(variables or {})}
        answer: dict[str, Any] = self.client.post("/graphql", json=body, headers=self.headers(**who)).json()
        return answer

    def data(self, query: str, variables: Mapping[str, object] | None = None, **who: Any) -> Any:
        answer = self.ask(query, variables, **who)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def decide(self, name: str, left: int, right: int, client_id: str = "c1", **who: Any) -> dict[str, Any]:
        ends = {"left": self.id(left), "right": self.id(right)}
        return self.ask(DECIDE % name, {"c": client_id, **ends, "reason": REASON}, **who)

    def profile(self, number: int, selection: str, **who: Any) -> Any:
        query = "query ($id: ID!) { found: profile(id: $id) { ...p ... on ProfileMoved { profile { ...p } } } } "
        found = self.data(query + f"fragment p on Profile {{ {selection} }}", {"id": self.id(number)}, **who)["found"]
        return found.get("profile", found) if found else None

    def audited(self) -> list[sa.Row[Any]]:
        with self.one.parts.database.read() as connection:
            return list(connection.execute(sa.select(audit_entry).order_by(audit_entry.c.seq)))

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The questions that the main database is asked meanwhile."""
        noted: list[str] = []
        engine = self.one.parts.database.engine

        def note(*args: Any) -> None:
            if args[2].startswith(("SELECT", "WITH")) and "audit" not in args[2] and "advisory" not in args[2]:
                noted.append(args[2])

        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield noted
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)


DECIDE = """
mutation ($c: String!, $left: ID!, $right: ID!, $reason: String!) {
  %s(clientId: $c, left: $left, right: $right, reason: $reason) {
    decision { id kind author inForce reason { value } left { id profileId } right { id profileId } }
    changedIds profiles { id }
  }
}
"""
UNDO = "mutation ($id: ID!) { undoDecision(id: $id) { decision { id } changedIds profiles { id } } }"
EXPLAIN = """
query ($left: ID!, $right: ID!) { explain(left: $left, right: $right) {
  together threshold left { id } right { id }
  comparison { weight suggestion probability sharesKey levels { comparison level weight } }
  path { from { id } to { id } link isBridge comparison { weight } } weakest { from { id } to { id } }
  cut { evidence { left { id } right { id } weight link } parts { records { id } } provenMinimal }
  apart { reason missing pair { left { id } right { id } weight } refused { rule pair { left { id } right { id } } } }
  ignored { record { id } kind reason }
} }
"""
QUEUE = """
query ($reason: String, $first: Int, $after: String) { reviewQueue(reason: $reason, first: $first, after: $after) {
  nodes { id left { id } right { id } reason weight probability } pageInfo { hasNextPage endCursor }
} }
"""


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        made.ingest(family().events)
        yield made


@pytest.fixture
def api(one: Installation) -> Iterator[Api]:
    made = Api(one)
    with made.client:
        yield made


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


def explain(api: Api, left: int, right: int, **who: Any) -> Any:
    return api.data(EXPLAIN, {"left": api.id(left), "right": api.id(right)}, **who)["explain"]


# --- Why ---


def test_two_records_of_one_profile_are_explained_by_a_path_and_a_cut(api: Api) -> None:
    father, son, careless = (api.id(number) for number in (FATHER, SON, CARELESS))
    found = explain(api, FATHER, SON)
    assert found["together"]
    assert found["apart"] is None
    assert [(step["from"]["id"], step["to"]["id"], step["link"]) for step in found["path"]] == [
        (father, careless, False),
        (careless, son, False),
    ]
    assert found["weakest"] == {"from": {"id": careless}, "to": {"id": son}}
    (piece,) = found["cut"]["evidence"]
    assert {piece["left"]["id"], piece["right"]["id"]} == {careless, son}
    assert found["threshold"] <= piece["weight"] == found["path"][1]["comparison"]["weight"]
    parts = [{record["id"] for record in part["records"]} for part in found["cut"]["parts"]]
    assert sorted(parts, key=len) == [{son}, {father, careless}]
    assert found["cut"]["provenMinimal"]
    assert not found["comparison"]["sharesKey"]


def test_a_step_that_nothing_replaces_is_a_bridge(api: Api, one: Installation) -> None:
    assert [step["isBridge"] for step in explain(api, FATHER, SON)["path"]] == [True, True]
    log = family()
    log.put("person", FATHER, {"phone": "13812345671"})
    one.ingest(log.events)
    held = explain(api, FATHER, SON)
    assert held["together"]
    assert len(held["path"]) == 2
    assert [step["isBridge"] for step in held["path"]] == [False, False]


def test_who_sees_only_some_stores_is_told_the_same_of_bridges(api: Api) -> None:
    """Whether a step is a bridge follows from the profile's own records, all of which its reader sees."""
    api.decide("linkRecords", STRANGER, NAMESAKE)
    for left, right in ((FATHER, SON), (STRANGER, NAMESAKE)):
        everything, ours = (explain(api, left, right, stores=stores) for stores in (["*"], ["S001"]))
        assert everything["path"]
        assert everything["path"] == ours["path"]


def test_a_weight_is_the_sum_of_its_levels_and_stands_for_a_probability(api: Api) -> None:
    found = explain(api, FATHER, CARELESS)["comparison"]
    assert found["weight"] == sum(level["weight"] for level in found["levels"])
    assert {"comparison": "birthday", "level": "exact"}.items() <= found["levels"][2].items()
    assert 0.99 < found["probability"] < 1
    assert found["sharesKey"]


def test_two_profiles_are_explained_by_what_is_missing(api: Api) -> None:
    found = explain(api, STRANGER, NAMESAKE)
    assert (found["together"], found["path"], found["cut"]) == (False, [], None)
    assert found["apart"]["reason"] == "below_threshold"
    assert found["apart"]["missing"] == found["threshold"] - found["comparison"]["weight"]
    assert found["comparison"]["probability"] < 0.8


def test_an_explanation_shows_records_by_role_and_is_audited(api: Api) -> None:
    query = "query ($l: ID!, $r: ID!) { explain(left: $l, right: $r) { left { attributes { name value { value masked } } } } }"
    ends = {"l": api.id(FATHER), "r": api.id(SON)}
    values = {}
    for role in ("steward", "manager"):
        shown = api.data(query, ends, role=role)["explain"]["left"]["attributes"]
        values[role] = next(each["value"] for each in shown if each["name"] == "name")
    assert values == {
        "steward": {"value": None, "masked": "陈••"},
        "manager": {"value": "陈建国", "masked": "陈••"},
    }
    assert [(e.action, e.role, e.decision) for e in api.audited()] == [
        ("query:explain", "steward", "masked"),
        ("query:explain", "manager", "clear"),
    ]


def test_who_is_compared_is_audited_also_when_no_value_is_shown(api: Api) -> None:
    explain(api, STRANGER, NAMESAKE)
    api.profile(FATHER, "weakestPlace { provenMinimal }")
    assert [(e.action, e.fields, e.rows, e.decision, len(e.subject.split(","))) for e in api.audited()] == [
        ("query:explain", '["evidence"]', 0, "evidence", 2),
        ("query:profile.weakestPlace", '["evidence"]', 0, "evidence", 1),
    ]


def test_who_is_out_of_scope_is_explained_like_who_never_was(api: Api) -> None:
    ours: dict[str, Any] = {"stores": ["S001"]}
    assert explain(api, FATHER, NAMESAKE, **ours) is not None
    assert explain(api, STRANGER, NAMESAKE, **ours) is None
    never = api.ask(EXPLAIN, {"left": str(uuid.uuid4()), "right": api.id(NAMESAKE)}, **ours)
    assert never == {"data": {"explain": None}}
    same = api.ask(EXPLAIN, {"left": api.id(FATHER), "right": api.id(FATHER)})
    assert codes(same) == ["BAD_USER_INPUT"]


def test_an_explanation_names_nobody_out_of_scope(api: Api, one: Installation) -> None:
    log = family()
    log.put("person", CARELESS, {"store": "S002"})
    one.ingest(log.events)
    for client_id, other in (("c1", FATHER), ("c2", SON)):
        assert "errors" not in api.decide("separateRecords", CARELESS, other, client_id)
    everything, ours = (explain(api, FATHER, SON, stores=stores) for stores in (["*"], ["S001"]))
    assert everything["apart"]["reason"] == ours["apart"]["reason"] == "cannot_link"
    assert {refusal["rule"] for refusal in everything["apart"]["refused"]} == {"cannot_link"}
    assert everything["apart"]["pair"] is not None
    assert (ours["apart"]["refused"], ours["apart"]["pair"]) == ([], None)
    assert len(api.profile(FATHER, "decisions { id }")["decisions"]) == 1
    assert api.profile(FATHER, "decisions { id }", stores=["S001"])["decisions"] == []


def test_a_cut_that_would_tell_of_people_out_of_scope_is_not_shown(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    father, stranger = (uuid.UUID(api.id(number)).bytes for number in (FATHER, STRANGER))
    parts = (frozenset({father, stranger}),)
    found = {"reaches out": Cut((Pair(father, stranger, 1),), parts, True), "takes in": Cut((), parts, True)}
    cut = "weakestPlace { evidence { weight } parts { records { id } } }"
    shown: dict[tuple[str, str], Any] = {}
    for name, given in found.items():
        monkeypatch.setattr(Inquiry, "weakest_places", lambda *_, given=given, **__: {father: given})
        for store in ("*", "S001"):
            shown[name, store] = api.profile(FATHER, cut, stores=[store])["weakestPlace"]
    assert shown["reaches out", "S001"] is None
    assert shown["takes in", "S001"]["parts"] == [{"records": [{"id": api.id(FATHER)}]}]
    for name in found:
        assert len(shown[name, "*"]["parts"][0]["records"]) == 2


def test_what_is_decided_about_others_of_a_page_does_not_unsettle_a_cut(
    api: Api, one: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = family()
    for number in (7, 8, 9):
        log.put("person", number, {"name": "孙悦然", "birthday": "1991-01-05", "email": "yueran.s@example.com"})
    one.ingest(log.events)
    api.decide("separateRecords", FATHER, MOTHER)
    monkeypatch.setattr("resolvers.evidence._PAGE_BUDGET", 0)  # a proof that needs a search cannot be had
    query = "{ profiles { nodes { counts { records orders } weakestPlace { evidence { weight } provenMinimal } } } }"
    shown = api.data(query)["profiles"]["nodes"]
    (triple,) = [each for each in shown if each["counts"] == {"records": 3, "orders": 0}]
    assert len(triple["weakestPlace"]["evidence"]) == 2
    assert triple["weakestPlace"]["provenMinimal"]


def test_a_profile_tells_its_weakest_place(api: Api) -> None:
    cut = "weakestPlace { evidence { left { id } right { id } } parts { records { id } } provenMinimal }"
    found = api.profile(SON, cut)["weakestPlace"]
    assert {found["evidence"][0][end]["id"] for end in ("left", "right")} == {api.id(CARELESS), api.id(SON)}
    assert sorted(len(part["records"]) for part in found["parts"]) == [1, 2]
    assert api.profile(MOTHER, cut) == {"weakestPlace": None}


def test_a_household_is_who_shares_a_home_within_the_stores(api: Api, one: Installation) -> None:
    household = "id household { profiles { id name { masked } } }"
    assert [p["name"]["masked"] for p in api.profile(FATHER, household)["household"]["profiles"]] == ["王••"]
    assert [
        p["id"] for p in api.profile(MOTHER, household, role="sales", stores=["S001"])["household"]["profiles"]
    ] == [api.profile(FATHER, "id")["id"]]
    assert api.profile(STRANGER, household)["household"] == {"profiles": []}
    log = family()
    log.put("person", MOTHER, {"store": "S002"})
    one.ingest(log.events)
    assert api.profile(FATHER, household, stores=["S001"])["household"] == {"profiles": []}
    assert len(api.profile(FATHER, household)["household"]["profiles"]) == 1


def test_a_page_of_profiles_costs_as_many_statements_as_one(api: Api) -> None:
    api.decide("separateRecords", FATHER, SON)
    api.decide("linkRecords", STRANGER, NAMESAKE, "c2")
    query = """query ($first: Int) { profiles(first: $first, orderBy: { field: ORDERS }) { nodes {
      weakestPlace { evidence { left { key { masked } } } } decisions { reason { value } other: left { id } }
      household { profiles { id name { masked } } }
    } } }"""
    costs = {}
    for first in (1, 4):
        with api.statements() as asked:
            shown = api.data(query, {"first": first})["profiles"]["nodes"]
        assert len(shown) == first
        assert shown[0]["weakestPlace"]
        assert shown[0]["decisions"]
        costs[first] = len(asked)
    assert costs[1] == costs[4]


def test_a_longer_path_costs_no_more_statements(api: Api) -> None:
    costs = {}
    for right in (CARELESS, SON):
        ends = {"left": api.id(FATHER), "right": api.id(right)}
        with api.statements() as asked:
            found = api.data(EXPLAIN, ends)["explain"]
        costs[len(found["path"])] = len(asked)
    assert costs[1] == costs[2]


# --- The queue ---


def test_the_queue_shows_what_is_unsure_to_those_who_see_both(api: Api) -> None:
    (item,) = api.data(QUEUE)["reviewQueue"]["nodes"]
    assert {item["left"]["id"], item["right"]["id"]} == {api.id(STRANGER), api.id(NAMESAKE)}
    assert item["id"] == f"{item['left']['id']}:{item['right']['id']}"
    assert item["reason"] == "unsure"
    assert 0.1 < item["probability"] < 0.8
    for stores in (["S001"], ["S002"]):
        assert api.data(QUEUE, stores=stores)["reviewQueue"]["nodes"] == []
    assert len(api.data(QUEUE, stores=["S001", "S002"])["reviewQueue"]["nodes"]) == 1


def test_the_queue_is_paged_in_a_stable_order(api: Api, one: Installation) -> None:
    ends = [uuid.UUID(api.id(number)).bytes for number in (FATHER, SON, CARELESS, MOTHER)]
    pairs = [sorted(two) for two in combinations(ends, 2)]
    items = [{"a": a, "b": b, "reason": "unsure", "weight": 12_000 + place // 4} for place, (a, b) in enumerate(pairs)]
    with one.parts.database.write() as connection:
        insert(connection, review_item, items)
    whole = api.data(QUEUE)["reviewQueue"]["nodes"]
    assert len(whole) == 7
    assert [item["weight"] for item in whole] == sorted((item["weight"] for item in whole), reverse=True)
    pages: list[dict[str, Any]] = []
    after = None
    while True:
        page = api.data(QUEUE, {"first": 1, "after": after})["reviewQueue"]
        pages += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert pages == whole
    assert codes(api.ask(QUEUE, {"reason": "unsure", "after": after})) == ["INVALID_CURSOR"]
    assert api.data(QUEUE, {"reason": "unsure"})["reviewQueue"]["nodes"] == whole
    assert api.data(QUEUE, {"reason": "birthday"})["reviewQueue"]["nodes"] == []
    refused = api.ask(QUEUE, {"reason": "below_threshold"})
    assert codes(refused) == ["BAD_USER_INPUT"]
    assert "unverified" in refused["errors"][0]["message"]
    with api.statements() as asked_one:
        api.data(QUEUE, {"first": 1})
    with api.statements() as asked_all:
        api.data(QUEUE)
    assert len(asked_one) == len(asked_all)


def test_a_decision_takes_its_pair_out_of_the_queue_and_undoing_it_brings_it_back(api: Api) -> None:
    made = api.decide("separateRecords", STRANGER, NAMESAKE)["data"]["separateRecords"]
    assert made["changedIds"] == []
    assert len(made["profiles"]) == 2
    assert api.data(QUEUE)["reviewQueue"]["nodes"] == []
    api.data(UNDO, {"id": made["decision"]["id"]})
    assert len(api.data(QUEUE)["reviewQueue"]["nodes"]) == 1


# --- Changes ---


def test_the_matrix_lists_every_change() -> None:
    mutation = SCHEMA._schema.mutation_type
    assert mutation is not None
    assert set(mutation.fields) == set(MATRIX["changes"])


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_changes_are_for_the_roles_of_the_matrix_only(api: Api, one: Installation, role: str) -> None:
    link = api.decide("separateRecords", FATHER, SON)["data"]["separateRecords"]["decision"]["id"]
    before, together, recorded = one.lines(), one.together(), len(api.audited())
    answers = {
        "linkRecords": api.decide("linkRecords", STRANGER, NAMESAKE, "c2", role=role),
        "separateRecords": api.decide("separateRecords", FATHER, MOTHER, "c3", role=role),
        "undoDecision": api.ask(UNDO, {"id": link}, role=role),
    }
    for name, answer in answers.items():
        if role in MATRIX["changes"][name]:
            assert "errors" not in answer
        else:
            assert codes(answer) == ["FORBIDDEN"]
            assert answer["data"] is None
    if role != "steward":
        assert (one.lines(), one.together()) == (before, together)
        assert [(e.action, e.role, e.decision) for e in api.audited()[recorded:]] == [
            (f"mutation:{name}", role, "forbidden") for name in answers
        ]


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_evidence_about_a_profile_is_for_the_roles_of_the_matrix_only(api: Api, role: str) -> None:
    query = "query ($id: ID!) { node(id: $id) { ... on Profile { weakestPlace { provenMinimal } } } }"
    answer = api.ask(query, {"id": api.id(FATHER)}, role=role)
    if role in MATRIX["evidence"]["weakestPlace"]:
        assert answer["data"]["node"]["weakestPlace"] == {"provenMinimal": True}
    else:
        assert codes(answer) == ["FORBIDDEN"]


def test_a_decision_is_told_with_its_author_and_what_it_changed(api: Api, one: Installation) -> None:
    before = {str(uuid.UUID(bytes=i)) for i in one.shown().values()}
    made = api.decide("separateRecords", SON, CARELESS)["data"]["separateRecords"]
    decision = made["decision"]
    assert (decision["kind"], decision["author"], decision["inForce"]) == ("CANNOT_LINK", "ann", True)
    assert decision["reason"] == {"value": REASON}
    now = {str(uuid.UUID(bytes=i)) for i in one.shown().values()}
    assert set(made["changedIds"]) >= now - before
    assert {profile["id"] for profile in made["profiles"]} == set(made["changedIds"]) & now
    assert {decision["left"]["profileId"], decision["right"]["profileId"]} == {p["id"] for p in made["profiles"]}
    told = api.profile(SON, "decisions { id kind reason { masked } left { id } right { id } }")["decisions"]
    assert [(each["id"], each["reason"]["masked"]) for each in told] == [(decision["id"], "•••")]


def test_a_profile_s_history_names_the_decision_and_who_made_it(api: Api) -> None:
    made = api.decide("separateRecords", SON, CARELESS)["data"]["separateRecords"]
    api.data(UNDO, {"id": made["decision"]["id"]})
    steps = api.profile(FATHER, "lineage(first: 2) { kind causes { source op by } }")["lineage"]
    assert [(step["kind"], step["causes"]) for step in steps] == [
        ("merged", [{"source": "onefold", "op": "undo_cannot_link", "by": "ann"}]),
        ("split", [{"source": "onefold", "op": "cannot_link", "by": "ann"}]),
    ]


def test_a_change_is_audited_with_it_and_a_refused_one_too(api: Api, one: Installation) -> None:
    made = api.decide("separateRecords", SON, CARELESS)["data"]["separateRecords"]["decision"]["id"]
    api.decide("separateRecords", SON, CARELESS)
    refused = api.decide("linkRecords", SON, CARELESS, "c2")
    assert codes(refused) == ["REFUSED"]
    assert made in refused["errors"][0]["message"]
    api.data(UNDO, {"id": made})
    assert codes(api.ask(UNDO, {"id": made})) == ["REFUSED"]
    changes = [entry for entry in api.audited() if entry.action.startswith("mutation:")]
    assert [(e.actor, e.action, e.decision, e.rows) for e in changes] == [
        ("ann", "mutation:separateRecords", "done", 2),
        ("ann", "mutation:separateRecords", "done", 0),
        ("ann", "mutation:linkRecords", "refused", 0),
        ("ann", "mutation:undoDecision", "done", 2),
        ("ann", "mutation:undoDecision", "refused", 0),
    ]
    assert [len(entry.subject.split(",")) for entry in changes[:4]] == [1, 2, 2, 2]
    with one.parts.database.read() as connection:
        assert verify_audit(connection).is_intact


def test_a_decision_under_other_rules_is_refused_in_words_for_those_who_only_ask(
    api: Api, one: Installation, database_url: str
) -> None:
    """The state was rebuilt under other rules while this server ran: who decides cannot run a command here."""
    with installation(one.folder, MAPPING + "[identity]\nmax_cluster_records = 7\n", database=database_url) as new:
        parts = new.parts
        rules, mapping = parts.settings.profiles, parts.settings.mapping
        Rebuilder(parts.database, parts.sealer, profile_rules=rules, mapping=mapping).run(verify=False)
    before = one.lines()
    answer = api.decide("separateRecords", SON, CARELESS)
    assert codes(answer) == ["REFUSED"]
    [error] = answer["errors"]
    assert "operator" in error["message"]
    assert "onefold " not in error["message"]
    assert one.lines() == before
    assert [e.decision for e in api.audited() if e.action.startswith("mutation:")] == ["refused"]


def test_a_change_that_cannot_be_audited_is_not_made(
    api: Api, one: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AuditError("no room")

    monkeypatch.setattr(AuditLog, "append", fail)
    before = one.lines()
    assert codes(api.decide("separateRecords", SON, CARELESS)) == ["INTERNAL"]
    assert one.lines() == before


def test_a_decision_sent_twice_is_made_once(api: Api, one: Installation) -> None:
    first = api.decide("separateRecords", SON, CARELESS)["data"]["separateRecords"]
    after = one.lines()
    again = api.decide("separateRecords", SON, CARELESS)["data"]["separateRecords"]
    assert again["decision"] == first["decision"]
    assert again["profiles"] == first["profiles"]
    assert again["changedIds"] == []
    assert one.lines() == after


def test_both_ends_must_be_in_the_stores(api: Api, one: Installation) -> None:
    before = one.lines()
    ours: dict[str, Any] = {"stores": ["S001"]}
    hidden = api.decide("linkRecords", STRANGER, NAMESAKE, **ours)
    never = api.ask(
        DECIDE % "linkRecords",
        {"c": "c1", "left": str(uuid.uuid4()), "right": api.id(NAMESAKE), "reason": REASON},
        **ours,
    )
    for answer in (hidden, never):
        assert codes(answer) == ["BAD_USER_INPUT"]
    assert hidden["errors"][0]["message"] == never["errors"][0]["message"]
    assert one.lines() == before
    made = api.decide("linkRecords", STRANGER, NAMESAKE)["data"]["linkRecords"]["decision"]["id"]
    assert "errors" not in api.ask(UNDO, {"id": made}, **ours)  # now the profile is of both stores
    made = api.decide("separateRecords", STRANGER, NAMESAKE, "c2")["data"]["separateRecords"]["decision"]["id"]
    assert codes(api.ask(UNDO, {"id": made}, **ours)) == ["REFUSED"]
    assert "errors" not in api.ask(UNDO, {"id": made}, stores=["S001", "S002"])


def test_a_decision_about_a_row_that_is_gone_is_not_in_force(api: Api, one: Installation) -> None:
    api.decide("separateRecords", FATHER, MOTHER)
    log = family()
    log.delete("person", MOTHER)
    one.ingest(log.events)
    (told,) = api.profile(FATHER, "decisions { id inForce left { id } right { id } }")["decisions"]
    assert not told["inForce"]
    assert {None, api.id(FATHER)} == {end and end["id"] for end in (told["left"], told["right"])}
    assert "errors" not in api.ask(UNDO, {"id": told["id"]}, stores=["S001"])
    assert api.profile(FATHER, "decisions { id }")["decisions"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": ""}, "REFUSED"),
        ({"reason": "x" * 1_001}, "REFUSED"),
        ({"c": " "}, "BAD_USER_INPUT"),
        ({"c": "x" * 201}, "BAD_USER_INPUT"),
        ({"left": "13812345671"}, "BAD_USER_INPUT"),
    ],
)
def test_what_is_not_right_is_refused(api: Api, one: Installation, change: dict[str, str], code: str) -> None:
    before = one.lines()
    given = {"c": "c1", "left": api.id(FATHER), "right": api.id(SON), "reason": REASON, **change}
    assert codes(api.ask(DECIDE % "separateRecords", given)) == [code]
    assert one.lines() == before


@pytest.mark.parametrize("end", ["left", "right"])
def test_an_end_that_is_no_id_is_named(api: Api, end: str) -> None:
    ends = {"left": api.id(FATHER), "right": api.id(SON), end: "13812345671"}
    for answer in (api.ask(EXPLAIN, ends), api.ask(DECIDE % "separateRecords", {"c": "c1", "reason": REASON, **ends})):
        assert answer["errors"][0]["message"].startswith(f"{end} must be an id")


def test_a_reason_stands_in_no_log_no_error_and_no_table(
    api: Api, one: Installation, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        api.decide("separateRecords", SON, CARELESS)
        refused = api.decide("linkRecords", SON, CARELESS, "c2")
        monkeypatch.setattr(AuditLog, "append", lambda *_: 1 / 0)
        broken = api.decide("linkRecords", STRANGER, NAMESAKE, "c3")
    said = str(logs) + caplog.text + json.dumps([refused, broken], ensure_ascii=False) + str(api.audited())
    assert codes(broken) == ["INTERNAL"]
    assert logs
    assert "at the till" not in said
    assert "陈小明" not in said


def test_changes_come_by_post_as_json_with_a_token_and_one_at_a_time(api: Api, one: Installation) -> None:
    before = one.lines()
    given = {"c": "c1", "left": api.id(FATHER), "right": api.id(SON), "reason": REASON}
    body = {"query": DECIDE % "separateRecords", "variables": given}
    params = {"query": DECIDE % "separateRecords", "variables": json.dumps(given)}
    assert api.client.get("/graphql", params=params, headers=api.headers()).status_code == 405
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        headers = {**api.headers(), "Content-Type": content_type}
        assert api.client.post("/graphql", content=json.dumps(body), headers=headers).status_code == 415
    assert api.client.post("/graphql", json=body).status_code == 401
    two = "mutation ($id: ID!) { undoDecision(id: $id) { changedIds } again: undoDecision(id: $id) { changedIds } }"
    assert codes(api.ask(two, {"id": api.id(FATHER)})) == ["INVALID_QUERY"]
    assert one.lines() == before
    assert api.audited() == []
