"""Queries and bulk writes of matching: posting lists of blocking keys, generic keys, stored pairs."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity.matching import Evidence, Weighed, is_of_identifier
from identity.tables import blocking_key, generic_key, match_record, pair
from storage import PackedBytes, chunks, delete, delete_in, insert, select_in, select_in_either, upsert

_GENERIC: Final = sa.select(generic_key)
_PAIRS: Final = sa.select(pair.c.a, pair.c.b, pair.c.weight, pair.c.suggestion, pair.c.is_household)

Key = bytes
Incarnation = bytes
#: That a record carries a key.
Posting = tuple[Key, Incarnation]
#: A pair of live records, the smaller incarnation first.
Ends = tuple[Incarnation, Incarnation]

_KEY_BYTES: Final = 8
_ID_BYTES: Final = 16


# --- Keys ---


def unpack_keys(packed: bytes) -> frozenset[Key]:
    """The keys that are stored one after the other."""
    return frozenset(_cut(packed, _KEY_BYTES))


def keys_of(connection: Connection, records: Iterable[Incarnation]) -> dict[Incarnation, frozenset[Key]]:
    """The keys of stored records, also of those that cannot be opened."""
    query = sa.select(match_record.c.incarnation, match_record.c["keys"])
    return {
        r.incarnation: unpack_keys(r.keys) for r in select_in(connection, query, match_record.c.incarnation, records)
    }


def write_evidence(
    connection: Connection, before: Mapping[Incarnation, frozenset[Key]], after: Mapping[Incarnation, Evidence | None]
) -> tuple[list[Posting], list[Posting]]:
    """Write what records are matched by, and the difference of their posting lists, which it gives: what is gone, and what is fresh.

    None takes a record away.
    """
    ended = [record for record, evidence in after.items() if evidence is None]
    written = {record: evidence for record, evidence in after.items() if evidence is not None}
    now = {record: evidence.keys for record, evidence in written.items()}
    gone = sorted((key, r) for r in after for key in before.get(r, frozenset()) - now.get(r, frozenset()))
    fresh = sorted((key, r) for r, keys in now.items() for key in keys - before.get(r, frozenset()))
    delete(connection, blocking_key, [{"key": key, "incarnation": record} for key, record in gone])
    insert(connection, blocking_key, [{"key": key, "incarnation": record} for key, record in fresh])
    delete_in(connection, match_record, match_record.c.incarnation, ended)
    upsert(
        connection,
        match_record,
        [
            {"incarnation": record, "keys": b"".join(sorted(evidence.keys)), "features": evidence.cell}
            for record, evidence in sorted(written.items())
        ],
    )
    return gone, fresh


# Keys that strangers often share have limits that soon cut their lists: at a greater one, each would be read as far as that.
_SHORT: Final = 16


def postings(connection: Connection, keys: Collection[Key], most: Callable[[Key], int]) -> dict[Key, list[Incarnation]]:
    """The records that carry each key that any carries, cut above ``most``, so that a crowded key costs little more than another.

    Keys that strangers often share are asked for apart from those that may lead to many records of one person.
    """
    read = _postings_sqlite if connection.dialect.name == "sqlite" else _postings_postgresql
    often = {key for key in keys if most(key) <= _SHORT}
    found: dict[Key, list[Incarnation]] = {}
    for some in (often, set(keys) - often):
        for chunk in chunks(sorted(some)):
            found |= read(connection, chunk, max(map(most, chunk)) + 1)
    return found


# A search for the last carrier that counts: a window over whole posting lists would read millions of rows for a crowded one.
_POSTINGS_SQLITE: Final = f"""
WITH RECURSIVE
    places(place) AS (SELECT 1 UNION ALL SELECT place + {_KEY_BYTES} FROM places WHERE place + {_KEY_BYTES} < :bytes),
    wanted(key) AS (SELECT substr(:packed, place, {_KEY_BYTES}) FROM places)
