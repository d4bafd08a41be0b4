"""Write a file of change events as Debezium would capture them: a shop on PostgreSQL and tills on MariaDB.

One event in five is about a person (60 % new, 40 % updates of phone, e-mail or city); the others are orders with lines,
receipts with lines and page visits. A third of the members are customers of the shop too. The same seed gives the same file.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path

from bench.envelopes import ChangeLog

MAPPING = """
[onefold]
currency = "CNY"

[[source]]
name = "shop"
topics = "shop.public.*"
channel = "online"
currency = "CNY"
[source.tables.customers]
kind = "person"
key = ["id"]
updated_at = "updated_at"
[source.tables.customers.columns]
email = { is = "email" }
phone = { is = "phone" }
full_name = { is = "name" }
birthday = { is = "birthday" }
city = { is = "city" }
wechat_unionid = { is = "wechat_unionid" }
[source.tables.orders]
kind = "order"
key = ["id"]
[source.tables.orders.columns]
customer_id = { is = "person" }
total = { is = "amount" }
status = { is = "status" }
placed_at = { is = "occurred_at" }
[source.tables.order_items]
kind = "order_line"
key = ["order_id", "line_no"]
[source.tables.order_items.columns]
order_id = { is = "order" }
sku = { is = "sku" }
qty = { is = "quantity" }
unit_price = { is = "unit_price" }
[source.tables.page_events]
kind = "event"
key = ["event_id"]
[source.tables.page_events.columns]
customer_id = { is = "person" }
event_type = { is = "name" }
occurred_at = { is = "occurred_at" }

