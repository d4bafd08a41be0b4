"""What identity resolution goes by: kinds of identifiers, their strength and limits, blocked values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import phonenumbers

from storage import ConfigError


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """How identifiers of one kind join records.

    ``generic_above``: a value that more live records carry counts as missing (at most 32). ``max_values``: how many different
    values one profile may hold; 1 means unique, so two different values keep two records apart. ``links``: whether values are
    compared at all.
    """

    generic_above: int = 16
    max_values: int = 5
    links: bool = True


# A family shares a phone at times, so a value of more than five records joins nobody. People have two WeChat accounts,
# one for work. A till's or a family's device says too little to be compared: docs/decisions/0010.
_DEFAULTS = {
    "national_id": IdentifierRule(generic_above=8, max_values=1),
    "wechat_unionid": IdentifierRule(generic_above=8, max_values=3),
    "alipay_id": IdentifierRule(generic_above=8, max_values=3),
    "wechat_openid": IdentifierRule(generic_above=8, max_values=10),
    "loyalty_card": IdentifierRule(generic_above=8, max_values=5),
    "customer_no": IdentifierRule(generic_above=8, max_values=10),
    "email": IdentifierRule(generic_above=5),
    "phone": IdentifierRule(generic_above=5),
    "device_id": IdentifierRule(generic_above=8, max_values=20, links=False),
}

#: The kinds of identifiers.
IDENTIFIER_KINDS = tuple(_DEFAULTS)

GENERIC_CEILING = 32

_SMALLEST_CLUSTER = 2

# The last one stands in the section but is no rule: it never changes a result. Who feeds the records reads it.
_KEYS = ("default_region", "model", "max_cluster_records", "identifiers", "blocked", "pause_above_merges")


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """All settings of ``[identity]`` in onefold.toml.

    ``default_region`` is an ISO 3166 code for phones without a country prefix. ``model`` names a shipped model or a file; empty:
    the one for the names of the region. ``blocked`` maps a kind to raw values that
    never identify anybody (the store's own phone, a cashier's dummy e-mail).
    """

    default_region: str = "CN"
    model: str = ""
    max_cluster_records: int = 200
    identifiers: Mapping[str, IdentifierRule] = field(default_factory=lambda: dict(_DEFAULTS))
    blocked: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def from_config(cls, section: Mapping[str, Any]) -> "IdentityRules":
        """Read the ``[identity]`` table; :class:`storage.ConfigError` names the key and what would be valid."""
        _refuse_unknown(section, _KEYS, "identity")
        return cls(
            default_region=_region(section.get("default_region", "CN")),
            model=_name(section.get("model", "")),
            max_cluster_records=_at_least_two(section.get("max_cluster_records", 200)),
            identifiers=_identifier_rules(section.get("identifiers", {})),
            blocked=_blocked(section.get("blocked", {})),
        )


def _refuse_unknown(given: Mapping[str, Any], valid: tuple[str, ...], where: str) -> None:
    if not isinstance(given, Mapping):
        raise ConfigError(f"must be a table: [{where}]", where=where)
    for name in given:
        if name not in valid:
            raise ConfigError(f"unknown key {name!r}", where=where, valid=valid)


def _region(value: object) -> str:
    if not (isinstance(value, str) and value in phonenumbers.SUPPORTED_REGIONS):
        raise ConfigError('must be an ISO 3166 country code such as "CN"', where="identity.default_region")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise ConfigError('must be "chinese", "latin" or the path of a model file', where="identity.model")
    return value


def _at_least_two(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < _SMALLEST_CLUSTER:
        raise ConfigError("must be a whole number of at least 2", where="identity.max_cluster_records")
    return value


def _identifier_rules(section: Mapping[str, Any]) -> dict[str, IdentifierRule]:
    rules = dict(_DEFAULTS)
    _refuse_unknown(section, IDENTIFIER_KINDS, "identity.identifiers")
    for kind, changes in section.items():
        where = f"identity.identifiers.{kind}"
        _refuse_unknown(changes, ("generic_above", "max_values", "links"), where)
        rule = _DEFAULTS[kind]
        rules[kind] = IdentifierRule(
            generic_above=_whole(
                changes.get("generic_above", rule.generic_above), where, "generic_above", 1, GENERIC_CEILING
            ),
            max_values=_whole(changes.get("max_values", rule.max_values), where, "max_values", 1, 1_000),
            links=_flag(changes.get("links", rule.links), where, "links"),
        )
    return rules


def _flag(value: object, where: str, name: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError("must be true or false", where=f"{where}.{name}")
    return value


def _whole(value: object, where: str, name: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"must be a whole number from {low} to {high}", where=f"{where}.{name}")
    return value


def _blocked(section: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    _refuse_unknown(section, IDENTIFIER_KINDS, "identity.blocked")
    return {kind: _values(kind, values) for kind, values in section.items()}


def _values(kind: str, values: object) -> frozenset[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ConfigError('must be a list of texts such as ["4008208820"]', where=f"identity.blocked.{kind}")
    return frozenset(values)
