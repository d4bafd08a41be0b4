"""The two businesses as the demo finds them: about half a year of history, the same for the same seed and end.

150 customers, 120 members, 50 of these people in both; six of the members in both are there under a misheard phone.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Final

from cli.demo_world import goods, people, pos, shop, showcase
from cli.demo_world.chance import dice, happens
from cli.demo_world.databases import Database
from cli.demo_world.people import Person

_ONLY_SHOP: Final = 98
_ONLY_POS: Final = 69
_BOTH: Final = 50
_TYPOS: Final = 6
_HISTORY: Final = timedelta(days=180)
_SHIPPED_AFTER: Final = timedelta(days=1)
_DELIVERED_AFTER: Final = timedelta(days=5)


def people_of(seed: int) -> tuple[list[Person], list[Person]]:
    """Give the shop's customers and the store's members; the first 50 of each are the same people."""
    rng = dice("people", seed)
    both, only_shop, only_pos = ([people.person(rng) for _ in range(count)] for count in (_BOTH, _ONLY_SHOP, _ONLY_POS))
    return both + only_shop, both + only_pos


def fill_shop(db: Database, seed: int, now: datetime) -> None:
    """Put the showcase customers and half a year of business into an empty shop database."""
    rng = dice("shop", seed)
    showcase.fill_shop(db, rng, now)
    for person in _shuffled(rng, people_of(seed)[0]):
        joined = _moment(rng, now - _HISTORY, now)
        customer = shop.add_customer(db, rng, joined, person=person)
        currency = goods.CURRENCY_OF[person.city.country]
        for _ in range(rng.choices((0, 1, 2, 4), (3, 4, 3, 1))[0]):
            lines, at = goods.basket(rng, currency), _moment(rng, joined, now)
            shop.add_order(db, lines, at, customer=customer, status=_status(rng, at, now))
            if happens(rng, 25):
                shop.add_review(db, rng, _moment(rng, at, now), customer=customer, sku=lines[0].product.sku)
        for _ in range(rng.randint(0, 4)):
            shop.add_visit(db, rng, _moment(rng, joined, now), customer=customer)


def fill_pos(db: Database, seed: int, now: datetime) -> None:
    """Put the showcase member and half a year of business into an empty POS database."""
    rng = dice("pos", seed)
    showcase.fill_pos(db, now)
    members = people_of(seed)[1]
    misheard = set(members[:_TYPOS])
    for person in _shuffled(rng, members):
        joined = _moment(rng, now - _HISTORY, now)
        member = pos.add_member(db, rng, joined, person=person, typo=person in misheard)
        store = "S005" if person.city.country == "HK" else rng.choice(tuple(pos.STORES)[:4])
        for _ in range(rng.choices((0, 1, 2, 5), (2, 4, 3, 1))[0]):
            at = _moment(rng, joined, now)
            receipt = pos.add_receipt(db, goods.basket(rng, pos.STORES[store]), at, member=member, store=store)
            if happens(rng, 6):
                pos.add_return(db, rng, _moment(rng, at, now), line=(receipt, 1))


def _shuffled(rng: Random, persons: list[Person]) -> list[Person]:
    return rng.sample(persons, len(persons))


def _moment(rng: Random, first: datetime, last: datetime) -> datetime:
    return first + (last - first) * rng.random()


def _status(rng: Random, placed: datetime, now: datetime) -> str:
    if happens(rng, 4):
        return "cancelled"
    age = now - placed
    return "delivered" if age > _DELIVERED_AFTER else "shipped" if age > _SHIPPED_AFTER else "paid"
