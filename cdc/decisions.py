"""Stewards' decisions that two rows are, or are not, one person: made, undone, listed.

A decision is data, as a change of the built-in source: identity is resolved anew in the transaction that stores it, lineage names it, and
without it everything is as if it had never been. It is bound to natural keys, so it holds again when a row that was deleted
comes back. What it says (both keys and the reason) is sealed under a key of its own, destroyed when it is undone.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.engine import Connection

from cdc.errors import DecisionRefused
from cdc.sealing import Sealer
from cdc.writing import Report, Writer, wall_time
from identity import (
    LINK_COLUMN,
    Decision,
    LinkRow,
    Resolution,
    StoredRecord,
    add_link,
    drop_link,
    every_link,
    links_between,
    records_by,
    source_record,
    stored_links,
    take_identity_lock,
)
from privacy import DataKey, KeyDestroyed, finish_destruction, request_destruction
from profiles import ProfileRules
from storage import Database

_TABLE = "steward_link"
_LONGEST_REASON = 1_000

#: Called in the transaction of a change before it commits, with what it changed: what it raises undoes the change.
Witness: TypeAlias = Callable[[Connection, Resolution], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a steward decides about two live records (incarnations).

    ``client_id`` makes it safe to send again: the same one is the same decision, word for word and by the same ``author``. ``reason`` is free
    text, kept sealed.
    """

    client_id: str
    decision: Decision
    left: bytes
    right: bytes
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with what it said, opened; ``low`` and ``high`` are natural keys (canonical JSON), ``at`` microseconds.

    ``records`` are the rows' live incarnations, None for one that does not live now: then it is not in force.
    """

    id: bytes
    decision: str
    author: str
    at: int
    low: str
    high: str
    reason: str
    records: tuple[bytes | None, bytes | None]


class Steward:
    """Makes and undoes decisions of one installation."""

    def __init__(
        self, database: Database, sealer: Sealer, profile_rules: ProfileRules, *, clock: Callable[[], int] = wall_time
    ) -> None:
        """``clock`` gives microseconds."""
        self._database = database
        self._sealer = sealer
        self._writer = Writer(sealer, profile_rules, clock)
        self._clock = clock

    def decide(self, wish: Wish, *, witness: Witness = lambda *_: None) -> tuple[bytes, Report]:
        """Store a decision and resolve anew; its id, and what became of profiles.

        :class:`DecisionRefused` when a record is gone, the two are one record, or the opposite was decided before. A decision
        that was stored before changes nothing, and ``witness`` is told so.
        """
        if len(wish.reason) > _LONGEST_REASON or not wish.reason.strip():
            raise DecisionRefused(f"a reason of 1 to {_LONGEST_REASON} characters is needed")
        link_id = self._sealer.tokens.token("decision", wish.client_id)
        key = self._key(link_id)
        with self._database.write() as connection:
            take_identity_lock(connection)
            low, high = self._ends(connection, wish)
            if self._is_stored(connection, wish, key, (low.row_token, high.row_token)):
                witness(connection, Resolution())
                return link_id, Report()
            cell = self._seal(connection, key, low, high, wish.reason)
            row = LinkRow(link_id, low.row_token, high.row_token, wish.decision, wish.author, self._clock(), cell)
            add_link(connection, row)
            live = [low.incarnation, high.incarnation]
            return link_id, self._relink(connection, live, _cause(wish.decision, wish.author), witness)

    def undo(self, link_id: bytes, author: str, *, witness: Witness = lambda *_: None) -> Report:
        """Forget a decision and resolve anew: everything is as if it had never been made."""
        with self._database.write() as connection:
            take_identity_lock(connection)
            found = stored_links(connection, [link_id])
            if not found:
                raise DecisionRefused("there is no such decision; it may have been undone already")
            row = found[0]
            drop_link(connection, link_id)
            live = [r.incarnation for r in records_by(connection, source_record.c.row_token, [row.low, row.high])]
            report = self._relink(connection, live, _cause(f"undo_{row.decision}", author), witness)
            request_destruction(connection, [link_id], at=self._clock())
        finish_destruction(self._database, self._sealer.keystore)
        return report

    def about(self, connection: Connection, records: Collection[bytes]) -> list[Decided]:
        """The decisions about live records, the earliest first."""
        mine = records_by(connection, source_record.c.incarnation, records)
        return self._opened(connection, links_between(connection, [record.row_token for record in mine]))

    def everything(self, connection: Connection) -> list[Decided]:
        """All decisions, the earliest first."""
        return self._opened(connection, every_link(connection))

    def _opened(self, connection: Connection, rows: Collection[LinkRow]) -> list[Decided]:
        ends = {token for row in rows for token in (row.low, row.high)}
        live = {r.row_token: r.incarnation for r in records_by(connection, source_record.c.row_token, ends)}
        keys = self._sealer.keys.require(connection, [row.id for row in rows])
        return [self._decided(row, keys[row.id], live) for row in rows if row.id in keys]

    def _relink(
        self, connection: Connection, live: Collection[bytes], cause: Mapping[str, str | int], witness: Witness
    ) -> Report:
        resolution = self._writer.relink(connection, live, cause)
        witness(connection, resolution)
        return Report.of(resolution)

    def _key(self, link_id: bytes) -> DataKey:
        keystore = self._sealer.keystore
        try:
            return keystore.load([link_id]).get(link_id) or keystore.mint([link_id])[link_id]
        except KeyDestroyed:
            raise DecisionRefused("the decision of this client id was undone; use a new one") from None

    def _decided(self, row: LinkRow, key: DataKey, live: Mapping[bytes, bytes]) -> Decided:
        said = self._said(row, key)
        records = (live.get(row.low), live.get(row.high))
        return Decided(row.id, row.decision, row.author, row.at, said["low"], said["high"], said["reason"], records)

    def _said(self, row: LinkRow, key: DataKey) -> dict[str, str]:
        said: dict[str, str] = json.loads(self._sealer.cipher.open(key, row.cell, table=_TABLE, column=LINK_COLUMN))
        return said

    def _ends(self, connection: Connection, wish: Wish) -> tuple[StoredRecord, StoredRecord]:
        found = records_by(connection, source_record.c.incarnation, [wish.left, wish.right])
        if wish.left == wish.right:
            raise DecisionRefused("a decision is about two different records")
        if len(found) < 2:  # noqa: PLR2004 - both ends
            raise DecisionRefused("one of the records does not live any more; look at the profile again")
        low, high = sorted(found, key=lambda record: record.row_token)
        return low, high

    def _is_stored(self, connection: Connection, wish: Wish, key: DataKey, ends: tuple[bytes, bytes]) -> bool:
        """Whether just this was decided before, under the id that ``key`` is for; refuse what contradicts it."""
        for row in stored_links(connection, [key.incarnation]):
            before = (row.low, row.high, row.decision, row.author, self._said(row, key)["reason"])
            if before != (*ends, wish.decision, wish.author, wish.reason):
                raise DecisionRefused("this client id was used for another decision; use a new one")
            return True
        for row in links_between(connection, ends):
            if (row.low, row.high) == ends:
                what = "the same" if row.decision == wish.decision else "the opposite"
                raise DecisionRefused(
                    f"{what} was decided before, by decision {UUID(bytes=row.id)}; undo that one first"
                )
        return False

    def _seal(self, connection: Connection, key: DataKey, low: StoredRecord, high: StoredRecord, reason: str) -> bytes:
        naturals = self._sealer.reader.natural_keys(connection, [low.incarnation, high.incarnation])
        said = {"low": naturals[low.incarnation], "high": naturals[high.incarnation], "reason": reason}
        text = json.dumps(said, ensure_ascii=False)
        return self._sealer.cipher.seal(key, table=_TABLE, column=LINK_COLUMN, value=text)


def _cause(operation: str, author: str) -> dict[str, str | int]:
    return {"source": "onefold", "table": "decision", "op": operation, "by": author}
