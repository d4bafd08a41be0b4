"""The source databases that ``[source.connector]`` names, opened for an audit."""

import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final

from cdc.capture.connector import Connector
from cdc.capture.password import read_password
from cdc.mapping import SourceMapping
from cdc.parity.errors import ParityError
from cdc.parity.mysql import MySqlSource
from cdc.parity.postgres import PostgresSource
from cdc.parity.snapshots import Address, SourceDatabase

_WITH_SCHEMAS: Final = "value.converter.schemas.enable"
#: Debezium's settings of PostgreSQL's driver that both drivers call alike.
_POSTGRESQL_TLS: Final = ("sslmode", "sslrootcert", "sslcert", "sslkey")
_MYSQL_TLS: Final = "database.ssl.mode"


def connected_source(source: SourceMapping, environ: Mapping[str, str]) -> SourceDatabase:
    """Make the database of a source, not yet connected; its password is read from ``environ`` or its file.

    :class:`ParityError` when the mapping does not say where it is, :class:`cdc.PasswordUnknown` when the password is not there.
    """
    connector = source.connector
    if connector is None:
        raise ParityError(
            f"source {source.name!r} has no [source.connector], so nobody knows where its database is: add it, or name the file of a "
            f"captured SQLite database with --file {source.name}=FILE"
        )
    address = Address(
        kind=connector.kind,
        host=connector.host,
        port=connector.port,
        database=connector.database,
        user=connector.user,
        password=read_password(connector, environ),
        namespace=connector.namespace,
        has_schemas=connector.settings.get(_WITH_SCHEMAS) == "true",
        options=_postgresql_tls(connector) if connector.is_postgresql else _mysql_tls(connector),
    )
    made: Callable[[str, Address], SourceDatabase] = PostgresSource if connector.is_postgresql else MySqlSource
    return made(source.name, address)


def _postgresql_tls(connector: Connector) -> dict[str, Any]:
    names = {name: f"database.{name}" for name in _POSTGRESQL_TLS}
    return {name: connector.settings[key] for name, key in names.items() if key in connector.settings}


def _mysql_tls(connector: Connector) -> dict[str, Any]:
    mode = connector.settings.get(_MYSQL_TLS, "").lower()
    if mode not in {"required", "verify_ca", "verify_identity"}:
        return {}
    context = ssl.create_default_context()
    context.check_hostname = mode == "verify_identity"
    context.verify_mode = ssl.CERT_NONE if mode == "required" else ssl.CERT_REQUIRED
    return {"ssl": context}
