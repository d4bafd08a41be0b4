"""Resolve changed records into profiles, recomputing only the components that they touch.

A *component* is a set of records connected by pairs that may join, and by stewards' links; profiles are parts of components. The
result equals a computation over all records: no joining pair crosses a component's border before or after the change, because
every record whose pairs changed is among those looked at. Runs inside the caller's transaction, under the identity lock.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain

from sqlalchemy.engine import Connection

from identity import match_store, review, store
from identity.ahead import NOTHING, Ahead
from identity.candidates import Rescored, candidate_pairs, read_carried, rescore
from identity.clusters import Clustered, Clusterer
from identity.compared import Candidates, Compared
from identity.components import components
from identity.links import Links, all_links, links_of
from identity.match_reader import MatchReader
from identity.match_store import Ends
from identity.matching import Evidence, Matcher
from identity.resolution import Resolution, compare
from identity.store import StoredRecord
from storage import chunks

_PAGE = 1_000
_NOTHING = Rescored(frozenset(), {}, {})

#: Hears how many records are done.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What a computation over all records changed: how many pairs, which records have another place, which review items (their ends)."""

    resolution: Resolution
    pairs: int
    moved: AbstractSet[bytes]
    reviews: AbstractSet[Ends]


@dataclass(slots=True)
class _Placing:
    """Where records are put, one closed set of records after another."""

    arrivals: Mapping[bytes, int]
    resolution: Resolution = field(default_factory=Resolution)
    moved: set[bytes] = field(default_factory=set)


