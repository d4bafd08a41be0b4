"""Facts and their totals: however facts come, change, move and go, totals are what a count of the facts would be."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from profiles import CLEAR_COLUMNS, FactWrite, fact, fact_cell, fact_total, write_facts
from storage import CELL_MAGIC, Database

Total = tuple[int, int, int, int | None, int | None]


def token(name: str) -> bytes:
    return name.encode().ljust(16, b".")


def fact_of(name: str, kind: str = "order", **given: Any) -> FactWrite:
    """A fact whose row and incarnation have the same name; ``person`` and ``parent`` are names too."""
    person, parent = given.pop("person", None), given.pop("parent", None)
    clear = dict.fromkeys(CLEAR_COLUMNS) | {"currency": "CNY" if "amount_minor" in given else None} | given
    return FactWrite(
        incarnation=token(name),
        row_token=token(name),
        table_id=1,
        kind=kind,
        channel=clear.pop("channel", None) or "web",
        person_token=token(person) if person else None,
        parent_token=token(parent) if parent else None,
        natural_key=name,
        clear=clear,
        cells={},
    )


@dataclass
class Facts:
    connection: Connection
    live: dict[bytes, FactWrite] = field(default_factory=dict)

    def write(self, *writes: FactWrite, ended: str = "") -> set[str]:
        """Write and end facts (one letter for each ended one); the persons whose totals changed, by name."""
        touched = write_facts(self.connection, writes, ended=[token(name) for name in ended])
        self.live |= {write.incarnation: write for write in writes}
        for name in ended:
            self.live.pop(token(name), None)
        return {person.decode().rstrip(".") for person in touched}

    def totals(self) -> dict[tuple[str, str, str, str], Total]:
        rows = self.connection.execute(sa.select(fact_total))
        return {
            (r.person_token.decode().rstrip("."), r.kind, r.channel, r.currency): (
                r.facts,
                r.amount_minor,
                r.points,
                r.first_at,
                r.last_at,
            )
            for r in rows
        }

    def counted(self) -> dict[tuple[str, str, str, str], Total]:
        """What the live facts alone say."""
        groups: dict[tuple[str, str, str, str], list[FactWrite]] = {}
        parents = {write.row_token: write.person_token for write in self.live.values() if write.kind == "order"}
        for write in self.live.values():
            person = write.person_token
            if person is None and write.kind == "return" and write.parent_token:
                person = parents.get(write.parent_token)
            if person is not None and write.kind != "order_line":
                key = (person.decode().rstrip("."), write.kind, write.channel, write.clear["currency"] or "")
                groups.setdefault(key, []).append(write)
        return {key: _total(found) for key, found in groups.items()}


def _total(found: list[FactWrite]) -> Total:
    times = [write.clear["occurred_at"] for write in found if write.clear["occurred_at"] is not None]
    amounts, points = ([write.clear[name] or 0 for write in found] for name in ("amount_minor", "points"))
    return len(found), sum(amounts), sum(points), min(times, default=None), max(times, default=None)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('facts') / 'facts.db'}")
    with made.write() as connection:
        for table in (fact, fact_cell, fact_total):
            table.create(connection)
    yield made
    made.close()


@pytest.fixture
def facts(database: Database) -> Iterator[Facts]:
    with database.read() as connection:  # rolled back at the end
        yield Facts(connection)


def test_facts_add_up_for_each_person_kind_channel_and_currency(facts: Facts) -> None:
    touched = facts.write(
        fact_of("a", person="p", amount_minor=500, occurred_at=20, points=1),
        fact_of("b", person="p", amount_minor=300, occurred_at=10),
        fact_of("c", person="p", amount_minor=7, currency="HKD"),
        fact_of("d", person="p", amount_minor=9, channel="store"),
        fact_of("e", "event", person="q", occurred_at=5),
        fact_of("f", "order_line", person="q", amount_minor=500),
        fact_of("g", amount_minor=800),
    )
    assert touched == {"p", "q"}
    assert facts.totals() == {
        ("p", "order", "web", "CNY"): (2, 800, 1, 10, 20),
        ("p", "order", "web", "HKD"): (1, 7, 0, None, None),
        ("p", "order", "store", "CNY"): (1, 9, 0, None, None),
        ("q", "event", "web", ""): (1, 0, 0, 5, 5),
    }


def test_taking_the_first_or_last_fact_away_finds_the_next(facts: Facts) -> None:
    facts.write(*(fact_of(name, person="p", occurred_at=at) for name, at in (("a", 10), ("b", 20), ("c", 30))))
    facts.write(ended="a")
    assert facts.totals()["p", "order", "web", ""] == (2, 0, 0, 20, 30)
    facts.write(fact_of("c", person="p", occurred_at=15))
    assert facts.totals()["p", "order", "web", ""] == (2, 0, 0, 15, 20)
    assert facts.write(ended="bc") == {"p"}
    assert facts.totals() == {}


def test_writing_a_fact_again_changes_nothing(facts: Facts) -> None:
    order = fact_of("a", person="p", amount_minor=500, occurred_at=20)
    facts.write(order)
    before = facts.totals()
    facts.write(order)
    assert facts.totals() == before


@pytest.mark.parametrize("order", ["parent first", "child first", "together"])
def test_a_return_belongs_to_whom_its_order_belongs(facts: Facts, order: str) -> None:
    bought = fact_of("a", person="p", amount_minor=500)
    returned = fact_of("r", "return", parent="a", amount_minor=200)
    batches = {
        "parent first": [[bought], [returned]],
        "child first": [[returned], [bought]],
        "together": [[returned, bought]],
    }
    for batch in batches[order]:
        facts.write(*batch)
    assert facts.totals()["p", "return", "web", "CNY"] == (1, 200, 0, None, None)


def test_a_return_follows_its_order_to_another_person_and_to_nobody(facts: Facts) -> None:
    facts.write(fact_of("a", person="p"), fact_of("r", "return", parent="a"))
    assert facts.write(fact_of("a", person="q")) == {"p", "q"}
    assert set(facts.totals()) == {("q", "order", "web", ""), ("q", "return", "web", "")}
    facts.write(ended="a")
    assert facts.totals() == {}
    facts.write(fact_of("a", person="p"))
    assert set(facts.totals()) == {("p", "order", "web", ""), ("p", "return", "web", "")}


def test_a_return_does_not_belong_to_whom_an_order_belonged_that_goes_in_the_same_batch(facts: Facts) -> None:
    facts.write(fact_of("a", person="p"), fact_of("b", person="p"))
    facts.write(
        fact_of("r", "return", parent="a"), fact_of("s", "return", parent="b"), fact_of("b", person="q"), ended="a"
    )
    assert set(facts.totals()) == {("q", "order", "web", ""), ("q", "return", "web", "")}


def test_a_return_follows_when_it_is_hung_on_another_order(facts: Facts) -> None:
    facts.write(fact_of("a", person="p"), fact_of("b", person="q"), fact_of("r", "return", parent="a"))
    facts.write(fact_of("r", "return", parent="b"))
    assert ("q", "return", "web", "") in facts.totals()
    assert ("p", "return", "web", "") not in facts.totals()


def test_a_return_that_names_its_person_keeps_it(facts: Facts) -> None:
    facts.write(fact_of("a", person="p"), fact_of("r", "return", parent="a", person="q"))
    facts.write(ended="a")
    assert set(facts.totals()) == {("q", "return", "web", "")}


def test_an_order_that_changes_its_key_takes_its_returns_along(facts: Facts) -> None:
    facts.write(fact_of("a", person="p"), fact_of("r", "return", parent="b"))
    assert ("p", "return", "web", "") not in facts.totals()
    facts.write(replace(fact_of("a", person="p"), row_token=token("b")))
    assert ("p", "return", "web", "") in facts.totals()


def test_an_order_that_ends_and_comes_again_in_one_batch_keeps_its_returns(facts: Facts) -> None:
    facts.write(fact_of("a", person="p"), fact_of("r", "return", parent="a"))
    facts.write(replace(fact_of("a", person="q"), incarnation=token("z")), ended="a")
    assert set(facts.totals()) == {("q", "order", "web", ""), ("q", "return", "web", "")}


def test_cells_are_replaced_with_the_fact_and_removed_with_it(facts: Facts) -> None:
    def cells() -> list[tuple[str, bytes]]:
        rows = facts.connection.execute(sa.select(fact_cell).order_by(fact_cell.c.attribute))
        return [(row.attribute, row.cell) for row in rows]

    one, two = CELL_MAGIC + b"1", CELL_MAGIC + b"2"
    facts.write(replace(fact_of("a"), cells={("body", 0): one, ("url", 0): one}))
    facts.write(replace(fact_of("a"), cells={("body", 0): two}))
    assert cells() == [("body", two)]
    facts.write(ended="a")
    assert cells() == []
    assert facts.connection.execute(sa.select(fact)).all() == []


NAMES = st.sampled_from("abcd")
PERSONS = st.sampled_from([None, "p", "q"])
WRITES = st.builds(
    lambda name, kind, person, parent, amount, at, points: fact_of(
        name, kind, person=person, parent=parent, amount_minor=amount, occurred_at=at, points=points
    ),
    NAMES,
    st.sampled_from(["order", "order", "return", "order_line", "loyalty"]),
    PERSONS,
    st.none() | NAMES,
    st.sampled_from([None, 100, -30]),
    st.sampled_from([None, 1, 2, 3]),
    st.sampled_from([None, 5]),
)
STEPS = st.tuples(st.lists(WRITES, max_size=3, unique_by=lambda write: write.incarnation), st.sets(NAMES, max_size=2))


@given(st.lists(STEPS, max_size=8))
def test_totals_are_what_counting_the_live_facts_gives(
    database: Database, batches: list[tuple[list[FactWrite], set[str]]]
) -> None:
    with database.read() as connection:
        facts = Facts(connection)
        for writes, ended in batches:
            over = {name for name in ended if token(name) not in {write.incarnation for write in writes}}
            fit = [write for write in writes if write.parent_token != write.row_token]
            facts.write(*fit, ended="".join(sorted(over)))
            assert facts.totals() == facts.counted()
