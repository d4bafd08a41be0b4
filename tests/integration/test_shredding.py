"""A destroyed key leaves no copy in any file, also while the installation stays open."""

from pathlib import Path

import sqlalchemy as sa

from privacy import incarnation_key
from tests.change_log import MAPPING, ChangeLog
from tests.installation import installation


def found(folder: Path, needle: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_the_wrapped_key_of_a_deleted_row_is_in_no_file(tmp_path: Path) -> None:
    log = ChangeLog()
    for key in range(1, 21):
        log.put("person", key, {"phone": f"138123456{key:02d}", "name": "陈小美"})
    with installation(tmp_path, MAPPING) as one:
        one.ingest(log.events)
        with one.parts.keystore_database.read() as connection:
            wrapped = list(connection.execute(sa.select(incarnation_key.c.wrapped)).scalars())
        assert all(found(tmp_path, key) for key in wrapped)
        for key in range(1, 21):
            log.delete("person", key)
        one.ingest(log.events)
        assert [name for key in wrapped for name in found(tmp_path, key)] == []


def test_while_the_log_cannot_be_scrubbed_the_key_stays_pending(tmp_path: Path) -> None:
    log = ChangeLog()
    log.put("person", 1, {"phone": "13812345670"})
    with installation(tmp_path, MAPPING) as one:
        one.ingest(log.events)
        log.delete("person", 1)
        with one.parts.keystore_database.read() as reading:
            reading.execute(sa.select(incarnation_key)).all()
            one.ingest(log.events)
            assert one.pending() == 1
        log.put("person", 2, {"phone": "13812345671"})
        one.ingest(log.events)
        assert one.pending() == 0
