"""Records as they are compared within one transaction: read once, opened where it is needed, generic values taken out once."""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import NamedTuple

from sqlalchemy.engine import Connection

from identity.ahead import NOTHING, Ahead, version_of
from identity.match_reader import MatchReader, Stored, Unopened
from identity.match_store import Ends, generic_among, keys_of
from identity.matching import Evidence, Known, Matcher, Weighed, counterpart, is_claim, names_told, of_identifiers


class Candidates(NamedTuple):
    """Pairs to be compared: those that share a key which counts, and those to which only a claim leads."""

    shared: AbstractSet[Ends]
    claimed: AbstractSet[Ends]


class Compared:
    """A transaction's view of records; generic keys must be marked before the first comparison."""

    def __init__(
        self,
        connection: Connection,
        matcher: Matcher,
        reader: MatchReader,
        *,
        new: Collection[bytes] = (),
        ahead: Ahead = NOTHING,
    ) -> None:
        """Nothing is read before it is asked for; of records that are ``new`` nothing is stored. ``ahead`` spares work."""
        self.matcher = matcher
        self._connection = connection
        self._reader = reader
        self._unopened: dict[bytes, Unopened] = {}
        self._stored: dict[bytes, Stored] = {}
        self.new = frozenset(new)
        self._absent = set(new)
        self._known: dict[bytes, Known] = {}
        self._ahead = ahead
        self._replaced: dict[bytes, bytes] = {}
        self._looked_up: set[bytes] = set()
        self._generic: set[bytes] = set()

    def keys(self, records: Collection[bytes]) -> Mapping[bytes, frozenset[bytes]]:
        """The blocking keys of records, as stored or as they are to be; nothing is opened."""
        self._read(records)
        return {
            record: found.keys
            for record in records
            if (found := self._stored.get(record) or self._unopened.get(record)) is not None
        }

    def names(self, records: Collection[bytes]) -> dict[bytes, frozenset[bytes]]:
        """The keys that tell the names of all who have posting lists, also where their data key is destroyed and lists remain."""
        found = dict(self.keys(records))
        found |= keys_of(self._connection, sorted(set(records) - found.keys()))
        return {record: names_told(keys) for record, keys in found.items()}

    def stored(self, records: Collection[bytes]) -> Mapping[bytes, Stored]:
        """The evidence of records, as stored or as it is to be; without those whose key was destroyed."""
        missing = set(records) - self._stored.keys() - self._absent
        if missing:
            self._read(missing)
            unopened = {record: self._unopened[record] for record in missing if record in self._unopened}
            for record in [
                record for record in unopened if record in self._ahead.known and self._is_as_foreseen(record)
            ]:
                self._stored[record] = Stored(self._ahead.known[record], unopened.pop(record).keys)
            self._stored |= self._reader.open(self._connection, unopened)
            self._absent |= missing - self._stored.keys()
        return {record: self._stored[record] for record in records if record in self._stored}

    def replace(self, evidence: Mapping[bytes, Evidence]) -> None:
        """From here on these records say something else."""
        self._stored |= {record: Stored(found.known, found.keys) for record, found in evidence.items()}
        self._replaced |= {record: version_of(found.cell) for record, found in evidence.items()}

    def version(self, record: bytes) -> bytes:
        """What tells the evidence of a record that was read, or replaced, from every other of it."""
        return self._replaced.get(record) or version_of(self._unopened[record].cell)

    def known(self, records: Collection[bytes]) -> Mapping[bytes, Known]:
        """Records without their generic identifiers."""
        missing = [record for record in records if record not in self._known]
        if missing:
            self._known |= self._without_generic(self.stored(missing))
        return {record: self._known[record] for record in records if record in self._known}

    def weigh(self, candidates: Candidates) -> dict[Ends, Weighed]:
        """Weigh pairs; without those of which an end cannot be opened."""
        weighed = self._foreseen(candidates.shared)
        rest = Candidates(candidates.shared - weighed.keys(), candidates.claimed)
        known = self.known(list({record for ends in chain(*rest) for record in ends}))
        return weighed | {
            (a, b): weigh(known[a].features, known[b].features)
            for pairs, weigh in zip(rest, (self.matcher.weigh, self.matcher.weigh_claim), strict=True)
            for a, b in pairs
            if a in known and b in known
        }

    def without_generic(self, records: Collection[bytes]) -> set[bytes]:
        """Those of stored records that state and claim nothing generic."""
        keys = {record: _deciding(found) for record, found in self.keys(records).items()}
        generic = self._generic_among(chain.from_iterable(keys.values()))
        return {record for record, found in keys.items() if generic.isdisjoint(found)}

    def _foreseen(self, pairs: AbstractSet[Ends]) -> dict[Ends, Weighed]:
        """The weights that were found ahead and still hold."""
        found = pairs & self._ahead.weights.keys()
        if not found:
            return {}
        plain = self.without_generic({record for ends in found for record in ends})
        same = {record for record in plain if self._is_as_foreseen(record)}
        return {(a, b): self._ahead.weights[a, b] for a, b in found if a in same and b in same}

    def _is_as_foreseen(self, record: bytes) -> bool:
        return self.version(record) == self._ahead.versions.get(record)

    def _generic_among(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of deciding keys that are generic; asked once for each."""
        unknown = set(keys) - self._looked_up
        self._looked_up |= unknown
        self._generic |= generic_among(self._connection, unknown)
        return self._generic

    def _read(self, records: Collection[bytes]) -> None:
        missing = set(records) - self._stored.keys() - self._unopened.keys() - self._absent
        if missing:
            self._unopened |= self._reader.unopened(self._connection, missing)

    def _without_generic(self, stored: Mapping[bytes, Stored]) -> dict[bytes, Known]:
        generic = self._generic_among(_deciding(chain.from_iterable(found.keys for found in stored.values())))
        if not generic:
            return {record: found.known for record, found in stored.items()}
        return {record: self._strip(found.known, _deciding(found.keys) & generic) for record, found in stored.items()}

    def _strip(self, known: Known, generic: AbstractSet[bytes]) -> Known:
        return Known(known.natural, self.matcher.without_generic(known.features, generic)) if generic else known


def _deciding(keys: Iterable[bytes]) -> set[bytes]:
    """Those among keys on which it depends which identifiers count, and for claims the keys of what they claim."""
    found = of_identifiers(keys)
    return found.union([counterpart(key) for key in found if is_claim(key)])
