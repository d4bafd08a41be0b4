"""The state machine of one row: lives begin, end and move; old news falls away; what is not said stays."""

from collections.abc import Sequence
from copy import copy
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from cdc import FactChange, Origin, RecordChange, RowDelete
from cdc.changes import ConsentValue
from cdc.fold import Fold, Guarded, Life, Outcome, RowState, fill_unknown, has_unknown
from identity import UNKNOWN, FieldValue, RowKey

TABLE = ("db", "person")


def guard(at: int) -> bytes:
    return at.to_bytes(4, "big")


def row_key(name: str) -> RowKey:
    return RowKey(*TABLE, (name,))


def origin(at: int, *, snapshot: bool = False) -> Origin:
    return Origin("test", at, "db", guard(at), is_snapshot=snapshot)


def put(name: str, at: int, value: Any = "v", *, old: str = "", snapshot: bool = False) -> Guarded:
    """Row ``name`` holds ``value`` at position ``at``; ``old`` makes it the create half of a key change."""
    fields = (FieldValue("name", 0, value),)
    moved = row_key(old) if old else None
    change = RecordChange(origin(at, snapshot=snapshot), row_key(name), fields, moved_from=moved)
    return Guarded(change, name.encode(), guard(at), old.encode() if old else None)


def gone(name: str, at: int, *, new: str = "") -> Guarded:
    """Row ``name`` is deleted; ``new`` makes it the delete half of a key change."""
    change = RowDelete(origin(at), row_key(name), is_person=True, moved_to=row_key(new) if new else None)
    return Guarded(change, name.encode(), guard(at), new.encode() if new else None)


class Rows:
    """A fold over rows named a, b, c, d, as if each change came in a batch of its own and was stored."""

    def __init__(self, *, floor: int = 0, blocked: str = "") -> None:
        self.rows = {name.encode(): RowState(name.encode()) for name in "abcd"}
        self.floors = {TABLE: guard(floor)} if floor else {}
        self.blocked = {name.encode() for name in blocked}
        self.ended: list[bytes | None] = []
        self._minted = 0

    def apply(self, *items: Guarded) -> list[str]:
        return [self._apply(item).value for item in items]

    def _apply(self, item: Guarded) -> Outcome:
        fold = Fold(self.rows, self.floors, self.blocked)
        outcome = fold.apply(item)
        self.ended += [life.incarnation for life in fold.ended]
        for row in self.rows.values():
            for life in (row.life, row.transit):
                if life is not None and not life.is_stored:
                    self._minted += 1
                    life.incarnation, life.is_stored = f"life {self._minted}".encode(), True
        return outcome

    def life(self, name: str) -> str | None:
        life = self.rows[name.encode()].life
        return life.incarnation.decode() if life and life.incarnation else None

    def value(self, name: str) -> Any:
        life = self.rows[name.encode()].life
        return life.change.fields[0].value if life and life.change else None

    def alive(self) -> dict[str, Any]:
        return {name: self.value(name) for name in "abcd" if self.life(name)}

    def in_transit(self) -> list[str]:
        return [token.decode() for token, row in self.rows.items() if row.transit]


def test_an_insert_begins_a_life_and_an_update_keeps_it() -> None:
    rows = Rows()
    assert rows.apply(put("a", 1, "x"), put("a", 2, "y")) == ["applied", "applied"]
    assert (rows.life("a"), rows.value("a")) == ("life 1", "y")


def test_a_duplicate_and_a_late_event_change_nothing() -> None:
    rows = Rows()
    rows.apply(put("a", 5, "new"))
    before = copy(rows.rows[b"a"])
    assert rows.apply(put("a", 5, "again"), put("a", 4, "late"), gone("a", 3)) == ["seen"] * 3
    assert rows.value("a") == "new"
    assert rows.rows[b"a"].guard == before.guard


def test_a_deleted_row_ends_its_life_and_late_events_do_not_raise_it() -> None:
    rows = Rows()
    rows.apply(put("a", 1), gone("a", 3))
    assert rows.ended == [b"life 1"]
    assert rows.apply(put("a", 2)) == ["seen"]
    assert rows.alive() == {}


