"""``onefold parity`` as people run it: what it prints, keeps and exits with, and what it never shows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

import server
from cdc import stored_results
from cli.app import application
from privacy import audit_entry
from tests.integration.till import CUSTOMERS, SECRET, Till, open_till

CONNECTOR = """
[source.connector]
kind = "{kind}"
host = "127.0.0.1"
port = 9
database = "shop"
user = "onefold"
password_env = "SHOP_PASSWORD"
"""
PASSWORD = "streng geheim"


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with open_till(tmp_path) as till:
        yield till


def run(till: Till, *args: str, environ: dict[str, str] | None = None) -> Result:
    given = ["parity", *args, "--config", str(till.one.folder / "onefold.toml")]
    environ = environ or {}
    return CliRunner().invoke(application(), given, obj=server.wiring(environ), env=environ)


def of_file(till: Till, *args: str, exit_code: int = 0, **environ: str) -> dict[str, Any]:
    tables = ("--table", "customers", "--table", "orders", "--table", "opt_ins")
    result = run(till, "--file", f"till={till.file}", *tables, "--json", *args, environ=environ)
    assert result.exit_code == exit_code, result.output
    return {table["table"]: table for table in json.loads(result.stdout)["tables"]}


def token(till: Till, role: str) -> str:
    config = str(till.one.folder / "onefold.toml")
    result = CliRunner().invoke(
        application(), ["token", "create", "--role", role, "--store", "*", "-c", config], obj=server.wiring({})
    )
    return result.stdout.strip()


def test_all_equal_exits_with_0_and_is_kept(till: Till) -> None:
    found = of_file(till)
    assert {name: table["state"] for name, table in found.items()} == dict.fromkeys(found, "equal")
    with till.one.parts.database.read() as connection:
        kept = stored_results(connection)
    assert [(one.table, one.state, one.rows_there, one.rows_here) for one in kept] == [
        (name, "equal", CUSTOMERS, CUSTOMERS) for name in sorted(found)
    ]


def test_the_next_result_takes_the_place_of_the_one_before(till: Till) -> None:
    of_file(till)
    till.run_unheard("DELETE FROM orders WHERE id = 'A-3'")
    of_file(till, exit_code=1)
    with till.one.parts.database.read() as connection:
        kept = {one.table: (one.state, one.extra) for one in stored_results(connection)}
    assert kept == {"customers": ("equal", 0), "opt_ins": ("equal", 0), "orders": ("different", 1)}


def test_differences_exit_with_1_and_are_named(till: Till) -> None:
    till.run_unheard("DELETE FROM orders WHERE id = 'A-3'", f"UPDATE customers SET email = '{SECRET}' WHERE id = 4")
    result = run(till, "--file", f"till={till.file}", "--table", "orders", "--table", "customers")
    assert result.exit_code == 1
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["till.orders", "extra", "A-3"] in lines
    assert any(line[:3] == ["till.customers", "different", "(row"] and line[-1] == "email" for line in lines)
    assert "ask the connector for a snapshot of the table" in result.stderr
    assert "ONEFOLD_TOKEN" in result.stderr
    assert SECRET not in result.output


def test_a_token_shows_sealed_keys_and_leaves_an_audit_entry(till: Till) -> None:
    till.run_unheard("DELETE FROM customers WHERE id = 4")
    assert of_file(till, exit_code=1)["customers"]["rows"][0]["key"] is None
    found = of_file(till, exit_code=1, ONEFOLD_TOKEN=token(till, "steward"))
    assert found["customers"]["rows"][0]["key"] == ["4"]
    with till.one.parts.database.read() as connection:
        entries = connection.execute(sa.select(audit_entry).where(audit_entry.c.action == "parity")).all()
    assert [(entry.role, entry.rows, entry.decision) for entry in entries] == [("steward", 1, "clear")]


def test_a_token_of_another_role_is_refused(till: Till) -> None:
    result = run(till, "--file", f"till={till.file}", environ={"ONEFOLD_TOKEN": token(till, "analyst")})
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--role steward" in result.stderr


def test_behind_says_so_and_what_to_do(till: Till) -> None:
    till.run("DELETE FROM orders WHERE id = 'A-3'")
    result = run(till, "--file", f"till={till.file}", "--table", "orders")
    assert result.exit_code == 1
    assert "Onefold has read no streamed change yet, the source stands at change 181" in result.stderr
    assert "--wait" in result.stderr
    assert of_file(till, "--settled", exit_code=1)["orders"]["state"] == "different"


def test_a_table_that_cannot_be_compared_does_not_stop_the_others(till: Till) -> None:
    result = run(till, "--file", f"till={till.file}", "--json")
    assert result.exit_code == 1
    states = {table["table"]: table["state"] for table in json.loads(result.stdout)["tables"]}
    assert states == {"customers": "equal", "orders": "equal", "opt_ins": "equal", "visits": "not_compared"}
    assert json.loads(result.stdout)["tables"][3]["note"].startswith("source 'till' has no table 'visits'")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "source 'till' has no [source.connector]"),
        (("--source", "shop"), "the mapping has no source 'shop'; it has 'till'"),
        (("--file", "till.db"), "--file needs the source and its file"),
        (("--file", "shop=x.db"), "the mapping has no source 'shop'"),
        (("--file", "till=/nowhere/till.db"), "its database is locked, cannot be opened or is not captured"),
        (("--file", "till={file}", "--table", "nowhere"), "maps no table 'nowhere'; it maps 'customers', 'orders'"),
    ],
)
def test_wrong_use_names_the_mend(till: Till, args: tuple[str, ...], message: str) -> None:
    result = run(till, *(arg.format(file=till.file) for arg in args))
    assert (result.exit_code, result.exception.__class__) == (2, SystemExit)
    assert message in result.stderr


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_source_that_does_not_answer_is_named_without_its_password(till: Till, kind: str) -> None:
    config = till.one.folder / "onefold.toml"
    text = config.read_text().replace(
        "[source.tables.customers]", CONNECTOR.format(kind=kind) + "[source.tables.customers]", 1
    )
    config.write_text(text.replace('topics = "till.*"', 'topics = "till.*"\n', 1))
    result = run(till, environ={"SHOP_PASSWORD": PASSWORD})
    assert result.exit_code == 2, result.output
    assert "source 'till'" in result.stderr
    assert "does not answer as it should" in result.stderr
    assert PASSWORD not in result.output
    silent = run(till)
    assert (silent.exit_code, "SHOP_PASSWORD" in silent.stderr) == (2, True)
