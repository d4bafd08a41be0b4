"""The mapping reference names everything that a mapping may say and everything that can go wrong."""

import re
import tomllib
from pathlib import Path

import pytest

from cdc import encodings, mapping_tables, vocabulary
from cdc.problems import PARK_CODES, EventError
from tests.unit.cdc.events import mapping_from

DOCS = (Path(__file__).parents[3] / "docs" / "mapping.md").read_text()


@pytest.mark.parametrize("code", PARK_CODES)
def test_every_park_code_is_documented_with_its_mend(code: str) -> None:
    assert f"| `{code}` | {PARK_CODES[code]} |" in DOCS


@pytest.mark.parametrize("name", sorted({term.name for term in vocabulary.TERMS} | set(vocabulary.KINDS)))
def test_every_standard_name_and_kind_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCS


@pytest.mark.parametrize("key", sorted({*mapping_tables._TABLE_KEYS, *mapping_tables._COLUMN_KEYS}))
def test_every_setting_is_documented(key: str) -> None:
    assert f"`{key}`" in DOCS


@pytest.mark.parametrize("name", [*encodings.HINT_TYPES, *encodings.HINT_UNITS, encodings.MINOR_UNIT])
def test_every_type_and_unit_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCS or f'"{name}"' in DOCS


def test_the_example_loads() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    assert tomllib.loads(example)["source"][0]["name"] == "shop"
    assert mapping_from(example).sources[0].channel == "online"


def test_an_undocumented_code_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        EventError("surprise", "x")
