"""The demo's world: two businesses in two SQLite databases, and time that passes in them."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Final, NamedTuple, TypeAlias

from cdc import install as install_capture
from cli.demo_world import databases, population, pos, shop
from cli.demo_world.chance import dice

_Happens: TypeAlias = Callable[[sqlite3.Connection, Random, datetime], str | None]
_Fill: TypeAlias = Callable[[sqlite3.Connection, int, datetime], None]
_SHOWN: Final = max(shop.SHOWCASE_IDS)


class _Happening(NamedTuple):
    weight: int
    where: sqlite3.Connection
    happens: _Happens


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
        self._happenings = self._calendar()

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
            weights = [happening.weight for happening in self._happenings]
            while True:
                (happening,) = rng.choices(self._happenings, weights)
                with _transaction(happening.where):
                    said = happening.happens(happening.where, rng, now)
                if said is not None:
                    return said

    def run(
        self, stop: threading.Event, per_second: float, *, tell: Callable[[str], None] = lambda _said: None
    ) -> None:
        """Let things happen until ``stop`` is set, ``per_second`` on average; ``tell`` gets the line of each."""
        pace = dice("pace", self._seed)
        while not stop.wait(pace.expovariate(per_second)):
            tell(self.step(datetime.now(UTC)))

    def showcase_correct_phone(self, to: str) -> None:
        """Write ``to`` as the phone of M000001 at the till: ``showcase.OTHER_PHONE`` moves the receipts, ``PHONE`` back."""
        with self._lock, _transaction(self._pos):
            pos.set_phone(self._pos, datetime.now(UTC), member=pos.SHOWCASE_NO, typed=to)

    def close(self) -> None:
        """Close both databases, once nothing happens any more."""
        with self._lock, closing(self._shop), closing(self._pos):
            pass

    def _calendar(self) -> tuple[_Happening, ...]:
        correct_phone = partial(pos.correct_phone, known_phone=self._known_phone)
        return (
            _Happening(30, self._shop, shop.visit_page),
            _Happening(12, self._shop, shop.place_order),
            _Happening(6, self._shop, shop.advance_order),
            _Happening(4, self._shop, shop.register),
            _Happening(4, self._shop, shop.change_email),
            _Happening(4, self._shop, shop.review),
            _Happening(1, self._shop, shop.withdraw_marketing),
            _Happening(1, self._shop, shop.delete_account),
            _Happening(14, self._pos, pos.sell),
            _Happening(4, self._pos, pos.sign_up),
            _Happening(6, self._pos, correct_phone),
            _Happening(3, self._pos, pos.give_back),
            _Happening(4, self._pos, pos.book_points),
            _Happening(2, self._pos, pos.withdraw_consent),
            _Happening(1, self._pos, pos.leave),
        )

    def _known_phone(self, name: str) -> str | None:
        """Give the phone (E.164) that somebody of this name has at the shop: what the member would tell the cashier."""
        row = self._shop.execute(
            "SELECT phone FROM customers WHERE full_name = ? AND id > ? AND phone IS NOT NULL ORDER BY id LIMIT 1",
            (name, _SHOWN),
        ).fetchone()
        if row is None:
            return None
        return str(row[0]) if row[0].startswith("+") else f"+86{row[0]}"

    def _fill(self, db: sqlite3.Connection, ddl: str, fill: _Fill, until: datetime) -> None:
        if not databases.is_empty(db):
            return
        with _transaction(db):
            for statement in filter(str.strip, ddl.split(";")):
                db.execute(statement)
            fill(db, self._seed, until)


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _changes(db: sqlite3.Connection) -> int:
    """Count the changes that the database has seen since its capture began, pruned ones too."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'onefold_change'").fetchone()
    return int(row[0]) if row else 0