def test_a_row_inserted_again_gets_a_new_life() -> None:
    rows = Rows()
    rows.apply(put("a", 1), gone("a", 2), put("a", 3))
    assert rows.life("a") == "life 2"
    assert rows.ended == [b"life 1"]


def test_a_delete_of_a_row_never_seen_keeps_older_inserts_away() -> None:
    rows = Rows()
    assert rows.apply(gone("a", 5), put("a", 4)) == ["applied", "seen"]
    assert rows.alive() == {}
    assert rows.ended == []


def test_lives_of_one_batch_that_were_never_stored_end_without_trace() -> None:
    fold = Fold({b"a": RowState(b"a")}, {}, set())
    outcomes = [fold.apply(item) for item in (put("a", 1, "x"), gone("a", 2), put("a", 3, "y"))]
    assert outcomes == [Outcome.APPLIED] * 3
    assert fold.ended == []
    life = fold.rows[b"a"].life
    assert life is not None
    assert (life.incarnation, life.is_stored, life.is_person) == (None, False, True)


# ---- key changes ------------------------------------------------------------------------------------------------------


def test_a_key_change_carries_the_life() -> None:
    rows = Rows()
    rows.apply(put("a", 1, "x"), gone("a", 2, new="b"))
    assert rows.alive() == {}
    assert rows.in_transit() == ["a"]
    assert rows.apply(put("b", 2, "y", old="a")) == ["applied"]
    assert (rows.life("b"), rows.alive(), rows.in_transit(), rows.ended) == ("life 1", {"b": "y"}, [], [])


def test_the_create_half_waits_for_its_delete_half() -> None:
    rows = Rows()
    rows.apply(put("a", 1))
    create = put("b", 2, "y", old="a")
    assert rows.apply(create) == ["waiting"]
    assert rows.rows[b"b"].guard is None
    assert rows.apply(gone("a", 2, new="b"), create) == ["applied", "applied"]
    assert rows.life("b") == "life 1"


