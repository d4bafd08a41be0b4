"""Length-prefixed encoding."""

from privacy import LP


def test_each_part_is_its_length_and_its_bytes() -> None:
    assert LP("ab", b"\x01") == bytes.fromhex("00000002 6162 00000001 01")


def test_text_is_utf_8_and_lengths_are_of_bytes() -> None:
    assert LP("陈") == b"\x00\x00\x00\x03" + "陈".encode()


def test_moving_a_boundary_changes_the_bytes() -> None:
    assert len({LP("ab", "c"), LP("a", "bc"), LP("abc"), LP("abc", ""), LP("", "abc")}) == 5
