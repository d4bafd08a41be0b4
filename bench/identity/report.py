"""The table of a run, its JSON, and whether the generated data were hard enough to count."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from bench.identity.measures import Quality, average
from bench.identity.peers import Outcome

# The generator counts as hard enough only if Splink stays in this band and labelled gradient boosting below its bound.
SPLINK_BAND = (0.92, 0.95)
BOOSTING_BOUND = 0.985

#: Stands behind the kind of data whose customers have many rows; what was agreed is about the usual ones.
REGULARS = " regulars"

_HEAD = f"{'method':<22}{'precision':>10}{'recall':>9}{'F1':>9}{'F1 from':>9}{'to':>8}{'B-cubed':>9}{'over-merged':>13}{'seconds':>9}"


@dataclass(frozen=True, slots=True)
class Result:
    """What the methods reached on one data set."""

    data: str
    seed: int
    outcome: Outcome


def table(results: Sequence[Result]) -> str:
    """Means over the seeds, one block for each kind of data; beside F1 the lowest and highest of the seeds."""
    return "\n\n".join(_block(data, [r for r in results if r.data == data]) for data in _data(results))


def verdict(results: Sequence[Result]) -> str:
    """Whether each generated kind of data was hard enough, for kinds with all peers measured."""
    return "\n".join(
        line for data in _data(results) if (line := _verdict(data, [r for r in results if r.data == data]))
    )


def as_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Every outcome of every seed."""
    return [{"data": r.data, "seed": r.seed, **asdict(r.outcome)} for r in results]


def _data(results: Iterable[Result]) -> list[str]:
    return list(dict.fromkeys(result.data for result in results))


def _block(data: str, results: Sequence[Result]) -> str:
    seeds = ", ".join(str(seed) for seed in sorted({result.seed for result in results}))
    title = data if data.startswith("febrl") else f"{data}, mean of the seeds {seeds}"
    methods = list(dict.fromkeys(result.outcome.method for result in results))
    return "\n".join(
        [title, _HEAD, *(_line(name, [r.outcome for r in results if r.outcome.method == name]) for name in methods)]
    )


def _line(name: str, outcomes: Sequence[Outcome]) -> str:
    mean = average(outcome.quality for outcome in outcomes)
    f1 = [outcome.quality.f1 for outcome in outcomes]
    seconds = fmean(outcome.seconds for outcome in outcomes)
    return f"{name:<22}{_quality(mean, min(f1), max(f1))}{seconds:>9.1f}"


def _quality(mean: Quality, low: float, high: float) -> str:
    spread = f"{mean.f1:>9.4f}{low:>9.4f}{high:>8.4f}"
    return f"{mean.precision:>10.4f}{mean.recall:>9.4f}{spread}{mean.bcubed_f1:>9.4f}{mean.over_merged:>13.1f}"


def _verdict(data: str, results: Sequence[Result]) -> str:
    """Judged by the means over the seeds, as the figures are; the table shows how far single seeds stray."""
    means = {
        name: fmean(f1)
        for name in ("splink at 0.95", "splink at its best", "boosting with labels")
        if (f1 := [r.outcome.quality.f1 for r in results if r.outcome.method == name])
    }
    if data.startswith("febrl") or data.endswith(REGULARS) or not means:
        return ""
    usual, chosen, labelled = means.values()
    low, high = SPLINK_BAND
    is_hard = low <= usual <= high and low <= chosen <= high and labelled < BOOSTING_BOUND
    return (
        f"{data}: {'hard enough' if is_hard else 'NOT as hard as agreed'}: Splink {usual:.4f} and {chosen:.4f} "
        f"(agreed {low} to {high}), boosting with labels {labelled:.4f} (agreed below {BOOSTING_BOUND})"
    )
