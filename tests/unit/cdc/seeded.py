"""What the sample databases held: the seeded generators that filled them, as rows by table and key.

The samples in ``tests/data/debezium`` were captured from databases that a script filled with ``random.Random`` and fixed seeds.
Running the same draws again gives every value as the source column held it, so that decoding is compared with the truth and
not with itself.
"""

import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[2] / "data" / "debezium"
MAPPINGS = Path(__file__).parents[2] / "data" / "mappings"

#: Each sample, with the share of the full data set that its database held.
SCALES = {
    "pg.noschema.precise.txmeta": 1.0,
    "pg.noschema.string": 0.3,
    "pg.schema.precise": 0.15,
    "pg.schema.string.defaults": 0.1,
    "mysql57.noschema.precise.txmeta": 0.6,
    "mysql57.noschema.string": 0.2,
    "mysql57.schema.precise": 0.15,
    "mariadb.noschema.precise.txmeta": 1.0,
    "mariadb.noschema.string": 0.3,
    "mariadb.schema.precise": 0.15,
}

Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]


@dataclass
class Truth:
    """Rows by table and key, as they were when the snapshot was taken, and the ones that later changes made."""

    snapshot: dict[str, Rows] = field(default_factory=dict)
    later: dict[str, Rows] = field(default_factory=dict)

    def add(self, table: str, key: tuple[Any, ...], **row: Any) -> None:
        self.snapshot.setdefault(table, {})[key] = row

    def add_later(self, table: str, key: tuple[Any, ...], **row: Any) -> None:
        self.later.setdefault(table, {})[key] = row


_SURNAMES = [*"王李张刘陈杨赵黄周吴徐孙胡朱高林", "欧阳", "司马"]
_GIVEN = [
    "伟",
    "芳",
    "娜",
    "秀英",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "秀兰",
    "霞",
    "子涵",
    "梓萱",
    "欣怡",
    "浩然",
    "宇轩",
    "一诺",
    "诗涵",
    "建国",
    "雨桐",
    "思远",
]
_CITIES = ["北京", "上海", "广州", "深圳", "杭州", "成都", "武汉", "西安", "南京", "重庆", "乌鲁木齐", "呼和浩特"]
_REVIEWS = [
    "质量很好，物流也快，下次还会买！",
    "颜色和图片有色差，不太满意。",
    "客服态度好👍 五星好评",
    "尺码偏小，建议拍大一码",
    "给妈妈买的，她很喜欢😊",
]
_REMARKS = [
    "顾客偏好无糖饮品；说自己线上账号用的是另一个手机号。",
    "VIP，喜欢周末来店，对乳制品过敏。",
    "要求开发票，公司名：示例科技有限公司",
    "换货一次，态度友好",
    "生日当月送蛋糕券🎂",
]
_PRODUCTS = [
    (f"SKU-{index:03d}", title, price)
    for index, (title, price) in enumerate(
        [
            ("龙井茶 250g", "168.00"),
            ("纯棉毛巾", "29.90"),
            ("蓝牙耳机", "399.00"),
            ("婴儿奶粉 900g", "328.50"),
            ("运动鞋 42码", "599.00"),
            ("护手霜", "49.90"),
            ("雨伞", "69.00"),
            ("保温杯 500ml", "129.00"),
        ]
    )
]


def _person(draw: random.Random, number: int) -> tuple[str, str, str, date, str]:
    name = draw.choice(_SURNAMES) + draw.choice(_GIVEN)
    mobile = "1" + draw.choice(["38", "39", "50", "58", "76", "86", "99"]) + f"{draw.randrange(10**8):08d}"
    email = f"user{number:04d}@{draw.choice(['example.com', 'mail.example.cn', '例子.example'])}"
    birthday = date(1960, 1, 1) + timedelta(days=draw.randrange(16000))
    return name, mobile, email, birthday, draw.choice(_CITIES)


def shop(scale: float) -> Truth:
    """Fill the online shop's PostgreSQL database."""
    truth, draw = Truth(), random.Random(7)
    persons = max(16, int(120 * scale))
    for number in range(1, persons + 1):
        _customer(truth, draw, number)
    for number in range(1, int(90 * scale) + 2):
        _order(truth, draw, number, persons)
    for _ in range(int(60 * scale) + 1):
        _page_event(truth, draw, persons)
    for number in range(1, int(25 * scale) + 2):
        _review(truth, draw, number, persons)
    for number in range(5):
        sku = draw.choice(_PRODUCTS)[0]
        truth.add("carts", (f"sess-{number}",), session_id=f"sess-{number}", sku=sku, qty=1)
    _shop_later(truth)
    return truth


