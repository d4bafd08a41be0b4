"""A PostgreSQL that can be killed and started again with its data; the session's own cannot.

Unlike that one it is durable: what it acknowledged is there after `kill -9`.
"""

import secrets
import shutil
from pathlib import Path

import psycopg
from psycopg import sql

from tests.estate.postgres import LogicalPostgres
from tests.services.ports import free_port
from tests.services.postgres import SUPERUSER, PostgresServer, find_binaries, readable_programs
from tests.services.process import Service, ServiceFailedError, unprivileged_account

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
max_connections = 50
wal_level = logical
max_slot_wal_keep_size = 512MB
shared_buffers = 32MB
"""
_ATTEMPTS = 5


class KillablePostgres(Service):
    """The server at 127.0.0.1:`logical.server.port`, and through its socket."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name  # type: ignore[misc]  # several in one estate
        account = unprivileged_account("postgres")
        binaries = find_binaries()
        super().__init__(folder, account=account)
        self._programs = readable_programs(binaries, self.folder, account)
        port = free_port()
        self.server = PostgresServer(self.folder, binaries.version, port)
        self.logical = LogicalPostgres(self.server, secrets.token_hex())
        access = ["--username", SUPERUSER, "--auth-local", "trust", "--auth-host", "scram-sha-256"]
        options = [*access, "--encoding", "UTF8", "--no-locale", "--no-sync"]
        self.run([self._programs / "initdb", "--pgdata", self.folder / "data", *options])
        self._settings = self.write("onefold.conf", SETTINGS.format(port=port, folder=self.folder))

    def command(self) -> list[str | Path]:
        """Return the program and its arguments."""
        return [self._programs / "postgres", "-D", self.folder / "data", f"--config-file={self._settings}"]

    def is_ready(self) -> bool:
        """Return whether the server lets us in, its log replayed."""
        try:
            self.server.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Start the server; after a kill its processes need a moment to go, and until then it refuses to."""
        for attempt in range(_ATTEMPTS):
            try:
                super().start()
            except ServiceFailedError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return

    def promote_backup(self) -> None:
        """Kill the server and put in its place what a standby is that lagged behind: its copy, promoted, without slots."""
        self.restore()
        for slot in (self.folder / "data" / "pg_replslot").iterdir():
            shutil.rmtree(slot)
        (self.folder / "data" / "standby.signal").touch()
        self.start()
        with self.server.connect() as connection:
            assert connection.execute("SELECT pg_promote()").fetchone() == (True,)

    def secure(self) -> None:
        """Give the superuser its password, for those who come over the network."""
        with self.server.connect() as connection:
            change = sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(change.format(sql.Identifier(SUPERUSER), sql.Literal(self.logical.password)))
