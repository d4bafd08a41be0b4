"""What a value of ``[identity.blocked]`` does, found by reading it as a record's: one that blocks nothing would never be noticed."""

from collections.abc import Mapping
from dataclasses import replace

from identity.features import Features, build_features
from identity.records import FieldValue
from identity.rules import IdentityRules

_ANY_APP = "app"


def is_read(kind: str, value: str, rules: IdentityRules) -> bool:
    """Whether anything is read in a value where nothing is blocked; else it counts as missing anyway."""
    return _features(kind, value, rules, {}) != Features()


def is_blocking(kind: str, value: str, rules: IdentityRules) -> bool:
    """Whether a record that states just this value tells nothing once it is blocked, and something without that."""
    blocked = _features(kind, value, rules, {kind: frozenset({value})})
    return blocked == Features() and is_read(kind, value, rules)


def _features(kind: str, value: str, rules: IdentityRules, blocked: Mapping[str, frozenset[str]]) -> Features:
    # Without the rules of kinds: also one that links nothing is read, as it may link again.
    return build_features([FieldValue(kind, 0, value, app=_ANY_APP)], replace(rules, identifiers={}, blocked=blocked))
