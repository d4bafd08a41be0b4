"""What a plan need not know any more once its batch is sealed: what its events say.

Who writes the batch counts how many events of each kind came to what, and names what changed a person. The rest would be told to
another process for nothing, and in clear.
"""

from collections.abc import Hashable, Sequence
from functools import cache

from cdc.changes import FactChange, Origin, RecordChange, RowDelete
from cdc.fold import Outcome
from cdc.plan import Entry, Plan
from identity import RowKey

_NO_ORIGIN = Origin("", 0, "", b"")
_NO_ROW = RowKey("", "", ())
_RECORD = RecordChange(_NO_ORIGIN, _NO_ROW, ())


def forget_values(plan: Plan) -> None:
    """Leave to a sealed plan what it takes to write it; nothing can be planned or sealed with it after that.

    Events that are parked, or were, stay whole; of others that are counted together, the first stands for all.
    """
    plan.entries = _counted(plan.entries)
    rows = plan.fold.rows.values()
    for life in [life for row in rows for life in (row.life, row.transit) if life is not None] + plan.fold.ended:
        if isinstance(life.change, RecordChange):
            life.change = _RECORD
        elif isinstance(life.change, FactChange):
            life.change = _fact(life.change.kind)
        if not life.is_person:
            life.cause = None
        elif isinstance(life.cause, RecordChange):
            life.cause = RecordChange(life.cause.origin, life.cause.row, ())


def _counted(entries: Sequence[Entry]) -> list[Entry]:
    known: dict[Hashable, Entry] = {}
    return [entry if (kind := _kind(entry)) is None else known.setdefault(kind, entry) for entry in entries]


def _kind(entry: Entry) -> Hashable:
    """Events with the same are counted together; None for one that is looked at by itself."""
    change = entry.event.change
    if entry.parked_id is not None or entry.outcome not in (Outcome.APPLIED, Outcome.SEEN) or entry.guarded is None:
        return None
    is_person = change.is_person if isinstance(change, RowDelete) else None
    origin, row = entry.guarded.change.origin, entry.guarded.change.row
    read = (row.source, row.table, entry.guarded.guard, origin.read_ms) if origin.confirms else None
    return type(change), is_person, entry.outcome, read


@cache
def _fact(kind: str) -> FactChange:
    return FactChange(_NO_ORIGIN, _NO_ROW, kind)
