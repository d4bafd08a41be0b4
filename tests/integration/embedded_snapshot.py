"""`kill -9` in the middle of an engine's first snapshot, for the tests on each kind of database."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from cdc.store import load_floors, newest_snapshot
from cdc.tables import source_row
from identity import source_record
from tests.installation import Installation
from tests.integration.embedded import LAST, WAIT_SECONDS, Running, Source, audited, persons, running

#: So many persons that a snapshot takes dozens of batches; as soon as a few are seen to be committed the kill comes.
ROWS = 800
_BATCH = ("--batch", "20")
_POLL_SECONDS = 0.02
#: Rows that must be read before a kill; those that change are the first of them.
_FEW = 10

#: Changes rows that were read, nobody listening: the first of three keys goes, the second row changes, the third gets another key.
Change = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is there of the newest snapshot of the persons' table: its guard, and how many rows were applied of it."""

    guard: bytes | None
    rows: int


def survive_kills_in_the_snapshot(one: Installation, calm: Installation, source: Source, change: Change) -> None:
    """Kill the child in the middle of the first attempt, the parent in that of the second; ``calm`` reads undisturbed from the beginning.

    The source has the persons 0 to `ROWS`.
    """
    with running(calm, source) as undisturbed:
        undisturbed.wait_for(lambda: len(persons(calm)) == ROWS + 1, "the snapshot")
        cut = _cut_twice(one, source, change)
        with running(one, source) as run:
            source.write_last()
            for installed, reads in ((one, run), (calm, undisturbed)):
                reads.wait_for(lambda installed=installed: LAST in persons(installed), "the last row")  # type: ignore[misc]  # a lambda with a default has no type
            assert run.stop()["sources"][0]["starts"] == 1
        undisturbed.stop()
    _assert_only_the_last_attempt_counts(one, source, cut)
    assert {1, 3, 4, 6}.isdisjoint(persons(one))
    assert set(audited(one, source).values()) == {"equal"}
    assert one.parked() == calm.parked() == []


def _cut_twice(one: Installation, source: Source, change: Change) -> tuple["Attempt", "Attempt"]:
    """Kill during two attempts, and change rows behind each."""
    with running(one, source, *_BATCH) as run:
        child = _amid(one, source, run, Attempt(None, 0))
        os.kill(child, signal.SIGKILL)
        run.wait_for(lambda: run.child() != child, "the end of the child")
        first, lives = _killed_inside(one, source), _lives(one)
        _change_read(one, change, (1, 2, 3))
        assert _newest(one, source) == first, "the next attempt began before the rows changed"
        child = _amid(one, source, run, first)
        run.kill()
        run.wait_for(lambda: not Path(f"/proc/{child}").exists(), "the end of the orphan")
    second = _killed_inside(one, source)
    assert _lives(one).items() >= lives.items(), "a row that was read again began another life"
    _change_read(one, change, (4, 5, 6))
    return first, second


def _amid(one: Installation, source: Source, run: Running, before: Attempt) -> int:
    """Wait until the next attempt has applied rows, and no longer; gives the child."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (found := _newest(one, source)).guard in (None, before.guard) or found.rows < _FEW:
        assert time.monotonic() < deadline, run.log.read_text()
        time.sleep(_POLL_SECONDS)
    return run.child()


def _killed_inside(one: Installation, source: Source) -> Attempt:
    found = _newest(one, source)
    assert 0 < found.rows < ROWS, "the kill fell outside of the snapshot"
    with one.parts.database.read() as connection:
        assert load_floors(connection, one.parts.sealer.tables) == {}, "half a snapshot proved something"
    return found


def _change_read(one: Installation, change: Change, keys: tuple[int, int, int]) -> None:
    assert set(keys) <= persons(one), "what changes was not read"
    change(*keys)


def _assert_only_the_last_attempt_counts(one: Installation, source: Source, cut: tuple[Attempt, ...]) -> None:
    """The floor is that of the last attempt, and what only one before it had read, which was gone by then, has ended."""
    last = _newest(one, source)
    guards = {attempt.guard for attempt in (*cut, last)}
    assert len(guards) == len(cut) + 1
    table = _table(source)
    with one.parts.database.read() as connection:
        assert load_floors(connection, one.parts.sealer.tables).get(table) == last.guard
        unconfirmed = [source_row.c.snapshot == attempt.guard for attempt in cut]
        query = sa.select(source_row.c.incarnation).where(sa.or_(*unconfirmed))
        left = list(connection.execute(query).scalars())
    assert left, "no row was read by an attempt alone that was cut"
    assert set(left) == {None}


def _newest(one: Installation, source: Source) -> Attempt:
    with one.parts.database.read() as connection:
        return Attempt(*newest_snapshot(connection, one.parts.sealer.tables[_table(source)]))


def _table(source: Source) -> tuple[str, str]:
    return source.name, "customers" if source.name == "shop" else "members"


def _lives(one: Installation) -> dict[str, bytes]:
    """The life of each person, by table and key."""
    with one.parts.database.read() as connection:
        lives = list(connection.execute(sa.select(source_record.c.incarnation)).scalars())
        return {natural: life for life, natural in one.parts.reader.natural_keys(connection, lives).items()}
