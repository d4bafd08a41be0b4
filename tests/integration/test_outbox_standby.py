"""The outbox on a standby: it does not know who writes on the primary, so nothing behind a missing number is certain there."""

from contextlib import ExitStack, closing

import pytest

from storage import Database, OutboxEntry, OutboxReader, outbox, publish
from tests.conftest import unavailable
from tests.estate.killable_postgres import KillablePostgres
from tests.services.process import ServiceUnavailableError, passing_folder


@pytest.mark.service
def test_a_standby_gives_nothing_behind_a_number_that_is_missing() -> None:
    with passing_folder("onefold-standby-") as folder, ExitStack() as stack:
        try:
            server = KillablePostgres(folder, "outbox")
            stack.callback(server.kill)
            server.start()
        except ServiceUnavailableError as reason:
            unavailable(str(reason))
        url = f"postgresql+psycopg://{server.logical.user}@/postgres?host={server.server.socket_folder}&port={server.server.port}"
        with closing(Database(url)) as database:
            with database.write() as connection:
                outbox.create(connection)
            tell(database, is_committed=True)
            tell(database, is_committed=False)
            tell(database, is_committed=True)
            assert read(database) == [1, 3]
        server.kill()
        (server.folder / "data" / "standby.signal").touch()
        server.start()
        with closing(Database(url)) as standby:
            assert read(standby) == [1]


def tell(database: Database, *, is_committed: bool) -> None:
    with database.engine.connect() as connection:
        publish(connection, [OutboxEntry("profile.changed", b"a" * 16, {})], at=1)
        if is_committed:
            connection.commit()


def read(database: Database) -> list[int]:
    """What is read in the end, by one reader."""
    reader = OutboxReader()
    return [[stored.seq for stored in reader.read(database, 0, 100)] for _ in range(3)][-1]
