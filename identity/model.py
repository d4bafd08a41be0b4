"""The model: how much each level of agreement is worth, frozen in a versioned file between two trainings.

For each level the file holds three probabilities: ``m``, that two records of one person reach it; ``u``, that records of two
strangers do; ``relatives``, that records of two people of one household do. Weights are ``log2`` of their ratios in 1/1000 bit
(Fellegi–Sunter, as in Splink). Term tables hold how surprising it is that two strangers share a value, ``-log2`` of its
frequency in 1/1000 bit: common names weigh less than rare ones.

Learned values and terms of an installation's own people stand in its file as keyed hashes, made by the ``digest`` that the caller
hands over with the file. The models that ship hold public name frequencies in clear.
"""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, Literal

import msgspec

from identity.comparison import LEVELS
from storage import OnefoldError

#: Turns (table, text) into the key by which a model of keyed hashes knows it.
Digest = Callable[[str, str], str]

#: The tables of terms: for what agrees exactly, for what only sounds alike, and for the parts of what no table has.
TERM_TABLES: Final = (
    "surname",
    "surname_sound",
    "given",
    "given_sound",
    "given_character",
    "given_syllable",
    "birthday",
)

#: The levels whose weight depends on the value that agrees, and the table that tells.
TERM_LEVELS: Final[Mapping[tuple[str, str], str]] = {
    ("surname", "exact"): "surname",
    ("surname", "sound"): "surname_sound",
    ("given", "exact"): "given",
    ("given", "sound"): "given_sound",
    ("birthday", "exact"): "birthday",
}

#: The models that ship.
SHIPPED: Final = ("chinese", "latin")
_BIT: Final = 1000
#: Log2 of the odds at the threshold: 0.8 to 0.2.
_THRESHOLD_ODDS: Final = 2
_DOUBT: Final = 10 * _BIT
_STRONGEST_BITS: Final = 60  # far above what phone and address together reach, so that relatives stay distinct there


class ModelError(OnefoldError):
    """A model file that cannot be used; the message names the place in it."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Evidence of one level in 1/1000 bit: for the same person, and for a relative, each against strangers."""

    same: int
    relative: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How surprising values are, in 1/1000 bit; ``default`` for those that are not listed."""

    default: int
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Model:
    """A frozen model version.

    ``threshold``: evidence from which two records join; ``review``: from which a steward may be asked. ``relatives``: how much
    rarer relatives are than strangers. ``cuts``: higher thresholds, rising, by which large components are cut. ``weights`` maps
    comparison and level; for levels in ``TERM_LEVELS`` the surprise of the value comes on top. ``placeholders`` maps kinds of
    identifier to values that identify nobody. ``fingerprint`` is the SHA-256 of the file.
    """

    name: str
    version: str
    threshold: int
    review: int
    relatives: int
    cuts: tuple[int, ...]
    weights: Mapping[str, Mapping[str, Weight]]
    terms: Mapping[str, Terms]
    placeholders: Mapping[str, frozenset[str]]
    digest: Digest | None
    fingerprint: str

    @property
    def beyond_doubt(self) -> int:
        """Evidence a thousand times as strong as is needed to join."""
        return self.threshold + _DOUBT

    def probability(self, weight: int) -> float:
        """That two records with this evidence are one person, in the store for which the threshold was set.

        There the threshold means 0.8 (docs/identity.md), that is 2 bits more than even odds.
        """
        return 1 / (1 + 2 ** -((weight - self.threshold) / _BIT + _THRESHOLD_ODDS))

    def listed_surprise(self, table: str, term: str) -> int | None:
        """How surprising it is that two strangers share ``term``; None when the table does not list it."""
        return self.terms[table].values.get(self.digest(table, term) if self.digest else term)

    def surprise(self, table: str, term: str) -> int:
        """The same, with the table's default for what it does not list."""
        listed = self.listed_surprise(table, term)
        return self.terms[table].default if listed is None else listed

    def is_placeholder(self, kind: str, value: str) -> bool:
        """Whether training found that a normalised identifier identifies nobody (a store's own phone)."""
        known = self.placeholders.get(kind)
        return bool(known) and (self.digest(kind, value) if self.digest else value) in (known or ())


