"""The breaker: a batch that would join unusually many existing profiles is stopped before it is committed, for somebody to look at.

A source that fills a column with one value, or rules that are too wide, join strangers by the hundred. It decides when a batch is
committed, never what comes out: once accepted, the result is that of a run without a breaker, so its limit is no rule of identity.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.engine import Connection

from cdc.changes import SnapshotTableDone, TableTruncate
from cdc.errors import BlastRadius, TooManyMerges
from cdc.fold import Cause
from identity import Resolution
from profiles import profile
from storage import ConfigError, select_in

DEFAULT_LIMIT: Final = 100
_KEY: Final = "pause_above_merges"
_NAMED: Final = 3

#: The change of this batch that last touched each record.
Causes = Mapping[bytes | None, Cause | None]


def pause_limit(section: Mapping[str, Any]) -> int:
    """Read ``pause_above_merges`` of ``[identity]``: how many merges a batch may bring; 0: any number."""
    value = section.get(_KEY, DEFAULT_LIMIT)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigError("must be a whole number from 0 up; 0 never pauses", where=f"identity.{_KEY}")
    return value


class Breaker:
    """Stops batches of one installation."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        """``limit``: how many existing profiles a batch may join into others; 0: any number."""
        self.limit = limit

    def accept(self, merges: int) -> None:
        """Let batches with up to ``merges`` merges pass from now on, if fewer may."""
        self.limit = max(self.limit, merges) if self.limit else 0

    def check(self, connection: Connection, resolution: Resolution, causes: Causes) -> None:
        """Raise :class:`TooManyMerges` for a resolution of which golden records are not written yet."""
        if not self.limit or len(resolution.merged) + len(resolution.moved) <= self.limit:
            return
        radius = blast_radius(connection, resolution, causes)
        if radius.merges > self.limit:
            raise TooManyMerges(radius, self.limit)


def blast_radius(connection: Connection, resolution: Resolution, causes: Causes) -> BlastRadius:
    """Measure what a resolution joins; profiles that did not exist before it do not count."""
    ends = [*resolution.merged, *resolution.moved]
    existing = _sizes(connection, {i for pair in ends for i in pair})
    joined: dict[bytes, set[bytes]] = {}
    for old, now in ends:
        joined.setdefault(now, {now}).add(old)
    whole = {now: old & existing.keys() for now, old in joined.items() if len(old & existing.keys()) > 1}
    touched = {i for old in whole.values() for i in old}
    return BlastRadius(
        merges=sum(len(old) - 1 for old in whole.values()),
        profiles=len(touched),
        records=sum(existing[i] for i in touched),
        largest=max((len(resolution.clusters[now]) for now in whole), default=0),
        causes=_tables(resolution, whole, causes),
        examples=tuple(sorted((old, now) for old, now in resolution.merged if now in whole)[:_NAMED]),
    )


def _sizes(connection: Connection, ids: set[bytes]) -> dict[bytes, int]:
    """How many records each profile shows that is stored now."""
    rows = select_in(connection, profile.select().with_only_columns(profile.c.id, profile.c.records), profile.c.id, ids)
    return {row.id: row.records for row in rows}


def _tables(resolution: Resolution, joined: Mapping[bytes, object], causes: Causes) -> tuple[tuple[str, int], ...]:
    """The tables whose changes are among the joined records, else all of the batch; those of most changes first."""
    near = {record for now in joined for record in resolution.clusters[now]}
    chosen = [cause for record, cause in causes.items() if record in near] or list(causes.values())
    counted = Counter(_table(cause) for cause in chosen if cause is not None)
    return tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:_NAMED])


def _table(cause: Cause) -> str:
    name = cause.table if isinstance(cause, (TableTruncate, SnapshotTableDone)) else cause.row.table
    return f"{cause.origin.source}.{name}"
