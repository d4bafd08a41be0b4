"""The command line, from `init` to `export`, on real files: what each command says, writes and exits with."""

import csv
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

import server
from cdc import Applier, CapturedFile
from cli.app import application
from privacy import audit_entry, verify_audit
from storage import Database
from tests.installation import DATA

SAMPLE = DATA / "debezium" / "pg.noschema.string.jsonl"
SHOP = (DATA / "mappings" / "shop.toml").read_text(encoding="utf-8")
#: A row of a table without a key was changed: the one event of the sample that cannot be applied.
KEYLESS = "keyless_change"
DIGEST_LINE = 64


class Onefold:
    """Runs commands in one installation's folder."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.config = folder / "onefold.toml"
        self.environ = environ

    def run(self, *args: object, feed: str = "") -> Result:
        given = [str(arg) for arg in args]
        if given[0] != "init":
            given += ["--config", str(self.config)]
        return CliRunner().invoke(application(), given, input=feed, obj=server.wiring(self.environ), env=self.environ)

    def json(self, *args: object, exit_code: int = 0) -> Any:
        result = self.run(*args, "--json")
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)

    def state(self) -> str:
        result = self.run("export", "profiles", "--canonical")
        assert result.exit_code == 0, result.output
        return result.stdout

    def token(self, *args: str) -> str:
        result = self.run("token", "create", *args)
        assert result.exit_code == 0, result.output
        return result.stdout.strip()


@pytest.fixture
def onefold(tmp_path: Path) -> Onefold:
    """Give a new installation without a mapping."""
    made = Onefold(tmp_path / "one")
    result = made.run("init", made.folder)
    assert result.exit_code == 0, result.output
    return made


@pytest.fixture
def shop(onefold: Onefold) -> Onefold:
    """Give an installation with the shop's mapping."""
    with onefold.config.open("a", encoding="utf-8") as file:
        file.write(SHOP)
    return onefold


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Give a copy of the sample that a test may change."""
    return Path(shutil.copy(SAMPLE, tmp_path / "events.jsonl"))


# --- init ---


def test_the_version_is_told_without_an_installation() -> None:
    assert CliRunner().invoke(application(), ["--version"]).stdout == f"onefold {metadata.version('onefold')}\n"


def test_a_command_starts_without_what_it_does_not_ask_for() -> None:
    """66 MiB and a fifth of a second: graphs for whoever asks why, pypinyin's readings of words for nobody."""
    code = "import sys, server; print('networkx' in sys.modules, len(sys.modules['pypinyin.constants'].PHRASES_DICT))"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYPINYIN")}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "0"]


def test_init_makes_everything_that_the_next_commands_need(onefold: Onefold) -> None:
    assert stat.S_IMODE((onefold.folder / "keys" / "root.json").stat().st_mode) == 0o600
    assert (onefold.folder / "data" / "onefold.db").exists()
    assert (onefold.folder / "keys" / "keystore.db").exists()
    assert onefold.run("status").exit_code == 0


def test_init_again_overwrites_nothing_and_says_so(onefold: Onefold) -> None:
    onefold.config.write_text("# mine\n", encoding="utf-8")
    key = (onefold.folder / "keys" / "root.json").read_bytes()
    result = onefold.run("init", onefold.folder)
    assert result.exit_code == 0
    assert "left as it is" in result.stderr
    assert onefold.config.read_text(encoding="utf-8") == "# mine\n"
    assert (onefold.folder / "keys" / "root.json").read_bytes() == key


def test_init_does_not_replace_a_lost_key_file(onefold: Onefold) -> None:
    (onefold.folder / "keys" / "root.json").unlink()
    result = onefold.run("init", onefold.folder)
    assert result.exit_code == 2
    assert "restore the file" in result.stderr
    assert not (onefold.folder / "keys" / "root.json").exists()


@pytest.mark.parametrize("command", [("parked", "list"), ("check",)])
def test_a_lost_key_file_is_asked_back_where_something_was_made_with_it(shop: Onefold, command: tuple[str]) -> None:
    shop.run("parked", "list")  # from now on the database knows the keys that it was opened with
    keys = shop.folder / "keys"
    (keys / "root.json").rename(shop.folder / "root.json")
    said = shop.run(*command).stderr
    assert "root.json is missing, and the key store was made with it; restore the file" in said
    assert "onefold init" not in said
    (keys / "keystore.db").unlink()
    said = shop.run(*command).stderr
    assert "root.json and the key store are missing" in said
    assert "restore the newest copies of both" in said
    assert "onefold init" not in said
    assert not (keys / "keystore.db").exists()


