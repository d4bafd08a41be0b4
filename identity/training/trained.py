"""What a training tells of itself: counts, odds before and after, thresholds, and nothing of anybody."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from identity.model import LevelOdds
from identity.training.calibrate import Calibration
from identity.training.estimate import Odds


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass of EM: the blocking key that found its ``pairs``, how many of them are of one person, what they taught."""

    blocking: str
    pairs: int
    matches: int
    comparisons: Sequence[str]


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A level's odds before and after, and its weights in bits: ``log2(m / u)``."""

    comparison: str
    level: str
    before: LevelOdds
    after: LevelOdds
    weight_before: float
    weight_after: float


@dataclass(frozen=True, slots=True)
class Unlinkables:
    """``share`` of the records say too little to join even their own copy.

    ``curve``: weights in bits, and the share of records whose own weight is below.
    """

    share: float
    curve: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a pair's weight, in bits."""

    comparison: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True)
class Example:
    """A pair: what it shows, and the lines of its weight. Bits have one digit, since more would tell a rare name."""

    title: str
    steps: Sequence[Step]
    bits: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A training as a whole. ``terms`` and ``placeholders`` count what was learned, by table and by kind of value.

    Thresholds are weights in 1/1000 bit.
    """

    name: str
    version: str
    started_from: str
    records: int
    people: int
    random_pairs: int
    household_pairs: int
    passes: Sequence[Pass]
    levels: Sequence[LevelChange]
    terms: Mapping[str, int]
    placeholders: Mapping[str, int]
    decisions: int
    threshold_before: int
    threshold: int
    review: int
    calibration: Calibration | None
    unlinkables: Unlinkables
    examples: Sequence[Example]


def changes(before: Odds, after: Odds) -> list[LevelChange]:
    """All levels, before and after."""
    return [
        LevelChange(comparison, level, odds, new, _bits(odds), _bits(new))
        for comparison, levels in before.items()
        for level, odds in levels.items()
        for new in (after[comparison][level],)
    ]


def _bits(odds: LevelOdds) -> float:
    return round(math.log2(odds.m / odds.u), 2)
