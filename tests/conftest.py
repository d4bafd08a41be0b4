"""What all tests share: Hypothesis profiles, the long tests' gate, and databases of both kinds.

Set `ONEFOLD_LONG=1` for the big figures, `CI=true` for repeatable examples and no excuses: a service that cannot be had
then fails the tests that need it instead of skipping them.
"""

import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings
from xdist.remote import Producer

from tests.scheduling import EstateOnOneWorker
from tests.services.postgres import PostgresServer, PostgresUnavailableError, postgres_server

IN_CI = os.environ.get("CI") == "true"
IS_LONG = os.environ.get("ONEFOLD_LONG") == "1"

# No deadline: on a busy machine it fails tests for being second. Derandomized in CI, so that what fails there fails here.
settings.register_profile("default", max_examples=25, deadline=None, derandomize=IN_CI)
settings.register_profile("long", max_examples=1000, deadline=None, derandomize=IN_CI, print_blob=True)
settings.load_profile("long" if IS_LONG else "default")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests marked `long` unless they are asked for."""
    if IS_LONG:
        return
    long_tests = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in long_tests]
    config.hook.pytest_deselected(items=long_tests)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> EstateOnOneWorker | None:
    """Share the tests out among workers so that one of them has all that use the estate."""
    return EstateOnOneWorker(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Give the PostgreSQL server of this session (of this worker under xdist: starting one takes about a second)."""
    try:
        with postgres_server() as server:
            yield server
    except PostgresUnavailableError as reason:
        unavailable(str(reason))


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """Give the SQLAlchemy address of a new, empty PostgreSQL database, dropped after the test."""
    with postgres.new_database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the SQLAlchemy address of a new, empty database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'onefold.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def splink() -> None:
    """Leave out what needs Splink where the extra `train` is not installed."""
    if find_spec("splink") is None:
        unavailable("Splink is not installed: it comes with the extra `train`")


@pytest.fixture
def _python_hears_ctrl_c() -> Iterator[None]:
    """What a shell starts in the background ignores Ctrl-C, Python leaves it so, and so does what it starts in turn."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def unavailable(reason: str) -> NoReturn:
    """Skip the running test because a service cannot be had; in CI that is a failure."""
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)
