"""Every column of every sample file decodes to what its source column held."""

from pathlib import Path
from typing import Any

import pytest

from cdc.changes import RawEvent
from cdc.envelope import Columns, Envelope, parse
from cdc.files import CapturedFile
from cdc.mapping import TableMapping
from cdc.mapping_file import read_mapping
from cdc.values import Row
from storage.config import ConfigDocument
from tests.unit.cdc import seeded

# The server's own clock filled these when the rows were written: the script does not say what it read.
NOT_SCRIPTED = {"updated_at", ("staff_remarks", "created_at")}


def key_of(table: TableMapping, row: Row, name: str) -> tuple[Any, ...]:
    return tuple(row.get(column) for column in table.key or ("session_id",)) if name else ()


def rows_of(sample: str, folder: Path = seeded.SAMPLES) -> list[tuple[Envelope, TableMapping, Row]]:
    source = read_mapping(ConfigDocument.load(seeded.mapping_of(sample))).sources[0]
    found = []
    for raw in CapturedFile(folder / f"{sample}.jsonl").events():
        assert isinstance(raw, RawEvent)
        event = parse(raw)
        if isinstance(event, Envelope) and isinstance(event.after, Columns):
            table = source.tables[str(event.source.table)]
            found.append((event, table, Row(event.after, table.hints)))
    return found


def snapshot_differences(sample: str, folder: Path = seeded.SAMPLES) -> tuple[int, list[str]]:
    """Compare every snapshot row with the truth: how many values agree, and the ones that do not."""
    truth, agreed, wrong = seeded.truth_of(sample), 0, []
    for event, table, row in rows_of(sample, folder):
        if event.op != "r":
            continue
        held = truth.snapshot[table.name][key_of(table, row, table.name)]
        for column in row.names():
            if column in NOT_SCRIPTED or (table.name, column) in NOT_SCRIPTED:
                continue
            if seeded.same(row.get(column), held[column]):
                agreed += 1
            else:
                wrong.append(f"{table.name}.{column}: {row.get(column)!r}, held {held[column]!r}")
    return agreed, wrong


@pytest.mark.parametrize("sample", seeded.SCALES)
def test_every_snapshot_value_is_what_the_source_column_held(sample: str) -> None:
    agreed, wrong = snapshot_differences(sample)
    assert not wrong
    assert agreed > 60


@pytest.mark.parametrize("sample", seeded.SCALES)
def test_every_scripted_value_of_later_changes_arrives_exactly(sample: str) -> None:
    truth, met = seeded.truth_of(sample), set()
    for event, table, row in rows_of(sample):
        key = key_of(table, row, table.name)
        held = truth.later.get(table.name, {}).get(key)
        if event.op != "c" or held is None:
            continue
        met.add((table.name, key))
        assert {column: row.get(column) for column in held if not seeded.same(row.get(column), held[column])} == {}
    assert met == {(table, key) for table, rows in truth.later.items() for key in rows}


@pytest.mark.parametrize("sample", [name for name in seeded.SCALES if name.startswith("pg")])
def test_an_unchanged_large_value_is_unknown_and_not_null(sample: str) -> None:
    unknown = [
        (table.name, column)
        for _, table, row in rows_of(sample)
        for column in row.names()
        if str(row.get(column)) == "UnknownType.UNKNOWN"
    ]
    assert unknown == [("page_events", "props")]
