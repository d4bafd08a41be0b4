"""All methods under one roof: exact matching, Splink, labelled gradient boosting, and whatever resolves a stream.

The peers read the live rows at the end of the stream, cleaned; a method that resolves each change reads the stream.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bench.identity import boosting_peer, exact_peer, splink_peer
from bench.identity.cleaning import clean, unique_id
from bench.identity.clusters import at, best
from bench.identity.measures import Quality, measure
from bench.identity.stream import Dataset, Resolve, live_rows

#: Match probabilities among which the best one is looked for.
GRID = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a method reached on one data set; ``threshold`` is the match probability where one was chosen."""

    method: str
    quality: Quality
    seconds: float
    threshold: float | None = None


#: Runs one method, or several that share their work.
Method: TypeAlias = Callable[[Dataset], Iterator[Outcome]]


def streaming(name: str, resolve: Resolve) -> Method:
    """A method that resolves the stream."""

    def run(dataset: Dataset) -> Iterator[Outcome]:
        start = time.perf_counter()
        clusters = resolve(dataset.stream)
        yield Outcome(name, measure(clusters, dataset.truth), time.perf_counter() - start)

    return run


def exact(dataset: Dataset) -> Iterator[Outcome]:
    """Exact matching on cleaned identifiers."""
    start = time.perf_counter()
    clusters = exact_peer.cluster(clean(live_rows(dataset.stream.events), dataset.kind))
    yield Outcome("exact", measure(clusters, _truth(dataset)), time.perf_counter() - start)


def splink(dataset: Dataset) -> Iterator[Outcome]:
    """Splink at its usual and at its best threshold, and gradient boosting, with half of the labels, at its best threshold."""
    start = time.perf_counter()
    truth = _truth(dataset)
    frame = splink_peer.pairs(clean(live_rows(dataset.stream.events), dataset.kind), dataset.kind, dataset.seed)
    scored = splink_peer.scored(frame)
    usual = measure(at(scored, truth, splink_peer.THRESHOLD), truth)
    seconds = time.perf_counter() - start
    yield Outcome("splink at 0.95", usual, seconds, splink_peer.THRESHOLD)
    threshold, quality = best(scored, truth, GRID)
    yield Outcome("splink at its best", quality, seconds, threshold)
    start = time.perf_counter()
    threshold, quality = best(boosting_peer.scored(frame, truth, dataset.seed), truth, GRID)
    yield Outcome("boosting with labels", quality, seconds + time.perf_counter() - start, threshold)


def _truth(dataset: Dataset) -> Mapping[str, int]:
    return {unique_id(key): person for key, person in dataset.truth.items()}
