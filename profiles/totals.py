"""Totals of facts per person, kind, channel and currency, kept exact by increments.

Adding is an increment; only what was taken off can move the first or last time, and then one index look-up finds it anew.
So the cost of an event does not grow with a person's history.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from profiles.tables import fact, fact_total
from storage import add_up

#: Lines are part of their order and not counted by themselves.
_UNCOUNTED = ("order_line",)
_SUMS = ("facts", "amount_minor", "points")

Key = tuple[bytes, str, str, str]


@dataclass(slots=True)
class _Delta:
    facts: int = 0
    amount_minor: int = 0
    points: int = 0
    first_at: int | None = None
    last_at: int | None = None


@dataclass(slots=True)
class Changes:
    """Contributions to take off and put on, summed per key."""

    deltas: dict[Key, _Delta] = field(default_factory=dict)
    removed: set[Key] = field(default_factory=set)

    def add(self, rows: Collection[Mapping[str, Any]]) -> None:
        """Put on what ``rows`` (of the fact table) contribute."""
        for key, row in _counted(rows):
            delta = self._sum(key, row, 1)
            at = row["occurred_at"]
            if at is not None:
                delta.first_at = at if delta.first_at is None else min(at, delta.first_at)
                delta.last_at = at if delta.last_at is None else max(at, delta.last_at)

    def remove(self, rows: Collection[Mapping[str, Any]]) -> None:
        """Take off what ``rows`` contributed."""
        for key, row in _counted(rows):
            self._sum(key, row, -1)
            self.removed.add(key)

    def _sum(self, key: Key, row: Mapping[str, Any], sign: int) -> _Delta:
        delta = self.deltas.setdefault(key, _Delta())
        delta.facts += sign
        delta.amount_minor += sign * (row["amount_minor"] or 0)
        delta.points += sign * (row["points"] or 0)
        return delta


def _counted(rows: Collection[Mapping[str, Any]]) -> list[tuple[Key, Mapping[str, Any]]]:
    return [
        ((row["person_token"], row["kind"], row["channel"], row["currency"] or ""), row)
        for row in rows
        if row["person_token"] is not None and row["kind"] not in _UNCOUNTED
    ]


def apply(connection: Connection, changes: Changes) -> set[bytes]:
    """Write the changes; the facts themselves must be written before. Gives the person tokens touched."""
    if not changes.deltas:
        return set()
    rows = [_total_row(key, changes.deltas[key]) for key in sorted(changes.deltas)]
    add_up(connection, fact_total, rows, sums=_SUMS, least=["first_at"], greatest=["last_at"])
    _find_times_anew(connection, changes.removed)
    _drop_empty(connection, changes.removed)
    return {key[0] for key in changes.deltas}


def _total_row(key: Key, delta: _Delta) -> dict[str, Any]:
    person, kind, channel, currency = key
    names = {"person_token": person, "kind": kind, "channel": channel, "currency": currency}
    sums = {"facts": delta.facts, "amount_minor": delta.amount_minor, "points": delta.points}
    return names | sums | {"first_at": delta.first_at, "last_at": delta.last_at}


def _same_key() -> list[sa.ColumnElement[bool]]:
    names = ("person_token", "kind", "channel", "currency")
    return [fact_total.c[name] == sa.bindparam(f"of_{name}") for name in names]


def _parameters(keys: Collection[Key]) -> list[dict[str, Any]]:
    return [
        {"of_person_token": person, "of_kind": kind, "of_channel": channel, "of_currency": currency}
        for person, kind, channel, currency in sorted(keys)
    ]


def _find_times_anew(connection: Connection, keys: Collection[Key]) -> None:
    if not keys:
        return
    mine = [
        fact.c.person_token == fact_total.c.person_token,
        fact.c.kind == fact_total.c.kind,
        fact.c.channel == fact_total.c.channel,
        sa.func.coalesce(fact.c.currency, "") == fact_total.c.currency,
        fact.c.occurred_at.is_not(None),
    ]
    times = sa.select(fact.c.occurred_at).where(*mine).correlate(fact_total).limit(1)
    statement = (
        sa.update(fact_total)
        .where(*_same_key())
        .values(
            first_at=times.order_by(fact.c.occurred_at).scalar_subquery(),
            last_at=times.order_by(fact.c.occurred_at.desc()).scalar_subquery(),
        )
    )
    connection.execute(statement, _parameters(keys))


def _drop_empty(connection: Connection, keys: Collection[Key]) -> None:
    if keys:
        connection.execute(sa.delete(fact_total).where(*_same_key(), fact_total.c.facts == 0), _parameters(keys))
