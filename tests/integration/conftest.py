"""The real estate for the tests that ask for a part of it: started once in a session, by one worker, as late as possible."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.events import MAPPING
from cdc import RawEvent
from tests.conftest import unavailable
from tests.estate.company import Company, new_company
from tests.estate.connect import ConnectWorker
from tests.estate.estate import AnyService, Estate, running_estate
from tests.estate.kafka import KafkaBroker
from tests.estate.killable_postgres import KillablePostgres
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.estate.reader import Reader, Readers, reader_of
from tests.estate.redis import RedisServer
from tests.installation import installation
from tests.integration.kafka_topics import Topics, some_business, spread_topics
from tests.scheduling import ESTATE_FILES
from tests.services.process import ServiceUnavailableError, passing_folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use the estate, and refuse those that would be shared out among all workers."""
    for item in items:
        if "estate" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.service)
            if not item.nodeid.startswith(ESTATE_FILES):
                raise pytest.UsageError(f"{item.nodeid} uses the estate: its file must be one of {ESTATE_FILES}*.py.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the services last logged beside a failure of a test that uses them."""
    report = yield
    estate = getattr(item, "funcargs", {}).get("estate")
    if report.failed and isinstance(estate, Estate):
        report.sections.append(("Ends of the services' logs", estate.log_tails()))
    return report


@pytest.fixture(scope="session")
def estate() -> Iterator[Estate]:
    """Give the estate, of which each service starts when it is first asked for."""
    with running_estate() as estate:
        yield estate


@pytest.fixture
def kafka(estate: Estate) -> KafkaBroker:
    """Give the Kafka broker, up even if an earlier test left it down."""
    try:
        return _up(estate.kafka)
    except ServiceUnavailableError as reason:
        unavailable(str(reason))


@pytest.fixture
def connect(estate: Estate, kafka: KafkaBroker) -> ConnectWorker:
    """Give the Kafka Connect worker, up as its broker is; a test removes the connectors that it puts there."""
    try:
        return _up(estate.connect)
    except ServiceUnavailableError as reason:
        unavailable(str(reason))


@pytest.fixture
def logical_postgres(estate: Estate) -> LogicalPostgres:
    """Give the PostgreSQL whose changes can be streamed."""
    try:
        return estate.postgres
    except ServiceUnavailableError as reason:
        unavailable(str(reason))


@pytest.fixture
def mariadb(estate: Estate) -> MariaDb:
    """Give the MariaDB, up even if an earlier test left it down."""
    try:
        return _up(estate.mariadb)
    except ServiceUnavailableError as reason:
        unavailable(str(reason))


@pytest.fixture
def redis(estate: Estate) -> RedisServer:
    """Give the Redis, up even if an earlier test left it down."""
    try:
        return _up(estate.redis)
    except ServiceUnavailableError as reason:
        unavailable(str(reason))


def _up(service: AnyService) -> AnyService:
    if not service.is_running:
        service.start()
    return service


# ---- a company, its services, and who reads it: for one file of tests ----


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, KillablePostgres]]:
    """The shop's PostgreSQL and ours."""
    with passing_folder("onefold-postgres-") as folder, ExitStack() as stack:
        found = {}
        try:
            for name in ("source", "ours"):
                found[name] = KillablePostgres(folder, name)
                stack.callback(found[name].kill)
                found[name].start()
                found[name].secure()
        except ServiceUnavailableError as reason:
            unavailable(str(reason))
        yield found


@pytest.fixture(scope="module")
def company(
    estate: Estate, servers: dict[str, KillablePostgres], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    try:
        kafka, connect, mariadb = estate.kafka, estate.connect, estate.mariadb
    except ServiceUnavailableError as reason:
        unavailable(str(reason))
    for service in (kafka, connect, mariadb):  # an earlier test may have left it down
        if not service.is_running:
            service.start()
    folder = tmp_path_factory.mktemp("company")
    postgres = servers["source"].logical
    with new_company(folder, postgres=postgres, mariadb=mariadb, kafka=kafka, connect=connect) as company:
        yield company


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with ExitStack() as stack:
        yield Readers(stack)


@pytest.fixture
def reader(company: Company, servers: dict[str, KillablePostgres], readers: Readers, tmp_path: Path) -> Reader:
    """The installation, its worker at work; a new one after a test that failed."""
    if not (readers and readers[-1].is_trusted):
        if readers:
            readers[-1].stop()
        url = readers.stack.enter_context(servers["ours"].server.new_database())
        readers.append(readers.stack.enter_context(reader_of(company, tmp_path, url)))
    readers[-1].ensure_worker()
    return readers[-1]


@pytest.fixture(scope="session")
def business(tmp_path_factory: pytest.TempPathFactory) -> list[RawEvent]:
    """Persons and facts of two channels, for :func:`topics`."""
    return some_business(tmp_path_factory.mktemp("business"))


@pytest.fixture(scope="session")
def undisturbed(business: list[RawEvent], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The canonical state of all that business."""
    with installation(tmp_path_factory.mktemp("undisturbed") / "one", MAPPING) as one:
        one.ingest(business)
        return one.lines()


@pytest.fixture
def topics(kafka: KafkaBroker) -> Topics:
    """Empty topics for that business, of three partitions each."""
    return spread_topics(kafka)
