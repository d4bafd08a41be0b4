"""Splink by its documented best practice: levels, term frequencies, u by random sampling, m by EM on several blockings.

Everything untyped of Splink and pandas stays here, in `splink_models` and in `boosting_peer`.
"""

import logging
from collections.abc import Sequence
from typing import Any, TypeAlias

import pandas as pd
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from bench.identity.cleaning import Clean
from bench.identity.splink_models import MODELS, Model

#: A data frame of candidate pairs.
Pairs: TypeAlias = Any

#: The match probability at which Splink's own documentation clusters.
THRESHOLD = 0.95

_MAX_SAMPLED_PAIRS = 1e7
_LOWEST_WEIGHT = -20


def pairs(rows: Sequence[Clean], kind: str, seed: int) -> Pairs:
    """Every candidate pair with its match probability, weight, comparison vector and term frequencies."""
    model = MODELS[kind]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=model.comparisons(),
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in model.blocking],
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=False,
    )
    database = DuckDBAPI()
    linker = Linker(database.register(pd.DataFrame(rows)), settings, log_level=logging.CRITICAL)
    train(linker.training, model, seed)
    frame = linker.inference.predict(threshold_match_weight=_LOWEST_WEIGHT).as_pandas_dataframe()
    return frame.sort_values(["unique_id_l", "unique_id_r"], ignore_index=True)  # threads give any order


def train(training: Any, model: Model, seed: int) -> None:
    """Estimate u by random sampling and m by EM, as the documentation advises."""
    sure = [block_on(*columns) for columns in model.sure]
    training.estimate_probability_two_random_records_match(sure, recall=0.8)
    training.estimate_u_using_random_sampling(max_pairs=_MAX_SAMPLED_PAIRS, seed=seed)
    for columns in model.training:
        training.estimate_parameters_using_expectation_maximisation(block_on(*columns))


def scored(frame: Pairs) -> list[tuple[float, str, str]]:
    """Probability, left, right of each pair."""
    return list(zip(frame["match_probability"], frame["unique_id_l"], frame["unique_id_r"], strict=True))
