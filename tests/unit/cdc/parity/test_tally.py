"""Order-free hashes: they find every difference, and nothing but differences."""

import random

from hypothesis import given
from hypothesis import strategies as st

from cdc.parity.rows import SourceRow
from cdc.parity.tally import BUCKETS, RowHasher, Tally, grouped
from privacy import IdentityTokens

TOKENS = IdentityTokens(bytes(32), "t1")
HASHER = RowHasher(TOKENS)
ROWS = st.dictionaries(st.binary(min_size=16, max_size=16), st.dictionaries(st.text(), st.integers() | st.text()))


def tally(rows: dict[bytes, dict[str, int | str]], seed: int = 0) -> Tally:
    listed = list(rows.items())
    random.Random(seed).shuffle(listed)
    made = Tally()
    for token, content in listed:
        made.add(token, HASHER.hash(token, dict(content)))
    return made


@given(ROWS, st.integers())
def test_the_order_of_rows_and_names_plays_no_part(rows: dict[bytes, dict[str, int | str]], seed: int) -> None:
    turned = {token: dict(reversed(content.items())) for token, content in rows.items()}
    one, other = tally(rows), tally(turned, seed)
    assert one.differing(other) == frozenset()
    assert (one.digest, one.rows) == (other.digest, len(rows))


@given(ROWS.filter(bool), st.data())
def test_another_content_shows_in_its_bucket_alone(
    rows: dict[bytes, dict[str, int | str]], data: st.DataObject
) -> None:
    token = data.draw(st.sampled_from(sorted(rows)))
    other = rows | {token: {**rows[token], "x": "changed"}} if rows[token].get("x") != "changed" else rows | {token: {}}
    assert tally(rows).differing(tally(other)) == {token[0]}
    assert tally(rows).digest != tally(other).digest


@given(ROWS.filter(bool), st.data())
def test_a_row_that_is_taken_out_leaves_no_trace(rows: dict[bytes, dict[str, int | str]], data: st.DataObject) -> None:
    token = data.draw(st.sampled_from(sorted(rows)))
    made = tally(rows)
    made.add(token, HASHER.hash(token, dict(rows[token])), sign=-1)
    del rows[token]
    assert made.differing(tally(rows)) == frozenset()


def test_contents_that_change_places_differ() -> None:
    one, other = bytes(16), bytes(15) + b"\x01"
    assert tally({one: {"a": 1}, other: {"a": 2}}).differing(tally({one: {"a": 2}, other: {"a": 1}})) == {0}


def test_another_installation_has_other_hashes() -> None:
    other = RowHasher(IdentityTokens(bytes(31) + b"\x01", "t1"))
    assert HASHER.hash(bytes(16), {"a": 1}) != other.hash(bytes(16), {"a": 1})


def test_an_unusable_row_is_equal_to_no_content() -> None:
    row = SourceRow(bytes(16), ("1",), {}, "wrong_type")
    assert HASHER.of_row(row) not in {HASHER.hash(bytes(16), {}), HASHER.hash(bytes(16), {"!": "wrong_type"})}


def test_a_copy_stands_alone() -> None:
    one = tally({bytes(16): {"a": 1}})
    other = one.copy()
    other.add(bytes(16), 1, sign=-1)
    assert (one.rows, other.rows) == (1, 0)


@given(
    st.lists(st.integers(0, 50), min_size=BUCKETS, max_size=BUCKETS),
    st.sets(st.integers(0, BUCKETS - 1)),
    st.integers(1, 99),
)
def test_groups_hold_every_bucket_once_and_few_rows(sizes: list[int], buckets: set[int], most: int) -> None:
    groups = grouped(buckets, sizes, most=most)
    assert sorted(bucket for group in groups for bucket in group) == sorted(buckets)
    assert all(len(group) == 1 or sum(sizes[bucket] for bucket in group) <= most for group in groups)
