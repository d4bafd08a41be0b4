"""Stewards' decisions between rows, set and undone as whoever writes them must."""

import json
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc import wall_time
from identity import Resolver, source_record, steward_link, take_identity_lock
from profiles import rebuild, record
from tests.installation import Installation
from tests.property.people import natural

Row = tuple[str, int]


def decide(one: Installation, decision: str, left: Row, right: Row) -> None:
    """Decide on two rows, whether they are there or not."""
    low, high = _ends(one, left, right)
    link_id = uuid4().bytes
    key = one.parts.keystore.mint([link_id])[link_id]
    said = json.dumps(dict(zip(("low", "high"), (natural(left), natural(right)), strict=True)) | {"reason": "because"})
    cell = one.parts.cipher.seal(key, table="steward_link", column="decision", value=said)
    row = {"id": link_id, "low": low, "high": high, "decision": decision, "author": "a steward", "at": 0}
    _apply(one, sa.insert(steward_link).values(**row, cell=cell), (low, high))


def undo(one: Installation, decision: str, left: Row, right: Row) -> None:
    """Take a decision back."""
    low, high = _ends(one, left, right)
    of_both = (steward_link.c.low == low, steward_link.c.high == high)
    _apply(one, sa.delete(steward_link).where(*of_both, steward_link.c.decision == decision), (low, high))


def _ends(one: Installation, left: Row, right: Row) -> tuple[bytes, bytes]:
    low, high = sorted(one.parts.tokens.row_token("db", table, (str(key),)) for table, key in (left, right))
    return low, high


def _apply(one: Installation, statement: sa.Executable, ends: tuple[bytes, bytes]) -> None:
    with one.parts.database.write() as connection:
        take_identity_lock(connection)
        connection.execute(statement)
        query = sa.select(source_record.c.incarnation).where(source_record.c.row_token.in_(ends))
        _resolve(one, connection, connection.execute(query).scalars().all())


def _resolve(one: Installation, connection: Connection, relinked: Any) -> None:
    sealer, rules, now = one.parts.sealer, one.parts.settings.profiles, wall_time()
    resolver = Resolver(sealer.matcher, sealer.match_reader)
    resolution = resolver.resolve(connection, {}, new=(), ended=(), relinked=relinked)
    gone = [old for old, _ in (*resolution.merged, *resolution.moved)]
    rebuild(connection, list(resolution.clusters), gone=gone, rules=rules, reader=sealer.reader)
    record(connection, resolution, lambda _: [], at=now)
