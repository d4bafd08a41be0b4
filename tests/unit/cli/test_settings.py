"""Settings: what is wrong is refused at once, with file, line and key; what is said is what is used."""

from pathlib import Path

import pytest

from cdc import KAFKA_KEYS
from cli.settings import (
    CONNECT_KEYS,
    DEBEZIUM_KEYS,
    METRICS_KEYS,
    ONEFOLD_KEYS,
    PUBLISH_KEYS,
    REDIS_KEYS,
    SECTIONS,
    SERVER_KEYS,
    VARIABLES,
    PublishSettings,
    Settings,
    load_settings,
)
from cli.template import settings_text
from storage import ConfigError, ConfigErrors


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    file = folder / "onefold.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environ or {})


def refusal(folder: Path, text: str, environ: dict[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, environ)
    return caught.value


def test_an_empty_file_gives_defaults_that_run_on_a_laptop(tmp_path: Path) -> None:
    found = load(tmp_path, "")
    assert found.database == f"sqlite:///{tmp_path}/data/onefold.db"
    assert found.keystore == f"sqlite:///{tmp_path}/keys/keystore.db"
    assert found.key_file == tmp_path / "keys" / "root.json"
    assert (found.host, found.port, found.key_provider, found.currency) == ("127.0.0.1", 8000, "file", "CNY")


def test_nothing_is_published_watched_or_woken_unless_it_is_said(tmp_path: Path) -> None:
    found = load(tmp_path, "")
    assert (found.redis_url, found.metrics_port) == (None, None)
    assert found.publish == PublishSettings("onefold.profiles", (), 7)


def test_a_redis_address_with_a_password_comes_from_the_environment_and_is_kept_out_of_repr(tmp_path: Path) -> None:
    environ = {"ONEFOLD_REDIS_URL": "redis://:s3cret@cache/0"}
    found = load(tmp_path, '[redis]\nurl = "redis://other/0"\n', environ)
    assert found.redis_url == environ["ONEFOLD_REDIS_URL"]
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    "address", ["postgresql://onefold:pa@s3cret:word@db/onefold", "postgresql://onefold@db:s3cret/d"]
)
def test_an_address_whose_port_is_no_number_is_refused_and_not_quoted(tmp_path: Path, address: str) -> None:
    """What stands there may be a part of a password with characters that were not escaped."""
    said = [
        refusal(tmp_path, "", {"ONEFOLD_DATABASE": address}),
        refusal(tmp_path, f"[onefold]\ndatabase = '{address}'"),
    ]
    assert [error.where for error in said] == ["ONEFOLD_DATABASE", "onefold.database"]
    assert not any("s3cret" in str(error) for error in said)


def test_paths_are_relative_to_the_file_and_not_to_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    found = load(tmp_path, '[onefold]\ndatabase = "sqlite:///db/x.db"\nkey_file = "k/root.json"\n')
    assert found.database == f"sqlite:///{tmp_path}/db/x.db"
    assert found.key_file == tmp_path / "k" / "root.json"


