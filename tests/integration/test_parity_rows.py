"""``sourceParity`` from end to end: a captured SQLite file, ``onefold parity``, and what the API says of hashes and rows that differ."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from typer.testing import CliRunner

import server
from cdc import DifferenceKeeper, store_result, stored_differences, wall_time
from cdc.parity.differences import KEPT_DAYS, LISTED
from cdc.tables import source_difference
from cli.app import application
from identity import source_record
from privacy import audit_entry, issue
from resolvers import pseudonym
from tests.integration.till import SECRET, Till, open_till

QUERY = """{ sourceParity { table state hashThere hashHere unlisted
  differences { kind key { value masked access } columns code }
} }"""
ACCESS_ALONE = "{ sourceParity { table differences { kind key { access } } } }"
PERSONAL_KEYS = """
[source.tables.orders]
kind = "order"
key = ["id"]
personal_key = true
"""
DAY = 86_400_000_000


@pytest.fixture
def till(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    monkeypatch.setenv("ONEFOLD_DATABASE", database_url)
    with open_till(tmp_path, database=database_url) as till:
        yield till


def audit(till: Till) -> None:
    """Run the command as an operator without a token."""
    given = ["parity", "--file", f"till={till.file}", "--config", str(till.one.folder / "onefold.toml"), "--settled"]
    result = CliRunner().invoke(application(), [*given, "--json"], obj=server.wiring(dict(os.environ)))
    assert result.exit_code == 1, result.output  # at least `visits` cannot be compared
    assert "kept" not in json.loads(result.stdout)["tables"][0]


def ask(
    till: Till, role: str = "steward", *, query: str = QUERY, purpose: str = "", stores: tuple[str, ...] = ("*",)
) -> Any:
    """The answer over HTTP."""
    parts = till.one.parts
    purposes = [purpose] if purpose else []
    token = issue(
        parts.keystore.long_lived("TSIG"),
        subject="s-1",
        role=role,
        stores=stores,
        purposes=purposes,
        ttl_seconds=600,
        now=int(time.time()),
    )
    headers = {"Authorization": f"Bearer {token}", **({"Onefold-Purpose": purpose} if purpose else {})}
    with TestClient(server.asgi(parts, session=None)) as client:
        return client.post("/graphql", json={"query": query}, headers=headers).json()


def tables(till: Till, role: str = "steward", **options: Any) -> dict[str, Any]:
    answer = ask(till, role, **options)
    assert "errors" not in answer, answer
    return {table["table"]: table for table in answer["data"]["sourceParity"]}


def listed(till: Till) -> list[sa.Row[Any]]:
    return till.one.rows(source_difference)


def audited(till: Till) -> list[sa.Row[Any]]:
    return [entry for entry in till.one.rows(audit_entry) if entry.action.startswith("query")]


def make_differences(till: Till) -> None:
    """One person missing, one extra, one different; an order that is different."""
    till.run_unheard(
        f"INSERT INTO customers (id, email) VALUES (900, '{SECRET}')",
        "DELETE FROM customers WHERE id = 8",
        f"UPDATE customers SET email = '{SECRET}' WHERE id = 3",
        "UPDATE orders SET total = 1 WHERE id = 'A-6'",
    )


def test_equal_tables_have_equal_hashes_and_no_rows(till: Till) -> None:
    audit(till)
    found = tables(till)
    assert found["customers"]["state"] == "EQUAL"
    assert len(found["customers"]["hashThere"]) == 32
    assert found["customers"]["hashThere"] == found["customers"]["hashHere"] != found["orders"]["hashHere"]
    assert (found["customers"]["differences"], found["customers"]["unlisted"]) == ([], "0")
    assert (found["visits"]["hashThere"], found["visits"]["hashHere"]) == (None, None), "it was not compared"


def test_rows_that_differ_are_told_with_what_is_wrong_and_keys_as_the_role_may_see_them(till: Till) -> None:
    make_differences(till)
    audit(till)
    found = tables(till)
    assert found["customers"]["hashThere"] != found["customers"]["hashHere"]
    hidden = {"value": None, "masked": "•••", "access": "MASKED"}
    assert found["customers"]["differences"] == [
        {"kind": "MISSING", "key": hidden, "columns": [], "code": None},
        {"kind": "EXTRA", "key": hidden, "columns": [], "code": None},
        {"kind": "DIFFERENT", "key": hidden, "columns": ["email"], "code": None},
    ]
    clear = {"value": "A-6", "masked": "A-6", "access": "CLEAR"}
    assert found["orders"]["differences"] == [{"kind": "DIFFERENT", "key": clear, "columns": ["total"], "code": None}]
    assert found["customers"]["unlisted"] == "0"


def test_the_privacy_role_sees_keys_for_a_privacy_request_and_each_opening_is_audited(till: Till) -> None:
    make_differences(till)
    audit(till)
    held = {row.row_token: row.profile_id for row in till.one.rows(source_record)}
    customers = [row for row in listed(till) if row.table_name == "customers"]
    found = tables(till, "privacy", purpose="privacy_request")["customers"]["differences"]
    assert [(row["kind"], row["key"]["value"]) for row in found] == [
        ("MISSING", "900"),
        ("EXTRA", "8"),
        ("DIFFERENT", "3"),
    ]
    (entry,) = audited(till)
    assert (entry.action, entry.role, entry.actor) == ("query:sourceParity", "privacy", "s-1")
    assert (entry.purpose, entry.fields, entry.rows, entry.decision) == (
        "privacy_request",
        '["natural_key"]',
        3,
        "clear",
    )
    key = till.one.parts.keystore.long_lived("TAUD")
    subjects = {pseudonym(key, held.get(row.row_token, row.row_token)) for row in customers}
    assert set(entry.subject.split(",")) == subjects
    assert len(subjects & {pseudonym(key, profile) for profile in held.values()}) == 2, "those held, as their profiles"


def test_without_the_purpose_the_privacy_role_sees_masks(till: Till) -> None:
    make_differences(till)
    audit(till)
    found = tables(till, "privacy")["customers"]["differences"]
    assert {row["key"]["access"] for row in found} == {"MASKED"}
    assert {row["key"]["value"] for row in found} == {None}


def test_access_alone_opens_nothing_and_leaves_no_entry(till: Till) -> None:
    make_differences(till)
    audit(till)
    found = tables(till, "privacy", purpose="privacy_request", query=ACCESS_ALONE)["customers"]["differences"]
    assert {row["key"]["access"] for row in found} == {"CLEAR"}
    assert audited(till) == []


@pytest.mark.parametrize(("role", "stores"), [("admin", ("*",)), ("steward", ("S001",)), ("privacy", ("S001",))])
def test_rows_are_refused_to_those_who_do_not_see_people_of_all_stores(
    till: Till, role: str, stores: tuple[str, ...]
) -> None:
    make_differences(till)
    audit(till)
    answer = ask(till, role, stores=stores)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    customers = answer["data"]["sourceParity"][0]
    assert (customers["table"], customers["state"], customers["differences"]) == ("customers", "DIFFERENT", None)
    assert customers["hashThere"], "numbers and hashes tell of nobody"
    assert audited(till) == []


@pytest.mark.parametrize("role", ["sales", "manager", "analyst"])
def test_others_do_not_see_audits_at_all(till: Till, role: str) -> None:
    audit(till)
    answer = ask(till, role, stores=("S001",))
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert answer["data"] is None


def test_keys_of_persons_are_sealed_in_the_table_and_bound_to_their_rows(till: Till) -> None:
    make_differences(till)
    audit(till)
    customers = [row for row in listed(till) if row.table_name == "customers"]
    assert [(row.natural_key, bytes(row.sealed_key)[:2]) for row in customers] == [(None, b"CD")] * 3
    for row in listed(till):
        assert SECRET.encode() not in repr(tuple(row)).encode()
    c = source_difference.c
    with till.one.parts.database.write() as connection:  # the first row's key in the place of the second's
        mine = (c.table_name == "customers", c.number == 1)
        connection.execute(sa.update(source_difference).where(*mine).values(sealed_key=customers[0].sealed_key))
    found = tables(till, "privacy", purpose="privacy_request")["customers"]["differences"]
    assert [(row["key"]["value"], row["key"]["access"]) for row in found] == [
        ("900", "CLEAR"),
        (None, "INTEGRITY"),
        ("3", "CLEAR"),
    ]


def test_keys_that_the_mapping_calls_personal_are_sealed(till: Till) -> None:
    make_differences(till)
    config = till.one.folder / "onefold.toml"
    plain = '[source.tables.orders]\nkind = "order"\nkey = ["id"]\n'
    assert plain in config.read_text()
    config.write_text(config.read_text().replace(plain, PERSONAL_KEYS.lstrip()))
    audit(till)
    (order,) = [row for row in listed(till) if row.table_name == "orders"]
    assert (order.natural_key, order.sealed_key is not None) == (None, True)
    (shown,) = tables(till)["orders"]["differences"]
    assert shown["key"]["access"] == "MASKED"


def test_the_next_audit_takes_the_place_of_the_list(till: Till) -> None:
    make_differences(till)
    audit(till)
    before = listed(till)
    assert len(before) == 4
    till.run_unheard("DELETE FROM customers WHERE id = 900", "INSERT INTO customers (id) VALUES (901)")
    audit(till)
    after = [row for row in listed(till) if row.table_name == "customers"]
    assert len(after) == 3
    assert {row.row_token for row in before if row.kind == "missing"}.isdisjoint(row.row_token for row in after)
    assert {bytes(row.sealed_key) for row in before if row.sealed_key}.isdisjoint(bytes(r.sealed_key) for r in after)


def test_of_many_rows_some_of_each_kind_are_listed_and_the_others_counted(till: Till) -> None:
    more = 120
    till.run_unheard(
        *(f"INSERT INTO orders VALUES ('B-{number}', 1, 5, NULL, NULL)" for number in range(more)),
        "UPDATE orders SET total = 1 WHERE id IN ('A-6', 'A-7')",
    )
    audit(till)
    orders = tables(till)["orders"]
    kinds = [row["kind"] for row in orders["differences"]]
    assert kinds == ["MISSING"] * (LISTED - 2) + ["DIFFERENT"] * 2
    assert orders["unlisted"] == str(more + 2 - LISTED)
    assert len({row["key"]["value"] for row in orders["differences"]}) == LISTED


def test_one_statement_reads_the_rows_of_all_tables(till: Till) -> None:
    make_differences(till)
    audit(till)
    asked: list[str] = []
    engine = till.one.parts.database.engine

    def note(*args: Any) -> None:
        asked.append(args[2])

    sa.event.listen(engine, "before_cursor_execute", note)
    tables(till)
    sa.event.remove(engine, "before_cursor_execute", note)
    assert len([statement for statement in asked if "FROM source_difference" in statement]) == 1


# --- What becomes of the keys ---


def test_a_row_that_ends_leaves_the_list(till: Till) -> None:
    make_differences(till)
    audit(till)
    till.run("DELETE FROM customers WHERE id IN (3, 900)")  # the second was never held
    till.ingest()
    found = tables(till, "privacy", purpose="privacy_request")["customers"]["differences"]
    assert [row["key"]["value"] for row in found] == ["8"]
    assert len([row for row in listed(till) if row.table_name == "customers"]) == 1


def test_a_row_whose_key_changes_leaves_the_list(till: Till) -> None:
    make_differences(till)
    audit(till)
    till.run("UPDATE customers SET id = 903 WHERE id = 3")
    till.ingest()
    found = tables(till, "privacy", purpose="privacy_request")["customers"]["differences"]
    assert [row["key"]["value"] for row in found] == ["900", "8"]


def test_a_row_that_was_read_again_before_the_result_was_kept_is_not_listed(till: Till) -> None:
    make_differences(till)
    result = till.audit()["customers"]
    assert len(result.kept) == 3
    till.run("DELETE FROM customers WHERE id IN (3, 900)")
    till.ingest()
    with till.one.parts.database.write() as connection:
        store_result(connection, result, at=wall_time())
    assert [row.kind for row in listed(till)] == ["extra"]


def test_a_list_is_shown_and_kept_for_so_many_days(till: Till) -> None:
    make_differences(till)
    audit(till)
    database, now = till.one.parts.database, wall_time()
    with database.read() as connection:
        assert stored_differences(connection, at=now + (KEPT_DAYS - 1) * DAY)
        assert not stored_differences(connection, at=now + KEPT_DAYS * DAY)
    DifferenceKeeper(database, lambda: now + (KEPT_DAYS - 1) * DAY).look()
    assert len(listed(till)) == 4
    DifferenceKeeper(database, lambda: now + KEPT_DAYS * DAY).look()
    assert listed(till) == []


def test_old_lists_go_while_changes_come(till: Till) -> None:
    make_differences(till)
    result, database = till.audit()["customers"], till.one.parts.database
    with database.write() as connection:
        store_result(connection, result, at=wall_time() - (KEPT_DAYS + 1) * DAY)
    owners = [getattr(listener, "__self__", None) for listener in database.after_telling]
    (keeper,) = (owner for owner in owners if isinstance(owner, DifferenceKeeper))
    assert len(listed(till)) == 3
    keeper._due = 0.0
    till.run("UPDATE customers SET full_name = 'X' WHERE id = 20")
    till.ingest()
    assert listed(till) == []
