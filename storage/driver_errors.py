"""What goes wrong in a driver: raised as SQLAlchemy raises it also where that is passed by, and with the name of its database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

_DATABASE: Final = "onefold_database"
_PORT: Final = 5432
#: The bits of SQLite's result codes that are not about details (sqlite.org/rescode.html).
_PRIMARY_CODE: Final = 0xFF


def name_in_errors(engine: Engine) -> None:
    """Have what goes wrong with ``engine`` say of which database it is: there are two, perhaps on two disks."""

    def name(context: sa.engine.ExceptionContext) -> None:
        _name(context.sqlalchemy_exception, engine.url)

    sa.event.listen(engine, "handle_error", name)


def database_of(error: DBAPIError) -> str:
    """The database that an error is about: SQLite's file, or PostgreSQL's name for it and where it is; "" where that is not known."""
    return str(getattr(error, _DATABASE, ""))


def sqlite_code(cause: BaseException | None) -> int:
    """SQLite's primary result code; 0 where the error is not SQLite's."""
    return int(getattr(cause, "sqlite_errorcode", 0)) & _PRIMARY_CODE


def _name(error: BaseException | None, url: sa.URL) -> None:
    if isinstance(error, DBAPIError) and url.database:
        where = f" at {url.host}:{url.port or _PORT}" if url.host else ""
        setattr(error, _DATABASE, f"{url.database}{where}")


@contextmanager
def raised_as_usual(connection: Connection, driven: Any) -> Iterator[None]:
    """Raise the driver's errors as :class:`~sqlalchemy.exc.DBAPIError`; a connection that ended is taken out of its pool.

    ``driven`` is the driver's connection.
    """
    dialect = connection.dialect
    try:
        yield
    except dialect.loaded_dbapi.Error as error:
        has_ended = dialect.is_disconnect(error, driven, None)
        if has_ended:
            connection.invalidate(error)
        raised = DBAPIError.instance(
            None,
            None,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=has_ended,
            dialect=dialect,
        )
        _name(raised, connection.engine.url)
        raise raised from error
