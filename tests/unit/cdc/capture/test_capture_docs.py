"""docs/connectors.md names everything that a connector may be told, and its example loads."""

import re
from pathlib import Path

import pytest

from cdc.capture.connector import PORTS, SNAPSHOTS
from cdc.capture.debezium import debezium_configuration
from cdc.capture.section import CONNECTOR_KEYS
from tests.unit.cdc.events import mapping_from

DOCS = (Path(__file__).parents[4] / "docs" / "connectors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("word", [*CONNECTOR_KEYS, *PORTS, *SNAPSHOTS])
def test_every_setting_is_documented(word: str) -> None:
    assert f"`{word}`" in DOCS


def test_the_example_is_a_source_that_can_be_captured() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    source = mapping_from(example).sources[0]
    assert debezium_configuration(source, bootstrap_servers="kafka:9092")["database.password"] == "${env:SHOP_PASSWORD}"
