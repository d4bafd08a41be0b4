"""`onefold keys sweep`: keys without a record go, all others stay."""

import os
from pathlib import Path

import sqlalchemy as sa
from typer.testing import CliRunner

import server
from cli.app import application
from privacy import incarnation_key
from tests.change_log import MAPPING, ChangeLog
from tests.installation import installation

_TWO_HOURS = 2 * 60 * 60 * 1_000_000


def test_only_keys_that_nothing_uses_are_swept(tmp_path: Path) -> None:
    log = ChangeLog()
    for key in range(1, 6):
        log.put("person", key, {"phone": f"1381234567{key}"})
        log.put("receipt", key, {"person": key, "total": "1.00", "note": "gift", "at": 10})
    with installation(tmp_path, MAPPING) as one:
        one.ingest(log.events)
        before = one.lines()
        orphans = [os.urandom(16) for _ in range(3)]
        one.parts.keystore.mint(orphans)
        with one.parts.keystore_database.write() as connection:
            made = sa.update(incarnation_key).values(created_at=incarnation_key.c.created_at - _TWO_HOURS)
            connection.execute(made)
        command = ["keys", "sweep", "--json", "--config", str(tmp_path / "onefold.toml")]
        done = CliRunner().invoke(application(), command, obj=server.wiring(os.environ))
        assert (done.exit_code, done.stdout.split()) == (0, ["{", '"swept":', "3", "}"])
        assert one.lines() == before
        with one.parts.keystore_database.read() as connection:
            kept = set(connection.execute(sa.select(incarnation_key.c.incarnation)).scalars())
        assert len(kept) == 10
        assert not kept & set(orphans)
