"""Stewards' decisions: what they join and part, what is explained, and that undoing one leaves no trace."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cdc import DecisionRefused, Wish
from identity import Decision, Explained, Inquiry, Resolution, source_record
from identity.tables import steward_link
from profiles import lineage
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation
from tests.integration.test_rebuild import rebuild

PHONE = "13812345670"


def history() -> ChangeLog:
    """What the source has done so far."""
    log = ChangeLog()
    log.put("person", 1, {"phone": PHONE, "name": "陈小美", "birthday": "1990-05-06"})
    log.put("person", 2, {"phone": PHONE})
    log.put("person", 3, {"phone": "13987654321", "name": "王建国", "birthday": "1951-02-03"})
    log.put("receipt", 1, {"person": 2, "total": "5.00", "at": 10})
    return log


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        made.ingest(history().events)
        yield made


def record(one: Installation, number: int) -> bytes:
    with one.parts.database.read() as connection:
        naturals = one.parts.reader.natural_keys(connection, [row.incarnation for row in one.rows(source_record)])
    return next(incarnation for incarnation, natural in naturals.items() if natural.endswith(f'"{number}"]'))


def decide(one: Installation, decision: Decision, left: int, right: int, client_id: str = "c1") -> bytes:
    wish = Wish(client_id, decision, record(one, left), record(one, right), "ann", "told at the till")
    return one.parts.steward.decide(wish)[0]


def explain(one: Installation, left: int, right: int) -> Explained:
    with one.parts.database.read() as connection:
        inquiry = Inquiry(connection, one.parts.sealer.matcher, one.parts.sealer.match_reader, one.parts.reader)
        found = inquiry.between(record(one, left), record(one, right))
    assert found is not None
    return found


def test_a_forbidden_link_parts_a_profile_and_undoing_it_leaves_no_trace(one: Installation) -> None:
    before = one.lines()
    assert one.together() == {"1 2", "3"}
    link = decide(one, "cannot_link", 1, 2)
    assert one.together() == {"1", "2", "3"}
    found = explain(one, 1, 2)
    assert found.apart is not None
    assert found.apart.reason == "cannot_link"
    one.parts.steward.undo(link, "ann")
    assert one.lines() == before
    assert one.pending() == 0
    assert {"split", "merged"} <= {row.kind for row in one.rows(lineage)}


def test_a_must_link_joins_what_no_evidence_would(one: Installation) -> None:
    before = one.lines()
    assert explain(one, 1, 3).apart is not None
    link = decide(one, "must_link", 3, 1)
    assert one.together() == {"1 2 3"}
    found = explain(one, 3, 2)
    assert [step.comparison is None for step in found.path] == [True, False]
    assert found.cut is not None
    assert len(found.cut.evidence) == 1
    one.parts.steward.undo(link, "ann")
    assert one.lines() == before


def test_a_decision_sent_twice_is_one_and_its_opposite_is_refused(one: Installation) -> None:
    link = decide(one, "cannot_link", 1, 2)
    assert decide(one, "cannot_link", 2, 1) == link
    with pytest.raises(DecisionRefused, match="undo that one first"):
        decide(one, "must_link", 1, 2, client_id="c2")
    with pytest.raises(DecisionRefused, match="client id"):
        decide(one, "cannot_link", 1, 3)
    with pytest.raises(DecisionRefused, match="two different records"):
        decide(one, "cannot_link", 1, 1, client_id="c3")
    one.parts.steward.undo(link, "ann")
    with pytest.raises(DecisionRefused, match="undone already"):
        one.parts.steward.undo(link, "ann")


@pytest.mark.parametrize(("author", "reason"), [("ann", "seen in the shop"), ("bob", "told at the till")])
def test_the_client_id_of_a_decision_is_no_other_reason_s_and_no_other_steward_s(
    one: Installation, author: str, reason: str
) -> None:
    link = decide(one, "cannot_link", 1, 2)
    before = one.lines()
    wish = Wish("c1", "cannot_link", record(one, 1), record(one, 2), "ann", "told at the till")
    assert one.parts.steward.decide(wish)[0] == link
    with pytest.raises(DecisionRefused, match="client id"):
        one.parts.steward.decide(replace(wish, author=author, reason=reason))
    assert one.lines() == before


def test_decisions_are_told_with_reason_and_author(one: Installation) -> None:
    decide(one, "cannot_link", 1, 2)
    with one.parts.database.read() as connection:
        [told] = one.parts.steward.about(connection, [record(one, 1)])
    assert (told.decision, told.author, told.reason) == ("cannot_link", "ann", "told at the till")
    assert {json.loads(natural)[-1] for natural in (told.low, told.high)} == {"1", "2"}
    assert set(told.records) == {record(one, 1), record(one, 2)}


def test_an_explanation_names_levels_and_their_sum(one: Installation) -> None:
    found = explain(one, 1, 2)
    assert found.apart is None
    [step] = found.path
    assert step.comparison is not None
    assert step.comparison.weight == sum(level.weight for level in step.comparison.levels)
    assert "contact" in {level.comparison for level in step.comparison.levels}
    assert found.weakest == step
    assert found.cut is not None
    assert found.cut.is_proven_minimal


def test_a_rebuild_agrees_with_decisions(one: Installation) -> None:
    decide(one, "cannot_link", 1, 2)
    decide(one, "must_link", 1, 3, client_id="c2")
    assert one.together() == {"1 3", "2"}
    assert rebuild(one, verify=True).is_equal


def test_the_client_id_of_an_undone_decision_cannot_be_used_again(one: Installation) -> None:
    one.parts.steward.undo(decide(one, "cannot_link", 1, 2), "ann")
    with pytest.raises(DecisionRefused, match="use a new one"):
        decide(one, "cannot_link", 1, 2)
    assert one.together() == {"1 2", "3"}


def test_a_witness_hears_what_a_decision_changed_and_can_still_undo_it(one: Installation) -> None:
    heard: list[Resolution] = []
    wish = Wish("c1", "cannot_link", record(one, 1), record(one, 2), "ann", "told at the till")

    def object_to(_: object, resolution: Resolution) -> None:
        heard.append(resolution)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the witness's own
        one.parts.steward.decide(wish, witness=object_to)
    assert one.together() == {"1 2", "3"}
    assert [len(resolution.split) for resolution in heard] == [1]
    for _ in range(2):
        one.parts.steward.decide(wish, witness=lambda _, resolution: heard.append(resolution))
    assert [len(resolution.split) for resolution in heard] == [1, 1, 0]


def test_a_decision_does_not_follow_a_row_to_another_key(one: Installation) -> None:
    decide(one, "must_link", 1, 3)
    assert one.together() == {"1 2 3"}
    log = history()
    log.move("person", 3, 9)
    one.ingest(log.events, stream="later")
    assert one.together() == {"1 2", "9"}
    assert rebuild(one, verify=True).is_equal


def test_a_decision_outlives_its_rows_and_can_be_taken_back_then(one: Installation) -> None:
    """What it says of an erased person goes with it: the cell and its key."""
    link = decide(one, "must_link", 1, 3)
    log = history()
    log.delete("person", 1)
    log.delete("person", 3)
    one.ingest(log.events)
    with one.parts.database.read() as connection:
        [told] = one.parts.steward.everything(connection)
    assert told.records == (None, None)
    assert one.parts.keystore.load([link])
    one.parts.steward.undo(link, "ann")
    assert (one.rows(steward_link), one.pending()) == ([], 0)
    assert one.parts.keystore.load([link]) == {}