def _customer(truth: Truth, draw: random.Random, number: int) -> None:
    name, mobile, email, birthday, city = _person(draw, number)
    truth.add(
        "customers",
        (number,),
        id=number,
        email=email if draw.random() > 0.1 else None,
        phone="+86" + mobile if draw.random() > 0.5 else mobile,
        full_name=name,
        birthday=birthday if draw.random() > 0.2 else None,
        gender=draw.choice("FMU"),
        city=city,
        wechat_openid=f"o{draw.getrandbits(100):026x}" if draw.random() > 0.4 else None,
        wechat_unionid=f"u{draw.getrandbits(100):026x}" if draw.random() > 0.6 else None,
        marketing_opt_in=draw.random() > 0.5,
        created_at=datetime(2025, 1, 1, tzinfo=UTC)
        + timedelta(seconds=draw.randrange(40 * 10**6), microseconds=draw.randrange(10**6)),
    )


def _order(truth: Truth, draw: random.Random, number: int, persons: int) -> None:
    customer = draw.randrange(1, persons + 1)
    lines = [
        (sku, title, draw.randrange(1, 4), price) for sku, title, price in draw.sample(_PRODUCTS, draw.randrange(1, 4))
    ]
    truth.add(
        "orders",
        (number,),
        id=number,
        customer_id=customer,
        total=Decimal(f"{sum(qty * float(price) for _, _, qty, price in lines):.2f}"),
        status=draw.choice(["paid", "shipped", "done", "cancelled"]),
        placed_at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=draw.randrange(10**7)),
    )
    for line, (sku, title, qty, price) in enumerate(lines, 1):
        row = {
            "order_id": number,
            "line_no": line,
            "sku": sku,
            "title": title,
            "qty": qty,
            "unit_price": Decimal(price),
        }
        truth.add("order_items", (number, line), **row)


def _page_event(truth: Truth, draw: random.Random, persons: int) -> None:
    event = str(uuid.UUID(int=draw.getrandbits(128), version=4))
    # Both members of the list are drawn before the choice, as in the script.
    customer = draw.choice([None, draw.randrange(1, persons + 1)])
    anonymous = f"anon-{draw.getrandbits(32):08x}"
    kind = draw.choice(["page_view", "add_to_cart", "search"])
    props = {
        "url": "/商品/" + draw.choice(_PRODUCTS)[0],
        "utm": {"source": draw.choice(["微信", "抖音", "baidu"])},
        "price": float(draw.choice(_PRODUCTS)[2]),
        "tags": ["新客", None],
    }
    occurred_at = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=draw.randrange(10**6))
    row = {"event_id": event, "customer_id": customer, "anonymous_id": anonymous, "event_type": kind}
    truth.add("page_events", (event,), **row, props=props, occurred_at=occurred_at)


def _review(truth: Truth, draw: random.Random, number: int, persons: int) -> None:
    truth.add(
        "reviews",
        (number,),
        id=number,
        customer_id=draw.randrange(1, persons + 1),
        sku=draw.choice(_PRODUCTS)[0],
        rating=draw.randrange(1, 6),
        body=draw.choice(_REVIEWS),
        photos=draw.choice([None, [], ["图1.jpg", "p2.jpg"]]),
        created_at=datetime(2026, 6, 1) + timedelta(seconds=draw.randrange(10**6)),
    )


def _shop_later(truth: Truth) -> None:
    placed_at = datetime(2026, 11, 3, 3, 4, 5, 678000, tzinfo=UTC)
    truth.add_later(
        "customers",
        (900,),
        id=900,
        full_name="陈小美",
        gender="F",
        city="厦门",
        marketing_opt_in=True,
        created_at=datetime(2026, 11, 1, 0, 0, 0, 123456, tzinfo=UTC),
    )
    truth.add_later("customers", (950,), full_name="最后一行", email=None, birthday=None, gender=None, home_city="END")
    truth.add_later(
        "orders", (9000,), id=9000, total=Decimal("1234567.89"), placed_at=datetime(2026, 11, 2, tzinfo=UTC)
    )
    truth.add_later("orders", (9100,), customer_id=1, total=Decimal("258.90"), status="paid", placed_at=placed_at)
    truth.add_later("order_items", (9100, 1), sku="SKU-000", title="龙井茶 250g", qty=1, unit_price=Decimal("168.00"))
    truth.add_later("order_items", (9100, 2), sku="SKU-001", title="纯棉毛巾", unit_price=Decimal("29.90"))
    truth.add_later(
        "page_events",
        ("11111111-2222-4333-8444-555555555555",),
        event_type="purchase",
        props={"order_id": 9100, "渠道": "微信小程序", "amount": 258.90},
        occurred_at=placed_at,
    )


def pos(scale: float) -> Truth:
    """Fill the stores' MySQL or MariaDB database."""
    truth, draw = Truth(), random.Random(11)
    persons, receipts = max(16, int(110 * scale)), int(80 * scale) + 1
    shop_draw = random.Random(7)
    known = [_person(shop_draw, number) for number in range(1, persons + 1)]
    for number in range(1, persons + 1):
        _member(truth, draw, number, known)
    for number in range(1, receipts + 1):
        _receipt(truth, draw, number, persons)
    for number in range(1, int(12 * scale) + 2):
        _return(truth, draw, number, receipts)
    for number in range(1, int(25 * scale) + 2):
        _remark(truth, draw, number, persons)
    _pos_later(truth)
    return truth


