"""Exactly-once effect: whatever happens to workers, the end is that of an undisturbed run, nothing lost and nothing twice."""

from collections import Counter
from collections.abc import Iterable, Iterator
from random import Random

import pytest
import sqlalchemy as sa

from cdc.tables import stream_position
from identity import source_record
from privacy import finish_destruction
from profiles import fact
from tests.change_log import MAPPING
from tests.conftest import IS_LONG
from tests.installation import Installation, installation
from tests.services.postgres import PostgresServer
from tests.simulation.accidents import Accidents, accidents
from tests.simulation.stream import Source, partitions
from tests.simulation.workers import Group, Log

SEEDS = 10_000 if IS_LONG else 500
#: Seeds for each test, so that several processes share them; every kind of accident has to happen in each, and in one of a
#: hundred shares of a hundred seeds one kind did not.
SHARE = 500 if IS_LONG else 100


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("calm"), MAPPING) as made:
        yield made


@pytest.fixture(scope="module")
def stormy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("stormy"), MAPPING) as made:
        yield made


@pytest.fixture(scope="module")
def stormy_postgres(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("stormy")
    with postgres.new_database() as url, installation(folder, MAPPING, database=url) as made:
        yield made


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(0, SEEDS, SHARE))
def test_accidents_change_nothing(
    calm: Installation, stormy: Installation, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_nothing_changes(calm, stormy, range(first, first + SHARE), monkeypatch)


@pytest.mark.postgres
@pytest.mark.timeout(3600)
def test_accidents_change_nothing_on_postgresql(
    calm: Installation, stormy_postgres: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_nothing_changes(calm, stormy_postgres, range(SEEDS // 10), monkeypatch)


def assert_nothing_changes(
    calm: Installation, stormy: Installation, seeds: Iterable[int], patch: pytest.MonkeyPatch
) -> None:
    seen: Counter[str] = Counter()
    with accidents(patch) as planned:
        for seed in seeds:
            seen.update(simulate(calm, stormy, seed, planned))
    assert set(seen) == {*Accidents.KINDS, "clock jumped", "rebalance storm", "fenced"}


def simulate(calm: Installation, stormy: Installation, seed: int, planned: Accidents) -> Counter[str]:
    """One history with its accidents; what happened."""
    chance = Random(seed)
    source = Source(chance)
    source.change(chance.randint(5, 40))
    planned.call_off()
    planned.happened.clear()
    calm.wipe()
    calm.ingest(source.log.events)
    log = partitions(source.log.events, chance.randint(1, 4), chance)
    stormy.wipe()
    group = Group(stormy, log, chance, planned)
    group.run(chance.randint(10, 40))
    assert stormy.lines() == calm.lines(), f"seed {seed}"
    assert_all_was_read(stormy, log)
    assert sorted(p.code for p in stormy.parked()) == sorted(p.code for p in calm.parked()), f"seed {seed}"
    assert_keys_are_those_of_what_lives(stormy)
    return Counter([*planned.happened, *["fenced"] * group.fenced])


def assert_all_was_read(one: Installation, log: Log) -> None:
    """Every partition's stored position is its end."""
    positions = {row.stream: row.next_offset for row in one.rows(stream_position)}
    assert positions == {f"partition {place}": len(events) for place, events in enumerate(log)}


def assert_keys_are_those_of_what_lives(one: Installation) -> None:
    """No key of an ended record is left once destruction is finished; every live one opens (`lines` opened them)."""
    finish_destruction(one.parts.database, one.parts.keystore)
    assert one.pending() == 0
    with one.parts.database.read() as connection:
        live = [
            *connection.execute(sa.select(source_record.c.incarnation)).scalars(),
            *connection.execute(sa.select(fact.c.incarnation)).scalars(),
        ]
    assert one.parts.keystore.destroyed(live) == set()
