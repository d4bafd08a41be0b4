"""Positions sort like the database's log."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.positions import SourceBlock, position, server
from cdc.problems import EventError

numbers = st.integers(0, 2**63 - 1)
flags = st.booleans()


def binlog(number: int, pos: int, row: int) -> SourceBlock:
    return SourceBlock(file=f"mysql-bin.{number:06d}", pos=pos, row=row)


def ranked(first: bytes, second: bytes) -> int:
    return (first > second) - (first < second)


@given(st.tuples(numbers, flags), st.tuples(numbers, flags))
def test_postgresql_positions_sort_by_lsn_and_then_streamed_over_snapshot(
    a: tuple[int, bool], b: tuple[int, bool]
) -> None:
    first, second = (position(SourceBlock(lsn=lsn), is_snapshot=not streamed) for lsn, streamed in (a, b))
    assert ranked(first, second) == (a > b) - (a < b)


places = st.tuples(st.integers(1, 10**7), st.integers(0, 2**40), st.integers(0, 2**32 - 1), flags)


@given(places, places)
def test_binlog_positions_sort_by_file_number_place_and_row(a: Any, b: Any) -> None:
    first, second = (position(binlog(*place[:3]), is_snapshot=not place[3]) for place in (a, b))
    assert ranked(first, second) == (a > b) - (a < b)


def test_the_file_number_counts_and_not_its_digits() -> None:
    older, newer = binlog(999_999, 5, 0), binlog(1_000_000, 4, 0)
    assert position(older, is_snapshot=False) < position(newer, is_snapshot=False)


@given(numbers, numbers)
def test_sequence_numbers_sort_as_numbers(a: int, b: int) -> None:
    first, second = (position(SourceBlock(seq=seq), is_snapshot=False) for seq in (a, b))
    assert ranked(first, second) == (a > b) - (a < b)


def test_an_lsn_beyond_javas_signed_numbers_still_sorts_last() -> None:
    rising = [2**63 - 1, -(2**63), -(2**63) + 1, -1]  # 0x8000000000000000 and on, as Java writes them
    places = [position(SourceBlock(lsn=lsn), is_snapshot=False) for lsn in rising]
    assert places == sorted(set(places))


def test_a_streamed_change_wins_the_tie_with_a_snapshot_row() -> None:
    block = SourceBlock(lsn=7)
    assert position(block, is_snapshot=True) < position(block, is_snapshot=False)
    assert position(block, is_snapshot=True)[-1:] == b"\x00"


@pytest.mark.parametrize(
    "block",
    [
        SourceBlock(connector="oracle"),
        SourceBlock(file="mysql-bin.abc", pos=4),
        SourceBlock(file="mysql-bin.000001"),
        SourceBlock(file="mysql-bin.000001", pos=-4),
        SourceBlock(seq=2**70),
        SourceBlock(lsn=2**64),
        SourceBlock(lsn=-(2**63) - 1),
    ],
)
def test_an_event_without_a_usable_position_says_so(block: SourceBlock) -> None:
    with pytest.raises(EventError) as caught:
        position(block, is_snapshot=False)
    assert caught.value.code == "missing_position"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            SourceBlock(gtid="511838c5-e61c-11f1-9306-02fc00000001:62", server_id=5457),
            "511838c5-e61c-11f1-9306-02fc00000001",
        ),
        (SourceBlock(gtid="511838c5-e61c-11f1-9306-02fc00000001:tag:62"), "511838c5-e61c-11f1-9306-02fc00000001"),
        (SourceBlock(gtid="0-5401-80", server_id=5401), "0-5401"),
        (SourceBlock(server_id=5401), "5401"),
        (SourceBlock(server_id=0), ""),
        (SourceBlock(lsn=5), ""),
    ],
)
def test_the_server_is_the_gtids_or_the_server_id(block: SourceBlock, expected: str) -> None:
    assert server(block) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("true", True),
        ("last", True),
        ("incremental", True),
        (True, True),
        ("false", False),
        (False, False),
        (None, False),
    ],
)
def test_every_way_to_write_snapshot_is_understood(written: str | bool | None, expected: bool) -> None:
    assert SourceBlock(snapshot=written).is_snapshot is expected


def test_a_row_of_an_incremental_snapshot_lies_where_the_stream_stood() -> None:
    """Debezium 3.5 gives such rows no `lsn`."""
    row = position(SourceBlock(connector="postgresql", sequence='["30","40"]'), is_snapshot=True)
    before, same, after = (position(SourceBlock(lsn=lsn), is_snapshot=False) for lsn in (39, 40, 41))
    assert before < row < same < after


@pytest.mark.parametrize(
    "sequence", ["", "[]", "[null,null]", '["1",2]', '["x"]', "{}", '["-1"]', '["99999999999999999999"]']
)
def test_a_sequence_that_cannot_be_read_is_no_position(sequence: str) -> None:
    with pytest.raises(EventError, match="that can be read"):
        position(SourceBlock(connector="postgresql", sequence=sequence), is_snapshot=True)
