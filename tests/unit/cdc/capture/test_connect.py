"""Talking to Kafka Connect, before a server that says what a test wants."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from cdc.capture import connect as module
from cdc.capture.connect import Connect, ConnectorStatus, FieldError
from cdc.capture.errors import ConnectError

Answer = tuple[int, Any]


class Server:
    """Answers each request with the next of `answers`, the last one again and again; remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, str, Any, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked.append((self.command, self.path, json.loads(body or b"null"), dict(self.headers)))
                status, said = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                content = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - the library's names

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(module, "_STEADY_SECONDS", 0.005)
    found = Server()
    yield found
    found.close()


CONFIGURATION = {"connector.class": "io.debezium.connector.postgresql.PostgresConnector", "slot.name": "X"}


def told(state: str, *tasks: str, trace: str = "") -> Answer:
    return 200, {"connector": {"state": state}, "tasks": [{"state": task, "trace": trace} for task in tasks]}


def test_a_configuration_is_validated_field_by_field_and_a_passwords_field_is_not_quoted(server: Server) -> None:
    server.answers = [
        (200, {"configs": [
            {"value": {"name": "slot.name", "errors": ["must be lower case"]}},
            {"value": {"name": "database.password", "errors": ["s3cret is wrong"]}},
            {"value": {"name": "topic.prefix", "errors": []}},
        ]})
    ]  # fmt: skip
    slot, password = Connect(server.url).validate("shop", CONFIGURATION)
    assert slot == FieldError("slot.name", "must be lower case")
    assert "s3cret" not in password.message
    assert server.asked[0][:3] == (
        "PUT", "/connector-plugins/PostgresConnector/config/validate", {"name": "shop", **CONFIGURATION},
    )  # fmt: skip


def test_a_worker_without_the_plugin_is_told_so(server: Server) -> None:
    server.answers = [(404, {"message": "x"})]
    with pytest.raises(ConnectError, match=r"plugin\.path"):
        Connect(server.url).validate("shop", CONFIGURATION)


def test_a_worker_that_rebalances_is_asked_again(server: Server) -> None:
    server.answers = [(409, {"message": "rebalance"}), (409, {}), (201, {})]
    Connect(server.url).put("shop one", CONFIGURATION)
    assert [path for _, path, _, _ in server.asked] == ["/connectors/shop%20one/config"] * 3
    server.answers = [(409, {"message": "rebalance"})]
    with pytest.raises(ConnectError, match="answer 409"):
        Connect(server.url, seconds=0.05).put("shop", CONFIGURATION)


def test_a_connector_that_is_not_there_is_none_and_another_answer_an_error(server: Server) -> None:
    server.answers = [(404, {})]
    assert Connect(server.url).status("shop") is None
    for answer in ((502, b"<html>"), (200, b"<html>"), (200, b'{"name": "\xff"}'), (200, ["x"])):
        server.answers = [answer]
        with pytest.raises(ConnectError, match="does not say"):
            Connect(server.url).status("shop")


def test_it_is_waited_for_until_all_of_it_runs(server: Server) -> None:
    server.answers = [(404, {}), told("RUNNING"), told("RUNNING", "UNASSIGNED"), told("RUNNING", "RUNNING")]
    found = Connect(server.url).wait("shop", seconds=20)
    assert found == ConnectorStatus("RUNNING", ("RUNNING",))
    assert len(server.asked) == 5, "once more after it ran"


def test_a_task_that_fails_right_after_it_ran_has_failed(server: Server) -> None:
    server.answers = [told("RUNNING", "RUNNING"), told("RUNNING", "FAILED", trace="a.B: why")]
    found = Connect(server.url).wait("shop", seconds=20)
    assert found
    assert (found.has_failed, found.reason) == (True, "why")


