"""Padding steps by attribute."""

import pytest

from privacy import padding_step
from privacy.padding import pad, unpad


@pytest.mark.parametrize(
    ("column", "size"),
    [
        ("name", 32),
        ("phone", 32),
        ("birthday", 32),
        ("gender", 32),
        ("wechat_openid", 32),
        ("email", 64),
        ("email#1", 64),
        ("natural_key", 64),
        ("address", 256),
        ("address#2", 256),
        ("body", 256),
        ("url", 256),
        ("notes", 256),
        ("trait.shoe_size", 256),
        ("something_new", 32),
    ],
)
def test_each_attribute_has_its_step(column: str, size: int) -> None:
    assert padding_step(column) == size


@pytest.mark.parametrize(("length", "padded"), [(0, 32), (31, 32), (32, 64), (33, 64), (63, 64)])
def test_a_value_fills_up_to_the_next_step_with_at_least_one_byte(length: int, padded: int) -> None:
    assert len(pad(b"x" * length, 32)) == padded
    assert unpad(pad(b"x" * length, 32)) == b"x" * length


def test_values_that_look_like_padding_survive() -> None:
    for value in (b"\x80", b"\x80\x00\x00", b"\x00", b"\x00" * 40, b"a\x80\x80"):
        assert unpad(pad(value, 32)) == value


@pytest.mark.parametrize("broken", [b"", b"\x00" * 32, b"x" * 32])
def test_what_has_no_padding_is_told_apart(broken: bytes) -> None:
    assert unpad(broken) is None
