"""``sourceParity``: the last result of each table, for those who see how Onefold follows its sources."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdc import TableParity, store_result
from cdc.parity import KINDS, STATES
from schema.parity import DifferenceKind, ParityState
from tests.integration.graphql_data import NOW, World, open_world

QUERY = """{ sourceParity {
  source table state position rowsThere rowsHere missing extra different parked newer finishedAt
} }"""


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path) as opened:
        yield opened


def keep(world: World, *results: TableParity, at: int = NOW) -> None:
    with world.database.write() as connection:
        for result in results:
            store_result(connection, result, at=at)


def ask(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.data(QUERY, role="admin")["sourceParity"]
    return found


def test_before_the_first_audit_there_is_nothing(world: World) -> None:
    assert ask(world) == []


def test_the_last_result_of_each_table_is_shown_in_order(world: World) -> None:
    keep(
        world,
        TableParity("shop", "orders", "0/1", "equal"),
        TableParity("pos", "members", "m.1:4", "behind", pending=3),
    )
    keep(
        world,
        TableParity(
            "shop", "orders", "0/2A", "different", 2**40, 7, missing=1, extra=2, different=3, parked=4, newer=5
        ),
        at=1_767_225_600_000_000,
    )
    pos, shop = ask(world)
    assert (pos["source"], pos["table"], pos["state"], pos["missing"]) == ("pos", "members", "BEHIND", "0")
    assert shop == {
        "source": "shop",
        "table": "orders",
        "state": "DIFFERENT",
        "position": "0/2A",
        "rowsThere": str(2**40),
        "rowsHere": "7",
        "missing": "1",
        "extra": "2",
        "different": "3",
        "parked": "4",
        "newer": "5",
        "finishedAt": "2026-01-01T00:00:00.000000Z",
    }


def test_one_statement_answers_however_many_tables_there_are(world: World) -> None:
    keep(world, *(TableParity("shop", f"t{number}", "0/1", "equal") for number in range(50)))
    with world.statements() as asked:
        assert len(ask(world)) == 50
    assert len([statement for statement in asked.main if "source_parity" in statement]) == 1


def test_the_api_has_a_word_for_every_state() -> None:
    assert [ParityState(state).name.lower() for state in STATES] == list(STATES)
    assert len(ParityState) == len(STATES)


def test_the_api_has_a_word_for_every_kind_of_difference() -> None:
    assert [DifferenceKind(kind).name.lower() for kind in KINDS] == list(KINDS)
    assert len(DifferenceKind) == len(KINDS)
