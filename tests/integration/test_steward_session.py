"""A steward's session as a new user would have it: a served installation, a token from the command line, GraphQL by HTTP."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.installation import Installation, installation
from tests.integration.test_cli_serve import onefold, served
from tests.stewardship import MAPPING, family

Ask = Callable[..., Any]

FIND = """{ profiles(first: 1, orderBy: { field: RECORDS }) { nodes {
  id counts { records } orders { nodes { number } } consents { purpose state }
  records { id key { masked } attributes { name value { masked } } }
  weakestPlace { evidence { left { id } right { id } weight } parts { records { id } } }
} } }"""
EXPLAIN = """query ($left: ID!, $right: ID!) { explain(left: $left, right: $right) {
  together threshold apart { reason } weakest { comparison { weight levels { comparison level } } } comparison { probability }
  left { attributes { name value { masked } } } right { attributes { name value { masked } } }
} }"""
SEPARATE = """mutation ($clientId: String!, $left: ID!, $right: ID!) {
  separateRecords(clientId: $clientId, left: $left, right: $right, reason: "father and son") {
    decision { id } profiles { id orders { nodes { number } } consents { purpose state } records { id } }
  }
}"""
PROFILE = """query ($id: ID!) { node(id: $id) { ... on Profile {
  orders { nodes { number } } consents { purpose state } decisions { id author reason { value } }
  lineage(first: 1) { kind causes { source op by } }
} } }"""
UNDO = (
    "mutation ($id: ID!) { undoDecision(id: $id) { profiles { id counts { records } orders { nodes { number } } } } }"
)


def numbers(profile: Any) -> set[str]:
    return {order["number"] for order in profile["orders"]["nodes"]}


def states(profile: Any) -> list[str]:
    return [consent["state"] for consent in profile["consents"]]


def test_a_steward_s_session_through_graphql_as_a_new_user_would(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEFOLD_DATABASE", database_url)
    folder = tmp_path / "one"
    with installation(folder, MAPPING, database=database_url) as one:
        one.ingest(family().events)
        before = one.lines()
        token = onefold(
            "token", "create", "--role", "steward", "--purpose", "customer_service", "--store", "*", cwd=folder
        ).stdout.strip()
        headers = {"Authorization": f"Bearer {token}", "Onefold-Purpose": "customer_service"}
        with served(folder) as server, httpx.Client(base_url=server.address, headers=headers, timeout=30) as client:

            def ask(query: str, **variables: str) -> Any:
                answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
                assert "errors" not in answer, answer["errors"]
                return answer["data"]

            session(ask, one)
            log = server.log.read_text()
        assert one.lines() == before
    assert "father and son" not in log
    assert not re.search(r"陈|138\d{8}", log)


def session(ask: Ask, one: Installation) -> None:
    # One profile holds all that three records know: a father's, his son's, and a careless one.
    (found,) = ask(FIND)["profiles"]["nodes"]
    assert (found["counts"]["records"], numbers(found), states(found)) == (3, {"1", "2", "3"}, ["withdrawn"])
    (weak,) = found["weakestPlace"]["evidence"]
    left, right = weak["left"]["id"], weak["right"]["id"]

    # They are joined by what the careless row has of the son; what the father has is somebody else's.
    why = ask(EXPLAIN, left=left, right=right)["explain"]
    assert why["together"]
    levels = {(level["comparison"], level["level"]) for level in why["weakest"]["comparison"]["levels"]}
    assert ("email", "same") in levels
    assert weak["weight"] == why["weakest"]["comparison"]["weight"] >= why["threshold"]
    assert "陈建国" not in str(why)

    # Apart: each has the orders and the consents that hang on its records, the golden records are their own.
    made = ask(SEPARATE, clientId="8c0f1c3e", left=left, right=right)["separateRecords"]
    parts = {frozenset(numbers(profile)): states(profile) for profile in made["profiles"]}
    assert parts == {frozenset({"1", "3"}): ["granted"], frozenset({"2"}): ["withdrawn"]}
    assert one.together() == {"1 3", "2", "4", "5", "6"}
    why = ask(EXPLAIN, left=left, right=right)["explain"]
    assert (why["together"], why["apart"]) == (False, {"reason": "cannot_link"})

    # The profile remembers who decided and why.
    shown = ask(PROFILE, id=found["id"])["node"]
    (decision,) = shown["decisions"]
    assert decision["reason"] == {"value": "father and son"}
    assert decision["id"] == made["decision"]["id"]
    assert shown["lineage"] == [
        {"kind": "split", "causes": [{"source": "onefold", "op": "cannot_link", "by": decision["author"]}]}
    ]

    # Undone, as if it had never been.
    (profile,) = ask(UNDO, id=decision["id"])["undoDecision"]["profiles"]
    assert (profile["id"], profile["counts"]["records"], numbers(profile)) == (found["id"], 3, {"1", "2", "3"})
    assert ask(PROFILE, id=found["id"])["node"]["decisions"] == []
