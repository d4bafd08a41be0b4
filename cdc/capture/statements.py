"""What a database's administrator runs once, so that a source can be captured with the least rights.

Each statement may be run again. No password is in them: the administrator sets it.
"""

from cdc.capture.connector import Connector
from cdc.capture.debezium import captured_tables, connector_of
from cdc.capture.sql import account, dollar_quoted, quoted, table_name, text
from cdc.mapping import SourceMapping

#: The columns of a signal table, as Debezium wants them ("Structure of a signaling data collection").
_SIGNAL_COLUMNS = "(id VARCHAR(64) PRIMARY KEY, type VARCHAR(32) NOT NULL, data VARCHAR(2048))"


def database_statements(source: SourceMapping) -> tuple[str, ...]:
    """The statements for one source, without the semicolons at their ends."""
    connector = connector_of(source)
    return _postgresql(source, connector) if connector.is_postgresql else _binlog(source, connector)


def next_steps(connector: Connector) -> tuple[str, ...]:
    """What is to be done by hand after the statements: the password."""
    if connector.is_postgresql:
        return (f"set the password with psql's \\password {quoted(connector, connector.user)}",)
    return (f"set the password: ALTER USER {account(connector)} IDENTIFIED BY '…' ACCOUNT UNLOCK",)


def _postgresql(source: SourceMapping, connector: Connector) -> tuple[str, ...]:
    tables = captured_tables(source)
    return (
        create_role(connector),
        replication_role(connector),
        f"GRANT CONNECT ON DATABASE {quoted(connector, connector.database)} TO {quoted(connector, connector.user)}",
        *(grant_schema(connector, schema) for schema in sorted({connector.qualified(table)[0] for table in tables})),
        *(grant_select(connector, table) for table in tables),
        *signal_statements(connector),
        *(replica_identity(connector, *connector.qualified(table)) for table in tables),
        _unless(
            "SELECT FROM pg_publication WHERE pubname = " + text(connector.publication), create_publication(source)
        ),
    )


def _binlog(source: SourceMapping, connector: Connector) -> tuple[str, ...]:
    return (
        create_account(connector),
        grant_replication(connector),
        grant_locks(connector),
        *(grant_select(connector, table) for table in captured_tables(source)),
        *signal_statements(connector),
    )


def create_role(connector: Connector) -> str:
    """Make the connector's role; it cannot log in before it has a password."""
    wanted = f"SELECT FROM pg_roles WHERE rolname = {text(connector.user)}"
    return _unless(wanted, f"CREATE ROLE {quoted(connector, connector.user)} LOGIN REPLICATION")


def replication_role(connector: Connector) -> str:
    """Let the role read the log."""
    return f"ALTER ROLE {quoted(connector, connector.user)} WITH LOGIN REPLICATION"


def create_account(connector: Connector) -> str:
    """Make the connector's account, locked until it has a password."""
    return f"CREATE USER IF NOT EXISTS {account(connector)} ACCOUNT LOCK"


def grant_replication(connector: Connector) -> str:
    """Let the account read the binary log."""
    return f"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {account(connector)}"


def grant_locks(connector: Connector) -> str:
    """Let the account hold the tables still for the moment in which a snapshot begins."""
    return f"GRANT RELOAD, LOCK TABLES ON *.* TO {account(connector)}"


def grant_schema(connector: Connector, schema: str) -> str:
    """Let the role name tables of a schema."""
    return f"GRANT USAGE ON SCHEMA {quoted(connector, schema)} TO {quoted(connector, connector.user)}"


def grant_select(connector: Connector, table: str) -> str:
    """Let the connector read a mapped table."""
    who = quoted(connector, connector.user) if connector.is_postgresql else account(connector)
    return f"GRANT SELECT ON {table_name(connector, table)} TO {who}"


def replica_identity(connector: Connector, schema: str, name: str) -> str:
    """Write whole rows into the log."""
    return f"ALTER TABLE {quoted(connector, schema)}.{quoted(connector, name)} REPLICA IDENTITY FULL"


def published_tables(source: SourceMapping) -> tuple[str, ...]:
    """The tables of the publication: the mapped ones, and the signal table."""
    connector = connector_of(source)
    return (*captured_tables(source), *([connector.signal_table] if connector.signal_table else []))


def create_publication(source: SourceMapping) -> str:
    """Publish every change of the mapped tables."""
    connector = connector_of(source)
    tables = ", ".join(table_name(connector, table) for table in published_tables(source))
    name = quoted(connector, connector.publication)
    return f"CREATE PUBLICATION {name} FOR TABLE {tables} WITH (publish_via_partition_root = true)"


def signal_statements(connector: Connector) -> tuple[str, ...]:
    """Make the signal table, and let the connector write its marks into it; nothing without one."""
    if not connector.signal_table:
        return ()
    table = table_name(connector, connector.signal_table)
    who = quoted(connector, connector.user) if connector.is_postgresql else account(connector)
    return (
        f"CREATE TABLE IF NOT EXISTS {table} {_SIGNAL_COLUMNS}",
        f"GRANT SELECT, INSERT ON {table} TO {who}",
    )


def _unless(query: str, statement: str) -> str:
    """A statement of PostgreSQL that is run where the query finds nothing."""
    body = f"BEGIN IF NOT EXISTS ({query}) THEN {statement}; END IF; END"
    return f"DO {dollar_quoted(body)}"