def test_check_asks_a_lost_key_store_back(shop: Onefold) -> None:
    shop.run("parked", "list")
    (shop.folder / "keys" / "keystore.db").unlink()
    said = shop.run("check").stderr
    assert "restore the newest copy of the key store" in said
    assert "onefold init" not in said


@pytest.mark.parametrize("command", [("parked", "list"), ("check",)])
@pytest.mark.parametrize("is_migrated", [False, True])
def test_a_key_file_that_never_was_is_to_be_made(tmp_path: Path, command: tuple[str], is_migrated: bool) -> None:
    made = Onefold(tmp_path / "one")
    made.folder.mkdir()
    made.config.write_text("", encoding="utf-8")
    if is_migrated:
        assert made.run("migrate").exit_code == 0
    said = made.run(*command).stderr
    assert "root.json is missing; run `onefold init` to make one" in said
    assert "restore" not in said


def test_init_names_the_next_command(tmp_path: Path) -> None:
    result = Onefold(tmp_path).run("init", tmp_path / "new")
    assert f"onefold check --config {tmp_path / 'new' / 'onefold.toml'}" in result.stderr


def test_init_proposes_a_mapping_that_loads(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as db:
        db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, phone TEXT, full_name TEXT)")
    made = Onefold(tmp_path / "one")
    result = made.run("init", made.folder, "--from", f"sqlite:///{tmp_path / 'shop.db'}")
    assert result.exit_code == 0, result.output
    assert 'email = { is = "email" }' in made.config.read_text(encoding="utf-8")
    assert made.run("check").exit_code == 0


def test_a_driver_that_is_missing_is_named_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, source, extra in (
        ("psycopg", "postgresql+psycopg://me:s3cret@h/x", "postgres"),
        ("pymysql", "mysql+pymysql://me:s3cret@h/x", "mysql"),
    ):
        monkeypatch.setitem(sys.modules, module, None)
        result = Onefold(tmp_path).run("init", tmp_path / "new", "--from", source)
        assert result.exit_code == 2
        assert f"pip install '.[{extra}]'" in result.stderr


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nonsense", "must be an address"),
        ("sqlite:////nowhere/shop.db", "does not exist"),
        ("mysql+nodriver://me:s3cret@h/x", "driver"),
    ],
)
def test_a_source_that_cannot_be_read_is_an_error_without_its_password(tmp_path: Path, source: str, said: str) -> None:
    result = Onefold(tmp_path).run("init", tmp_path / "new", "--from", source)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "s3cret" not in result.output
    assert not (tmp_path / "new").exists()


def test_init_with_keys_in_the_environment_prints_them_once_and_stores_them_nowhere(tmp_path: Path) -> None:
    made = Onefold(tmp_path / "one")
    result = made.run("init", made.folder, "--keys", "environment")
    assert result.exit_code == 0, result.output
    exports = dict(line.removeprefix("export ").split("=", 1) for line in result.stdout.splitlines())
    assert exports.keys() == {"ONEFOLD_ROOT_KEY", "ONEFOLD_EPOCH_KEYS"}
    for file in made.folder.rglob("*"):
        assert file.is_dir() or exports["ONEFOLD_ROOT_KEY"].encode() not in file.read_bytes()
    refused = made.run("keys", "status")
    assert refused.exit_code == 2
    assert "ONEFOLD_ROOT_KEY is missing" in refused.stderr
    made.environ = exports
    assert made.json("keys", "status")["provider"] == "environment"
    again = made.run("init", made.folder, "--keys", "environment")
    assert (again.exit_code, again.stdout) == (0, "")


# --- check ---


def test_check_of_a_good_installation_is_silent_about_mistakes(shop: Onefold) -> None:
    result = shop.run("check")
    assert result.exit_code == 0, result.output
    assert "warning" not in result.stderr