def test_what_stops_running_begins_to_run_anew(server: Server) -> None:
    runs, restarts = told("RUNNING", "RUNNING"), told("RUNNING", "RESTARTING")
    server.answers = [runs, restarts, restarts, runs, told("RUNNING", "FAILED", trace="a.B: why")]
    found = Connect(server.url).wait("shop", seconds=20)
    assert found
    assert found.has_failed, "it counted from the first look"


def test_a_failure_ends_the_wait_and_an_old_one_does_not(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = told("RUNNING", "FAILED", trace="a.B: why")
    server.answers = [failed]
    found = Connect(server.url).wait("shop", seconds=20)
    assert found
    assert (found.has_failed, found.reason) == (True, "why")
    server.answers = [failed, failed, told("RUNNING", "RESTARTING"), told("RUNNING", "RUNNING")]
    found = Connect(server.url).wait("shop", seconds=20, had_failed=True)
    assert found
    assert found.is_running
    monkeypatch.setattr(module, "_STALE_SECONDS", 0.05)
    server.answers, server.asked = [failed], []
    found = Connect(server.url).wait("shop", seconds=20, had_failed=True)
    assert found
    assert found.has_failed
    assert len(server.asked) < 50, "it waited to the end for what stays as it was"


def test_only_what_failed_is_started_again(server: Server) -> None:
    server.answers = [(202, {})]
    Connect(server.url).restart_failed("shop")
    assert server.asked[0][:2] == ("POST", "/connectors/shop/restart?includeTasks=true&onlyFailed=true")
    server.answers = [(500, {})]
    with pytest.raises(ConnectError, match="does not restart"):
        Connect(server.url).restart_failed("shop")


def test_a_name_and_password_in_the_address_are_sent_as_such_and_never_shown(server: Server) -> None:
    server.answers = [told("RUNNING")]
    connect = Connect(server.url.replace("//", "//me:s%3Acret@") + "/connect/")
    connect.status("shop")
    assert server.asked[0][1] == "/connect/connectors/shop/status"
    assert server.asked[0][3]["Authorization"] == "Basic bWU6czpjcmV0"
    assert "cret" not in connect.shown


def unreachable() -> Connect:
    return Connect("http://me:s3cret@127.0.0.1:9")


CALLS: list[Callable[[], object]] = [lambda: unreachable().status("x"), lambda: unreachable().put("x", CONFIGURATION)]


@pytest.mark.parametrize("call", CALLS)
def test_a_worker_that_cannot_be_reached_is_named_without_the_password(call: Callable[[], object]) -> None:
    with pytest.raises(ConnectError, match=r"http://127\.0\.0\.1:9 cannot be reached") as caught:
        call()
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "localhost:8083", "ftp://h", "http://", "http://h:x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConnectError, match="must be like"):
        Connect(url)


def test_a_connector_is_forgotten_once_it_stands(server: Server) -> None:
    stopped = told("STOPPED")
    server.answers = [told("RUNNING", "RUNNING"), (204, {}), told("STOPPED", "RUNNING"), stopped, (200, {}), (204, {})]
    Connect(server.url).forget("shop one")
    path = "/connectors/shop%20one"
    assert [asked[:2] for asked in server.asked if asked[0] != "GET"] == [
        ("PUT", f"{path}/stop"),
        ("DELETE", f"{path}/offsets"),
        ("DELETE", path),
    ]


def test_one_that_is_not_there_needs_no_forgetting_and_a_refusal_is_told(server: Server) -> None:
    server.answers = [(404, {})]
    Connect(server.url).forget("shop")
    assert len(server.asked) == 1
    server.answers = [told("STOPPED"), (500, {"message": "a.B: why"})]
    with pytest.raises(ConnectError, match="why"):
        Connect(server.url).forget("shop")
    server.answers = [told("RUNNING", "RUNNING"), (204, {}), told("RUNNING", "RUNNING")]
    with pytest.raises(ConnectError, match="does not stop"):
        Connect(server.url, seconds=0.05).forget("shop")
