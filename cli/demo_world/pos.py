"""What happens at the tills: each function is one transaction's work and says in a line what it did.

As in :mod:`cli.demo_world.shop`, the lines hold no personal value, None means that there was nothing to do it to, and the
showcase member is left alone.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Final

from cli.demo_world import goods, people, typing_habits
from cli.demo_world.chance import happens
from cli.demo_world.databases import Database, insert, store_time
from cli.demo_world.goods import Line
from cli.demo_world.people import Person

#: The member whom only the showcase changes.
SHOWCASE_NO: Final = "M000001"
#: Stores with the currency of their tills; S005 is in Hong Kong.
STORES: Final = {"S001": "CNY", "S002": "CNY", "S003": "CNY", "S004": "CNY", "S005": "HKD"}
_FEWEST_MEMBERS: Final = 80
_PAY_METHODS: Final = ("wechat_pay", "alipay", "card", "cash", "octopus")
_REWARD_POINTS: Final = 100
_PURPOSES: Final = ("marketing", "profiling")


def sell(db: Database, rng: Random, now: datetime) -> str | None:
    """Sell something; one buyer in four shows no card."""
    member = None if happens(rng, 25) else _any_member(db, rng)
    store = rng.choice(tuple(STORES))
    receipt = add_receipt(db, goods.basket(rng, STORES[store]), now, member=member, store=store)
    return f"pos: {'a guest' if member is None else f'member {member}'} bought in {store}, receipt {receipt}"


def sign_up(db: Database, rng: Random, now: datetime) -> str | None:
    """Give somebody new a card."""
    member = add_member(db, rng, now, person=people.person(rng))
    return f"pos: member {member} signed up"


def correct_phone(db: Database, rng: Random, now: datetime, *, known_phone: Callable[[str], str | None]) -> str | None:
    """Correct a member's phone: to the one that ``known_phone`` has for the name (E.164), else to a new one."""
    member = _any_member(db, rng)
    if member is None:
        return None
    name, held = db.execute("SELECT name, mobile FROM members WHERE member_no = ?", (member,)).fetchone()
    phone = known_phone(name)
    if phone is None or _same_number(phone, held):
        phone = people.phone(rng, "CN")
    set_phone(db, now, member=member, typed=typing_habits.staff_phone(rng, phone))
    return f"pos: member {member} corrected the phone"


def give_back(db: Database, rng: Random, now: datetime) -> str | None:
    """Take a member's article back, for its full price; each line once."""
    bought = db.execute(
        "SELECT l.receipt_no, l.line_no FROM receipts r JOIN receipt_lines l USING (receipt_no)"
        " WHERE r.member_no = ? AND NOT EXISTS"
        " (SELECT 1 FROM returns b WHERE b.receipt_no = l.receipt_no AND b.line_no = l.line_no)"
        " ORDER BY l.receipt_no, l.line_no",
        (_any_member(db, rng),),
    ).fetchall()
    if not bought:
        return None
    receipt, line = rng.choice(bought)
    add_return(db, rng, now, line=(receipt, line))
    return f"pos: line {line} of receipt {receipt} came back"


def book_points(db: Database, rng: Random, now: datetime) -> str | None:
    """Give a member a bonus, or take points for a reward."""
    member = _any_member(db, rng)
    if member is None:
        return None
    (points,) = db.execute("SELECT points FROM members WHERE member_no = ?", (member,)).fetchone()
    redeems = points >= _REWARD_POINTS and happens(rng, 50)
    delta, reason = (-_REWARD_POINTS, "reward") if redeems else (rng.choice((10, 20, 50)), "bonus")
    add_points(db, now, member=member, delta=delta, reason=reason)
    return f"pos: member {member} {'redeemed' if redeems else 'was given'} {abs(delta)} points"


def leave(db: Database, rng: Random, _now: datetime) -> str | None:
    """Delete a membership: points and consents go with it, receipts stay for the books without a name."""
    (count, newest) = db.execute("SELECT count(*), max(member_no) FROM members").fetchone()
    member = _any_member(db, rng)
    # Numbers are given by counting on from the highest: deleting that one would give its number to somebody else.
    if member is None or member == newest or count <= _FEWEST_MEMBERS:
        return None
    db.execute("DELETE FROM members WHERE member_no = ?", (member,))
    return f"pos: member {member} left"


def withdraw_consent(db: Database, rng: Random, now: datetime) -> str | None:
    """Withdraw one of a member's consents: a new entry, the earlier one stays."""
    member, purpose = _any_member(db, rng), rng.choice(_PURPOSES)
    last = db.execute(
        "SELECT state FROM consents WHERE member_no = ? AND purpose = ? ORDER BY id DESC LIMIT 1", (member, purpose)
    ).fetchone()
    if last != ("granted",):
        return None
    insert(db, "consents", member_no=member, purpose=purpose, state="withdrawn", at=store_time(now))
    return f"pos: member {member} withdrew the consent to {purpose}"


