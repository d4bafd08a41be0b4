"""Comparisons: which level of agreement two records reach in each respect.

Levels are Splink's: each comparison has a few, from equal to different, and none at all where one side tells nothing.
Everything here is symmetric and knows no weights.
"""

from identity.comparison.addresses import NEARNESS, address_level
from identity.comparison.emails import email_level, is_made_of
from identity.comparison.given_names import given_level
from identity.comparison.levels import LEVELS
from identity.comparison.name_readings import orders
from identity.comparison.names import NameMatch, match_names
from identity.comparison.numbers import are_a_generation_apart, birthday_level, is_one_slip, phone_level
from identity.comparison.spellings import solid, solid_surname, without_umlauts
from identity.comparison.surnames import surname_level

__all__ = [
    "LEVELS",
    "NEARNESS",
    "NameMatch",
    "address_level",
    "are_a_generation_apart",
    "birthday_level",
    "email_level",
    "given_level",
    "is_made_of",
    "is_one_slip",
    "match_names",
    "orders",
    "phone_level",
    "solid",
    "solid_surname",
    "surname_level",
    "without_umlauts",
]
