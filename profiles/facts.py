"""Facts: orders, receipts, visits and the like, which hang on source records and so move with them by themselves.

Each fact names its person by row token, or inherits it from its parent order (a return, by its receipt). Writing keeps
the totals of each person exact: what a fact contributed before is taken off, what it contributes now is put on.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from profiles import totals
from profiles.tables import IS_ORDER, PARENT, fact, fact_cell
from storage import delete_in, insert, select_in, upsert

_FACTS = sa.select(fact)
_INHERITED = sa.select(fact).where(fact.c.has_own_person.is_(False))
_INHERITS = sa.select(fact.c.incarnation).where(fact.c.has_own_person.is_(False))

#: Kinds whose person is their parent's when the row does not name one.
_INHERITING = ("return",)
_PARENTS = sa.select(fact.c.incarnation, fact.c.row_token, fact.c.person_token).where(IS_ORDER)

_CLEAR = (
    "occurred_at",
    "amount_minor",
    "currency",
    "quantity",
    "unit_price_minor",
    "points",
    "rating",
    "sku",
    "label",
    "status",
    "store",
    "name",
)
#: The clear columns of a fact that a source row fills.
CLEAR_COLUMNS = _CLEAR


class FactWrite(msgspec.Struct, frozen=True):
    """The whole new version of one fact; ``clear`` holds the columns of ``CLEAR_COLUMNS``, ``cells`` the sealed values.

    ``is_new``: nothing of its incarnation is stored yet, so nothing is looked for.
    """

    incarnation: bytes
    row_token: bytes
    table_id: int
    kind: str
    channel: str
    person_token: bytes | None
    parent_token: bytes | None
    natural_key: str | None
    clear: Mapping[str, Any]
    cells: Mapping[tuple[str, int], bytes] = msgspec.field(default_factory=dict)
    is_new: bool = False


def lock_facts(connection: Connection, *, is_alone: bool) -> None:
    """Write facts beside others until the transaction ends, or alone; taken before the identity lock, by whoever takes both.

    Alone: who ends all rows of a table, who writes persons and facts together, and who writes or ends a fact that inherits its person. Two
    transactions do not see each other: a return that is written beside its order would never learn whose it is, and one that ends beside
    it would be taken off twice. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_ALONE if is_alone else _LOCK)


def inherit_person(connection: Connection, writes: Collection[FactWrite], *, ended: Collection[bytes]) -> bool:
    """Whether the person of one of these facts may be its parent's, or was as it is stored."""
    if any(write.kind in _INHERITING for write in writes):
        return True
    known = [*(w.incarnation for w in writes if not w.is_new), *ended]
    return bool(select_in(connection, _INHERITS, fact.c.incarnation, known))


# An arbitrary constant, as that of the identity lock.
_LOCK_KEY = 0x0F01E
_LOCK = sa.select(sa.func.pg_advisory_xact_lock_shared(_LOCK_KEY))
_LOCK_ALONE = sa.select(sa.func.pg_advisory_xact_lock(_LOCK_KEY))


def write_facts(connection: Connection, writes: Collection[FactWrite], *, ended: Collection[bytes]) -> set[bytes]:
    """Write new versions and remove ended incarnations; give the person tokens whose totals changed."""
    touched = [*(w.incarnation for w in writes), *ended]
    if not touched:
        return set()
    known = [*(w.incarnation for w in writes if not w.is_new), *ended]
    before = select_in(connection, _FACTS, fact.c.incarnation, known)
    persons = _persons(connection, writes, set(touched))
    after = [_row(w, persons[w.incarnation]) for w in writes]
    children = _children(connection, before, after, set(touched))
    _store(connection, before, after, writes)
    _reassign(connection, children)
    changes = totals.Changes()
    changes.remove([row._asdict() for row in before] + [old for old, _ in children])
    changes.add(after + [new for _, new in children])
    return totals.apply(connection, changes)


def _persons(
    connection: Connection, writes: Collection[FactWrite], touched: set[bytes]
) -> dict[bytes, tuple[bytes | None, bool]]:
    """For each write its effective person and whether the row names it itself."""
    inheriting = {w.parent_token for w in writes if w.person_token is None and w.kind in _INHERITING and w.parent_token}
    parents = select_in(connection, _PARENTS, fact.c.row_token, inheriting)
    known = {row.row_token: row.person_token for row in parents if row.incarnation not in touched}
    known |= {w.row_token: w.person_token for w in writes if w.kind == PARENT}
    return {
        w.incarnation: (w.person_token, True)
        if w.person_token is not None or w.kind not in _INHERITING
        else (known.get(w.parent_token) if w.parent_token else None, False)
        for w in writes
    }


def _row(write: FactWrite, person: tuple[bytes | None, bool]) -> dict[str, Any]:
    return {
        "incarnation": write.incarnation,
        "row_token": write.row_token,
        "table_id": write.table_id,
        "kind": write.kind,
        "channel": write.channel,
        "person_token": person[0],
        "has_own_person": person[1],
        "parent_token": write.parent_token,
        "natural_key": write.natural_key,
        **write.clear,
    }


def _children(
    connection: Connection, before: Collection[Row[Any]], after: Collection[Mapping[str, Any]], touched: set[bytes]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Stored facts that inherit another person now: (as they were, as they are)."""
    old = {row.row_token: row.person_token for row in before if row.kind == PARENT}
    gone: dict[bytes, bytes | None] = dict.fromkeys(old)
    new = gone | {row["row_token"]: row["person_token"] for row in after if row["kind"] == PARENT}
    # A key that an order leaves may be another one's already: the halves of a key change come in any order.
    left = [token for token in gone if new[token] is None]
    new |= {
        row.row_token: row.person_token
        for row in select_in(connection, _PARENTS, fact.c.row_token, left)
        if row.incarnation not in touched
    }
    changed = [token for token, person in new.items() if token not in old or old[token] != person]
    return [
        (row._asdict(), {**row._asdict(), "person_token": new[row.parent_token]})
        for row in select_in(connection, _INHERITED, fact.c.parent_token, changed)
        if row.incarnation not in touched
    ]


def _reassign(connection: Connection, children: Collection[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    if children:
        statement = (
            sa.update(fact).where(fact.c.incarnation == sa.bindparam("i")).values(person_token=sa.bindparam("p"))
        )
        connection.execute(statement, [{"i": new["incarnation"], "p": new["person_token"]} for _, new in children])


def _store(
    connection: Connection,
    before: Collection[Row[Any]],
    after: Collection[Mapping[str, Any]],
    writes: Collection[FactWrite],
) -> None:
    known = {row.incarnation for row in before}
    delete_in(connection, fact_cell, fact_cell.c.incarnation, known)
    delete_in(connection, fact, fact.c.incarnation, known - {row["incarnation"] for row in after})
    insert(connection, fact, [row for row in after if row["incarnation"] not in known])
    upsert(connection, fact, [row for row in after if row["incarnation"] in known])
    insert(
        connection,
        fact_cell,
        [
            {"incarnation": w.incarnation, "attribute": attribute, "slot": slot, "cell": cell}
            for w in writes
            for (attribute, slot), cell in w.cells.items()
        ],
    )
