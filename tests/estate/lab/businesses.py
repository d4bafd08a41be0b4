"""The two businesses at work: half a year of history, then things happen for as long as one likes."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from cli.demo_world import Calendar, Database, dice, fill_pos, fill_shop, transaction

SEED = 20_260_301
in_transaction = partial(transaction, begin="BEGIN")


class Businesses:
    """The shop and the POS; one thing happens at a time."""

    def __init__(self, shop: Database, pos: Database) -> None:
        self._shop, self._pos = shop, pos
        self._calendar = Calendar(shop, pos, in_transaction)

    def fill(self) -> None:
        """Write the history up to now into the empty databases."""
        now = datetime.now(UTC)
        for database, fill in ((self._shop, fill_shop), (self._pos, fill_pos)):
            with in_transaction(database):
                fill(database, SEED, now)

    def persons(self) -> int:
        """Count the rows about persons."""
        counted = (("customers", self._shop), ("members", self._pos))
        return sum(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table, database in counted)

    def run(self, stop: threading.Event, per_second: float, *, tell: Callable[[str], None]) -> None:
        """Let things happen until `stop` is set, `per_second` on average; `tell` gets the line of each."""
        rng = dice("lab", SEED)
        while not stop.wait(rng.expovariate(per_second)):
            tell(self._calendar.next(rng, datetime.now(UTC)))
