"""What people can type is documented: every command, option, setting and variable."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cdc import KAFKA_KEYS, KAFKA_PASSWORD, MECHANISMS
from cdc import PROTOCOLS as KAFKA_PROTOCOLS
from cli.app import application
from cli.settings import (
    CONNECT_KEYS,
    DEBEZIUM_KEYS,
    METRICS_KEYS,
    ONEFOLD_KEYS,
    PROVIDERS,
    PUBLISH_KEYS,
    REDIS_KEYS,
    SERVER_KEYS,
    VARIABLES,
)
from identity import IDENTIFIER_KINDS, IdentifierRule, IdentityRules
from privacy import LegalBasis, Role
from profiles import RULES, SurvivorshipRules

ROOT = Path(__file__).parents[3]
CLI = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
#: Said once for all commands, at the top of the page.
SHARED = {"--config", "--help"}


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for part, child in command.commands.items():
        if child.hidden:
            continue
        yield from commands(child, f"{name} {part}")


COMMANDS = dict(commands(typer.main.get_command(application()), "onefold"))


def section(name: str) -> str:
    found = re.search(rf"^## `{re.escape(name)}`$(.*?)(?=^## |\Z)", CLI, re.DOTALL | re.MULTILINE)
    assert found, f"docs/cli.md has no section for {name}"
    return found[1]


def options(command: Any) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts if name.startswith("--")} - SHARED


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    assert {option for option in options(COMMANDS[name]) if f"`{option}`" not in section(name)} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_is_documented_that_is_not_there(name: str) -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)`", section(name), re.MULTILINE)
    assert set(rows) == options(COMMANDS[name])


def test_no_command_is_documented_that_is_not_there() -> None:
    assert set(re.findall(r"^## `(onefold [^`]*)`$", CLI, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches_by_an_example(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert "Examples:" in command.epilog
    assert name in command.epilog


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    hidden = [p.name for p in COMMANDS[name].params if not getattr(p, "help", None) and p.param_type_name == "option"]
    assert hidden == []


def test_every_setting_is_documented() -> None:
    identity = [
        field.name for field in dataclasses.fields(IdentityRules) if field.name not in ("identifiers", "blocked")
    ]
    identifier = [field.name for field in dataclasses.fields(IdentifierRule)]
    profiles = [field.name for field in dataclasses.fields(SurvivorshipRules) if field.name != "attributes"]
    outgoing = (*PUBLISH_KEYS, *REDIS_KEYS, *METRICS_KEYS, *DEBEZIUM_KEYS)
    settings = (*ONEFOLD_KEYS, *SERVER_KEYS, *CONNECT_KEYS, *KAFKA_KEYS, *outgoing)
    for key in (*settings, *identity, "pause_above_merges", *identifier, *profiles):
        assert f"| `{key}` |" in SETTINGS, key
    for words in (
        IDENTIFIER_KINDS,
        RULES,
        PROVIDERS,
        MECHANISMS,
        KAFKA_PROTOCOLS,
        [basis.value for basis in LegalBasis],
    ):
        assert [word for word in words if word not in SETTINGS] == []
    for table in (
        "identity.identifiers.",
        "identity.blocked",
        "profiles.attributes",
        "purposes",
        "[source]",
        "connect",
        "kafka",
        "debezium",
    ):
        assert f"`[{table}" in SETTINGS


def test_every_variable_is_documented() -> None:
    used = {name for command in COMMANDS.values() for p in command.params for name in [p.envvar] if name}
    for name in (*VARIABLES, *used, "ONEFOLD_ROOT_KEY", "ONEFOLD_EPOCH_KEYS", KAFKA_PASSWORD):
        assert f"| `{name}` |" in SETTINGS


def test_every_role_is_documented() -> None:
    assert [role.value for role in Role if f"`{role.value}`" not in section("onefold token create")] == []
