"""A real PostgreSQL whose changes can be streamed (`wal_level=logical`), over TCP, as Debezium needs it."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql
from sqlalchemy import make_url

from tests.services.ports import free_port
from tests.services.postgres import SUPERUSER, PostgresServer, postgres_server
from tests.services.process import POLL_SECONDS, ServiceFailedError

SLOT_SECONDS = 10
SETTINGS = {
    "wal_level": "logical",
    "max_slot_wal_keep_size": "512MB",  # an abandoned slot must not fill the disk
}


@dataclass(frozen=True, slots=True)
class LogicalPostgres:
    """The server, on 127.0.0.1 at `server.port` for `user` with `password`; `server.connect(database)` needs neither."""

    server: PostgresServer
    password: str
    user: str = SUPERUSER

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """Create an empty database, give its name, and drop it afterwards, with the replication slots left on it."""
        with self.server.new_database() as url:
            database = make_url(url).database or ""
            try:
                yield database
            finally:
                self._drop_slots(database)

    def _drop_slots(self, database: str) -> None:
        deadline = time.monotonic() + SLOT_SECONDS
        while time.monotonic() < deadline:
            if not self._try_to_drop_slots(database):
                return
            time.sleep(POLL_SECONDS)  # the end of a walsender takes a moment
        raise ServiceFailedError(f"A replication slot on {database} stays in use.")

    def _try_to_drop_slots(self, database: str) -> int:
        """Return how many slots are still in use."""
        slots = "FROM pg_replication_slots WHERE database = %s"
        with self.server.connect() as connection:
            connection.execute(f"SELECT pg_drop_replication_slot(slot_name) {slots} AND NOT active", [database])
            return len(connection.execute(f"SELECT pg_terminate_backend(active_pid) {slots}", [database]).fetchall())


@contextmanager
def logical_postgres() -> Iterator[LogicalPostgres]:
    """Start such a server and stop it at the end. Raises `PostgresUnavailableError`."""
    settings = SETTINGS | {"listen_addresses": "127.0.0.1", "port": str(free_port())}
    password = secrets.token_hex()
    with postgres_server(settings=settings) as server:
        with server.connect() as connection:
            change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(SUPERUSER), sql.Literal(password))
            connection.execute(change)
        yield LogicalPostgres(server, password)
