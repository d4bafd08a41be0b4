"""What is lost, half-written or unknown is told with its mend, and nothing is made in its place."""

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.test_cli import SAMPLE, SHOP, Onefold


@pytest.fixture
def filled(tmp_path: Path) -> Onefold:
    """Give an installation that has read the shop's sample."""
    made = Onefold(tmp_path / "one")
    made.run("init", made.folder)
    with made.config.open("a", encoding="utf-8") as file:
        file.write(SHOP)
    assert made.run("ingest", SAMPLE).exit_code == 1
    return made


def lose_key_store(installed: Onefold) -> Path:
    for file in (installed.folder / "keys").glob("keystore.db*"):
        file.unlink()
    return installed.folder / "keys" / "keystore.db"


def test_a_lost_key_store_is_not_replaced(filled: Onefold) -> None:
    lose_key_store(filled)
    for command in (("init", filled.folder), ("ingest", SAMPLE)):
        result = filled.run(*command)
        assert result.exit_code == 2
        assert "restore the newest copy of the key store" in result.stderr
    assert filled.json("keys", "status")["long_lived"] == []


def test_status_and_check_tell_of_an_empty_key_store(filled: Onefold) -> None:
    lose_key_store(filled)
    filled.run("migrate")
    for command in ("status", "check"):
        result = filled.run(command)
        assert result.exit_code == 1
        assert "the key store is empty: restore" in result.stderr


def test_status_makes_no_key_store_that_is_not_there(filled: Onefold) -> None:
    file = lose_key_store(filled)
    assert filled.run("status").exit_code == 1
    assert not file.exists()


def test_status_and_check_tell_of_another_databases_key_store(filled: Onefold, tmp_path: Path) -> None:
    other = Onefold(tmp_path / "other")
    other.run("init", other.folder)
    lose_key_store(filled)
    shutil.copytree(other.folder / "keys", filled.folder / "keys", dirs_exist_ok=True)
    for command in ("status", "check"):
        result = filled.run(command)
        assert result.exit_code == 1
        assert "does not belong to this database" in result.stderr


def test_a_right_key_store_is_nothing_to_tell(filled: Onefold) -> None:
    assert filled.json("status", exit_code=1)["key_store_fault"] == ""
    assert "key store" not in filled.run("check").stderr


def test_a_half_written_last_line_waits_for_the_next_run(filled: Onefold, tmp_path: Path) -> None:
    lines = SAMPLE.read_bytes().splitlines(keepends=True)
    file = tmp_path / "growing.jsonl"
    file.write_bytes(b"".join(lines[:2]) + lines[2][:-20])
    result = filled.run("ingest", file, "--json")
    (found,) = json.loads(result.stdout)["files"]
    assert (result.exit_code, found["events"], found["parked"], found["unfinished"]) == (0, 2, 0, True)
    assert "not written to its end" in result.stderr
    assert "not written to its end" in filled.run("check", file).stderr
    file.write_bytes(b"".join(lines[:3]))
    (found,) = filled.json("ingest", file)["files"]
    assert (found["events"], found["parked"], found["unfinished"]) == (3, 0, False)


@pytest.mark.parametrize("command", [("retry",), ("drop", "--yes")])
def test_an_id_under_which_nothing_is_parked_is_wrong_use(filled: Onefold, command: tuple[str, ...]) -> None:
    result = filled.run("parked", *command, "99")
    assert result.exit_code == 2
    assert "nothing is parked under these ids: 99" in result.stderr
