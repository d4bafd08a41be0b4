"""Samples of a recording go to the part whose function is at work."""

import pytest

from bench.parts import part_of, shares

APPLY = "MainThread;write (cdc/overlap.py:60);write (cdc/apply.py:120);write (cdc/writing.py:90)"


@pytest.mark.parametrize(
    ("frames", "part"),
    [
        (
            "rescore (identity/candidates.py:9);select_in (storage/bulk.py:30);execute (sqlalchemy/engine/base.py:1)",
            "candidates and scores",
        ),
        ("write_facts (profiles/facts.py:80);apply (profiles/totals.py:70)", "writing facts and totals"),
        ("still_holds (cdc/plan.py:200);versions (cdc/store.py:90)", "planning"),
        ("wait (threading.py:300)", "the rest"),
    ],
)
def test_a_stack_is_in_the_part_that_asks(frames: str, part: str) -> None:
    assert part_of(f"{APPLY};{frames}") == part


def test_statements_are_counted_beside_their_parts() -> None:
    lines = [f"{APPLY};publish (storage/outbox.py:5);insert (storage/bulk.py:50) 3", f"{APPLY} 1"]
    parts, statements, total = shares(lines)
    assert (parts["lineage and outbox"], statements, total) == (3, 3, 4)
