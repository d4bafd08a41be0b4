"""The captured samples, each a stream of its own: what parks, and that nothing but the rows decides the state."""

from pathlib import Path

import pytest

from cdc import list_parked
from tests.installation import DATA, Installation, captured, installation, shuffled

SAMPLES = sorted((DATA / "debezium").glob("*.jsonl"))
# A row of a table without a key was changed: which one cannot be known.
KEYLESS = "keyless_change"


def mapping_of(sample: Path) -> str:
    return (DATA / "mappings" / ("shop.toml" if sample.name.startswith("pg.") else "pos.toml")).read_text()


def parked_codes(one: Installation) -> list[str]:
    with one.parts.database.read() as connection:
        return [parked.code for parked in list_parked(connection)]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_only_the_change_of_a_keyless_row_parks(sample: Path, database_url: str, tmp_path: Path) -> None:
    with installation(tmp_path / "a", mapping_of(sample), database=database_url) as one:
        report = one.ingest(captured(sample))
        assert report.applied > 0
        assert parked_codes(one) == ([KEYLESS] if sample.name.startswith("pg.") else [])


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_ingesting_a_sample_again_changes_nothing(sample: Path, database_url: str, tmp_path: Path) -> None:
    with installation(tmp_path / "a", mapping_of(sample), database=database_url) as one:
        one.ingest(captured(sample))
        before = one.lines()
        for stream in ("test", "a copy of the file"):
            again = one.ingest(captured(sample), stream=stream)
            assert (again.applied, again.parked) == (0, 0)
            assert one.lines() == before


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_neither_interleaving_nor_batch_size_matters(sample: Path, database_url: str, tmp_path: Path) -> None:
    events = captured(sample)
    with installation(tmp_path / "a", mapping_of(sample), database=database_url) as one:
        one.ingest(events)
        expected = one.lines()
        for seed, batch in ((1, 500), (2, 1), (3, 7), (4, 64)):
            one.wipe()
            one.ingest(shuffled(events, seed), batch=batch)
            assert one.lines() == expected
