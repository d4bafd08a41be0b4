"""Packed arrays have PostgreSQL's binary layout; `tests/integration/test_storage.py` lets a server read them."""

import pytest

from storage.arrays import PACKED, PackedArray, PackedBytes, PackedIntegers, PackedText


def test_values_of_one_length_follow_each_other_with_it() -> None:
    header = bytes.fromhex("00000001 00000000 00000011 00000002 00000001")
    assert PackedBytes.of([b"ab", b"cd"]) == header + b"\0\0\0\2ab\0\0\0\2cd"


def test_values_of_several_lengths_have_their_own() -> None:
    header = bytes.fromhex("00000001 00000000 00000019 00000002 00000001")
    assert PackedText.of(["é", "x"]) == header + b"\0\0\0\2\xc3\xa9\0\0\0\1x"


def test_a_missing_value_has_no_bytes_and_the_header_says_so() -> None:
    header = bytes.fromhex("00000001 00000001 00000017 00000003 00000001")
    assert PackedIntegers.of([1, None, -1]) == header + b"\0\0\0\4\0\0\0\1" + b"\xff" * 4 + b"\0\0\0\4" + b"\xff" * 4


@pytest.mark.parametrize("kind", PACKED.values())
def test_an_empty_array_has_no_dimension(kind: type[PackedArray]) -> None:
    assert kind.of([]) == bytes(8) + kind.element.to_bytes(4)
