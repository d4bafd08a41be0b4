"""Turn the pending changes of lives into sealed writes: mint keys, fill what an event did not say, seal, make tokens.

Runs before the write transaction. The keys are committed to the key store first, so a stop in between leaves orphan keys
at worst, never a cell without its key.
"""

import os
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.changes import ConsentValue, FactChange, Origin, RecordChange
from cdc.fold import Life, U, fill_unknown, has_unknown
from cdc.mapping_store import Derivations
from cdc.store import TableIds
from identity import (
    Ahead,
    CellReader,
    Evidence,
    FieldValue,
    Identifier,
    Known,
    Matcher,
    MatchReader,
    RecordWrite,
    RowKey,
    cell_column,
    look_ups,
    seal_known,
    source_record,
    weigh_ahead,
)
from privacy import CellCipher, Consent, DataKey, IdentityTokens, KeyRing, KeyStore, Statement, record_consents
from privacy import consent as consent_table
from profiles import CLEAR_COLUMNS, FactWrite, fact, fact_cell
from storage import select_in

_NATURAL = ("natural_key", 0)
_clear_of = attrgetter(*CLEAR_COLUMNS)

# A stored record lends its values only; where it came from plays no part.
_NOWHERE = Origin("", 0, "", b"")
_NO_ROW = RowKey("", "", ())


@dataclass(slots=True)
class Writes:
    """What a batch writes, sealed."""

    records: list[RecordWrite] = field(default_factory=list)
    facts: list[FactWrite] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    ahead: Ahead = field(default_factory=Ahead)

    def joined(self, other: "Writes") -> "Writes":
        """With what else is written."""
        return Writes(
            self.records + other.records, self.facts + other.facts, self.statements + other.statements, self.ahead
        )