def test_check_names_all_mistakes_at_once_with_their_lines(shop: Onefold) -> None:
    text = shop.config.read_text(encoding="utf-8")
    broken = text.replace('is = "email"', 'is = "emial"').replace('kind = "order_line"', 'kind = "orderline"')
    broken = broken.replace('# url = "redis://127.0.0.1:6379/0"', 'url = "localhost"')
    shop.config.write_text(broken, encoding="utf-8")
    result = shop.run("check")
    assert result.exit_code == 2
    wrong = ('{ is = "emial" }', 'kind = "orderline"', 'url = "localhost"')
    lines = [number for number, line in enumerate(broken.splitlines(), 1) if line.endswith(wrong)]
    for number, word in zip(lines, ("redis.url", "emial", "orderline"), strict=True):
        assert any(f"onefold.toml:{number}:" in line and word in line for line in result.stderr.splitlines())
    assert "did you mean 'email'?" in result.stderr


def test_check_shows_what_each_column_of_a_sample_became_and_no_value(shop: Onefold) -> None:
    text = shop.config.read_text(encoding="utf-8").replace('city = { is = "city" }\n', "")
    shop.config.write_text(text, encoding="utf-8")
    found = shop.json("check", SAMPLE, exit_code=1)
    columns = {c["column"]: c["becomes"] for t in found["tables"] if t["table"] == "customers" for c in t["columns"]}
    assert (columns["email"], columns["city"]) == ("email", "")
    assert [park["code"] for park in found["parked"]] == [KEYLESS]
    shown = shop.run("check", SAMPLE)
    assert "(not mapped)" in shown.stdout
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        after = (json.loads(json.loads(line)["value"] or "{}") or {}).get("after") or {}
        assert not after.get("email") or after["email"] not in shown.output


@pytest.mark.parametrize(
    ("day", "said", "note"),
    [
        ("13/04/1965", "", 'date_order = "dmy"'),
        ("03/04/1965", "", "if you know, set `date_order`"),
        ("13/04/1965", 'date_order = "mdy"', "none in the order 'mdy'"),
        ("13/04/1965", 'date_order = "dmy"', ""),
        ("03/04/1965", 'date_order = "dmy"', ""),
    ],
)
def test_check_says_what_the_birthdays_of_a_sample_prove(shop: Onefold, day: str, said: str, note: str) -> None:
    text = shop.config.read_text(encoding="utf-8")
    told = text.replace('is = "birthday"', f'is = "birthday", {said}' if said else 'is = "birthday"')
    shop.config.write_text(told, encoding="utf-8")
    events = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    for event in events:
        event["value"] = re.sub(r'"birthday":-?\d+', f'"birthday":"{day}"', event["value"] or "") or None
    sample = shop.folder / "sample.jsonl"
    sample.write_text("".join(f"{json.dumps(event)}\n" for event in events), encoding="utf-8")
    shown = shop.run("check", sample)
    assert day not in shown.output
    assert ("shop.customers.birthday: " in shown.stderr) is bool(note)
    assert note in shown.stderr


def test_check_reads_the_model_that_the_settings_name(shop: Onefold) -> None:
    text = shop.config.read_text(encoding="utf-8")
    shop.config.write_text(text.replace("[identity]\n", '[identity]\nmodel = "own.json"\n'), encoding="utf-8")
    missing = shop.run("check")
    assert (missing.exit_code, "own.json cannot be read" in missing.stderr) == (2, True)
    (shop.folder / "own.json").write_text("{}", encoding="utf-8")
    broken = shop.run("check")
    assert (broken.exit_code, "own.json: not a model file" in broken.stderr) == (2, True)
    (shop.folder / "own.json").write_bytes((files("identity") / "models" / "latin.json").read_bytes())
    assert shop.run("check").exit_code == 0


def test_check_warns_where_the_profiles_were_made_with_other_rules(shop: Onefold) -> None:
    shop.run("ingest", SAMPLE)
    text = shop.config.read_text(encoding="utf-8")
    shop.config.write_text(text.replace("[identity]\n", "[identity]\nmax_cluster_records = 9\n"), encoding="utf-8")
    result = shop.run("check")
    assert result.exit_code == 1
    assert "onefold identity rebuild" in result.stderr
    assert shop.run("identity", "rebuild").exit_code == 0
    assert shop.run("check").exit_code == 0


def test_check_warns_of_survivorship_for_what_the_mapping_does_not_have(shop: Onefold) -> None:
    text = shop.config.read_text(encoding="utf-8")
    rules = '[profiles]\ntrust = ["pos", "shop"]\n[profiles.attributes]\nemial = "latest"\nfull_name = "latest"\nname = "latest"\n'
    shop.config.write_text(text.replace("[profiles]\n", rules), encoding="utf-8")
    result = shop.run("check")
    warned = [line for line in result.stderr.splitlines() if line.startswith("warning")]
    assert result.exit_code == 1
    assert [any(word in line for line in warned) for word in ("emial", "full_name", "'pos'")] == [True] * 3
    assert len(warned) == 3


