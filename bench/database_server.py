"""The PostgreSQL server of the benchmarks: every commit synced, set up as docs/production.md recommends."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from tests.services.postgres import PostgresServer, postgres_server

#: What a server with some 8 GB of memory is given for a store of millions.
RECOMMENDED: Final[Mapping[str, str]] = {
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
}


@contextmanager
def durable_server() -> Iterator[PostgresServer]:
    """Start it; raises :class:`tests.services.postgres.PostgresUnavailableError` where there is none."""
    with postgres_server(durable=True, settings=RECOMMENDED) as server:
        yield server