def add_member(db: Database, rng: Random, now: datetime, *, person: Person, typo: bool = False) -> str:
    """Insert a member as a cashier types it; with ``typo`` a digit of the phone is wrong. Give the member's number."""
    (last,) = db.execute("SELECT max(member_no) FROM members").fetchone()
    number = int(last[1:]) + 1 if last else 1
    phone = typing_habits.misheard(rng, person.phone) if typo else person.phone
    member = f"M{number:06}"
    insert(
        db,
        "members",
        member_no=member,
        name=person.name,
        mobile=typing_habits.staff_phone(rng, phone) if happens(rng, 95) else None,
        email=typing_habits.staff_email(rng, person.email) if happens(rng, 35) else None,
        birth_date=person.birthday if happens(rng, 50) else None,
        store_id="S005" if person.city.country == "HK" else rng.choice(tuple(STORES)[:4]),
        card_no=f"88{rng.randint(0, 999_999):06}{number:08}" if happens(rng, 90) else None,
        joined=store_time(now),
        updated_at=store_time(now),
    )
    for purpose in _PURPOSES:
        state = "granted" if happens(rng, 70) else "withdrawn"
        insert(db, "consents", member_no=member, purpose=purpose, state=state, at=store_time(now))
    return member


def add_receipt(db: Database, lines: list[Line], at: datetime, *, member: str | None, store: str) -> str:
    """Insert a receipt with its lines; a member gets one point for each whole unit of money. Give its number."""
    (count,) = db.execute("SELECT count(*) FROM receipts").fetchone()
    receipt, total, pay_method = f"{store}-{count + 1:07}", goods.total(lines), _PAY_METHODS[count % len(_PAY_METHODS)]
    insert(
        db,
        "receipts",
        receipt_no=receipt,
        member_no=member,
        store_id=store,
        total=str(total),
        currency=lines[0].currency,
        pay_method=pay_method,
        sold_at=store_time(at),
    )
    for number, line in enumerate(lines, start=1):
        insert(db, "receipt_lines", receipt_no=receipt, line_no=number, **line.columns())
    if member is not None:
        add_points(db, at, member=member, delta=int(total), reason="purchase")
    return receipt


def add_return(db: Database, rng: Random, at: datetime, *, line: tuple[str, int]) -> None:
    """Insert the return of a whole line (receipt, line number), some without a reason; a member's points go back too."""
    qty, unit_price, currency, member = db.execute(
        "SELECT l.qty, l.unit_price, l.currency, r.member_no FROM receipt_lines l JOIN receipts r USING (receipt_no)"
        " WHERE receipt_no = ? AND line_no = ?",
        line,
    ).fetchone()
    amount = qty * Decimal(unit_price)
    insert(
        db,
        "returns",
        receipt_no=line[0],
        line_no=line[1],
        amount=str(amount),
        currency=currency,
        reason=rng.choice(goods.RETURN_REASONS) if happens(rng, 80) else None,
        returned_at=store_time(at),
    )
    if member is not None:
        add_points(db, at, member=member, delta=-int(amount), reason="return")


def add_points(db: Database, at: datetime, *, member: str, delta: int, reason: str) -> None:
    """Book points and keep the member's balance."""
    insert(db, "points_ledger", member_no=member, delta=delta, reason=reason, at=store_time(at))
    db.execute("UPDATE members SET points = points + ? WHERE member_no = ?", (delta, member))


def set_phone(db: Database, now: datetime, *, member: str, typed: str) -> None:
    """Write a member's phone, as typed."""
    db.execute("UPDATE members SET mobile = ?, updated_at = ? WHERE member_no = ?", (typed, store_time(now), member))


def _any_member(db: Database, rng: Random) -> str | None:
    (newest,) = db.execute("SELECT max(member_no) FROM members").fetchone()
    wanted = f"M{rng.randint(2, max(2, int((newest or SHOWCASE_NO)[1:]))):06}"
    row = db.execute(
        "SELECT member_no FROM members WHERE member_no >= ? ORDER BY member_no LIMIT 1", (wanted,)
    ).fetchone()
    return None if row is None else str(row[0])


def _same_number(phone: str, typed: str | None) -> bool:
    """Whether two ways of writing a number end in the same eight digits, the part that no country code touches."""
    first, second = ("".join(str(int(sign)) for sign in text if sign.isdigit())[-8:] for text in (phone, typed or ""))
    return first == second
