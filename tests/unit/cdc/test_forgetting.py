"""A plan that forgot what its events say is written as before."""

import pickle
from typing import Any

import pytest

from cdc.changes import FactChange, Ignored, Origin, RawEvent, RecordChange, RowDelete, TableTruncate
from cdc.fold import Fold, Guarded, Life, Outcome, RowState
from cdc.forgetting import forget_values
from cdc.plan import Entry, Event, Plan
from cdc.writing import _cause
from identity import FieldValue, RowKey

SECRET = "13812345678"
PHONE = FieldValue("phone", 0, SECRET)


def origin(number: int, **more: Any) -> Origin:
    return Origin("stream", number, "shop", bytes([number]), **more)


def row(number: int) -> RowKey:
    return RowKey("shop", "people", (f"key {number}",))


def person(number: int, **more: Any) -> RecordChange:
    return RecordChange(origin(number, **more), row(number), (PHONE,))


def fact(number: int, kind: str = "order") -> FactChange:
    return FactChange(origin(number), row(number), kind, fields=(PHONE,))


def entry(change: Any, outcome: Outcome | None, **more: Any) -> Entry:
    raw = RawEvent("stream", change.origin.offset, "topic", b"key", f"says {SECRET}".encode())
    guarded = None if isinstance(change, Ignored) else Guarded(change, b"token", bytes([change.origin.offset // 4]))
    return Entry(Event(raw, change), b"token", guarded, outcome=outcome, **more)


def plan(entries: list[Entry], *lives: Life, ended: tuple[Life, ...] = ()) -> Plan:
    rows = {bytes([number]): RowState(bytes([number]), life=life) for number, life in enumerate(lives)}
    return Plan(Fold(rows, {}, set(), ended=list(ended)), entries, {}, {})


def written(made: Plan) -> Any:
    """What a writer takes from it."""
    causes = [
        (life.cause.origin, life.cause.row.table) for life in made.fold.ended if isinstance(life.cause, RowDelete)
    ]
    return (
        [e.outcome for e in made.entries],
        [e.parked_id for e in made.entries],
        (made.is_of_facts, made.is_of_persons, made.touches_persons),
        (made.parkings(), made.reparkings(), made.released(), made.snapshots),
        [(type(life.change), getattr(life.change, "kind", None)) for life in made.lives],
        [(life.cause.origin, life.cause.row.table) for life in made.lives if isinstance(life.cause, RecordChange)],
        causes,
    )


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([entry(person(n), Outcome.APPLIED) for n in range(8)], id="persons"),
        pytest.param([entry(fact(n), Outcome.SEEN) for n in range(8)], id="facts"),
        pytest.param([entry(person(1), Outcome.SEEN), entry(fact(2), Outcome.APPLIED)], id="both"),
        pytest.param(
            [entry(RowDelete(origin(n), row(n), is_person=n % 2 == 0), Outcome.APPLIED) for n in range(8)],
            id="deletes of both",
        ),
        pytest.param([entry(Ignored(origin(n), "heartbeat"), None) for n in range(2)], id="ignored"),
        pytest.param([entry(person(n), Outcome.QUEUED) for n in range(3)], id="parked"),
        pytest.param([entry(person(n), Outcome.APPLIED, parked_id=n + 1) for n in range(3)], id="released"),
        pytest.param(
            [entry(person(n, is_snapshot=True, read_ms=50 + n * 5 % 12), Outcome.SEEN) for n in range(12)],
            id="read in a snapshot",
        ),
    ],
)
def test_it_is_written_as_before(entries: list[Entry]) -> None:
    deleted = RowDelete(origin(7), row(7), is_person=True)

    def made() -> Plan:
        lives = (
            Life(b"1", person(1), is_person=True, cause=person(1)),
            Life(b"2", fact(2), cause=fact(2)),
            Life(b"3", fact(3, "consent"), cause=fact(3)),
            Life(b"5", person(5), is_person=True, cause=TableTruncate(origin(5), "people")),
        )
        return plan(list(entries), *lives, ended=(Life(b"4", is_person=True, is_stored=True, cause=deleted),))

    forgetful = made()
    forget_values(forgetful)
    assert written(forgetful) == written(made())


def test_nothing_is_told_that_is_not_asked() -> None:
    lives = [Life(bytes([n]), person(n), is_person=True, cause=person(n)) for n in range(50)]
    made = plan([entry(person(n), Outcome.APPLIED) for n in range(50)], *lives)
    before = pickle.dumps(made)
    forget_values(made)
    after = pickle.dumps(made)
    assert len(after) < len(before) / 2
    assert len({id(one) for one in made.entries}) == 1


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([entry(Ignored(origin(n), "heartbeat"), None) for n in range(4)], id="ignored"),
        pytest.param(
            [entry(person(n, is_snapshot=True, read_ms=9 - n), Outcome.APPLIED) for n in range(4)],
            id="read in a snapshot at different times",
        ),
    ],
)
def test_of_many_that_are_counted_together_one_is_told(entries: list[Entry]) -> None:
    made = plan(entries)
    forget_values(made)
    assert len({id(one) for one in made.entries}) == 1


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (person(1), "upsert"),
        (fact(1), "upsert"),
        (person(1, is_snapshot=True), "snapshot"),
        (RowDelete(origin(1), row(1), is_person=True, moved_to=row(2)), "delete"),
    ],
)
def test_a_cause_is_told_without_its_key_and_values(cause: Any, told: str) -> None:
    life = Life(b"1", is_person=True, is_stored=True, cause=cause)
    made = plan([], ended=(life,))
    expected = _cause(cause)
    forget_values(made)
    assert life.cause is not None
    assert _cause(life.cause) == expected
    assert expected["op"] == told
    said = pickle.dumps(made)
    assert SECRET.encode() not in said
    assert b"key 1" not in said
