"""Train the default models on invented people, write their files, and say how well they do on people invented anew."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from pathlib import Path

from bench.models import chinese, latin
from bench.models.estimate import estimate, read
from bench.models.terms import chinese_terms, latin_terms
from bench.models.world import Record
from bench.models.writing import blank_model, model_file
from identity import IdentityRules
from identity.batch import resolve_batch
from identity.model import Model, load_model

_FOLDER = Path(__file__).parents[2] / "identity" / "models"
_WORLDS = {"chinese": (chinese.records, chinese_terms, "CN"), "latin": (latin.records, latin_terms, "US")}
_VERSION = "1"
_CERTAINTY = 0.8  # of a single pair: joining wrongly counts as much as missing four
_TRAINING_SEED, _OTHER_SEEDS = 1, (101, 102)


def main() -> None:
    """Read the options, train, write, try."""
    parser = argparse.ArgumentParser(prog="python -m bench.models", description=__doc__)
    parser.add_argument("--people", type=int, default=40_000, help="people to invent for training")
    parser.add_argument("--try-people", type=int, default=10_000, help="people to invent for each try")
    parser.add_argument("--only-try", action="store_true", help="try the files that are there")
    options = parser.parse_args()
    for name, (records, terms, region) in _WORLDS.items():
        rules = IdentityRules(default_region=region)
        file = _FOLDER / f"{name}.json"
        if not options.only_try:
            listed, features = read(records(_TRAINING_SEED, options.people), rules)
            odds = estimate(listed, features, blank_model(), rules)
            note = f"bench/models, {options.people} invented people, seed {_TRAINING_SEED}"
            file.write_bytes(model_file(name, _VERSION, odds, terms(), certainty=_CERTAINTY, note=note))
        model = load_model(file.read_bytes())
        for seed in _OTHER_SEEDS:
            precision, recall = _try(records, seed, options.try_people, rules, model)
            score = 2 * precision * recall / (precision + recall)
            print(f"{name:8} seed {seed}: precision {precision:.4f}  recall {recall:.4f}  F1 {score:.4f}")


def _try(
    records: Callable[[int, int], Iterator[Record]], seed: int, people: int, rules: IdentityRules, model: Model
) -> tuple[float, float]:
    """Pairwise precision and recall."""
    listed = list(records(seed, people))
    found = resolve_batch({number: record.values for number, record in enumerate(listed)}, rules, model)
    members: dict[int, list[int]] = {}
    for number, record in enumerate(listed):
        members.setdefault(record.person, []).append(number)
    true, joined = _pairs(members.values()), _pairs(found.partition.clusters)
    return len(true & joined) / len(joined), len(true & joined) / len(true)


def _pairs(groups: Iterable[Iterable[int]]) -> set[tuple[int, int]]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


if __name__ == "__main__":
    main()
