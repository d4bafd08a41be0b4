"""Stewards' decisions between rows: they must, or cannot, be one person.

Bound to natural keys (as row tokens), so a decision holds for a row that is deleted and comes again, and is in force while
both rows live.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity.tables import source_record, steward_link
from storage import insert, select_in, select_in_either

_ENDS: Final = (steward_link.c.low, steward_link.c.high)
_DECISIONS: Final = sa.select(steward_link.c.decision, steward_link.c.low, steward_link.c.high)

Decision: TypeAlias = Literal["must_link", "cannot_link"]
#: The column that a decision's cell is bound to.
LINK_COLUMN: Final = "decision"
DECISIONS: Final[tuple[Decision, ...]] = ("must_link", "cannot_link")


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A decision as it is stored; ``low`` and ``high`` are the row tokens of both rows in their order, ``at`` microseconds.

    ``cell`` holds both natural keys and the reason, sealed under the key of ``id``.
    """

    id: bytes
    low: bytes
    high: bytes
    decision: str
    author: str
    at: int
    cell: bytes


class Linked(NamedTuple):
    """A decision between two live records (incarnations)."""

    decision: str
    left: bytes
    right: bytes


@dataclass(frozen=True, slots=True)
class Links:
    """Decisions in force among some records, by kind."""

    must: frozenset[tuple[bytes, bytes]] = frozenset()
    cannot: frozenset[tuple[bytes, bytes]] = frozenset()

    @classmethod
    def of(cls, found: Iterable[Linked]) -> "Links":
        """Sort decisions by kind."""
        linked = list(found)
        return cls(
            frozenset((each.left, each.right) for each in linked if each.decision == "must_link"),
            frozenset((each.left, each.right) for each in linked if each.decision == "cannot_link"),
        )

    def within(self, records: Collection[bytes]) -> "Links":
        """Those between two of ``records``."""
        return Links(
            frozenset((left, right) for left, right in self.must if left in records and right in records),
            frozenset((left, right) for left, right in self.cannot if left in records and right in records),
        )


def links_of(connection: Connection, row_tokens: Mapping[bytes, bytes]) -> Links:
    """The decisions in force with an end among some live records; ``row_tokens`` maps their row tokens to incarnations."""
    tokens = sorted(row_tokens)
    rows = {tuple(row) for row in select_in_either(connection, _DECISIONS, _ENDS, tokens)}
    if not rows:
        return Links()
    others = _live(connection, {t for _, low, high in rows for t in (low, high)} - row_tokens.keys())
    # What is given may be newer than what is stored: a row that was moved to another key is not under its old one any more.
    moved = set(row_tokens.values())
    live = {token: record for token, record in others.items() if record not in moved} | dict(row_tokens)
    return Links.of(Linked(d, live[low], live[high]) for d, low, high in rows if low in live and high in live)


def all_links(connection: Connection, row_tokens: Mapping[bytes, bytes]) -> Links:
    """All decisions in force; ``row_tokens`` maps those of all live records to their incarnations."""
    rows = connection.execute(_DECISIONS)
    return Links.of(
        Linked(decision, row_tokens[low], row_tokens[high])
        for decision, low, high in rows
        if low in row_tokens and high in row_tokens
    )


def _live(connection: Connection, row_tokens: Collection[bytes]) -> dict[bytes, bytes]:
    query = sa.select(source_record.c.row_token, source_record.c.incarnation)
    rows = select_in(connection, query, source_record.c.row_token, sorted(row_tokens))
    return {row.row_token: row.incarnation for row in rows}


def stored_links(connection: Connection, ids: Collection[bytes]) -> list[LinkRow]:
    """The decisions of these ids."""
    return [LinkRow(*tuple(row)) for row in select_in(connection, _ROWS, steward_link.c.id, sorted(ids))]


def links_between(connection: Connection, ends: Collection[bytes]) -> list[LinkRow]:
    """The decisions with either end (a row token) among ``ends``, in force or not, the earliest first."""
    found = {row.id: row for row in select_in_either(connection, _ROWS, _ENDS, sorted(ends))}
    return sorted((LinkRow(*tuple(row)) for row in found.values()), key=lambda row: (row.at, row.id))


def every_link(connection: Connection) -> list[LinkRow]:
    """All decisions, in force or not, the earliest first."""
    rows = connection.execute(_ROWS.order_by(steward_link.c.at, steward_link.c.id))
    return [LinkRow(*tuple(row)) for row in rows]


def add_link(connection: Connection, row: LinkRow) -> None:
    """Store a decision; the caller resolves what it concerns."""
    insert(connection, steward_link, [asdict(row)])


def drop_link(connection: Connection, link_id: bytes) -> None:
    """Forget a decision; the caller resolves what it concerned."""
    connection.execute(sa.delete(steward_link).where(steward_link.c.id == link_id))


_ROWS: Final = sa.select(steward_link)
