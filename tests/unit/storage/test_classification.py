"""Every column says how much it tells about a person, and what is personal can only be stored sealed."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import KEYS, MAIN, DataClass, Sealed, column
from storage.metadata import Bytes

ROOT = Path(__file__).parents[3]
PACKAGES = ("storage", "privacy", "identity", "profiles", "cdc", "resolvers", "schema", "web", "cli")

MAIN_TABLES = {
    "audit_entry",
    "blocking_key",
    "consent",
    "destroy_pending",
    "ended_record",
    "engine_place",
    "fact",
    "fact_cell",
    "fact_total",
    "generic_key",
    "identifier",
    "in_force",
    "ingest_pause",
    "lineage",
    "match_record",
    "outbox",
    "pair",
    "parked_event",
    "profile",
    "profile_trace",
    "record_cell",
    "review_item",
    "source_difference",
    "source_epoch",
    "source_log",
    "source_parity",
    "source_reached",
    "source_record",
    "source_row",
    "source_table",
    "steward_link",
    "stream_position",
    "table_floor",
    "table_mapping",
    "table_snapshot",
}
KEY_TABLES = {"incarnation_key", "long_lived_key"}

for package in PACKAGES:
    for path in sorted((ROOT / package).glob("**/*.py")):
        if "sa.Table(" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def faults(metadata: sa.MetaData) -> Iterator[str]:
    """Name the columns that break a rule of classification."""
    for table in metadata.tables.values():
        for each in table.columns:
            data_class = each.info.get("data_class")
            if not isinstance(data_class, DataClass):
                yield f"{each}: no class"
            elif data_class in (DataClass.PERSONAL, DataClass.SENSITIVE) and not isinstance(each.type, Sealed):
                yield f"{each}: clear"
            elif isinstance(each.type, Sealed) and data_class not in (DataClass.PERSONAL, DataClass.SENSITIVE):
                yield f"{each}: sealed for nothing"


def test_these_are_all_tables() -> None:
    assert set(MAIN.tables) == MAIN_TABLES
    assert set(KEYS.tables) == KEY_TABLES


@pytest.mark.parametrize("metadata", [MAIN, KEYS], ids=["main", "keys"])
def test_every_column_has_a_class_and_personal_ones_are_sealed(metadata: sa.MetaData) -> None:
    assert list(faults(metadata)) == []


def test_wrapped_keys_are_in_the_key_store_only() -> None:
    secret = [c for c in columns(MAIN) if c.info["data_class"] is DataClass.SECRET]
    assert secret == []
    assert {str(c) for c in columns(KEYS) if c.info["data_class"] is DataClass.SECRET} == {
        "incarnation_key.wrapped",
        "long_lived_key.wrapped",
    }


def test_a_column_holding_a_keyed_hash_of_a_person_is_a_pseudonym() -> None:
    tokens = [c for c in columns(MAIN) if c.name in ("token", "person_token", "row_token") and c.table.name != "fact"]
    assert {c.info["data_class"] for c in tokens} == {DataClass.PSEUDONYM}


def columns(metadata: sa.MetaData) -> list[sa.Column[object]]:
    return [each for table in metadata.tables.values() for each in table.columns]


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (sa.Column("email", sa.Text), "no class"),
        (sa.Column("email", sa.Text, info={"data_class": DataClass.PERSONAL}), "clear"),
        (sa.Column("birthday", Bytes, info={"data_class": DataClass.SENSITIVE}), "clear"),
        (sa.Column("position", Sealed, info={"data_class": DataClass.INTERNAL}), "sealed for nothing"),
    ],
)
def test_a_column_that_breaks_a_rule_is_found(made: "sa.Column[object]", fault: str) -> None:
    metadata = sa.MetaData()
    sa.Table("person", metadata, made)
    assert [found.split(": ")[1] for found in faults(metadata)] == [fault]


@pytest.mark.parametrize("data_class", [DataClass.PERSONAL, DataClass.SENSITIVE])
def test_a_clear_personal_column_cannot_even_be_declared(data_class: DataClass) -> None:
    with pytest.raises(TypeError, match=r"'email' is .* must be of type Sealed"):
        column("email", sa.Text, data_class)
    assert column("email", Sealed, data_class).info == {"data_class": data_class}


def test_a_column_is_required_unless_it_says_otherwise() -> None:
    assert not column("state", sa.Text, DataClass.INTERNAL).nullable
    assert column("state", sa.Text, DataClass.INTERNAL, nullable=True).nullable
