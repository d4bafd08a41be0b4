"""The mappings that stored rows were made under: numbers for them in the database, and which rows were made under another one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.derivation import Derivation, derivation
from cdc.mapping_shape import TableShape
from cdc.store import NO_MAPPING, TableIds, TableName
from cdc.tables import source_row, table_mapping
from identity import source_table, take_identity_lock
from storage import insert

_UNKNOWN = Derivation(gaps=("what the source said was not known when its mapping changed",))
_NOBODY = Derivation(gaps=("nothing of `onefold.toml` reads it any more",), is_other=True)


@dataclass(frozen=True, slots=True)
class Stale:
    """Live rows of a table that were made under another mapping than ``onefold.toml`` has now, and how they can follow it.

    ``mapping_id`` is that of the rows; ``kind`` what the table is now, "" where nothing reads it.
    """

    table: TableName
    table_id: int
    mapping_id: int
    rows: int
    derivation: Derivation
    kind: str = ""

    @property
    def is_derivable(self) -> bool:
        """Whether what is stored is enough."""
        return not self.derivation.gaps


@dataclass(slots=True)
class Derivations:
    """The ways between mappings, each looked up once; two threads may look up the same one twice, with one answer."""

    _shapes: dict[int, TableShape] = field(default_factory=dict)
    _found: dict[tuple[int, int], Derivation] = field(default_factory=dict)

    def between(self, connection: Connection, old: int | None, new: int | None) -> Derivation | None:
        """How content under mapping ``old`` becomes that of ``new``; None: it is the same, or nobody counts mappings here."""
        if new is None or old == new:
            return None
        if not old:
            return _UNKNOWN
        if (old, new) not in self._found:
            self._found[old, new] = derivation(self._shape(connection, old), self._shape(connection, new))
        return self._found[old, new]

    def _shape(self, connection: Connection, number: int) -> TableShape:
        if number not in self._shapes:
            query = sa.select(table_mapping.c.shape).where(table_mapping.c.id == number)
            self._shapes[number] = TableShape.decode(connection.execute(query).scalar_one())
        return self._shapes[number]


def register_shapes(connection: Connection, tables: TableIds, shapes: Mapping[TableName, TableShape]) -> None:
    """Give a number to each shape that has none, and tell ``tables`` those in force; call in a write transaction."""
    known = _known(connection)
    wanted = {name: (tables[name], shape.fingerprint()) for name, shape in shapes.items()}
    if not known.keys() >= set(wanted.values()):
        take_identity_lock(connection)  # another worker may be starting too
        known = _known(connection)
        fresh = [(place, shapes[name]) for name, place in sorted(wanted.items()) if place not in known]
        rows = [
            {"table_id": table_id, "fingerprint": fingerprint, "shape": shape.encode().decode()}
            for (table_id, fingerprint), shape in fresh
        ]
        insert(connection, table_mapping, rows)
        known = _known(connection)
    tables.mappings = {name: known[place] for name, place in wanted.items()}


def stale_rows(
    connection: Connection, shapes: Mapping[TableName, TableShape], among: Iterable[TableName] = ()
) -> list[Stale]:
    """The rows that the mapping with these ``shapes`` would make otherwise, by table and mapping; writes nothing."""
    wanted, names, known = set(among), _names(connection), _known(connection)
    found: list[Stale] = []
    for table_id, name in sorted(names.items(), key=lambda item: item[1]):
        if not wanted or name in wanted:
            shape = shapes.get(name)
            now = None if shape is None else known.get((table_id, shape.fingerprint()), -1)
            found += _stale(connection, table_id, name, now, shape)
    return found


def _stale(
    connection: Connection, table_id: int, name: TableName, now: int | None, shape: TableShape | None
) -> Iterator[Stale]:
    c = source_row.c
    behind = c.mapping_id.is_not(None) if now is None else sa.or_(c.mapping_id < now, c.mapping_id > now)
    counts = sa.func.count().label("all"), sa.func.count(c.incarnation).label("here")
    query = sa.select(c.mapping_id, *counts).group_by(c.mapping_id).order_by(c.mapping_id)
    alive = sa.or_(c.incarnation.is_not(None), c.transit.is_not(None))
    for row in connection.execute(query.where(c.table_id == table_id, alive, behind)):
        way, kind = _way(connection, row.mapping_id, shape), shape.kind if shape else ""
        # One on its way to another key is derived when it gets there; where nothing reads it any more, it never does.
        if rows := row.all if way.is_other else row.here:
            yield Stale(name, table_id, row.mapping_id, rows, way, kind)


def _way(connection: Connection, old: int, shape: TableShape | None) -> Derivation:
    if shape is None:
        return _NOBODY
    if old == NO_MAPPING:
        return _UNKNOWN
    text = connection.execute(sa.select(table_mapping.c.shape).where(table_mapping.c.id == old)).scalar_one()
    return derivation(TableShape.decode(text), shape)


def _known(connection: Connection) -> dict[tuple[int, bytes], int]:
    query = sa.select(table_mapping.c.id, table_mapping.c.table_id, table_mapping.c.fingerprint)
    return {(row.table_id, row.fingerprint): row.id for row in connection.execute(query)}


def _names(connection: Connection) -> dict[int, TableName]:
    return {row.id: (row.source, row.name) for row in connection.execute(sa.select(source_table))}