def test_a_variable_stands_above_the_file_and_a_password_is_kept_out_of_repr(tmp_path: Path) -> None:
    environ = {"ONEFOLD_DATABASE": "postgresql+psycopg://one:s3cret@db/onefold"}
    found = load(tmp_path, '[onefold]\ndatabase = "sqlite:///x.db"\n', environ)
    assert found.database == environ["ONEFOLD_DATABASE"]
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("text", "line", "where"),
    [
        ("[identity]\npause_above_merges = -1\n", 2, "identity.pause_above_merges"),
        ("[identity]\npause_above_merges = true\n", 2, "identity.pause_above_merges"),
        ("[onefold]\n\nport = 1\n", 3, "onefold.port"),
        ("[onefould]\n", 1, "onefould"),
        ('[onefold]\ncurrency = "yuan"\n', 2, "onefold.currency"),
        ('[onefold]\ncurrency = "QQQ"\n', 2, "onefold.currency"),
        ('[onefold]\ncurrency = "cny"\n', 2, "onefold.currency"),
        ("[onefold]\ntenant = 7\n", 2, "onefold.tenant"),
        ('[onefold]\nkeys = "vault"\n', 2, "onefold.keys"),
        ('[onefold]\ndatabase = "mysql://h/x"\n', 2, "onefold.database"),
        ('[onefold]\ndatabase = "nonsense"\n', 2, "onefold.database"),
        ('[onefold]\nkeystore = "postgresql+asyncpg://h/x"\n', 2, "onefold.keystore"),
        ('[onefold]\ndatabase = "sqlite+aiosqlite:///x.db"\n', 2, "onefold.database"),
        ("[onefold]\nmax_event_bytes = 0\n", 2, "onefold.max_event_bytes"),
        ("[server]\nport = 70000\n", 2, "server.port"),
        ("[server]\nport = true\n", 2, "server.port"),
        ('server = "x"\n', 1, "server"),
        ("identity = 3\n", 1, "identity"),
        ("[identity]\nmax_cluster_records = 1\n", 2, "identity.max_cluster_records"),
        ('[profiles]\n\ndefault = "newest"\n', 3, "profiles.default"),
        ('[purposes]\nmarketing = "because"\n', 2, "purposes.marketing"),
        ('[publish]\ntopic = "a topic"\n', 2, "publish.topic"),
        ('[publish]\nbeside = ["demo"]\n', 2, "publish.beside"),
        ("[publish]\nkeep_days = 0\n", 2, "publish.keep_days"),
        ('[redis]\nurl = "localhost"\n', 2, "redis.url"),
        ("[metrics]\nport = 0\n", 2, "metrics.port"),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_key(tmp_path: Path, text: str, line: int, where: str) -> None:
    error = refusal(tmp_path, text)
    assert (error.line, error.where) == (line, where)
    assert error.file.endswith("onefold.toml")


def test_a_currency_that_there_is_not_is_refused_with_what_may_be_meant(tmp_path: Path) -> None:
    assert refusal(tmp_path, '[onefold]\ncurrency = "RMB"\n').valid == ("CNY",)
    assert "EUR" in refusal(tmp_path, '[onefold]\ncurrency = "EURO"\n').valid


MISTAKEN = """\
[onefold]
tenant = 7
currency = "QQQ"
[server]
port = 0
prt = 8000
[identity]
default_region = "XX"
pause_above_merges = -1
[identity.identifiers.phone]
links = "no"
[profiles]
default = "newest"
[profiles.attributes]
email = "newest"
[purposes]
marketing = "because"
research = "because"
[kafka]
group = ""
bootstrap_servers = "kafka"
[redis]
url = "localhost"
[[source]]
name = "shop"
[nonsense]
"""


def test_all_mistakes_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    found = refusal(tmp_path, MISTAKEN, {"ONEFOLD_DATABASE": "oracle://h/x"})
    assert isinstance(found, ConfigErrors)
    assert [(error.line, error.where) for error in found.errors] == [
        (None, "ONEFOLD_DATABASE"),
        (2, "onefold.tenant"),
        (3, "onefold.currency"),
        (5, "server.port"),
        (6, "server.prt"),
        (8, "identity.default_region"),
        (9, "identity.pause_above_merges"),
        (11, "identity.identifiers.phone.links"),
        (13, "profiles.default"),
        (15, "profiles.attributes.email"),
        (17, "purposes.marketing"),
        (18, "purposes.research"),
        (20, "kafka.group"),
        (21, "kafka.bootstrap_servers"),
        (23, "redis.url"),
        (24, "source.shop"),
        (24, "source.shop"),
        (26, "nonsense"),
    ]
    assert str(found).count("\n") == len(found.errors) - 1


@pytest.mark.parametrize("text", ["identity = 3\n", "[onefold]\ndatabase = 7\n", '[onefold]\nkeys = ""\n'])
def test_one_mistake_is_told_once(tmp_path: Path, text: str) -> None:
    found = refusal(tmp_path, text)
    assert isinstance(found, ConfigErrors)
    assert len(found.errors) == 1


def test_bad_toml_names_the_line(tmp_path: Path) -> None:
    error = refusal(tmp_path, '[onefold]\ntenant = "a\n')
    assert error.line == 2
    assert "not valid TOML" in str(error)


def test_a_bad_variable_is_named_and_its_value_is_not(tmp_path: Path) -> None:
    error = refusal(tmp_path, "", {"ONEFOLD_DATABASE": "oracle://me:s3cret@h/x"})
    assert error.where == "ONEFOLD_DATABASE"
    assert "s3cret" not in str(error)


def test_a_missing_file_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="onefold init"):
        load_settings(tmp_path / "none.toml", {})


@pytest.mark.parametrize("provider", ["file", "environment"])
def test_the_template_loads_and_gives_the_defaults(tmp_path: Path, provider: str) -> None:
    assert load(tmp_path, settings_text(key_provider=provider)).key_provider == provider


def test_the_template_says_the_defaults_that_hold(tmp_path: Path) -> None:
    """Taking every comment off that shows a plain setting changes nothing."""
    shown = [
        line.removeprefix("# ") if line.startswith("# ") and " = " in line and "[" not in line.split("=")[0] else line
        for line in settings_text(key_provider="file").split("[identity]")[0].splitlines()
    ]
    found = load(tmp_path, "\n".join(line for line in shown if not line.startswith("#")))
    assert found == load(tmp_path, "")


def test_the_template_names_every_setting(tmp_path: Path) -> None:
    text = settings_text(key_provider="file")
    outgoing = (*CONNECT_KEYS, *KAFKA_KEYS, *PUBLISH_KEYS, *REDIS_KEYS, *METRICS_KEYS, *DEBEZIUM_KEYS)
    missing = [key for key in (*ONEFOLD_KEYS, *SERVER_KEYS, *outgoing) if f"# {key} = " not in text]
    assert missing == []
    assert all(f"[{name}" in text for name in SECTIONS)
    assert all(name in text for name in VARIABLES)
