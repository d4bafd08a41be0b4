"""`onefold serve` as a process: what it answers, what it refuses to hand out, how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

SERVER = Path(__file__).parents[2] / "server.py"
SECONDS = 60
QUERY = "query Who($x: String!) { me { role } profileByIdentifier(type: PHONE, value: $x) { id } }"


@dataclass(frozen=True)
class Served:
    """A server that runs; `log` is its stderr, complete once it has ended."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


def onefold(*args: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(SERVER), *args], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("served")
    assert onefold("init", cwd=made).returncode == 0
    return made


@contextmanager
def served(folder: Path, *args: str, host: str = "127.0.0.1") -> Iterator[Served]:
    port = free_port()
    log = folder / f"log-{port}"
    command = [sys.executable, str(SERVER), "serve", "--host", host, "--port", str(port), *args]
    with log.open("wb") as stderr, subprocess.Popen(command, cwd=folder, stderr=stderr) as process:
        one = Served(f"http://127.0.0.1:{port}", process, log)
        try:
            wait_until_ready(one)
            yield one
        finally:
            process.kill()


def wait_until_ready(one: Served) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert one.process.poll() is None, one.log.read_text()
        try:
            if httpx.get(f"{one.address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the server did not become ready")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_guarded_and_ends_cleanly_and_quickly(folder: Path, number: signal.Signals) -> None:
    with served(folder) as one, httpx.Client(base_url=one.address) as client:
        refused = client.post("/graphql", json={"query": "{ __typename }"})
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
        index = client.get("/")
        assert (index.status_code, index.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
        assert [line.split()[0] for line in index.text.splitlines()[2:]] == ["/graphql", "/healthz", "/readyz"]
        for answer in (refused, index, client.get("/healthz"), client.get("/nowhere")):
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "server" not in answer.headers
        token = onefold("token", "create", "--role", "manager", "--store", "*", cwd=folder).stdout.strip()
        asked = client.post(
            "/graphql",
            json={"query": QUERY, "variables": {"x": "13800138000"}},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert asked.json() == {"data": {"me": {"role": "manager"}, "profileByIdentifier": None}}
        began = time.monotonic()
        assert one.end(number) == 0
        assert time.monotonic() - began < 2
    assert "13800138000" not in one.log.read_text()
    assert token not in one.log.read_text()


def test_graphiql_is_served_only_when_asked_for_and_never_with_tokens(folder: Path) -> None:
    with served(folder) as one:
        assert httpx.get(f"{one.address}/graphiql").status_code == 404
        assert one.end(signal.SIGTERM) == 0
    assert "GraphiQL" not in one.log.read_text()
    with served(folder, "--graphiql") as one:
        assert "/graphiql" in httpx.get(one.address).text
        page = httpx.get(f"{one.address}/graphiql")
        assert page.status_code == 200
        assert "script" in page.text
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        assert httpx.get(f"{one.address}/graphiql/session.json").status_code == 404
        assert one.end(signal.SIGTERM) == 0
    assert f"GraphiQL at {one.address}/graphiql" in one.log.read_text()


def test_an_open_address_is_warned_about(folder: Path) -> None:
    with served(folder, host="0.0.0.0") as one:
        one.end(signal.SIGTERM)
    assert "TLS" in one.log.read_text()


def test_a_port_in_use_is_refused_with_another(folder: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        result = onefold("serve", "--port", str(port), cwd=folder)
    assert result.returncode == 2
    assert f"port {port} is in use" in result.stderr


def test_it_is_not_ready_once_the_schema_is_another(folder: Path, tmp_path: Path) -> None:
    assert onefold("init", str(tmp_path), cwd=folder).returncode == 0
    config = str(tmp_path / "onefold.toml")
    with served(folder, "--config", config) as one:
        key = tmp_path / "keys" / "root.json"
        key.chmod(0o644)
        answer = httpx.get(f"{one.address}/readyz")
        assert answer.status_code == 503
        assert "root.json" not in answer.text, "whoever reaches the port need not know that the key can be read"
        told = onefold("keys", "status", "--config", config, cwd=folder)
        assert "chmod 600" in told.stderr
        key.chmod(0o600)
        assert httpx.get(f"{one.address}/readyz").status_code == 200
        assert httpx.get(f"{one.address}/healthz").status_code == 200


def test_a_reader_that_goes_away_is_no_fault(folder: Path) -> None:
    """`onefold … | head` ends quietly."""
    result = subprocess.run(  # noqa: S602 - a pipe is what is tested
        f"'{sys.executable}' '{SERVER}' keys status --json | true",
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert "Traceback" not in result.stderr
    assert json.loads(onefold("keys", "status", "--json", cwd=folder).stdout)["current_epoch"] == 1
