"""Consents that rows of their own state, and those that columns of a person's row state."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cdc import RawEvent
from tests.change_log import ChangeLog
from tests.installation import Installation, installation

MAPPING = """
[[source]]
name = "db"
topics = "db.*"
[source.tables.person]
kind = "person"
key = ["id"]
[source.tables.person.columns]
phone = { is = "phone" }
mail = { is = "consent", purpose = "marketing", at = "mail_at", values = { yes = "granted", no = "withdrawn" } }
sms = { is = "consent", purpose = "marketing", values = { yes = "granted", no = "withdrawn" } }
[source.tables.permit]
kind = "consent"
key = ["id"]
[source.tables.permit.columns]
person = { is = "person", table = "person" }
what = { is = "purpose" }
state = { is = "state", values = { yes = "granted", no = "withdrawn" } }
at = { is = "occurred_at", unit = "us" }
"""

UNAVAILABLE = "__debezium_unavailable_value"


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        yield made


@pytest.fixture
def log() -> ChangeLog:
    return ChangeLog()


def consents(one: Installation) -> dict[str, list[object]]:
    """What the one profile allows: purpose, state, time."""
    (line,) = one.lines()
    return dict(json.loads(line)["consents"])


def permit(log: ChangeLog, key: int, what: str, state: str, at: int | None) -> None:
    log.put("permit", key, {"person": 1, "what": what, "state": state, "at": at})


def test_the_latest_statement_about_a_person_decides_whichever_row_it_is_in(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"phone": "13812345670"})
    permit(log, 1, "sms", "yes", 10)
    permit(log, 2, "sms", "no", 20)
    permit(log, 3, "mail", "no", 20)
    permit(log, 4, "mail", "yes", 30)
    expected = {"sms": ["withdrawn", 20], "mail": ["granted", 30]}
    for order in (log.events, log.events[::-1]):
        for batch in (1, 9):
            one.wipe()
            one.ingest(order, batch=batch)
            assert consents(one) == expected
    log.delete("permit", 2)
    log.put("permit", 4, {"state": "no"})
    one.ingest(log.events)
    assert consents(one) == {"sms": ["granted", 10], "mail": ["withdrawn", 30]}


def test_a_statement_of_which_an_event_does_not_tell_everything_keeps_the_rest(
    one: Installation, log: ChangeLog
) -> None:
    log.put("person", 1, {"phone": "13812345670"})
    permit(log, 1, "sms", "yes", 10)
    one.ingest(log.events)
    log.put_partly("permit", 1, {"at": 40}, ["person", "what", "state"])
    one.ingest(log.events)
    assert consents(one) == {"sms": ["granted", 40]}
    log.put_partly("permit", 1, {"state": "no"}, ["at", "what"])
    one.ingest(log.events)
    assert consents(one) == {"sms": ["withdrawn", 40]}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"mail": "yes", "sms": "yes"}, "granted"),
        ({"mail": "yes", "sms": "no"}, "withdrawn"),
        ({"mail": "no", "sms": "yes"}, "withdrawn"),
        ({"mail": "yes", "mail_at": "2026-01-01T00:00:00Z", "sms": "no"}, "withdrawn"),  # it may be the later one
        ({"mail": "no", "mail_at": "2026-01-01T00:00:00Z", "sms": "yes"}, "withdrawn"),
    ],
)
def test_two_columns_of_one_row_may_speak_of_one_purpose(
    one: Installation, log: ChangeLog, row: dict[str, object], expected: str
) -> None:
    log.put("person", 1, {"phone": "13812345670", "mail": None, "mail_at": None, "sms": None, **row})
    assert one.ingest(log.events).applied == 1
    assert consents(one)["marketing"][0] == expected


def test_a_statement_waits_for_its_person(one: Installation, log: ChangeLog) -> None:
    permit(log, 1, "sms", "yes", 10)
    log.put("person", 1, {"phone": "13812345670"})
    log.delete("person", 1)
    log.put("person", 1, {"phone": "13812345670"})
    one.ingest(log.events[:2], batch=1)
    assert consents(one) == {"sms": ["granted", 10]}
    one.ingest(log.events)
    assert consents(one) == {"sms": ["granted", 10]}


def test_a_statement_keeps_its_meaning_when_its_key_changes(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"phone": "13812345670"})
    permit(log, 1, "sms", "yes", 10)
    log.move("permit", 1, 2)
    create = log.events.pop()
    one.ingest([*log.events, hidden(create, "yes")])
    assert consents(one) == {"sms": ["granted", 10]}


def hidden(event: RawEvent, value: str) -> RawEvent:
    assert event.value is not None
    changed = event.value.replace(json.dumps(value).encode(), json.dumps(UNAVAILABLE).encode())
    assert changed != event.value
    return replace(event, value=changed)
