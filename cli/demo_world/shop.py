"""What happens in the online shop: each function is one transaction's work and says in a line what it did.

The lines name rows by number and hold no personal value; None means that there was nothing to do it to. Nothing here
touches the showcase people, whom a person at the demo may be looking at.
"""

from datetime import datetime
from random import Random
from typing import Final

from cli.demo_world import goods, people, typing_habits
from cli.demo_world.chance import dice, happens
from cli.demo_world.databases import Database, insert, shop_time
from cli.demo_world.goods import Line
from cli.demo_world.people import Person

#: Customers whom only the showcase changes.
SHOWCASE_IDS: Final = (1, 2)
_FEWEST_CUSTOMERS: Final = 100
_NEXT_STATUS: Final = {"paid": "shipped", "shipped": "delivered"}
_PAGES: Final = ("/", "/new", "/sale", "/cart", "/account/orders", "/help/delivery")


def visit_page(db: Database, rng: Random, now: datetime) -> str | None:
    """Show somebody a page; one in three is not signed in."""
    customer = None if happens(rng, 33) else _any_customer(db, rng)
    add_visit(db, rng, now, customer=customer)
    return f"shop: {'a guest' if customer is None else f'customer {customer}'} visited a page"


def place_order(db: Database, rng: Random, now: datetime) -> str | None:
    """Take an order from a customer."""
    customer = _any_customer(db, rng)
    if customer is None:
        return None
    order = add_order(db, goods.basket(rng, _currency(db, customer)), now, customer=customer, status="paid")
    return f"shop: customer {customer} placed order {order}"


def advance_order(db: Database, rng: Random, _now: datetime) -> str | None:
    """Ship an order that is paid, or deliver one that is shipped."""
    row = db.execute(
        "SELECT id, status FROM orders WHERE status IN ('paid', 'shipped') AND customer_id > ? ORDER BY id LIMIT 1 OFFSET ?",
        (max(SHOWCASE_IDS), rng.randint(0, 3)),
    ).fetchone()
    if row is None:
        return None
    db.execute("UPDATE orders SET status = ? WHERE id = ?", (_NEXT_STATUS[row[1]], row[0]))
    return f"shop: order {row[0]} is {_NEXT_STATUS[row[1]]}"


def register(db: Database, rng: Random, now: datetime) -> str | None:
    """Open an account for somebody new."""
    customer = add_customer(db, rng, now, person=people.person(rng))
    return f"shop: customer {customer} registered"


def change_email(db: Database, rng: Random, now: datetime) -> str | None:
    """Change a customer's e-mail address; the new one is not verified yet."""
    customer = _any_customer(db, rng)
    if customer is None:
        return None
    (name,) = db.execute("SELECT full_name FROM customers WHERE id = ?", (customer,)).fetchone()
    db.execute(
        "UPDATE customers SET email = ?, email_verified_at = NULL, updated_at = ? WHERE id = ?",
        (people.email(rng, people.spelled(name)), shop_time(now), customer),
    )
    return f"shop: customer {customer} changed the e-mail address"


def review(db: Database, rng: Random, now: datetime) -> str | None:
    """Take a customer's word on an article that was bought."""
    customer = _any_customer(db, rng)
    bought = db.execute(
        "SELECT i.sku FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.customer_id = ? ORDER BY o.id, i.line_no",
        (customer,),
    ).fetchall()
    if customer is None or not bought:
        return None
    (sku,) = rng.choice(bought)
    add_review(db, rng, now, customer=customer, sku=sku)
    return f"shop: customer {customer} reviewed {sku}"


def delete_account(db: Database, rng: Random, _now: datetime) -> str | None:
    """Delete an account: visits and reviews go with it, orders stay for the books without a name."""
    (count,) = db.execute("SELECT count(*) FROM customers").fetchone()
    customer = _any_customer(db, rng)
    if customer is None or count <= _FEWEST_CUSTOMERS:
        return None
    db.execute("DELETE FROM customers WHERE id = ?", (customer,))
    return f"shop: customer {customer} deleted the account"


