"""How long from a commit in the shop's PostgreSQL or the tills' MariaDB until a GraphQL answer over HTTP shows it.

Everything is real and on this machine: Debezium in Kafka Connect, Kafka, `onefold ingest`, PostgreSQL, `onefold serve`. The rows come
one after the other, each in its own transaction, by turns in either database; the client asks again as soon as it has its answer.

    python -m bench.freshness --rows 200
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.command import command, environment, run
from tests.estate.company import Company, new_company, phone
from tests.estate.estate import running_estate
from tests.estate.reader import reader_of

FOUND = "query Found($phone: String!) { profileByIdentifier(type: PHONE, value: $phone) { id } }"
_FIRST_ROW = 5_000_000
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds from commit to answer, one for each row, by source."""

    seconds: dict[str, list[float]]

    def percentile(self, percent: int, source: str = "") -> float:
        """That part of the rows was visible within this many seconds."""
        found = self.seconds[source] if source else [one for each in self.seconds.values() for one in each]
        return statistics.quantiles(found, n=100, method="inclusive")[percent - 1]


class Served:
    """A served installation, asked as a manager."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The answer's data; raises where there are errors."""
        answer = self._client.post("/graphql", json={"query": query, "variables": variables}).json()
        if "errors" in answer:
            raise RuntimeError(str(answer["errors"]))
        found: dict[str, Any] = answer["data"]
        return found


@contextmanager
def served(folder: Path, database: str) -> Iterator[Served]:
    """Serve an installation as a process until the context ends."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    who = ("--role", "manager", "--store", "*", "--purpose", "customer_service", "--ttl", "1h")
    token = run(folder, "token", "create", *who, database=database).strip()
    headers = {"Authorization": f"Bearer {token}", "Onefold-Purpose": "customer_service"}
    serve = command(folder, "serve", "--port", str(port))
    with (
        (folder / "serve.log").open("wb") as log,
        subprocess.Popen(serve, env=environment(database), stderr=log) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30, trust_env=False) as client,
    ):
        try:
            _wait_until_ready(client, process)
            yield Served(client)
        finally:
            process.terminate()


def _wait_until_ready(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/readyz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("onefold serve did not become ready")


def measure(company: Company, asked: Served, *, rows: int) -> Freshness:
    """Commit `rows` rows, by turns in either database, each when the one before was seen."""
    found: dict[str, list[float]] = {"shop": [], "pos": []}
    for number in range(_FIRST_ROW, _FIRST_ROW + rows):
        if number % 2:
            source, table, columns = "shop", "customers", "id, phone"
        else:
            source, table, columns = "pos", "members", "member_no, mobile"
        company.both(source, f"INSERT INTO {table} ({columns}) VALUES ({number}, '{phone(number)}')")  # noqa: S608 - our own
        began = time.monotonic()
        while asked.ask(FOUND, phone=phone(number))["profileByIdentifier"] is None:
            if time.monotonic() - began > _SECONDS:
                raise RuntimeError(f"row {number} did not become visible")
        found[source].append(time.monotonic() - began)
    return Freshness(found)


def main() -> None:
    """Start everything, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.freshness", description=__doc__)
    parser.add_argument("--rows", type=int, default=200, help="rows to commit, half of them in each database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onefold-bench-") as name, running_estate() as estate:
        folder = Path(name)
        with (
            estate.postgres.server.new_database() as database,
            new_company(
                folder, postgres=estate.postgres, mariadb=estate.mariadb, kafka=estate.kafka, connect=estate.connect
            ) as company,
            reader_of(company, folder, database) as reader,
            served(reader.one.folder, database) as asked,
        ):
            reader.start(batch=500)
            reader.wait_until_read()
            _report(measure(company, asked, rows=options.rows))


def _report(found: Freshness) -> None:
    load = os.getloadavg()[0]
    print(f"from commit to GraphQL answer, {os.cpu_count()} cores, load {load:.1f}, Python {sys.version.split()[0]}")
    for source, seconds in found.seconds.items():
        p50, p99 = (1000 * found.percentile(percent, source) for percent in (50, 99))
        print(f"{source:5} {len(seconds):5} rows  p50 {p50:5.0f} ms  p99 {p99:5.0f} ms")
    p50, p99 = (1000 * found.percentile(percent) for percent in (50, 99))
    print(f"all   {sum(map(len, found.seconds.values())):5} rows  p50 {p50:5.0f} ms  p99 {p99:5.0f} ms")


if __name__ == "__main__":
    main()
