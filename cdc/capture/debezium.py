"""The configuration of a Debezium connector from ``onefold.toml``: mapped tables only, and nothing that loses or invents data.

Source: Debezium 3.6 documentation, "connector properties" of each connector, "signals", "notifications".
"""

import re
from typing import Final

from cdc import vocabulary
from cdc.capture.connector import MARIADB, MYSQL, POSTGRESQL, Connector
from cdc.capture.errors import CaptureError
from cdc.capture.password import reference
from cdc.log_names import LOG_HEADER
from cdc.mapping import SourceMapping

CLASSES: Final = {
    POSTGRESQL: "io.debezium.connector.postgresql.PostgresConnector",
    MYSQL: "io.debezium.connector.mysql.MySqlConnector",
    MARIADB: "io.debezium.connector.mariadb.MariaDbConnector",
}
_JSON: Final = "org.apache.kafka.connect.json.JsonConverter"
_HEARTBEAT: Final = "onefold-heartbeat"
#: What holds for every source.
_COMMON: Final = {
    "tasks.max": "1",
    # Numbers as written; with schemas off a precise decimal could not be decoded.
    "decimal.handling.mode": "string",
    # Truncates are dropped by default.
    "skipped.operations": "none",
    "tombstones.on.delete": "true",
    "unavailable.value.placeholder": "__debezium_unavailable_value",
    "provide.transaction.metadata": "true",
    "heartbeat.interval.ms": "5000",
    "extended.headers.enabled": "false",
    # Headers tell that a delete and a create are one row with a new primary key.
    "key.converter": _JSON,
    "key.converter.schemas.enable": "false",
    "value.converter": _JSON,
    "value.converter.schemas.enable": "false",
    "header.converter": _JSON,
    "header.converter.schemas.enable": "false",
    # Topics as the broker makes them by default, also where it makes none by itself.
    "topic.creation.default.partitions": "-1",
    "topic.creation.default.replication.factor": "-1",
    # That a snapshot is complete proves that a row which is not in it is gone.
    "notification.enabled.channels": "sink",
}
# In a quiet database nothing confirms what was read, and the slot would keep the log of all others on the server.
_POSTGRESQL: Final = {
    "plugin.name": "pgoutput",
    "publication.autocreate.mode": "filtered",
    "publish.via.partition.root": "true",
    "heartbeat.action.query": f"SELECT pg_logical_emit_message(false, '{_HEARTBEAT}', '')",
    "message.prefix.exclude.list": _HEARTBEAT,
}


def captured_tables(source: SourceMapping) -> tuple[str, ...]:
    """List the tables to capture, as mapped: all that are read, and no other."""
    return tuple(table.name for table in source.tables.values() if table.kind != vocabulary.IGNORE)


def debezium_configuration(source: SourceMapping, *, bootstrap_servers: str) -> dict[str, str]:
    """Make the connector's configuration; ``bootstrap_servers`` is how Kafka Connect reaches Kafka ("host:port,…").

    :class:`CaptureError` when the source has no connector, or one that needs ``bootstrap_servers``, or settings that must not be changed.
    """
    connector = connector_of(source)
    own = {
        "connector.class": CLASSES[connector.kind],
        "topic.prefix": connector.prefix,
        "database.hostname": connector.host,
        "database.port": str(connector.port),
        "database.user": connector.user,
        "database.password": reference(connector.password),
        "table.include.list": ",".join(_pattern(connector, table) for table in captured_tables(source)),
        "snapshot.mode": connector.snapshot,
        "notification.sink.topic.name": connector.notifications,
        **_COMMON,
        **(_postgresql(connector) if connector.is_postgresql else _binlog(source, connector, bootstrap_servers)),
        **_signals(connector, bootstrap_servers),
        **_log(connector),
    }
    return own | _further(connector, own)


def connector_of(source: SourceMapping) -> Connector:
    """The source's connector; :class:`CaptureError` when it has none."""
    if source.connector is None:
        raise CaptureError(
            f"source {source.name!r} has no [source.connector] in onefold.toml: add one (docs/connectors.md)"
        )
    return source.connector


def _postgresql(connector: Connector) -> dict[str, str]:
    names = {"database.dbname": connector.database, "slot.name": connector.slot}
    return {**names, "publication.name": connector.publication, **_POSTGRESQL}


def _binlog(source: SourceMapping, connector: Connector, bootstrap_servers: str) -> dict[str, str]:
    if not bootstrap_servers:
        raise CaptureError(
            f"a {connector.kind} connector keeps its schema history on Kafka: set `bootstrap_servers` in [connect] to how "
            'Kafka Connect reaches the brokers, for example "kafka:9092"'
        )
    databases = dict.fromkeys(connector.qualified(table)[0] for table in captured_tables(source))
    return {
        "database.server.id": str(connector.server_id),
        "database.include.list": ",".join(map(_literal, databases)),
        # How soon a connection that broke is made anew: a minute by default, in which nothing is read and nothing is told.
        "connect.keep.alive.interval.ms": "5000",
        "include.schema.changes": "true",
        "schema.history.internal.kafka.bootstrap.servers": bootstrap_servers,
        "schema.history.internal.kafka.topic": connector.history_topic,
        "schema.history.internal.store.only.captured.tables.ddl": "true",
    }


def _signals(connector: Connector, bootstrap_servers: str) -> dict[str, str]:
    """Take signals from the table and from Kafka; without a table from Kafka alone, and nothing is written into the database.

    That last way is none for PostgreSQL: there a signal ends the connector's task (Debezium 3.5, a NullPointerException in
    ``PostgresReadOnlyIncrementalSnapshotContext`` when something comes that belongs to no transaction, such as a heartbeat). Nor is it
    for MySQL: "Read only connection requires GTID_MODE to be ON", and the task ends at its start.
    """
    kafka = {
        "signal.kafka.topic": connector.signal_topic,
        "signal.kafka.bootstrap.servers": bootstrap_servers,
        "signal.kafka.poll.timeout.ms": "1000",  # by default 0: it takes many polls, 5 s apart, until a signal is there
    }
    if connector.signal_table:
        table = ".".join(connector.qualified(connector.signal_table))
        channels = "source,kafka" if bootstrap_servers else "source"
        return {
            "signal.enabled.channels": channels,
            "signal.data.collection": table,
            **(kafka if bootstrap_servers else {}),
        }
    return {"signal.enabled.channels": "kafka", "read.only": "true", **kafka} if connector.hears_kafka_alone else {}


def _log(connector: Connector) -> dict[str, str]:
    """Let each record say which of the source's logs it lies in."""
    if not connector.log:
        return {}
    name = "onefoldLog"
    return {
        "transforms": name,
        f"transforms.{name}.type": "org.apache.kafka.connect.transforms.InsertHeader",
        f"transforms.{name}.header": LOG_HEADER,
        f"transforms.{name}.value.literal": str(connector.log),
    }


def _further(connector: Connector, own: dict[str, str]) -> dict[str, str]:
    for key in connector.settings:
        if key in own:
            raise CaptureError(
                f"{key!r} in `settings` of connector {connector.name!r} is Onefold's to set; take it out"
            )
    return dict(connector.settings)


def _pattern(connector: Connector, table: str) -> str:
    """A regular expression for one table; Debezium anchors it."""
    return r"\.".join(map(_literal, connector.qualified(table)))


def _literal(name: str) -> str:
    """A regular expression for a name, in a list with commas."""
    return re.escape(name).replace(",", r"\,")
