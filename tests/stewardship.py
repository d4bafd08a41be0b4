"""A family whose records ran together, for tests of stewards' work: a father, a mother, a son, and a careless row."""

from tests.change_log import ChangeLog

#: A shop with customers, members, orders and permits.
MAPPING = """
[[source]]
name = "db"
topics = "db.*"
channel = "online"
currency = "CNY"
[source.tables.person]
kind = "person"
key = ["id"]
updated_at = "updated_at"
[source.tables.person.columns]
phone = { is = "phone" }
email = { is = "email" }
name = { is = "name" }
birthday = { is = "birthday" }
address = { is = "address" }
store = { is = "store" }
[source.tables.orders]
kind = "order"
key = ["id"]
[source.tables.orders.columns]
person = { is = "person", table = "person" }
total = { is = "amount" }
at = { is = "occurred_at", unit = "us" }
[source.tables.permit]
kind = "consent"
key = ["id"]
[source.tables.permit.columns]
person = { is = "person", table = "person" }
what = { is = "purpose" }
state = { is = "state" }
at = { is = "occurred_at", unit = "us" }
"""

HOME = "上海市徐汇区漕溪北路18号5栋1203室"
FATHER, SON, CARELESS, MOTHER, STRANGER, NAMESAKE = 1, 2, 3, 4, 5, 6


def family() -> ChangeLog:
    """The rows: the careless one has the father's name and birthday, and the son's phone and mailbox."""
    log = ChangeLog()
    father = {"name": "陈建国", "birthday": "1961-03-14"}
    son = {"phone": "13812345671", "email": "xiaoming.c@example.com"}
    log.put("person", FATHER, {**father, "phone": "13987654320", "address": HOME, "store": "S001"})
    log.put("person", SON, {**son, "store": "S001"})
    log.put("person", CARELESS, {**father, **son, "store": "S001"})
    mother = {"name": "王秀英", "birthday": "1963-07-02", "phone": "13987654320", "address": HOME}
    log.put("person", MOTHER, {**mother, "store": "S001"})
    log.put("person", STRANGER, {"name": "赵丽娟", "birthday": "1988-11-23", "phone": "13700001111", "store": "S002"})
    log.put("person", NAMESAKE, {"name": "赵丽娟", "birthday": "1988-12-20", "store": "S001"})
    for number, person in enumerate((FATHER, SON, CARELESS), 1):
        log.put("orders", number, {"person": person, "total": f"{number}0.00", "at": number})
    log.put("permit", 1, {"person": FATHER, "what": "marketing", "state": "granted", "at": 1})
    log.put("permit", 2, {"person": SON, "what": "marketing", "state": "withdrawn", "at": 2})
    return log
