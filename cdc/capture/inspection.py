"""Looking into source databases, as the connector's own user: nothing is changed, and no row of a table is read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from cdc.capture.binlog import binlog_findings
from cdc.capture.connector import Connector
from cdc.capture.debezium import connector_of
from cdc.capture.errors import CaptureError, DriverMissing
from cdc.capture.findings import ERROR, Finding, Rows
from cdc.capture.password import read_password
from cdc.capture.postgresql import postgresql_findings
from cdc.capture.statements import create_account, create_role, next_steps
from cdc.mapping import SourceMapping

_SECONDS: Final = 10
_DRIVERS: Final = {True: ("postgresql+psycopg", "postgres"), False: ("mysql+pymysql", "mysql")}
#: MySQL's and MariaDB's codes: access denied, to the server or to the database.
_REFUSED: Final = (1044, 1045, 1698, 4151)


def inspect_source(source: SourceMapping, environ: Mapping[str, str]) -> list[Finding]:
    """Tell what would lose or invent data of this source; :class:`CaptureError` when it cannot be asked."""
    connector = connector_of(source)
    try:
        with asking(connector, environ) as rows:
            found = postgresql_findings if connector.is_postgresql else binlog_findings
            return found(source, connector, rows)
    except OperationalError as error:
        return [_unreachable(source, connector, error)]
    except SQLAlchemyError as error:
        raise CaptureError(
            f"source {source.name!r}: its database does not answer as {connector.kind} should ({type(error).__name__}); see that "
            "`kind` in [source.connector] is right"
        ) from None


def source_engine(connector: Connector, password: str, *, seconds: int | None = None) -> sa.Engine:
    """What connects to a source's database as the connector's user; :class:`DriverMissing` names the extra.

    With ``seconds`` an answer is waited for no longer than about that.
    """
    driver, extra = _DRIVERS[connector.is_postgresql]
    # Without rights of its tables, MySQL and MariaDB would refuse the database itself.
    database = connector.database if connector.is_postgresql else None
    url = sa.URL.create(driver, connector.user, password, connector.host, connector.port, database)
    arguments = {"connect_timeout": seconds or _SECONDS}
    if seconds:
        arguments |= {"tcp_user_timeout": seconds * 1000} if connector.is_postgresql else {"read_timeout": seconds}
    try:
        return sa.create_engine(url, hide_parameters=True, connect_args=arguments)
    except ModuleNotFoundError:
        raise DriverMissing(
            f"the driver for {connector.kind} is not installed: pip install '.[{extra}]' in the checkout"
        ) from None


@contextmanager
def asking(connector: Connector, environ: Mapping[str, str], *, seconds: int | None = None) -> Iterator[Rows]:
    """Connect to a source's database; SQLAlchemy's errors where it does not answer, with ``seconds`` in about that."""
    engine = source_engine(connector, read_password(connector, environ), seconds=seconds)
    try:
        with engine.connect() as connection:

            def rows(query: str, /, **values: Any) -> list[Mapping[str, Any]]:
                # Only names in lower case: MySQL and MariaDB give those of information_schema as they like.
                found = connection.execute(sa.text(query), values).mappings()
                return [{name.lower(): value for name, value in row.items()} for row in found]

            yield rows
    finally:
        engine.dispose()


def _unreachable(source: SourceMapping, connector: Connector, error: OperationalError) -> Finding:
    """Say which it is; the driver's own text is not shown."""
    place = f"{connector.host}:{connector.port}"
    text = str(error.orig)
    if "authentication failed" in text or _code(error) in _REFUSED:
        make = create_role if connector.is_postgresql else create_account
        why = f"the login of {connector.user!r} is refused: see that the account is there and its password right; {next_steps(connector)[0]}"
        return Finding(ERROR, source.name, place, why, (make(connector),))
    if "does not exist" in text or _code(error) == 1049:  # noqa: PLR2004 - unknown database
        return Finding(ERROR, source.name, place, f"there is no database {connector.database!r} there")
    return Finding(
        ERROR,
        source.name,
        place,
        "the database cannot be reached: see that it runs, and `host` and `port` in [source.connector]",
    )


def _code(error: OperationalError) -> int:
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0