def test_check_warns_of_blocked_values_that_block_nothing_and_quotes_none(shop: Onefold) -> None:
    text = shop.config.read_text(encoding="utf-8") + "[identity.blocked]\n"
    first = text.count("\n") + 1
    text += 'email = ["shop@example.com", "nobody-at-all"]\nphone = [\n"021-55550000",\n"Shop 12",\n"138****5670",\n]\n'
    shop.config.write_text(text, encoding="utf-8")
    result = shop.run("check")
    warned = [line for line in result.stderr.splitlines() if "identity.blocked" in line]
    assert [line.split("onefold.toml:")[1].split(":")[0] for line in warned] == [str(first + at) for at in (0, 3, 4)]
    assert "as it is written" in warned[2]
    assert not any(value in result.output for value in ("nobody-at-all", "Shop 12", "5670"))
    assert result.exit_code == 1


def test_check_warns_about_an_open_key_file(shop: Onefold) -> None:
    (shop.folder / "keys" / "root.json").chmod(0o644)
    result = shop.run("check")
    assert result.exit_code == 1
    assert "chmod 600" in result.stderr


def test_check_warns_about_an_open_key_folder(shop: Onefold) -> None:
    (shop.folder / "keys").chmod(0o755)
    result = shop.run("check")
    assert result.exit_code == 1
    assert "chmod 700" in result.stderr


def test_check_warns_about_keys_beside_the_data(shop: Onefold) -> None:
    text = shop.config.read_text(encoding="utf-8").replace(
        "[onefold]\n", '[onefold]\ndatabase = "sqlite:///keys/x.db"\n'
    )
    shop.config.write_text(text, encoding="utf-8")
    result = shop.run("check")
    assert result.exit_code == 1
    assert "beside the main database" in result.stderr


def test_check_warns_about_a_wrong_revision_and_makes_no_database(tmp_path: Path) -> None:
    made = Onefold(tmp_path)
    made.config.write_text(SHOP, encoding="utf-8")
    result = made.run("check")
    assert result.exit_code == 1
    assert "onefold init" in result.stderr
    assert not (tmp_path / "data").exists()


# --- migrate, serve and what refuses a wrong revision ---


@pytest.mark.parametrize("command", [("serve",), ("ingest", SAMPLE), ("parked", "list")])
def test_a_wrong_revision_is_refused_with_the_command_that_mends_it(shop: Onefold, command: tuple[Any, ...]) -> None:
    with closing(sqlite3.connect(shop.folder / "data" / "onefold.db")) as db:
        db.execute("DELETE FROM alembic_version")
        db.commit()
    result = shop.run(*command)
    assert result.exit_code == 2
    assert "onefold migrate" in result.stderr
    assert "Traceback" not in result.output


def test_migrate_names_the_revisions(shop: Onefold) -> None:
    assert shop.json("migrate").keys() == {"main", "keys"}


# --- ingest ---


def test_ingest_sums_up_and_exits_with_1_when_anything_was_parked(shop: Onefold) -> None:
    found = shop.json("ingest", SAMPLE, exit_code=1)
    assert found["events"] == found["applied"] + found["seen"] + found["ignored"] + found["parked"]
    assert found["events"] == len(SAMPLE.read_bytes().splitlines())
    assert (found["parked"], found["seen"], found["interrupted"]) == (1, 0, False)
    assert found["profiles_created"] > 0


def test_ingesting_again_changes_nothing_and_counts_all_as_seen(shop: Onefold) -> None:
    first, before = shop.json("ingest", SAMPLE, exit_code=1), shop.state()
    again = shop.json("ingest", SAMPLE)
    assert (again["events"], again["seen"], again["parked"]) == (first["events"], first["events"], 0)
    assert shop.state() == before


def test_the_summary_for_people_names_each_file_and_goes_to_stdout(shop: Onefold, events: Path) -> None:
    result = shop.run("ingest", SAMPLE, events)
    assert result.exit_code == 1
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    for counted in (
        "applied",
        "already seen",
        "ignored",
        "parked",
        "profiles created",
        "profiles merged",
        "profiles split",
    ):
        assert any(re.fullmatch(rf"{counted} +\d+", line) for line in lines)
    assert [line.split()[0] for line in lines[-2:]] == [SAMPLE.name, "events.jsonl"]
    assert "onefold parked list" in result.stderr


