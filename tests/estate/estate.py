"""The whole estate of a test session: each service starts when it is first asked for, those it will need meanwhile.

with running_estate() as estate:
    estate.connect.put("shop", postgres_connector(estate.postgres, ...))
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from tests.estate.connect import ConnectWorker
from tests.estate.kafka import KafkaBroker
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres, logical_postgres
from tests.estate.redis import RedisServer
from tests.services.process import Service, passing_folder

Started = TypeVar("Started")
AnyService = TypeVar("AnyService", bound=Service)


class Lazily(Generic[Started]):
    """What `start` gives, called once, in a thread of `pool`, when first wanted."""

    def __init__(self, start: Callable[[], Started], pool: ThreadPoolExecutor) -> None:
        self._start = start
        self._pool = pool
        self._lock = Lock()
        self._future: Future[Started] | None = None

    def begin(self) -> Future[Started]:
        """Start it, if nobody has."""
        with self._lock:
            if self._future is None:
                self._future = self._pool.submit(self._start)
            return self._future

    def get(self) -> Started:
        """Return it when it has started. Raises what its start raised, each time."""
        return self.begin().result()


class Estate:
    """The services of one test session, in `folder`; `stack` stops them.

    Each raises `ServiceUnavailableError` where it cannot be had, and `ServiceFailedError` if it does not start.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._services: list[Service] = []
        pool = stack.enter_context(ThreadPoolExecutor())
        self._kafka = Lazily(lambda: self._started(KafkaBroker(folder)), pool)
        self._connect = Lazily(lambda: self._started(ConnectWorker(folder, bootstrap=self.kafka.bootstrap)), pool)
        self._mariadb = Lazily(lambda: self._started(MariaDb(folder)), pool)
        self._redis = Lazily(lambda: self._started(RedisServer(folder)), pool)
        self._postgres = Lazily(lambda: stack.enter_context(logical_postgres()), pool)

    @property
    def kafka(self) -> KafkaBroker:
        """The broker."""
        return self._kafka.get()

    @property
    def connect(self) -> ConnectWorker:
        """The Kafka Connect worker; the databases that it can read begin to start, too."""
        for database in (self._postgres, self._mariadb):
            database.begin()
        return self._connect.get()

    @property
    def postgres(self) -> LogicalPostgres:
        """The PostgreSQL whose changes can be streamed."""
        return self._postgres.get()

    @property
    def mariadb(self) -> MariaDb:
        """The MariaDB with a binary log."""
        return self._mariadb.get()

    @property
    def redis(self) -> RedisServer:
        """The Redis."""
        return self._redis.get()

    @property
    def services(self) -> tuple[Service, ...]:
        """Those that were started, without PostgreSQL, whose log is beside its socket."""
        return tuple(self._services)

    def log_tails(self) -> str:
        """Return the ends of the logs of all services that were started."""
        return "\n".join(f"--- {service.name} ---\n{service.log_tail()}" for service in self._services)

    def _started(self, service: AnyService) -> AnyService:
        self._services.append(service)
        self._stack.callback(service.kill)  # nothing here is needed later: no orderly end
        service.start()
        return service


@contextmanager
def running_estate() -> Iterator[Estate]:
    """Give an estate of which nothing runs yet; at the end what was started ends and leaves nothing behind."""
    with passing_folder("onefold-estate-") as folder, ExitStack() as stack:
        yield Estate(folder, stack)
