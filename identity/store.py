"""Queries and bulk writes of identity; every function takes lists and asks the database a constant number of times."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from identity.metrics import LOCK_WAIT
from identity.tables import ended_record, identifier, record_cell, source_record
from storage import delete, delete_in, insert, select_in, select_in_same, update, upsert

_IDENTIFIERS = sa.select(identifier.c.incarnation, identifier.c.token, identifier.c.kind, identifier.c.verified)
_ENDED = sa.select(ended_record.c.id, ended_record.c.heir)

Token = bytes
Incarnation = bytes


class Identifier(NamedTuple):
    """One identity token that a record carries; ``verified`` as :class:`~identity.records.FieldValue` has it."""

    token: Token
    kind: str
    verified: bool | None


class StoredRecord(NamedTuple):
    """What resolution reads of a live record."""

    incarnation: Incarnation
    arrival: int
    component: bytes
    profile_id: bytes
    row_token: bytes


_PLACED = sa.select(
    source_record.c.incarnation,
    source_record.c.arrival,
    source_record.c.component,
    source_record.c.profile_id,
    source_record.c.row_token,
)


def take_identity_lock(connection: Connection) -> None:
    """Serialise every writer of identity until the transaction ends (SQLite has one writer anyway)."""
    if connection.dialect.name == "postgresql":
        with LOCK_WAIT.labels("alone").time():
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def share_identity_lock(connection: Connection) -> None:
    """Keep identity still until the transaction ends; any number of writers of facts may hold it together."""
    if connection.dialect.name == "postgresql":
        with LOCK_WAIT.labels("shared").time():
            connection.execute(sa.text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _LOCK_KEY})


# An arbitrary constant: advisory locks are numbers, and this one means "identity".
_LOCK_KEY = 0x0F01D


def identifiers_of(connection: Connection, records: Iterable[Incarnation]) -> dict[Incarnation, set[Identifier]]:
    """The identifiers that each of ``records`` carries now."""
    found: dict[Incarnation, set[Identifier]] = {}
    rows = select_in(connection, _IDENTIFIERS, identifier.c.incarnation, records)
    for record, token, kind, verified in map(tuple, rows):
        found.setdefault(record, set()).add(Identifier(token, kind, verified))
    return found


def records_by(connection: Connection, key: sa.Column[bytes], values: Iterable[bytes]) -> list[StoredRecord]:
    """The records whose ``key`` (a column of source_record) is among ``values``."""
    return [StoredRecord(*tuple(row)) for row in select_in(connection, _PLACED, key, values)]


def records_around(connection: Connection, records: Collection[Incarnation]) -> dict[Incarnation, StoredRecord]:
    """All records of the components that ``records`` belong to."""
    c = source_record.c
    rows = select_in_same(connection, _PLACED, c.component, key=c.incarnation, values=records)
    return {row.incarnation: StoredRecord(*tuple(row)) for row in rows}


def all_records(connection: Connection) -> list[StoredRecord]:
    """Every live record, in the order of arrival."""
    return [StoredRecord(*row) for row in connection.execute(_PLACED.order_by(source_record.c.arrival))]


def replace_identifiers(
    connection: Connection,
    before: Mapping[Incarnation, set[Identifier]],
    after: Mapping[Incarnation, Collection[Identifier]],
) -> None:
    """Write the difference between two states of the same records."""
    gone = [(item.token, record) for record, items in before.items() for item in items - set(after[record])]
    fresh = [(item, record) for record, items in after.items() for item in set(items) - before.get(record, set())]
    delete(connection, identifier, [{"token": token, "incarnation": record} for token, record in sorted(gone)])
    insert(
        connection,
        identifier,
        [
            {"token": i.token, "incarnation": r, "kind": i.kind, "verified": i.verified}
            for i, r in sorted(fresh, key=_place)
        ],
    )


def _place(of: tuple[Identifier, Incarnation]) -> tuple[Token, Incarnation]:
    return of[0].token, of[1]


def next_arrival(connection: Connection) -> int:
    """The arrival number for the next new record; call under the identity lock."""
    return (connection.execute(sa.select(sa.func.max(source_record.c.arrival))).scalar() or 0) + 1


def place_records(connection: Connection, placed: Mapping[Incarnation, tuple[bytes, bytes]]) -> None:
    """Set (component, profile id) of existing records."""
    rows = [{"incarnation": record, "component": at[0], "profile_id": at[1]} for record, at in sorted(placed.items())]
    update(connection, source_record, rows, by=["incarnation"])


def end_records(connection: Connection, heirs: Mapping[Incarnation, Incarnation | None], *, ended_at: int) -> None:
    """Remove records with all they hold and leave their ids pointing to their heirs."""
    if not heirs:
        return
    for table in (record_cell, identifier, source_record):
        delete_in(connection, table, table.c.incarnation, heirs)
    upsert(
        connection,
        ended_record,
        [{"id": i, "heir": heir, "state": "DELETED", "ended_at": ended_at} for i, heir in heirs.items()],
    )


def resolve_ids(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, bytes | None]:
    """Where each id that was ever issued leads now: the profile id that is shown, or None when it was deleted.

    Ids that were never issued are absent. Follows heirs of heirs in as many statements as the longest chain has links.
    """
    wanted = {i: i for i in ids}
    found: dict[bytes, bytes | None] = {}
    while wanted:
        shown = {
            r.incarnation: r.profile_id
            for r in records_by(connection, source_record.c.incarnation, set(wanted.values()))
        }
        ended = _ended(connection, set(wanted.values()) - shown.keys())
        found |= {first: shown[at] for first, at in wanted.items() if at in shown}
        found |= {first: None for first, at in wanted.items() if at in ended and ended[at].heir is None}
        wanted = {first: ended[at].heir for first, at in wanted.items() if at in ended and ended[at].heir is not None}
    return found


def _ended(connection: Connection, ids: Collection[bytes]) -> dict[bytes, Row[tuple[bytes, bytes | None]]]:
    return {row.id: row for row in select_in(connection, _ENDED, ended_record.c.id, ids)}
