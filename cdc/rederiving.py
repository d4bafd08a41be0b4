"""Make anew, from its sealed values, what a stored record is matched and looked up by."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.mapping import Mapping as SourceMapping
from cdc.sealing import Sealer
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


class Derived(NamedTuple):
    """What a record is matched by, and what it is looked up by."""

    evidence: Evidence
    identifiers: frozenset[Identifier]


class Rederiver:
    """Reads stored records as the rules of ``sealer`` say."""

    def __init__(self, sealer: Sealer, mapping: SourceMapping) -> None:
        """``mapping`` says which WeChat app an openid column belongs to."""
        self._sealer = sealer
        self._apps = {
            (source.name, name, column.slot): column.app
            for source in mapping.sources
            for name, table in source.tables.items()
            for column in table.of("wechat_openid")
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
        tables = self._tables(connection, incarnations)
        fields: dict[bytes, list[FieldValue]] = {incarnation: [] for incarnation in incarnations}
        cells = self._sealer.reader.cells(connection, incarnations)
        for (incarnation, attribute, slot), (value, verified) in cells.items():
            app = self._apps.get((*tables[incarnation], slot), "") if attribute == "wechat_openid" else ""
            fields[incarnation].append(FieldValue(attribute, slot, value, verified, app))
        return fields

    def _tables(self, connection: Connection, incarnations: Collection[bytes]) -> Mapping[bytes, tuple[str, str]]:
        query = sa.select(source_record.c.incarnation, source_record.c.table_id)
        rows = connection.execute(query.where(source_record.c.incarnation.in_(incarnations)))
        return {row.incarnation: self._sealer.tables.name(row.table_id) for row in rows}
