"""Cells: what was sealed opens, and anything else does not."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from privacy import CellCipher, CellError, DataKey

NAMES = st.text(max_size=12)
BYTES16 = st.binary(min_size=16, max_size=16)
KEYS = st.builds(
    lambda dek, dek_id, incarnation, tenant: DataKey(dek, dek_id=dek_id, incarnation=incarnation, tenant=tenant),
    st.binary(min_size=32, max_size=32),
    BYTES16,
    BYTES16,
    st.sampled_from(["t1", "t2"]),
)
VALUES = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400)


@given(KEYS, NAMES, NAMES, NAMES, VALUES)
def test_opening_gives_back_what_was_sealed(key: DataKey, table: str, column: str, kind: str, value: str) -> None:
    cell = CellCipher("t1").seal(key, table=table, column=column, value=value, kind=kind)
    assert CellCipher("t1").open(key, cell, table=table, column=column, kind=kind) == value


@given(KEYS, st.tuples(NAMES, NAMES, NAMES), st.tuples(NAMES, NAMES, NAMES), VALUES)
def test_a_cell_opens_in_its_own_place_only(
    key: DataKey, place: tuple[str, str, str], other: tuple[str, str, str], value: str
) -> None:
    assume(place != other)
    cell = CellCipher("t1").seal(key, table=place[0], column=place[1], kind=place[2], value=value)
    with pytest.raises(CellError):
        CellCipher("t1").open(key, cell, table=other[0], column=other[1], kind=other[2])


@given(KEYS, KEYS, VALUES)
def test_a_cell_opens_under_its_own_key_only(key: DataKey, other: DataKey, value: str) -> None:
    assume(key.derived()[1] != other.derived()[1])
    cell = CellCipher("t1").seal(key, table="record_cell", column="name", value=value)
    with pytest.raises(CellError):
        CellCipher("t1").open(other, cell, table="record_cell", column="name")


@given(KEYS, st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_with_a_typed_error(key: DataKey, content: bytes) -> None:
    for cell in (content, b"CD\x01\x01" + content, b"CD\x01\x01" + key.dek_id + content):
        with pytest.raises(CellError):
            CellCipher("t1").open(key, cell, table="record_cell", column="name")


@given(KEYS, st.text(alphabet="陈a1", max_size=70))
def test_the_length_of_a_cell_shows_whole_steps(key: DataKey, value: str) -> None:
    cell = CellCipher("t1").seal(key, table="record_cell", column="name", value=value)
    assert len(cell) == 64 + (len(value.encode()) // 32 + 1) * 32 + 16
