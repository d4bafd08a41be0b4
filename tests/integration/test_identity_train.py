"""`onefold identity train` on a small store of invented people: what it writes, refuses, and what the new model does."""

import json
import os
import uuid
from collections.abc import Iterator
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

import server
from bench.models import chinese
from bench.models.world import Record
from cdc import RawEvent, Rebuilder
from cli.app import application
from identity import ModelError, Training, keyed, load_model, pair, source_record, steward_link
from identity.model import ModelFile
from identity.model_files import read_model
from identity.training import train as train_module
from identity.training.estimate import Passed
from storage.metadata import CELL_MAGIC
from tests.canaries import Scanner
from tests.installation import Installation, installation

COLUMNS = ("name", "family_name", "given_name", "phone", "email", "birthday", "gender", "address", "city", "region",
           "wechat_unionid", "alipay_id", "loyalty_card", "national_id")  # fmt: skip
MAPPING = """
[[source]]
name = "db"
topics = "db.*"
channel = "store"
currency = "CNY"
[source.tables.person]
kind = "person"
key = ["id"]
[source.tables.person.columns]
""" + "".join(f'{column} = {{ is = "{column}" }}\n' for column in COLUMNS)

#: The store's own phone, typed in for whoever gives none: below the limit of generic values only as long as few rows have it.
OWN_PHONE = "+8613912340000"
HER_PHONE = "+8613712340001"
CASHIERS_CHOICE = ["陈一", "林二", "黄三", "周四", "吴五", "徐六", "孙七", "马八", "朱九", "胡十", "郭百", "何千"]


def people() -> list[Record]:
    return list(islice(chinese.records(7, 800), 700))


def events(records: list[Record]) -> Iterator[RawEvent]:
    rows = [{v.attribute: v.value for v in record.values if v.attribute in COLUMNS} for record in records]
    rows += [{"name": name, "phone": OWN_PHONE} for name in CASHIERS_CHOICE]
    rows[-1]["email"] = f"{HER_PHONE.removeprefix('+86')}@139.com"  # carried beside the store's
    for number, row in enumerate(rows):
        source = {"connector": "onefold-sqlite", "name": "db", "db": "main", "table": "person", "seq": number + 1}
        value = {"before": None, "after": {"id": number, **row}, "op": "c", "ts_ms": 0}
        content = json.dumps({**value, "source": {**source, "snapshot": "false"}}).encode()
        yield RawEvent("", 0, "db.person", json.dumps({"id": number}).encode(), content, {})


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "store", MAPPING, database=database_url) as one:
        report = one.ingest(events(people()))
        assert not report.parked
        yield one


def train(one: Installation, *options: str) -> Result:
    environ = {**os.environ, "ONEFOLD_DATABASE": one.parts.settings.database}
    given = ["identity", "train", "--config", str(one.folder / "onefold.toml"), *options]
    return CliRunner().invoke(application(), given, obj=server.wiring(environ), env=environ)


def told(one: Installation, *options: str) -> Any:
    result = train(one, "--json", *options)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def decide(one: Installation, *, mistaken: int = 0) -> int:
    """Let a steward confirm all pairs that are one person in truth, but for some that she gets wrong."""
    truth = {f"person {number}": record.person for number, record in enumerate(people())}
    with one.parts.database.write() as connection:
        rows = connection.execute(sa.select(source_record.c.incarnation, source_record.c.row_token)).all()
        naturals = one.parts.reader.natural_keys(connection, [row.incarnation for row in rows])
        persons: dict[int, list[bytes]] = {}
        for row in rows:
            if person := truth.get(" ".join(json.loads(naturals[row.incarnation])[1:])):
                persons.setdefault(person, []).append(row.row_token)
        pairs = sorted(sorted(two) for tokens in persons.values() for two in combinations(tokens, 2))
        connection.execute(
            sa.insert(steward_link),
            [
                {"id": uuid.uuid4().bytes, "low": low, "high": high, "author": "s", "at": 0, "cell": CELL_MAGIC + bytes(40),
                 "decision": "cannot_link" if number < mistaken else "must_link"}
                for number, (low, high) in enumerate(pairs)
            ],
        )  # fmt: skip
    return len(pairs)


