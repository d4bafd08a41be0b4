"""What goes wrong in the driver where SQLAlchemy is passed by, raised as SQLAlchemy raises it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError


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
        raise DBAPIError.instance(
            None,
            None,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=has_ended,
            dialect=dialect,
        ) from error
