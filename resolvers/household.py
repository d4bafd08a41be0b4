"""Households: other people who probably live with a profile's person, as stored pairs of their records say."""

from functools import partial
from typing import Any

import sqlalchemy as sa

from identity import pair, source_record
from profiles import profile as profile_table
from resolvers.profile import COLUMNS, Profile, ProfilePage, load_page


def household(profile: Profile) -> list[Profile]:
    """The other profiles in scope, by id."""
    return profile.page.once("households", partial(_households, profile.page)).get(profile.key, [])


def _households(page: ProfilePage) -> dict[bytes, list[Profile]]:
    ties: set[tuple[bytes, bytes]] = {(row[0], row[1]) for row in page.request.connection.execute(_ties(page))}
    page.request.spend(len(ties))
    others = sorted({other for _, other in ties})
    shown = load_page(page.request, sa.select(*COLUMNS).where(profile_table.c.id.in_(others))).profiles
    found: dict[bytes, list[Profile]] = {}
    for other in sorted(shown, key=lambda each: each.key):
        for mine in sorted(own for own, tied in ties if tied == other.key):
            found.setdefault(mine, []).append(other)
    return found


def _ties(page: ProfilePage) -> sa.CompoundSelect[Any]:
    """(profile of the page, another profile): each side of a pair by its own index."""
    one, other = source_record.alias(), source_record.alias()
    sides = [
        sa.select(one.c.profile_id, other.c.profile_id)
        .select_from(one)
        .join(pair, pair.c[near] == one.c.incarnation)
        .join(other, pair.c[far] == other.c.incarnation)
        .where(pair.c.is_household, one.c.profile_id.in_(page.ids), one.c.profile_id != other.c.profile_id)
        for near, far in (("a", "b"), ("b", "a"))
    ]
    return sa.union(*sides)
