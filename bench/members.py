"""A population of any size and the changes that happen to it, made record by record, so that it takes no memory.

Ten people come with thirteen records: seven have one, and three more records belong to people who came any time before. So there
are 1.3 records for each person, as far as these know where they shop: a third of the second records bear another phone, a third no
e-mail, and one person in six lives at somebody else's address. Names are as frequent as they are in China. The same seed gives the
same population.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from bench.envelopes import Captured, ChangeLog
from bench.identity.chance import Chance
from bench.identity.chinese import Chinese
from bench.identity.people import Address, Name

MAPPING = """
[onefold]
currency = "CNY"

[[source]]
name = "shop"
topics = "shop.public.*"
channel = "online"
[source.tables.customers]
kind = "person"
key = ["id"]
updated_at = "updated_at"
[source.tables.customers.columns]
full_name = { is = "name" }
phone = { is = "phone" }
email = { is = "email" }
birthday = { is = "birthday", type = "text" }
gender = { is = "gender" }
city = { is = "city" }
address = { is = "address" }
wechat_unionid = { is = "wechat_unionid" }
level = { is = "trait.level" }

[[source]]
name = "pos"
topics = "pos.pos.*"
channel = "store"
timezone = "Asia/Shanghai"
[source.tables.members]
kind = "person"
key = ["id"]
updated_at = "updated_at"
[source.tables.members.columns]
full_name = { is = "name" }
phone = { is = "phone" }
email = { is = "email" }
birthday = { is = "birthday", type = "text" }
gender = { is = "gender" }
city = { is = "city" }
address = { is = "address" }
store_id = { is = "store" }
level = { is = "trait.level" }
"""

Row = dict[str, object]

_CHINESE = Chinese()
_PEOPLE = 10
_RECORDS = 13
_FIRST_DAY = date(1945, 1, 1)
_DAYS = 65 * 365
_UPDATED_AT = "2026-03-12T11:00:47.577814Z"


class _Person(NamedTuple):
    """What is true of somebody."""

    name: Name
    gender: str
    born: date
    phone: str
    email: str
    home: Address
    unionid: str


class Population:
    """Records by their number: 0, 1, 2 … as they came."""

    def __init__(self, seed: int) -> None:
        """``seed`` decides everything."""
        self._seed = seed
        self._person = lru_cache(maxsize=10_000)(self._make_person)

    def row(self, number: int) -> Row:
        """The first version of a record."""
        group, place = divmod(number, _RECORDS)
        chance = Chance(f"{self._seed}/record/{number}")
        is_first = place < _PEOPLE or group == 0
        who = group * _PEOPLE + place if is_first else chance.between(0, group * _PEOPLE - 1)
        person = self._person(who)
        case = "" if is_first else chance.one_of({"phone": 1 / 3, "email": 1 / 3})
        return {
            "id": number,
            "full_name": person.name.family + person.name.given,
            "phone": _CHINESE.phone(chance) if case == "phone" else person.phone,
            "email": person.email if case != "email" and chance.hit(0.7) else None,
            "birthday": person.born.isoformat() if chance.hit(0.8) else None,
            "gender": _CHINESE.write_gender(chance, person.gender),
            "city": person.home.city,
            "address": _CHINESE.write_address(chance, person.home, partial=False) if chance.hit(0.7) else None,
            **({"wechat_unionid": person.unionid} if is_online(number) else {"store_id": chance.between(1, 40)}),
            "level": chance.pick(("silver", "gold", "jade")),
            "updated_at": _UPDATED_AT,
        }

    def _make_person(self, who: int) -> _Person:
        chance = Chance(f"{self._seed}/person/{who}")
        gender, born = chance.pick(("M", "F")), _FIRST_DAY + timedelta(chance.between(0, _DAYS))
        name, phone = _CHINESE.name(chance, gender, born), _CHINESE.phone(chance)
        email = _CHINESE.email(chance, name, born, phone)
        unionid = f"o{chance.between(0, 2**100):025x}"
        lives_with = who > 0 and chance.hit(1 / 6)
        home = self._person(who - 1).home if lives_with else _CHINESE.address(chance)
        return _Person(name, gender, born, phone, email, home, unionid)


def is_online(number: int) -> bool:
    """Whether a record is one of the shop's; half of them are."""
    return number % 2 == 0


class Changes:
    """What happens to a population of so many records: 40 % new records, 40 % other identifiers, 15 % other values, 5 % deletes.

    Of the changed identifiers half are phones, three in ten mailboxes, two in ten accounts (else phones); of the other changes a
    third are addresses. A record that was deleted stays so; no batch names a record twice.
    """

    def __init__(self, population: Population, records: int, seed: int) -> None:
        """``records`` are there; ``seed`` decides what happens."""
        self._population = population
        self._records = records
        self._chance = Chance(f"{seed}/changes")
        self._gone: set[int] = set()
        self._log = ChangeLog(events=records)

    def filling(self, count: int) -> Iterator[Captured]:
        """The next ``count`` new records."""
        for _ in range(count):
            yield self._insert()

    def batch(self, size: int) -> list[Captured]:
        """The next ``size`` changes of the mix, each of another record."""
        named: set[int] = set()
        kinds = ["new"] * (size * 40 // 100) + ["identifier"] * (size * 40 // 100) + ["delete"] * (size * 5 // 100)
        kinds += ["other"] * (size - len(kinds))
        random.Random(self._records).shuffle(kinds)
        known = self._records
        return [self._insert() if kind == "new" else self._change(kind, self._unnamed(known, named)) for kind in kinds]

    def single(self) -> Captured:
        """One change of the mix."""
        kind = self._chance.one_of({"new": 0.40, "identifier": 0.40, "delete": 0.05}) or "other"
        return self._insert() if kind == "new" else self._change(kind, self._unnamed(self._records, set()))

    def _unnamed(self, known: int, named: set[int]) -> int:
        while (number := self._chance.between(0, known - 1)) in named or number in self._gone:
            pass
        named.add(number)
        return number

    def _insert(self) -> Captured:
        number = self._records
        self._records += 1
        return self._event(number, self._population.row(number), "c")

    def _change(self, kind: str, number: int) -> Captured:
        if kind == "delete":
            self._gone.add(number)
            return self._event(number, None, "d")
        row = self._population.row(number) | {"updated_at": "2026-04-01T08:00:00.000000Z"}
        row |= self._identifier(number) if kind == "identifier" else self._other()
        return self._event(number, row, "u")

    def _identifier(self, number: int) -> Row:
        chance = self._chance
        case = chance.one_of({"email": 0.3, "unionid": 0.2})
        if case == "email":
            return {"email": f"{chance.between(10_000_000, 3_999_999_999)}@qq.com"}
        if case == "unionid" and is_online(number):
            return {"wechat_unionid": f"o{chance.between(0, 2**100):025x}"}
        return {"phone": _CHINESE.phone(chance)}

    def _other(self) -> Row:
        if self._chance.hit(1 / 3):
            home = _CHINESE.address(self._chance)
            return {"city": home.city, "address": _CHINESE.write_address(self._chance, home, partial=False)}
        return {"level": self._chance.pick(("black", "white"))}

    def _event(self, number: int, row: Row | None, op: str) -> Captured:
        if is_online(number):
            return self._log.shop("customers", {"id": number}, row, op)
        return self._log.pos("members", {"id": number}, row, op)
