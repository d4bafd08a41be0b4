"""A row that is deleted loses its key, in two steps that a kill at any moment between them cannot undo."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

import server
from cdc import OtherKeyStore
from cli.parts import Parts
from cli.settings import load_settings
from identity import record_cell, source_record
from privacy import KeyDestroyed, KeyRing, KeyStore, destroy_pending, incarnation_key, pending_destruction
from profiles import fact
from storage import Database
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation
from tests.refusing import refusing

ROOT = Path(__file__).parents[2]

#: Takes in a log of which nothing but the deletion of the person is new, and kills itself at the given moment.
CHILD = """
import os, signal, sys
from pathlib import Path
import cdc.apply, cdc.store, privacy.keystore
from tests.change_log import MAPPING
from tests.installation import installation
from tests.integration.test_destruction import story

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def destroy_and_die(keystore, incarnations, destroy=privacy.keystore.KeyStore.destroy):
    destroy(keystore, incarnations)
    die()

folder, database, moment = sys.argv[1:]
with installation(Path(folder), MAPPING, database=database) as one:
    if moment == "before the commit":
        cdc.store.write_rows = die
    elif moment == "between the commits":
        cdc.apply.finish_destruction = die
    else:
        privacy.keystore.KeyStore.destroy = destroy_and_die
    one.ingest(story().events)
"""


def story() -> ChangeLog:
    log = ChangeLog()
    log.put("person", 1, {"name": "陈小美", "phone": "13812345670"})
    log.delete("person", 1)
    return log


def key_state(parts: Parts, incarnation: bytes) -> str | None:
    query = sa.select(incarnation_key.c.state).where(incarnation_key.c.incarnation == incarnation)
    with parts.keystore_database.read() as connection:
        return connection.execute(query).scalar()


@pytest.mark.parametrize("moment", ["before the commit", "between the commits", "after the destruction"])
def test_a_kill_leaves_nothing_readable_and_the_restart_ends_what_was_begun(
    moment: str, database_url: str, tmp_path: Path
) -> None:
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        one.ingest(story().events[:1])
        (first,) = one.shown().values()
    _killed(tmp_path / "one", database_url, moment)
    committed = moment != "before the commit"
    _look_without_starting(tmp_path / "one", database_url, first, committed=committed)
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        assert one.rows(destroy_pending) == []
        assert key_state(one.parts, first) == ("destroyed" if committed else "active")
        one.ingest(story().events)
        assert key_state(one.parts, first) == "destroyed"
        with pytest.raises(KeyDestroyed):
            one.parts.keystore.mint([first])
        _insert_again(one, first)


def test_another_key_store_does_not_end_what_was_begun_in_this_one(database_url: str, tmp_path: Path) -> None:
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        one.ingest(story().events[:1])
        (first,) = one.shown().values()
    _killed(tmp_path / "one", database_url, "between the commits")
    with installation(tmp_path / "other", MAPPING):
        pass
    with pytest.raises(OtherKeyStore), installation(tmp_path / "other", MAPPING, database=database_url):
        pass
    _look_without_starting(tmp_path / "one", database_url, first, committed=True)
    with installation(tmp_path / "one", MAPPING, database=database_url) as one:
        assert key_state(one.parts, first) == "destroyed"


def _killed(folder: Path, database: str, moment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), database, moment],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def _look_without_starting(folder: Path, database: str, first: bytes, *, committed: bool) -> None:
    """What another process finds before anything was mended: the key may exist, and is refused."""
    settings = load_settings(folder / "onefold.toml", {"ONEFOLD_DATABASE": database})
    main, keys = Database(settings.database), Database(settings.keystore)
    ring = KeyRing(KeyStore(keys, server.provider_of(settings, os.environ), tenant=settings.tenant))
    with main.read() as connection:
        assert pending_destruction(connection, [first]) == ({first} if committed else set())
        assert set(ring.load(connection, [first])) == (set() if committed else {first})
        for table in (source_record, record_cell):
            assert (connection.execute(sa.select(table)).first() is None) is committed
    main.close()
    keys.close()


def _insert_again(one: Installation, first: bytes) -> None:
    log = story()
    log.put("person", 1, {"name": "王伟"})
    one.ingest(log.events)
    (second,) = one.shown().values()
    assert second != first
    assert key_state(one.parts, second) == "active"
    assert "王伟" in one.lines()[0]
    assert "陈小美" not in one.lines()[0]


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        yield made


def test_the_key_of_a_deleted_fact_goes_even_when_its_sealed_value_went_before(one: Installation) -> None:
    """The value may still stand in an older copy of the database."""
    log = ChangeLog()
    for key in (1, 2, 3):
        log.put("receipt", key, {"total": "1.00", "note": "gift" if key < 3 else None, "at": 1})
    one.ingest(log.events)
    keyed = {row.incarnation for row in one.rows(fact) if key_state(one.parts, row.incarnation)}
    assert len(keyed) == 2
    log.put("receipt", 1, {"note": None})
    for key in (1, 2, 3):
        log.delete("receipt", key)
    one.ingest(log.events, batch=1)
    assert {key_state(one.parts, incarnation) for incarnation in keyed} == {"destroyed"}
    with one.parts.keystore_database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(incarnation_key)).scalar() == 2


def test_the_keys_of_a_truncated_table_go(one: Installation) -> None:
    log = story()
    log.put("person", 1, {"name": "a"})
    log.put("person", 2, {"name": "b"})
    one.ingest(log.events)
    living = list(one.shown().values())
    log.truncate("person")
    one.ingest(log.events)
    assert [key_state(one.parts, incarnation) for incarnation in living] == ["destroyed"] * 2
    assert one.rows(destroy_pending) == []


def test_a_key_change_keeps_the_key(one: Installation) -> None:
    log = ChangeLog()
    log.put("person", 1, {"name": "a"})
    log.move("person", 1, 2)
    one.ingest(log.events, batch=1)
    (living,) = one.shown().values()
    assert key_state(one.parts, living) == "active"
    with one.parts.keystore_database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(incarnation_key)).scalar() == 1


def test_a_key_whose_destruction_was_refused_is_destroyed_with_the_next_batch(tmp_path: Path) -> None:
    """The batch itself was committed, so that nothing would ask for it again before the next start."""
    log = two_people()
    with installation(tmp_path / "one", MAPPING) as one, refusing("read-only", "keystore.db") as refusal:
        one.ingest(log.events)
        log.delete("person", 1)
        refusal.is_on = True
        with pytest.raises(DBAPIError):
            one.ingest(log.events)
        assert one.pending() == 1
        refusal.is_on = False
        log.put("person", 0, {"name": "王伟"})
        one.ingest(log.events[-1:], stream="another")
        assert one.pending() == 0


def two_people() -> ChangeLog:
    log = ChangeLog()
    for number in range(2):
        log.put("person", number, {"name": "陈小美", "phone": f"1381234567{number}"})
    return log