def test_a_chain_of_moves_carries_one_life_to_the_end() -> None:
    rows = Rows()
    rows.apply(put("a", 1))
    for at, (old, new) in enumerate([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")], 2):
        rows.apply(gone(old, at, new=new), put(new, at, f"at {at}", old=old))
    assert (rows.life("a"), rows.alive(), rows.in_transit(), rows.ended) == ("life 1", {"a": "at 5"}, [], [])


def test_both_halves_again_change_nothing() -> None:
    rows = Rows()
    halves = [gone("a", 2, new="b"), put("b", 2, old="a")]
    rows.apply(put("a", 1), *halves)
    assert rows.apply(*halves, *reversed(halves), put("a", 1)) == ["seen"] * 5
    assert (rows.life("b"), rows.ended, rows.in_transit()) == ("life 1", [], [])


def test_the_old_key_can_be_used_again_before_the_new_one_takes_over() -> None:
    rows = Rows()
    rows.apply(put("a", 1, "first"), gone("a", 2, new="b"), put("a", 3, "second"))
    rows.apply(put("b", 2, "first", old="a"))
    assert (rows.life("a"), rows.life("b")) == ("life 2", "life 1")
    rows.apply(gone("a", 4))
    assert rows.ended == [b"life 2"]


def test_a_delete_of_the_old_key_does_not_end_what_is_on_its_way() -> None:
    rows = Rows()
    rows.apply(put("a", 1), gone("a", 2, new="b"), gone("a", 3))
    assert rows.apply(put("b", 2, old="a")) == ["applied"]
    assert (rows.life("b"), rows.ended) == ("life 1", [])


def test_a_create_half_whose_old_row_was_never_alive_begins_a_life() -> None:
    rows = Rows()
    rows.apply(gone("a", 2, new="b"))
    assert rows.apply(put("b", 2, "y", old="a")) == ["applied"]
    assert rows.alive() == {"b": "y"}


def test_what_is_on_its_way_elsewhere_is_not_taken() -> None:
    """Row a went to b at 2 and again to c at 4: the half of b takes the first life, that of c the second."""
    rows = Rows()
    rows.apply(put("a", 1, "first"), gone("a", 2, new="b"), put("b", 2, "first", old="a"))
    rows.apply(put("a", 3, "second"), gone("a", 4, new="c"))
    assert rows.apply(put("b", 2, old="a"), put("c", 4, "second", old="a")) == ["seen", "applied"]
    assert (rows.life("b"), rows.life("c")) == ("life 1", "life 2")


def test_when_the_new_row_is_newer_than_the_move_the_old_life_ends() -> None:
    """A snapshot read the new row before the halves arrived: its create half comes no more."""
    for order in ("create half first", "delete half first"):
        rows = Rows()
        rows.apply(put("a", 1, "old"), put("b", 9, "snapshot", snapshot=True))
        create, delete = put("b", 2, old="a"), gone("a", 2, new="b")
        rows.apply(*([create, delete] if order == "create half first" else [delete, create]))
        assert rows.alive() == {"b": "snapshot"}, order
        assert rows.in_transit() == []
        assert rows.ended == [b"life 1"]


def test_two_spellings_of_one_key_are_an_update() -> None:
    rows = Rows()
    rows.apply(put("a", 1, "x"))
    assert rows.apply(gone("a", 2, new="a"), put("a", 2, "y", old="a")) == ["seen", "applied"]
    assert (rows.life("a"), rows.alive(), rows.ended) == ("life 1", {"a": "y"}, [])


# ---- what the event does not say --------------------------------------------------------------------------------------


def test_an_unknown_value_keeps_what_an_earlier_event_of_the_batch_said() -> None:
    fold = Fold({b"a": RowState(b"a"), b"b": RowState(b"b")}, {}, set())
    for item in (put("a", 1, "x"), put("a", 2, UNKNOWN), gone("a", 3, new="b"), put("b", 3, UNKNOWN, old="a")):
        assert fold.apply(item) is Outcome.APPLIED
    life = fold.rows[b"b"].life
    assert life is not None
    assert isinstance(life.change, RecordChange)
    assert life.change.fields == (FieldValue("name", 0, "x"),)
    assert life.change.row == row_key("b")


def test_null_is_not_unknown() -> None:
    rows = Rows()
    rows.apply(put("a", 1, "x"), put("a", 2, None))
    assert rows.value("a") is None


def test_nothing_is_carried_over_a_deletion() -> None:
    rows = Rows()
    rows.apply(put("a", 1, "x"), gone("a", 2), put("a", 3, UNKNOWN))
    assert rows.value("a") is UNKNOWN


OLDER = RecordChange(
    origin(1),
    row_key("a"),
    (FieldValue("email", 0, "x@y", verified=True), FieldValue("phone", 0, "1", app="wx")),
    updated_at=1,
    created_at=2,
    store="S1",
    points=3,
    consents=(ConsentValue("sms", "granted", 7), ConsentValue("mail", "withdrawn")),
)


def test_a_record_is_filled_column_by_column() -> None:
    newer = RecordChange(
        origin(2),
        row_key("b"),
        (
            FieldValue("email", 0, "new@y", verified=UNKNOWN),
            FieldValue("phone", 0, UNKNOWN, app="wx"),
            FieldValue("phone", 1, UNKNOWN),
        ),
        updated_at=UNKNOWN,
        created_at=None,
        store=UNKNOWN,
        points=9,
        consents=(
            ConsentValue("sms", UNKNOWN, UNKNOWN),
            ConsentValue("mail", "granted", 8),
            ConsentValue("app", UNKNOWN),
        ),
    )
    assert fill_unknown(newer, OLDER) == RecordChange(
        origin(2),
        row_key("b"),
        (
            FieldValue("email", 0, "new@y", verified=True),
            FieldValue("phone", 0, "1", app="wx"),
            FieldValue("phone", 1, None),
        ),
        updated_at=1,
        created_at=None,
        store="S1",
        points=9,
        consents=(ConsentValue("sms", "granted", 7), ConsentValue("mail", "granted", 8), ConsentValue("app", None)),
    )


def test_a_fact_is_filled_with_its_references() -> None:
    older = FactChange(
        origin(1), row_key("a"), "order", person=row_key("p"), parent=b"token", amount_minor=5, state="x"
    )
    newer = FactChange(
        origin(2), row_key("a"), "order", person=UNKNOWN, parent=UNKNOWN, amount_minor=UNKNOWN, state=UNKNOWN, sku=None
    )
    filled = fill_unknown(newer, older)
    assert (filled.person, filled.parent, filled.amount_minor, filled.state) == (row_key("p"), b"token", 5, "x")
    assert not has_unknown(filled)


@pytest.mark.parametrize(
    "change",
    [
        replace(OLDER, points=UNKNOWN),
        replace(OLDER, fields=(FieldValue("email", 0, UNKNOWN),)),
        replace(OLDER, fields=(FieldValue("email", 0, "x", verified=UNKNOWN),)),
        replace(OLDER, consents=(ConsentValue("sms", UNKNOWN),)),
        replace(OLDER, consents=(ConsentValue("sms", "granted", UNKNOWN),)),
        FactChange(origin(1), row_key("a"), "order", person=UNKNOWN),
        FactChange(origin(1), row_key("a"), "event", fields=(FieldValue("url", 0, UNKNOWN),)),
        FactChange(origin(1), row_key("a"), "consent", purpose=UNKNOWN),
    ],
)
def test_whatever_is_not_known_is_noticed(change: RecordChange | FactChange) -> None:
    assert has_unknown(change)
    assert not has_unknown(OLDER)


# ---- floors, snapshots, queues ----------------------------------------------------------------------------------------


def test_below_the_floor_of_its_table_nothing_is_applied() -> None:
    rows = Rows(floor=5)
    assert rows.apply(put("a", 4), put("b", 5)) == ["seen", "applied"]
    assert rows.alive() == {"b": "v"}


def test_a_move_whose_create_half_is_below_the_floor_ends_the_life() -> None:
    rows = Rows()
    rows.apply(put("a", 1), gone("a", 2, new="b"))
    rows.floors = {TABLE: guard(5)}
    assert rows.apply(put("b", 2, old="a")) == ["seen"]
    assert (rows.ended, rows.in_transit(), rows.alive()) == ([b"life 1"], [], {})


def test_a_streamed_change_is_not_overwritten_by_an_older_snapshot_which_still_confirms_the_row() -> None:
    rows = Rows()
    rows.apply(put("a", 5, "streamed"))
    rows.rows[b"a"].is_dirty = False
    assert rows.apply(put("a", 4, "snapshot", snapshot=True)) == ["seen"]
    row = rows.rows[b"a"]
    assert (rows.value("a"), row.guard, row.snapshot, row.is_dirty) == ("streamed", guard(5), guard(4), True)


def test_the_newest_snapshot_confirms() -> None:
    rows = Rows()
    rows.apply(put("a", 4, snapshot=True), put("a", 6, snapshot=True), put("a", 5, snapshot=True), put("a", 7))
    assert rows.rows[b"a"].snapshot == guard(6)


def test_a_snapshot_row_that_was_deleted_since_is_confirmed_and_stays_dead() -> None:
    rows = Rows()
    rows.apply(put("a", 1), gone("a", 5))
    rows.apply(put("a", 4, snapshot=True))
    assert rows.rows[b"a"].snapshot == guard(4)
    assert rows.alive() == {}


def test_a_row_with_parked_events_queues_new_ones_and_knows_old_ones() -> None:
    rows = Rows()
    rows.apply(put("a", 3))
    rows.blocked = {b"a"}
    assert rows.apply(put("a", 5), gone("a", 6), put("a", 3), put("a", 2)) == ["queued", "queued", "seen", "seen"]
    assert rows.apply(put("b", 4)) == ["applied"]
    assert rows.rows[b"a"].guard == guard(3)


def test_what_caused_the_end_of_a_life_is_told() -> None:
    life = Life(b"life", is_stored=True)
    fold = Fold({b"a": RowState(b"a", guard=guard(1), life=life)}, {}, set())
    delete = gone("a", 2)
    fold.apply(delete)
    assert fold.ended == [life]
    assert life.cause is delete.change


# ---- any order that keeps each row's own ------------------------------------------------------------------------------


def interleavings(items: Sequence[Guarded]) -> list[list[Guarded]]:
    return [
        list(order)
        for order in permutations(items)
        if all(
            [each for each in order if each.token == token] == [each for each in items if each.token == token]
            for token in {each.token for each in items}
        )
    ]


@pytest.mark.parametrize("which", range(4))
def test_halves_come_in_any_order(which: int) -> None:
    """As the plan does it: what waits is tried again once its delete half was seen, and later events of its row queue."""
    changes = [
        [put("a", 1, "x"), gone("a", 2, new="b"), put("b", 2, UNKNOWN, old="a")],
        [put("a", 1, "x"), gone("a", 2, new="b"), put("b", 2, "y", old="a"), put("a", 3, "z"), gone("b", 4)],
        [
            put("a", 1, "x"),
            gone("a", 2, new="b"),
            put("b", 2, "y", old="a"),
            gone("b", 3, new="c"),
            put("c", 3, "z", old="b"),
        ],
        [
            put("a", 1, "x"),
            gone("a", 2, new="b"),
            put("b", 2, "y", old="a"),
            gone("b", 3, new="a"),
            put("a", 3, "z", old="b"),
        ],
    ][which]
    expected = Rows()
    expected.apply(*changes)
    for order in interleavings(changes):
        rows = Rows()
        _apply_with_queues(rows, order)
        assert rows.alive() == expected.alive()
        assert rows.in_transit() == []
        assert {rows.life(name) for name in rows.alive()} <= {"life 1", "life 2"}
        assert len(rows.ended) == len(expected.ended)


def _apply_with_queues(rows: Rows, order: list[Guarded]) -> None:
    left = list(order)
    while left:
        stuck: set[bytes] = set()
        for item in list(left):
            if item.token not in stuck and rows.apply(item) != ["waiting"]:
                left.remove(item)
            else:
                stuck.add(item.token)


# ---- what comes again under another mapping ------------------------------------------------------------------------------


def behind(at: bytes, mapping: int | None, *, blocked: str = "", floor: bytes = b"") -> Fold:
    """A stored row `a` at a place of the log, made under a mapping that is not in force any more unless it is 7."""
    life = Life(b"life", is_stored=True, is_person=True, mapping=mapping)
    row = RowState(b"a", guard=at, life=life, mapping=mapping)
    floors = {TABLE: floor} if floor else {}
    return Fold({b"a": row}, floors, {name.encode() for name in blocked}, mappings={TABLE: 7})


STREAMED, READ = guard(5) + b"\x01", guard(5) + b"\x00"


@pytest.mark.parametrize("mapping", [3, 0, None])
def test_the_event_that_a_row_is_from_is_applied_again_where_another_mapping_reads_it_now(mapping: int | None) -> None:
    fold = behind(STREAMED, mapping)
    again = replace(put("a", 5, "new"), guard=STREAMED)
    assert fold.apply(again) is Outcome.APPLIED
    row = fold.rows[b"a"]
    assert row.life
    assert row.life.change is again.change
    assert fold.ended == []


def test_a_snapshot_at_the_same_place_says_it_too_and_does_not_make_the_row_older() -> None:
    fold = behind(STREAMED, 3)
    assert fold.apply(replace(put("a", 5, snapshot=True), guard=READ)) is Outcome.APPLIED
    assert fold.rows[b"a"].guard == STREAMED


@pytest.mark.parametrize(
    "item",
    [
        replace(put("a", 4), guard=guard(4) + b"\x01"),
        replace(gone("a", 5), guard=STREAMED),
    ],
)
def test_older_news_and_deletes_are_not_applied_again(item: Guarded) -> None:
    fold = behind(STREAMED, 3)
    assert fold.apply(item) is Outcome.SEEN
    assert fold.rows[b"a"].life


def test_nothing_is_applied_again_under_the_same_mapping_below_a_floor_or_before_parked_events() -> None:
    again = replace(put("a", 5), guard=STREAMED)
    for fold in (behind(STREAMED, 7), behind(STREAMED, 3, blocked="a"), behind(STREAMED, 3, floor=guard(6))):
        assert fold.apply(again) is Outcome.SEEN
