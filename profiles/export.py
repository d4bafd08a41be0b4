"""The canonical export: everything that the state *means*, by which two states are compared.

One line for each profile, each compared pair, each review item and each decision. It holds natural keys, the partition, golden values and
winners, facts, counters, consents, the weights of pairs and what waits for a steward; it leaves out ids, positions, arrival,
wall times, lineage and ciphertext, so that two installations that saw the same rows export the same. Lines are canonical JSON,
sorted. As digests (the default) no line can be guessed from its content alone: each is salted with the digest
of the whole state.
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from identity import (
    LINK_COLUMN,
    CellReader,
    cell_column,
    every_link,
    pair,
    review_item,
    source_record,
    source_table,
    steward_link,
)
from privacy import CellCipher, DataKey, KeyRing, profile_consents, record_consents, statements_about
from profiles.facts import CLEAR_COLUMNS
from profiles.tables import IS_ORDER, fact, fact_cell, profile
from storage import chunks, select_in

_PAGE = 500
_COUNTERS = ("records", "orders", "receipts", "returns", "visits", "reviews", "points", "spent_minor")
_TIMES = ("first_activity_at", "last_activity_at")


class CanonicalExport:
    """Reads the canonical state inside one transaction; opens every cell, so callers must be allowed to see them."""

    def __init__(self, connection: Connection, keys: KeyRing, cipher: CellCipher) -> None:
        """``connection`` must give one snapshot for all statements."""
        self._connection = connection
        self._keys = keys
        self._cipher = cipher
        self._reader = CellReader(keys, cipher)
        self._tables = {r.id: (r.source, r.name) for r in connection.execute(sa.select(source_table))}

    def lines(self) -> Iterator[str]:
        """Every line in clear, in no order: profiles, facts that belong to nobody, pairs, review items, decisions."""
        ids = self._connection.execute(sa.select(profile.c.id).order_by(profile.c.id)).scalars().all()
        for page in chunks(ids, _PAGE):
            yield from self._profiles(page)
        yield from self._loose_facts()
        yield from self._between("pair", pair, (pair.c.weight, pair.c.suggestion, pair.c.is_household))
        yield from self._between("review", review_item, (review_item.c.reason, review_item.c.weight))
        yield from self._decisions()

    def _between(self, name: str, table: sa.Table, said: Collection[sa.Column[Any]]) -> Iterator[str]:
        """What a table says of two records each; one that says it of a record that is not there differs from all others."""
        rows = self._connection.execute(sa.select(table.c.a, table.c.b, *said), execution_options={"yield_per": _PAGE})
        for page in rows.partitions():
            ends = {end for row in page for end in (row.a, row.b)}
            naturals = self._reader.natural_keys(self._connection, ends)
            for a, b, *values in page:
                yield _line({name: [*sorted((naturals.get(a, ""), naturals.get(b, ""))), *values]})

    def _decisions(self) -> Iterator[str]:
        """Stewards' decisions with what they say, in force or not; of one whose key was destroyed, that it is there."""
        for page in chunks(every_link(self._connection), _PAGE):
            keys = self._keys.require(self._connection, [link.id for link in page])
            for link in page:
                said = self._said(keys[link.id], link.cell) if link.id in keys else {}
                ends = sorted((said.get("low", ""), said.get("high", "")))
                yield _line({link.decision: [*ends, link.author, said.get("reason", "")]})

    def _said(self, key: DataKey, cell: bytes) -> dict[str, str]:
        said: dict[str, str] = json.loads(self._cipher.open(key, cell, table=steward_link.name, column=LINK_COLUMN))
        return said

    def _profiles(self, ids: Collection[bytes]) -> Iterator[str]:
        shown = select_in(self._connection, sa.select(profile), profile.c.id, ids)
        members = select_in(self._connection, sa.select(source_record), source_record.c.profile_id, ids)
        incarnations = [m.incarnation for m in members]
        naturals = self._reader.natural_keys(self._connection, incarnations)
        values: dict[bytes, list[list[Any]]] = {}
        for (incarnation, attribute, slot), held in self._reader.cells(self._connection, incarnations).items():
            values.setdefault(incarnation, []).append([attribute, slot, *held])
        consents = statements_about(self._connection, [m.row_token for m in members])
        facts = self._facts(fact.c.person_token, [m.row_token for m in members])
        for row in shown:
            mine = [m for m in members if m.profile_id == row.id]
            yield _line(
                {
                    "records": sorted(_record(m, naturals, values) for m in mine),
                    "golden": _golden(row, naturals, values),
                    "counters": {name: getattr(row, name) for name in (*_COUNTERS, *_TIMES)},
                    "consents": _consents([consents.get(m.row_token, []) for m in mine]),
                    "facts": sorted(line for m in mine for line in facts.get(m.row_token, [])),
                }
            )

    def _loose_facts(self) -> Iterator[str]:
        """Facts without a person, or whose person is not (or not any more) a live record."""
        alive = sa.select(source_record.c.row_token).where(source_record.c.row_token == fact.c.person_token).exists()
        tokens = self._connection.execute(sa.select(fact.c.incarnation).where(~alive)).scalars().all()
        for page in chunks(tokens, _PAGE):
            for lines in self._facts(fact.c.incarnation, page).values():
                yield from (_line({"fact_of_nobody": line}) for line in lines)

    def _facts(self, key: sa.Column[bytes], values: Collection[bytes]) -> dict[bytes | None, list[str]]:
        rows = select_in(self._connection, sa.select(fact), key, values)
        sealed = self._sealed([row.incarnation for row in rows])
        parents = self._parents(rows)
        found: dict[bytes | None, list[str]] = {}
        for row in rows:
            found.setdefault(row.person_token, []).append(self._fact(row, sealed.get(row.incarnation, []), parents))
        return found

    def _fact(self, row: Row[Any], sealed: list[list[Any]], parents: dict[bytes, str]) -> str:
        return _line(
            {
                "row": [*self._tables[row.table_id], row.natural_key],
                "kind": row.kind,
                "channel": row.channel,
                "parent": parents.get(row.parent_token) if row.parent_token else None,
                "clear": {name: getattr(row, name) for name in CLEAR_COLUMNS},
                "sealed": sorted(sealed),
            }
        )

    def _parents(self, rows: Iterable[Row[Any]]) -> dict[bytes, str]:
        """Natural keys of parent orders by row token."""
        tokens = {row.parent_token for row in rows if row.parent_token}
        query = sa.select(fact.c.row_token, fact.c.table_id, fact.c.natural_key).where(IS_ORDER)
        found = select_in(self._connection, query, fact.c.row_token, tokens)
        return {row.row_token: _line([*self._tables[row.table_id], row.natural_key]) for row in found}

    def _sealed(self, incarnations: Collection[bytes]) -> dict[bytes, list[list[Any]]]:
        rows = select_in(self._connection, sa.select(fact_cell), fact_cell.c.incarnation, incarnations)
        keys = self._keys.require(self._connection, {row.incarnation for row in rows})
        found: dict[bytes, list[list[Any]]] = {}
        for row in rows:
            column = cell_column(row.attribute, row.slot)
            value = self._cipher.open(keys[row.incarnation], row.cell, table="fact_cell", column=column)
            found.setdefault(row.incarnation, []).append([row.attribute, row.slot, value])
        return found


