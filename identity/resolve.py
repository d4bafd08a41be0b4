"""Resolve changed records into profiles, recomputing only the components that they touch.

A *component* is a set of records connected by shared identifiers that are not generic; profiles are parts of components.
The result equals a computation over all records, because no pair crosses a component's border before or after the change:
every record that gains or loses a token, or whose token crosses the generic limit either way, is among those looked at.
Runs inside the caller's transaction, under the identity lock.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from sqlalchemy.engine import Connection

from identity import store
from identity.partition import Member, Pair, breaks_no_rule, partition
from identity.rules import IdentityRules
from identity.store import Identifier, StoredRecord
from identity.tables import source_record

NaturalKeys = Callable[[Connection, Collection[bytes]], Mapping[bytes, str]]


@dataclass(slots=True)
class Resolution:
    """What resolving changed. Ids are 16 bytes.

    ``clusters``: every profile that was recomputed, with its member records. ``placed``: where new records belong,
    ``(component, profile id, arrival)``. ``heirs``: for each ended record the live record that inherits its id, or None.
    ``created`` and ``ended`` are profile ids; ``merged`` pairs (absorbed, into); ``split`` pairs (from, new);
    ``moved`` pairs (ended id, id shown now). ``joined`` pairs (profile, the profile that its new member left, or None for a
    record that is new itself).
    """

    clusters: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    placed: dict[bytes, tuple[bytes, bytes, int]] = field(default_factory=dict)
    heirs: dict[bytes, bytes | None] = field(default_factory=dict)
    created: list[bytes] = field(default_factory=list)
    ended: list[bytes] = field(default_factory=list)
    merged: list[tuple[bytes, bytes]] = field(default_factory=list)
    split: list[tuple[bytes, bytes]] = field(default_factory=list)
    moved: list[tuple[bytes, bytes]] = field(default_factory=list)
    joined: list[tuple[bytes, bytes | None]] = field(default_factory=list)


@dataclass(slots=True)
class Resolver:
    """Incremental identity resolution under fixed rules.

    ``natural_keys`` opens the natural keys of stored records; it is asked only where a tie decides.
    """

    rules: IdentityRules
    natural_keys: NaturalKeys

    def resolve(
        self,
        connection: Connection,
        changed: Mapping[bytes, Collection[Identifier]],
        *,
        new: Mapping[bytes, str],
        ended: Collection[bytes],
        now: int,
    ) -> Resolution:
        """Take in the new identifiers of ``changed`` records and the end of others; write postings and placements.

        ``new`` maps the incarnations among ``changed`` that are not stored yet to their natural keys: the caller stores
        them as ``placed`` says. ``now`` is a wall time in microseconds.
        """
        before = store.identifiers_of(connection, [*(changed.keys() - new.keys()), *ended])
        after: dict[bytes, Collection[Identifier]] = {**changed, **dict.fromkeys(ended, ())}
        different = {r for r in after if set(after[r]) != before.get(r, set()) or r in new or r in ended}
        if not different:
            return Resolution()
        touched = self._write_identifiers(
            connection, {r: before.get(r, set()) for r in different}, {r: after[r] for r in different}
        )
        stored = self._components(connection, touched | (different - new.keys()))
        return self._place(connection, stored, new=new, ended=set(ended), now=now)[0]

    def resolve_all(self, connection: Connection) -> tuple[Resolution, int]:
        """Partition all stored records anew from the stored identifiers; gives also how many records were moved."""
        stored = {record.incarnation: record for record in store.all_records(connection)}
        return self._place(connection, stored, new={}, ended=set(), now=0)

    def _write_identifiers(
        self,
        connection: Connection,
        before: Mapping[bytes, set[Identifier]],
        after: Mapping[bytes, Collection[Identifier]],
    ) -> set[bytes]:
        """Write postings; give the records that a changed token connects, before or after, whether it crossed its limit."""
        limits = {i.token: self._limit(i.kind) for items in (*before.values(), *after.values()) for i in items}
        old = store.postings(connection, limits, limits)
        store.replace_identifiers(connection, before, after)
        new = store.postings(connection, limits, limits)
        touched: set[bytes] = set()
        for token, limit in limits.items():
            for carriers in (old[token], new[token]):
                if len(carriers) <= limit:
                    touched.update(carriers)
        return touched

    def _limit(self, kind: str) -> int:
        return self.rules.identifiers[kind].generic_above

    def _components(self, connection: Connection, records: Collection[bytes]) -> dict[bytes, StoredRecord]:
        """All stored records of the components that ``records`` belong to."""
        seeds = store.records_by(connection, source_record.c.incarnation, records)
        whole = store.records_by(connection, source_record.c.component, {seed.component for seed in seeds})
        return {record.incarnation: record for record in whole}

    def _place(
        self,
        connection: Connection,
        stored: Mapping[bytes, StoredRecord],
        *,
        new: Mapping[bytes, str],
        ended: set[bytes],
        now: int,
    ) -> tuple[Resolution, int]:
        """Partition the components of these records; gives also how many stored ones are somewhere else now."""
        arrivals = {i: record.arrival for i, record in stored.items() if i not in ended}
        first = store.next_arrival(connection)
        arrivals |= {incarnation: first + n for n, incarnation in enumerate(new)}
        identifiers, components = self._connected(connection, store.identifiers_of(connection, arrivals), arrivals)
        resolution = Resolution()
        moves: dict[bytes, tuple[bytes, bytes]] = {}
        for component in components:
            component_id = min(component, key=arrivals.__getitem__)
            for cluster in self._clusters(connection, component, identifiers, new):
                profile_id = min(cluster, key=arrivals.__getitem__)
                resolution.clusters[profile_id] = tuple(sorted(cluster, key=arrivals.__getitem__))
                for record in cluster:
                    if record in new:
                        resolution.placed[record] = (component_id, profile_id, arrivals[record])
                    elif (stored[record].component, stored[record].profile_id) != (component_id, profile_id):
                        moves[record] = (component_id, profile_id)
        store.place_records(connection, moves)
        _compare(resolution, {i: record.profile_id for i, record in stored.items()}, arrivals, ended)
        store.end_records(connection, resolution.heirs, ended_at=now)
        return resolution, len(moves)

    def _connected(
        self, connection: Connection, identifiers: dict[bytes, set[Identifier]], records: Collection[bytes]
    ) -> tuple[dict[bytes, set[Identifier]], list[list[bytes]]]:
        """Identifiers without generic ones, and the components that they make.

        A generic value counts as missing, in candidates and in the rules. Only tokens that matter are asked about: the
        shared ones first, then, in components of several records, the others.
        """
        carriers = _carriers(identifiers)
        shared = {token: kind for (token, kind), found in carriers.items() if len(found) > 1}
        identifiers = self._without_generic(connection, identifiers, shared)
        components = self._connect(records, identifiers)
        company = [record for component in components if len(component) > 1 for record in component]
        lonely = {i.token: i.kind for record in company for i in identifiers.get(record, ()) if i.token not in shared}
        return self._without_generic(connection, identifiers, lonely), components

    def _without_generic(
        self, connection: Connection, identifiers: dict[bytes, set[Identifier]], tokens: Mapping[bytes, str]
    ) -> dict[bytes, set[Identifier]]:
        limits = {token: self._limit(kind) for token, kind in tokens.items()}
        crowded = {t for t, found in store.postings(connection, limits, limits).items() if len(found) > limits[t]}
        if not crowded:
            return identifiers
        return {record: {i for i in items if i.token not in crowded} for record, items in identifiers.items()}

    def _connect(
        self, records: Collection[bytes], identifiers: Mapping[bytes, Collection[Identifier]]
    ) -> list[list[bytes]]:
        components = _UnionFind(records)
        for (_, kind), found in _carriers(identifiers).items():
            if self.rules.identifiers[kind].links:
                for other in found[1:]:
                    components.union(found[0], other)
        return components.groups()

    def _clusters(
        self,
        connection: Connection,
        component: Collection[bytes],
        identifiers: Mapping[bytes, Collection[Identifier]],
        new: Mapping[bytes, str],
    ) -> Iterable[Collection[bytes]]:
        """Partition one component; where no rule can be broken it is one cluster, and no natural key need be opened."""
        values = {record: _values(identifiers.get(record, ())) for record in component}
        if len(component) == 1 or breaks_no_rule(values.values(), len(component), self.rules):
            return [component]
        naturals = {**self.natural_keys(connection, [r for r in component if r not in new]), **new}
        members = {record: Member(naturals[record], values[record]) for record in component}
        return partition(members, self._pairs(component, identifiers), self.rules).clusters

    def _pairs(
        self, component: Collection[bytes], identifiers: Mapping[bytes, Collection[Identifier]]
    ) -> list[Pair[bytes]]:
        """Candidate pairs: records that share a linking token; kinds add up, two values of one kind count once."""
        shared: dict[tuple[bytes, bytes], set[str]] = {}
        for (_, kind), found in _carriers({r: identifiers.get(r, ()) for r in component}).items():
            if self.rules.identifiers[kind].links:
                for pair in combinations(sorted(found), 2):
                    shared.setdefault(pair, set()).add(kind)
        weights = {kind: rule.weight for kind, rule in self.rules.identifiers.items()}
        return [Pair(left, right, sum(weights[kind] for kind in kinds)) for (left, right), kinds in shared.items()]


def _carriers(identifiers: Mapping[bytes, Collection[Identifier]]) -> dict[tuple[bytes, str], list[bytes]]:
    carriers: dict[tuple[bytes, str], list[bytes]] = {}
    for record, items in identifiers.items():
        for item in items:
            carriers.setdefault((item.token, item.kind), []).append(record)
    return carriers


def _values(items: Collection[Identifier]) -> dict[str, frozenset[bytes]]:
    values: dict[str, set[bytes]] = {}
    for item in items:
        values.setdefault(item.kind, set()).add(item.token)
    return {kind: frozenset(tokens) for kind, tokens in values.items()}


def _compare(
    resolution: Resolution, before: Mapping[bytes, bytes], arrivals: Mapping[bytes, int], ended: set[bytes]
) -> None:
    """Say what became of the profiles shown before, and give ended records their heirs."""
    now_in = {record: profile for profile, members in resolution.clusters.items() for record in members}
    heir_of: dict[bytes, bytes] = {}
    for record in sorted(arrivals.keys() & before.keys(), key=arrivals.__getitem__):
        heir_of.setdefault(before[record], record)
    resolution.heirs |= {record: heir_of.get(before[record]) for record in ended & before.keys()}
    shown_before, shown_now = set(before.values()), resolution.clusters.keys()
    for profile in shown_before - shown_now:
        if profile in now_in:
            resolution.merged.append((profile, now_in[profile]))
        elif (heir := resolution.heirs[profile]) is None:
            resolution.ended.append(profile)
        else:
            resolution.moved.append((profile, now_in[heir]))
    inherited = {profile for _, profile in resolution.moved}
    for profile in shown_now - shown_before:
        if profile not in before:
            resolution.created.append(profile)
        elif profile not in inherited:
            resolution.split.append((before[profile], profile))
    resolution.joined = _joined(resolution, before, now_in, shown_before)


def _joined(
    resolution: Resolution, before: Mapping[bytes, bytes], now_in: Mapping[bytes, bytes], shown_before: set[bytes]
) -> list[tuple[bytes, bytes | None]]:
    """Records that came to a profile that was there before, other than by a merge, a split or an inherited id."""
    explained = {(old, new) for pairs in (resolution.merged, resolution.split, resolution.moved) for old, new in pairs}
    found = {
        (now, before.get(record)): None
        for record, now in now_in.items()
        if now in shown_before and before.get(record) != now and (before.get(record), now) not in explained
    }
    return list(found)


class _UnionFind:
    """Disjoint sets with path halving."""

    def __init__(self, items: Iterable[bytes]) -> None:
        self._parent = {item: item for item in items}

    def _root(self, item: bytes) -> bytes:
        parent = self._parent
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    def union(self, left: bytes, right: bytes) -> None:
        self._parent[self._root(left)] = self._root(right)

    def groups(self) -> list[list[bytes]]:
        groups: dict[bytes, list[bytes]] = {}
        for item in self._parent:
            groups.setdefault(self._root(item), []).append(item)
        return list(groups.values())
