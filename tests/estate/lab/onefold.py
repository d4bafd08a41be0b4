"""Onefold beside the estate: an installation that captures both databases, and its worker."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

import server
from cdc import Connect, connector_of, database_statements, debezium_configuration
from cli.demo_world import MAPPING_FILE, Database
from cli.parts import Parts, Wiring
from cli.settings import Settings
from profiles import profile
from tests.estate.estate import Estate
from tests.estate.lab.databases import POS, SHOP
from tests.services.postgres import SUPERUSER
from tests.services.process import Service, ServiceFailedError

CONNECTOR_SECONDS = 120
SETTINGS = """
[onefold]
tenant = "lab"
currency = "CNY"
database = "postgresql+psycopg://{superuser}@/onefold?host={socket_folder}&port={shop_port}"

[purposes]
marketing = "consent"

[kafka]
bootstrap_servers = "{bootstrap}"

[connect]
url = "{connect}"
bootstrap_servers = "{bootstrap}"

[publish]
beside = ["ingest"]

[redis]
url = "{redis}"

"""
CONNECTOR = """
[source.connector]
kind = "{kind}"
host = "127.0.0.1"
port = {port}
database = "{name}"
user = "{name}_reader"
password_file = "{passwords}/{name}"

"""


def write_settings(folder: Path, estate: Estate) -> Path:
    """Write `onefold.toml` with the demo's mapping and both connectors, and their passwords into files of their own."""
    passwords = folder / "passwords"
    passwords.mkdir(mode=0o700)
    for name in (SHOP, POS):
        (passwords / name).write_text(secrets.token_hex())
    text = SETTINGS.format(
        superuser=SUPERUSER,
        socket_folder=estate.postgres.server.socket_folder,
        shop_port=estate.postgres.server.port,
        bootstrap=estate.kafka.bootstrap,
        connect=estate.connect.url,
        redis=estate.redis.url,
    )
    captured = (("postgresql", SHOP, estate.postgres.server.port), ("mariadb", POS, estate.mariadb.port))
    first, *sources = MAPPING_FILE.read_text().split("[[source]]")
    for source, (kind, name, port) in zip(sources, captured, strict=True):
        connector = CONNECTOR.format(kind=kind, name=name, port=port, passwords=passwords)
        head, tables, rest = source.partition("[source.tables.")
        text += "[[source]]" + head + connector.lstrip() + tables + rest
    file = folder / "onefold.toml"
    file.touch(mode=0o600)  # the Redis' password is in it
    file.write_text(first + text)
    return file


@contextmanager
def installation(wiring: Wiring, file: Path, estate: Estate) -> Iterator[Parts]:
    """Make the installation of these settings, on a database of the estate's PostgreSQL, and open it."""
    with estate.postgres.server.connect() as administrator:
        administrator.execute("CREATE DATABASE onefold")
    settings = wiring.load(file)
    wiring.create(settings, wiring.environ)
    parts = wiring.open(settings)
    try:
        yield parts
    finally:
        parts.close()


def capture(settings: Settings, databases: dict[str, Database]) -> None:
    """Prepare each source's database as `onefold connector config --statements` says, and start its connector."""
    connect = Connect(settings.connect_url)
    for source in settings.mapping.sources:
        connector, database = connector_of(source), databases[source.name]
        for statement in database_statements(source):
            database.execute(statement)
        password = (settings.file.parent / "passwords" / source.name).read_text()
        if connector.is_postgresql:
            database.execute(f"ALTER ROLE {connector.user} PASSWORD '{password}'")
        else:
            database.execute(f"ALTER USER '{connector.user}'@'%' IDENTIFIED BY '{password}' ACCOUNT UNLOCK")
        configuration = debezium_configuration(source, bootstrap_servers=settings.connect_bootstrap_servers)
        connect.put(connector.name, configuration)
    for source in settings.mapping.sources:
        found = connect.wait(connector_of(source).name, seconds=CONNECTOR_SECONDS, had_failed=False)
        if not (found and found.is_running):
            raise ServiceFailedError(f"The connector of {source.name} does not run: {found and found.reason}")


class Worker(Service):
    """`onefold ingest --from kafka`, for the settings in `file`."""

    name = "ingest"

    def __init__(self, folder: Path, file: Path) -> None:
        super().__init__(folder)
        self._file = file

    def command(self) -> list[str | Path]:
        """Return the program and its arguments."""
        return [sys.executable, server.__file__, "ingest", "--from", "kafka", "--config", self._file]

    def is_ready(self) -> bool:
        """Return whether it runs; what is not there yet it waits for."""
        return self.is_running


def profiles(parts: Parts) -> tuple[int, int, int]:
    """Return how many profiles there are, how many join several records, and how many records they have."""
    several = sa.func.count(sa.case((profile.c.records > 1, 1)))
    with parts.database.read() as connection:
        counted = sa.select(sa.func.count(), several, sa.func.coalesce(sa.func.sum(profile.c.records), 0))
        return connection.execute(counted.select_from(profile)).one()._tuple()
