"""Messages: what is said of an entry, to whom, and in which form."""

import json
import re
from pathlib import Path

from profiles import MESSAGE_KINDS, messages
from profiles.messages import COUNTERPARTS
from storage import OutboxEntry, StoredEntry

A, B = bytes(range(16)), bytes(range(16, 32))
PAGE = (Path(__file__).parents[3] / "docs" / "formats" / "profile-events.md").read_text(encoding="utf-8")


def stored(topic: str, payload: dict[str, str]) -> StoredEntry:
    return StoredEntry(7, 1_700_000_000_000_001, OutboxEntry(topic, A, payload))


def test_a_message_is_keyed_by_the_profile_and_says_what_happened_when() -> None:
    (message,) = messages(stored("profile.ended", {}))
    assert message.key == b"00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert message.headers == (("kind", b"ended"), ("version", b"1"))
    assert json.loads(message.value) == {
        "version": 1,
        "sequence": 7,
        "kind": "ended",
        "profile": message.key.decode(),
        "at": "2023-11-14T22:13:20.000001Z",
    }


def test_both_profiles_hear_of_a_merge_a_split_and_a_moved_id() -> None:
    for kind, counterpart in COUNTERPARTS.items():
        first, second = messages(stored(f"profile.{kind}", {"other": B.hex()}))
        assert (first.kind, second.kind) == (kind, counterpart)
        told = [json.loads(message.value) for message in (first, second)]
        assert [(t["profile"], t["other"]) for t in told] == [
            (first.key.decode(), second.key.decode()),
            (second.key.decode(), first.key.decode()),
        ]
        assert {t["sequence"] for t in told} == {7}


def test_only_the_profile_hears_of_a_record_that_joined_it() -> None:
    (message,) = messages(stored("profile.joined", {"other": B.hex()}))
    assert json.loads(message.value)["other"] == "10111213-1415-1617-1819-1a1b1c1d1e1f"


def test_entries_about_anything_else_are_not_published() -> None:
    assert list(messages(stored("consent.withdrawn", {}))) == []


def test_every_kind_is_documented_and_every_example_is_a_message() -> None:
    assert set(
        re.findall(r"^\| `([a-z_]+)` \| (?!Means|Version|Number|See|The profile|When|The other)", PAGE, re.MULTILINE)
    ) == set(MESSAGE_KINDS)
    examples = [json.loads(line) for line in PAGE.splitlines() if line.startswith('{"version"')]
    assert len(examples) >= 4
    assert {tuple(example) for example in examples} <= {
        ("version", "sequence", "kind", "profile", "at"),
        ("version", "sequence", "kind", "profile", "at", "other"),
    }
    assert {example["kind"] for example in examples} <= set(MESSAGE_KINDS)
