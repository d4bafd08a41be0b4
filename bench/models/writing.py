"""Write a model file: odds rounded to few digits, term tables from public frequencies, thresholds from the prior."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from bench.models.estimate import Odds
from identity.comparison import LEVELS
from identity.model import TERM_TABLES, Model, ModelFile, load_model

_BIT: Final = 1000
_FIRST_CUTS: Final = (6, 12, 20)
_UNSURE: Final = 0.1  # from which a steward may be asked


def surprises(shares: Mapping[str, float]) -> dict[str, int]:
    """Term values from shares of the population."""
    return {term: surprise(share) for term, share in sorted(shares.items())}


def surprise(share: float) -> int:
    """``-log2`` of a share in 1/1000 bit."""
    return round(-math.log2(share) * _BIT)


def by_sound(shares: Mapping[str, float], sound: Callable[[str], str]) -> dict[str, float]:
    """Shares of sounds: those of all that sound alike, together."""
    together: dict[str, float] = {}
    for text, share in shares.items():
        together[sound(text)] = together.get(sound(text), 0) + share
    return together


def blank_model() -> Model:
    """A model that says nothing of anything: enough to count levels with."""
    nothing = {"m": 0.5, "u": 0.5, "relatives": 0.5}
    return load_model(
        _encoded(
            {
                "format": 1,
                "name": "blank",
                "version": "0",
                "threshold": 0,
                "review": 0,
                "relatives_per_stranger": 1.0,
                "comparisons": {comparison: dict.fromkeys(levels, nothing) for comparison, levels in LEVELS.items()},
                "terms": {table: {"default": 0} for table in TERM_TABLES},
            }
        )
    )


def model_file(  # noqa: PLR0913 - a file has so many parts
    name: str, version: str, odds: Odds, terms: Mapping[str, Any], *, certainty: float, note: str
) -> bytes:
    """The bytes of a model file; ``certainty`` is the probability from which two records join."""
    prior = math.log2(odds.same_per_pair)
    threshold = round((math.log2(certainty / (1 - certainty)) - prior) * _BIT)
    return _encoded(
        {
            "format": 1,
            "name": name,
            "version": version,
            "note": note,
            "threshold": threshold,
            "review": round((math.log2(_UNSURE / (1 - _UNSURE)) - prior) * _BIT),
            "cuts": [threshold + cut * _BIT for cut in _FIRST_CUTS],
            "relatives_per_stranger": _short(odds.relatives_per_pair),
            "comparisons": {
                comparison: {
                    level: {kind: _short(share) for kind, share in odds.levels[comparison][level]._asdict().items()}
                    for level in levels
                }
                for comparison, levels in LEVELS.items()
            },
            "terms": terms,
        }
    )


def _short(share: float) -> float:
    return float(f"{min(share, 1.0):.3g}")


def _encoded(file: Mapping[str, Any]) -> bytes:
    msgspec.convert(file, ModelFile)
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"