@pytest.mark.usefixtures("splink")
def test_a_new_version_is_written_with_its_report_and_nobody_is_in_them(store: Installation) -> None:
    result = train(store)
    assert result.exit_code == 0, result.output
    folder = store.folder / "models"
    assert {file.name for file in folder.iterdir()} == {
        "chinese-2.json", "chinese-2-report.json", "chinese-2-report.html",
    }  # fmt: skip
    assert 'model = "models/chinese-2.json"' in result.stderr
    assert "onefold identity rebuild" in result.stderr
    assert "onefold identity preview" in result.stderr
    scanner = Scanner(
        str(v.value)
        for record in people()[:150]
        for v in record.values
        if v.value and v.attribute in ("name", "phone", "email", "address", "national_id", "wechat_unionid", "birthday")
    )
    assert scanner.scan_folder(folder) == set()
    assert scanner.scan(result.output.encode()) == set()
    assert Scanner([OWN_PHONE, *CASHIERS_CHOICE]).scan_folder(folder) == set()


@pytest.mark.usefixtures("splink")
def test_the_new_model_opens_with_the_installations_key_alone(store: Installation) -> None:
    trained = told(store)
    content = Path(trained["model"]).read_bytes()
    with pytest.raises(ModelError, match="needs the installation's key"):
        load_model(content)
    model = load_model(content, keyed(store.parts.tokens))
    assert model.version == "2"
    assert model.threshold == store.parts.sealer.matcher.model.threshold
    assert model.is_placeholder("phone", OWN_PHONE)
    assert not model.is_placeholder("phone", HER_PHONE)
    assert trained["placeholders"]["phone"] == 1
    other = load_model(content, lambda table, text: f"{table}/{text}")
    assert not other.is_placeholder("phone", OWN_PHONE)
    changed = [level for level in trained["levels"] if level["before"] != level["after"]]
    assert {level["comparison"] for level in changed} >= {"surname", "given", "birthday", "gender", "contact", "email"}
    assert {each["blocking"] for each in trained["passes"]} >= {"full_name", "surname_birthday"}
    assert "phone" not in {each["blocking"] for each in trained["passes"]}
    assert trained["examples"]


@pytest.mark.usefixtures("splink")
def test_training_changes_nothing_until_the_settings_name_the_model(store: Installation) -> None:
    before, pairs = store.lines(), store.rows(pair)
    first, second = told(store), told(store)
    assert (store.lines(), store.rows(pair)) == (before, pairs)
    assert (first["version"], second["version"]) == ("2", "3")
    # The same records teach the same, but for the order in which DuckDB adds numbers up.
    for one, other in zip(first["levels"], second["levels"], strict=True):
        assert one["after"] == {kind: pytest.approx(share, rel=0.02) for kind, share in other["after"].items()}


@pytest.mark.usefixtures("splink")
def test_in_force_the_new_model_resolves_as_well_and_is_trained_on(store: Installation, tmp_path: Path) -> None:
    truth = [record.person for record in people()]
    shipped = quality(store, truth)
    told(store)
    database = store.parts.settings.database
    settings = MAPPING.replace("[[source]]", '[identity]\nmodel = "models/chinese-2.json"\n[[source]]')
    with installation(store.folder, settings, database=database) as one:
        parts = one.parts
        Rebuilder(
            parts.database, parts.sealer, profile_rules=parts.settings.profiles, mapping=parts.settings.mapping
        ).run(verify=False)
        precision, recall = quality(one, truth)
        assert precision > 0.97
        assert recall > shipped[1] - 0.01
        again = told(one)
        assert (again["version"], again["started_from"]) == ("3", "chinese 2")
        model = load_model(Path(again["model"]).read_bytes(), keyed(parts.tokens))
        assert model.is_placeholder("phone", OWN_PHONE)


@pytest.mark.usefixtures("splink")
def test_where_all_mailboxes_are_of_one_company_two_domains_do_not_join(tmp_path: Path) -> None:
    """Strangers never have two domains there, and a person's own second mailbox has: counts alone would make that evidence for a pair."""
    with installation(tmp_path / "store", MAPPING) as one:
        one.ingest(of_one_company(list(events(people()))))
        levels = told(one)["levels"]
    (different,) = [each for each in levels if (each["comparison"], each["level"]) == ("email", "different")]
    assert different["after"]["m"] <= different["after"]["u"]
    assert different["before"] != different["after"]


