"""What happens in the two businesses, and how often."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from random import Random
from typing import Final, NamedTuple, TypeAlias

from cli.demo_world import pos, shop
from cli.demo_world.databases import Database

_Happens: TypeAlias = Callable[[Database, Random, datetime], str | None]
_SHOWN: Final = max(shop.SHOWCASE_IDS)


class _Happening(NamedTuple):
    weight: int
    where: Database
    happens: _Happens


class Calendar:
    """Lets things happen in a shop's and a POS's database, each in a transaction that ``transaction`` makes."""

    def __init__(
        self, shop_db: Database, pos_db: Database, transaction: Callable[[Database], AbstractContextManager[None]]
    ) -> None:
        self._shop, self._transaction = shop_db, transaction
        self._happenings = self._year(pos_db)

    def next(self, rng: Random, now: datetime) -> str:
        """Let one thing happen, in one transaction of one database; say in a line what, without personal values."""
        weights = [happening.weight for happening in self._happenings]
        while True:
            (happening,) = rng.choices(self._happenings, weights)
            with self._transaction(happening.where):
                said = happening.happens(happening.where, rng, now)
            if said is not None:
                return said

    def _year(self, pos_db: Database) -> tuple[_Happening, ...]:
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
            _Happening(14, pos_db, pos.sell),
            _Happening(4, pos_db, pos.sign_up),
            _Happening(6, pos_db, correct_phone),
            _Happening(3, pos_db, pos.give_back),
            _Happening(4, pos_db, pos.book_points),
            _Happening(2, pos_db, pos.withdraw_consent),
            _Happening(1, pos_db, pos.leave),
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
