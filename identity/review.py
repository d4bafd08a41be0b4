"""The review queue: pairs that a steward may decide, each with the reason why nothing else did.

Kept in step with every resolution, so it is as sequence-neutral as the partition: an item is there because of what is stored
now, not because of what happened. A steward's link takes its pair out of the queue.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity.clusters import Clustered
from identity.links import Links
from identity.match_store import Ends
from identity.matching import Weighed
from identity.model import Model
from identity.tables import review_item
from storage import delete_in, insert

#: The evidence falls short of the threshold, but not by much.
UNSURE: Final = "unsure"
#: The evidence would do, if what is only claimed were verified.
CLAIMED: Final = "unverified"

#: Every reason; the others name the rule that refused a union (:mod:`identity.partition`).
REASONS: Final = (UNSURE, CLAIMED)


def write_review(
    connection: Connection, records: Sequence[bytes], clustered: Clustered, model: Model, links: Links
) -> None:
    """Bring the items with an end among ``records`` up to date."""
    take_out(connection, records)
    found = sorted(_items(clustered, model, links))
    insert(connection, review_item, [{"a": a, "b": b, "reason": why, "weight": w} for (a, b), why, w in found])


def take_out(connection: Connection, records: Collection[bytes]) -> None:
    """Take out the items with an end among ``records``: they ended, or are to be looked at anew."""
    for key in (review_item.c.a, review_item.c.b):
        delete_in(connection, review_item, key, sorted(records))


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
    return CLAIMED if weighed.suggestion >= model.threshold > weighed.weight else UNSURE
