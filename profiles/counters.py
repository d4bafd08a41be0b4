"""What is counted of a profile: its orders, receipts, visits, points, what it spent, and when it was first and last active.

The totals of its records, summed up by the database.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from identity import source_record
from profiles.tables import fact_total, profile
from storage import select_in, update_from

_PROFILES = sa.select(source_record.c.profile_id)
_LOCKED = sa.select(profile.c.id).order_by(profile.c.id).with_for_update()


def count_anew(connection: Connection, profile_ids: Collection[bytes], *, currency: str) -> None:
    """Write the counters of these profiles where they are others now; money is summed in ``currency``."""
    update_from(connection, profile, _sums(currency), key=source_record.c.profile_id, values=profile_ids)


def recount(
    connection: Connection, person_tokens: Collection[bytes], *, currency: str, without: Collection[bytes] = ()
) -> set[bytes]:
    """Sum the counters of the profiles that hold these source records anew, but for those in ``without``; gives their ids.

    Until the transaction ends nobody else writes these profiles.
    """
    rows = select_in(connection, _PROFILES, source_record.c.row_token, person_tokens)
    ids = {row.profile_id for row in rows}.difference(without)
    if connection.dialect.name == "postgresql":
        # Writers of the same profile wait for each other before they read the totals; sorted, so they cannot deadlock.
        select_in(connection, _LOCKED, profile.c.id, sorted(ids))
    count_anew(connection, ids, currency=currency)
    return ids


@cache
def _sums(currency: str) -> sa.Select[Any]:
    """The counters of each profile, and its id."""
    record, total = source_record.c, fact_total.c
    is_order, is_return, is_receipt = total.kind == "order", total.kind == "return", total.channel == "store"
    is_money = total.currency == currency
    return (
        sa.select(
            record.profile_id.label("id"),
            _sum(total.facts, is_order & ~is_receipt).label("orders"),
            _sum(total.facts, is_order & is_receipt).label("receipts"),
            _sum(total.facts, is_return).label("returns"),
            _sum(total.facts, total.kind == "event").label("visits"),
            _sum(total.facts, total.kind == "feedback").label("reviews"),
            # A balance that the row itself states is the outcome of its ledger: counting both would count twice.
            (_sum(total.points, record.points.is_(None)) + _balances()).label("points"),
            (_sum(total.amount_minor, is_order & is_money) - _sum(total.amount_minor, is_return & is_money)).label(
                "spent_minor"
            ),
            sa.func.min(total.first_at).label("first_activity_at"),
            sa.func.max(total.last_at).label("last_activity_at"),
        )
        .outerjoin_from(source_record, fact_total, total.person_token == record.row_token)
        .group_by(record.profile_id)
    )


def _sum(of: sa.ColumnElement[Any], where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(of).filter(where), 0), sa.BigInteger)


def _balances() -> sa.ScalarSelect[Any]:
    """The points that the records of a profile state themselves."""
    member = source_record.alias("member")
    return (
        sa.select(_sum(member.c.points, sa.true()))
        .where(member.c.profile_id == source_record.c.profile_id)
        .scalar_subquery()
    )
