"""New odds of all levels from counts, smoothed by the odds of the model that training starts from.

A level that own pairs reach often says what they say, one that they seldom reach stays nearly as it was: with ``_BEFORE`` pairs
its weight moves half of the way. So no weight comes from a handful of pairs, and none from their absence.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from identity.comparison import LEVELS
from identity.model import LevelOdds
from identity.training.observed import LEARNED, learned_levels

_BEFORE: Final = 20
_LEAST: Final = 0.5  # as if so many had been seen where none was

#: What households are counted on: not the given names by which they are recognised, and of contact only where those live who
#: share a phone, as they are recognised by a phone or a home in common.
_OF_RELATIVES: Final = ("surname", "birthday", "gender", "contact", "email", "loyalty_card")
_SHARED_PHONE: Final = [level for level in LEVELS["contact"] if level.startswith("same+") and level != "same+-"]

Odds = Mapping[str, Mapping[str, LevelOdds]]
Counts = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Passed:
    """One pass of EM: its blocking, how many pairs it saw, how many of these are of one person, and their levels."""

    name: str
    pairs: int
    matches: float
    counts: Counts


def with_strangers(before: Odds, strangers: Counts) -> dict[str, dict[str, LevelOdds]]:
    """The odds with ``u`` from pairs of strangers."""
    return _replaced(before, "u", strangers, LEARNED)


def with_passes(before: Odds, passes: Iterable[Passed]) -> dict[str, dict[str, LevelOdds]]:
    """The odds with ``m`` from all passes together; each weighs as much as it has pairs of one person."""
    together: dict[str, Counter[str]] = {comparison: Counter() for comparison in LEVELS}
    for each in passes:
        for comparison, counts in each.counts.items():
            for level, number in counts.items():
                together[comparison][level] += number  # type: ignore[assignment]  # a Counter of shares of pairs
    return _replaced(before, "m", together, LEARNED)


def with_relatives(before: Odds, relatives: Counts) -> dict[str, dict[str, LevelOdds]]:
    """The odds of relatives from pairs of households."""
    return _replaced(before, "relatives", relatives, _OF_RELATIVES)


def without_reversals(before: Odds, odds: Odds) -> dict[str, dict[str, LevelOdds]]:
    """The odds in which no difference that spoke against a pair speaks for it: it says nothing at most.

    In a store whose mailboxes all are of one company, strangers never have mailboxes of two; that does not make those who have one person.
    """
    return {
        comparison: {
            level: _unless_reversed(before[comparison][level], found) if _is_difference(level) else found
            for level, found in levels.items()
        }
        for comparison, levels in odds.items()
    }


def _is_difference(level: str) -> bool:
    """Whether nothing that was compared agrees; other levels, such as a nickname, a store may learn to trust."""
    compared = {*level.split("+")} - {"-"}
    return bool(compared) and compared <= {"different", "elsewhere"}


def _unless_reversed(before: LevelOdds, found: LevelOdds) -> LevelOdds:
    return _with(found, "u", found.m) if before.m < before.u and found.m > found.u else found


def _shares(
    comparison: str, levels: Mapping[str, LevelOdds], kind: str, counts: Mapping[str, float]
) -> dict[str, float]:
    """The new shares of one comparison, where there is something to count."""
    groups = [_SHARED_PHONE] if (comparison, kind) == ("contact", "relatives") else _groups(comparison)
    shares: dict[str, float] = {}
    for group in groups:
        before = {level: float(getattr(levels[level], kind)) for level in group}
        if any(counts.get(level) for level in group):
            shares |= smoothed(before, counts)
    return shares


def smoothed(before: Mapping[str, float], counts: Mapping[str, float]) -> dict[str, float]:
    """Shares of levels from counts; they add up to what they added up to before."""
    everything = sum(counts.get(level, 0) for level in before)
    shares = {
        level: blended(share, counts.get(level, 0), everything, seen_by_half=_BEFORE) for level, share in before.items()
    }
    scale = sum(before.values()) / sum(shares.values())
    return {level: min(share * scale, 1.0) for level, share in shares.items()}


def blended(before: float, number: float, everything: float, *, seen_by_half: float) -> float:
    """A share between the one before and ``number`` of ``everything``, in bits.

    It goes half of the way when ``seen_by_half`` were seen, or should have been by the share before, and nearly all of it with
    many more. So what is too rare to be seen stays as rare as it was.
    """
    if not everything:
        return before
    told = max(number, before * everything)
    way = told / (told + seen_by_half)
    counted = max(number, _LEAST) / everything
    return math.exp(way * math.log(counted) + (1 - way) * math.log(before))


def _replaced(before: Odds, kind: str, counts: Counts, comparisons: Collection[str]) -> dict[str, dict[str, LevelOdds]]:
    """The odds with one of their three probabilities from counts."""
    return {
        comparison: _levels(levels, kind, _shares(comparison, levels, kind, counts.get(comparison, {})))
        if comparison in comparisons
        else dict(levels)
        for comparison, levels in before.items()
    }


def _levels(levels: Mapping[str, LevelOdds], kind: str, shares: Mapping[str, float]) -> dict[str, LevelOdds]:
    return {level: _with(odds, kind, shares.get(level, getattr(odds, kind))) for level, odds in levels.items()}


def _with(odds: LevelOdds, kind: str, share: float) -> LevelOdds:
    told = {"m": odds.m, "u": odds.u, "relatives": odds.relatives, kind: float(f"{share:.3g}")}
    return LevelOdds(**told)


def _groups(comparison: str) -> list[list[str]]:
    """The levels whose shares add up: of contact those of what was told (both, only the phone, only the address)."""
    levels = list(learned_levels(comparison))
    if comparison != "contact":
        return [levels]
    told: dict[tuple[bool, bool], list[str]] = {}
    for level in levels:
        phone, _, address = level.partition("+")
        told.setdefault((phone == "-", address == "-"), []).append(level)
    return list(told.values())
