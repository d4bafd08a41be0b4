"""The audit log."""

import hashlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, wait
from typing import Any

import pytest
import sqlalchemy as sa

from privacy import AuditEntry, AuditError, AuditFault, AuditLog, AuditReport, FaultKind, audit_entry, verify_audit
from storage import Database


@pytest.fixture
def log(main: Database) -> Iterator[AuditLog]:
    log = AuditLog(main, "api-1")
    yield log
    log.close()


def entry(number: int = 1, **changes: Any) -> AuditEntry:
    values = {
        "at": number,
        "actor": "wang",
        "role": "manager",
        "purpose": "customer_service",
        "action": "profile.read",
        "subject": "00ff",
        "fields": ("email", "phone"),
        "rows": 1,
        "decision": "clear",
        "request_id": f"r{number}",
    }
    return AuditEntry(**{**values, **changes})


def report(main: Database, *heads: Any) -> AuditReport:
    with main.read() as connection:
        return verify_audit(connection, heads)


def rows(main: Database) -> list[Any]:
    with main.read() as connection:
        return list(connection.execute(sa.select(audit_entry).order_by(audit_entry.c.seq)))


def tamper(main: Database, number: int, /, **values: Any) -> None:
    with main.write() as connection:
        connection.execute(sa.update(audit_entry).where(audit_entry.c.number == number).values(**values))


def record(log: AuditLog, count: int) -> None:
    for number in range(1, count + 1):
        log.record(entry(number))


def test_an_entry_is_durable_when_record_returns(main: Database, log: AuditLog) -> None:
    log.record(entry())
    (row,) = rows(main)
    assert (row.chain, row.number, row.actor, row.fields, row.request_id) == (
        "api-1",
        1,
        "wang",
        '["email", "phone"]',
        "r1",
    )


def test_the_hash_is_the_one_of_the_page(main: Database, log: AuditLog) -> None:
    record(log, 2)
    first, second = rows(main)
    values = {name: second._mapping[name] for name in second._fields if name not in {"seq", "previous", "hash"}}
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert first.previous == bytes(32)
    assert second.previous == first.hash
    assert second.hash == hashlib.sha256(first.hash + canonical).digest()


def test_an_untouched_log_is_intact(main: Database, log: AuditLog) -> None:
    record(log, 5)
    result = report(main)
    assert result.is_intact
    assert result.entries == 5
    assert [(head.chain, head.number) for head in result.heads] == [("api-1", 5)]


@pytest.mark.parametrize(
    "column", [each.name for each in audit_entry.columns if each.name not in {"seq", "chain", "number"}]
)
def test_an_edit_of_any_column_is_found_at_its_position(main: Database, log: AuditLog, column: str) -> None:
    record(log, 4)
    old = rows(main)[2]._mapping[column]
    tamper(main, 3, **{column: bytes(32) if isinstance(old, bytes) else 99 if isinstance(old, int) else "x"})
    assert AuditFault("api-1", 3, FaultKind.ALTERED) in report(main).faults


def test_an_edit_with_a_recomputed_hash_is_found_at_the_next_entry(main: Database, log: AuditLog) -> None:
    record(log, 4)
    row = rows(main)[1]
    values = {name: row._mapping[name] for name in row._fields if name not in {"seq", "previous", "hash"}} | {
        "actor": "liu"
    }
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    tamper(main, 2, actor="liu", hash=hashlib.sha256(row.previous + canonical).digest())
    assert report(main).faults == (AuditFault("api-1", 3, FaultKind.UNLINKED),)


def test_a_deleted_entry_is_found_at_its_position(main: Database, log: AuditLog) -> None:
    record(log, 4)
    with main.write() as connection:
        connection.execute(sa.delete(audit_entry).where(audit_entry.c.number == 2))
    assert report(main).faults == (AuditFault("api-1", 3, FaultKind.MISSING),)


def test_a_deleted_first_entry_is_found(main: Database, log: AuditLog) -> None:
    record(log, 3)
    with main.write() as connection:
        connection.execute(sa.delete(audit_entry).where(audit_entry.c.number == 1))
    assert report(main).faults == (AuditFault("api-1", 2, FaultKind.MISSING),)


def test_reordered_entries_are_found_at_their_positions(main: Database, log: AuditLog) -> None:
    record(log, 4)
    for old, new in ((2, 99), (3, 2), (99, 3)):
        tamper(main, old, number=new)
    positions = {fault.number for fault in report(main).faults}
    assert {2, 3} <= positions


