"""Rows of a few people who share, conflict and bridge: names in several spellings, mistyped and masked phones, a household.

Two tables tell of them: a web shop that verifies e-mails and phones, and a till that verifies nothing. Limits are tight, so that a
handful of rows makes values generic, breaks every rule and leaves pairs to a steward.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from hypothesis import strategies as st

from identity.parsing.national_ids import parse_national_id
from tests.change_log import ChangeLog

MAPPING: Final = """
[identity]
max_cluster_records = 5
[identity.identifiers.phone]
generic_above = 3
generic_above_records = 12
max_values = 1
[identity.identifiers.email]
generic_above = 2
generic_above_records = 3
max_values = 2
[identity.identifiers.wechat_unionid]
generic_above = 3
max_values = 2

[[source]]
name = "db"
topics = "db.*"
channel = "store"
currency = "CNY"
[source.tables.shop]
kind = "person"
key = ["id"]
[source.tables.shop.columns]
name = { is = "name" }
gender = { is = "gender" }
birthday = { is = "birthday" }
phone = { is = "phone", verified_by = "phone_ok" }
email = { is = "email", verified_by = "email_ok" }
unionid = { is = "wechat_unionid" }
address = { is = "address" }
note = { is = "trait.note" }
[source.tables.till]
kind = "person"
key = ["id"]
[source.tables.till.columns]
name = { is = "name" }
gender = { is = "gender" }
birthday = { is = "birthday" }
phone = { is = "phone" }
email = { is = "email" }
id_no = { is = "national_id" }
address = { is = "address" }
note = { is = "trait.note" }
"""

TABLES: Final = ("shop", "till")
_MOST_KEYS: Final = 6


def national_id(first: str) -> str:
    """A national id with its check digit, of its first seventeen."""
    found = ((first + last, parse_national_id(first + last)) for last in "0123456789X")
    return next(number for number, read in found if read and read.is_proven)


_HOME, _OTHER_HOME = "北京市朝阳区建国路88号3号楼1201室", "上海市浦东新区世纪大道100号5栋602室"

#: Everything that each of them may write in a column, as often as it stands here. The second lives with the first.
_PEOPLE: Final[list[dict[str, list[str]]]] = [
    {
        "name": ["陈小美", "陈小美", "陳小美", "Chen Xiaomei", "Xiaomei Chen", "陈小妹", "陈女士"],
        "gender": ["f", "m"],
        "birthday": ["1990-02-03", "1990-02-03", "1990-03-02", "1990-02-08", "1990-01-01"],
        "phone": ["13812345670", "13812345670", "+86 138 1234 5670", "138****5670", "13812345607", "13912340002"],
        "email": [
            "xiaomei@example.com",
            "xiaomei@example.com",
            "XiaoMei@example.com",
            "xiaomei@qq.com",
            "13812345670@163.com",
        ],
        "unionid": ["union-1", "union-2"],
        "id_no": [national_id("11010519900203002"), national_id("11010519900203002")[:-2] + "00"],
        "address": [_HOME, "朝阳区建国路88号3号楼1201"],
    },
    {
        "name": ["陈大文", "陈大文", "陈先生", "Chen Dawen"],
        "gender": ["m"],
        "birthday": ["1961-07-20", "1990-02-03", "1961-01-01"],
        "phone": ["13812345670", "138****5670", "13700001111"],
        "email": ["family@example.com", "xiaomei@example.com"],
        "unionid": ["union-3", "union-1"],
        "id_no": [national_id("11010519610720001")],
        "address": [_HOME],
    },
    {
        "name": ["王伟", "王伟", "王偉", "Wang Wei", "王先生"],
        "gender": ["m", "f"],
        "birthday": ["1985-01-01", "1985-01-01", "1985-11-23"],
        "phone": ["13912340002", "139****0002", "13812345670"],
        "email": ["wang@example.com", "service@example.com"],
        "unionid": ["union-2"],
        "id_no": [national_id("31011519851123001")],
        "address": [_OTHER_HOME, _HOME],
    },
]
_SHOP: Final = ("name", "gender", "birthday", "phone", "email", "unionid", "address")
_TILL: Final = ("name", "gender", "birthday", "phone", "email", "id_no", "address")
_TOLD: Final = {"shop": _SHOP, "till": _TILL}


def _row(table: str, person: Mapping[str, list[str]]) -> st.SearchStrategy[dict[str, Any]]:
    told: dict[str, st.SearchStrategy[Any]] = {
        column: st.sampled_from([*person[column], *[None] * (len(person[column]) // 2 + 1)]) for column in _TOLD[table]
    }
    if table == "shop":
        told |= {"phone_ok": st.sampled_from([1, 0]), "email_ok": st.sampled_from([1, 0, 0])}
    return st.fixed_dictionaries(told)


KEYS: Final = st.integers(1, _MOST_KEYS)


_Change = st.SearchStrategy[tuple[Any, ...]]


def _changes(table: str) -> list[_Change]:
    """Kinds of changes, each as often as it is wanted (``one_of`` would forget repetitions)."""
    rows = st.sampled_from([_PEOPLE[0], *_PEOPLE]).flatmap(lambda person: _row(table, person))
    column = st.sampled_from([*_TOLD[table], "email_ok", "phone_ok"] if table == "shop" else _TOLD[table])
    some = st.builds(lambda row, name: {name: row.get(name)}, rows, column)
    note = st.fixed_dictionaries({"note": st.sampled_from("ab")})
    put = st.tuples(st.just("put"), st.just(table), KEYS, rows)
    amend = st.tuples(st.just("amend"), st.just(table), KEYS, some)
    unrelated = st.tuples(st.just("amend"), st.just(table), KEYS, note)
    delete = st.tuples(st.just("delete"), st.just(table), KEYS)
    move = st.tuples(st.just("move"), st.just(table), KEYS, KEYS)
    return [*[put] * 12, *[amend] * 4, unrelated, *[delete] * 3, move]


_CROWDS: Final = st.tuples(
    st.just("crowd"),
    st.integers(4, _MOST_KEYS),
    st.sampled_from(
        [{"name": "陈小美"}, {"name": "王伟", "birthday": "1985-11-23"}, {"name": "陈女士", "address": _HOME}]
    ),
)

_CLAIMANTS: Final = st.tuples(
    st.just("claimants"),
    st.integers(2, _MOST_KEYS),
    st.sampled_from([{"email": "xiaomei@example.com", "email_ok": 0}, {"phone": "13812345670", "phone_ok": 0}]),
)

_ORDERS: Final = st.tuples(
    st.just("orders"),
    st.integers(4, _MOST_KEYS),
    st.lists(st.sampled_from(["陈小妹", "陈大文", "王伟", "赵敏"]), min_size=2, max_size=4, unique=True),
)

_KINDS: Final = [*_changes("shop"), *_changes("till"), _CROWDS, _CLAIMANTS, *[_ORDERS] * 3]

#: One change of one row: written whole, in one column, deleted, or given another key. Or a crowd: rows of both tables that say
#: the same, too many for combinations such as a full name to lead anywhere. Or claimants: rows of the shop that all claim somebody's
#: e-mail or phone. Or orders: rows of the till of one name and phone, which rows of the shop with other names verify for themselves.
CHANGES: Final = st.integers(0, len(_KINDS) - 1).flatmap(lambda number: _KINDS[number])


def write(log: ChangeLog, change: tuple[Any, ...]) -> None:
    """Write one of ``CHANGES`` into a source's log."""
    match change:
        case "put", table, key, row:
            log.put(table, key, row)
        case "amend", table, key, some if (table, key) in log.rows:
            log.put(table, key, some)
        case "delete", table, key:
            log.delete(table, key)
        case "move", table, key, other:
            log.move(table, key, other)
        case kind, count, told if kind in _OF_MANY_ROWS:
            for table, key, row in _OF_MANY_ROWS[kind](count, told):
                log.put(table, key, row)


