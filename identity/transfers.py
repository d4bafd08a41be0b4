"""What one partition would change of another: which records go from which profile to which, and by what evidence.

For new rules on the same records: none begins or ends in between.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from identity.explain import BELOW_THRESHOLD, CANNOT_LINK, NOT_COMPARED
from identity.match_store import Ends, pairs_of
from identity.matching import Weighed
from identity.resolution import Resolution
from identity.review import review_reasons

MERGED, SPLIT, MOVED = "merged", "split", "moved"
#: Reasons of a transfer that joins: evidence that suffices, or a steward's decision by way of which they come together.
MATCH: Final = "match"
MUST_LINK: Final = "must_link"


@dataclass(frozen=True, slots=True)
class TransferCause:
    """The strongest pair behind a transfer: between what moves and what it comes to, or (a split) what it leaves.

    ``reason``: ``match`` or ``must_link``, or why the two are apart (as :class:`identity.Apart` and the review queue name it).
    ``pair`` (its records) and ``weight`` (1/1000 bit) are None where no pair is stored.
    """

    reason: str
    pair: Ends | None = None
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Records that go from one profile to another.

    ``kind``: ``merged`` (``source`` would become part of ``target``), ``split`` (``target`` would be new, and was part of
    ``source``), ``moved`` (other records of ``source`` go another way, or ``target`` has its id from elsewhere).
    """

    kind: str
    source: bytes
    target: bytes
    records: tuple[bytes, ...]
    cause: TransferCause


def transfers(
    connection: Connection, before: Mapping[bytes, bytes], resolution: Resolution, *, threshold: int
) -> list[Transfer]:
    """Every transfer from ``before`` (the profile of each record) to a ``resolution`` of all records, as its pairs are stored now."""
    after = {record: now for now, members in resolution.clusters.items() for record in members}
    flows: dict[tuple[bytes, bytes], list[bytes]] = {}
    for record, now in after.items():
        if before[record] != now:
            flows.setdefault((before[record], now), []).append(record)
    pairs = _Pairs(connection, {record for records in flows.values() for record in records}, threshold)
    merged, split = set(resolution.merged), set(resolution.split)
    found = []
    for (source, target), records in sorted(flows.items()):
        kind = MERGED if (source, target) in merged else SPLIT if (source, target) in split else MOVED
        if kind == SPLIT:
            rest = (end for record in records for end in pairs.beside(record) if before.get(end) == source)
            cause = pairs.why_apart(records, {end for end in rest if after[end] != target})
        else:
            others = (end for record in records for end in pairs.beside(record) if after.get(end) == target)
            cause = pairs.why_joined(records, {end for end in others if before[end] != source})
        found.append(Transfer(kind, source, target, tuple(sorted(records)), cause))
    return found


class _Pairs:
    """Stored pairs with an end among some records."""

    def __init__(self, connection: Connection, records: Collection[bytes], threshold: int) -> None:
        self._connection = connection
        self._threshold = threshold
        self._pairs: dict[bytes, dict[bytes, Weighed]] = {}
        for (a, b), weighed in pairs_of(connection, records).items():
            self._pairs.setdefault(a, {})[b] = weighed
            self._pairs.setdefault(b, {})[a] = weighed

    def beside(self, record: bytes) -> Iterable[bytes]:
        """The records that one was compared with."""
        return self._pairs.get(record, {})

    def why_joined(self, records: Collection[bytes], others: Collection[bytes]) -> TransferCause:
        strongest = self._strongest(records, others)
        if strongest is None or strongest[1] < self._threshold:
            return TransferCause(MUST_LINK)
        return TransferCause(MATCH, *strongest)

    def why_apart(self, records: Collection[bytes], others: Collection[bytes]) -> TransferCause:
        strongest = self._strongest(records, others)
        if strongest is None:
            return TransferCause(NOT_COMPARED)
        ends, weight = strongest
        if weight < self._threshold:
            return TransferCause(BELOW_THRESHOLD, ends, weight)
        # What suffices and does not join was refused, and waits for a steward unless one forbade it.
        return TransferCause(review_reasons(self._connection, [ends]).get(ends, CANNOT_LINK), ends, weight)

    def _strongest(self, records: Collection[bytes], others: Collection[bytes]) -> tuple[Ends, int] | None:
        wanted = set(others)
        found = (
            (weighed.weight, (min(record, end), max(record, end)))
            for record in records
            for end, weighed in self._pairs.get(record, {}).items()
            if end in wanted and weighed.weight is not None
        )
        best = max(found, default=None)
        return best and (best[1], best[0])
