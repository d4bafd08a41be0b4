"""Lineage: every creation, merge, split and end of a profile, with the change that caused it."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity import Resolution
from profiles.tables import lineage
from profiles.traces import note_trace
from storage import OutboxEntry, insert, publish

#: Kinds of lineage entries. ``joined``: a record came to a profile that was there before; ``moved``: the id that was shown ended with its record, and another member's id is shown now.
LINEAGE_KINDS = ("created", "joined", "merged", "split", "moved", "ended")

#: Steps that end or begin the other profile, too: it hears of them itself.
MUTUAL_KINDS = ("merged", "split", "moved")

# More changes than this in one batch and component are counted, not listed.
_MOST_CAUSES = 10

Cause = Mapping[str, str | int]


class Step(msgspec.Struct, frozen=True):
    """One lineage entry: ``profile_id`` is where it is listed first, ``other_id`` the other profile, if any."""

    kind: str
    profile_id: bytes
    other_id: bytes | None


def steps(resolution: Resolution) -> Iterator[Step]:
    """The entries of one resolution: created before merged, so that a reader can replay them in order."""
    yield from (Step("created", i, None) for i in resolution.created)
    yield from (Step("joined", into, source) for into, source in resolution.joined)
    yield from (Step("split", source, new) for source, new in resolution.split)
    yield from (Step("moved", now, old) for old, now in resolution.moved)
    yield from (Step("merged", into, absorbed) for absorbed, into in resolution.merged)
    yield from (Step("ended", i, None) for i in resolution.ended)


def record(
    connection: Connection,
    resolution: Resolution,
    causes_of: Callable[[Step], Collection[Cause]],
    *,
    changed: Collection[bytes] = (),
    at: int,
) -> None:
    """Write the lineage of a resolution and tell the outbox; ``causes_of`` gives the changes behind a step.

    ``changed``: the profiles that were written anew, of which the outbox hears unless a step tells of them.
    """
    taken = list(steps(resolution))
    rows = [
        {"at": at, "kind": s.kind, "profile_id": s.profile_id, "other_id": s.other_id, "cause": _causes(causes_of(s))}
        for s in taken
    ]
    insert(connection, lineage, rows)
    plain = [OutboxEntry("profile.changed", i, {}) for i in sorted(set(changed) - _told(taken))]
    publish(connection, [*(_entry(s) for s in taken), *plain], at=at)
    shown = {s.profile_id for s in taken} | {e.subject for e in plain}
    note_trace(connection, changed=shown, gone=_gone(resolution))


@dataclass(frozen=True, slots=True)
class LineageEntry:
    """A stored step; ``at`` in microseconds, ``causes`` as they were written, ``{"more": n}`` for those that are not listed."""

    at: int
    kind: str
    profile_id: bytes
    other_id: bytes | None
    causes: list[dict[str, Any]]


def lineage_of(connection: Connection, profile_ids: Collection[bytes], *, most: int) -> list[LineageEntry]:
    """The newest steps that any of some profiles took part in, on either side, newest first."""
    of_them = sa.or_(lineage.c.profile_id.in_(profile_ids), lineage.c.other_id.in_(profile_ids))
    rows = connection.execute(sa.select(lineage).where(of_them).order_by(lineage.c.seq.desc()).limit(most))
    return [LineageEntry(row.at, row.kind, row.profile_id, row.other_id, json.loads(row.cause)) for row in rows]


def _gone(resolution: Resolution) -> set[bytes]:
    return {*resolution.ended, *(i for i, _ in resolution.merged), *(i for i, _ in resolution.moved)}


def _told(taken: Collection[Step]) -> set[bytes]:
    others = {s.other_id for s in taken if s.kind in MUTUAL_KINDS and s.other_id is not None}
    return {s.profile_id for s in taken} | others


def _causes(causes: Collection[Cause]) -> str:
    listed = list(causes)[:_MOST_CAUSES]
    more = [{"more": len(causes) - len(listed)}] if len(causes) > len(listed) else []
    return msgspec.json.encode([*listed, *more]).decode()


def _entry(step: Step) -> OutboxEntry:
    other = {"other": step.other_id.hex()} if step.other_id else {}
    return OutboxEntry(f"profile.{step.kind}", step.profile_id, other)
