"""Databases that refuse to be written for a while, with their own errors: as one whose disk is full, or that can only be read.

    with refusing("full", "onefold.db") as refusal:
        refusal.begin_after(10)  # transactions of that database
        ...
        refusal.is_on = False

Nobody's rights and no mounted disk come into it, so that whoever runs the tests can.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

#: What makes a connection refuse, and what ends that, by the database's kind and the refusal.
_STATEMENTS: Final = {
    ("sqlite", "read-only"): ("PRAGMA query_only=ON", "PRAGMA query_only=OFF"),
    ("sqlite", "full"): (
        "PRAGMA max_page_count=1",
        "PRAGMA max_page_count=1073741823",
    ),  # as many pages as there are now, if more
    ("postgresql", "read-only"): ("SET TRANSACTION READ ONLY", ""),
}


class Refusal:
    """Whether a database refuses; it does from the transaction on that comes after some others."""

    def __init__(self, how: str, database: str) -> None:
        self.is_on = False
        self._how = how
        self._database = database
        self._left: int | None = None

    def begin_after(self, transactions: int) -> None:
        """Let so many transactions of the database come before it refuses."""
        self._left = transactions

    def begun(self, connection: sa.Connection) -> None:
        """Hear of a transaction."""
        url = connection.engine.url
        if not str(url.database).endswith(self._database):
            return
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                self.is_on, self._left = True, None
        refuse, end = _STATEMENTS[url.get_backend_name(), self._how]
        if statement := refuse if self.is_on else end:
            connection.exec_driver_sql(statement)


@contextmanager
def refusing(how: str, database: str) -> Iterator[Refusal]:
    """A refusal that does not begin by itself, of all connections to the database whose name, or file, ends so."""
    refusal = Refusal(how, database)
    sa.event.listen(sa.engine.Engine, "begin", refusal.begun)
    try:
        yield refusal
    finally:
        sa.event.remove(sa.engine.Engine, "begin", refusal.begun)
