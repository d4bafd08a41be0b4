"""The population that speed is measured on: repeatable, about 1.3 records for each person, the mix of changes that it promises."""

import json
from collections import Counter

from bench.members import Changes, Population


def test_the_same_seed_gives_the_same_records() -> None:
    one, other = Population(1), Population(1)
    assert [one.row(number) for number in range(40)] == [other.row(number) for number in reversed(range(40))][::-1]
    assert Population(2).row(0) != one.row(0)


def test_thirteen_records_come_from_ten_people() -> None:
    population = Population(1)
    people = Counter((row["full_name"], row["city"]) for row in map(population.row, range(1_300)))
    assert 850 < len(people) <= 1_010


def test_a_batch_has_the_mix_and_names_no_record_twice() -> None:
    changes = Changes(Population(1), 2_000, 1)
    deleted: set[str] = set()
    for _ in range(5):
        events = changes.batch(100)
        keys = [str(event["topic"]) + str(event["key"]) for event in events]
        operations = Counter(json.loads(str(event["value"]))["op"] for event in events)
        assert operations == {"c": 40, "u": 55, "d": 5}
        assert len(set(keys)) == 100
        assert deleted.isdisjoint(keys)
        deleted |= {key for key, event in zip(keys, events, strict=True) if '"op": "d"' in str(event["value"])}
