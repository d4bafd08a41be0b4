"""Settings of Debezium's connectors, the same that the captured samples `*.noschema.string.jsonl` were made with."""

import secrets

from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres

COMMON = {
    "tasks.max": "1",
    "snapshot.mode": "initial",
    "decimal.handling.mode": "string",
    "tombstones.on.delete": "true",
    "skipped.operations": "none",
    "extended.headers.enabled": "false",
    "poll.interval.ms": "100",
}


def postgres_connector(postgres: LogicalPostgres, database: str, *, prefix: str) -> dict[str, str]:
    """Return what captures all tables of `database` into the topics `<prefix>.<schema>.<table>`.

    `prefix` is of lower-case letters, digits and underscores: slot and publication are named after it.
    """
    return COMMON | {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "topic.prefix": prefix,
        "database.hostname": "127.0.0.1",
        "database.port": str(postgres.server.port),
        "database.user": postgres.user,
        "database.password": postgres.password,
        "database.dbname": database,
        "plugin.name": "pgoutput",
        "slot.name": prefix,
        "publication.name": prefix,
        "publication.autocreate.mode": "all_tables",
    }


def mariadb_connector(mariadb: MariaDb, database: str, *, prefix: str, bootstrap: str) -> dict[str, str]:
    """Return what captures all tables of `database` into the topics `<prefix>.<database>.<table>`, DDL into `prefix`.

    The history of the tables' columns goes to the topic `<prefix>.history` on the broker at `bootstrap`.
    """
    return COMMON | {
        "connector.class": "io.debezium.connector.mariadb.MariaDbConnector",
        "topic.prefix": prefix,
        "database.hostname": "127.0.0.1",
        "database.port": str(mariadb.port),
        "database.user": mariadb.user,
        "database.password": mariadb.password,
        "database.include.list": database,
        "database.server.id": str(10_000 + secrets.randbelow(1_000_000)),  # each reader of a binary log needs its own
        "include.schema.changes": "true",
        "schema.history.internal.kafka.bootstrap.servers": bootstrap,
        "schema.history.internal.kafka.topic": f"{prefix}.history",
    }