def test_a_file_that_grew_is_read_on(shop: Onefold, events: Path) -> None:
    lines = events.read_bytes().splitlines(keepends=True)
    events.write_bytes(b"".join(lines[:20]))
    shop.run("ingest", events)
    events.write_bytes(b"".join(lines))
    found = shop.json("ingest", events, exit_code=1)
    assert (found["seen"], found["files"][0]["restarted"]) == (20, False)
    other = shop.run("export", "profiles", "--canonical").stdout
    fresh = Onefold(events.parent / "two")
    fresh.run("init", fresh.folder)
    fresh.config.write_text(shop.config.read_text(encoding="utf-8"), encoding="utf-8")
    fresh.run("ingest", SAMPLE)
    assert fresh.state() == other


def test_another_file_at_the_same_path_is_read_from_its_beginning(shop: Onefold, events: Path) -> None:
    lines = events.read_bytes().splitlines(keepends=True)
    shop.run("ingest", events)
    before = shop.state()
    events.write_bytes(b"".join(lines[10:]))
    result = shop.run("ingest", events)
    assert "from its beginning" in result.stderr
    assert shop.state() == before
    again = shop.json("ingest", events)
    assert (again["seen"], again["files"][0]["restarted"]) == (len(lines) - 10, False)
    events.write_bytes(b"".join(lines))
    back = shop.json("ingest", events)
    assert (back["seen"], back["files"][0]["restarted"]) == (len(lines), False)


@pytest.mark.parametrize("batch", [1, 7])
def test_the_state_does_not_depend_on_the_batch(shop: Onefold, tmp_path: Path, batch: int) -> None:
    shop.run("ingest", SAMPLE)
    other = Onefold(tmp_path / "other")
    other.run("init", other.folder)
    other.config.write_text(shop.config.read_text(encoding="utf-8"), encoding="utf-8")
    other.run("ingest", "--batch", batch, SAMPLE)
    assert other.state() == shop.state()