def _member(truth: Truth, draw: random.Random, number: int, known: list[tuple[str, str, str, date, str]]) -> None:
    person = _person(draw, 1000 + number)
    name, mobile, email, birthday, _ = known[number - 1] if number % 3 == 0 else person
    key = f"M{number:06d}"
    truth.add(
        "members",
        (key,),
        member_no=key,
        name=name,
        mobile=mobile,
        email=email.upper() if number % 6 == 0 else None if number % 4 == 0 else email,
        birth_date=birthday if draw.random() > 0.15 else None,
        store_id=draw.randrange(1, 9),
        points=draw.randrange(9000),
        card_no=f"88{draw.randrange(10**14):014d}",
        is_vip=int(draw.random() > 0.8),
        joined=datetime(2019, 1, 1) + timedelta(seconds=draw.randrange(2 * 10**8)),
    )


def _receipt(truth: Truth, draw: random.Random, number: int, persons: int) -> None:
    lines = [
        (sku, title, draw.choice(["1.000", "2.000", "0.375"]), price)
        for sku, title, price in draw.sample(_PRODUCTS, draw.randrange(1, 4))
    ]
    truth.add(
        "receipts",
        (number,),
        receipt_no=number,
        member_no=draw.choice([None, f"M{draw.randrange(1, persons + 1):06d}"]),
        store_id=draw.randrange(1, 9),
        cashier=draw.choice(["小王", "小李", "收银03"]),
        total=Decimal(f"{sum(float(qty) * float(price) for _, _, qty, price in lines):.2f}"),
        pay_method=draw.choice(["cash", "wechat", "alipay", "card"]),
        sold_at=datetime(2026, 5, 1) + timedelta(milliseconds=draw.randrange(10**10)),
    )
    for line, (sku, title, qty, price) in enumerate(lines, 1):
        row = {"receipt_no": number, "line_no": line, "sku": sku, "title": title}
        truth.add("receipt_lines", (number, line), **row, qty=Decimal(qty), unit_price=Decimal(price))


def _return(truth: Truth, draw: random.Random, number: int, receipts: int) -> None:
    truth.add(
        "returns",
        (number,),
        return_id=number,
        receipt_no=draw.randrange(1, receipts + 1),
        line_no=1,
        amount=Decimal(f"{draw.random() * 300:.2f}"),
        reason=draw.choice(["质量问题", "七天无理由", "买错尺码", None]),
        returned_at=datetime(2026, 7, 1) + timedelta(seconds=draw.randrange(10**6)),
    )


def _remark(truth: Truth, draw: random.Random, number: int, persons: int) -> None:
    truth.add(
        "staff_remarks",
        (number,),
        id=number,
        member_no=f"M{draw.randrange(1, persons + 1):06d}",
        store_id=draw.randrange(1, 9),
        remark=draw.choice(_REMARKS),
        tags={"标签": ["熟客"], "score": draw.randrange(10)},
    )


def _pos_later(truth: Truth) -> None:
    truth.add_later(
        "members",
        ("M900000",),
        name="陈小美",
        store_id=3,
        points=10,
        card_no="8800000000000900",
        is_vip=1,
        joined=datetime(2026, 11, 1, 9, 30),
    )
    truth.add_later(
        "members", ("M950000",), name="最后一行", email=None, birth_date=None, card_no=None, points=0, is_vip=0
    )
    truth.add_later(
        "receipts",
        (9100,),
        receipt_no=9100,
        member_no="M000003",
        total=Decimal("1234567.89"),
        pay_method="wechat",
        sold_at=datetime(2026, 11, 3, 11, 4, 5, 678000),
    )
    truth.add_later("receipt_lines", (9100, 2), title="护手霜", qty=Decimal("2.500"), unit_price=Decimal("49.90"))


def truth_of(sample: str) -> Truth:
    """Return what the database of a sample held."""
    build: Callable[[float], Truth] = shop if sample.startswith("pg") else pos
    return build(SCALES[sample])


def mapping_of(sample: str) -> Path:
    """Return the mapping that reads a sample."""
    return MAPPINGS / ("shop.toml" if sample.startswith("pg") else "pos.toml")


def same(found: Any, held: Any) -> bool:
    """Whether a decoded value is exactly what the column held: decimals with their scale, JSON by its content."""
    if isinstance(held, dict):
        return bool(json.loads(found, parse_float=Decimal) == json.loads(json.dumps(held), parse_float=Decimal))
    if isinstance(held, Decimal):
        return isinstance(found, Decimal) and found.as_tuple() == held.as_tuple()
    if isinstance(held, datetime):
        return found == held and (found.tzinfo is None) == (held.tzinfo is None)
    return bool(found == held and (found is None) == (held is None))
