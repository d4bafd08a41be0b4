"""Writes that nobody waits for: PostgreSQL's pipeline mode under SQLAlchemy.

A statement with :data:`UNANSWERED` is sent, and the program goes on while the server works. Every other one, in its turn, waits for
all before it: one round trip for any number of writes and the question after them. After an error the server does nothing more of
what was sent until it is asked (a *sync*); the first error is raised then, as SQLAlchemy's, and the transaction is lost as by any other.

Source: PostgreSQL 15, 34.5 "Pipeline Mode"; psycopg 3, "Pipeline mode support".
"""

import select
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, Final

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from storage.driver_errors import raised_as_usual

_PIPELINE: Final = "onefold_pipeline"
_UNANSWERED: Final = "onefold_unanswered"
#: Execution options of a statement whose answer nobody reads, not even how many rows it met; without a pipeline they mean nothing.
UNANSWERED: Final[Mapping[str, Any]] = {_UNANSWERED: True}


class Pipeline:
    """The pipeline of one write transaction."""

    def __init__(self, driven: Any) -> None:
        """``driven`` is the driver's connection."""
        self.driven = driven
        self.is_open = True
        self._mode: AbstractContextManager[Any] = driven.pipeline()
        self._entered = self._mode.__enter__()

    def sync(self) -> None:
        """Wait for the answers to all that was sent; raise the first error among them, as the driver has it."""
        self.send()
        self._entered.sync()

    def send(self) -> None:
        """Send what the socket did not take at once: the driver forgets about it (3.3), and would wait for answers to it."""
        connection = self.driven.pgconn
        watch = select.poll()
        watch.register(connection.socket, select.POLLIN | select.POLLOUT)
        while connection.flush():
            if any(happened & ~select.POLLOUT for _, happened in watch.poll()):
                connection.consume_input()  # or the server, which cannot send, reads no more

    def close(self) -> None:
        """Leave the pipeline once all answers are there; again is no error. Raises as :meth:`sync`."""
        if self.is_open:
            self.is_open = False
            self._mode.__exit__(None, None, None)


def open_pipeline(connection: Connection) -> None:
    """Send the statements of ``connection`` in a pipeline from now on."""
    driven: Any = connection.connection.driver_connection
    connection.execution_options(**{_PIPELINE: Pipeline(driven)})


def close_pipeline(connection: Connection) -> None:
    """Wait for what was written without waiting, raise what went wrong with it, and wait for each statement from now on."""
    pipeline = connection.get_execution_options().get(_PIPELINE)
    if pipeline is None:
        return
    with raised_as_usual(connection, pipeline.driven):
        pipeline.close()


def abandon_pipeline(connection: Connection) -> None:
    """Leave the pipeline whatever went wrong in it: everything is about to be rolled back."""
    with suppress(DBAPIError):
        close_pipeline(connection)


def relax(connection: Connection) -> None:
    """Let the commit of this transaction not wait for the disk: a crash may undo it, and nothing else."""
    connection.exec_driver_sql("SET LOCAL synchronous_commit = off", execution_options=UNANSWERED)


def execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Execute a statement as the pipeline of its connection asks; False where there is none (an event of SQLAlchemy's)."""
    pipeline = context.execution_options.get(_PIPELINE)
    if pipeline is None or not pipeline.is_open:
        return False
    cursor.execute(statement, parameters)
    if _UNANSWERED not in context.execution_options:
        pipeline.sync()
    return True


def execute_many(cursor: Any, statement: str, parameters: Sequence[Any], context: Any) -> bool:
    """As :func:`execute`, once for each of ``parameters``."""
    pipeline = context.execution_options.get(_PIPELINE)
    if pipeline is None or not pipeline.is_open:
        return False
    cursor.executemany(statement, parameters)
    pipeline.sync()
    return True
