"""Write source records with their sealed cells, in bulk."""

from collections.abc import Collection, Mapping

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity.matching import Evidence
from identity.store import Identifier, identifiers_of, replace_identifiers
from identity.tables import record_cell, source_record
from storage import delete, insert, select_in, update, upsert

_PLACES = sa.select(record_cell.c.incarnation, record_cell.c.attribute, record_cell.c.slot)
_COUNTS = sa.select(record_cell.c.incarnation, sa.func.count().label("cells")).group_by(record_cell.c.incarnation)

CellKey = tuple[str, int]


class RecordWrite(msgspec.Struct, frozen=True):
    """The whole new version of one record. ``is_moved``: its row has another key than before.

    ``natural_cell`` is its sealed natural key. ``cells`` maps (attribute, slot) to (sealed cell, verified). ``identifiers`` are
    what it is looked up by, ``evidence`` what it is matched by. Times in microseconds.
    """

    incarnation: bytes
    is_new: bool
    table_id: int
    natural_cell: bytes
    cells: Mapping[CellKey, tuple[bytes, bool | None]]
    identifiers: frozenset[Identifier]
    evidence: Evidence
    is_moved: bool = False
    updated_at: int | None = None
    created_at: int | None = None
    store: str | None = None
    points: int | None = None


def write_records(
    connection: Connection, writes: Collection[RecordWrite], placed: Mapping[bytes, tuple[bytes, bytes, int]]
) -> None:
    """Insert new records where ``placed`` (component, profile id, arrival) puts them, overwrite known ones."""
    fresh = sorted((w for w in writes if w.is_new), key=_place)
    known = sorted((w for w in writes if not w.is_new), key=_place)
    insert(connection, source_record, [_new_row(w, *placed[w.incarnation]) for w in fresh])
    _update(connection, known)
    _write_cells(connection, fresh, known)
    before = identifiers_of(connection, [w.incarnation for w in known])
    replace_identifiers(connection, before, {w.incarnation: w.identifiers for w in writes})


def _place(write: RecordWrite) -> bytes:
    return write.incarnation


def _clear_columns(write: RecordWrite) -> dict[str, object]:
    return {
        "table_id": write.table_id,
        "updated_at": write.updated_at,
        "created_at": write.created_at,
        "store": write.store,
        "points": write.points,
        "natural_key": write.natural_cell,
    }


def _new_row(write: RecordWrite, component: bytes, profile_id: bytes, arrival: int) -> dict[str, object]:
    place = {"component": component, "profile_id": profile_id, "arrival": arrival}
    return {"incarnation": write.incarnation, "version": 1, **place, **_named(write), **_clear_columns(write)}


def _named(write: RecordWrite) -> dict[str, object]:
    return {"row_token": write.evidence.row_token}


def _update(connection: Connection, writes: Collection[RecordWrite]) -> None:
    moved = [{"incarnation": w.incarnation, **_named(w), **_clear_columns(w)} for w in writes if w.is_moved]
    # SQLite would write the index of the row tokens for each of these, too.
    stayed = [{"incarnation": w.incarnation, **_clear_columns(w)} for w in writes if not w.is_moved]
    for rows in (stayed, moved):
        update(connection, source_record, rows, by=["incarnation"], raised=["version"])


def _write_cells(connection: Connection, fresh: Collection[RecordWrite], known: Collection[RecordWrite]) -> None:
    insert(connection, record_cell, [row for w in fresh for row in _cell_rows(w)])
    upsert(connection, record_cell, [row for w in known for row in _cell_rows(w)])
    _drop_cells(connection, {w.incarnation: w.cells for w in known})


def _drop_cells(connection: Connection, written: Mapping[bytes, Collection[CellKey]]) -> None:
    """Delete what records hold beside what was ``written`` of them just now: hardly ever anything, so their cells are only counted."""
    counts = select_in(connection, _COUNTS, record_cell.c.incarnation, written)
    more = [row.incarnation for row in counts if row.cells > len(written[row.incarnation])]
    held = select_in(connection, _PLACES, record_cell.c.incarnation, more)
    gone = [{"incarnation": i, "attribute": a, "slot": s} for i, a, s in map(tuple, held) if (a, s) not in written[i]]
    delete(connection, record_cell, gone)


def _cell_rows(write: RecordWrite) -> list[dict[str, object]]:
    return [
        {"incarnation": write.incarnation, "attribute": a, "slot": s, "verified": verified, "cell": cell}
        for (a, s), (cell, verified) in write.cells.items()
    ]
