"""Lineage: the steps of a resolution in an order that can be replayed, their causes, and what the outbox is told."""

import json
from pathlib import Path

import sqlalchemy as sa

from identity import Resolution
from profiles import LINEAGE_KINDS, Step, lineage, record, steps
from storage import Database, outbox

EVERYTHING = Resolution(
    created=[b"c"],
    ended=[b"e"],
    merged=[(b"absorbed", b"into")],
    split=[(b"from", b"new")],
    moved=[(b"old", b"now")],
    joined=[(b"to", b"left"), (b"to", None)],
)


def test_what_comes_into_being_comes_before_what_merges_into_it_and_ends_come_last() -> None:
    assert list(steps(EVERYTHING)) == [
        Step("created", b"c", None),
        Step("joined", b"to", b"left"),
        Step("joined", b"to", None),
        Step("split", b"from", b"new"),
        Step("moved", b"now", b"old"),
        Step("merged", b"into", b"absorbed"),
        Step("ended", b"e", None),
    ]
    assert {step.kind for step in steps(EVERYTHING)} == set(LINEAGE_KINDS)


def test_nothing_happened_means_no_steps() -> None:
    assert list(steps(Resolution(clusters={b"a": (b"a",)}, heirs={b"x": b"a"}))) == []


def test_steps_are_written_with_their_causes_and_told_to_the_outbox(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'lineage.db'}")
    with database.write() as connection:
        lineage.create(connection)
        outbox.create(connection)
        record(connection, EVERYTHING, lambda step: [{"offset": n} for n in range(len(step.kind) * 2)], at=7)
        rows = connection.execute(sa.select(lineage).order_by(lineage.c.seq)).all()
        told = connection.execute(sa.select(outbox).order_by(outbox.c.seq)).all()
    database.close()
    assert [Step(row.kind, row.profile_id, row.other_id) for row in rows] == list(steps(EVERYTHING))
    assert {row.at for row in rows} == {7}
    assert [(row.topic, row.subject, json.loads(row.payload)) for row in told] == [
        ("profile.created", b"c", {}),
        ("profile.joined", b"to", {"other": b"left".hex()}),
        ("profile.joined", b"to", {}),
        ("profile.split", b"from", {"other": b"new".hex()}),
        ("profile.moved", b"now", {"other": b"old".hex()}),
        ("profile.merged", b"into", {"other": b"absorbed".hex()}),
        ("profile.ended", b"e", {}),
    ]
    assert json.loads(rows[-1].cause) == [{"offset": n} for n in range(10)]
    assert json.loads(rows[0].cause) == [*({"offset": n} for n in range(10)), {"more": 4}]
