"""How good a clustering is: pairwise precision, recall and F1, B-cubed, and over-merged clusters.

Pairwise measures count the pairs of records put together. B-cubed (Bagga and Baldwin, 1998) averages over records the share of the
record's cluster that is about its person, and the share of its person that is in its cluster. All are counted from the sizes of
the overlaps of clusters and persons, without listing pairs.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from statistics import fmean
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Quality:
    """``over_merged``: clusters with records of more than one person; everything else between 0 and 1."""

    precision: float
    recall: float
    f1: float
    bcubed_f1: float
    over_merged: float


Record = TypeVar("Record", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)
Person = TypeVar("Person", bound=Hashable)


def measure(clusters: Mapping[Record, Group], truth: Mapping[Record, Person]) -> Quality:
    """Compare clusters with the truth; both map the same records to the name of a group.

    Raises ValueError when they are not about the same records: a method may not leave out what it is unsure of.
    """
    if clusters.keys() != truth.keys():
        raise ValueError("The clusters and the truth must be about the same records")
    overlaps = Counter((clusters[record], truth[record]) for record in truth)
    found, real = Counter(clusters.values()), Counter(truth.values())
    right = _pairs(overlaps.values())
    precision = _share(right, _pairs(found.values()))
    recall = _share(right, _pairs(real.values()))
    return Quality(
        precision=precision,
        recall=recall,
        f1=_harmonic(precision, recall),
        bcubed_f1=_bcubed(overlaps, found, real),
        over_merged=sum(count > 1 for count in Counter(cluster for cluster, _ in overlaps).values()),
    )


def average(qualities: Iterable[Quality]) -> Quality:
    """The mean of each measure."""
    rows = [asdict(quality) for quality in qualities]
    return Quality(**{measure.name: fmean(row[measure.name] for row in rows) for measure in fields(Quality)})


def _bcubed(
    overlaps: Mapping[tuple[Group, Person], int], found: Mapping[Group, int], real: Mapping[Person, int]
) -> float:
    records = sum(overlaps.values())
    if not records:
        return 1.0
    precision = sum(count * count / found[cluster] for (cluster, _), count in overlaps.items()) / records
    recall = sum(count * count / real[person] for (_, person), count in overlaps.items()) / records
    return _harmonic(precision, recall)


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _share(part: int, whole: int) -> float:
    """Of nothing, everything is right."""
    return part / whole if whole else 1.0


def _harmonic(left: float, right: float) -> float:
    return 2 * left * right / (left + right) if left + right else 0.0
