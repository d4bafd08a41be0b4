"""Bring stored rows to a changed mapping: each is derived anew from its sealed values, where these are enough.

In batches, each a transaction under the locks of facts and of identity like those of ingest, so it can be stopped anywhere and run again: a row says
itself under which mapping it was made. What only the source knows (a column that was not captured) stays as it is until an event of
the row comes again, by a snapshot or a replay; every row that is written then is of the new mapping by itself.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc import in_force, store
from cdc.breaker import Breaker
from cdc.changes import FactChange, Origin, RecordChange, RowDelete
from cdc.derivation import Derivation
from cdc.errors import TooManyMerges
from cdc.fold import Life, RowState, Upsert
from cdc.mapping_store import Stale
from cdc.sealing import Sealer, Writes, fact_of
from cdc.tables import source_row
from cdc.writing import Report, Writer, wall_time
from identity import RowKey, take_identity_lock
from privacy import finish_destruction
from profiles import ProfileRules, fact, fact_cell, lock_facts
from storage import Database, delete_in, select_in

#: Rows that are committed together: ingest waits for no longer than such a batch takes.
BATCH_ROWS: Final = 200
#: What lineage names as the stream of these changes.
STREAM: Final = "remap"
_NATURAL: Final = ("natural_key", 0)
_CONSENT: Final = "consent"

Moved = Callable[[int], None]


@dataclass(slots=True)
class RemapReport:
    """``derived`` rows follow the mapping now, ``forgotten`` ones are gone; ``unreadable``: their keys are destroyed, so they stay."""

    derived: int = 0
    forgotten: int = 0
    unreadable: int = 0
    profiles_merged: int = 0
    profiles_split: int = 0

    def add(self, report: Report) -> None:
        """Count what became of profiles."""
        self.profiles_merged += report.profiles_merged
        self.profiles_split += report.profiles_split


class Remapper:
    """Remaps one installation under the mapping that ``sealer.tables`` has in force; used by one thread."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        *,
        profile_rules: ProfileRules,
        breaker: Breaker,
        batch: int = BATCH_ROWS,
    ) -> None:
        """``breaker`` stops a batch that would join unusually many profiles; ``batch`` rows are committed together."""
        self._database = database
        self._sealer = sealer
        self._breaker = breaker
        self._batch = batch
        self._writer = Writer(sealer, profile_rules, wall_time)
        self._rules = in_force.rule_fingerprints(sealer.matcher, profile_rules)

    def derive(self, stale: Stale, report: RemapReport, *, moved: Moved = lambda _: None) -> None:
        """Derive rows for which what is stored is enough; ``moved`` hears how many were looked at.

        :class:`cdc.TooManyMerges` leaves the batch that it is about undone, :class:`cdc.RulesChanged` everything.
        """
        assert stale.is_derivable  # noqa: S101 - the caller looks
        self._each_batch(stale, lambda connection, tokens: self._derive(connection, stale, tokens, report), moved)

    def forget(self, stale: Stale, report: RemapReport, *, moved: Moved = lambda _: None) -> None:
        """Take rows away as if they had never been read: their keys are destroyed, and a snapshot brings them anew."""
        self._each_batch(stale, lambda connection, tokens: self._forget(connection, stale, tokens, report), moved)
        finish_destruction(self._database, self._sealer.keystore)

    def _each_batch(self, stale: Stale, work: Callable[[Connection, list[bytes]], None], moved: Moved) -> None:
        after = b""
        while True:
            with self._database.write() as connection:
                lock_facts(connection, is_alone=True)
                take_identity_lock(connection)
                in_force.require_rules(connection, self._rules)
                tokens = _page(connection, stale, after, self._batch)
                if tokens:
                    with _naming(stale):
                        work(connection, tokens)
            if not tokens:
                return
            moved(len(tokens))
            after = tokens[-1]

    def _derive(self, connection: Connection, stale: Stale, tokens: list[bytes], report: RemapReport) -> None:
        rows = store.load_rows(connection, tokens, self._sealer.tables)
        lives = {row.token: row.life for row in rows.values() if row.life is not None}
        stored = self._stored(connection, stale, lives)
        ready = [row for row in rows.values() if row.token in stored]
        for row in ready:
            _change(row, stale.derivation, stored[row.token])
        written = [row.life for row in ready if row.life is not None]
        writes = self._sealer.seal(connection, written)
        report.add(self._writer.write(connection, written, writes, ended=(), breaker=self._breaker, alone=True))
        store.write_rows(connection, ready, self._sealer.tables, stored=tokens)
        report.derived += len(ready)
        report.unreadable += len(tokens) - len(ready)

    def _stored(self, connection: Connection, stale: Stale, lives: Mapping[bytes, Life]) -> dict[bytes, Upsert]:
        """What is stored of each row; rows whose key is gone are absent."""
        by_incarnation = {life.incarnation: token for token, life in lives.items() if life.incarnation is not None}
        found: dict[bytes, Upsert] = {}
        found.update(self._records(connection, stale, [i for i, t in by_incarnation.items() if lives[t].is_person]))
        found.update(self._facts(connection, stale, [i for i, t in by_incarnation.items() if not lives[t].is_person]))
        return {by_incarnation[incarnation]: change for incarnation, change in found.items()}

    def _records(
        self, connection: Connection, stale: Stale, incarnations: Collection[bytes]
    ) -> dict[bytes, RecordChange]:
        naturals = self._sealer.reader.natural_keys(connection, incarnations)
        stored = self._sealer.stored_records(connection, naturals.keys())
        return {
            incarnation: msgspec.structs.replace(
                change, origin=_origin(stale), row=_row_key(stale, json.loads(naturals[incarnation])[2:])
            )
            for incarnation, change in stored.items()
        }

    def _facts(self, connection: Connection, stale: Stale, incarnations: Collection[bytes]) -> dict[bytes, FactChange]:
        if stale.kind == _CONSENT:
            stated = self._sealer.stored_statements(connection, incarnations)
            return {i: fact_of(_empty(stale, ()), stated.get(i, {})) for i in incarnations}
        readable = set(incarnations) - self._unreadable(connection, incarnations)
        stored = self._sealer.stored_facts(connection, readable)
        clear = select_in(connection, sa.select(fact.c.incarnation, fact.c.natural_key), fact.c.incarnation, readable)
        return {row.incarnation: _fact(stale, row.natural_key, stored[row.incarnation]) for row in clear}

    def _unreadable(self, connection: Connection, incarnations: Collection[bytes]) -> set[bytes]:
        """Those with sealed values whose key was destroyed."""
        query = sa.select(fact_cell.c.incarnation).distinct()
        sealed = {row.incarnation for row in select_in(connection, query, fact_cell.c.incarnation, incarnations)}
        return sealed - self._sealer.keys.require(connection, sealed).keys()

    def _forget(self, connection: Connection, stale: Stale, tokens: list[bytes], report: RemapReport) -> None:
        rows = store.load_rows(connection, tokens, self._sealer.tables)
        ended = [life for row in rows.values() for life in (row.life, row.transit) if life is not None]
        for life in ended:
            life.cause = RowDelete(_origin(stale), _row_key(stale, ()), life.is_person)
        report.add(self._writer.write(connection, (), Writes(), ended=ended, breaker=self._breaker, alone=True))
        delete_in(connection, source_row, source_row.c.row_token, tokens)
        report.forgotten += len(tokens)


