"""What the new model makes of records: pairs that show how it weighs, and records that say too little."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from identity.features import Features
from identity.matching import is_household
from identity.model import Model
from identity.scoring import Score, score
from identity.training.trained import Example, Step, Unlinkables

_BIT: Final = 1000


def examples(pairs: Sequence[tuple[Features, Features]], model: Model) -> list[Example]:
    """A pair like most that join, the last that joins, the first that does not, and one of a household; as far as there are any."""
    scores = sorted((score(left, right, model) for left, right in pairs), key=lambda found: found.weight)
    joined = [found for found in scores if found.weight >= model.threshold]
    apart = [found for found in scores if found.weight < model.threshold]
    household = [found for found in apart if is_household(found, model)]
    shown = [
        ("A pair like most that join", joined[len(joined) // 2 :]),
        ("The weakest pair that joins", joined),
        ("The strongest pair that does not join", apart[-1:]),
        ("Two people of one household", household[len(household) // 2 :]),
    ]
    return [_example(title, found[0]) for title, found in shown if found]


def _example(title: str, found: Score) -> Example:
    steps = [Step(level.comparison, level.level, _rounded(level.weight)) for level in found.levels]
    return Example(title, steps, _rounded(found.weight))


def unlinkables(records: Sequence[Features], model: Model) -> Unlinkables:
    """Weigh each record against its own copy: below the threshold even that would not join."""
    weights = sorted(round(score(record, record, model).weight / _BIT) for record in records)
    below, curve = 0, []
    for bits, group in groupby(weights):
        curve.append((float(bits), below / len(weights)))
        below += sum(1 for _ in group)
    curve.append(((curve[-1][0] if curve else 0.0) + 1, 1.0 if weights else 0.0))
    few = sum(score(record, record, model).weight < model.threshold for record in records)
    return Unlinkables(few / len(records) if records else 0.0, curve)


def _rounded(weight: int) -> float:
    return round(weight / _BIT, 1)
