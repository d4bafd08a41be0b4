"""Profiles: golden records by survivorship, facts, totals, lineage."""

from profiles.counters import recount
from profiles.export import CanonicalExport, as_digests
from profiles.facts import CLEAR_COLUMNS, FactWrite, inherit_person, lock_facts, write_facts
from profiles.history import LINEAGE_KINDS, LineageEntry, Step, lineage_of, record, steps
from profiles.messages import MESSAGE_KINDS, Message, messages
from profiles.rebuild import ProfileRules, rebuild
from profiles.survivorship import RULES, Held, Known, MemberRecord, SurvivorshipRules, Winner, winners
from profiles.tables import fact, fact_cell, fact_total, lineage, profile
from profiles.traces import sweep_traces, traces_of

__all__ = [
    "CLEAR_COLUMNS",
    "LINEAGE_KINDS",
    "MESSAGE_KINDS",
    "RULES",
    "CanonicalExport",
    "FactWrite",
    "Held",
    "Known",
    "LineageEntry",
    "MemberRecord",
    "Message",
    "ProfileRules",
    "Step",
    "SurvivorshipRules",
    "Winner",
    "as_digests",
    "fact",
    "fact_cell",
    "fact_total",
    "inherit_person",
    "lineage",
    "lineage_of",
    "lock_facts",
    "messages",
    "profile",
    "rebuild",
    "record",
    "recount",
    "steps",
    "sweep_traces",
    "traces_of",
    "winners",
    "write_facts",
]
