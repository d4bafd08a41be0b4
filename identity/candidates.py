"""Candidates: which records must be compared because some changed, and what their comparison gives.

A record is compared with all that share a blocking key which is not generic, and, where one only claims what the other states or
claims, for what that would mean if it were verified. When a key becomes generic, or is no longer, the pairs of all its carriers
change, and with an identifier also what these carriers and those who claim it say; so they count as changed. It is decided
by reading posting lists before and after, at most one carrier beyond the limit, and the names of the carriers that there are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from sqlalchemy.engine import Connection

from identity.compared import Candidates, Compared
from identity.generic import generic_keys
from identity.match_store import (
    Ends,
    Incarnation,
    Key,
    Posting,
    keys_of,
    mark_generic,
    pairs_of,
    postings,
    replace_pairs,
    write_evidence,
)
from identity.matching import (
    Evidence,
    Weighed,
    counterpart,
    is_claim,
    is_identifier,
    is_of_identifier,
    names_told,
    of_identifiers,
    with_counterparts,
)

#: Posting lists; a key that nobody carries need not be there.
Lists = dict[Key, list[Incarnation]]


@dataclass(frozen=True, slots=True)
class Rescored:
    """``records`` whose pairs were computed anew, and these pairs, before and after."""

    records: frozenset[Incarnation]
    before: Mapping[Ends, Weighed]
    after: Mapping[Ends, Weighed]


@dataclass(frozen=True, slots=True)
class Carried:
    """Posting lists as far as they are known, cut above their limits, and which of their keys are generic."""

    lists: Lists = field(default_factory=dict)
    generic: set[Key] = field(default_factory=set)

    def leads(self, key: Key) -> list[Incarnation]:
        """The records to which a key leads; nobody, if it is generic."""
        return [] if key in self.generic else self.lists.get(key, [])

    def take(self, lists: Lists, compared: Compared) -> None:
        """Take in lists as they are now; whoever carries them says what ``compared`` says."""
        self.generic.difference_update(lists)
        self.generic.update(_generic(lists, compared))
        self.lists.update(lists)


def read_carried(connection: Connection, compared: Compared, keys: Iterable[Key]) -> Carried:
    """All that lies behind keys and their counterparts."""
    carried = Carried()
    _read_more(connection, compared, carried, keys)
    return carried


def rescore(connection: Connection, compared: Compared, changed: Mapping[Incarnation, Evidence | None]) -> Rescored:
    """Take in new evidence (None: the record ended), and bring pairs up to date; everything is written."""
    carried, crossed = _take_in(connection, compared, changed)
    around = {record for key in crossed for record in (*carried.lists.get(key, ()), *_claimers(key, carried))}
    records = frozenset((changed.keys() | around) - _ended(changed))
    keys = compared.keys(records)
    _read_more(connection, compared, carried, chain.from_iterable(keys[r] for r in keys.keys() - changed.keys()))
    before = pairs_of(connection, (records | changed.keys()) - compared.new)
    after = compared.weigh(candidate_pairs(keys, carried))
    replace_pairs(connection, before, after)
    return Rescored(records, before, after)


def candidate_pairs(keys: Mapping[Incarnation, Collection[Key]], carried: Carried) -> Candidates:
    """The pairs of ``keys``' records with every carrier of their keys and of the counterparts."""
    generic = carried.generic
    several = {
        key: found
        for key, found in carried.lists.items()
        if len(found) > 1 and key not in generic and not is_claim(key)
    }
    shared = _ends(keys, several)
    by_claim = _by_claim(carried)
    return Candidates(shared, _ends(keys, by_claim) - shared if by_claim else frozenset())


def _by_claim(carried: Carried) -> Lists:
    """Whom an identifier's key leads to because they claim it, and a claim's key because they claim or state the same.

    Nobody, where either is generic: or whoever registers many accounts with a stranger's address would make
    each change of that stranger dear.
    """
    found: Lists = {}
    for claim in filter(is_claim, carried.lists):
        stated = counterpart(claim)
        if carried.generic.isdisjoint((claim, stated)):
            claimers = carried.lists[claim]
            found[claim] = [*claimers, *carried.lists.get(stated, ())]
            found[stated] = claimers
    return found


