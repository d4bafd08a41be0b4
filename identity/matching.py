"""Matching: everything that decides about two records without asking the database, put together once for an installation.

A record is matched by its :class:`Evidence`: its features and the blocking keys that lead to it. Keys are stored as eight bytes:
24 bits of their place, the number of their kind, and 32 bits of a keyed hash with a key of its own for each kind. A collision only
means one comparison more; what is compared are the values themselves.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from collections.abc import Set as AbstractSet
from functools import lru_cache, partial
from typing import Final, NamedTuple

import msgspec

from identity.batch import unique_values, without_placeholders
from identity.blocking import (
    BLOCKING_KINDS,
    COMBINED_LIMITS,
    BlockingKey,
    blocking_keys,
    claims,
    identifiers,
    key_limits,
    place_of,
)
from identity.contradiction import form_of
from identity.features import FEATURES_VERSION, Features, build_features
from identity.generic import Limits, names_among
from identity.model import Model
from identity.partition import Member
from identity.records import FieldValue
from identity.rules import IDENTIFIER_KINDS, IdentityRules
from identity.scoring import Score, score

#: The keyed hash of a text under the key of a kind, at least seven bytes.
Tokenise = Callable[[str, str], bytes]

# Also raised where stored weights or generic keys would be others: version 7 weighs people by their records.
_KEYS_VERSION: Final = 7
_PLACE_BYTES: Final = 3
_KEY_BYTES: Final = 8
_CODES: Final = {kind: bytes([number]) for number, kind in enumerate(BLOCKING_KINDS)}
_KINDS: Final = len(IDENTIFIER_KINDS)
# A claim is hashed as what it claims, so that from either key the other follows: their kinds differ by _KINDS.
_HASHED_AS: Final = dict(zip(BLOCKING_KINDS[_KINDS : 2 * _KINDS], IDENTIFIER_KINDS, strict=True))
_STORED: Final = {kind: (code, f"block/{_HASHED_AS.get(kind, kind)}") for kind, code in _CODES.items()}
_PLACE: Final = "block/place"
_PLACES: Final = 1_000
_COUNTERPART: Final = [bytes([(code + _KINDS) % (2 * _KINDS)]) for code in range(2 * _KINDS)]


class Known(msgspec.Struct, frozen=True):
    """A record as it is compared: its natural key (canonical JSON) and its features."""

    natural: str
    features: Features


class Evidence(msgspec.Struct, frozen=True):
    """What a record brings to matching; ``cell`` is ``known`` sealed, ``keys`` are stored blocking keys."""

    row_token: bytes
    known: Known
    keys: frozenset[bytes]
    cell: bytes


class Weighed(NamedTuple):
    """What a comparison gave.

    ``weight``: the evidence in 1/1000 bit that two records are one person; None where only a claim led to the comparison, which
    then decides nothing. ``suggestion``: the evidence with what is only claimed. ``is_household``: they are two people who
    probably live together.
    """

    weight: int | None
    suggestion: int
    is_household: bool = False

    def joins(self, threshold: int) -> bool:
        """Whether the evidence suffices to join the two."""
        return self.weight is not None and self.weight >= threshold


class Matcher:
    """Rules, model and keys of one installation; thread-safe."""

    def __init__(self, rules: IdentityRules, model: Model, tokenise: Tokenise) -> None:
        """``tokenise`` hashes under a key for each kind."""
        self.rules = rules
        self.model = model
        self._tokenise = tokenise
        # Most keys of a record have one of two or three places.
        self._place = lru_cache(maxsize=_PLACES)(partial(tokenise, _PLACE))
        self._limits = [key_limits(kind, rules) for kind in BLOCKING_KINDS]

    def features(self, fields: Iterable[FieldValue]) -> Features:
        """The features of a record, without what the model learned to identify nobody."""
        return without_placeholders(build_features(fields, self.rules), self.model)

    def keys(self, features: Features) -> frozenset[bytes]:
        """The stored form of a record's blocking keys."""
        return frozenset(self.stored(key) for key in blocking_keys(features))

    def limits(self, key: bytes) -> Limits:
        """How many may carry a stored key before it is generic."""
        return self._limits[key[_PLACE_BYTES]]

    def most_records(self, key: bytes) -> int:
        """How many records may carry it, whoever they are."""
        return self.limits(key).records

    def least_limit(self) -> int:
        """What no kind's limit is below."""
        return min(limits.people for limits in self._limits)

    def without_generic(self, features: Features, generic: AbstractSet[bytes]) -> Features:
        """Features without the identifiers whose stored keys are ``generic``; a claim goes with what it claims, too."""
        if not generic:
            return features
        gone = [(key.kind, key.text) for key in identifiers(features) if self.stored(key) in generic]
        claimed = claims(features).items()
        crowded = [key for claim, key in claimed if not generic.isdisjoint((self.stored(claim), self.stored(key)))]
        return features.without(gone, claims=crowded)

    def weigh(self, left: Features, right: Features) -> Weighed:
        """Weigh a pair of which generic values were taken out."""
        found = score(left, right, self.model)
        return Weighed(found.weight, self._suggestion(left, right, found.weight), is_household(found, self.model))

    def weigh_claim(self, left: Features, right: Features) -> Weighed:
        """The same for a pair to which only a claim led."""
        return Weighed(None, self.suggestion(left, right))

    def suggestion(self, left: Features, right: Features) -> int:
        """The weight of a pair as if what its records only claim were verified."""
        return self._suggestion(left, right, score(left, right, self.model).weight)

    def _suggestion(self, left: Features, right: Features, weight: int) -> int:
        if not left.claims and not right.claims:
            return weight
        return max(weight, score(left.with_claims(), right.with_claims(), self.model).weight)

    def explain(self, left: Features, right: Features) -> Score:
        """The evidence of a pair, level by level."""
        return score(left, right, self.model)

    def stored(self, key: BlockingKey) -> bytes:
        """The stored form of one blocking key."""
        code, name = _STORED[key.kind]
        text = self._tokenise(name, key.text)
        place = place_of(key)
        if not place:
            return text[-_PLACE_BYTES:] + code + text[: _KEY_BYTES - _PLACE_BYTES - 1]
        return self._place(place)[:_PLACE_BYTES] + code + text[: _KEY_BYTES - _PLACE_BYTES - 1]


