"""`make bench-resolution`: durable, fully resolved person events a second, in stores of several sizes.

The store is filled through the pipeline itself, in bigger batches. Then batches of 500 of the mix that :mod:`bench.members` names
run through the same pipeline in a fresh process, every commit synced to disk, and after them batches of one. Splink gets the rows
that the store was filled with, cleaned as for :mod:`bench.identity`.
"""

import argparse
import importlib.util
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

import server
from bench.database_server import durable_server
from bench.envelopes import Captured
from bench.members import MAPPING, Changes, Population
from cdc import RawEvent
from cli.parts import Parts
from cli.preparing_process import preparing_apart
from cli.settings import load_settings
from storage import Database

T = TypeVar("T")

BATCH = 500
_FILLING_BATCH = 2_000
#: Batches that do not count; a second process is at work after some more.
_WARM_UP = {1: 4, 2: 20}
_SEED = 1
_STREAM = "bench"


@dataclass(frozen=True, slots=True)
class Store:
    """Where an installation with ``records`` records lies, for a worker of so many processes; ``url`` "" is the embedded database."""

    folder: Path
    url: str
    records: int
    processes: int = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """What one store gave: seconds and CPU seconds of each batch of 500, seconds of each batch of one, MiB."""

    batches: Sequence[float]
    cpu: Sequence[float]
    singles: Sequence[float]
    resident: float
    stored: float


def main() -> None:
    """Read the options, fill and measure each store, print."""
    options = _options()
    processes = f"{options.processes} process{'es' if options.processes > 1 else ''}"
    print(f"batches of {BATCH}, full sync, {processes}, means; CPU of the process that writes alone")
    for records in options.records:
        with (
            tempfile.TemporaryDirectory(prefix="onefold-bench-", dir=options.folder) as folder,
            _database(options) as url,
        ):
            store = Store(Path(folder), url, records, options.processes)
            began = time.perf_counter()
            _alone(fill, store)
            print(f"{records:,} records: filled at {records / (time.perf_counter() - began):,.0f}/s", flush=True)
            _print(_alone(measure, store, options.events, options.singles))
        if not options.without_splink and importlib.util.find_spec("splink"):
            _alone(_splink, records)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-resolution", description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 100_000], help="records in the store")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite", help="the main database")
    parser.add_argument("--events", type=int, default=10_000, help="events in batches of 500")
    parser.add_argument("--singles", type=int, default=500, help="events in batches of one")
    parser.add_argument("--processes", type=int, choices=(1, 2), default=1, help="2: another one prepares batches")
    parser.add_argument("--folder", help="where the stores are made (a temporary folder of the system otherwise)")
    parser.add_argument("--without-splink", action="store_true", help="leave the comparison out")
    return parser.parse_args()


@contextmanager
def _database(options: argparse.Namespace) -> Iterator[str]:
    if options.database == "sqlite":
        yield ""
        return
    with durable_server() as running, running.new_database() as url:
        yield url


def _alone(work: Callable[..., T], *arguments: object) -> T:
    """Work in a fresh process: nothing that was done before shows in its memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def fill(store: Store) -> None:
    """Make an installation and take in the records."""
    server.calm_collector()
    (store.folder / "onefold.toml").write_text(MAPPING, encoding="utf-8")
    server.create(load_settings(store.folder / "onefold.toml", _environ(store)))
    changes = Changes(Population(_SEED), 0, _SEED)
    with _opened(store) as parts:
        held = parts.pipeline.claim(_STREAM)
        raws = _raws(changes.filling(store.records), held.next_offset)
        report, _ = parts.pipeline.ingest(held, raws, batch_events=_FILLING_BATCH)
        assert report.applied == store.records
        if not parts.database.is_sqlite:
            _analyse(parts.database)


def _analyse(database: Database) -> None:
    """What PostgreSQL's autovacuum does sooner or later."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))


def measure(store: Store, events: int, singles: int) -> Figures:
    """Run the mix on a filled store."""
    server.calm_collector()
    changes = Changes(Population(_SEED), store.records, _SEED + 1)
    with _opened(store) as parts:
        held = parts.pipeline.claim(_STREAM)
        batches = _WARM_UP[store.processes] + events // BATCH
        raws = list(_raws((event for _ in range(batches) for event in changes.batch(BATCH)), held.next_offset))
        watch, ones = _Watch(_WARM_UP[store.processes]), []
        report, held = parts.pipeline.ingest(held, raws, beside=watch.look, batch_events=BATCH)
        assert report.applied == len(raws)
        watch.look()
        for _ in range(singles):
            raws = list(_raws([changes.single()], held.next_offset))
            wall = time.perf_counter()
            _, held = parts.pipeline.ingest(held, raws)
            ones.append(time.perf_counter() - wall)
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        walls, cpus = watch.batches()
        return Figures(walls, cpus, ones, resident, _stored(parts.database) / 2**20)


class _Watch:
    """Notes the time at which each batch begins to be written."""

    def __init__(self, warm_up: int) -> None:
        self._warm_up = warm_up
        self._seen: list[tuple[float, float]] = []

    def look(self, *_: object) -> None:
        """Note the time, and that of the CPU."""
        self._seen.append((time.perf_counter(), time.process_time()))

    def batches(self) -> tuple[list[float], list[float]]:
        """Seconds and CPU seconds of each batch after the warm-up."""
        counted = self._seen[self._warm_up :]
        spent = [(until[0] - since[0], until[1] - since[1]) for since, until in pairwise(counted)]
        return [wall for wall, _ in spent], [cpu for _, cpu in spent]


def _environ(store: Store) -> dict[str, str]:
    return {**os.environ, **({"ONEFOLD_DATABASE": store.url} if store.url else {})}


@contextmanager
def _opened(store: Store) -> Iterator[Parts]:
    environ = _environ(store)
    with (
        closing(server.open_parts(load_settings(store.folder / "onefold.toml", environ))) as parts,
        preparing_apart(parts, environ, store.processes),
    ):
        yield parts


def _raws(events: Iterable[Captured], offset: int) -> Iterator[RawEvent]:
    for number, event in enumerate(events, offset + 1):
        yield RawEvent(_STREAM, number, str(event["topic"]), str(event["key"]).encode(), str(event["value"]).encode())


def _stored(database: Database) -> int:
    size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    with database.read() as connection:
        query = size if database.is_sqlite else "SELECT pg_database_size(current_database())"
        return int(connection.execute(sa.text(query)).scalar_one())


def _print(found: Figures) -> None:
    mean, cpu = statistics.mean(found.batches), statistics.mean(found.cpu)
    print(f"  {BATCH / mean:8,.0f} events/s   ({BATCH / max(found.batches):,.0f} to {BATCH / min(found.batches):,.0f})")
    print(f"  {cpu / BATCH * 1e6:8,.0f} µs of CPU an event")
    if found.singles:
        cuts = statistics.quantiles(found.singles, n=100)
        print(f"  {cuts[49] * 1e3:8,.1f} ms p50 of a batch of one, p99 {cuts[98] * 1e3:,.1f} ms")
    print(f"  {found.resident:8,.0f} MiB resident at most; {found.stored:,.0f} MiB stored", flush=True)


def _splink(records: int) -> None:
    from bench.splink_rate import measure as measure_splink  # noqa: PLC0415 - of the extra `bench`

    population = Population(_SEED)
    measure_splink([population.row(number) for number in range(records)])


if __name__ == "__main__":
    main()
