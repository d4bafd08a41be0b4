"""Stewards' decisions between rows: they must, or cannot, be one person.

Bound to natural keys (as row tokens), so a decision holds for a row that is deleted and comes again, and is in force while
both rows live.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity.tables import source_record, steward_link
from storage import select_in

Decision: TypeAlias = Literal["must_link", "cannot_link"]
DECISIONS: Final[tuple[Decision, ...]] = ("must_link", "cannot_link")


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
    query = sa.select(steward_link.c.decision, steward_link.c.low, steward_link.c.high)
    ends = (steward_link.c.low, steward_link.c.high)
    rows = {tuple(row) for key in ends for row in select_in(connection, query, key, tokens)}
    if not rows:
        return Links()
    live = {**_live(connection, {t for _, low, high in rows for t in (low, high)} - row_tokens.keys()), **row_tokens}
    return Links.of(Linked(d, live[low], live[high]) for d, low, high in rows if low in live and high in live)


def all_links(connection: Connection, row_tokens: Mapping[bytes, bytes]) -> Links:
    """All decisions in force; ``row_tokens`` maps those of all live records to their incarnations."""
    rows = connection.execute(sa.select(steward_link.c.decision, steward_link.c.low, steward_link.c.high))
    return Links.of(
        Linked(decision, row_tokens[low], row_tokens[high])
        for decision, low, high in rows
        if low in row_tokens and high in row_tokens
    )


def _live(connection: Connection, row_tokens: Collection[bytes]) -> dict[bytes, bytes]:
    query = sa.select(source_record.c.row_token, source_record.c.incarnation)
    rows = select_in(connection, query, source_record.c.row_token, sorted(row_tokens))
    return {row.row_token: row.incarnation for row in rows}
