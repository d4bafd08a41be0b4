"""Repeatable randomness: the few draws that the generator makes, all from one seeded source."""

import random
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

Item = TypeVar("Item")


class Chance:
    """Draws from a seed; the same seed and the same calls give the same draws on every machine."""

    def __init__(self, seed: str) -> None:
        """``seed`` decides everything."""
        self._random = random.Random(seed)

    def hit(self, probability: float) -> bool:
        """True in so many of all cases."""
        return self._random.random() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return self._random.randint(low, high)

    def pick(self, items: Sequence[Item]) -> Item:
        """One item, all equally likely."""
        return items[self._random.randrange(len(items))]

    def frequent(self, items: Sequence[Item], bend: float = 0.8) -> Item:
        """One item of a list that starts with the most frequent: the n-th is drawn in proportion to 1 / n ** ``bend``."""
        weights = [1 / (place**bend) for place in range(1, len(items) + 1)]
        return self._random.choices(items, cum_weights=list(accumulate(weights)))[0]

    def weighted(self, items: Sequence[Item], weights: Sequence[float]) -> Item:
        """One item in proportion to its weight."""
        return self._random.choices(items, weights)[0]

    def one_of(self, probabilities: Mapping[str, float]) -> str:
        """The name of at most one case; "" when none of them (what is left to 1) is drawn."""
        draw = self._random.random()
        for name, probability in probabilities.items():
            draw -= probability
            if draw < 0:
                return name
        return ""