def load_model(data: bytes, digest: Digest | None = None) -> Model:
    """Read a model file; :class:`ModelError` says what is wrong in it. ``digest`` is needed when its terms are keyed."""
    try:
        file = _DECODER.decode(data)
    except UnicodeDecodeError as error:
        raise ModelError(f"not a model file: it is not UTF-8 near its byte {error.start}") from None
    except msgspec.DecodeError as error:
        raise ModelError(f"not a model file: {error}") from None
    _check(file, has_digest=digest is not None)
    return Model(
        name=file.name,
        version=file.version,
        threshold=file.threshold,
        review=file.review,
        relatives=round(math.log2(file.relatives_per_stranger) * _BIT),
        cuts=file.cuts,
        weights={
            comparison: {level: _weight(comparison, level, odds) for level, odds in levels.items()}
            for comparison, levels in file.comparisons.items()
        },
        terms={table: Terms(terms.default, terms.values) for table, terms in file.terms.items()},
        placeholders={kind: frozenset(values) for kind, values in file.placeholders.items()},
        digest=digest if file.keys == "keyed" else None,
        fingerprint=hashlib.sha256(data).hexdigest(),
    )


@cache
def shipped_model(name: str) -> Model:
    """One of the models that ship: ``chinese`` or ``latin``."""
    if name not in SHIPPED:
        raise ModelError(f"unknown model {name!r}: choose one of {', '.join(SHIPPED)}")
    return load_model((files("identity") / "models" / f"{name}.json").read_bytes())


# --- The file ---

Probability = Annotated[float, msgspec.Meta(gt=0, le=1)]
Surprise = Annotated[int, msgspec.Meta(ge=0, le=_STRONGEST_BITS * _BIT)]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class LevelOdds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a level is reached by one person's records, by strangers', by relatives'."""

    m: Probability
    u: Probability
    relatives: Probability


class TermTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Surprise of values in 1/1000 bit."""

    default: Surprise
    values: dict[str, Surprise] = {}


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is written; ``note`` says what it was trained on."""

    format: Literal[1]
    name: Text
    version: Text
    threshold: int
    review: int
    relatives_per_stranger: Probability
    comparisons: dict[str, dict[str, LevelOdds]]
    terms: dict[str, TermTable]
    cuts: tuple[int, ...] = ()
    keys: Literal["plain", "keyed"] = "plain"
    placeholders: dict[str, list[str]] = {}
    note: str = ""


_DECODER: Final = msgspec.json.Decoder(ModelFile)


def _check(file: ModelFile, *, has_digest: bool) -> None:
    _same_names("comparisons", file.comparisons, LEVELS)
    for comparison, levels in LEVELS.items():
        _same_names(f"comparisons.{comparison}", file.comparisons[comparison], levels)
    _same_names("terms", file.terms, TERM_TABLES)
    if file.review > file.threshold:
        raise ModelError(f"review ({file.review}) must not be above threshold ({file.threshold})")
    if list(file.cuts) != sorted({*file.cuts}) or any(cut <= file.threshold for cut in file.cuts):
        raise ModelError("cuts must rise, and lie above threshold")
    if file.keys == "keyed" and not has_digest:
        raise ModelError("its terms are keyed hashes: it needs the installation's key")


def _same_names(where: str, given: Mapping[str, object], expected: "Mapping[str, object] | tuple[str, ...]") -> None:
    missing, unknown = sorted(set(expected) - set(given)), sorted(set(given) - set(expected))
    if missing:
        raise ModelError(f"{where} lacks {', '.join(missing)}")
    if unknown:
        raise ModelError(f"{where} has unknown {', '.join(unknown)}: valid are {', '.join(expected)}")


def _weight(comparison: str, level: str, odds: LevelOdds) -> Weight:
    """The evidence of a level; where a term table tells ``u``, without it."""
    u = 1.0 if (comparison, level) in TERM_LEVELS else odds.u
    return Weight(_bits(odds.m / u), _bits(odds.relatives / u))


def _bits(ratio: float) -> int:
    strongest = _STRONGEST_BITS * _BIT
    return max(-strongest, min(strongest, round(math.log2(ratio) * _BIT)))
