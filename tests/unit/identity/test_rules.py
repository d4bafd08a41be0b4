"""The ``[identity]`` section: what it may say, and errors that name the key."""

import tomllib

import pytest

from identity import IDENTIFIER_KINDS, IdentifierRule, IdentityRules
from identity.rules import GENERIC_CEILING, RECORDS_CEILING
from storage import ConfigError, ConfigErrors


def read(text: str) -> IdentityRules:
    return IdentityRules.from_config(tomllib.loads(text))


def test_an_empty_section_gives_the_defaults() -> None:
    assert read("") == IdentityRules()


def test_no_kind_is_generic_beyond_the_ceiling() -> None:
    rules = [IdentityRules().identifiers[kind] for kind in IDENTIFIER_KINDS]
    assert all(1 <= rule.generic_above <= GENERIC_CEILING for rule in rules)
    assert all(rule.generic_above <= rule.generic_above_records <= RECORDS_CEILING for rule in rules)


def test_what_is_said_replaces_and_the_rest_stays() -> None:
    rules = read(
        """
        default_region = "HK"
        max_cluster_records = 2
        [identifiers.phone]
        generic_above = 32
        links = false
        [blocked]
        phone = ["4008208820", "10086"]
        """
    )
    default = IdentityRules().identifiers["phone"]
    assert rules.default_region == "HK"
    assert rules.max_cluster_records == 2
    assert rules.identifiers["phone"] == IdentifierRule(32, max_values=default.max_values, links=False)
    assert rules.identifiers["email"] == IdentityRules().identifiers["email"]
    assert rules.blocked == {"phone": {"4008208820", "10086"}}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('region = "CN"', "identity.region"),
        ('default_region = "cn"', "identity.default_region"),
        ('default_region = "CHN"', "identity.default_region"),
        ('default_region = "XQ"', "identity.default_region"),
        ("default_region = 86", "identity.default_region"),
        ("max_cluster_records = 1", "identity.max_cluster_records"),
        ("max_cluster_records = true", "identity.max_cluster_records"),
        ('max_cluster_records = "9"', "identity.max_cluster_records"),
        ("identifiers = 3", "identity.identifiers"),
        ("[identifiers.fax]\nlinks = true", "identity.identifiers.fax"),
        ("[identifiers]\nphone = 16", "identity.identifiers.phone"),
        ("[identifiers.phone]\nlimit = 3", "identity.identifiers.phone.limit"),
        ("[identifiers.phone]\nweight = 1", "identity.identifiers.phone.weight"),
        ("model = 1", "identity.model"),
        ("[identifiers.phone]\ngeneric_above = 33", "identity.identifiers.phone.generic_above"),
        ("[identifiers.phone]\ngeneric_above = 0", "identity.identifiers.phone.generic_above"),
        ("[identifiers.phone]\ngeneric_above_records = 201", "identity.identifiers.phone.generic_above_records"),
        ("[identifiers.phone]\nmax_values = 1.5", "identity.identifiers.phone.max_values"),
        ('[identifiers.phone]\nlinks = "no"', "identity.identifiers.phone.links"),
        ('[blocked]\nfax = ["1"]', "identity.blocked.fax"),
        ('[blocked]\nphone = "10086"', "identity.blocked.phone"),
        ("[blocked]\nphone = [10086]", "identity.blocked.phone"),
        ('blocked = ["10086"]', "identity.blocked"),
    ],
)
def test_a_mistake_is_named(text: str, where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.where == where


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigErrors) as caught:
        read(
            """
            region = "CN"
            max_cluster_records = 1
            [identifiers.phone]
            generic_above = 0
            links = "no"
            [identifiers.email]
            max_values = 0
            [blocked]
            fax = ["1"]
            phone = "10086"
            """
        )
    assert {error.where for error in caught.value.errors} == {
        "identity.region",
        "identity.max_cluster_records",
        "identity.identifiers.phone.generic_above",
        "identity.identifiers.phone.links",
        "identity.identifiers.email.max_values",
        "identity.blocked.fax",
        "identity.blocked.phone",
    }


def test_an_unknown_key_lists_the_valid_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        read("[identifiers.fax]\nlinks = true")
    assert caught.value.valid == IDENTIFIER_KINDS
