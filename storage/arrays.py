"""Whole columns as PostgreSQL's own binary arrays: one parameter of a statement, made in a few calls however long it is.

The driver writes each value of a list by itself, bytes as hexadecimal text: half of what its statements cost.

Layout, all numbers big-endian: ``dimensions:4`` (1) ``has nulls:4`` ``type of elements:4`` ``elements:4`` ``first index:4`` (1), then of
each element ``length:4`` (-1 for NULL) and its bytes. Source: PostgreSQL 15, ``array_recv`` and the ``…recv`` functions of the types.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

_HEADER: Final = struct.Struct(">iiIii")
_EMPTY: Final = struct.Struct(">iiI")
_LENGTH: Final = struct.Struct(">i").pack
_NULL: Final = _LENGTH(-1)


class PackedArray(bytes):
    """An array in its binary form; the classes below say of what. ``oid`` is the array's type, ``element`` that of its elements."""

    __slots__ = ()
    oid: ClassVar[int]
    element: ClassVar[int]
    encode: ClassVar[Callable[[Any], bytes]]

    @classmethod
    def of(cls, values: Sequence[Any]) -> "PackedArray":
        """Pack values, of which some may be None."""
        has_nulls = None in values
        if not values:
            return cls(_EMPTY.pack(0, 0, cls.element))
        header = _HEADER.pack(1, has_nulls, cls.element, len(values), 1)
        return cls(header + cls._body(values, has_nulls=has_nulls))

    @classmethod
    def _body(cls, values: Sequence[Any], *, has_nulls: bool) -> bytes:
        encode = cls.encode
        if has_nulls:
            return b"".join([_NULL if value is None else _with_length(encode(value)) for value in values])
        encoded = [encode(value) for value in values]
        sizes = {len(value) for value in encoded}
        if len(sizes) == 1:  # tokens and numbers: one call for all
            length = _LENGTH(sizes.pop())
            return length + length.join(encoded)
        return b"".join([_with_length(value) for value in encoded])


def _with_length(encoded: bytes) -> bytes:
    return _LENGTH(len(encoded)) + encoded


class PackedBytes(PackedArray):
    """``bytea[]``."""

    __slots__ = ()
    oid, element, encode = 1001, 17, bytes


class PackedText(PackedArray):
    """``text[]``."""

    __slots__ = ()
    oid, element, encode = 1009, 25, str.encode


class PackedIntegers(PackedArray):
    """``integer[]``."""

    __slots__ = ()
    oid, element, encode = 1007, 23, struct.Struct(">i").pack


class PackedBigIntegers(PackedArray):
    """``bigint[]``."""

    __slots__ = ()
    oid, element, encode = 1016, 20, struct.Struct(">q").pack


class PackedBooleans(PackedArray):
    """``boolean[]``."""

    __slots__ = ()
    oid, element, encode = 1000, 16, struct.Struct(">?").pack


#: The array for each type of a column, as PostgreSQL writes it.
PACKED: Final[Mapping[str, type[PackedArray]]] = {
    "BYTEA": PackedBytes,
    "TEXT": PackedText,
    "INTEGER": PackedIntegers,
    "BIGINT": PackedBigIntegers,
    "BOOLEAN": PackedBooleans,
}