def test_a_cut_end_is_found_against_a_head_kept_elsewhere(main: Database, log: AuditLog) -> None:
    record(log, 4)
    (head,) = report(main).heads
    assert report(main, head).is_intact
    with main.write() as connection:
        connection.execute(sa.delete(audit_entry).where(audit_entry.c.number == 4))
    assert report(main).is_intact
    assert report(main, head).faults == (AuditFault("api-1", 4, FaultKind.TRUNCATED),)


def test_a_rewritten_chain_is_found_against_a_head_kept_elsewhere(main: Database, log: AuditLog) -> None:
    record(log, 3)
    (head,) = report(main).heads
    with main.write() as connection:
        connection.execute(sa.delete(audit_entry))
    for number in range(1, 5):
        log.record(entry(number, actor="liu"))
    assert report(main).is_intact
    assert report(main, head).faults == (AuditFault("api-1", 3, FaultKind.TRUNCATED),)


def test_waiting_entries_are_committed_together(main: Database, log: AuditLog) -> None:
    commits: list[object] = []
    sa.event.listen(main.engine, "commit", commits.append)
    with main.write():  # the log has to wait for this writer, and entries gather
        futures = [log.submit(entry(number)) for number in range(200)]
        done, _ = wait(futures, timeout=0.2)
        assert not done
    wait(futures)
    assert [future.exception() for future in futures] == [None] * 200
    assert len(commits) <= 3
    assert report(main).entries == 200
    assert report(main).is_intact


def test_many_threads_make_one_intact_chain(main: Database, log: AuditLog) -> None:
    threads = [threading.Thread(target=record, args=(log, 10)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (report(main).entries, report(main).faults) == (80, ())


def test_a_failed_commit_reaches_every_waiter_and_the_log_goes_on(main: Database, log: AuditLog) -> None:
    with main.write() as connection:
        connection.execute(sa.text("ALTER TABLE audit_entry RENAME TO away"))
    futures = [log.submit(entry(number)) for number in range(5)]
    for future in futures:
        with pytest.raises(AuditError, match="could not be made durable"):
            future.result()
    with pytest.raises(AuditError):
        log.record(entry())
    with main.write() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO audit_entry"))
    log.record(entry())
    assert report(main).entries == 1


def test_a_caller_that_goes_away_does_not_take_its_entry_back(main: Database, log: AuditLog) -> None:
    future = log.submit(entry())
    assert not future.cancel()
    try:
        future.result()
    except CancelledError:
        pytest.fail("the entry was taken back")
    assert report(main).entries == 1


def test_closing_commits_what_waits_and_refuses_what_comes_later(main: Database) -> None:
    log = AuditLog(main, "api-2")
    futures = [log.submit(entry(number)) for number in range(20)]
    log.close()
    assert all(future.done() for future in futures)
    assert report(main).entries == 20
    with pytest.raises(AuditError, match="closed"):
        log.record(entry())


def test_a_chain_goes_on_after_a_restart(main: Database) -> None:
    for _ in range(2):
        log = AuditLog(main, "api-3")
        log.record(entry())
        log.close()
    assert [row.number for row in rows(main)] == [1, 2]
    assert report(main).is_intact


def test_two_logs_with_the_same_name_share_a_chain(main: Database) -> None:
    logs = [AuditLog(main, "same"), AuditLog(main, "same")]
    for number in range(6):
        logs[number % 2].record(entry(number))
    for log in logs:
        log.close()
    assert (report(main).entries, report(main).faults) == (6, ())


def test_entries_appended_to_a_transaction_live_and_die_with_it(main: Database, log: AuditLog) -> None:
    with main.write() as connection:
        log.append(connection, [entry(1), entry(2)])
        log.append(connection, [entry(3)])
    connection = main.engine.connect()
    transaction = connection.begin()
    log.append(connection, [entry(4)])
    transaction.rollback()
    connection.close()
    log.record(entry(5))
    result = report(main)
    assert [(head.chain, head.number) for head in result.heads] == [("api-1", 1), ("api-1+own", 3)]
    assert result.is_intact


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": ("li.hua@example.com",)},
        {"fields": ("+8613812345678",)},
        {"fields": ("13812345678",)},
        {"fields": ("two words",)},
        {"fields": ("",)},
        {"action": "read it"},
        {"purpose": "a b"},
        {"decision": "=1"},
        {"subject": "wang"},
        {"subject": "00ff,"},
        {"subject": "00ff,*"},
        {"actor": "line\nbreak"},
        {"actor": "\ud800"},
        {"request_id": "\x00"},
    ],
)
def test_values_do_not_fit_into_an_entry(changes: dict[str, Any]) -> None:
    with pytest.raises(AuditError):
        entry(**changes)


def test_names_of_traits_in_any_script_fit() -> None:
    assert entry(fields=("trait.尺码", "email#1", "trait.shoe-size")).fields[0] == "trait.尺码"
