"""How far profiles agree with what somebody knows: by pairs of records, the measure of record linkage.

Precision: of the pairs that were put together, the share that is one person. Recall: of the pairs that are one person, the share that was put
together. Counted from the sizes of overlaps, without listing pairs.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

R = TypeVar("R", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Pairs of records: put together, of one person, and both at once."""

    joined: int
    of_one_person: int
    right: int

    @property
    def precision(self) -> float:
        """Between 0 and 1; where nothing was put together nothing is wrong."""
        return self.right / self.joined if self.joined else 1.0

    @property
    def recall(self) -> float:
        """Between 0 and 1; where nobody has two records nothing is missing."""
        return self.right / self.of_one_person if self.of_one_person else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def agreement(profiles: Mapping[R, Hashable], truth: Mapping[R, Hashable]) -> Agreement:
    """Compare the profile of each record with its person; records of which ``truth`` knows nobody do not count."""
    overlaps = Counter((profiles[record], person) for record, person in truth.items())
    joined, people = Counter(profiles[record] for record in truth), Counter(truth.values())
    return Agreement(_pairs(joined.values()), _pairs(people.values()), _pairs(overlaps.values()))


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