def withdraw_marketing(db: Database, rng: Random, now: datetime) -> str | None:
    """Withdraw a customer's consent to being written to."""
    customer = _any_customer(db, rng)
    changed = db.execute(
        "UPDATE customers SET marketing_opt_in = 0, updated_at = ? WHERE id = ? AND marketing_opt_in = 1",
        (shop_time(now), customer),
    )
    return f"shop: customer {customer} withdrew the marketing consent" if changed.rowcount else None


def add_customer(db: Database, rng: Random, now: datetime, *, person: Person) -> int:
    """Insert an account as people fill it in: some without phone, birthday, address or WeChat."""
    with_wechat = person.city.country == "CN" and happens(rng, 60)
    return insert(
        db,
        "customers",
        email=person.email if happens(rng, 95) else None,
        phone=typing_habits.shop_phone(rng, person.phone) if happens(rng, 95) else None,
        full_name=person.name,
        birthday=person.birthday if happens(rng, 60) else None,
        gender=person.gender if happens(rng, 80) else None,
        city=person.city.name,
        address=person.address if happens(rng, 80) else None,
        wechat_openid=people.openid(rng) if with_wechat else None,
        wechat_unionid=people.openid(rng) if with_wechat else None,
        marketing_opt_in=int(happens(rng, 50)),
        email_verified_at=shop_time(now) if happens(rng, 70) else None,
        created_at=shop_time(now),
        updated_at=shop_time(now),
    )


def add_order(db: Database, lines: list[Line], at: datetime, *, customer: int, status: str) -> int:
    """Insert an order with its lines; all lines are in one currency. Give its number."""
    total, currency = goods.total(lines), lines[0].currency
    order = insert(
        db,
        "orders",
        customer_id=customer,
        total=str(total),
        currency=currency,
        status=status,
        placed_at=shop_time(at),
    )
    for number, line in enumerate(lines, start=1):
        insert(db, "order_items", order_id=order, line_no=number, **line.columns())
    return order


def add_visit(db: Database, rng: Random, at: datetime, *, customer: int | None) -> None:
    """Insert a page visit; a customer keeps to one device, a guest's is new."""
    device = (rng if customer is None else dice("device", customer)).getrandbits(64)
    page = rng.choice(_PAGES) if happens(rng, 40) else f"/product/{rng.choice(goods.PRODUCTS).sku}"
    kind = "add_to_cart" if page.startswith("/product") and happens(rng, 25) else "page_view"
    url = f"https://shop.example.com{page}"
    insert(
        db, "page_visits", customer_id=customer, device_id=f"web-{device:016x}", url=url, kind=kind, at=shop_time(at)
    )


def add_review(db: Database, rng: Random, at: datetime, *, customer: int, sku: str) -> None:
    """Insert a review; some give stars and say nothing."""
    rating, body = rng.choice(goods.REVIEWS)
    said = body if happens(rng, 85) else None
    insert(db, "reviews", customer_id=customer, sku=sku, rating=rating, body=said, created_at=shop_time(at))


def _any_customer(db: Database, rng: Random) -> int | None:
    (newest,) = db.execute("SELECT max(id) FROM customers").fetchone()
    wanted = rng.randint(max(SHOWCASE_IDS) + 1, max(newest or 0, max(SHOWCASE_IDS) + 1))
    row = db.execute("SELECT id FROM customers WHERE id >= ? ORDER BY id LIMIT 1", (wanted,)).fetchone()
    return None if row is None else int(row[0])


def _currency(db: Database, customer: int) -> str:
    """Give the currency in which a customer pays, by the phone's country."""
    (phone,) = db.execute("SELECT phone FROM customers WHERE id = ?", (customer,)).fetchone()
    codes = {"+852": "HKD", "+1": "USD", "+49": "EUR", "+33": "EUR", "+44": "GBP"}
    return next((currency for code, currency in codes.items() if (phone or "").startswith(code)), "CNY")
