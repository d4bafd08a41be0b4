"""A real source database that `onefold connector` and `onefold check --sources` are tried on, set up by what they print."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

import server
from cli.app import application

PASSWORD = "it's a s3cret"

SHOP = """
[connect]
url = "{url}"
bootstrap_servers = "{bootstrap_servers}"

[[source]]
name = "{name}"
topics = "{name}.public.*"
currency = "CNY"

[source.connector]
kind = "postgresql"
host = "127.0.0.1"
port = {port}
database = "{database}"
user = "{user}"
password_file = "{password}"
{more}

[source.tables.customers]
kind = "person"
key = ["id"]

[source.tables.customers.columns]
email = {{ is = "email" }}
full_name = {{ is = "name" }}

[source.tables.orders]
kind = "order"
key = ["id"]

[source.tables.orders.columns]
customer_id = {{ is = "person" }}
total = {{ is = "amount" }}
placed_at = {{ is = "occurred_at" }}

[source.tables.staff]
kind = "ignore"
"""
SHOP_TABLES = (
    "CREATE TABLE customers (id BIGINT PRIMARY KEY, email TEXT, full_name TEXT)",
    "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id BIGINT, total NUMERIC(12, 2), placed_at TIMESTAMPTZ)",
    "CREATE TABLE staff (id BIGINT PRIMARY KEY, salary NUMERIC)",
)
TILL = """
[connect]
url = "{url}"
bootstrap_servers = "{bootstrap_servers}"

[[source]]
name = "{name}"
topics = "{name}.*"
currency = "CNY"

[source.connector]
kind = "mariadb"
host = "127.0.0.1"
port = {port}
database = "{database}"
user = "{user}"
password_file = "{password}"
{more}

[source.tables.members]
kind = "person"
key = ["member_no"]

[source.tables.members.columns]
name = {{ is = "name" }}
mobile = {{ is = "phone" }}

[source.tables.receipts]
kind = "order"
key = ["receipt_no"]

[source.tables.receipts.columns]
member_no = {{ is = "person" }}
total = {{ is = "amount" }}
"""
TILL_TABLES = (
    "CREATE TABLE members (member_no VARCHAR(20) PRIMARY KEY, name VARCHAR(64), mobile VARCHAR(20))",
    "CREATE TABLE receipts (receipt_no BIGINT PRIMARY KEY, member_no VARCHAR(20), total DECIMAL(12, 2) NOT NULL)",
    "CREATE TABLE staff (id BIGINT PRIMARY KEY, salary DECIMAL(12, 2))",
)


@dataclass(slots=True)
class Captured:
    """A source, its settings in `folder`, and `execute`, which runs a statement as the database's administrator."""

    folder: Path
    name: str
    user: str
    execute: Callable[[str], Any]

    def run(self, *arguments: str) -> Result:
        given = [*arguments, "--config", str(self.folder / "onefold.toml")]
        return CliRunner().invoke(application(), given, obj=server.wiring({}))

    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("check", "--sources", "--json").stdout)["sources"]
        return found

    def statements(self) -> list[str]:
        found = json.loads(self.run("connector", "config", self.name, "--statements", "--json").stdout)
        return list(found["statements"])

    def mend(self, finding: dict[str, Any]) -> None:
        for statement in finding["statements"]:
            self.execute(statement)


def write_settings(folder: Path, text: str, **values: object) -> None:
    """Write the settings, and the password file that they name."""
    password = folder / "password"
    password.write_text(PASSWORD)
    filled = text.format(
        password=password, **{"more": "", "url": "http://127.0.0.1:1", "bootstrap_servers": "", **values}
    )
    filled = filled.replace('bootstrap_servers = ""\n', "")
    (folder / "onefold.toml").write_text(filled)