[[source]]
name = "pos"
topics = "pos.pos.*"
channel = "store"
timezone = "Asia/Shanghai"
currency = "CNY"
[source.tables.members]
kind = "person"
key = ["member_no"]
[source.tables.members.columns]
name = { is = "name" }
mobile = { is = "phone" }
email = { is = "email" }
birth_date = { is = "birthday" }
store_id = { is = "store" }
card_no = { is = "loyalty_card" }
[source.tables.receipts]
kind = "order"
key = ["receipt_no"]
[source.tables.receipts.columns]
member_no = { is = "person" }
store_id = { is = "store" }
total = { is = "amount" }
sold_at = { is = "occurred_at", unit = "ms" }
[source.tables.receipt_lines]
kind = "order_line"
key = ["receipt_no", "line_no"]
[source.tables.receipt_lines.columns]
receipt_no = { is = "order" }
sku = { is = "sku" }
qty = { is = "quantity" }
unit_price = { is = "unit_price" }
"""

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("伟", "芳", "娜", "秀英", "敏", "静", "丽", "强", "子涵", "梓萱", "欣怡", "浩然", "宇轩", "一诺")
_CITIES = ("北京", "上海", "广州", "深圳", "杭州", "成都", "武汉", "西安")
Row = dict[str, object]

_PERSON_SHARE = 0.2
_NEW_SHARE = 0.6


class Business:
    """Both databases as they are written to, one change at a time."""

    def __init__(self, seed: int) -> None:
        """``seed`` decides everything."""
        self._random = random.Random(seed)
        self._customers: list[Row] = []
        self._members: list[Row] = []
        self._next = 0
        self._log = ChangeLog()

    def changes(self, count: int) -> Iterator[dict[str, object]]:
        """``count`` events."""
        made = 0
        while made < count:
            for event in self._step():
                if made < count:
                    yield event
                    made += 1

    def _step(self) -> list[dict[str, object]]:
        if not self._customers or not self._members:
            return [self._new_customer(), self._new_member()]
        if self._random.random() < self._person_step_share:
            return [self._person()]
        return self._random.choice((self._order, self._receipt, self._visit))()

    # A purchase is three events on average and a person one: so many steps make the share of events right.
    _person_step_share = 0.35

    def _person(self) -> dict[str, object]:
        if self._random.random() < _NEW_SHARE:
            return self._random.choice((self._new_customer, self._new_member))()
        return self._random.choice((self._change_customer, self._change_member))()

    def _new_customer(self) -> dict[str, object]:
        self._next += 1
        row: Row = {
            "id": len(self._customers) + 1,
            **self._identity(self._next),
            "wechat_unionid": f"u{self._next:026x}",
        }
        row["updated_at"] = "2026-03-12T11:00:47.577814Z"
        self._customers.append(row)
        return self._log.shop("customers", {"id": row["id"]}, row, "c")

    def _new_member(self) -> dict[str, object]:
        self._next += 1
        shared = self._random.random() < 1 / 3 and self._customers
        who = self._random.choice(self._customers) if shared else self._identity(self._next)
        number = f"M{len(self._members) + 1:08d}"
        row: Row = {
            "member_no": number,
            "name": who["full_name"],
            "mobile": who["phone"],
            "email": None,
            "birth_date": who["birthday"],
            "store_id": self._random.randrange(1, 40),
            "card_no": f"88{len(self._members):014d}",
        }
        self._members.append(row)
        return self._log.pos("members", {"member_no": number}, row, "c")

    def _identity(self, number: int) -> Row:
        return {
            "email": f"user{number:08d}@example.com",
            "phone": f"1{self._random.choice((38, 39, 50, 58, 76, 86))}{number % 100_000_000:08d}",
            "full_name": self._random.choice(_SURNAMES) + self._random.choice(_GIVEN),
            "birthday": self._random.randrange(-4000, 13000),
            "city": self._random.choice(_CITIES),
        }

    def _change_customer(self) -> dict[str, object]:
        row = self._random.choice(self._customers)
        self._next += 1
        row.update(self._random.choice(({"phone": self._identity(self._next)["phone"]}, {"city": "苏州"})))
        return self._log.shop("customers", {"id": row["id"]}, row, "u")

    def _change_member(self) -> dict[str, object]:
        row = self._random.choice(self._members)
        self._next += 1
        row.update(self._random.choice(({"mobile": self._identity(self._next)["phone"]}, {"store_id": 7})))
        return self._log.pos("members", {"member_no": row["member_no"]}, row, "u")

    def _order(self) -> list[dict[str, object]]:
        self._next += 1
        customer = self._random.choice(self._customers)["id"]
        row: Row = {"id": self._next, "customer_id": customer, "total": "258.90", "status": "paid"}
        row["placed_at"] = f"2026-05-{self._random.randrange(1, 29):02d}T20:33:49.000000Z"
        lines = [
            {"order_id": self._next, "line_no": n, "sku": f"SKU-{n:03d}", "qty": 1, "unit_price": "129.45"}
            for n in (1, 2)
        ]
        return [
            self._log.shop("orders", {"id": self._next}, row, "c"),
            *(
                self._log.shop("order_items", {"order_id": self._next, "line_no": line["line_no"]}, line, "c")
                for line in lines
            ),
        ]

    def _receipt(self) -> list[dict[str, object]]:
        self._next += 1
        member = self._random.choice((None, self._random.choice(self._members)["member_no"]))
        row: Row = {"receipt_no": self._next, "member_no": member, "store_id": 3, "total": "168.00"}
        row["sold_at"] = 1_780_000_000_000 + self._random.randrange(10**9)
        lines = [
            {"receipt_no": self._next, "line_no": n, "sku": f"SKU-{n:03d}", "qty": "1.000", "unit_price": "84.00"}
            for n in (1, 2)
        ]
        return [
            self._log.pos("receipts", {"receipt_no": self._next}, row, "c"),
            *(
                self._log.pos("receipt_lines", {"receipt_no": self._next, "line_no": line["line_no"]}, line, "c")
                for line in lines
            ),
        ]

    def _visit(self) -> list[dict[str, object]]:
        self._next += 1
        event_id = f"{self._next:08x}-2222-4333-8444-555555555555"
        customer = self._random.choice(self._customers)["id"]
        row = {"event_id": event_id, "customer_id": customer, "event_type": "page_view"}
        return [
            self._log.shop(
                "page_events", {"event_id": event_id}, {**row, "occurred_at": "2026-06-03T12:00:00.123456Z"}, "c"
            )
        ]


def write_events(path: Path, count: int, *, seed: int = 1) -> None:
    """Write ``count`` events to ``path``, one JSON line each."""
    with path.open("w", encoding="utf-8") as file:
        for event in Business(seed).changes(count):
            file.write(json.dumps(event, ensure_ascii=False) + "\n")
