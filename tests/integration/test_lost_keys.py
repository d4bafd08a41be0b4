"""An older key store was restored: keys of living rows are missing, and nothing is taken for erased or written over."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from identity import record_cell, source_record
from privacy import KeyNotStored, incarnation_key
from profiles import fact, fact_cell
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        yield made


@contextmanager
def without_keys(one: Installation, lost: Collection[bytes]) -> Iterator[None]:
    """Take the keys of ``lost`` out of the key store, and put them back at the end, as the newest copy does."""
    chosen = sa.select(incarnation_key).where(incarnation_key.c.incarnation.in_(lost))
    with one.parts.keystore_database.read() as connection:
        held = [dict(row._mapping) for row in connection.execute(chosen)]
    assert len(held) == len(lost)
    assert one.parts.keystore.sweep_orphans(lambda batch: {*batch} - {*lost}, older_than_seconds=-60) == len(lost)
    yield
    with one.parts.keystore_database.write() as connection:
        connection.execute(sa.insert(incarnation_key), held)  # fails if a key was minted meanwhile


def person() -> ChangeLog:
    log = ChangeLog()
    log.put("person", 1, {"name": "陈小美", "phone": "13812345670", "email": "a@example.org"})
    return log


@pytest.mark.parametrize("unknown", [["name"], []])
def test_a_person_whose_key_is_missing_waits_for_it_and_loses_no_value(one: Installation, unknown: list[str]) -> None:
    log = person()
    one.ingest(log.events)
    before = one.rows(source_record), one.rows(record_cell)
    log.put_partly("person", 1, {"city": "上海"}, unknown)
    with without_keys(one, list(one.shown().values())):
        with pytest.raises(KeyNotStored) as caught:
            one.ingest(log.events)
        assert not caught.value.retriable
        assert (one.rows(source_record), one.rows(record_cell)) == before
        assert one.parked() == []
    one.ingest(log.events)
    assert "陈小美" in one.lines()[0]
    assert "上海" in one.lines()[0]


@pytest.mark.parametrize("unknown", [["note"], []])
def test_a_fact_with_sealed_values_waits_for_its_missing_key(one: Installation, unknown: list[str]) -> None:
    log = ChangeLog()
    log.put("receipt", 1, {"total": "1.00", "note": "gift", "at": 1})
    one.ingest(log.events)
    before = one.rows(fact_cell)
    log.put_partly("receipt", 1, {"total": "2.00"}, unknown)
    with without_keys(one, [row.incarnation for row in one.rows(fact)]):
        with pytest.raises(KeyNotStored):
            one.ingest(log.events)
        with pytest.raises(KeyNotStored):
            one.lines()
        assert one.rows(fact_cell) == before
    one.ingest(log.events)
    assert "gift" in one.lines()[0]


def test_a_fact_that_never_had_a_sealed_value_gets_its_first_key(one: Installation) -> None:
    log = ChangeLog()
    log.put("receipt", 1, {"total": "1.00", "note": None, "at": 1})
    one.ingest(log.events)
    log.put("receipt", 1, {"note": "gift"})
    one.ingest(log.events)
    assert "gift" in one.lines()[0]


def test_a_neighbour_of_a_record_whose_key_is_missing_waits_too(one: Installation) -> None:
    """Three phones in one profile are too many: who stays together is decided by natural keys, which are sealed."""
    log = person()
    log.put("person", 2, {"phone": "13812345671", "email": "a@example.org"})
    one.ingest(log.events)
    log.put("person", 3, {"phone": "13812345672", "email": "a@example.org"})
    with without_keys(one, [one.rows(source_record)[0].incarnation]):
        with pytest.raises(KeyNotStored):
            one.ingest(log.events)
        with pytest.raises(KeyNotStored):
            one.lines()
    one.ingest(log.events)
    assert len(one.shown()) == 3
