"""What pairs of records show: the levels that they reach, exactly as scoring sees them.

Training never compares records itself. A pair's levels are those of :func:`identity.scoring.score`, so what is trained is what
scores.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from identity.comparison import LEVELS
from identity.features import Features
from identity.matching import Matcher, is_household

#: The comparisons of a pair and the level that each reached.
Levels: TypeAlias = Mapping[str, str]

#: Levels that no counting of pairs can teach, since nobody can say what they mean in a store (numbers of unlike documents, a
#: day that stands for an unknown one, a byname): they keep the odds of the model that training starts from.
BELIEVED: Final = frozenset({("national_id", "other"), ("birthday", "year"), ("given", "word")})

#: The comparisons that can be learned: those of more than one level.
LEARNED: Final = tuple(name for name, levels in LEVELS.items() if len(levels) > 1)


class Observed(NamedTuple):
    """A pair's levels, its weight under the model in force, and whether it is taken for two people of one household."""

    levels: Levels
    weight: int
    is_household: bool


def observe(pairs: Iterable[tuple[Features, Features]], matcher: Matcher) -> Iterator[Observed]:
    """Compare pairs; generic values must have been taken out."""
    for left, right in pairs:
        found = matcher.explain(left, right)
        levels = {
            level.comparison: level.level
            for level in found.levels
            if level.comparison in LEVELS and (level.comparison, level.level) not in BELIEVED
        }
        yield Observed(levels, found.weight, is_household(found, matcher.model))


def count(observed: Iterable[Levels]) -> dict[str, Counter[str]]:
    """How many pairs reached each level, by comparison."""
    counted: dict[str, Counter[str]] = {name: Counter() for name in LEVELS}
    for levels in observed:
        for comparison, level in levels.items():
            counted[comparison][level] += 1
    return counted


def learned_levels(comparison: str) -> Sequence[str]:
    """The levels of a comparison that counting can teach, best first."""
    return [level for level in LEVELS[comparison] if (comparison, level) not in BELIEVED]