def _claimers(key: Key, carried: Carried) -> list[Incarnation]:
    """Those who say something else when an identifier becomes generic or is no longer, because they claim it."""
    return carried.leads(counterpart(key)) if is_identifier(key) else []


def _ends(keys: Mapping[Incarnation, Collection[Key]], lists: Lists) -> set[Ends]:
    return {
        (record, other) if record < other else (other, record)
        for record, found in keys.items()
        for key in found
        for other in lists.get(key, ())
        if other != record
    }


def _ended(changed: Mapping[Incarnation, Evidence | None]) -> set[Incarnation]:
    return {record for record, evidence in changed.items() if evidence is None}


def _take_in(
    connection: Connection, compared: Compared, changed: Mapping[Incarnation, Evidence | None]
) -> tuple[Carried, set[Key]]:
    """Write the evidence; give all posting lists that ``changed`` lead to as they are now, and the keys that crossed a limit."""
    old = dict(compared.keys(changed.keys()))
    # A record whose key was destroyed before (an older copy of the database) still has its lists.
    old |= keys_of(connection, sorted(_ended(changed) - old.keys()))
    new = {record: evidence.keys for record, evidence in changed.items() if evidence}
    carried = read_carried(connection, compared, chain(*old.values(), *new.values()))
    was_generic = set(carried.generic)
    gone, fresh = write_evidence(connection, old, changed)
    compared.replace({record: evidence for record, evidence in changed.items() if evidence})
    after = dict(_after(connection, compared, carried.lists, fewer=_carriers(gone), more=_carriers(fresh)))
    # Who has another name makes other people of those who carry the same identifiers.
    renamed = chain.from_iterable(
        of_identifiers(keys) for record, keys in new.items() if _is_renamed(old.get(record), keys)
    )
    carried.take({key: carried.lists.get(key, []) for key in renamed} | after, compared)
    mark_generic(
        connection,
        now=sorted(filter(is_of_identifier, carried.generic - was_generic)),
        no_longer=sorted(filter(is_of_identifier, was_generic - carried.generic)),
    )
    return carried, was_generic ^ carried.generic


def _is_renamed(old: Collection[Key] | None, new: Collection[Key]) -> bool:
    return old is not None and names_told(old) != names_told(new)


def _generic(lists: Lists, compared: Compared) -> set[Key]:
    """Those of the keys that are generic."""
    least, limits = compared.matcher.least_limit(), compared.matcher.limits
    return generic_keys({key: found for key, found in lists.items() if len(found) > least}, limits, compared.names)


def _carriers(changed: Iterable[Posting]) -> dict[Key, set[Incarnation]]:
    found: defaultdict[Key, set[Incarnation]] = defaultdict(set)
    for key, record in changed:
        found[key].add(record)
    return found


def _after(
    connection: Connection,
    compared: Compared,
    lists: Lists,
    *,
    fewer: Mapping[Key, set[Incarnation]],
    more: Mapping[Key, set[Incarnation]],
) -> Iterator[tuple[Key, list[Incarnation]]]:
    """The posting lists that changed; only one that was cut and lost carriers must be read again, one that gained stays cut."""
    most = compared.matcher.most_records
    whole = {key for key in fewer.keys() | more.keys() if len(lists.get(key, ())) <= most(key)}
    for key in whole:
        before, gone = lists.get(key, ()), fewer.get(key)
        yield key, [*(before if gone is None else (i for i in before if i not in gone)), *more.get(key, ())]
    cut = fewer.keys() - whole
    again = postings(connection, cut, most)
    yield from ((key, again.get(key, [])) for key in cut)


def _read_more(connection: Connection, compared: Compared, carried: Carried, keys: Iterable[Key]) -> None:
    """Read the posting lists of keys and their counterparts that are not known yet."""
    missing = with_counterparts(keys) - carried.lists.keys()
    carried.take(postings(connection, missing, compared.matcher.most_records), compared)
