"""Whoever opens the address of a server is told where things are, and no more."""

from importlib import metadata

from starlette.applications import Starlette
from starlette.testclient import TestClient

from web import index_routes


def test_the_root_names_what_is_there_and_no_version() -> None:
    client = TestClient(Starlette(routes=index_routes({"/graphql": "questions"})))
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.text == "Onefold\n\n/graphql  questions\n/healthz  alive\n/readyz   may be sent requests\n"
    assert answer.headers["cache-control"] == "no-store"
    assert metadata.version("onefold") not in answer.text
    assert client.post("/").status_code == 405