def is_household(found: Score, model: Model) -> bool:
    """Whether two records are of two people who probably live together."""
    return found.weight < model.threshold and model.relatives + found.kinship > 0 and _share(found)


def _share(found: Score) -> bool:
    """Whether two records share a phone or a home and bear different names."""
    levels = {level.comparison: level.level for level in found.levels}
    phone, _, address = levels.get("contact", "").partition("+")
    return levels.get("given") in _OTHER_NAMES and (phone == "same" or address == "home")


#: Levels of given names that a household's members reach.
_OTHER_NAMES: Final = frozenset({"different", "character"})


def member(known: Known) -> Member:
    """A record as partition sees it; its generic values were taken out."""
    return Member(known.natural, unique_values(known.features), form_of(known.features))


def kind_of(key: bytes) -> str:
    """The kind of a stored key."""
    return BLOCKING_KINDS[key[_PLACE_BYTES]]


def names_told(keys: Collection[bytes]) -> frozenset[bytes]:
    """Those of a record's stored keys by which its names are told apart."""
    return names_among(keys, kind_of)


def code_of(kind: str) -> tuple[int, bytes]:
    """At which byte of a stored key its kind stands, counted from 0, and the byte."""
    return _PLACE_BYTES, _CODES[kind]


def is_identifier(key: bytes) -> bool:
    """Whether a stored key is an identifier that a record states."""
    return key[_PLACE_BYTES] < _KINDS


def is_claim(key: bytes) -> bool:
    """Whether a stored key is an identifier that a record only claims."""
    return _KINDS <= key[_PLACE_BYTES] < 2 * _KINDS


def is_of_identifier(key: bytes) -> bool:
    """Whether a stored key is an identifier, stated or claimed, not a combination."""
    return key[_PLACE_BYTES] < 2 * _KINDS


def of_identifiers(keys: Iterable[bytes]) -> set[bytes]:
    """Those of stored keys that are identifiers, stated or claimed."""
    return {key for key in keys if key[_PLACE_BYTES] < 2 * _KINDS}


def counterpart(key: bytes) -> bytes:
    """The key of those who claim what an identifier's key states, or of those who state what a claim's key claims."""
    return key[:_PLACE_BYTES] + _COUNTERPART[key[_PLACE_BYTES]] + key[_PLACE_BYTES + 1 :]


def with_counterparts(keys: Iterable[bytes]) -> set[bytes]:
    """``keys`` and the counterparts of those that have one: all keys whose carriers they lead to."""
    found = set(keys)
    return found.union(map(counterpart, of_identifiers(found)))


def match_version(model: Model) -> str:
    """A fingerprint of all code and data that stored features, keys and weights depend on beside the rules."""
    content = [FEATURES_VERSION, _KEYS_VERSION, BLOCKING_KINDS, dict(COMBINED_LIMITS), model.fingerprint]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
