"""Make anew, from its sealed values, what a stored record is matched and looked up by."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.mapping import Mapping as SourceMapping
from cdc.mapping_shape import TableShape
from cdc.sealing import Sealer
from cdc.store import NO_MAPPING
from cdc.tables import source_row, table_mapping
from identity import (
    Evidence,
    FieldValue,
    Identifier,
    StaleFeatures,
    Stored,
    identifiers_of,
    keys_of,
    match_record,
    replace_identifiers,
    source_record,
    write_evidence,
)
from storage import select_in

_OPENID: Final = "wechat_openid"
_MADE_UNDER: Final = (
    sa.select(source_record.c.incarnation, source_row.c.mapping_id)
    .join_from(source_record, source_row, source_row.c.row_token == source_record.c.row_token)
    .where(source_row.c.incarnation == source_record.c.incarnation)
)


class Derived(NamedTuple):
    """What a record is matched by, and what it is looked up by."""

    evidence: Evidence
    identifiers: frozenset[Identifier]


class Rederiver:
    """Reads stored records as the rules of ``sealer`` say."""

    def __init__(self, sealer: Sealer, mapping: SourceMapping) -> None:
        """``mapping`` says which WeChat app an openid column belongs to, where it is not known under which a row was made."""
        self._sealer = sealer
        self._shapes: dict[int, TableShape] = {}
        self._apps = {
            (source.name, name, column.slot): column.app
            for source in mapping.sources
            for name, table in source.tables.items()
            for column in table.of(_OPENID)
        }

    def derive(self, connection: Connection, incarnations: Collection[bytes]) -> dict[bytes, Derived]:
        """What these records are matched and looked up by, without those whose key was destroyed."""
        fields = self._fields(connection, incarnations)
        evidence = self._evidence(connection, fields)
        return {i: Derived(found, self._sealer.identifiers(fields[i])) for i, found in evidence.items()}

    def rederive(self, connection: Connection, incarnations: Collection[bytes]) -> set[bytes]:
        """Write what these records are matched and looked up by anew; gives those that had something else."""
        derived = self.derive(connection, incarnations)
        before = self.stored(connection, derived)
        after = {i: found.evidence for i, found in derived.items()}
        different = {i: found for i, found in after.items() if before.get(i) != (found.known, found.keys)}
        write_evidence(connection, keys_of(connection, different), different)
        return {*different, *self.identify(connection, derived)}

    def identify(self, connection: Connection, derived: Mapping[bytes, Derived]) -> list[bytes]:
        """Write what records are looked up by; gives those that were looked up by something else."""
        found = identifiers_of(connection, derived)
        others = {i: d.identifiers for i, d in derived.items() if found.get(i, set()) != d.identifiers}
        replace_identifiers(connection, {i: found.get(i, set()) for i in others}, others)
        return list(others)

    def stored(
        self, connection: Connection, incarnations: Collection[bytes], *, table: sa.Table = match_record
    ) -> Mapping[bytes, Stored]:
        """The evidence in ``table``; of another version of the software it is worth as much as none."""
        reader = self._sealer.match_reader
        try:
            return reader.open(connection, reader.unopened(connection, incarnations, table=table))
        except StaleFeatures:
            return {}

    def _evidence(
        self, connection: Connection, fields: Mapping[bytes, Collection[FieldValue]]
    ) -> dict[bytes, Evidence]:
        naturals = self._sealer.reader.natural_keys(connection, fields.keys())
        keys = self._sealer.keys.require(connection, fields.keys())
        query = sa.select(source_record.c.incarnation, source_record.c.row_token)
        rows = connection.execute(query.where(source_record.c.incarnation.in_(fields.keys())))
        return {
            row.incarnation: self._sealer.evidence(
                row.row_token, naturals[row.incarnation], fields[row.incarnation], keys[row.incarnation]
            )
            for row in rows
            if row.incarnation in keys
        }

    def _fields(self, connection: Connection, incarnations: Collection[bytes]) -> dict[bytes, list[FieldValue]]:
        fields: dict[bytes, list[FieldValue]] = {incarnation: [] for incarnation in incarnations}
        cells = self._sealer.reader.cells(connection, incarnations)
        apps = self._apps_of(connection, [(i, slot) for i, attribute, slot in cells if attribute == _OPENID])
        for (incarnation, attribute, slot), (value, verified) in cells.items():
            app = apps[incarnation, slot] if attribute == _OPENID else ""
            fields[incarnation].append(FieldValue(attribute, slot, value, verified, app))
        return fields

    def _apps_of(self, connection: Connection, openids: Collection[tuple[bytes, int]]) -> dict[tuple[bytes, int], str]:
        """The app of each openid: as the mapping has it that its row was made under, which may be newer than ours."""
        records = {incarnation for incarnation, _ in openids}
        tables, shapes = self._tables(connection, records), self._made_under(connection, records)
        return {
            (i, slot): next((c.app for c in shapes[i].of(_OPENID) if c.slot == slot), "")
            if i in shapes
            else self._apps.get((*tables[i], slot), "")
            for i, slot in openids
        }

    def _made_under(self, connection: Connection, incarnations: Collection[bytes]) -> dict[bytes, TableShape]:
        rows = select_in(connection, _MADE_UNDER, source_record.c.incarnation, incarnations)
        numbers = {row.incarnation: row.mapping_id for row in rows if row.mapping_id not in (None, NO_MAPPING)}
        query = sa.select(table_mapping.c.id, table_mapping.c.shape)
        missing = set(numbers.values()) - self._shapes.keys()
        found = select_in(connection, query, table_mapping.c.id, sorted(missing))
        self._shapes |= {row.id: TableShape.decode(row.shape) for row in found}
        return {incarnation: self._shapes[number] for incarnation, number in numbers.items()}

    def _tables(self, connection: Connection, incarnations: Collection[bytes]) -> Mapping[bytes, tuple[str, str]]:
        query = sa.select(source_record.c.incarnation, source_record.c.table_id)
        rows = connection.execute(query.where(source_record.c.incarnation.in_(incarnations)))
        return {row.incarnation: self._sealer.tables.name(row.table_id) for row in rows}