def of_one_company(captured: list[RawEvent]) -> Iterator[RawEvent]:
    """The same people, all with mailboxes of their company; but every hundredth has one elsewhere."""
    for number, event in enumerate(captured):
        value = json.loads(event.value or b"")
        name = str(value["after"].get("email") or f"user{number}").partition("@")[0]
        value["after"]["email"] = f"{name}@{'elsewhere' if number % 100 == 0 else 'company'}.example.com"
        yield msgspec.structs.replace(event, value=json.dumps(value).encode())


def quality(one: Installation, truth: list[int]) -> tuple[float, float]:
    """Pairwise precision and recall over the invented people."""
    shown = {int(name.split()[1]): profile for name, profile in one.shown().items()}
    pairs = list(combinations(range(len(truth)), 2))
    same = {two for two in pairs if truth[two[0]] == truth[two[1]]}
    joined = {two for two in pairs if shown[two[0]] == shown[two[1]]}
    return len(same & joined) / len(joined), len(same & joined) / len(same)


def test_em_sees_no_household_and_nothing_that_found_its_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, tuple[list[Any], Any]] = {}

    def recorded(pairs: list[Any], odds: Any, comparisons: Any, *, name: str) -> Passed:
        seen[name] = (pairs, comparisons)
        return Passed(name, len(pairs), 0.0, {})

    monkeypatch.setattr(train_module, "_FEWEST_PAIRS", 1)
    with installation(tmp_path / "store", MAPPING) as one, one.parts.database.read() as connection:
        one.ingest(events(people()))
        matcher, reader = one.parts.sealer.matcher, one.parts.sealer.match_reader
        base = msgspec.json.decode(read_model(matcher.rules, one.folder), type=ModelFile)
        training = Training(matcher, reader, base, keyed(one.parts.tokens), recorded)
        _, trained = training.run(connection, version="2", most_records=10_000)
    assert trained.household_pairs > 20
    assert "phone" not in seen
    assert seen.keys() >= {"full_name", "surname_birthday", "home", "email"}
    for name, (pairs, comparisons) in seen.items():
        assert not train_module.PASSES[name] & set(comparisons), name
        for levels in pairs:
            phone, _, address = levels.get("contact", "").partition("+")
            relatives = levels.get("given") == "different" and (phone == "same" or address == "home")
            assert not relatives or "birthday" not in levels or levels["birthday"] == "exact", levels
    home = seen["home"][0]
    assert sum(levels.get("given") == "different" for levels in home) < 0.1 * len(home)


@pytest.mark.usefixtures("splink")
def test_a_precision_without_decisions_is_refused_before_anything_is_computed(store: Installation) -> None:
    result = train(store, "--precision", "0.99")
    assert result.exit_code == 2
    assert "takes at least 268 decisions" in result.stderr
    assert "there are 0" in result.stderr
    assert not (store.folder / "models").exists()


@pytest.mark.usefixtures("splink")
def test_decisions_calibrate_the_threshold(store: Installation) -> None:
    decisions = decide(store, mistaken=3)
    trained = told(store, "--precision", "0.9")
    assert trained["decisions"] == decisions > 100
    calibration = trained["calibration"]
    assert calibration["bound"] >= 0.9
    assert calibration["threshold"] == trained["threshold"]
    model = load_model(Path(trained["model"]).read_bytes(), keyed(store.parts.tokens))
    assert model.threshold == trained["threshold"]
    assert model.review <= model.threshold < min(model.cuts)


@pytest.mark.usefixtures("splink")
def test_a_shop_that_has_just_opened_has_nothing_to_learn_from(database_url: str, tmp_path: Path) -> None:
    with installation(tmp_path / "store", MAPPING, database=database_url) as one:
        one.ingest(islice(events(people()), 20))
        result = train(one)
    assert result.exit_code == 2
    assert "20 records teach nothing" in result.stderr


def test_a_missing_splink_is_named_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "splink", None)
    monkeypatch.delitem(__import__("sys").modules, "identity.training.em", raising=False)
    with installation(tmp_path / "store", MAPPING) as one:
        result = train(one)
    assert result.exit_code == 2
    assert "extra `train`" in result.stderr
    assert "make setup" in result.stderr
