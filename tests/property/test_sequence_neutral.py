"""Promises 1 and 2: the state is a pure function of the live rows, whatever happened on the way to them."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation, shuffled
from tests.property.meaning import computed, fields_of, stored

KEYS = st.integers(1, 7)
PERSON = st.fixed_dictionaries(
    {
        "phone": st.sampled_from([None, "13812345670", "138 1234 5671", "13812345672", "000"]),
        "email": st.sampled_from([None, "a@example.com", "B@example.com", "c@example.com"]),
        "unionid": st.sampled_from([None, None, "union-1", "union-2"]),
        "name": st.sampled_from([None, "陈小美", "王伟"]),
        "city": st.sampled_from([None, "北京", "上海"]),
        "points": st.sampled_from([None, 5, 7]),
        "optin": st.sampled_from([None, "yes", "no"]),
        "updated_at": st.sampled_from([None, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]),
    }
)
RECEIPT = st.fixed_dictionaries(
    {
        "person": st.none() | KEYS,
        "total": st.sampled_from(["1.00", "2.50"]),
        "note": st.sampled_from([None, "gift"]),
        "at": st.sampled_from([None, 10, 20]),
    }
)
REFUND = st.fixed_dictionaries({"receipt": st.none() | KEYS, "total": st.just("0.50"), "at": st.sampled_from([5, 30])})
TABLES = st.sampled_from(["person", "receipt", "refund"])
STEPS = st.one_of(
    st.tuples(st.just("put"), st.just("person"), KEYS, PERSON),
    st.tuples(st.just("put"), st.just("person"), KEYS, PERSON),
    st.tuples(st.just("put"), st.just("receipt"), KEYS, RECEIPT),
    st.tuples(st.just("put"), st.just("refund"), KEYS, REFUND),
    st.tuples(
        st.just("put_partly"), st.just("person"), KEYS, st.just({"city": "深圳"}), st.just(["phone", "name", "points"])
    ),
    st.tuples(st.just("put_partly"), st.just("receipt"), KEYS, st.just({"total": "9.00"}), st.just(["note"])),
    st.tuples(st.just("delete"), TABLES, KEYS),
    st.tuples(st.just("move"), TABLES, KEYS, KEYS),
    st.tuples(st.just("truncate"), st.sampled_from(["receipt", "person"])),
)


def written(steps: list[Any]) -> ChangeLog:
    log = ChangeLog()
    for name, *arguments in steps:
        getattr(log, name)(*arguments)
    return log


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("neutral"), MAPPING) as made:
        yield made


@given(st.lists(STEPS, max_size=30), st.integers(0, 9999), st.integers(1, 12), st.data())
def test_order_repetition_and_batching_do_not_matter(
    one: Installation, steps: list[Any], seed: int, batch: int, data: st.DataObject
) -> None:
    log = written(steps)
    one.wipe()
    one.ingest(log.events)
    expected = one.lines()
    repeated = shuffled(log.events, seed)
    for _ in range(data.draw(st.integers(0, 5))):
        if repeated:
            again = data.draw(st.integers(0, len(repeated) - 1))
            later = data.draw(st.integers(again, len(repeated)))
            repeated.insert(later, repeated[again])
    one.wipe()
    one.ingest(repeated, batch=batch)
    assert one.lines() == expected


@given(st.lists(STEPS, max_size=30), st.integers(1, 12))
def test_the_state_is_what_the_live_rows_alone_would_make(one: Installation, steps: list[Any], batch: int) -> None:
    log = written(steps)
    one.wipe()
    one.ingest(log.events, batch=batch)
    lived = one.lines()
    one.wipe()
    one.ingest(log.snapshot())
    assert lived == one.lines()


@given(st.lists(STEPS, max_size=30), st.integers(1, 12))
def test_the_partition_is_what_brute_force_over_all_pairs_finds(
    one: Installation, steps: list[Any], batch: int
) -> None:
    log = written(steps)
    one.wipe()
    one.ingest(log.events, batch=batch)
    rows = fields_of(one.parts.translator, log.snapshot())
    assert stored(one) == computed(rows, one.parts.sealer.matcher).meaning
