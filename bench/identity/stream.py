"""The stream of row changes that every method reads, and the protocol by which a method is measured.

A stream is a list of :class:`RowEvent` in the order of their commit. Methods that resolve in batch read its live rows; a method
that resolves each change reads it as captured change events (:func:`captured`) under the stream's mapping.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypeAlias

Row: TypeAlias = Mapping[str, str | None]
Source: TypeAlias = Literal["shop", "pos"]

_RETAIL = """
[onefold]
currency = "CNY"

[identity]
default_region = "{region}"

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
birthday = { is = "birthday", type = "text" }
gender = { is = "gender" }
city = { is = "city" }
address = { is = "address" }
wechat_unionid = { is = "wechat_unionid" }
wechat_openid = { is = "wechat_openid", app = "wx0000000000000001" }
loyalty_card = { is = "loyalty_card" }

[[source]]
name = "pos"
topics = "pos.pos.*"
channel = "store"
timezone = "Asia/Shanghai"
currency = "CNY"
[source.tables.members]
kind = "person"
key = ["member_no"]
updated_at = "updated_at"
[source.tables.members.columns]
name = { is = "name" }
mobile = { is = "phone" }
email = { is = "email" }
birth_date = { is = "birthday", type = "text" }
gender = { is = "gender" }
city = { is = "city" }
address = { is = "address" }
wechat_unionid = { is = "wechat_unionid" }
wechat_openid = { is = "wechat_openid", app = "wx0000000000000001" }
card_no = { is = "loyalty_card" }
store_id = { is = "store" }
"""

_TABLES: Mapping[Source, tuple[str, str]] = {
    "shop": ("shop.public.customers", "id"),
    "pos": ("pos.pos.members", "member_no"),
}


class Key(NamedTuple):
    """Names a row: its source and its primary key as text."""

    source: Source
    key: str


@dataclass(frozen=True, slots=True)
class RowEvent:
    """One change of one row; ``row`` is the whole new version, None for a delete; ``at_ms`` since 1970 UTC."""

    op: Literal["c", "u", "d"]
    key: Key
    row: Row | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class Stream:
    """What a method reads: changes in the order of their commit, and the ``onefold.toml`` that says what the columns mean."""

    events: Sequence[RowEvent]
    mapping: str


#: What is measured: reads a stream, gives for each live row at its end the name of the cluster that it was put into.
Resolve: TypeAlias = Callable[[Stream], Mapping[Key, str]]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A stream with its truth: for each live row at its end the number of the person that it is about.

    ``kind`` names how its columns are to be cleaned: ``chinese``, ``latin`` or ``febrl``.
    """

    kind: str
    seed: int
    stream: Stream
    truth: Mapping[Key, int]


def retail_mapping(region: str) -> str:
    """How Onefold reads both sources of a chain in a country (ISO 3166 code). Birthdays stay text: normalising them is measured."""
    return _RETAIL.replace("{region}", region)


def live_rows(events: Iterable[RowEvent]) -> dict[Key, Row]:
    """The rows that are left at the end, in their last versions."""
    rows: dict[Key, Row] = {}
    for event in events:
        if event.row is None:
            rows.pop(event.key, None)
        else:
            rows[event.key] = event.row
    return rows


def captured(events: Iterable[RowEvent]) -> Iterator[dict[str, Any]]:
    """The events as Debezium captures them from PostgreSQL (shop) and MariaDB (POS): a line of a captured file each."""
    before: dict[Key, Row] = {}
    for number, event in enumerate(events, 1):
        old = before.get(event.key)
        yield _envelope(event, old, 1_000_000 + 64 * number)
        if event.row is None:
            before.pop(event.key, None)
        else:
            before[event.key] = event.row


def _envelope(event: RowEvent, old: Row | None, log: int) -> dict[str, Any]:
    topic, key_column = _TABLES[event.key.source]
    key: dict[str, Any] = {key_column: event.key.key}
    stamp = {"updated_at": _iso(event.at_ms)}
    value = {
        "before": None if old is None else {**key, **old},
        "after": None if event.row is None else {**key, **event.row, **stamp},
        "source": {**_SOURCES[event.key.source](log), "ts_ms": event.at_ms, "snapshot": "false"},
        "transaction": None,
        "op": event.op,
        "ts_ms": event.at_ms,
    }
    return {"topic": topic, "key": json.dumps(key), "value": json.dumps(value, ensure_ascii=False)}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _postgres(log: int) -> dict[str, Any]:
    source = {"version": "3.6.3.Final", "connector": "postgresql", "name": "shop", "db": "shop", "schema": "public"}
    return {**source, "table": "customers", "txId": log // 64, "lsn": log, "sequence": f'["{log}","{log}"]'}


def _mariadb(log: int) -> dict[str, Any]:
    source = {"version": "3.6.3.Final", "connector": "mariadb", "name": "pos", "db": "pos", "table": "members"}
    place = {"server_id": 5401, "gtid": f"0-5401-{log}", "file": "mariadb-bin.000003", "pos": log, "row": 0}
    return {**source, **place, "sequence": None, "thread": None, "query": None}


_SOURCES: Mapping[Source, Callable[[int], dict[str, Any]]] = {"shop": _postgres, "pos": _mariadb}
