"""A till's captured SQLite database, the installation that reads it, and ways to change rows with nobody listening."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cdc import Audit, SqliteCapture, SqliteSource, TableParity, install
from cdc.parity import IMPATIENT, Patience
from tests.installation import Installation, installation

MAPPING = """
[[source]]
name = "till"
topics = "till.*"
currency = "CNY"

[source.tables.customers]
kind = "person"
key = ["id"]
updated_at = "changed"
[source.tables.customers.columns]
email = { is = "email", verified_by = "email_checked" }
phone = { is = "phone" }
full_name = { is = "name" }
marketing = { is = "consent", purpose = "marketing", at = "marketing_at" }
wishes = { is = "trait.wishes", type = "json" }

[source.tables.orders]
kind = "order"
key = ["id"]
[source.tables.orders.columns]
customer = { is = "person" }
total = { is = "amount" }
placed = { is = "occurred_at" }
remark = { is = "trait.remark" }

[source.tables.opt_ins]
kind = "consent"
key = ["id"]
purpose = "newsletter"
[source.tables.opt_ins.columns]
customer = { is = "person" }
answer = { is = "state" }
given = { is = "occurred_at" }

[source.tables.visits]
kind = "event"
[source.tables.visits.columns]
page = { is = "name" }
"""
DDL = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, email_checked INTEGER, phone TEXT, full_name TEXT, marketing INTEGER,
    marketing_at TEXT, wishes TEXT, changed TEXT);
CREATE TABLE orders (id TEXT PRIMARY KEY, customer INTEGER, total NUMERIC, placed TEXT, remark TEXT);
CREATE TABLE opt_ins (id INTEGER PRIMARY KEY, customer INTEGER, answer TEXT, given TEXT);
"""
TABLES = ["customers", "orders", "opt_ins"]
CUSTOMERS = 60
SECRET = "geheim@example.com"


@dataclass
class Till:
    """The source, what captures it, and the installation that reads it."""

    file: Path
    one: Installation

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def run_unheard(self, *statements: str) -> None:
        """Change rows while the triggers are gone, as when nobody listens."""
        with closing(sqlite3.connect(self.file)) as connection:
            triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                connection.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                connection.execute(statement)
            for _, sql in triggers:
                connection.execute(sql)
            connection.commit()

    def ingest(self, *, limit: int = 10_000) -> None:
        capture, pipeline = SqliteCapture(self.file, "till"), self.one.parts.pipeline
        held = pipeline.claim(capture.stream)
        pipeline.ingest(held, capture.events(held.next_offset, limit))

    def audit(self, *, named: int = 20, shows: bool = True, patience: Patience = IMPATIENT) -> dict[str, TableParity]:
        parts = self.one.parts
        source = parts.settings.mapping.sources[0]
        audit = Audit(parts.database, parts.sealer, named=named, shows_sealed_keys=shows)
        with SqliteSource(self.file, "till").snapshot() as snapshot:
            return {name: audit.table(snapshot, source, source.tables[name], patience=patience) for name in TABLES}


@contextmanager
def open_till(folder: Path, *, database: str = "") -> Iterator[Till]:
    """Make the till with some customers, orders and consents, and read all of them."""
    file = folder / "till.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(DDL)
        for number in range(CUSTOMERS):
            wishes = json.dumps({"size": number, "likes": ["tea"]})
            values = (
                number,
                f"c{number}@example.com",
                number % 3,
                f"138{number:08}",
                f"王{number}",
                number % 2,
                "2026-01-02",
            )
            connection.execute(
                "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?, ?, '2026-03-04 05:06:07')", (*values, wishes)
            )
            order = (f"A-{number}", number if number % 5 else None, f"{number}.50", "2026-05-06T07:08:09Z", None)
            connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", order)
            answer = "granted" if number % 2 else "withdrawn"
            connection.execute("INSERT INTO opt_ins VALUES (?, ?, ?, '2026-02-03')", (number, number, answer))
        connection.commit()
        install(connection, TABLES, source="till")
    with installation(folder / "onefold", MAPPING, database=database) as one:
        till = Till(file, one)
        till.ingest()
        yield till
