"""What a plan need not know any more once its batch is sealed: what its events say.

Who writes the batch counts how many events of each kind came to what, and names what changed a person. The rest would be told to
another process for nothing, and in clear.
"""

from collections.abc import Hashable, Sequence
from functools import cache

from cdc.changes import FactChange, Ignored, Origin, RecordChange, RowDelete
from cdc.fold import Cause, Outcome
from cdc.plan import Entry, Plan
from identity import RowKey

_NO_ORIGIN = Origin("", 0, "", b"")
_NO_ROW = RowKey("", "", ())
_RECORD = RecordChange(_NO_ORIGIN, _NO_ROW, ())


def forget_values(plan: Plan) -> None:
    """Leave to a sealed plan what it takes to write it; nothing can be planned or sealed with it after that.

    Events that are parked, or were, stay whole; of others that are counted together, one stands for all.
    """
    plan.entries = _counted(plan.entries)
    rows = plan.fold.rows.values()
    for life in [life for row in rows for life in (row.life, row.transit) if life is not None] + plan.fold.ended:
        if isinstance(life.change, RecordChange):
            life.change = _RECORD
        elif isinstance(life.change, FactChange):
            life.change = _fact(life.change.kind)
        life.cause = _told(life.cause) if life.is_person and life.cause is not None else None


def _told(cause: Cause) -> Cause:
    """What a history and a breaker tell of a cause: its place and kind, and which table it is of."""
    if not isinstance(cause, (RecordChange, FactChange, RowDelete)):
        return cause
    table = RowKey(cause.row.source, cause.row.table, ())
    if isinstance(cause, RowDelete):
        return RowDelete(cause.origin, table, is_person=cause.is_person)
    return RecordChange(cause.origin, table, ())


def _counted(entries: Sequence[Entry]) -> list[Entry]:
    kinds = [_kind(entry) for entry in entries]
    standing: dict[Hashable, Entry] = {}
    for kind, entry in zip(kinds, entries, strict=True):
        if kind not in standing or _read_ms(entry) < _read_ms(standing[kind]):
            standing[kind] = entry
    return [entry if kind is None else standing[kind] for kind, entry in zip(kinds, entries, strict=True)]


def _kind(entry: Entry) -> Hashable:
    """Events with the same are counted together; None for one that is looked at by itself."""
    change = entry.event.change
    if entry.parked_id is not None:
        return None
    if isinstance(change, Ignored):
        return Ignored
    if entry.outcome not in (Outcome.APPLIED, Outcome.SEEN) or entry.guarded is None:
        return None
    is_person = change.is_person if isinstance(change, RowDelete) else None
    origin, row = entry.guarded.change.origin, entry.guarded.change.row
    read = (row.source, row.table, entry.guarded.guard) if origin.confirms else None
    return type(change), is_person, entry.outcome, read


def _read_ms(entry: Entry) -> int:
    """When a snapshot read it: the first that it read of a table counts."""
    return entry.guarded.change.origin.read_ms if entry.guarded else 0


@cache
def _fact(kind: str) -> FactChange:
    return FactChange(_NO_ORIGIN, _NO_ROW, kind)
