"""`make bench-kafka`: events a second from Kafka to durable, resolved, encrypted profiles, beside the straw-man, in one run.

The events are those of `make bench`: one in five is about a person; `--only` leaves the persons or the facts of them (the straw-man's stay mixed). They lie in Kafka before the workers start; each commit is
synced to disk. The straw-man (`bench/strawman_ingest.py`) has its events in memory, resolves nobody and is the practical limit. CPU is user
and system time of all workers, and of PostgreSQL with all its processes, for each event, starting included.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path

from kafka import KafkaAdminClient, KafkaProducer
from kafka.producer.future import FutureRecordMetadata
from sqlalchemy import make_url

from bench.command import command, environment, installation
from bench.database_server import durable_server
from bench.events import Business
from bench.usage import Usage, cpu_of_servers, usage_of
from tests.estate.estate import running_estate
from tests.estate.kafka import KafkaBroker
from tests.services.postgres import PostgresServer, PostgresUnavailableError

PARTITIONS = 4
SENT_TOGETHER = 20_000
#: The tables about persons; the others hold facts.
PERSONS = ("customers", "members")
#: The straw-man has all its events in memory, 1.3 KB each.
STRAWMAN_EVENTS = 100_000
STRAWMAN = Path(__file__).with_name("strawman_ingest.py")


@dataclass(frozen=True, slots=True)
class Setup:
    """Two databases, ours and the straw-man's, "" for SQLite, with so many workers of so many processes each."""

    database: str
    strawmans: str
    workers: int
    processes: int

    @property
    def name(self) -> str:
        """How it is called in the result."""
        workers = f"{self.workers} worker{'s' if self.workers > 1 else ''}"
        return f"{'PostgreSQL' if self.database else 'SQLite'}, {workers}{' of 2' if self.processes > 1 else ''}"


@dataclass(frozen=True, slots=True)
class Measured:
    """Events a second of all workers together, what they used, and CPU seconds of PostgreSQL meanwhile."""

    rate: float
    events: int
    workers: Usage
    database_seconds: float

    def __str__(self) -> str:
        """Rate, CPU for each event, most memory of one worker."""
        workers, database = (1e6 * s / self.events for s in (self.workers.cpu_seconds, self.database_seconds))
        return (
            f"{self.rate:>8,.0f} events/s   CPU an event: workers {workers:,.0f} us, PostgreSQL {database:,.0f} us   "
            f"peak of a worker {self.workers.peak_mib:,.0f} MiB"
        )


def main() -> None:
    """Read the options, fill Kafka, measure each setup."""
    parser = argparse.ArgumentParser(prog="make bench-kafka", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="events that lie in Kafka")
    parser.add_argument(
        "--backlog",
        type=int,
        default=0,
        help=f"instead, for millions: the straw-man has {STRAWMAN_EVENTS:,} of them in memory",
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="numbers of workers on PostgreSQL")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2], help="processes of each worker: 1, 2")
    parser.add_argument("--only", choices=("persons", "facts"), help="events of one kind instead of the mix")
    options = parser.parse_args()
    events = options.backlog or options.events
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onefold-bench-")))
        kafka = stack.enter_context(running_estate()).kafka
        fill(kafka, events, options.only)
        kind = f"events of {options.only} only" if options.only else "events"
        cores = f"{os.cpu_count()} cores"
        print(f"{events:,} {kind} in {PARTITIONS} partitions of each topic, full sync, {cores}, {load()}", flush=True)
        for processes in options.processes:
            show(Setup("", "", 1, processes), kafka, folder / f"sqlite-{processes}", events, server=None)
        server = stack.enter_context(database_server())
        for workers, processes in product(options.workers, options.processes):
            with server.new_database() as ours, server.new_database() as strawmans:
                setup = Setup(ours, strawmans, workers, processes)
                show(setup, kafka, folder / f"pg-{workers}-{processes}", events, server=server)


def changes(only: str | None) -> Iterator[dict[str, object]]:
    """What happens, without an end: all of it, or what is about persons, or facts."""
    for event in Business(1).changes(sys.maxsize):
        is_person = str(event["topic"]).endswith(PERSONS)
        if only is None or is_person == (only == "persons"):
            yield event