def as_digests(lines: Iterable[str]) -> list[str]:
    """One hex digest for each line, sorted; the salt is the digest of all lines, so equal states give equal digests."""
    plain = sorted(hashlib.sha256(line.encode()).digest() for line in lines)
    salt = hashlib.sha256(b"".join(plain)).digest()
    return sorted(hmac.digest(salt, digest, "sha256").hex() for digest in plain)


def _record(member: Row[Any], naturals: Any, values: dict[bytes, list[list[Any]]]) -> str:
    clear = {name: getattr(member, name) for name in ("updated_at", "created_at", "store", "points")}
    held = sorted(values.get(member.incarnation, []), key=lambda value: value[:2])
    return _line({"key": naturals.get(member.incarnation), "clear": clear, "values": held})


def _golden(row: Row[Any], naturals: Any, values: dict[bytes, list[list[Any]]]) -> dict[str, Any]:
    """Each attribute's surviving value, and the record and column that it survives from."""
    golden = {}
    for attribute, (incarnation, slot) in json.loads(row.winners).items():
        winner = bytes.fromhex(incarnation)
        value = next((v for a, s, v, _ in values.get(winner, []) if (a, s) == (attribute, slot)), None)
        golden[attribute] = [value, naturals.get(winner), slot]
    return golden


def _consents(statements: list[list[Any]]) -> dict[str, Any]:
    folded = profile_consents(record_consents(of_one) for of_one in statements)
    return {purpose: [consent.state, consent.effective_at] for purpose, consent in folded.items()}


def _line(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
