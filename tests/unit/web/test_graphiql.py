"""GraphiQL is served whole from here, guarded by headers, and hands tokens to this machine only."""

import hashlib
import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from web import graphiql_routes
from web.graphiql import FOLDER

SESSION: dict[str, object] = {"tokens": [{"role": "manager", "token": "t", "purpose": "customer_service"}]}
VENDORED = dict(re.findall(r"^\| `(\S+)` .*\| `([0-9a-f]{64})` \|$", (FOLDER / "README.md").read_text(), re.MULTILINE))


def client(session: dict[str, object] | None = None, *, host: str = "127.0.0.1") -> TestClient:
    return TestClient(Starlette(routes=graphiql_routes(lambda: session)), base_url=f"http://{host}:8000")


@pytest.mark.parametrize("path", ["/graphiql", "/graphiql/session.json", "/graphiql/static/start.js"])
def test_answers_carry_the_security_headers(path: str) -> None:
    headers = client(SESSION).get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'; ")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_page_names_only_files_that_are_served_here() -> None:
    named = re.findall(r'(?:src|href)="([^"]+)"', client().get("/graphiql").text)
    files = [name for name in named if name != "data:,"]
    assert files
    assert all(client().get(name).status_code == 200 for name in files)


def test_page_has_no_inline_script() -> None:
    assert re.findall(r"<script(?! src=)", client().get("/graphiql").text) == []


def test_session_is_given_to_loopback_and_kept_by_nobody() -> None:
    answer = client(SESSION).get("/graphiql/session.json")
    assert answer.json() == SESSION
    assert answer.headers["cache-control"] == "no-store"


def test_without_session_there_is_none() -> None:
    answer = client(None).get("/graphiql/session.json")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


def test_session_is_not_given_under_a_strange_name() -> None:
    assert client(SESSION, host="shop.example").get("/graphiql/session.json").status_code == 404


def test_localhost_by_every_name_gets_the_session() -> None:
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert client(SESSION, host=host).get("/graphiql/session.json").status_code == 200


def test_every_vendored_file_is_listed() -> None:
    ours = {"README.md", "index.html", "start.css", "start.js"}
    assert set(VENDORED) == {path.name for path in FOLDER.iterdir()} - ours


@pytest.mark.parametrize("name", sorted(VENDORED))
def test_vendored_file_is_what_its_makers_published(name: str) -> None:
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == VENDORED[name]