@dataclass(frozen=True, slots=True)
class Sealer:
    """Holds what sealing needs; one for each installation."""

    keystore: KeyStore
    keys: KeyRing
    cipher: CellCipher
    tokens: IdentityTokens
    matcher: Matcher
    reader: CellReader
    match_reader: MatchReader
    tables: TableIds
    derivations: Derivations = field(default_factory=Derivations)

    def row_token(self, row: RowKey) -> bytes:
        """The keyed hash by which rows refer to each other."""
        return self.tokens.row_token(row.source, row.table, row.key)

    def seal(self, connection: Connection, lives: Sequence[Life]) -> Writes:
        """Seal the pending change of each life; gives each life without an incarnation a new one."""
        self._fill(connection, lives)
        fresh = [life for life in lives if life.incarnation is None]
        for life, incarnation in zip(fresh, _new_incarnations(len(fresh)), strict=True):
            life.incarnation = incarnation
        keys = self._keys(connection, [life for life in lives if _needs_key(life)])
        writes = Writes()
        for life in lives:
            assert life.incarnation is not None  # noqa: S101 - minted above
            if isinstance(life.change, RecordChange):
                writes.records.append(self._record(life, life.change, keys[life.incarnation]))
                writes.statements += self._column_consents(life.incarnation, life.change)
            elif isinstance(life.change, FactChange) and life.change.kind == "consent":
                writes.statements += self._row_consent(life.incarnation, life.change)
            elif isinstance(life.change, FactChange):
                writes.facts.append(self._fact(life, life.change, keys.get(life.incarnation)))
        return writes

    def weigh_ahead(self, connection: Connection, writes: Writes) -> Ahead:
        """Weigh what a batch writes against what is stored so far."""
        evidence = {record.incarnation: record.evidence for record in writes.records}
        return weigh_ahead(connection, self.matcher, self.match_reader, evidence)

    def _keys(self, connection: Connection, lives: Sequence[Life]) -> dict[bytes, DataKey]:
        """Load the keys of what is stored and mint those of what is new.

        A person, or a fact with sealed values, that is stored has a key: where it is missing, another would bury what
        the first one sealed (:class:`privacy.KeyNotStored`).
        """
        persons = {life.incarnation for life in lives if life.is_stored and life.is_person and life.incarnation}
        facts = {life.incarnation for life in lives if life.is_stored and not life.is_person and life.incarnation}
        keys = self.keys.require(connection, persons) | self.keys.load(connection, facts)
        self.keys.require(connection, _sealed_facts(connection, facts - keys.keys()))
        missing = [life.incarnation for life in lives if life.incarnation and life.incarnation not in keys]
        return {**keys, **self.keystore.mint(missing)}

    def _record(self, life: Life, change: RecordChange, key: DataKey) -> RecordWrite:
        assert life.incarnation is not None  # noqa: S101 - minted by the caller
        natural = change.row.natural()
        return RecordWrite(
            incarnation=life.incarnation,
            is_new=not life.is_stored,
            is_moved=life.is_moved,
            table_id=self.tables[change.row.source, change.row.table],
            natural_cell=self.cipher.seal(key, table="source_record", column="natural_key", value=natural),
            cells={
                (f.attribute, f.slot): (
                    self._cell(key, "record_cell", f),
                    f.verified if isinstance(f.verified, bool) else None,
                )
                for f in change.fields
                if f.value is not None
            },
            identifiers=self.identifiers(change.fields),
            evidence=self.evidence(self.row_token(change.row), natural, change.fields, key),
            updated_at=_int(change.updated_at),
            created_at=_int(change.created_at),
            store=_text(change.store),
            points=_int(change.points),
        )

    def _cell(self, key: DataKey, table: str, value: FieldValue) -> bytes:
        column = cell_column(value.attribute, value.slot)
        return self.cipher.seal(key, table=table, column=column, value=str(value.value))

    def evidence(self, row_token: bytes, natural: str, fields: Collection[FieldValue], key: DataKey) -> Evidence:
        """What a record is matched by."""
        known = Known(natural, self.matcher.features(fields))
        return Evidence(row_token, known, self.matcher.keys(known.features), seal_known(self.cipher, key, known))

    def identifiers(self, fields: Collection[FieldValue]) -> frozenset[Identifier]:
        """What a record is looked up by."""
        found = look_ups(fields, self.matcher.rules)
        return frozenset(Identifier(self.tokens.token(*name), name[0], verified) for name, verified in found.items())

    def _fact(self, life: Life, change: FactChange, key: DataKey | None) -> FactWrite:
        assert life.incarnation is not None  # noqa: S101 - minted by the caller
        natural = msgspec.json.encode(change.row.key).decode()
        fields = [f for f in change.fields if f.value is not None]
        if change.key_is_personal:
            fields.append(FieldValue(*_NATURAL, natural))
        return FactWrite(
            incarnation=life.incarnation,
            is_new=not life.is_stored,
            row_token=self.row_token(change.row),
            table_id=self.tables[change.row.source, change.row.table],
            kind=change.kind,
            channel=change.channel,
            person_token=self._reference(change.person),
            parent_token=self._reference(change.parent),
            natural_key=None if change.key_is_personal else natural,
            clear=dict(zip(CLEAR_COLUMNS, _clear_of(change), strict=True)),
            cells={(f.attribute, f.slot): self._cell(key, "fact_cell", f) for f in fields} if key else {},
        )

    def _reference(self, row: object) -> bytes | None:
        return row if isinstance(row, bytes) else self.row_token(row) if isinstance(row, RowKey) else None

    def _column_consents(self, incarnation: bytes, change: RecordChange) -> list[Statement]:
        """One statement for each purpose; where two columns state the same one, as if they were two rows."""
        person = self.row_token(change.row)
        stated = (
            Consent(c.purpose, c.state, _int(c.effective_at)) for c in change.consents if isinstance(c.state, str)
        )
        return [Statement(incarnation, person, consent) for consent in record_consents(stated).values()]

    def _row_consent(self, incarnation: bytes, change: FactChange) -> list[Statement]:
        if not (isinstance(change.purpose, str) and isinstance(change.state, str)):
            return []
        stated = Consent(change.purpose, change.state, _int(change.occurred_at))
        return [Statement(incarnation, self._reference(change.person), stated)]

    def _fill(self, connection: Connection, lives: Sequence[Life]) -> None:
        """Take unknown values from what is stored; a life that is not stored yet has nothing to take from."""
        unknown = [life for life in lives if life.change is not None and has_unknown(life.change)]
        if not unknown:
            return
        stored = [life.incarnation for life in unknown if life.is_stored and life.incarnation]
        records = self.stored_records(connection, stored)
        facts = self.stored_facts(connection, stored) | self.stored_statements(connection, stored)
        for life in unknown:
            if isinstance(life.change, RecordChange):
                empty = msgspec.structs.replace(
                    life.change, updated_at=None, created_at=None, store=None, points=None, fields=(), consents=()
                )
                known = self._as_mapped_now(connection, life, records.get(life.incarnation or b"", empty))
                life.change = fill_unknown(life.change, known)
            elif isinstance(life.change, FactChange):
                fact_known = fact_of(life.change, facts.get(life.incarnation or b"", {}))
                life.change = fill_unknown(life.change, self._as_mapped_now(connection, life, fact_known))

    def _as_mapped_now(self, connection: Connection, life: Life, stored: U) -> U:
        """What is stored of a life, as the mapping in force makes it."""
        if not life.is_stored or life.change is None:
            return stored
        now = self.tables.mappings.get((life.change.row.source, life.change.row.table))
        way = self.derivations.between(connection, life.mapping, now)
        if way is None:
            return stored
        life.is_patched = bool(way.gaps)
        return way.apply(stored)

    def stored_records(self, connection: Connection, incarnations: Collection[bytes]) -> dict[bytes, RecordChange]:
        """What is stored of each person row, without its key."""
        rows = select_in(connection, sa.select(source_record), source_record.c.incarnation, incarnations)
        fields = _by_incarnation(self.reader.cells(connection, incarnations))
        consents = self._stored_consents(connection, incarnations)
        return {
            row.incarnation: RecordChange(
                origin=_NOWHERE,
                row=_NO_ROW,
                fields=tuple(fields.get(row.incarnation, ())),
                updated_at=row.updated_at,
                created_at=row.created_at,
                store=row.store,
                points=row.points,
                consents=tuple(consents.get(row.incarnation, ())),
            )
            for row in rows
        }

    def _stored_consents(
        self, connection: Connection, incarnations: Collection[bytes]
    ) -> dict[bytes, list[ConsentValue]]:
        found: dict[bytes, list[ConsentValue]] = {}
        for row in select_in(connection, sa.select(consent_table), consent_table.c.incarnation, incarnations):
            found.setdefault(row.incarnation, []).append(ConsentValue(row.purpose, row.state, row.effective_at))
        return found

    def stored_statements(self, connection: Connection, incarnations: Collection[bytes]) -> dict[bytes, dict[str, Any]]:
        """What is stored of each row of a consent table, by the names of :class:`FactChange`."""
        return {
            row.incarnation: {
                "person": row.person_token,
                "purpose": row.purpose,
                "state": row.state,
                "occurred_at": row.effective_at,
            }
            for row in select_in(connection, sa.select(consent_table), consent_table.c.incarnation, incarnations)
        }

    def stored_facts(self, connection: Connection, incarnations: Collection[bytes]) -> dict[bytes, dict[str, Any]]:
        """What is stored of each fact, by the names of :class:`FactChange`; references come as row tokens."""
        rows = select_in(connection, sa.select(fact), fact.c.incarnation, incarnations)
        cells = select_in(connection, sa.select(fact_cell), fact_cell.c.incarnation, incarnations)
        keys = self.keys.require(connection, {cell.incarnation for cell in cells})
        fields: dict[bytes, list[FieldValue]] = {}
        for cell in (cell for cell in cells if cell.incarnation in keys):
            column = cell_column(cell.attribute, cell.slot)
            value = self.cipher.open(keys[cell.incarnation], cell.cell, table="fact_cell", column=column)
            fields.setdefault(cell.incarnation, []).append(FieldValue(cell.attribute, cell.slot, value))
        return {
            row.incarnation: {
                **{name: getattr(row, name) for name in CLEAR_COLUMNS},
                "person": row.person_token if row.has_own_person else None,
                "parent": row.parent_token,
                "fields": tuple(fields.get(row.incarnation, ())),
            }
            for row in rows
        }


