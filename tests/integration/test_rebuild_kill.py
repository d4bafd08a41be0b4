"""`kill -9` in the middle of `onefold identity rebuild`: nothing has changed, and it can be run again."""

import multiprocessing
import os
import signal
from pathlib import Path
from unittest.mock import patch

import pytest

import server
from cdc import Rebuilder
from cli.settings import load_settings
from tests.change_log import MAPPING
from tests.installation import installation
from tests.integration.test_rebuild import SHARED, rebuild, three_people
from tests.integration.test_rehearsed_rebuild import temporary

#: What is about to be done, in the rebuild's own words; the first is never reached.
MOMENTS = {"pairs": "record", "computed": "Follower.take_in", "lock": "enact", "commit": "in_force.remember"}


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def rebuild_and_die(folder: Path, database: str, moment: str) -> None:
    """In a process of its own: rebuild, until its pairs are to be compared, or it has computed, or holds the lock, or all but commits."""
    environ = {**os.environ, **({"ONEFOLD_DATABASE": database} if database else {})}
    parts = server.open_parts(load_settings(folder / "onefold.toml", environ))
    settings = parts.settings
    rebuilder = Rebuilder(parts.database, parts.sealer, profile_rules=settings.profiles, mapping=settings.mapping)
    with patch(f"cdc.rebuild.{MOMENTS[moment]}", die):
        rebuilder.run(verify=False, progress=die if moment == "pairs" else lambda _: None)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_rebuild_that_is_killed_changed_nothing_and_can_be_run_again(
    database_url: str, tmp_path: Path, moment: str
) -> None:
    log = three_people()
    with installation(tmp_path, MAPPING, database=database_url) as one:
        one.ingest(log.events)
        before = one.lines()
    blocked = MAPPING + f'\n[identity.blocked]\nphone = ["{SHARED}"]\n'
    (tmp_path / "onefold.toml").write_text(blocked, encoding="utf-8")
    child = multiprocessing.get_context("spawn").Process(target=rebuild_and_die, args=(tmp_path, database_url, moment))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL, "the kill fell outside of the rebuild"
    with installation(tmp_path, MAPPING, database=database_url) as one:
        assert one.lines() == before
        assert rebuild(one, verify=True).is_equal
        assert temporary(one) == []
    with installation(tmp_path, blocked, database=database_url) as one:
        assert rebuild(one, verify=False).evidence_changed == 2
        assert one.lines() != before
        assert rebuild(one, verify=True).is_equal
