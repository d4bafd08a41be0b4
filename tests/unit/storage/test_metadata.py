"""A sealed column takes sealed cells and nothing else."""

import pytest
from sqlalchemy.dialects import sqlite

from storage import CELL_MAGIC, PlaintextRefused, Sealed
from storage.metadata import Bytes

DIALECT = sqlite.dialect()


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"CD",
        b"CD\x02 another version",
        "陈小美".encode(),
        "CD\x01 text that begins like a cell",
        bytearray(b"CD\x01 no bytes"),
        138_1234_5670,
    ],
    ids=repr,
)
def test_what_is_not_a_cell_is_refused_without_being_told(value: object) -> None:
    with pytest.raises(PlaintextRefused) as caught:
        Sealed().process_bind_param(value, DIALECT)
    assert str(caught.value) == "a sealed column was given a value that is not a sealed cell"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("value", [None, CELL_MAGIC + b"header, ciphertext and tag"])
def test_cells_and_null_pass(value: bytes | None) -> None:
    assert Sealed().process_bind_param(value, DIALECT) is value


def test_bytes_go_to_the_driver_as_they_are() -> None:
    processors: list[object] = [Bytes(16).dialect_impl(DIALECT)._cached_bind_processor(DIALECT)]
    processors.append(Bytes(16)._cached_result_processor(DIALECT, None))
    assert processors == [None, None]
    assert Bytes(16).length == 16
