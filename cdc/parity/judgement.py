"""Where buckets of two tallies differ: which rows, and how.

The source's rows of these buckets are looked up and judged one by one. How many Onefold alone has follows from how many were
found; to name them, the tokens of the source's rows are held in memory, for as many buckets at a time as may be.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from cdc.mapping import TableMapping
from cdc.parity.contents import differing_columns
from cdc.parity.findings import CHANGED, EXTRA, MISSING, PARKED, Named
from cdc.parity.holdings import Held, Holdings
from cdc.parity.rows import PERSONAL_KEY, SourceRow, is_sealed_key
from cdc.parity.tally import RowHasher, Tally, grouped

_MOST_TOKENS: Final = 200_000

Pages = Callable[[], Iterator[list[SourceRow]]]


class Judgement:
    """Counts every difference in ``counts``, and names some in ``names``, by kind."""

    def __init__(self, holdings: Holdings, table: TableMapping, hasher: RowHasher, *, named: int) -> None:
        """``named``: how many rows of each kind to name."""
        self.counts: Counter[str] = Counter()
        self.names: dict[str, list[Named]] = {}
        self._holdings = holdings
        self._table = table
        self._hasher = hasher
        self._most = named
        self._is_personal = is_sealed_key(table)
        self._parked = holdings.parked()
        self._seen_parked: set[bytes] = set()
        self._matched: Counter[int] = Counter()

    def judge(self, pages: Pages, buckets: frozenset[int], *, there: Tally, here: Tally) -> None:
        """Go through the rows of ``buckets``; those that may be newer here are taken out of ``there``."""
        sizes = there.counts.copy()
        for page in _of(pages, buckets):
            held = self._holdings.find([row.token for row in page if row.token is not None])
            for row in page:
                assert row.token is not None  # noqa: S101 - only rows with a key are in buckets
                self._row(row, row.token, held.get(row.token), there)
        alone = {bucket: here.counts[bucket] - self._matched[bucket] for bucket in buckets}
        self.counts[EXTRA] = sum(alone.values()) - self._parked_alone(buckets)
        for group in grouped((bucket for bucket, rows in alone.items() if rows > 0), sizes, most=_MOST_TOKENS):
            if len(self.names.get(EXTRA, ())) < min(self._most, self.counts[EXTRA]):
                self._name_alone(pages, group)

    def _row(self, row: SourceRow, token: bytes, held: Held | None, there: Tally) -> None:
        if token in self._parked:
            self._seen_parked.add(token)
        if held is not None and held.is_newer:
            there.add(token, self._hasher.of_row(row), sign=-1)
            self.counts["newer"] += 1
        elif held is not None and held.is_comparable:
            self._matched[token[0]] += 1
            if row.code or held.content != row.content:
                self._count(CHANGED, row, token, held)
        else:
            self._count(MISSING, row, token, held)

    def _count(self, kind: str, row: SourceRow, token: bytes, held: Held | None) -> None:
        is_told = kind == CHANGED and held is not None and not row.code
        columns = differing_columns(self._table, row.content, held.content) if is_told and held else ()
        kind = PARKED if token in self._parked else kind
        guard = None if held is None else held.guard
        # A key that looks personal is parked for that, and so is never stored in clear.
        is_personal = self._is_personal or row.code == PERSONAL_KEY
        self.counts[kind] += 1
        self._name(Named(kind, token, guard, is_personal, row.key, columns, row.code))

    def _name(self, difference: Named) -> None:
        named = self.names.setdefault(difference.kind, [])
        if len(named) < self._most:
            named.append(difference)

    def _parked_alone(self, buckets: frozenset[int]) -> int:
        """Count, and name, the rows with parked events that Onefold alone has."""
        unseen = {token for token in self._parked - self._seen_parked if token[0] in buckets}
        alone = [held for held in self._holdings.find(unseen).values() if held.is_comparable]
        self._name_held(PARKED, alone)
        self.counts[PARKED] += len(alone)
        return len(alone)

    def _name_alone(self, pages: Pages, buckets: frozenset[int]) -> None:
        known = self._parked | {row.token for page in _of(pages, buckets) for row in page}
        for page in self._holdings.pages():
            alone = (held for held in page if held.is_comparable and held.token[0] in buckets)
            self._name_held(EXTRA, [held for held in alone if held.token not in known])

    def _name_held(self, kind: str, rows: list[Held]) -> None:
        some = rows[: self._most]
        keys = self._holdings.keys(some)
        for held in some:
            self._name(Named(kind, held.token, held.guard, self._is_personal, keys.get(held.incarnation or b"")))


def _of(pages: Pages, buckets: frozenset[int]) -> Iterator[list[SourceRow]]:
    """The rows of some buckets."""
    for page in pages():
        wanted = [row for row in page if row.token is not None and row.token[0] in buckets]
        if wanted:
            yield wanted
