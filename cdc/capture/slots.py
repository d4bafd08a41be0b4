"""What of a PostgreSQL replication slot loses changes, or fills the disk of the source.

Source: PostgreSQL 15 documentation, "pg_replication_slots", "max_slot_wal_keep_size".
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdc.capture.connector import Connector
from cdc.capture.findings import ERROR, WARNING, Finding, Rows
from cdc.capture.sql import text
from cdc.mapping import SourceMapping

_LIMITS: Final = """
SELECT current_setting('max_replication_slots')::int AS slots, (SELECT count(*) FROM pg_replication_slots) AS slots_used,
       current_setting('max_wal_senders')::int AS senders, (SELECT count(*) FROM pg_stat_replication) AS senders_used,
       current_setting('max_slot_wal_keep_size') AS kept
"""
_SLOT: Final = """
SELECT plugin::text, database::text, active, wal_status, pg_wal_lsn_diff(
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn) AS retained
FROM pg_replication_slots WHERE slot_name = :name
"""
_SPARE: Final = 4
_MEGABYTE: Final = 1024 * 1024
#: The log that a slot may hold back before it is worth a word.
_MUCH: Final = 1024 * _MEGABYTE


def slot_findings(source: SourceMapping, connector: Connector, rows: Rows) -> Iterator[Finding]:
    """All that is wrong with the connector's slot, and with what the server gives to slots."""
    (limits,) = rows(_LIMITS)
    slot = next(iter(rows(_SLOT, name=connector.slot)), None)
    if limits["kept"] == "-1":
        why = (
            "is -1: a slot that nobody reads keeps the log until the disk is full; set it to what the disk can spare, and to "
            "more than is written while a connector may be down"
        )
        mend = ("ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'", "SELECT pg_reload_conf()")
        yield Finding(WARNING, source.name, "setting max_slot_wal_keep_size", why, mend)
    if slot is None:
        yield from _room(source, limits)
        return
    yield from _slot(source, connector, slot)


def _room(source: SourceMapping, limits: Mapping[str, Any]) -> Iterator[Finding]:
    for setting, most, used in (
        ("max_replication_slots", limits["slots"], limits["slots_used"]),
        ("max_wal_senders", limits["senders"], limits["senders_used"]),
    ):
        if used >= most:
            why = f"all {most} are in use: none is left for the connector; restart PostgreSQL after the statement"
            mend = f"ALTER SYSTEM SET {setting} = {used + _SPARE}"
            yield Finding(ERROR, source.name, f"setting {setting}", why, (mend,))


def _slot(source: SourceMapping, connector: Connector, slot: Mapping[str, Any]) -> Iterator[Finding]:
    place = f"slot {connector.slot}"
    drop = f"SELECT pg_drop_replication_slot({text(connector.slot)})"
    if slot["plugin"] != "pgoutput" or slot["database"] != connector.database:
        why = "belongs to another plugin or database: set another `slot`, or drop this one if nobody needs it"
        yield Finding(ERROR, source.name, place, why, (drop,))
        return
    if slot["wal_status"] == "lost":
        why = (
            "has lost changes: the log that it needed is gone (max_slot_wal_keep_size). Drop it, then take the connector away "
            "and apply it again, which reads all rows anew"
        )
        yield Finding(ERROR, source.name, place, why, (drop,))
        return
    kept = f"it keeps {int(slot['retained'] or 0) // _MEGABYTE} MB of log on the source"
    again = f"see `onefold connector status {source.name}`"
    if slot["wal_status"] == "unreserved":
        yield Finding(ERROR, source.name, place, f"is about to lose changes, {kept}: {again}")
    elif not slot["active"]:
        yield Finding(WARNING, source.name, place, f"is read by nobody, and {kept}: {again}")
    elif (slot["retained"] or 0) > _MUCH:
        yield Finding(WARNING, source.name, place, f"is read too slowly, {kept}: {again}")
