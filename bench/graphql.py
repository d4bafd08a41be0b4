"""How fast the GraphQL API answers, through HTTP, with tokens, masks, decryption and audit as in production."""

import json
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.command import command, run

ONE_PERSON = """
query OnePerson($phone: String!) {
  profileByIdentifier(type: PHONE, value: $phone) {
    id name { value } phone { value } email { value }
    orders(first: 5) { edges { node { number occurredAt total { amount currency } lines { sku } } } }
    consents { purpose state }
  }
}
"""
PAGE = """
query Page { profiles(first: 20, orderBy: {field: SPENT_MINOR, direction: DESC}) {
    edges { node { id name { value } phone { masked } spent { amount currency } } }
    pageInfo { hasNextPage endCursor }
} }
"""
_THREADS = 4


def measure(installation: Path, events: Path, *, requests: int) -> None:
    """Print requests a second, p50 and p99 of two queries over a served installation."""
    phones = _phones(events)
    token = run(
        installation,
        "token",
        "create",
        "--role",
        "manager",
        "--store",
        "*",
        "--purpose",
        "customer_service",
        "--ttl",
        "1h",
    )
    headers = {"Authorization": f"Bearer {token.strip()}", "Onefold-Purpose": "customer_service"}
    with _served(installation) as url, httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        chooser = random.Random(3)
        for name, query in (("one person by phone, 5 orders", ONE_PERSON), ("page of 20 profiles", PAGE)):
            variables = [{"phone": chooser.choice(phones)} if query is ONE_PERSON else {} for _ in range(requests)]
            _report(name, client, query, variables)


def _report(name: str, client: httpx.Client, query: str, variables: list[dict[str, str]]) -> None:
    def ask(of_one: dict[str, str]) -> float:
        began = time.perf_counter()
        answer = client.post("/graphql", json={"query": query, "variables": of_one}).json()
        assert "errors" not in answer, answer["errors"]
        return time.perf_counter() - began

    for warming in variables[:20]:
        ask(warming)
    began = time.perf_counter()
    with ThreadPoolExecutor(_THREADS) as pool:
        times = sorted(pool.map(ask, variables))
    rate = len(times) / (time.perf_counter() - began)
    p50, p99 = statistics.median(times) * 1000, times[int(len(times) * 0.99) - 1] * 1000
    print(f"GraphQL, {name:<30} {rate:>6,.0f} requests/s   p50 {p50:.1f} ms, p99 {p99:.1f} ms ({_THREADS} clients)")


def _phones(events: Path) -> list[str]:
    """Phones of members in the file: they shop in a store, so every manager may see them."""
    found: list[str] = []
    with events.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["topic"] == "pos.pos.members" and len(found) < 2000:
                found.append(json.loads(event["value"])["after"]["mobile"])
    return found


@contextmanager
def _served(installation: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    serving = command(installation, "serve", "--port", str(port))
    with (installation / "serve.log").open("wb") as log:
        server = subprocess.Popen(serving, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(10)


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        if server.poll() is not None:
            sys.exit("onefold serve ended; see serve.log")
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    sys.exit("onefold serve did not get ready")
