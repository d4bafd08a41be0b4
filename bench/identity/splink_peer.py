"""Splink by its documented best practice: levels, term frequencies, u by random sampling, m by EM on several blockings.

The comparisons are those of its own library where one fits (date of birth, e-mail), and custom levels in its own manner where the
data ask for them (names in two scripts, masked phones). EM is never blocked on the phone, where relatives look like matches.
Everything untyped of Splink and pandas stays in this module.
"""

import logging
from collections.abc import Sequence
from typing import Any

import pandas as pd
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from bench.identity.cleaning import Clean

#: The match probability at which Splink's own documentation clusters.
THRESHOLD = 0.95


def _level(sql: str, label: str, frequency: str | None = None) -> Any:
    level = cll.CustomLevel(sql, label)
    return level.configure(tf_adjustment_column=frequency) if frequency else level


def _equal(column: str) -> str:
    return f'"{column}_l" = "{column}_r"'


def _names() -> Any:
    sounds_alike = 'jaro_winkler_similarity("sound_l", "sound_r") >= 0.92'
    return cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("family"),
            _level(_equal("name"), "same name", "name"),
            _level(_equal("letters"), "same sound, in any order", "letters"),
            _level(f'("given_l" IS NULL OR "given_r" IS NULL) AND {_equal("family")}', "surname only, same", "family"),
            _level('"given_l" IS NULL OR "given_r" IS NULL', "surname only, another"),
            _level(f"{sounds_alike} AND {_equal('family')}", "nearly the same sound, same surname"),
            _level(sounds_alike, "nearly the same sound"),
            _level(_equal("given"), "same given name", "given"),
            _level(_equal("family"), "same surname", "family"),
            cll.ElseLevel(),
        ],
    )


def _phones() -> Any:
    is_masked = "(\"phone_l\" LIKE '%*%' OR \"phone_r\" LIKE '%*%')"
    shown = "right(\"phone_l\", 4) = right(\"phone_r\", 4) AND left(replace(\"phone_l\", '+86', ''), 3) = left(replace(\"phone_r\", '+86', ''), 3)"
    return cl.CustomComparison(
        output_column_name="phone",
        comparison_levels=[
            cll.NullLevel("phone"),
            _level(_equal("phone"), "same phone", "phone"),
            _level(f"{is_masked} AND {shown}", "same as far as it is shown"),
            _level(f'NOT {is_masked} AND damerau_levenshtein("phone_l", "phone_r") <= 1', "a slip"),
            cll.ElseLevel(),
        ],
    )


def _places() -> Any:
    return cl.CustomComparison(
        output_column_name="home",
        comparison_levels=[
            _level('("road_l" IS NULL OR "road_r" IS NULL) AND ("city_l" IS NULL OR "city_r" IS NULL)', "no place").configure(
                is_null_level=True
            ),
            _level(_equal("home"), "same flat", "home"),
            _level(f"{_equal('road')}", "same house", "road"),
            _level(_equal("city"), "same city", "city"),
            cll.ElseLevel(),
        ],
    )


def _comparisons() -> list[Any]:
    return [
        _names(),
        _phones(),
        _places(),
        cl.DateOfBirthComparison("birthday", input_is_string=True),
        cl.EmailComparison("email"),
        cl.ExactMatch("account"),
        cl.ExactMatch("card"),
        cl.ExactMatch("gender"),
    ]


_BLOCKING = (
    ("phone",),
    ("email",),
    ("mailbox",),
    ("account",),
    ("card",),
    ("home",),
    ("letters",),
    ("family", "birthday"),
    ("tail", "family"),
    ("tail", "birthday"),
)

# Pairs that are blocked on these train the others; between them every comparison is trained.
_TRAINING = (("birthday",), ("letters",), ("account",), ("email",), ("home",))


def pairs(rows: Sequence[Clean], seed: int) -> "pd.DataFrame":
    """Every candidate pair with its match probability, weight, comparison vector and term frequencies."""
    frame = pd.DataFrame([{**row, "tail": row["phone"][-4:] if row["phone"] else None} for row in rows])
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=_comparisons(),
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in _BLOCKING],
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=False,
    )
    database = DuckDBAPI()
    linker = Linker(database.register(frame), settings, log_level=logging.CRITICAL)
    _train(linker, seed)
    return linker.inference.predict(threshold_match_weight=-20).as_pandas_dataframe()


def _train(linker: Any, seed: int) -> None:
    training = linker.training
    sure = [block_on("account"), block_on("email", "letters"), block_on("letters", "birthday"), block_on("phone", "letters")]
    training.estimate_probability_two_random_records_match(sure, recall=0.8)
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=seed)
    for columns in _TRAINING:
        training.estimate_parameters_using_expectation_maximisation(block_on(*columns))


def scored(frame: "pd.DataFrame") -> list[tuple[float, str, str]]:
    """Probability, left, right of each pair."""
    return list(zip(frame["match_probability"], frame["unique_id_l"], frame["unique_id_r"], strict=True))
