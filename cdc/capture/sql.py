"""Names and values in the statements that people are to run, quoted as each database wants them."""

from cdc.capture.connector import Connector


def quoted(connector: Connector, name: str) -> str:
    """Quote a name."""
    return '"' + name.replace('"', '""') + '"' if connector.is_postgresql else "`" + name.replace("`", "``") + "`"


def table_name(connector: Connector, table: str) -> str:
    """Quote a table as mapped, with its schema or database."""
    return ".".join(quoted(connector, part) for part in connector.qualified(table))


def text(value: str) -> str:
    """Quote a text."""
    return "'" + value.replace("'", "''") + "'"


def account(connector: Connector) -> str:
    """Name the connector's account in MySQL or MariaDB, where a backslash escapes, from wherever it connects."""
    user = connector.user.replace("\\", "\\\\")
    return f"{text(user)}@'%'"


def dollar_quoted(body: str) -> str:
    """Quote the body of a block of PostgreSQL, with a mark that no name in it can end."""
    mark = "$onefold$"
    while mark in body:
        mark = f"${mark[1:-1]}_$"
    return f"{mark} {body} {mark}"
