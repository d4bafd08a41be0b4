"""`python -m bench.identity`: how well records of persons are joined, by Onefold and by its peers, in one run."""

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.identity import febrl, onefold, peers
from bench.identity.generator import LANGUAGES, generate
from bench.identity.noise import regulars
from bench.identity.report import REGULARS, Result, as_json, table, verdict
from bench.identity.stream import Dataset

METHODS: Mapping[str, peers.Method] = {
    "onefold": peers.streaming("onefold", onefold.resolve),
    "exact": peers.exact,
    "splink": peers.splink,
}

#: Seeds of the figures that count; nobody tunes on them. The generator was tuned on 100 to 104.
EVALUATION_SEEDS = (1, 2, 3, 4, 5)
FEBRL = (1, 2, 3, 4)


def main() -> None:
    """Read the options, make the data, run the methods, print."""
    options = _options()
    warnings.filterwarnings("ignore", module=r"(splink|sklearn|duckdb)(\.|$)")
    results = list(
        _run(_datasets(options), [METHODS[name] for name in options.methods], REGULARS if options.regulars else "")
    )
    print(
        json.dumps(as_json(results)) if options.json else "\n\n".join(filter(None, (table(results), verdict(results))))
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.identity", description=__doc__)
    parser.add_argument(
        "--data", nargs="+", choices=[*LANGUAGES, "febrl"], default=[*LANGUAGES, "febrl"], help="kinds of data"
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=EVALUATION_SEEDS, help="seeds of the generated data")
    parser.add_argument("--records", type=int, default=10_000, help="live records at the end of each generated stream")
    parser.add_argument("--regulars", action="store_true", help="customers of the generated data have up to 60 rows")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=[*METHODS], help="what to measure")
    parser.add_argument("--json", action="store_true", help="print every outcome of every seed as JSON")
    return parser.parse_args()


def _datasets(options: argparse.Namespace) -> Sequence[Callable[[], Dataset]]:
    """Made when their turn comes: one data set at a time is in memory."""
    languages = [kind for kind in options.data if kind in LANGUAGES]
    made = [_generated(kind, seed, options) for kind in languages for seed in options.seeds]
    return [*made, *(_febrl(number) for number in FEBRL if "febrl" in options.data)]


def _generated(kind: str, seed: int, options: argparse.Namespace) -> Callable[[], Dataset]:
    noise = regulars(LANGUAGES[kind][1]) if options.regulars else None
    return lambda: generate(kind, seed, records=options.records, noise=noise)


def _febrl(number: int) -> Callable[[], Dataset]:
    return lambda: febrl.load(number)


def _run(
    datasets: Sequence[Callable[[], Dataset]], methods: Sequence[peers.Method], customers: str
) -> Iterator[Result]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=sys.stderr)) as progress:
        task = progress.add_task("", total=len(datasets) * len(methods))
        for make in datasets:
            dataset = make()
            progress.update(task, description=f"{dataset.kind} {dataset.seed}")
            name = f"febrl{dataset.seed}" if dataset.kind == "febrl" else dataset.kind + customers
            for method in methods:
                yield from (Result(name, dataset.seed, outcome) for outcome in method(dataset))
                progress.advance(task)


if __name__ == "__main__":
    main()
