"""Candidates: which records must be compared because some changed, and what their comparison gives.

A record is compared with all that share a blocking key which is not generic, and, where one only claims what the other states or
claims, for what that would mean if it were verified. When a key crosses its limit, either way, the pairs of all its carriers
change, and with an identifier also what these carriers and those who claim it say; so they count as changed. Limits are decided
by reading posting lists before and after, at most one carrier beyond the limit.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from sqlalchemy.engine import Connection

from identity.compared import Candidates, Compared
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
    Matcher,
    Weighed,
    counterpart,
    is_claim,
    is_identifier,
    is_of_identifier,
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


def rescore(connection: Connection, compared: Compared, changed: Mapping[Incarnation, Evidence | None]) -> Rescored:
    """Take in new evidence (None: the record ended), and bring pairs up to date; everything is written."""
    lists, crossed = _take_in(connection, compared, changed)
    around = {record for key in crossed for record in (*lists.get(key, ()), *_claimers(key, lists, compared.matcher))}
    records = frozenset((changed.keys() | around) - _ended(changed))
    keys = compared.keys(records)
    _read_more(connection, compared.matcher, lists, [keys[record] for record in keys.keys() - changed.keys()])
    before = pairs_of(connection, (records | changed.keys()) - compared.new)
    after = compared.weigh(candidate_pairs(keys, lists, compared.matcher))
    replace_pairs(connection, before, after)
    return Rescored(records, before, after)


def candidate_pairs(keys: Mapping[Incarnation, Collection[Key]], lists: Lists, matcher: Matcher) -> Candidates:
    """The pairs of ``keys``' records with every carrier of their keys and of the counterparts; ``lists`` are cut above the limit."""
    limit = matcher.limit
    several = {key: found for key, found in lists.items() if 1 < len(found) <= limit(key) and not is_claim(key)}
    shared = _ends(keys, several)
    by_claim = _by_claim(lists, matcher)
    return Candidates(shared, _ends(keys, by_claim) - shared if by_claim else frozenset())


def _by_claim(lists: Lists, matcher: Matcher) -> Lists:
    """Whom an identifier's key leads to because they claim it, and a claim's key because they claim or state the same.

    Nobody, where more records than the limit claim it: or whoever registers many accounts with a stranger's address would make
    each change of that stranger dear.
    """
    found: Lists = {}
    for claim in filter(is_claim, lists):
        stated = counterpart(claim)
        claimers, staters = lists[claim], lists.get(stated, [])
        if len(claimers) <= matcher.limit(claim) and len(staters) <= matcher.limit(stated):
            found[claim] = [*claimers, *staters]
            found[stated] = claimers
    return found


def _claimers(key: Key, lists: Lists, matcher: Matcher) -> list[Incarnation]:
    """Those who say something else when an identifier's key crosses its limit, because they claim it."""
    if not is_identifier(key):
        return []
    found = lists.get(counterpart(key), [])
    return found if len(found) <= matcher.limit(key) else []


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
) -> tuple[Lists, set[Key]]:
    """Write the evidence; give all posting lists that ``changed`` lead to as they are now, and the keys that crossed."""
    limit = compared.matcher.limit
    old = dict(compared.keys(changed.keys()))
    # A record whose key was destroyed before (an older copy of the database) still has its lists.
    old |= keys_of(connection, sorted(_ended(changed) - old.keys()))
    new = [evidence.keys for evidence in changed.values() if evidence]
    keys = with_counterparts(chain.from_iterable((*old.values(), *new)))
    lists = postings(connection, keys, limit)
    gone, fresh = write_evidence(connection, old, changed)
    compared.replace({record: evidence for record, evidence in changed.items() if evidence})
    after = dict(_after(connection, compared.matcher, lists, fewer=_carriers(gone), more=_carriers(fresh)))
    was_generic = {key for key in after if len(lists.get(key, ())) > limit(key)}
    now_generic = {key for key, found in after.items() if len(found) > limit(key)}
    lists |= after
    mark_generic(
        connection,
        now=sorted(filter(is_of_identifier, now_generic - was_generic)),
        no_longer=sorted(filter(is_of_identifier, was_generic - now_generic)),
    )
    return lists, was_generic ^ now_generic


def _carriers(changed: Iterable[Posting]) -> dict[Key, set[Incarnation]]:
    found: defaultdict[Key, set[Incarnation]] = defaultdict(set)
    for key, record in changed:
        found[key].add(record)
    return found


def _after(
    connection: Connection,
    matcher: Matcher,
    lists: Lists,
    *,
    fewer: Mapping[Key, set[Incarnation]],
    more: Mapping[Key, set[Incarnation]],
) -> Iterator[tuple[Key, list[Incarnation]]]:
    """The posting lists that changed; only one that was cut and lost carriers must be read again, one that gained stays cut."""
    whole = {key for key in fewer.keys() | more.keys() if len(lists.get(key, ())) <= matcher.limit(key)}
    for key in whole:
        before, gone = lists.get(key, ()), fewer.get(key)
        yield key, [*(before if gone is None else (i for i in before if i not in gone)), *more.get(key, ())]
    cut = fewer.keys() - whole
    again = postings(connection, cut, matcher.limit)
    yield from ((key, again.get(key, [])) for key in cut)


def _read_more(connection: Connection, matcher: Matcher, lists: Lists, keys: Iterable[Collection[Key]]) -> None:
    """Read the posting lists that the carriers of a crossing key need."""
    missing = with_counterparts(key for found in keys for key in found) - lists.keys()
    lists |= postings(connection, missing, matcher.limit)
