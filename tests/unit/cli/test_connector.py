"""What `onefold connector config` prints for people and programs: names of every script, and names that were meant to do harm."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import server
from cli.app import application

MAPPING = """
[[source]]
name = "shop"
topics = "shop.public.*"
[source.connector]
kind = "postgresql"
host = "db"
database = {database}
user = {user}
password_env = "SHOP_PASSWORD"
settings = {{ "snapshot.select.statement.overrides" = {setting} }}
[source.tables."会员𠮷"]
kind = "ignore"
[source.tables.customers]
kind = "person"
key = ["id"]
"""


def printed(folder: Path, *options: str, database: str = '"shop"', user: str = '"onefold"', setting: str = '""') -> str:
    file = folder / "onefold.toml"
    text = MAPPING.format(database=database, user=user, setting=setting).replace('"ignore"', '"event"')
    file.write_text(text, encoding="utf-8")
    given = ["connector", "config", "shop", "--config", str(file), *options]
    result = CliRunner().invoke(application(), given, obj=server.wiring({}))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_properties_file_holds_names_of_every_script_as_java_reads_them(tmp_path: Path) -> None:
    said = printed(tmp_path)
    assert said.isascii()
    assert r"public\\.\u4f1a\u5458\ud842\udfb7" in said


def test_no_value_adds_a_line_to_a_properties_file(tmp_path: Path) -> None:
    said = printed(tmp_path, setting='"x\\nskipped.operations=t"')
    assert "skipped.operations=t" not in said.splitlines()


@pytest.mark.parametrize("names", [{"database": '"x\\nDROP TABLE t; --"'}, {"user": '"x\\rDROP TABLE t; --"'}])
def test_no_name_ends_a_comment(names: dict[str, str], tmp_path: Path) -> None:
    comments = [line for line in printed(tmp_path, "--statements", **names).split("\n") if line.startswith("-- ")]
    assert any("DROP TABLE" in line for line in comments)
    assert not any("\r" in line for line in comments)
