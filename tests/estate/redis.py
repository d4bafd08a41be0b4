"""A real Redis that writes down each command before it answers."""

import secrets
import shutil
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.services.ports import free_port
from tests.services.process import Service, ServiceUnavailableError, unprivileged_account

MEMORY_MB = 64
SETTINGS = """
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
appendonly yes
appendfsync always
save ""
maxmemory {memory_mb}mb
"""


class RedisServer(Service):
    """The server at `url` ("redis://default:password@127.0.0.1:port/0": without a name `redis-cli -u` is refused)."""

    name = "redis"

    def __init__(self, folder: Path) -> None:
        self._server = find_redis()
        super().__init__(folder, account=unprivileged_account("redis"))
        port, password = free_port(), secrets.token_hex()
        self.url = f"redis://default:{password}@127.0.0.1:{port}/0"
        settings = SETTINGS.format(port=port, password=password, folder=self.folder, memory_mb=MEMORY_MB)
        self._settings = self.write("redis.conf", settings)

    def command(self) -> list[str | Path]:
        """Return the program and its arguments."""
        return [self._server, self._settings]

    def is_ready(self) -> bool:
        """Return whether the server answers, all its data read."""
        try:
            with self.connect() as client:
                return bool(client.ping())
        except RedisConnectionError:
            return False

    def connect(self) -> Redis:
        """Return a client, to be closed."""
        return Redis.from_url(self.url)


def find_redis() -> str:
    """Return the path of the server's program. Raises `ServiceUnavailableError` if it is not installed."""
    path = shutil.which("redis-server")
    if path is None:
        raise ServiceUnavailableError("`redis-server` is not installed. Install the package `redis-server`.")
    return path
