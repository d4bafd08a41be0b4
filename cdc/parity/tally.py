"""Order-free hashes: a table's is the sum of its rows' keyed hashes modulo 2^128, kept apart for 256 buckets of row tokens.

Rows of a table are distinct (each hash covers the row's token), so sums of keyed 128-bit hashes that are equal, with equal
counts, mean equal sets but for a chance of 2^-128. Without the installation's token key no hash can be made or compared.

Source: Bellare, Micciancio, "A new paradigm for collision-free hashing" (AdHash), 1997.
"""

from collections.abc import Iterable
from typing import Final

from cdc.parity.contents import Content, encoded
from cdc.parity.rows import SourceRow
from privacy import IdentityTokens

BUCKETS: Final = 256
_KIND: Final = "parity"
_MODULUS: Final = 2**128


class RowHasher:
    """Makes the keyed hash of a row."""

    def __init__(self, tokens: IdentityTokens) -> None:
        self._tokens = tokens

    def hash(self, token: bytes, content: Content) -> int:
        """Hash a row's token and content."""
        return int.from_bytes(self._tokens.token(_KIND, token + encoded(content)))

    def of_row(self, row: SourceRow) -> int:
        """Hash a row of the source that has a key; one of which no content can be made has a hash that no stored row has."""
        assert row.token is not None  # noqa: S101 - rows without a key are only counted
        if not row.code:
            return self.hash(row.token, row.content)
        return int.from_bytes(self._tokens.token(_KIND, row.token + f"!{row.code}".encode()))


class Tally:
    """Count and hash of each bucket."""

    __slots__ = ("counts", "sums")

    def __init__(self) -> None:
        self.counts = [0] * BUCKETS
        self.sums = [0] * BUCKETS

    def add(self, token: bytes, row_hash: int, *, sign: int = 1) -> None:
        """Put a row in, or take it out with ``sign=-1``."""
        bucket = token[0]
        self.counts[bucket] += sign
        self.sums[bucket] = (self.sums[bucket] + sign * row_hash) % _MODULUS

    def copy(self) -> "Tally":
        """Make another with the same rows."""
        made = Tally()
        made.counts, made.sums = self.counts.copy(), self.sums.copy()
        return made

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(self.counts)

    @property
    def digest(self) -> str:
        """The hash of all, in hexadecimal."""
        return f"{sum(self.sums) % _MODULUS:032x}"

    def differing(self, other: "Tally") -> frozenset[int]:
        """The buckets in which two tallies differ."""
        pairs = zip(self.counts, self.sums, other.counts, other.sums, strict=True)
        return frozenset(bucket for bucket, (a, b, c, d) in enumerate(pairs) if (a, b) != (c, d))


def grouped(buckets: Iterable[int], sizes: list[int], *, most: int) -> list[frozenset[int]]:
    """Put buckets together so that each group has at most ``most`` rows, or is one bucket."""
    groups: list[list[int]] = []
    size = 0
    for bucket in sorted(buckets):
        if not groups or size + sizes[bucket] > most:
            groups.append([])
            size = 0
        groups[-1].append(bucket)
        size += sizes[bucket]
    return [frozenset(group) for group in groups]
