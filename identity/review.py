"""The review queue: pairs that a steward may decide, each with the reason why nothing else did.

Kept in step with every resolution, so it is as sequence-neutral as the partition: an item is there because of what is stored
now, not because of what happened. A steward's link takes its pair out of the queue.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity.clusters import Clustered
from identity.links import Links
from identity.match_store import Ends
from identity.matching import Weighed
from identity.model import Model
from identity.rules import IDENTIFIER_KINDS
from identity.tables import review_item
from storage import delete_in_either, insert, select_in

#: The evidence falls short of the threshold, but not by much.
UNSURE: Final = "unsure"
#: The evidence would do, if what is only claimed were verified.
CLAIMED: Final = "unverified"

#: Every reason that no rule gives.
REASONS: Final = (UNSURE, CLAIMED)
#: Every reason: these and the rules that refuse a union (:mod:`identity.partition`, :mod:`identity.contradiction`).
REVIEW_REASONS: Final = (
    *REASONS,
    "cannot_link",
    "name",
    "birthday",
    "ambiguous",
    "evidence",
    "max_cluster_records",
    "large_component",
    *IDENTIFIER_KINDS,
)


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A pair of live records to be decided; ``weight`` in 1/1000 bit, with what is only claimed."""

    left: bytes
    right: bytes
    reason: str
    weight: int


def review_queue(connection: Connection, *, reason: str = "", limit: int) -> list[ReviewItem]:
    """The items with the most evidence first; of one ``reason`` only, if any."""
    c = review_item.c
    query = sa.select(c.a, c.b, c.reason, c.weight).order_by(c.weight.desc(), c.a, c.b).limit(limit)
    return [ReviewItem(*row) for row in connection.execute(query.where(c.reason == reason) if reason else query)]


def count_review(connection: Connection) -> dict[str, int]:
    """How many items there are by reason."""
    query = sa.select(review_item.c.reason, sa.func.count().label("items")).group_by(review_item.c.reason)
    return {row.reason: row.items for row in connection.execute(query)}


def review_reasons(connection: Connection, pairs: Sequence[Ends]) -> dict[Ends, str]:
    """Why these pairs, smaller record first, wait to be decided; without those that do not."""
    c = review_item.c
    rows = select_in(connection, sa.select(c.a, c.b, c.reason), c.a, sorted({a for a, _ in pairs}))
    wanted = set(pairs)
    return {(row.a, row.b): row.reason for row in rows if (row.a, row.b) in wanted}


def write_review(
    connection: Connection, records: Sequence[bytes], clustered: Clustered, model: Model, links: Links
) -> None:
    """Bring the items with an end among ``records`` up to date."""
    take_out(connection, records)
    found = sorted(_items(clustered, model, links))
    insert(connection, review_item, [{"a": a, "b": b, "reason": why, "weight": w} for (a, b), why, w in found])


def take_out(connection: Connection, records: Collection[bytes]) -> None:
    """Take out the items with an end among ``records``: they ended, or are to be looked at anew."""
    delete_in_either(connection, review_item, (review_item.c.a, review_item.c.b), sorted(records))


def all_items(connection: Connection) -> dict[Ends, tuple[str, int]]:
    """Reason and weight of every item."""
    return {(row.a, row.b): (row.reason, row.weight) for row in connection.execute(sa.select(review_item))}


def _items(clustered: Clustered, model: Model, links: Links) -> Iterator[tuple[Ends, str, int]]:
    cluster_of = {
        record: id(cluster) for _, clusters in clustered.components for cluster in clusters for record in cluster
    }
    decided = {frozenset(ends) for ends in links.cannot}
    for (a, b), weighed in clustered.pairs.items():
        is_together = a in cluster_of and cluster_of.get(a) == cluster_of.get(b)
        if is_together or weighed.suggestion < model.review or frozenset((a, b)) in decided:
            continue
        reason = clustered.refused.get((a, b)) or _reason(weighed, model)
        yield (a, b), reason, weighed.suggestion


def _reason(weighed: Weighed, model: Model) -> str:
    return CLAIMED if weighed.suggestion >= model.threshold and not weighed.joins(model.threshold) else UNSURE
