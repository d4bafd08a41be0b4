"""No personal value of the input in the raw bytes of any file that Onefold wrote."""

import json
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.canaries import Scanner, encodings
from tests.change_log import ChangeLog

MAPPING = """
[[source]]
name = "db"
topics = "db.*"
channel = "store"
[source.tables.person]
kind = "person"
key = ["id"]
[source.tables.person.columns]
id = { is = "customer_no" }
phone = { is = "phone" }
email = { is = "email" }
name = { is = "name" }
birthday = { is = "birthday" }
address = { is = "address" }
openid = { is = "wechat_openid", app = "wx0000000000000001" }
[source.tables.note]
kind = "feedback"
key = ["id"]
[source.tables.note.columns]
person = { is = "person", table = "person" }
body = { is = "body" }
"""
SUBJECTS = 200
_HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]


def people(seed: int) -> list[dict[str, str]]:
    chooser = random.Random(seed)
    return [
        {
            "phone": f"+86138{chooser.randrange(10**8):08d}",
            "email": f"{chooser.randbytes(6).hex()}.canary@example.com",
            "name": "".join(chooser.choices(_HAN, k=6)),
            "birthday": f"19{chooser.randrange(50, 99)}-0{chooser.randrange(1, 10)}-1{chooser.randrange(10)}",
            "address": "".join(chooser.choices(_HAN, k=10)) + "路88号",
            "openid": f"o{chooser.randbytes(13).hex()}",
        }
        for _ in range(SUBJECTS)
    ]


def write(path: Path, subjects: list[dict[str, str]]) -> set[str]:
    """A file that makes, corrects and partly deletes the subjects, and one event that must be parked; gives all values."""
    log, seen = ChangeLog(), set()
    for number, person in enumerate(subjects, 1):
        remark = f"{person['name']}的备注{person['phone']}"
        log.put("person", number, person)
        log.put("note", number, {"person": number, "body": remark})
        corrected = {**person, "email": "corrected." + person["email"]}
        log.put("person", number, corrected)
        seen |= {*person.values(), corrected["email"], remark}
        if number % 4 == 0:
            log.delete("note", number)
            log.delete("person", number)
    lines = [{"topic": e.topic, "key": (e.key or b"").decode(), "value": (e.value or b"").decode()} for e in log.events]
    lines.append(
        {"topic": "db.unmapped", "key": lines[0]["key"], "value": lines[0]["value"].replace('"person"', '"unmapped"')}
    )
    broken = {"topic": "db.person", "key": lines[0]["key"], "value": lines[0]["value"][:-9]}
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [*lines, broken]), encoding="utf-8")
    return seen


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scanner, str]:
    """An installation that read the file, through the command line, with everything that it said."""
    folder, outside = tmp_path_factory.mktemp("onefold"), tmp_path_factory.mktemp("input")
    values = write(outside / "events.jsonl", people(7))
    (folder / "onefold.toml").write_text(MAPPING, encoding="utf-8")
    said = ""
    for arguments in (["init", str(folder)], ["ingest", str(outside / "events.jsonl")], ["parked", "list"], ["status"]):
        command = [sys.executable, "-m", "server", *arguments]
        environment = {**os.environ, "ONEFOLD_CONFIG": str(folder / "onefold.toml")}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        said += done.stdout + done.stderr
    (folder / "said.log").write_text(said, encoding="utf-8")
    return folder, Scanner(values), said


def test_no_file_and_no_output_holds_a_personal_value(written: tuple[Path, Scanner, str]) -> None:
    folder, scanner, said = written
    assert "parked" in said
    assert {path.suffix for path in folder.rglob("*")} >= {".db", ".json", ".log"}
    assert scanner.scan_folder(folder) == set()


def test_a_planted_value_is_found_in_every_encoding_and_in_the_database(
    written: tuple[Path, Scanner, str], tmp_path: Path
) -> None:
    folder, scanner, _ = written
    person = people(7)[0]
    for value in person.values():
        for name, pattern in encodings(value):
            if len(pattern) >= 6:
                assert scanner.scan(os.urandom(100) + pattern + os.urandom(100)), (name, value)
    copy = tmp_path / "planted.db"
    copy.write_bytes(next(folder.rglob("onefold.db")).read_bytes())
    with sqlite3.connect(copy) as connection:
        connection.execute("CREATE TABLE planted (phone TEXT, number INTEGER)")
        connection.execute("INSERT INTO planted VALUES (?, ?)", (person["phone"], int(person["phone"])))
    found = {hit.encoding for hit in scanner.scan_folder(tmp_path)}
    # A text of ASCII alone is the same in UTF-8 and in JSON.
    assert found & {"utf-8", "json"}
    assert "sqlite integer" in found
