"""Changes that the captured samples hold, to be made again in a real database, and what of a record compares with them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.estate.kafka import Record
from tests.installation import DATA

CLOCK = {"updated_at"}  # the one column that the database fills with the time of day


@dataclass(frozen=True, slots=True)
class SampledChanges:
    """The changes behind those records of `sample`, a captured file, that have one of `keys` (JSON texts).

    `numbered` inserts a row of another key into `table`: to be formatted with a number, which becomes its `key_column`.
    """

    sample: str
    tables: tuple[str, ...]
    changes: tuple[str, ...]
    keys: frozenset[str]
    table: str
    key_column: str
    numbered: str

    def captured(self) -> dict[str, list[Any]]:
        """Return the comparable records of the sample for each table."""
        lines = map(json.loads, (DATA / "debezium" / self.sample).read_text().splitlines())
        return self.comparable(
            Record(line["topic"], line["key"], line["value"], line.get("headers", {})) for line in lines
        )

    def comparable(self, records: Iterable[Record]) -> dict[str, list[Any]]:
        """Return for each table, in order, what of the records must not depend on time and place of a capture."""
        tables: dict[str, list[Any]] = {}
        for record in records:
            if record.key in self.keys:
                tables.setdefault(record.topic.rpartition(".")[2], []).append(_comparable(record))
        return tables


def _comparable(record: Record) -> Any:
    if record.value is None:
        return record.key, record.headers, None
    value = json.loads(record.value)
    source = value["source"]
    place = source["connector"], source["snapshot"], source["table"]
    images = {image: value[image] and _without_clock(value[image]) for image in ("before", "after")}
    return record.key, record.headers, value["op"], images, place, sorted(value), sorted(source)


def _without_clock(row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in row.items() if column not in CLOCK}


SHOP = SampledChanges(
    sample="pg.noschema.string.jsonl",
    tables=(
        """CREATE TABLE customers (
            id BIGSERIAL PRIMARY KEY, email TEXT, phone VARCHAR(32), full_name TEXT NOT NULL, birthday DATE, gender CHAR(1),
            city TEXT, wechat_openid TEXT, wechat_unionid TEXT, marketing_opt_in BOOLEAN NOT NULL DEFAULT false,
            created_at TIMESTAMPTZ NOT NULL DEFAULT now())""",
        """CREATE TABLE orders (
            id BIGSERIAL PRIMARY KEY, customer_id BIGINT REFERENCES customers (id) ON UPDATE CASCADE,
            total NUMERIC(12, 2) NOT NULL, status TEXT NOT NULL, placed_at TIMESTAMPTZ NOT NULL)""",
        "ALTER TABLE customers REPLICA IDENTITY FULL",
    ),
    changes=(
        """INSERT INTO customers (id, email, phone, full_name, birthday, gender, city, marketing_opt_in, created_at) VALUES
            (900, 'xiaomei@example.com', '+8613800000900', '陈小美', '1990-02-28', 'F', '厦门', true,
            '2026-11-01 08:00:00.123456+08')""",
        "UPDATE customers SET email = 'xiaomei.new@example.com' WHERE id = 900",
        "UPDATE customers SET phone = NULL, birthday = NULL WHERE id = 900",
        "INSERT INTO orders VALUES (9000, 900, 1234567.89, 'paid', '2026-11-02T00:00:00Z')",
        "UPDATE customers SET id = 901 WHERE id = 900",
        "UPDATE orders SET status = 'shipped' WHERE id = 9000",
        "UPDATE orders SET id = 9001 WHERE id = 9000",
        "DELETE FROM orders WHERE id = 9001",
        "DELETE FROM customers WHERE id = 901",
    ),
    keys=frozenset({'{"id":900}', '{"id":901}', '{"id":9000}', '{"id":9001}'}),
    table="orders",
    key_column="id",
    numbered="INSERT INTO orders VALUES ({}, NULL, 1.50, 'paid', now())",
)

TILL = SampledChanges(
    sample="mariadb.noschema.string.jsonl",
    tables=(
        """CREATE TABLE members (
            member_no VARCHAR(20) PRIMARY KEY, name VARCHAR(64) NOT NULL, mobile VARCHAR(20), email VARCHAR(128),
            birth_date DATE, store_id INT NOT NULL, points INT NOT NULL DEFAULT 0, card_no CHAR(16),
            is_vip TINYINT(1) NOT NULL DEFAULT 0, joined DATETIME NOT NULL,
            updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3))""",
        """CREATE TABLE receipts (
            receipt_no BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, member_no VARCHAR(20), store_id INT NOT NULL,
            cashier VARCHAR(32), total DECIMAL(12, 2) NOT NULL,
            pay_method ENUM('cash', 'wechat', 'alipay', 'card') NOT NULL, sold_at DATETIME(3) NOT NULL)""",
    ),
    changes=(
        """INSERT INTO members (member_no, name, mobile, email, birth_date, store_id, points, card_no, is_vip, joined) VALUES
            ('M900000', '陈小美', '138 0000 0900', 'xiaomei@example.com', '1990-02-28', 3, 10, '8800000000000900', 1,
            '2026-11-01 09:30:00')""",
        "UPDATE members SET email = 'chenxm@example.com' WHERE member_no = 'M900000'",
        "UPDATE members SET mobile = NULL, birth_date = NULL WHERE member_no = 'M900000'",
        "UPDATE members SET member_no = 'M900001' WHERE member_no = 'M900000'",
        "DELETE FROM members WHERE member_no = 'M900001'",
        "INSERT INTO receipts VALUES (9100, 'M000003', 2, '小王', 1234567.89, 'wechat', '2026-11-03 11:04:05.678')",
    ),
    keys=frozenset({'{"member_no":"M900000"}', '{"member_no":"M900001"}', '{"receipt_no":9100}'}),
    table="receipts",
    key_column="receipt_no",
    numbered="INSERT INTO receipts VALUES ({}, NULL, 1, NULL, 1.50, 'cash', now())",
)
