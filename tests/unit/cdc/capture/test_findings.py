"""What is found where no real server can be brought to it in a moment: by the server's answers alone."""

from collections.abc import Mapping
from typing import Any

import pytest

from cdc.capture.binlog import binlog_findings
from cdc.capture.findings import Finding
from cdc.capture.slots import slot_findings
from cdc.capture.tables import TableFacts, table_findings
from tests.unit.cdc.capture.sources import connector, shop, till

LIMITS = {"slots": 10, "slots_used": 1, "senders": 10, "senders_used": 1, "kept": "10GB"}
SLOT = {"plugin": "pgoutput", "database": "shop", "active": True, "wal_status": "reserved", "retained": 5}
GIGABYTE = 1024**3


def slot(limits: Mapping[str, Any] = {}, **changed: Any) -> list[Finding]:
    def rows(query: str, /, **values: Any) -> list[Mapping[str, Any]]:
        if "max_wal_senders" in query:
            return [{**LIMITS, **limits}]
        return [] if changed.get("plugin") == "none" else [{**SLOT, **changed}]

    return list(slot_findings(shop(), connector(shop()), rows))


def test_a_slot_that_is_read_is_no_finding() -> None:
    assert slot() == []
    assert slot(plugin="none") == []


@pytest.mark.parametrize(
    ("changed", "severity", "words"),
    [
        ({"wal_status": "unreserved"}, "error", "about to lose"),
        ({"wal_status": "extended", "retained": 2 * GIGABYTE}, "warning", "too slowly, it keeps 2048 MB"),
        ({"active": False, "retained": None}, "warning", "read by nobody"),
        ({"wal_status": "lost", "retained": None, "active": False}, "error", "has lost changes"),
        ({"database": "other"}, "error", "another plugin or database"),
    ],
)
def test_a_slot_in_trouble_is_told(changed: dict[str, Any], severity: str, words: str) -> None:
    (found,) = slot(**changed)
    assert (found.severity, words in found.why) == (severity, True)


def test_a_server_without_room_for_a_slot_or_sender_is_told_only_while_it_is_needed() -> None:
    full = {"slots_used": 10, "senders_used": 10}
    assert [finding.statements for finding in slot(full, plugin="none")] == [
        ("ALTER SYSTEM SET max_replication_slots = 14",),
        ("ALTER SYSTEM SET max_wal_senders = 14",),
    ]
    assert slot(full) == []


VARIABLES = {"log_bin": "ON", "binlog_format": "ROW", "binlog_row_image": "FULL", "expire_logs_days": "0.000000"}
RIGHTS = ("SELECT", "RELOAD", "LOCK TABLES", "REPLICATION SLAVE", "REPLICATION CLIENT")


def log(changed: Mapping[str, str] = VARIABLES, rights: tuple[str, ...] = RIGHTS) -> list[Finding]:
    def rows(query: str, /, **values: Any) -> list[Mapping[str, Any]]:
        if "VARIABLES" in query:
            return [{"variable_name": name, "value": value} for name, value in {**VARIABLES, **changed}.items()]
        if "user_privileges" in query:
            return [{"privilege": right, "db": "", "name": ""} for right in rights]
        return [{"name": "member_no", "kind": "PRI"}]

    return binlog_findings(till(), connector(till()), rows)


def test_mysqls_and_mariadbs_names_of_rights_are_both_known() -> None:
    assert log() == []
    assert log(rights=(*RIGHTS[:4], "BINLOG MONITOR")) == []


@pytest.mark.parametrize(
    ("changed", "severity", "statement"),
    [
        ({"log_bin": "OFF"}, "error", None),
        ({"binlog_row_value_options": "PARTIAL_JSON"}, "error", "SET GLOBAL binlog_row_value_options = ''"),
        ({"expire_logs_days": "1.000000"}, "warning", "SET GLOBAL expire_logs_days = 7"),
        ({"binlog_expire_logs_seconds": "60"}, "warning", "SET GLOBAL binlog_expire_logs_seconds = 604800"),
    ],
)
def test_a_log_that_loses_changes_is_told(changed: dict[str, str], severity: str, statement: str | None) -> None:
    (found,) = log(changed)
    assert (found.severity, found.statements) == (severity, () if statement is None else (statement,))


def test_logs_that_are_kept_for_long_or_for_ever_are_no_finding() -> None:
    assert log({"binlog_expire_logs_seconds": "0"}) == []
    assert log({"binlog_expire_logs_seconds": "2592000"}) == []


def keys(primary_key: tuple[str, ...], more: str = "") -> list[Finding]:
    source = shop(more)
    return list(
        table_findings(
            source, connector(source), source.tables["customers"], TableFacts(frozenset({"id", "a"}), primary_key)
        )
    )


def test_a_key_is_compared_whatever_its_order() -> None:
    assert keys(("id",)) == []
    assert "primary key (a)" in keys(("a",))[0].why


def test_a_key_that_debezium_is_told_is_not_looked_for_in_the_database() -> None:
    assert keys((), 'settings = { "message.key.columns" = "public.customers:id" }') == []
    assert keys(())[0].statements == ('ALTER TABLE "public"."customers" ADD PRIMARY KEY ("id")',)
