"""The people whom the demo's example queries show; their numbers, names and phones never change with the seed.

陈小美 is shop customer 1 and POS member M000001, and the phone is all that links the two. 陈晓梅, customer 2, sounds the
same and has another phone: when a cashier takes M000001's phone for hers, the receipts of M000001 belong to customer 2,
until it is corrected back.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Final

from cli.demo_world import goods, pos, shop
from cli.demo_world.databases import Database, insert, shop_time, store_time

PHONE: Final = "+8613800138000"
OTHER_PHONE: Final = "+8613900139000"
EMAIL: Final = "chen.xiaomei@example.com"
_ORDERS: Final = (
    (1, 12, ("TEA-001", "CUP-001"), "delivered"),
    (1, 3, ("SLK-001",), "shipped"),
    (2, 20, ("BAG-001",), "delivered"),
)
_RECEIPTS: Final = (
    (30, ("TEA-004", "FOD-002"), "S001"),
    (8, ("CUP-003",), "S001"),
    (2, ("LIN-001", "HOM-001"), "S002"),
)


def fill_shop(db: Database, rng: Random, now: datetime) -> None:
    """Insert customers 1 and 2 with their orders, visits and a review, into an empty database."""
    _customer(db, now, full_name="陈小美", phone=PHONE, email=EMAIL, birthday="1992-05-20", city="上海")
    _customer(
        db, now, full_name="陈晓梅", phone=OTHER_PHONE, email="chen.xm@example.org", birthday="1987-11-03", city="杭州"
    )
    for customer, days, skus, status in _ORDERS:
        shop.add_order(db, _lines(skus), now - timedelta(days=days), customer=customer, status=status)
    for days in (14, 12, 3, 1):
        shop.add_visit(db, rng, now - timedelta(days=days), customer=1)
    said = {"rating": 5, "body": "茶很香，包装也很漂亮。", "created_at": shop_time(now - timedelta(days=6))}
    insert(db, "reviews", customer_id=1, sku="TEA-001", **said)


def fill_pos(db: Database, now: datetime) -> None:
    """Insert member M000001 with receipts, points and consents, into an empty database."""
    joined = store_time(now - timedelta(days=90))
    dates = {"joined": joined, "updated_at": joined}
    # No e-mail address and no birthday: the phone alone links the member to the shop.
    insert(
        db,
        "members",
        member_no=pos.SHOWCASE_NO,
        name="陈小美",
        mobile="138 0013 8000",
        store_id="S001",
        card_no="8800010000000001",
        **dates,
    )
    for purpose in ("marketing", "profiling"):
        insert(db, "consents", member_no=pos.SHOWCASE_NO, purpose=purpose, state="granted", at=joined)
    for days, skus, store in _RECEIPTS:
        pos.add_receipt(db, _lines(skus), now - timedelta(days=days), member=pos.SHOWCASE_NO, store=store)


def _customer(db: Database, now: datetime, **who: str) -> None:
    since = shop_time(now - timedelta(days=120))
    insert(db, "customers", **who, marketing_opt_in=1, email_verified_at=since, created_at=since, updated_at=since)


def _lines(skus: tuple[str, ...]) -> list[goods.Line]:
    return [goods.line(product, 1, "CNY") for product in goods.PRODUCTS if product.sku in skus]
