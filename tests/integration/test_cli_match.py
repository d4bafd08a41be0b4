"""`onefold identity match`: a file of people in, who is one person out, without an installation."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import server
from cli.app import application

PEOPLE = """\
no,who,姓名,手机,生日,备注
a1,1,陈小美,13812345670,1990-05-06,secret
b2,1,陳小美,138 1234 5670,19900506,
c3,2,王建国,13987654321,1951-02-03,
d4,3,王建国,,1980-02-03,
"""
PROFILES = [["no", "profile"], ["a1", "a1"], ["b2", "a1"], ["c3", "c3"], ["d4", "d4"]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "people.csv"
    made.write_text(PEOPLE, encoding="utf-8-sig")
    return made


def run(*args: object, feed: bytes = b"") -> Result:
    command = ["identity", "match", *map(str, args)]
    return CliRunner().invoke(application(), command, input=feed, obj=server.wiring({}), env={})


def rows(result: Result) -> list[list[str]]:
    assert result.exit_code == 0, result.output
    return list(csv.reader(io.StringIO(result.stdout)))


def test_each_row_is_given_its_profile(file: Path) -> None:
    result = run(file, "--key", "no", "--truth", "who")
    assert rows(result) == PROFILES
    assert "手机: phone" in result.stderr
    assert "not compared: 备注" in result.stderr
    assert "'chinese'" in result.stderr
    assert "4 rows, 3 people" in result.stderr
    assert "precision 1.0000, recall 1.0000, F1 1.0000 (1 pairs" in result.stderr
    assert not {"陈小美", "13812345670", "secret"} & set(result.output.split())


def test_a_file_can_come_through_a_pipe() -> None:
    assert rows(run("-", "--key", "no", feed=PEOPLE.encode())) == PROFILES


def test_rows_have_numbers_where_no_column_names_them(file: Path) -> None:
    assert rows(run(file, "--is", "no=", "--is", "who=")) == [
        ["row", "profile"],
        ["1", "1"],
        ["2", "1"],
        ["3", "3"],
        ["4", "4"],
    ]


def test_json_holds_the_columns_and_the_profiles(file: Path) -> None:
    found = json.loads(run(file, "--key", "no", "--truth", "who", "--json").stdout)
    assert (found["rows"], found["people"]) == (4, 3)
    assert found["columns"] | {"姓名": "name", "手机": "phone", "生日": "birthday"} == found["columns"]
    assert found["profiles"] == [["a1", "b2"], ["c3"], ["d4"]]
    assert found["agreement"]["f1"] == 1.0
    assert json.loads(run(file, "--json").stdout)["agreement"] is None


def test_why_shows_the_evidence_and_no_value(file: Path) -> None:
    result = run(file, "--key", "no", "--why", "a1", "b2")
    assert result.exit_code == 0
    assert "a1 and b2 are one person: the evidence suffices" in result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()][-1] == "sum"
    found = json.loads(run(file, "--key", "no", "--why", "c3", "d4", "--json").stdout)
    assert found["one_person"] is False
    assert not {"陈小美", "13812345670"} & set(result.output.split())


def test_a_model_by_region(file: Path) -> None:
    assert "'latin'" in run(file, "--region", "AU").stderr
    assert "'chinese'" in run(file, "--region", "AU", "--model", "chinese").stderr


def test_names_of_another_country_are_noticed(file: Path) -> None:
    latin = b"name,phone\nAnn Lee,5551234\nBob Ray,5554321\n"
    assert "--region US" in run("-", feed=latin).stderr
    assert "--region US" not in run("-", "--region", "GB", feed=latin).stderr
    assert "--region US" not in run("-", "--model", "chinese", feed=latin).stderr
    assert "--region US" not in run(file).stderr


def test_another_encoding_is_named_and_can_be_told(tmp_path: Path) -> None:
    file = tmp_path / "会员.csv"
    file.write_text(PEOPLE, encoding="gb18030")
    refused = run(file)
    assert refused.exit_code == 2
    assert "--encoding gb18030" in refused.stderr
    assert rows(run(file, "--key", "no", "--encoding", "gb18030")) == PROFILES


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = run(tmp_path / "nobody.csv")
    assert result.exit_code == 2
    assert f"{tmp_path / 'nobody.csv'} cannot be read: No such file or directory" in result.stderr
    assert "Is a directory" in run(tmp_path).stderr


REFUSED = {
    "no equals sign": (("--is", "phone"), "COLUMN=ATTRIBUTE"),
    "no such attribute": (("--is", "who=fone"), "did you mean 'phone'"),
    "no such encoding": (("--encoding", "latin-99"), "try gb18030"),
    "no such region": (("--region", "XX"), "ISO 3166"),
    "no such model": (("--model", "klingon"), "choose one of chinese, latin"),
    "no such order": (("--date-order", "ymd"), "dmy or mdy"),
    "a long delimiter": (("--delimiter", "::"), "one character"),
    "no such row": (("--why", "1", "99"), "a row that is not there"),
    "not its key": (("--key", "number"), "there is no column 'number'"),
}


@pytest.mark.parametrize(("options", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_named_with_its_mend(file: Path, options: tuple[str, ...], says: str) -> None:
    result = run(file, *options)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.replace("│", " ").split())
    assert not result.stdout
