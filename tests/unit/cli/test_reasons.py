"""Reasons in plain words: each that identity resolution can name has them."""

import re
from pathlib import Path

import pytest

from cli.reasons import in_words, why_ignored
from identity import (
    BLOCKED,
    GENERIC,
    IDENTIFIER_KINDS,
    LEARNED,
    MATCH,
    MUST_LINK,
    OTHER_APP,
    REVIEW_REASONS,
    ROLE_MAILBOX,
    TOO_LONG,
    UNVERIFIED,
)

IDENTITY = Path(__file__).parents[3] / "identity"


def named_in(module: str, pattern: str) -> set[str]:
    """The names that a module's text gives."""
    return set(re.findall(pattern, (IDENTITY / module).read_text(encoding="utf-8")))


def test_every_rule_that_refuses_a_union_has_words() -> None:
    rules = named_in("partition.py", r"\(``(\w+)``") | named_in("contradiction.py", r'return "(\w+)"')
    assert {"cannot_link", "max_cluster_records", "evidence", "name"} <= rules
    for rule in (*rules, *IDENTIFIER_KINDS, "birthday", "large_component"):
        assert rule in REVIEW_REASONS
        assert in_words(rule)


def test_the_queue_is_asked_for_nothing_that_it_cannot_hold() -> None:
    assert not {"below_threshold", "not_compared", "other_component", MATCH, MUST_LINK} & set(REVIEW_REASONS)


@pytest.mark.parametrize("module", ["explain.py", "review.py"])
def test_every_reason_that_a_module_declares_has_words(module: str) -> None:
    declared = named_in(module, r'\n[A-Z_]+: Final = "(\w+)"')
    assert len(declared) > 1
    assert all(in_words(reason) for reason in declared)


def test_what_joins_has_words() -> None:
    assert all(in_words(reason) for reason in (MATCH, MUST_LINK))


def test_every_reason_why_a_value_counts_as_missing_has_words_and_is_documented() -> None:
    declared = named_in("ignored.py", r'\n[A-Z][A-Z_]*: Final = "(\w+)"')
    assert {GENERIC, UNVERIFIED, BLOCKED, LEARNED, TOO_LONG, ROLE_MAILBOX, OTHER_APP} == declared
    assert len({why_ignored(reason) for reason in declared}) == len(declared)
    for file in ("docs/identity.md", "docs/graphql.md", "docs/cli.md", "schema/schema.graphql"):
        text = (IDENTITY.parent / file).read_text(encoding="utf-8")
        assert not [reason for reason in declared if f"`{reason}`" not in text], file
