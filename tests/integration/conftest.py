"""The real estate for the tests that ask for a part of it: started once in a session, by one worker, as late as possible."""

from collections.abc import Generator, Iterator

import pytest

from tests.conftest import unavailable
from tests.estate.connect import ConnectWorker
from tests.estate.estate import AnyService, Estate, running_estate
from tests.estate.kafka import KafkaBroker
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.estate.redis import RedisServer
from tests.scheduling import ESTATE_FILES
from tests.services.process import ServiceUnavailableError


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
