"""Chance that repeats: the same world for the same seed."""

from random import Random


def dice(*parts: object) -> Random:
    """Give a source of chance that is the same whenever ``parts`` are."""
    return Random(" ".join(str(part) for part in parts))  # noqa: S311 - repeatable is what is wanted, not secret


def happens(rng: Random, percent: int) -> bool:
    """Say yes ``percent`` times in a hundred."""
    return rng.randrange(100) < percent
