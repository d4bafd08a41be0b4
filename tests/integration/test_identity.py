"""Profiles join, split and end; their ids lead on for ever; facts and consents go with the records."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from identity import ended_record, generic_key, resolve_ids
from privacy import profile_consents, record_consents, statements_about
from profiles import lineage, profile
from storage import outbox
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation

PHONE, OTHER = "13812345670", "13812345671"


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        yield made


@pytest.fixture
def log() -> ChangeLog:
    return ChangeLog()


def take(one: Installation, log: ChangeLog) -> None:
    """Take in the log from its beginning: what was seen before changes nothing."""
    one.ingest(log.events)


def resolved(one: Installation, *ids: bytes) -> list[bytes | None]:
    with one.parts.database.read() as connection:
        found = resolve_ids(connection, ids)
    return [found[i] for i in ids]


def history(one: Installation) -> list[str]:
    return [row.kind for row in one.rows(lineage)]


def counters(one: Installation, profile_id: bytes) -> dict[str, Any]:
    row = next(row for row in one.rows(profile) if row.id == profile_id)
    return {"orders": row.orders, "receipts": row.receipts, "returns": row.returns, "spent": row.spent_minor}


def test_records_that_share_a_phone_are_one_profile_with_the_older_id(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"phone": PHONE})
    log.put("person", 2, {"phone": OTHER})
    take(one, log)
    ids = one.shown()
    log.put("person", 2, {"phone": "138 1234-5670"})
    take(one, log)
    first, second = ids["person 1"], ids["person 2"]
    assert one.shown() == {"person 1": first, "person 2": first}
    assert resolved(one, first, second) == [first, first]
    assert [row.id for row in one.rows(profile)] == [first]
    assert history(one) == ["created", "created", "merged"]


def test_a_corrected_phone_splits_a_profile_and_gives_the_record_its_own_id_back(
    one: Installation, log: ChangeLog
) -> None:
    log.put("person", 1, {"phone": PHONE})
    log.put("person", 2, {"phone": OTHER})
    take(one, log)
    apart = one.shown()
    before = one.lines()
    log.put("person", 2, {"phone": PHONE})
    take(one, log)
    log.put("person", 2, {"phone": OTHER})
    take(one, log)
    assert one.shown() == apart
    assert one.lines() == before
    assert history(one) == ["created", "created", "merged", "split"]


def test_the_steps_name_their_cause_and_the_outbox_tells_them_in_order(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"phone": PHONE})
    log.put("person", 2, {"phone": PHONE})
    take(one, log)
    log.delete("person", 1)
    take(one, log)
    log.truncate("person")
    take(one, log)
    steps = [(row.kind, [(c["op"], c["offset"]) for c in json.loads(row.cause)]) for row in one.rows(lineage)]
    assert steps == [
        ("created", [("upsert", 1), ("upsert", 2)]),
        ("moved", [("delete", 3)]),
        ("ended", [("truncate", 4)]),
    ]
    causes = [cause for row in one.rows(lineage) for cause in json.loads(row.cause)]
    assert {(c["source"], c["table"], c["stream"]) for c in causes} == {("db", "person", "test")}
    told = one.rows(outbox)
    assert [row.topic for row in told] == ["profile.created", "profile.moved", "profile.ended"]
    assert [row.subject for row in told] == [row.profile_id for row in one.rows(lineage)]
    assert [row.seq for row in told] == sorted(row.seq for row in told)


def test_when_the_record_that_gave_the_id_ends_the_id_leads_to_its_heir(one: Installation, log: ChangeLog) -> None:
    for key in (1, 2):
        log.put("person", key, {"phone": PHONE})
    take(one, log)
    first = one.shown()["person 1"]
    log.delete("person", 1)
    take(one, log)
    heir = one.shown()["person 2"]
    assert heir != first
    assert resolved(one, first) == [heir]
    log.delete("person", 2)
    take(one, log)
    assert resolved(one, first, heir) == [None, None]
    assert {row.state for row in one.rows(ended_record)} == {"DELETED"}
    assert one.rows(profile) == []
    assert history(one) == ["created", "moved", "ended"]


def test_lineage_names_a_record_that_goes_from_one_profile_to_another(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"phone": PHONE})
    log.put("person", 2, {"phone": OTHER})
    take(one, log)
    shown = one.shown()
    log.put("person", 3, {"phone": PHONE})
    take(one, log)
    log.put("person", 3, {"phone": OTHER})
    take(one, log)
    first, second = (bytes.fromhex(shown[f"person {key}"].hex()) for key in (1, 2))
    steps = [(row.kind, row.profile_id, row.other_id) for row in one.rows(lineage)][2:]
    assert steps == [("joined", first, None), ("joined", second, first)]


def test_an_id_that_was_never_issued_is_not_known(one: Installation) -> None:
    with one.parts.database.read() as connection:
        assert resolve_ids(connection, [b"x" * 16]) == {}


def test_a_row_that_changes_its_key_keeps_its_id(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"phone": PHONE, "name": "陈小美"})
    take(one, log)
    before = one.shown()["person 1"]
    log.move("person", 1, 5)
    take(one, log)
    assert one.shown() == {"person 5": before}
    assert history(one) == ["created"]


def test_new_records_of_one_batch_arrive_in_the_order_of_their_events(one: Installation, log: ChangeLog) -> None:
    for key in range(7, 0, -1):
        log.put("person", key, {"unionid": "union-1"} if key > 3 else {"email": "a@example.com"})
    take(one, log)
    for group, first in ((range(4, 8), "7"), (range(1, 4), "3")):
        (profile_id,) = {one.shown()[f"person {key}"] for key in group}
        with one.parts.database.read() as connection:
            natural = one.parts.reader.natural_keys(connection, [profile_id])[profile_id]
        assert json.loads(natural)[2] == first


# ---- limits ------------------------------------------------------------------------------------------------------------


def test_a_value_that_becomes_generic_parts_everybody_and_rejoins_them_exactly(
    one: Installation, log: ChangeLog
) -> None:
    """In this mapping a phone is generic above two carriers."""
    log.put("person", 1, {"phone": PHONE, "email": "a@example.com"})
    log.put("person", 2, {"phone": PHONE})
    log.put("person", 3, {"email": "a@example.com"})
    take(one, log)
    before, ids = one.lines(), one.shown()
    assert one.together() == {"1 2 3"}
    log.put("person", 4, {"phone": PHONE})
    take(one, log)
    assert one.together() == {"1 3", "2", "4"}
    log.put("person", 5, {"phone": PHONE})
    log.delete("person", 5)
    take(one, log)
    assert one.together() == {"1 3", "2", "4"}
    log.delete("person", 4)
    take(one, log)
    assert one.lines() == before
    assert one.shown() == ids


def test_who_has_another_name_may_make_what_others_state_generic_and_no_longer(
    database_url: str, tmp_path: Path, log: ChangeLog
) -> None:
    """Three names are too many for one phone, three records of one name are not."""
    text = MAPPING.replace("generic_above_records = 2", "generic_above_records = 9", 1)
    for key in (1, 2, 3):
        log.put("person", key, {"phone": PHONE, "name": "王伟", "email": "wangwei@example.com" if key < 3 else None})
    log.put("person", 4, {"phone": PHONE, "name": "李芳"})
    with installation(tmp_path / "one", text, database=database_url) as one:
        take(one, log)
        before = one.lines()
        assert one.together() == {"1 2 3", "4"}
        log.put("person", 3, {"name": "陈小美"})
        take(one, log)
        assert one.together() == {"1 2", "3", "4"}
        assert len(one.rows(generic_key)) == 1
        log.put("person", 4, {"name": "陈小美"})
        take(one, log)
        assert one.together() == {"1 2", "3 4"}
        log.put("person", 4, {"name": "李芳"})
        log.put("person", 3, {"name": "王伟"})
        take(one, log)
        assert one.lines() == before


def test_a_generic_value_plays_no_part_in_the_rules_either(one: Installation, log: ChangeLog) -> None:
    """Two phones are the most for one profile; the third counts only while it is not generic."""
    for key, phone in ((1, "13812345670"), (2, "13812345671"), (3, "13812345672")):
        log.put("person", key, {"phone": phone, "email": "a@example.com"})
    take(one, log)
    assert one.together() == {"1 2", "3"}
    for key in (4, 5):
        log.put("person", key, {"phone": "13812345672"})
    take(one, log)
    assert one.together() == {"1 2 3", "4", "5"}
    log.put("person", 1, {"phone": "13812345673"})  # of the generic value's carriers only person 3 is looked at now
    take(one, log)
    assert one.together() == {"1 2 3", "4", "5"}
    log.delete("person", 5)
    take(one, log)
    assert one.together() == {"1 2", "3 4"}


def test_different_unique_ids_keep_records_apart_until_one_goes(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"email": "a@example.com", "unionid": "union-1"})
    log.put("person", 2, {"email": "a@example.com", "unionid": "union-2"})
    take(one, log)
    assert one.together() == {"1", "2"}
    log.put("person", 2, {"unionid": None})
    take(one, log)
    assert one.together() == {"1 2"}


# ---- facts and consents ------------------------------------------------------------------------------------------------


def test_facts_move_with_their_records_at_merge_and_split(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"phone": PHONE})
    log.put("person", 2, {"phone": OTHER})
    for number, (person, total) in enumerate([(1, "10.00"), (2, "5.00"), (2, "2.50")], 1):
        log.put("receipt", number, {"person": person, "total": total, "at": number})
    log.put("refund", 1, {"receipt": 3, "total": "0.50", "at": 9})
    take(one, log)
    ids = one.shown()
    apart = [
        {"orders": 0, "receipts": 1, "returns": 0, "spent": 1000},
        {"orders": 0, "receipts": 2, "returns": 1, "spent": 700},
    ]
    assert [counters(one, ids[f"person {key}"]) for key in (1, 2)] == apart
    log.put("person", 2, {"phone": PHONE})
    take(one, log)
    assert counters(one, ids["person 1"]) == {"orders": 0, "receipts": 3, "returns": 1, "spent": 1700}
    log.put("person", 2, {"phone": OTHER})
    take(one, log)
    assert [counters(one, ids[f"person {key}"]) for key in (1, 2)] == apart


ROWS: list[tuple[str, int, dict[str, object]]] = [
    ("person", 1, {"phone": PHONE}),
    ("receipt", 1, {"person": 1, "total": "10.00", "at": 1}),
    ("refund", 1, {"receipt": 1, "total": "4.00", "at": 2}),
]


@pytest.mark.parametrize("order", ["012", "021", "102", "120", "201", "210"])
@pytest.mark.parametrize("batch", [1, 3])
def test_person_receipt_and_return_come_in_any_order(one: Installation, order: str, batch: int) -> None:
    log = ChangeLog()
    for row in ROWS:
        log.put(*row)
    one.ingest([log.events[int(which)] for which in order], batch=batch)
    assert counters(one, one.shown()["person 1"]) == {"orders": 0, "receipts": 1, "returns": 1, "spent": 600}


def test_an_order_waits_for_its_customer_and_stays_when_the_customer_goes(one: Installation, log: ChangeLog) -> None:
    log.put("receipt", 1, {"person": 1, "total": "10.00", "at": 1})
    take(one, log)
    alone = one.lines()
    assert "fact_of_nobody" in alone[0]
    log.put("person", 1, {"phone": PHONE})
    take(one, log)
    assert counters(one, one.shown()["person 1"])["receipts"] == 1
    log.delete("person", 1)
    take(one, log)
    assert one.lines() == alone


def consents(one: Installation, *keys: int) -> dict[str, bool]:
    tokens = [one.parts.tokens.row_token("db", "person", (str(key),)) for key in keys]
    with one.parts.database.read() as connection:
        stated = statements_about(connection, tokens)
    folded = profile_consents(record_consents(stated.get(token, ())) for token in tokens)
    return {purpose: consent.is_granted for purpose, consent in folded.items()}


def test_the_most_restrictive_consent_of_the_members_counts_and_a_split_restores_the_others(
    one: Installation, log: ChangeLog
) -> None:
    log.put("person", 1, {"phone": PHONE, "optin": "yes"})
    log.put("person", 2, {"phone": OTHER, "optin": "no"})
    take(one, log)
    granted = [json.loads(line)["consents"] for line in one.lines()]
    assert sorted(str(each) for each in granted) == [
        "{'marketing': ['granted', None]}",
        "{'marketing': ['withdrawn', None]}",
    ]
    log.put("person", 2, {"phone": PHONE})
    take(one, log)
    assert [json.loads(line)["consents"] for line in one.lines() if "golden" in line] == [
        {"marketing": ["withdrawn", None]}
    ]
    assert consents(one, 1, 2) == {"marketing": False}
    log.put("person", 2, {"phone": OTHER})
    take(one, log)
    assert consents(one, 1) == {"marketing": True}
    log.put("person", 1, {"optin": None})
    log.delete("person", 2)
    take(one, log)
    assert consents(one, 1, 2) == {}


def test_what_an_event_does_not_say_stays_as_it_was(one: Installation, log: ChangeLog) -> None:
    log.put("person", 1, {"phone": PHONE, "name": "陈小美", "optin": "no", "points": 5})
    log.put("receipt", 1, {"person": 1, "total": "1.00", "note": "gift", "at": 3})
    take(one, log)
    log.put_partly("person", 1, {"city": "北京"}, ["phone", "name", "optin", "points"])
    log.put_partly("receipt", 1, {"total": "2.00"}, ["note", "person", "at"])
    take(one, log)
    after = one.lines()
    one.wipe()
    one.ingest(log.snapshot())
    assert one.lines() == after


def test_a_stated_balance_of_points_is_not_counted_again_from_its_ledger(tmp_path: Path) -> None:
    ledger = """
[source.tables.ledger]
kind = "loyalty"
key = ["id"]
[source.tables.ledger.columns]
person = { is = "person", table = "person" }
delta = { is = "points" }
"""
    log = ChangeLog()
    log.put("person", 1, {"phone": PHONE, "points": 481})
    log.put("person", 2, {"phone": PHONE})
    for key, person, delta in ((1, 1, 500), (2, 1, -19), (3, 2, 20)):
        log.put("ledger", key, {"person": person, "delta": delta})
    with installation(tmp_path, MAPPING + ledger) as one:
        one.ingest(log.events)
        with one.parts.database.read() as connection:
            assert connection.execute(sa.select(profile.c.points)).scalars().all() == [501]
