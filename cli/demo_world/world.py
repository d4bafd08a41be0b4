"""The demo's world: two businesses in two SQLite databases, and time that passes in them."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from cdc import install as install_capture
from cli.demo_world import databases, population, pos
from cli.demo_world.calendar import Calendar
from cli.demo_world.chance import dice
from cli.demo_world.databases import transaction

_Fill: TypeAlias = Callable[[sqlite3.Connection, int, datetime], None]


class World:
    """An online shop (``shop.db``) and a store POS (``pos.db``) in one folder, captured by triggers as ``shop`` and ``pos``.

    May be used from several threads; one thing happens at a time. The databases hold plaintext, as a shop's own do: the
    folder must not lie in Onefold's data folder.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        """Open the databases in ``folder``, which is made if missing; ``create`` fills them.

        The same seed makes the same people and, from the same state, the same steps.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.shop_path, self.pos_path = folder / "shop.db", folder / "pos.db"
        self._seed = seed
        self._lock = threading.Lock()
        self._shop, self._pos = databases.connect(self.shop_path), databases.connect(self.pos_path)
        self._calendar = Calendar(self._shop, self._pos, transaction)

    def create(self, now: datetime | None = None) -> None:
        """Make the businesses with half a year of history up to ``now`` and capture them; a world that exists goes on.

        One that was interrupted while it was made is completed.
        """
        until = now or datetime.now(UTC)
        with self._lock:
            self._fill(self._shop, databases.SHOP_DDL, population.fill_shop, until)
            self._fill(self._pos, databases.POS_DDL, population.fill_pos, until)
            install_capture(self._shop, databases.SHOP_TABLES, source="shop")
            install_capture(self._pos, databases.POS_TABLES, source="pos")

    def step(self, now: datetime) -> str:
        """Let one thing happen, in one transaction of one database; say in a line what, without personal values."""
        with self._lock:
            rng = dice("step", self._seed, _changes(self._shop), _changes(self._pos))
            return self._calendar.next(rng, now)

    def run(
        self, stop: threading.Event, per_second: float, *, tell: Callable[[str], None] = lambda _said: None
    ) -> None:
        """Let things happen until ``stop`` is set, ``per_second`` on average; ``tell`` gets the line of each."""
        pace = dice("pace", self._seed)
        while not stop.wait(pace.expovariate(per_second)):
            tell(self.step(datetime.now(UTC)))

    def showcase_correct_phone(self, to: str) -> None:
        """Write ``to`` as the phone of M000001 at the till: ``showcase.OTHER_PHONE`` moves the receipts, ``PHONE`` back."""
        with self._lock, transaction(self._pos):
            pos.set_phone(self._pos, datetime.now(UTC), member=pos.SHOWCASE_NO, typed=to)

    def close(self) -> None:
        """Close both databases, once nothing happens any more."""
        with self._lock, closing(self._shop), closing(self._pos):
            pass

    def _fill(self, db: sqlite3.Connection, ddl: str, fill: _Fill, until: datetime) -> None:
        if not databases.is_empty(db):
            return
        with transaction(db):
            for statement in filter(str.strip, ddl.split(";")):
                db.execute(statement)
            fill(db, self._seed, until)


def _changes(db: sqlite3.Connection) -> int:
    """Count the changes that the database has seen since its capture began, pruned ones too."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'onefold_change'").fetchone()
    return int(row[0]) if row else 0
