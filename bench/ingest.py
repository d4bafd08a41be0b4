"""How many events a second `onefold ingest` makes durable: decoded, resolved, encrypted, synced to disk."""

import json
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.command import installation, run
from bench.database_server import durable_server
from tests.services.postgres import PostgresUnavailableError


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """The main databases to measure, by name; PostgreSQL with all its durability on, left out where it cannot be had."""
    try:
        with durable_server() as server, server.new_database() as url:
            yield {"SQLite": "", "PostgreSQL": url}
    except PostgresUnavailableError as reason:
        print(f"without PostgreSQL: {reason}")
        yield {"SQLite": ""}


def measure(folder: Path, events: Path, *, runs: int) -> Path:
    """Print the median rate for each database; gives the SQLite installation of the last run."""
    rates: dict[str, list[float]] = {}
    for number in range(runs):
        with databases() as urls:
            for name, url in urls.items():
                where = installation(folder / f"{name}-{number}", url)
                report = json.loads(run(where, "ingest", str(events), "--json", database=url))
                rates.setdefault(name, []).append(report["events"] / report["seconds"])
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, rate in medians.items():
        spread = f"{min(rates[name]):,.0f} to {max(rates[name]):,.0f}"
        print(f"ingest, {name:<10} {rate:>8,.0f} events/s   ({spread}; {rate / medians['SQLite']:.2f} of SQLite)")
    return folder / f"SQLite-{runs - 1}"
