"""A supervisor learns whether Onefold lives, and whether it may be sent requests."""

from starlette.applications import Starlette
from starlette.testclient import TestClient

from web import Unready, health_routes

OLD = Unready("REVISION", "the database is at revision 3, wanted 4")


def client(*, reason: Unready | None) -> TestClient:
    return TestClient(Starlette(routes=health_routes(lambda: reason)))


def test_ready_process_says_so() -> None:
    answer = client(reason=None).get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True})


def test_process_that_is_not_ready_says_why() -> None:
    answer = client(reason=OLD).get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "code": "REVISION", "reason": OLD.reason})


def test_process_is_alive_even_when_not_ready() -> None:
    answer = client(reason=OLD).get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


def test_no_proxy_keeps_an_answer() -> None:
    for path in ("/healthz", "/readyz"):
        assert client(reason=None).get(path).headers["cache-control"] == "no-store"