def fill(kafka: KafkaBroker, count: int, only: str | None) -> None:
    """Write the events to their topics; a row's events lie in one partition. Raises when the broker has not got them all."""
    events, topics = islice(changes(only), count), set[str]()
    with (
        closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap)) as admin,
        closing(KafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=50)) as producer,
    ):
        while some := list(islice(events, SENT_TOGETHER)):
            for topic in {str(event["topic"]) for event in some} - topics:
                topics.add(topic)
                admin.create_topics({topic: {"num_partitions": PARTITIONS}}, wait_for_metadata=True)
            sent = [send(producer, event) for event in some]
            producer.flush()
            for one in sent:
                one.get()


def send(producer: KafkaProducer, event: dict[str, object]) -> FutureRecordMetadata:
    """Hand an event to the producer, who drops what waits for two minutes and says so to nobody but the one that asks."""
    topic, key, value = (str(event[name]) for name in ("topic", "key", "value"))
    return producer.send(topic, key=key.encode(), value=value.encode())


@contextmanager
def database_server() -> Iterator[PostgresServer]:
    """Start PostgreSQL; without it, the rest of the benchmark cannot be had."""
    try:
        with durable_server() as server:
            yield server
    except PostgresUnavailableError as reason:
        sys.exit(f"without PostgreSQL: {reason}")


def show(setup: Setup, kafka: KafkaBroker, folder: Path, events: int, *, server: PostgresServer | None) -> None:
    """Measure one setup and its straw-man, and print both."""
    ours = measure(setup, kafka, folder, events, server=server)
    limit = strawman(setup, min(events, STRAWMAN_EVENTS), folder)
    print(
        f"{setup.name:<27} {ours}   straw-man {limit:>8,.0f} events/s   ratio {ours.rate / limit:.2f}   {load()}",
        flush=True,
    )


def measure(setup: Setup, kafka: KafkaBroker, folder: Path, events: int, *, server: PostgresServer | None) -> Measured:
    """Let the workers read everything; raises when anything is left, or parked."""
    where = installation(folder, setup.database)
    with (where / "onefold.toml").open("a") as settings:
        settings.write(f'\n[kafka]\nbootstrap_servers = "{kafka.bootstrap}"\ngroup = "bench-{folder.name}"\n')
    arguments = command(
        where, "ingest", "--from", "kafka", "--until-end", "--processes", str(setup.processes), "--json"
    )
    outputs = [folder / f"worker-{number}.json" for number in range(setup.workers)]
    before = cpu_of_servers(server.socket_folder) if server else 0.0
    started = [start(arguments, output, setup.database) for output in outputs]
    used = sum([ended(process) for process in started], Usage())
    after = cpu_of_servers(server.socket_folder) if server else 0.0
    reports = [json.loads(output.read_text()) for output in outputs]
    read = sum(report["applied"] for report in reports)
    if read != events:
        raise RuntimeError(f"{read} of {events} events were applied")
    return Measured(read / max(report["seconds"] for report in reports), read, used, after - before)


def start(arguments: list[str], output: Path, database: str) -> subprocess.Popen[bytes]:
    """Start a worker that writes what became of its events to `output`."""
    with output.open("wb") as file:
        return subprocess.Popen(arguments, stdout=file, env=environment(database))


def ended(process: subprocess.Popen[bytes]) -> Usage:
    """Wait for a worker and give what it used; raises when it failed."""
    used, process.returncode = usage_of(process.pid)
    if process.returncode:
        raise RuntimeError(f"a worker failed with {process.returncode}")
    return used


def strawman(setup: Setup, events: int, folder: Path) -> float:
    """Give the straw-man's events a second with as many processes, on the same database server or on SQLite."""
    own = ["sqlite", "--sync", "full"]
    if setup.database:
        url = make_url(setup.strawmans)
        query = "&".join(f"{name}={value}" for name, value in url.query.items())
        own = ["pg", "--dsn", f"postgresql://{url.username}@/{url.database}?{query}", "--procs", str(setup.workers)]
    done = subprocess.run(
        [sys.executable, STRAWMAN, *own, "--events", str(events)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r": ([\d,]+) events/s", done.stdout)
    if found is None:
        raise RuntimeError(f"the straw-man said: {done.stdout}")
    return float(found[1].replace(",", ""))


def load() -> str:
    """How busy the machine was in the last minute."""
    return f"load {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
