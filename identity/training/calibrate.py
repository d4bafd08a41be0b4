"""The threshold from which pairs are joined with a wanted precision, told by decisions of stewards.

The precision among the decided pairs from a threshold on is only known within bounds; what is compared with the wanted one is
the lower bound of Wilson's score interval (Wilson 1927), one-sided with 95 % certainty. Decided pairs are no random sample:
stewards see the unsure ones, so the precision among all joined pairs is usually higher.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from identity.training.errors import TrainingError

_Z: Final = 1.6448536269514722  # 95 % of a normal distribution lie below


class Decided(NamedTuple):
    """A pair that a steward decided about: its weight in 1/1000 bit under the new model, and whether it is one person."""

    weight: int
    is_match: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """``threshold``: from it on, ``matches`` of ``pairs`` decided pairs are one person: a precision of at least ``bound``."""

    wanted: float
    threshold: int
    pairs: int
    matches: int
    bound: float


def lower_bound(matches: int, pairs: int) -> float:
    """The share of matches that lies behind ``matches`` of ``pairs`` with 95 % certainty, at least."""
    if not pairs:
        return 0.0
    share, z2 = matches / pairs, _Z * _Z
    spread = _Z * math.sqrt(share * (1 - share) / pairs + z2 / (4 * pairs * pairs))
    return (share + z2 / (2 * pairs) - spread) / (1 + z2 / pairs)


def pairs_needed(precision: float) -> int:
    """How many decided pairs, all of them matches, a precision takes: the bound of ``n`` of ``n`` is ``n / (n + z²)``."""
    return math.ceil(_Z * _Z * precision / (1 - precision))


def require_labels(number: int, precision: float) -> None:
    """Refuse before anything is computed what so few decisions cannot tell."""
    needed = pairs_needed(precision)
    if number < needed:
        raise TrainingError(
            f"a precision of {precision:g} takes at least {needed} decisions of stewards that two records are one person, "
            f"and there are {number}; decide more, want less, or leave --precision out"
        )


def calibrate(decided: Sequence[Decided], precision: float) -> Calibration:
    """The lowest threshold whose pairs have the wanted precision; :class:`TrainingError` when none has."""
    require_labels(sum(pair.is_match for pair in decided), precision)
    pairs = matches = 0
    found: Calibration | None = None
    best = 0.0
    ranked = sorted(decided, reverse=True)
    for at, pair in enumerate(ranked, 1):
        pairs, matches = pairs + 1, matches + pair.is_match
        if at < len(ranked) and ranked[at].weight == pair.weight:
            continue
        bound = lower_bound(matches, pairs)
        best = max(best, bound)
        if bound >= precision:
            found = Calibration(precision, pair.weight, pairs, matches, bound)
    if found is None:
        raise TrainingError(
            f"no threshold reaches a precision of {precision:g}: the decisions of stewards show {best:.3f} at most; "
            "decide more, want less, or leave --precision out"
        )
    return found