class Resolver:
    """Incremental identity resolution under fixed rules and a fixed model."""

    def __init__(self, matcher: Matcher, reader: MatchReader) -> None:
        """``matcher`` decides, ``reader`` opens what is stored."""
        self._matcher = matcher
        self._reader = reader

    def resolve(  # noqa: PLR0913 - what a batch brings, each named
        self,
        connection: Connection,
        changed: Mapping[bytes, Evidence],
        *,
        new: Collection[bytes],
        ended: Collection[bytes],
        relinked: Collection[bytes] = (),
        ahead: Ahead = NOTHING,
    ) -> Resolution:
        """Take in the new evidence of ``changed`` records and the end of others; write keys, pairs, review items, placements.

        The incarnations ``new`` among ``changed`` are not stored yet: the caller stores them as ``placed`` says, and takes away those that
        ``ended``. ``relinked`` are live records that a steward's decision was made or undone about.
        What was weighed ``ahead`` is not weighed again where it still holds.
        """
        fresh = frozenset(new)
        compared = Compared(connection, self._matcher, self._reader, new=fresh, ahead=ahead)
        keys = compared.keys((changed.keys() - fresh).union(ended))
        alike = compared.stored([record for record, evidence in changed.items() if keys.get(record) == evidence.keys])
        different = {
            record: evidence
            for record, evidence in changed.items()
            if record not in alike or alike[record].known != evidence.known
        }
        if not (different or ended or relinked):
            return Resolution()
        rescored = rescore(connection, compared, {**different, **dict.fromkeys(ended)})
        tokens = {evidence.row_token: record for record, evidence in different.items()}
        links = links_of(connection, tokens)
        seeds = self._seeds(rescored, links) | {*ended, *relinked}
        whole = store.records_around(connection, seeds - fresh)
        return self._place(connection, compared, rescored, whole, tokens=tokens, links=links, new=new, ended=set(ended))

    def recompute(self, connection: Connection, *, progress: Progress = lambda _: None) -> Recomputed:
        """Compute pairs, components and profiles of all stored records anew from their evidence; nothing else is believed."""
        records = {record.incarnation: record for record in store.all_records(connection)}
        compared_pairs = self._recompute_generic(connection)
        for page in chunks(records, _PAGE):
            compared_pairs += self._recompute_pairs(connection, page)
            progress(len(page))
        links = all_links(connection, {record.row_token: i for i, record in records.items()})
        joining = match_store.joining_pairs(connection, self._matcher.model.threshold)
        groups = components(joining, links.must)
        alone = records.keys() - {record for group in groups for record in group}
        placing = _Placing({i: record.arrival for i, record in records.items()})
        waiting = review.all_items(connection)
        review.take_out(connection, {end for ends in waiting for end in ends})
        for some in _pages([*groups, *([record] for record in alone)]):
            compared = Compared(connection, self._matcher, self._reader)
            clustered = self._cluster(connection, compared, [r for group in some for r in group], links)
            self._put(connection, placing, clustered, records)
        compare(placing.resolution, {i: r.profile_id for i, r in records.items()}, placing.arrivals, set())
        waiting_now = review.all_items(connection)
        reviews = {ends for ends, _ in waiting.items() ^ waiting_now.items()}
        return Recomputed(placing.resolution, compared_pairs, placing.moved, reviews)

    def _recompute_generic(self, connection: Connection) -> int:
        counted: set[bytes] = set()
        for page in chunks(match_store.crowded(connection, self._matcher.least_limit()), _PAGE):
            carried = read_carried(connection, Compared(connection, self._matcher, self._reader), page)
            counted |= carried.generic.intersection(page)
        remembered = match_store.all_generic(connection)
        match_store.mark_generic(connection, now=sorted(counted - remembered), no_longer=sorted(remembered - counted))
        return len(counted ^ remembered)

    def _recompute_pairs(self, connection: Connection, page: Collection[bytes]) -> int:
        """Compare every record of a page with its candidates of greater incarnation; gives how many pairs were different."""
        compared = Compared(connection, self._matcher, self._reader)
        keys = {record: found.keys for record, found in compared.stored(page).items()}
        carried = read_carried(connection, compared, chain.from_iterable(keys.values()))
        found = candidate_pairs(keys, carried)
        mine = Candidates(*({ends for ends in pairs if ends[0] in keys} for pairs in found))
        return match_store.replace_pairs(connection, match_store.pairs_from(connection, page), compared.weigh(mine))

    def _seeds(self, rescored: Rescored, links: Links) -> set[bytes]:
        """Records whose components a change touches: rescored ones, and those that they may join from now on."""
        threshold = self._matcher.model.threshold
        joining = {record for ends, found in rescored.after.items() if found.joins(threshold) for record in ends}
        return joining | rescored.records | {record for ends in links.must for record in ends}

    def _place(  # noqa: PLR0913 - as resolve
        self,
        connection: Connection,
        compared: Compared,
        rescored: Rescored,
        stored: Mapping[bytes, StoredRecord],
        *,
        tokens: Mapping[bytes, bytes],
        links: Links,
        new: Collection[bytes],
        ended: set[bytes],
    ) -> Resolution:
        """Partition the components of these records and write where they belong; ``links`` are those of the rows ``tokens``."""
        arrivals = {i: record.arrival for i, record in stored.items() if i not in ended}
        first = store.next_arrival(connection) if new else 0
        arrivals |= {incarnation: first + n for n, incarnation in enumerate(new)}
        moved_rows = set(tokens.values())
        rows = {record.row_token: i for i, record in stored.items() if i in arrivals and i not in moved_rows}
        placing = _Placing(arrivals)
        links = links_of(connection, {**rows, **tokens}) if rows else links
        review.take_out(connection, ended)
        clustered = self._cluster(connection, compared, list(arrivals), links, rescored)
        self._put(connection, placing, clustered, stored)
        before = {i: record.profile_id for i, record in stored.items()}
        compare(placing.resolution, before, arrivals, ended)
        return placing.resolution

    def _cluster(
        self,
        connection: Connection,
        compared: Compared,
        records: Sequence[bytes],
        links: Links,
        rescored: Rescored = _NOTHING,
    ) -> Clustered:
        """Cluster ``records``; the pairs of those that were just ``rescored`` are known."""
        unread = [record for record in records if record not in rescored.records]
        pairs = {**match_store.pairs_of(connection, unread), **rescored.after}
        clustered = Clusterer(compared).cluster(records, pairs, links)
        review.write_review(connection, records, clustered, self._matcher.model, links)
        return clustered

    def _put(
        self, connection: Connection, placing: _Placing, clustered: Clustered, stored: Mapping[bytes, StoredRecord]
    ) -> None:
        """Give components and clusters their ids, those of their earliest records, and write what is somewhere else now.

        A record that is not ``stored`` is new.
        """
        arrivals, resolution = placing.arrivals, placing.resolution
        moves: dict[bytes, tuple[bytes, bytes]] = {}
        for component, clusters in clustered.components:
            component_id = min(component, key=arrivals.__getitem__)
            for cluster in clusters:
                members = sorted(cluster, key=arrivals.__getitem__)
                resolution.clusters[members[0]] = tuple(members)
                place = component_id, members[0]
                for record in members:
                    held = stored.get(record)
                    if held is None:
                        resolution.placed[record] = (*place, arrivals[record])
                    elif (held.component, held.profile_id) != place:
                        moves[record] = place
        store.place_records(connection, moves)
        placing.moved |= moves.keys()


def _pages(groups: Iterable[Collection[bytes]]) -> Iterable[list[Collection[bytes]]]:
    """Whole components, about a thousand records at a time."""
    page: list[Collection[bytes]] = []
    size = 0
    for group in groups:
        page.append(group)
        size += len(group)
        if size >= _PAGE:
            yield page
            page, size = [], 0
    if page:
        yield page
