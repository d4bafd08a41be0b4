"""A real MariaDB with a binary log of whole rows (`ROW`, `FULL`), as Debezium reads it. It never runs as root."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pymysql

from tests.services.ports import free_port
from tests.services.process import Service, ServiceUnavailableError, unprivileged_account

USER = "onefold"
BEYOND_PATH = "/usr/sbin:/usr/local/sbin"  # where systems keep servers, though not on everybody's PATH
SETTINGS = """
[mariadbd]
datadir={folder}/data
socket={folder}/socket
pid-file={folder}/pid
tmpdir={folder}
bind-address=127.0.0.1
port={port}
init-file={folder}/users.sql
skip-name-resolve
character-set-server=utf8mb4
collation-server=utf8mb4_unicode_ci
server-id=5401
log-bin=mariadb-bin
binlog-format=ROW
binlog-row-image=FULL
innodb-buffer-pool-size=32M
innodb-log-file-size=16M
key-buffer-size=1M
aria-pagecache-buffer-size=1M
max-connections=50
"""


class MariaDb(Service):
    """The server at 127.0.0.1:`port`; `user` and `password` may do everything."""

    name = "mariadb"
    user = USER

    def __init__(self, folder: Path) -> None:
        self._server, install = find_mariadb()
        super().__init__(folder, account=unprivileged_account("mysql"))
        self.port = free_port()
        self.password = secrets.token_hex()
        self._settings = self.write("my.cnf", SETTINGS.format(folder=self.folder, port=self.port))
        self.write(
            "users.sql",
            f"GRANT ALL ON *.* TO '{USER}'@'127.0.0.1' IDENTIFIED BY '{self.password}' WITH GRANT OPTION;\n",
        )
        self.run([install, f"--defaults-file={self._settings}", "--skip-test-db", "--skip-name-resolve"])

    def command(self) -> list[str | Path]:
        """Return the program and its arguments."""
        return [self._server, f"--defaults-file={self._settings}"]

    def is_ready(self) -> bool:
        """Return whether the server lets us in."""
        try:
            self.connect().close()
        except pymysql.OperationalError:
            return False
        return True

    def connect(self, database: str | None = None) -> pymysql.Connection:
        """Connect as the user who may do everything; each statement is a transaction of its own."""
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            database=database,
            autocommit=True,
        )

    def promote_backup(self) -> None:
        """Kill the server and put another in its place: one that was restored from the copy and begins its log anew."""
        self.restore()
        self._settings.write_text(self._settings.read_text().replace("server-id=5401", "server-id=5402"))
        self.start()
        self._execute("RESET MASTER")

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """Create an empty database, give its name, and drop it afterwards."""
        name = f"t_{uuid4().hex}"
        self._execute(f"CREATE DATABASE {name}")
        try:
            yield name
        finally:
            self._execute(f"DROP DATABASE {name}")

    def _execute(self, statement: str) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)


def find_mariadb() -> tuple[str, str]:
    """Return the paths of server and installer. Raises `ServiceUnavailableError` if one is not installed."""
    return _find("mariadbd"), _find("mariadb-install-db")


def _find(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path=BEYOND_PATH)
    if path is None:
        raise ServiceUnavailableError(f"`{name}` is not installed. Install the package `mariadb-server`.")
    return path
