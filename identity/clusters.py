"""Cluster closed sets of records: components first, then the partition of each.

Most components need no partition: where all their records match each other and no rule is near its limit, they are one cluster.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from identity.compared import Compared
from identity.components import components
from identity.contradiction import contradiction, vouches
from identity.links import Links
from identity.match_store import Ends
from identity.matching import Known, Weighed, member
from identity.partition import Constraints, Member, Pair, Partition, breaks_no_rule, partition

Component = Collection[bytes]


@dataclass(frozen=True, slots=True)
class Clustered:
    """Components with their clusters; the pairs with an end among the records; the rule that refused a pair."""

    components: Sequence[tuple[Component, Sequence[Collection[bytes]]]]
    pairs: Mapping[Ends, Weighed]
    refused: Mapping[Ends, str]


class Clusterer:
    """Clusters the records of one transaction."""

    def __init__(self, compared: Compared) -> None:
        """``compared`` opens what a partition needs."""
        self._compared = compared
        self._rules = compared.matcher.rules
        self._model = compared.matcher.model

    def cluster(self, records: Sequence[bytes], pairs: Mapping[Ends, Weighed], links: Links) -> Clustered:
        """Cluster ``records``, a union of whole components; ``pairs`` are all with an end among them, ``links`` those within."""
        known = self._readable(records, pairs, links)
        inside = {
            (a, b): found.weight
            for (a, b), found in pairs.items()
            if a in known and b in known and found.weight is not None
        }
        joining = [ends for ends, weight in inside.items() if weight >= self._model.threshold]
        groups = components(joining, links.within(known).must)
        parts = self._partitions(groups, inside, known, links)
        together = {record for group in groups for record in group}
        return Clustered(
            [
                *(([record], [[record]]) for record in records if record not in together),
                *((group, part.clusters if part else [group]) for group, part in zip(groups, parts, strict=True)),
            ],
            pairs,
            {_ends(refusal.pair): refusal.rule for part in parts if part is not None for refusal in part.refused},
        )

    def _readable(self, records: Iterable[bytes], pairs: Mapping[Ends, Weighed], links: Links) -> Mapping[bytes, Known]:
        """What is known of the records that anything joins; one whose key was destroyed stays alone."""
        threshold = self._model.threshold
        joined = {record for ends, found in pairs.items() if found.joins(threshold) for record in ends}
        linked = {record for ends in links.must for record in ends}
        return self._compared.known([record for record in records if record in joined or record in linked])

    def _partitions(
        self,
        groups: Sequence[Component],
        weights: Mapping[Ends, int],
        known: Mapping[bytes, Known],
        links: Links,
    ) -> list[Partition[bytes] | None]:
        """The partition of each group; None for those that are one cluster at sight."""
        group_of = {record: number for number, group in enumerate(groups) for record in group}
        pairs: list[list[Pair[bytes]]] = [[] for _ in groups]
        for (a, b), weight in weights.items():
            if group_of.get(a, -1) == group_of.get(b, -2):
                pairs[group_of[a]].append(Pair(a, b, weight))
        return [self._partition(group, pairs[number], known, links) for number, group in enumerate(groups)]

    def _partition(
        self, group: Component, pairs: Sequence[Pair[bytes]], known: Mapping[bytes, Known], links: Links
    ) -> Partition[bytes] | None:
        members = {record: member(known[record]) for record in group}
        mine = links.within(members) if links.must or links.cannot else links
        if not mine.cannot and self._all_match(pairs, len(group)) and self._fits(members.values()):
            return None
        constraints = Constraints(
            threshold=self._model.threshold,
            beyond_doubt=self._model.beyond_doubt,
            cuts=self._model.cuts,
            must_links=mine.must,
            cannot_links=mine.cannot,
            clash=contradiction,
            vouches=vouches,
        )
        return partition(members, pairs, self._rules, constraints)

    def _all_match(self, pairs: Sequence[Pair[bytes]], size: int) -> bool:
        """Whether every record matches every other one, so that nothing can speak against a union."""
        return len(pairs) == size * (size - 1) // 2 and all(p.weight >= self._model.threshold for p in pairs)

    def _fits(self, members: Collection[Member]) -> bool:
        return breaks_no_rule([each.values for each in members], len(members), self._rules)


def _ends(pair: Pair[bytes]) -> Ends:
    return (pair.left, pair.right) if pair.left < pair.right else (pair.right, pair.left)
