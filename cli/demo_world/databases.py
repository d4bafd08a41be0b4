"""The two source databases: their tables, how they are opened, and how times are written in each.

They hold plaintext, as a shop's own databases do, and lie outside Onefold's data folder.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final, Protocol

#: The clock on the store's wall. Fixed, since China has had no summer time since 1991 and time zone files may be missing.
STORE_TIME: Final = timezone(timedelta(hours=8))
#: The WeChat app of the online shop: openids are unique within it.
SHOP_WECHAT_APP: Final = "wx8c3e0f6d1b2a4975"


class Rows(Protocol):
    """What a statement gave, as ``sqlite3.Cursor`` has it."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    @property
    def lastrowid(self) -> int | None:
        """The number that the inserted row was given."""

    def fetchone(self) -> Any:
        """Give the next row, a tuple, or None."""

    def fetchall(self) -> list[Any]:
        """Give all rows, tuples."""


class Database(Protocol):
    """A business's database, whatever its make, as ``sqlite3.Connection`` has it: values stand as ``?``."""

    def execute(self, statement: str, values: tuple[object, ...] = ..., /) -> Rows:
        """Run one statement of the SQL that SQLite, PostgreSQL and MariaDB have in common."""


SHOP_TABLES: Final = ("customers", "orders", "order_items", "page_visits", "reviews")
POS_TABLES: Final = ("members", "receipts", "receipt_lines", "returns", "points_ledger", "consents")

SHOP_DDL: Final = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT, phone TEXT, full_name TEXT NOT NULL, birthday TEXT, gender TEXT,
    city TEXT, address TEXT, wechat_openid TEXT, wechat_unionid TEXT, marketing_opt_in INTEGER NOT NULL DEFAULT 0,
    email_verified_at TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER REFERENCES customers ON DELETE SET NULL,
    total TEXT NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, placed_at TEXT NOT NULL
);
CREATE TABLE order_items (
    order_id INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE, line_no INTEGER NOT NULL, sku TEXT NOT NULL,
    title TEXT NOT NULL, qty INTEGER NOT NULL, unit_price TEXT NOT NULL, currency TEXT NOT NULL,
    PRIMARY KEY (order_id, line_no)
);
CREATE TABLE page_visits (
    id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER REFERENCES customers ON DELETE CASCADE,
    device_id TEXT NOT NULL, url TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER REFERENCES customers ON DELETE CASCADE,
    sku TEXT NOT NULL, rating INTEGER NOT NULL, body TEXT, created_at TEXT NOT NULL
);
CREATE INDEX orders_of_customer ON orders (customer_id);
CREATE INDEX visits_of_customer ON page_visits (customer_id);
CREATE INDEX reviews_of_customer ON reviews (customer_id);
"""

POS_DDL: Final = """
CREATE TABLE members (
    member_no TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, mobile TEXT, email TEXT, birth_date TEXT,
    store_id TEXT NOT NULL, card_no TEXT, points INTEGER NOT NULL DEFAULT 0, joined TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE TABLE receipts (
    receipt_no TEXT PRIMARY KEY NOT NULL, member_no TEXT REFERENCES members ON DELETE SET NULL, store_id TEXT NOT NULL,
    total TEXT NOT NULL, currency TEXT NOT NULL, pay_method TEXT NOT NULL, sold_at TEXT NOT NULL
);
CREATE TABLE receipt_lines (
    receipt_no TEXT NOT NULL REFERENCES receipts ON DELETE CASCADE, line_no INTEGER NOT NULL, sku TEXT NOT NULL,
    title TEXT NOT NULL, qty INTEGER NOT NULL, unit_price TEXT NOT NULL, currency TEXT NOT NULL,
    PRIMARY KEY (receipt_no, line_no)
);
CREATE TABLE returns (
    return_id INTEGER PRIMARY KEY AUTOINCREMENT, receipt_no TEXT NOT NULL, line_no INTEGER NOT NULL, amount TEXT NOT NULL,
    currency TEXT NOT NULL, reason TEXT, returned_at TEXT NOT NULL, FOREIGN KEY (receipt_no, line_no) REFERENCES receipt_lines
);
CREATE TABLE points_ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT, member_no TEXT NOT NULL REFERENCES members ON DELETE CASCADE,
    delta INTEGER NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, member_no TEXT NOT NULL REFERENCES members ON DELETE CASCADE,
    purpose TEXT NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX receipts_of_member ON receipts (member_no);
CREATE INDEX points_of_member ON points_ledger (member_no);
CREATE INDEX consents_of_member ON consents (member_no);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open a database as its business would: WAL, foreign keys on; the caller begins and ends transactions.

    The connection may be handed from thread to thread; the caller sees to it that one at a time uses it.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=10.0, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether the database has no tables yet."""
    return connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is None


@contextmanager
def transaction(connection: Database, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Commit at the end what happens within, or nothing of it."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def insert(connection: Database, table: str, /, **values: object) -> int:
    """Insert one row and give its row id; names come from this package, never from outside."""
    marks = ", ".join("?" for _ in values)
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"  # noqa: S608 - our own names
    return connection.execute(statement, tuple(values.values())).lastrowid or 0


def shop_time(moment: datetime) -> str:
    """Write a moment as the shop does: ISO 8601 in UTC, with milliseconds and ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def store_time(moment: datetime) -> str:
    """Write a moment as the POS does: the store's wall clock, without a zone."""
    return moment.astimezone(STORE_TIME).strftime("%Y-%m-%d %H:%M:%S")
