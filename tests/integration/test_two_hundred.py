"""Two hundred generated records, with all that the benchmark's generator does to them: change by change as brute force over all pairs."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

import pytest

from bench.identity.generator import LANGUAGES, generate
from bench.identity.stream import RowEvent, captured, live_rows
from cdc import RawEvent, Rebuilder
from tests.installation import Installation, installation
from tests.property.meaning import Meaning, computed, fields_of, stored

RECORDS = 200


def raws(events: Iterable[RowEvent]) -> list[RawEvent]:
    return [RawEvent("", 0, line["topic"], line["key"].encode(), line["value"].encode()) for line in captured(events)]


def by_brute_force(one: Installation, events: Sequence[RowEvent]) -> Meaning:
    """What the rows that live after these events mean."""
    snapshot = [RowEvent("c", key, row, 0) for key, row in live_rows(events).items()]
    return computed(fields_of(one.parts.translator, raws(snapshot)), one.parts.sealer.matcher).meaning


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stream_of_two_hundred_records_is_resolved_as_brute_force_over_all_pairs_says(
    language: str, tmp_path: Path
) -> None:
    dataset = generate(language, 31, records=RECORDS)
    events, chance = dataset.stream.events, Random(31)
    changes, done, most, is_met = raws(events), 0, 0, False
    with installation(tmp_path, dataset.stream.mapping) as one:
        for number in range(6):
            until = len(events) * (number + 1) // 6
            one.ingest(changes[done:until], stream=str(number), batch=chance.choice((1, 7, 60)))
            done = until
            expected = by_brute_force(one, events[:done])
            assert stored(one) == expected
            most = max(most, sum(map(len, expected.profiles)))
            is_met |= any(len(profile) > 1 for profile in expected.profiles) and bool(expected.reviews)
        settings = one.parts.settings
        rebuilder = Rebuilder(
            one.parts.database, one.parts.sealer, profile_rules=settings.profiles, mapping=settings.mapping
        )
        assert rebuilder.run(verify=True).is_equal
        assert one.parked() == []
    assert most > RECORDS * 0.9
    assert is_met, "nothing was joined, or nothing was left to a steward"