def fact_of(change: FactChange, stored: Mapping[str, Any]) -> FactChange:
    """The fact of a change as it is ``stored``, by the names of :class:`FactChange`; what is not there holds nothing."""
    nothing: dict[str, Any] = dict.fromkeys((*CLEAR_COLUMNS, "person", "parent", "purpose", "state"))
    return msgspec.structs.replace(change, **{**nothing, "fields": (), **stored})


def _by_incarnation(cells: Mapping[tuple[bytes, str, int], tuple[str, bool]]) -> dict[bytes, list[FieldValue]]:
    found: dict[bytes, list[FieldValue]] = {}
    for (incarnation, attribute, slot), (value, verified) in cells.items():
        found.setdefault(incarnation, []).append(FieldValue(attribute, slot, value, verified))
    return found


def _sealed_facts(connection: Connection, incarnations: Collection[bytes]) -> set[bytes]:
    """Those of the facts that hold sealed values."""
    query = sa.select(fact_cell.c.incarnation)
    return {row.incarnation for row in select_in(connection, query, fact_cell.c.incarnation, incarnations)}


def _needs_key(life: Life) -> bool:
    change = life.change
    if isinstance(change, FactChange):
        return change.kind != "consent" and (change.key_is_personal or any(f.value is not None for f in change.fields))
    return True


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _new_incarnations(count: int) -> list[bytes]:
    """UUIDs of version 7 (RFC 9562, 5.7): 48 bits of milliseconds, 74 random ones.

    Rows that come together lie together wherever they are stored by incarnation: a batch of new ones fills a few pages of each table
    instead of touching one for each row. Nothing but storage depends on the time in it.
    """
    fixed = (time.time_ns() // 1_000_000) << 80 | 0x7 << 76 | 0b10 << 62
    drawn = os.urandom(10 * count)  # one system call
    return [_with_random(fixed, int.from_bytes(drawn[at : at + 10])) for at in range(0, len(drawn), 10)]


def _with_random(fixed: int, drawn: int) -> bytes:
    return (fixed | drawn >> 68 << 64 | drawn & (1 << 62) - 1).to_bytes(16)