SELECT found.key, found.incarnation
FROM wanted CROSS JOIN blocking_key AS found ON found.key = wanted.key AND found.incarnation <= coalesce(
    (SELECT incarnation FROM blocking_key WHERE key = wanted.key ORDER BY incarnation LIMIT 1 OFFSET :others),
    :greatest
)
"""
_GREATEST: Final = b"\xff" * _ID_BYTES


def _postings_sqlite(connection: Connection, keys: Sequence[Key], limit: int) -> dict[Key, list[Incarnation]]:
    given = {"packed": b"".join(keys), "bytes": _KEY_BYTES * len(keys), "others": limit - 1, "greatest": _GREATEST}
    found: dict[Key, list[Incarnation]] = {}
    for key, record in connection.exec_driver_sql(_POSTINGS_SQLITE, given).all():
        found.setdefault(key, []).append(record)
    return found


_POSTINGS_POSTGRESQL: Final = sa.text("""
SELECT key, (
    SELECT string_agg(encode(incarnation, 'hex'), '')
    FROM (SELECT incarnation FROM blocking_key WHERE key = wanted.key LIMIT :limit) AS found
)
FROM unnest(CAST(:keys AS bytea[])) AS wanted(key)
""")


def _postings_postgresql(connection: Connection, keys: Sequence[Key], limit: int) -> dict[Key, list[Incarnation]]:
    rows = connection.execute(_POSTINGS_POSTGRESQL, {"keys": PackedBytes.of(keys), "limit": limit}).all()
    return {key: _cut(bytes.fromhex(joined), _ID_BYTES) for key, joined in rows if joined is not None}


def _cut(packed: bytes, size: int) -> list[bytes]:
    return [packed[at : at + size] for at in range(0, len(packed), size)]


# --- Generic keys ---


def generic_among(connection: Connection, keys: Iterable[Key]) -> set[Key]:
    """Those of the identifiers' keys that are generic."""
    return {row.key for row in select_in(connection, _GENERIC, generic_key.c.key, sorted(keys))}


def mark_generic(connection: Connection, *, now: Collection[Key], no_longer: Collection[Key]) -> None:
    """Remember which identifiers crossed their limit, either way."""
    delete_in(connection, generic_key, generic_key.c.key, no_longer)
    upsert(connection, generic_key, [{"key": key} for key in now])


def crowded(connection: Connection, above: int) -> list[Key]:
    """The identifiers that more records carry, stated or claimed, counted over all posting lists."""
    carriers = sa.func.count()
    query = sa.select(blocking_key.c.key).group_by(blocking_key.c.key).having(carriers > above)
    return sorted(filter(is_of_identifier, connection.execute(query).scalars()))


def all_generic(connection: Connection) -> set[Key]:
    """The identifiers that are remembered as generic."""
    return set(connection.execute(sa.select(generic_key.c.key)).scalars())


# --- Pairs ---


def pairs_of(connection: Connection, records: Collection[Incarnation]) -> dict[Ends, Weighed]:
    """The stored pairs with either end among ``records``."""
    rows = select_in_either(connection, _PAIRS, (pair.c.a, pair.c.b), sorted(records))
    return {(a, b): Weighed(*weighed) for a, b, *weighed in map(tuple, rows)}


def pairs_from(connection: Connection, records: Collection[Incarnation]) -> dict[Ends, Weighed]:
    """The stored pairs whose smaller end is among ``records``."""
    rows = select_in(connection, _PAIRS, pair.c.a, sorted(records))
    return {(a, b): Weighed(*weighed) for a, b, *weighed in map(tuple, rows)}


def replace_pairs(connection: Connection, before: Mapping[Ends, Weighed], after: Mapping[Ends, Weighed]) -> int:
    """Write the difference between two states of the pairs of some records; gives how many pairs it is."""
    gone = sorted(before.keys() - after.keys())
    fresh = sorted((ends, weighed) for ends, weighed in after.items() if before.get(ends) != weighed)
    delete(connection, pair, [{"a": a, "b": b} for a, b in gone])
    rows = [{"a": a, "b": b, **weighed._asdict()} for (a, b), weighed in fresh]
    upsert(connection, pair, rows)
    return len(gone) + len(fresh)


def joining_pairs(connection: Connection, threshold: int) -> Iterator[Ends]:
    """The ends of all pairs that may join, a page at a time."""
    query = sa.select(pair.c.a, pair.c.b).where(pair.c.weight >= threshold)
    for row in connection.execute(query, execution_options={"yield_per": 10_000}):
        yield row.a, row.b