def test_batch_says_how_many_events_are_committed_together(shop: Onefold, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    prepare = Applier.prepare

    def counted(self: Applier, events: Any, **how: Any) -> Any:
        sizes.append(len(events))
        return prepare(self, events, **how)

    monkeypatch.setattr(Applier, "prepare", counted)
    shop.run("ingest", "--batch", 7, SAMPLE)
    assert max(sizes) == 7
    assert sum(sizes) == len(SAMPLE.read_bytes().splitlines())


def test_the_state_does_not_depend_on_the_database(tmp_path: Path, database_url: str) -> None:
    made = Onefold(tmp_path / "one", ONEFOLD_DATABASE=database_url)
    assert made.run("init", made.folder).exit_code == 0
    made.config.write_text(SHOP, encoding="utf-8")
    assert made.json("ingest", SAMPLE, exit_code=1)["parked"] == 1
    assert made.json("status", exit_code=1)["counts"]["profiles"] > 0
    other = Onefold(tmp_path / "other")
    other.run("init", other.folder)
    other.config.write_text(SHOP, encoding="utf-8")
    other.run("ingest", SAMPLE)
    assert made.state() == other.state()


def test_bad_lines_are_parked_and_the_others_go_on(shop: Onefold, events: Path) -> None:
    lines = events.read_bytes().splitlines(keepends=True)
    bad = [b"{ not json\n", b'{"topic":"shop.public.customers"}\n', b'{"topic":"shop.x","value":"\xff"}\n']
    events.write_bytes(b"".join([*lines[:5], *bad, *lines[5:]]))
    found = shop.json("ingest", events, exit_code=1)
    assert found["parked"] == 1 + len(bad)
    clean = Onefold(events.parent / "clean")
    clean.run("init", clean.folder)
    clean.config.write_text(shop.config.read_text(encoding="utf-8"), encoding="utf-8")
    clean.run("ingest", SAMPLE)
    assert shop.state() == clean.state()
    listed = shop.json("parked", "list", exit_code=1)
    assert [each["code"] for each in listed[:3]] == ["malformed_json", "wrong_envelope", "invalid_utf8"]
    assert [each["message"].split(":")[0] for each in listed[:3]] == ["line 6", "line 7", "line 8"]


def test_ctrl_c_stops_between_batches_and_the_same_command_goes_on(
    shop: Onefold, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = CapturedFile.read

    def interrupted(self: Any, start: int) -> Any:
        for number, event in enumerate(read(self, start)):
            if number == 20:
                os.kill(os.getpid(), signal.SIGINT)
            yield event

    monkeypatch.setattr(CapturedFile, "read", interrupted)
    stopped = shop.run("ingest", "--batch", 5, events, "--json")
    assert stopped.exit_code == 130
    assert json.loads(stopped.stdout)["interrupted"] is True
    written = json.loads(stopped.stdout)["events"]
    assert written in (5, 10, 15), "what was only read ahead is not written any more"
    monkeypatch.undo()
    rest = shop.json("ingest", events, exit_code=1)
    assert (rest["seen"], rest["files"][0]["restarted"]) == (written, False)


@pytest.mark.parametrize(
    "args", [("ingest",), ("ingest", "/nowhere.jsonl"), ("ingest", "--batch", "0", str(SAMPLE)), ("no",)]
)
def test_wrong_use_exits_with_2_and_says_how_to_get_help(shop: Onefold, args: tuple[str, ...]) -> None:
    result = shop.run(*args)
    assert result.exit_code == 2
    assert "-h' for help" in result.stderr


def test_bad_toml_is_one_line_on_stderr_with_its_place_and_the_next_command(shop: Onefold) -> None:
    shop.config.write_text("[onefold\n", encoding="utf-8")
    result = shop.run("ingest", SAMPLE)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert "onefold.toml:1: not valid TOML" in line
    assert "onefold check" in line


# --- parked ---


@pytest.fixture
def with_parked(shop: Onefold) -> Onefold:
    """Give an installation whose mapping lacks a table, so that its events are parked."""
    text = shop.config.read_text(encoding="utf-8")
    start, end = text.index("[source.tables.reviews]"), text.index("[source.tables.carts]")
    shop.config.write_text(text[:start] + text[end:], encoding="utf-8")
    assert shop.run("ingest", SAMPLE).exit_code == 1
    return shop


def restore(onefold: Onefold) -> None:
    onefold.config.write_text(SHOP, encoding="utf-8")


def test_parked_events_are_listed_by_code_and_in_pages(with_parked: Onefold) -> None:
    listed = with_parked.json("parked", "list", exit_code=1)
    codes = {each["code"] for each in listed}
    assert codes >= {"unmapped_table", KEYLESS}
    (only,) = with_parked.json("parked", "list", "--code", KEYLESS, exit_code=1)
    assert (only["source"], only["table"]) == ("shop", "carts")
    page = with_parked.run("parked", "list", "--limit", 1)
    assert "more than 1" in page.stderr
    assert "unmapped_table" in page.output
    assert with_parked.run("parked", "list", "--code", "oversized").exit_code == 0


def test_retrying_after_the_mapping_was_completed_gives_the_state_that_would_have_been(
    with_parked: Onefold, tmp_path: Path
) -> None:
    restore(with_parked)
    found = with_parked.json("parked", "retry", "--all", exit_code=1)
    assert found["applied"] > 0
    assert found["still_parked"] == 1
    other = Onefold(tmp_path / "other")
    other.run("init", other.folder)
    restore(other)
    other.run("ingest", SAMPLE)
    assert with_parked.state() == other.state()
    assert [each["code"] for each in with_parked.json("parked", "list", exit_code=1)] == [KEYLESS]


def test_events_of_a_table_that_is_ignored_now_are_released_by_a_retry(with_parked: Onefold) -> None:
    with with_parked.config.open("a", encoding="utf-8") as file:
        file.write('\n[source.tables.reviews]\nkind = "ignore"\n')
    found = with_parked.json("parked", "retry", "--all", exit_code=1)
    assert (found["ignored"], found["still_parked"]) == (found["tried"] - 1, 1)


def test_retrying_what_still_cannot_be_applied_exits_with_1(with_parked: Onefold) -> None:
    (keyless,) = with_parked.json("parked", "list", "--code", KEYLESS, exit_code=1)
    found = with_parked.json("parked", "retry", keyless["id"], exit_code=1)
    assert (found["tried"], found["applied"], found["still_parked"]) == (1, 0, 1)


def test_dropping_asks_first_and_is_audited(with_parked: Onefold) -> None:
    (keyless,) = with_parked.json("parked", "list", "--code", KEYLESS, exit_code=1)
    refused = with_parked.run("parked", "drop", keyless["id"], feed="n\n")
    assert refused.exit_code == 1
    assert with_parked.json("parked", "list", "--code", KEYLESS, exit_code=1)
    assert with_parked.run("parked", "drop", keyless["id"], feed="y\n").exit_code == 0
    assert with_parked.json("parked", "list", "--code", KEYLESS) == []
    assert actions(with_parked) == ["parked_drop"]
    assert "nothing is parked under these ids" in with_parked.run("parked", "drop", keyless["id"], "--yes").stderr


@pytest.mark.parametrize("args", [("retry",), ("retry", "1", "--all"), ("drop",)])
def test_parked_commands_without_a_choice_are_refused(shop: Onefold, args: tuple[str, ...]) -> None:
    assert shop.run("parked", *args).exit_code == 2


# --- status ---


def test_status_counts_and_names_streams(shop: Onefold) -> None:
    shop.run("ingest", SAMPLE)
    found = shop.json("status", exit_code=1)
    assert found["counts"]["profiles"] > 0
    assert found["parked"] == {KEYLESS: 1}
    assert found["streams"] == [{"stream": f"file:{SAMPLE}", "next_offset": SAMPLE.stat().st_size}]
    assert found["keys"]["epoch_age_seconds"] < 3600
    assert found["pending_key_destructions"] == 0
    shown = shop.run("status")
    assert shown.exit_code == 1
    assert f"parked: {KEYLESS}" in shown.stdout


def test_status_shows_what_waits_where_no_worker_has_begun(shop: Onefold, monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"lags": {"kafka:c/shop.customers/1": 1234}, "faults": [], "unknown": ""}
    monkeypatch.setattr("cli.status.kafka_state", lambda *_, **__: state)
    [line] = [line for line in shop.run("status").stdout.splitlines() if "shop.customers/1" in line]
    assert "not begun" in line
    assert "1,234" in line


def test_status_without_anything_to_mend_exits_with_0(shop: Onefold) -> None:
    assert shop.json("status")["counts"] == {"records": 0, "profiles": 0, "facts": 0}


# --- export ---


def test_the_canonical_export_shows_digests_that_are_sorted(shop: Onefold) -> None:
    shop.run("ingest", SAMPLE)
    lines = shop.state().splitlines()
    assert lines == sorted(lines)
    assert {len(line) for line in lines} == {DIGEST_LINE}


def test_the_state_in_clear_needs_a_privacy_token_and_is_audited(shop: Onefold) -> None:
    shop.run("ingest", SAMPLE)
    clear = ("export", "profiles", "--canonical", "--clear")
    refused = shop.run(*clear)
    assert refused.exit_code == 2
    assert "onefold token create --role privacy" in refused.stderr
    for grants in (
        ("--role", "admin", "--store", "*", "--purpose", "privacy_request"),
        ("--role", "privacy", "--store", "S001", "--purpose", "privacy_request"),
        ("--role", "privacy", "--store", "*", "--purpose", "customer_service"),
    ):
        result = shop.run(*clear, "--token", shop.token(*grants))
        assert (result.exit_code, result.stdout) == (2, "")
    token = shop.token("--role", "privacy", "--store", "*", "--purpose", "privacy_request", "--subject", "dpo")
    shown = shop.run(*clear, "--token", token)
    assert shown.exit_code == 0
    assert all(json.loads(line) for line in shown.stdout.splitlines())
    assert actions(shop)[-1] == "export_profiles"
    entry = audit(shop)[-1]
    assert (entry.actor, entry.rows, entry.decision) == ("dpo", len(shown.stdout.splitlines()), "clear")
    assert entry.subject == "*"


def test_the_form_of_the_export_must_be_said(shop: Onefold) -> None:
    assert shop.run("export", "profiles").exit_code == 2


def test_identities_need_a_token_and_are_audited(shop: Onefold) -> None:
    shop.run("ingest", SAMPLE)
    assert shop.run("export", "identities").exit_code == 2
    manager = shop.token("--role", "manager", "--store", "*")
    assert shop.run("export", "identities", "--token", manager).exit_code == 2
    shop.environ = {"ONEFOLD_TOKEN": shop.token("--role", "steward", "--store", "*")}
    result = shop.run("export", "identities")
    assert result.exit_code == 0, result.output
    header, *rows = csv.reader(io.StringIO(result.stdout))
    assert header == ["source", "table", "record_id", "profile_id"]
    assert {(source, table) for source, table, _, _ in rows} == {("shop", "customers")}
    assert len(rows) == shop.json("status", exit_code=1)["counts"]["records"]
    assert all(row[2].isdecimal() for row in rows)
    assert actions(shop)[-1] == "export_identities"
    assert audit(shop)[-1].subject == "*"


# --- token and keys ---


def test_a_token_is_printed_alone_and_its_making_is_audited(shop: Onefold) -> None:
    result = shop.run("token", "create", "--role", "sales", "--store", "S001", "--purpose", "customer_service")
    assert result.exit_code == 0
    assert len(result.stdout.split()) == 1
    assert result.stdout.count(".") == 2
    assert "warning" not in result.stderr
    entry = audit(shop)[-1]
    assert (entry.action, entry.role, json.loads(entry.fields)) == ("token_create", "sales", ["customer_service"])


@pytest.mark.parametrize("role", ["manager", "steward", "privacy", "analyst", "admin"])
def test_a_token_that_sees_nobody_for_want_of_a_store_says_so(shop: Onefold, role: str) -> None:
    result = shop.run("token", "create", "--role", role)
    assert (result.exit_code, result.stdout.count(".")) == (0, 2)
    sees_people = role in {"manager", "steward", "privacy"}
    assert ("--store '*'" in result.stderr) == sees_people


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--role", "sales"), "names at least one store"),
        (("--role", "manager", "--purpose", "curiosity"), "valid: customer_service, privacy_request"),
        (("--role", "manager", "--ttl", "soon"), "8h"),
        (("--role", "manager", "--ttl", "0h"), "time to live"),
        (("--role", "king"), "king"),
    ],
)
def test_a_grant_that_is_not_allowed_is_refused_with_what_would_be(
    shop: Onefold, args: tuple[str, ...], said: str
) -> None:
    result = shop.run("token", "create", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_keys_status_counts_and_shows_no_key(shop: Onefold) -> None:
    shop.run("ingest", SAMPLE)
    found = shop.json("keys", "status")
    assert found["current_epoch"] == 1
    counts = {each["state"]: each["count"] for each in found["data_keys"]}
    assert counts["active"] > 0
    root = json.loads((shop.folder / "keys" / "root.json").read_text(encoding="utf-8"))["root"]
    assert root not in shop.run("keys", "status").output


# --- all of them ---


def test_an_unforeseen_error_says_where_and_not_what(
    shop: Onefold, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("13800138000")

    monkeypatch.setattr(sys, "argv", ["onefold", "status", "--config", str(shop.config)])
    monkeypatch.setattr("cli.status._contents", fail)
    with pytest.raises(SystemExit) as ended:
        server.main()
    written = capsys.readouterr()
    assert ended.value.code == 70
    assert "13800138000" not in written.out + written.err
    assert "ValueError" in written.err
    assert "in _contents" not in written.err
    assert "cli/status.py" in written.err


def test_a_database_that_does_not_answer_is_one_line_without_its_password(shop: Onefold) -> None:
    shop.environ = {"ONEFOLD_DATABASE": "postgresql+psycopg://me:s3cret@127.0.0.1:1/none"}
    result = shop.run("parked", "list")
    assert result.exit_code == 2
    assert "PostgreSQL cannot be reached" in result.stderr
    assert "s3cret" not in result.output
    assert len(result.stderr.splitlines()) == 1


def test_the_config_file_can_be_named_by_a_variable(shop: Onefold) -> None:
    result = CliRunner().invoke(
        application(), ["status"], obj=server.wiring({}), env={"ONEFOLD_CONFIG": str(shop.config)}
    )
    assert result.exit_code == 0, result.output


def audit(onefold: Onefold) -> list[Any]:
    with closing_database(onefold) as database, database.read() as connection:
        assert verify_audit(connection).is_intact
        return list(connection.execute(sa.select(audit_entry).order_by(audit_entry.c.seq)))


def actions(onefold: Onefold) -> list[str]:
    return [entry.action for entry in audit(onefold)]


def closing_database(onefold: Onefold) -> "closing[Database]":
    return closing(Database(f"sqlite:///{onefold.folder / 'data' / 'onefold.db'}"))
