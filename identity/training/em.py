"""Expectation maximisation by Splink on DuckDB, over levels that our own comparisons found.

Splink compares two rows by SQL. Here each candidate pair is handed over as two rows that carry the pair's number and its levels
as whole numbers, and is found again by blocking on that number. So Splink sees our levels and nothing else: no name, no number
of a phone ever reaches DuckDB, which runs in memory.

The only module that imports Splink, which comes with the extra ``train``. Splink has no types.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from identity.model import LevelOdds
from identity.training.estimate import Passed
from identity.training.observed import Levels, learned_levels

#: DuckDB keeps to its memory, writes no temporary files, and asks the network for nothing.
_ALONE: Final = {
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_EVEN: Final = 0.5  # where EM starts: candidate pairs, half of them of one person
_LOWEST: Final = 1e-9


def maximise(
    pairs: Sequence[Levels], odds: Mapping[str, Mapping[str, LevelOdds]], comparisons: Sequence[str], *, name: str
) -> Passed:
    """Estimate ``m`` of ``comparisons`` from the levels of candidate pairs, with ``u`` as ``odds`` have it.

    EM starts from the ``m`` of ``odds``. The pairs must not have been found by what ``comparisons`` compare.
    """
    reached = {comparison: {found[comparison] for found in pairs if comparison in found} for comparison in comparisons}
    levels = {
        comparison: _worth_telling(comparison, reached[comparison]) for comparison in comparisons if reached[comparison]
    }
    if not levels:
        return Passed(name, len(pairs), 0.0, {})
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(comparison, found, odds[comparison]) for comparison, found in levels.items()],
        probability_two_random_records_match=_EVEN,
    )
    linker = Linker(
        DuckDBAPI(duckdb.connect(config=_ALONE)).register(_rows(pairs, levels)), settings, log_level=logging.CRITICAL
    )
    session = linker.training.estimate_parameters_using_expectation_maximisation(
        block_on("pair"), fix_u_probabilities=True
    )
    trained = session.core_model_settings
    matches = float(trained.probability_two_random_records_match) * len(pairs)
    return Passed(name, len(pairs), matches, _counts(trained.comparisons, levels, pairs, matches / len(pairs)))


def _worth_telling(comparison: str, reached: Collection[str]) -> list[str]:
    """The levels that pairs reach; Splink wants two at least."""
    levels = learned_levels(comparison)
    found = [level for level in levels if level in reached]
    return found if len(found) > 1 else [*found, next(level for level in reversed(levels) if level not in reached)]


def _comparison(comparison: str, levels: Sequence[str], odds: Mapping[str, LevelOdds]) -> Any:
    """Level ``n`` is that both rows say ``n``; what a record does not tell is NULL."""
    return cl.CustomComparison(
        output_column_name=comparison,
        comparison_levels=[
            cll.NullLevel(comparison),
            *(
                cll.CustomLevel(f'"{comparison}_l" = {number}', level).configure(
                    m_probability=max(odds[level].m, _LOWEST), u_probability=max(odds[level].u, _LOWEST)
                )
                for number, level in enumerate(levels)
            ),
        ],
    )


def _rows(pairs: Sequence[Levels], levels: Mapping[str, Sequence[str]]) -> Any:
    """Two rows for each pair."""
    numbers = range(len(pairs))
    columns: dict[str, Any] = {
        "unique_id": pa.array(range(2 * len(pairs)), pa.int64()),
        "pair": pa.array([number for number in numbers for _ in "lr"], pa.int64()),
    }
    for comparison, found in levels.items():
        place: dict[str | None, int] = {level: number for number, level in enumerate(found)}
        column = [place.get(levels_of.get(comparison)) for levels_of in pairs]
        columns[comparison] = pa.array([value for value in column for _ in "lr"], pa.int32())
    return pa.table(columns)


def _counts(
    trained: Any, levels: Mapping[str, Sequence[str]], pairs: Sequence[Levels], share: float
) -> dict[str, dict[str, float]]:
    """For each level the number of one person's pairs that reach it: of those that tell, the share that are of one person."""
    counts = {}
    for comparison in trained:
        name = comparison.output_column_name
        told = share * sum(name in found for found in pairs)
        found = (level for level in comparison.comparison_levels if not level.is_null_level)
        shares = {level.label_for_charts: level.m_probability for level in found}
        # A level that no pair of one person reaches has a text instead of a probability.
        counts[name] = {
            level: told * shares[level] if isinstance(shares[level], float) else 0.0 for level in levels[name]
        }
    return counts