def _page(connection: Connection, stale: Stale, after: bytes, size: int) -> list[bytes]:
    c = source_row.c
    here = c.incarnation.is_not(None)
    alive = sa.or_(here, c.transit.is_not(None)) if stale.derivation.is_other else here
    query = sa.select(c.row_token).where(
        c.table_id == stale.table_id, c.mapping_id == stale.mapping_id, alive, c.row_token > after
    )
    return list(connection.execute(query.order_by(c.row_token).limit(size)).scalars())


@contextmanager
def _naming(stale: Stale) -> Iterator[None]:
    """Say which table it is whose batch would join too many profiles."""
    try:
        yield
    except TooManyMerges as pause:
        raise pause.at(f"{STREAM} {'.'.join(stale.table)}", 0) from None


def _change(row: RowState, way: Derivation, stored: Any) -> None:
    """Let a row be written as the mapping in force makes it."""
    if row.life is not None:
        row.life.change = row.life.cause = way.apply(stored)


def _fact(stale: Stale, clear_key: str | None, stored: Mapping[str, Any]) -> FactChange:
    """A stored fact with its key, which is clear or one of its sealed values."""
    sealed = next((f.value for f in stored["fields"] if (f.attribute, f.slot) == _NATURAL), None)
    natural = clear_key if clear_key is not None else str(sealed)
    fields = tuple(f for f in stored["fields"] if (f.attribute, f.slot) != _NATURAL)
    empty = msgspec.structs.replace(_empty(stale, json.loads(natural)), key_is_personal=clear_key is None)
    return fact_of(empty, {**stored, "fields": fields})


def _empty(stale: Stale, key: Collection[str]) -> FactChange:
    return FactChange(_origin(stale), _row_key(stale, key), stale.kind)


def _row_key(stale: Stale, key: Collection[str]) -> RowKey:
    return RowKey(*stale.table, tuple(key))


def _origin(stale: Stale) -> Origin:
    return Origin(STREAM, 0, stale.table[0], b"")