_Rows = Iterator[tuple[str, int, dict[str, Any]]]


def _crowd(count: int, row: dict[str, Any]) -> _Rows:
    yield from ((table, key, row) for table in TABLES for key in range(1, count + 1))


def _claimants(count: int, row: dict[str, Any]) -> _Rows:
    yield from (("shop", key, row) for key in range(1, count + 1))


def _orders(count: int, others: list[str]) -> _Rows:
    phone = _PEOPLE[0]["phone"][0]
    yield from (("till", key, {"name": "陈小美", "phone": phone}) for key in range(1, count + 1))
    for key, name in enumerate(others, start=1):
        yield "shop", key, {"name": name, "phone": phone, "phone_ok": 1}


_OF_MANY_ROWS: Final[dict[str, Callable[[int, Any], _Rows]]] = {
    "crowd": _crowd,
    "claimants": _claimants,
    "orders": _orders,
}


def written(changes: Iterable[tuple[Any, ...]]) -> ChangeLog:
    """A source to which all this happened."""
    log = ChangeLog()
    for change in changes:
        write(log, change)
    return log


def natural(row: tuple[str, int]) -> str:
    """The natural key of a row."""
    return json.dumps(["db", row[0], str(row[1])], separators=(",", ":"))


def row_of(natural_key: str) -> tuple[str, int]:
    """The row of a natural key."""
    _, table, key = json.loads(natural_key)
    return table, int(key)
