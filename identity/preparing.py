"""Weigh the records of a batch ahead, without a lock, against what is stored so far."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import chain

from sqlalchemy.engine import Connection

from identity.ahead import Ahead
from identity.candidates import Carried, candidate_pairs, read_carried
from identity.compared import Candidates, Compared
from identity.match_reader import MatchReader
from identity.matching import Evidence, Matcher


def weigh_ahead(
    connection: Connection, matcher: Matcher, reader: MatchReader, evidence: Mapping[bytes, Evidence]
) -> Ahead:
    """Weigh records that are about to say ``evidence`` against each other and all that is stored; writes nothing."""
    compared = Compared(connection, matcher, reader, new=evidence)
    compared.replace(evidence)
    keys = {record: found.keys for record, found in evidence.items()}
    carried = read_carried(connection, compared, chain.from_iterable(keys.values()))
    _take_in(carried, compared, evidence)
    shared = candidate_pairs(keys, carried).shared
    plain = compared.without_generic({record for ends in shared for record in ends})
    weights = compared.weigh(Candidates({(a, b) for a, b in shared if a in plain and b in plain}, frozenset()))
    weighed = {record for ends in weights for record in ends}
    joined = {record for ends, found in weights.items() if found.joins(matcher.model.threshold) for record in ends}
    return Ahead(
        weights,
        {record: found.known for record, found in compared.stored(joined - evidence.keys()).items()},
        {record: compared.version(record) for record in weighed},
    )


def _take_in(carried: Carried, compared: Compared, evidence: Mapping[bytes, Evidence]) -> None:
    """Let the records of the batch find each other, too, unless what they share is generic by that."""
    more: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for record, found in evidence.items():
        for key in found.keys:
            more[key].append(record)
    lists = carried.lists
    carried.take({key: list(dict.fromkeys((*lists.get(key, ()), *records))) for key, records in more.items()}, compared)
