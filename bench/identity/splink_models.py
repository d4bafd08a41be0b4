"""What Splink is told about each kind of data: comparisons, blocking, and which blockings train which comparisons.

The comparisons are those of its own library where one fits (date of birth, e-mail), and custom levels in its own manner where the
data ask for them (names in two scripts, masked phones). EM is never blocked on the phone, where relatives look like matches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl

Columns = Sequence[str]


@dataclass(frozen=True, slots=True)
class Model:
    """``blocking`` makes the candidate pairs, ``training`` the pairs for EM, ``sure`` pairs that nearly all match."""

    comparisons: Callable[[], list[Any]]
    blocking: Sequence[Columns]
    training: Sequence[Columns]
    sure: Sequence[Columns]


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
    return cl.CustomComparison(
        output_column_name="phone",
        comparison_levels=[
            cll.NullLevel("phone"),
            _level(_equal("phone"), "same phone", "phone"),
            _level(f"{is_masked} AND {_equal('shown')}", "same as far as it is shown"),
            _level(f'NOT {is_masked} AND damerau_levenshtein("phone_l", "phone_r") <= 1', "a slip"),
            cll.ElseLevel(),
        ],
    )


def _places() -> Any:
    nowhere = '("road_l" IS NULL OR "road_r" IS NULL) AND ("city_l" IS NULL OR "city_r" IS NULL)'
    return cl.CustomComparison(
        output_column_name="home",
        comparison_levels=[
            _level(nowhere, "no place").configure(is_null_level=True),
            _level(_equal("home"), "same flat", "home"),
            _level(_equal("road"), "same house", "road"),
            _level(_equal("city"), "same city", "city"),
            cll.ElseLevel(),
        ],
    )


def _retail() -> list[Any]:
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


RETAIL = Model(
    comparisons=_retail,
    blocking=(
        ("phone",),
        ("email",),
        ("mailbox",),
        ("account",),
        ("card",),
        ("home",),
        ("letters",),
        ("family", "birthday"),
        ("shown", "family"),
        ("shown", "birthday"),
    ),
    training=(("birthday",), ("letters",), ("account",), ("email",), ("home",)),
    sure=(("account",), ("email", "letters"), ("letters", "birthday"), ("phone", "letters")),
)


def _febrl() -> list[Any]:
    """As in the example of Splink's documentation for Febrl 4, with suburb and street on top."""
    return [
        cl.NameComparison("given_name"),
        cl.NameComparison("surname"),
        cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("suburb", [0.92]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("street", [0.9, 0.7]),
    ]


FEBRL = Model(
    comparisons=_febrl,
    blocking=(
        ("soc_sec_id",),
        ("given_name", "surname"),
        ("date_of_birth",),
        ("postcode", "surname"),
        ("postcode", "given_name"),
        ("street_number", "postcode"),
    ),
    training=(("date_of_birth",), ("postcode",), ("soc_sec_id",)),
    sure=(("soc_sec_id",), ("given_name", "surname", "date_of_birth")),
)

MODELS = {"chinese": RETAIL, "latin": RETAIL, "febrl": FEBRL}
