"""Splink's rate on the rows that a store was filled with: all of them as a batch, and one new row among them."""

import logging
import statistics
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import pandas as pd
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from bench.identity.cleaning import Clean, clean
from bench.identity.splink_models import MODELS
from bench.identity.splink_peer import THRESHOLD, train
from bench.identity.stream import Key

_PLACED = 20
_FREQUENCIES = ("name", "letters", "family", "given", "phone", "home", "road", "city")
_SEED = 1


def measure(rows: Iterable[Mapping[str, object]]) -> None:
    """Train, predict, cluster; then look for the matches of single rows; print how fast."""
    warnings.filterwarnings("ignore", module=r"(splink|duckdb)(\.|$)")
    cleaned = _cleaned(rows)
    newest, known = cleaned[-_PLACED:], cleaned[:-_PLACED]
    database = DuckDBAPI()
    people = database.register(pd.DataFrame(known))
    linker = Linker(people, _settings(), log_level=logging.CRITICAL)
    trained = _timed(lambda: train(linker.training, MODELS["chinese"], _SEED))
    predicted = _timed(lambda: _resolve(linker))
    print(f"  Splink: {len(known) / predicted:,.0f} records/s to predict and cluster them all ({predicted:,.1f} s),")
    print(f"  {len(known) / (predicted + trained):,.0f} with training ({trained:,.1f} s),", flush=True)
    for column in _FREQUENCIES:
        linker.table_management.compute_tf_table(column)
    placed = [_timed(partial(_place, linker, people, database, row)) for row in newest]
    print(f"  {statistics.median(placed) * 1e3:,.0f} ms to find the matches of one new record", flush=True)


def _cleaned(rows: Iterable[Mapping[str, object]]) -> list[Clean]:
    named = {
        Key("shop", str(row["id"])): {
            **{name: None if value is None else str(value) for name, value in row.items()},
            "wechat_unionid": str(row["wechat_unionid"]) if "wechat_unionid" in row else None,
            "wechat_openid": None,
            "loyalty_card": None,
        }
        for row in rows
    }
    return clean(named, "chinese")


def _settings() -> SettingsCreator:
    model = MODELS["chinese"]
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=model.comparisons(),
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in model.blocking],
        retain_matching_columns=False,
    )


def _resolve(linker: Linker) -> None:
    pairs = linker.inference.predict(threshold_match_probability=THRESHOLD)
    linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=THRESHOLD)


def _place(linker: Any, people: Any, database: Any, row: Clean) -> None:
    """What Splink 4 called ``find_matches_to_new_records``."""
    newcomer = database.register(pd.DataFrame([row], dtype="string"))
    linker.inference.predict_between(people, newcomer, threshold_match_probability=THRESHOLD).as_record_list()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
