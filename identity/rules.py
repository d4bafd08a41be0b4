"""What identity resolution goes by: kinds of identifiers, their strength and limits, blocked values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import phonenumbers

from storage import ConfigError, ConfigMistakes


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """How identifiers of one kind join records.

    ``generic_above``: a value that people of more different names state counts as missing, each weighed by its live records
    (at most 32); ``generic_above_records``: so does one that more live records carry, whatever their names (at most 200).
    ``max_values``: how many different values one profile may hold; 1 means unique, so two different values keep two records apart.
    ``links``: whether values are compared at all.
    """

    generic_above: int = 16
    generic_above_records: int = 100
    max_values: int = 5
    links: bool = True


# A family shares a phone at times; what is stated under more than five names joins nobody. A regular customer's orders tell relatives'
# phones, and each slip in one is another; so they do mailboxes, and a till gives a new card to whoever has none at hand. A shop
# numbers whoever orders as a guest anew each time. People have two WeChat accounts, one for work. A till's or a family's device says
# too little to be compared: docs/decisions/0010.
_DEFAULTS = {
    "national_id": IdentifierRule(generic_above=8, max_values=1),
    "wechat_unionid": IdentifierRule(generic_above=8, max_values=3),
    "alipay_id": IdentifierRule(generic_above=8, max_values=3),
    "wechat_openid": IdentifierRule(generic_above=8, max_values=10),
    "loyalty_card": IdentifierRule(generic_above=8, max_values=10),
    "customer_no": IdentifierRule(generic_above=8, max_values=100),
    "email": IdentifierRule(generic_above=5, max_values=10),
    "phone": IdentifierRule(generic_above=5, max_values=10),
    "device_id": IdentifierRule(generic_above=8, max_values=20, links=False),
}

#: The kinds of identifiers.
IDENTIFIER_KINDS = tuple(_DEFAULTS)

GENERIC_CEILING = 32
RECORDS_CEILING = 200
_MOST_VALUES = 1_000

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
        """Read the ``[identity]`` table; :class:`storage.ConfigErrors` names each wrong key and what would be valid."""
        mistakes, defaults = ConfigMistakes(), cls()
        given = partial(mistakes.value, mistakes.table(section, "identity", _KEYS))
        rules = cls(
            default_region=given("default_region", _region, defaults.default_region),
            model=given("model", _name, defaults.model),
            max_cluster_records=given("max_cluster_records", _at_least_two, defaults.max_cluster_records),
            identifiers=given("identifiers", _identifier_rules, defaults.identifiers),
            blocked=given("blocked", _blocked, defaults.blocked),
        )
        mistakes.refuse()
        return rules


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


def _identifier_rules(section: object) -> dict[str, IdentifierRule]:
    mistakes, where = ConfigMistakes(), "identity.identifiers"
    given = mistakes.table(section, where, IDENTIFIER_KINDS)
    changed = {
        kind: mistakes.value(given, kind, partial(_identifier_rule, rule, f"{where}.{kind}"), rule)
        for kind, rule in _DEFAULTS.items()
    }
    mistakes.refuse()
    return changed


def _identifier_rule(rule: IdentifierRule, where: str, changes: object) -> IdentifierRule:
    mistakes = ConfigMistakes()
    keys = ("generic_above", "generic_above_records", "max_values", "links")
    given = partial(mistakes.value, mistakes.table(changes, where, keys))
    changed = IdentifierRule(
        generic_above=given(
            "generic_above", partial(_whole, f"{where}.generic_above", GENERIC_CEILING), rule.generic_above
        ),
        generic_above_records=given(
            "generic_above_records",
            partial(_whole, f"{where}.generic_above_records", RECORDS_CEILING),
            rule.generic_above_records,
        ),
        max_values=given("max_values", partial(_whole, f"{where}.max_values", _MOST_VALUES), rule.max_values),
        links=given("links", partial(_flag, f"{where}.links"), rule.links),
    )
    mistakes.refuse()
    return changed


def _flag(where: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError("must be true or false", where=where)
    return value


def _whole(where: str, high: int, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= high:
        raise ConfigError(f"must be a whole number from 1 to {high}", where=where)
    return value


def _blocked(section: object) -> dict[str, frozenset[str]]:
    mistakes = ConfigMistakes()
    given = mistakes.table(section, "identity.blocked", IDENTIFIER_KINDS)
    nothing: frozenset[str] = frozenset()
    blocked = {kind: mistakes.value(given, kind, partial(_values, kind), nothing) for kind in given}
    mistakes.refuse()
    return blocked


def _values(kind: str, values: object) -> frozenset[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ConfigError('must be a list of texts such as ["4008208820"]', where=f"identity.blocked.{kind}")
    return frozenset(values)
