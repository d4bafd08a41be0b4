"""Training: a new model version from an installation's own records, without labels.

``u`` comes from random pairs, ``m`` from several passes of EM, each blocked on something else (never on the phone, where relatives
look like matches) and blind for what it is blocked on; the odds of relatives from pairs of households; names and placeholders
from their frequency. All of it is smoothed by the model in force, whose thresholds stay unless stewards' decisions calibrate them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.engine import Connection

from identity.batch import without_placeholders
from identity.compared import Compared
from identity.features import Features
from identity.match_reader import MatchReader
from identity.match_store import Ends
from identity.matching import Matcher
from identity.model import Digest, LevelOdds, Model, ModelFile, load_model
from identity.scoring import score
from identity.training.calibrate import Calibration, Decided, calibrate, require_labels
from identity.training.errors import TrainingError
from identity.training.estimate import Passed, with_passes, with_relatives, with_strangers, without_reversals
from identity.training.examples import examples, unlinkables
from identity.training.observed import LEARNED, Levels, Observed, count, observe
from identity.training.placeholders import learned_placeholders
from identity.training.sample import (
    Label,
    Progress,
    Sampled,
    blocked_pairs,
    labels,
    open_features,
    random_pairs,
    sample_records,
)
from identity.training.terms import learned_terms
from identity.training.trained import Pass, Trained, changes
from identity.training.writing import encode, new_model, with_threshold

#: The passes of EM: a kind of blocking key, and what its pairs cannot teach, since they were found by it.
PASSES: Final[Mapping[str, frozenset[str]]] = {
    "full_name": frozenset({"surname", "given"}),
    "surname_birthday": frozenset({"surname", "birthday"}),
    "home": frozenset({"contact", "surname", "given"}),
    "email": frozenset({"email"}),
    "national_id": frozenset({"national_id", "birthday", "gender"}),
    "wechat_unionid": frozenset({"wechat_unionid", "wechat_openid"}),
    "alipay_id": frozenset({"alipay_id"}),
    "loyalty_card": frozenset({"loyalty_card"}),
}

#: Where households meet.
_HOUSEHOLDS: Final = ("phone", "home")

#: Fewer pairs than this teach nothing.
_FEWEST_PAIRS: Final = 100
_FEWEST_RECORDS: Final = 200
_RANDOM_PAIRS: Final = 200_000
_RANDOM_PAIRS_OF_EACH: Final = 50
_MOST_PAIRS: Final = 50_000  # of one pass
_SHOWN: Final = 5_000  # records and pairs by which the report shows the new model

#: One pass of EM, by Splink: levels of pairs, odds to start from, comparisons to estimate, ``name=`` of the pass.
Maximise = Callable[..., Passed]


@dataclass(frozen=True, slots=True)
class Training:
    """What training needs of an installation.

    ``base`` is the file of the matcher's model. ``digest`` makes the installation's keyed hashes. ``maximise`` is
    :func:`identity.training.em.maximise`, handed over because only the extra ``train`` brings it.
    """

    matcher: Matcher
    reader: MatchReader
    base: ModelFile
    digest: Digest
    maximise: Maximise

    def run(  # noqa: PLR0913 - what a training may be told
        self,
        connection: Connection,
        *,
        version: str,
        most_records: int,
        precision: float | None = None,
        note: str = "",
        progress: Progress = lambda _: None,
    ) -> tuple[bytes, Trained]:
        """Train; the new model file and what there is to tell. Nothing is written.

        :class:`TrainingError` when there are too few records, or too few decisions for a wanted ``precision``.
        """
        decided = labels(connection)
        if precision is not None:
            require_labels(sum(label.is_match for label in decided), precision)
        compared = Compared(connection, self.matcher, self.reader)
        sampled = sample_records(connection, compared, most_records, progress)
        if len(sampled.features) < _FEWEST_RECORDS:
            raise TrainingError(f"{len(sampled.features)} records teach nothing; {_FEWEST_RECORDS} are the least")
        run = _Run(self, compared, connection, sampled)
        model, passes = run.model(version, note)
        content = encode(model, self.digest)
        found, calibration = load_model(content, self.digest), None
        if precision is not None:
            calibration = calibrate(run.decided(decided, found), precision)
            model = with_threshold(model, calibration)
            content = encode(model, self.digest)
            found = load_model(content, self.digest)
        return content, run.told(model, found, passes, decisions=len(decided), calibration=calibration)


class _Run:
    """One training under way."""

    def __init__(self, training: Training, compared: Compared, connection: Connection, sampled: Sampled) -> None:
        self._training = training
        self._connection = connection
        self._compared = compared
        self._placeholders = learned_placeholders(
            connection, training.matcher, training.reader, sampled.people(), training.digest
        )
        # Only to look placeholders up: its terms are not keyed.
        self._learned = replace(
            training.matcher.model,
            placeholders={kind: frozenset(values) for kind, values in self._placeholders.items()},
            digest=training.digest,
        )
        self._features: dict[bytes, Features] = {}
        self._sampled = Sampled(self._cleaned(sampled.features), sampled.profiles)
        self._terms = learned_terms(self._sampled.people(), training.matcher.model)
        self._shown: list[Ends] = []
        self._random = self._households = 0

    def model(self, version: str, note: str) -> tuple[ModelFile, list[Passed]]:
        """The new model, with thresholds as they were, and the passes that made it."""
        base, digest = self._training.base, self._training.digest
        odds = without_reversals(base.comparisons, with_strangers(base.comparisons, count(self._strangers())))
        passes = [found for kind in PASSES if (found := self._pass(kind, odds))]
        odds = without_reversals(base.comparisons, with_passes(odds, passes))
        odds = with_relatives(odds, count(self._relatives()))
        return (
            new_model(
                base, version, odds, terms=self._terms, placeholders=self._placeholders, digest=digest, note=note
            ),
            passes,
        )

    def decided(self, found: Sequence[Label], model: Model) -> list[Decided]:
        """What stewards decided, weighed by the new model."""
        can_open = self._open([label.ends for label in found])
        features = self._features
        return [
            Decided(score(features[label.ends[0]], features[label.ends[1]], model).weight, label.is_match)
            for label in found
            if label.ends in can_open
        ]

    def told(
        self,
        file: ModelFile,
        model: Model,
        passes: Sequence[Passed],
        *,
        decisions: int,
        calibration: Calibration | None,
    ) -> Trained:
        """What there is to tell of the new model."""
        base, people = self._training.base, self._sampled.people()
        shown = [(self._features[left], self._features[right]) for left, right in self._shown]
        return Trained(
            name=file.name,
            version=file.version,
            started_from=f"{base.name} {base.version}",
            records=len(self._sampled.features),
            people=len(people),
            random_pairs=self._random,
            household_pairs=self._households,
            passes=[Pass(p.name, p.pairs, round(p.matches), list(p.counts)) for p in passes],
            levels=changes(base.comparisons, file.comparisons),
            terms={table: len(terms) for table, terms in self._terms.items()},
            placeholders={kind: len(values) for kind, values in self._placeholders.items()},
            decisions=decisions,
            threshold_before=base.threshold,
            threshold=file.threshold,
            review=file.review,
            calibration=calibration,
            unlinkables=unlinkables(people[:_SHOWN], model),
            examples=examples(shown, model),
        )

    def _strangers(self) -> list[Levels]:
        """Random pairs, without those that may be of one person or one household after all."""
        matcher = self._training.matcher
        found = self._observe(
            random_pairs(self._sampled, min(_RANDOM_PAIRS, _RANDOM_PAIRS_OF_EACH * len(self._sampled.features)))
        )
        levels = [each.levels for each in found if each.weight < matcher.model.review and not each.is_household]
        self._random = len(levels)
        return levels

    def _pass(self, kind: str, odds: Mapping[str, Mapping[str, LevelOdds]]) -> Passed | None:
        """One pass of EM, without households."""
        pairs = list(self._open(blocked_pairs(self._connection, self._training.matcher, kind, _MOST_PAIRS)))
        self._shown += pairs[: _SHOWN // len(PASSES)]
        levels = [each.levels for each in self._observe(pairs) if not each.is_household]
        comparisons = [comparison for comparison in LEARNED if comparison not in PASSES[kind]]
        if len(levels) < _FEWEST_PAIRS:
            return None
        return self._training.maximise(levels, odds, comparisons, name=kind)

    def _relatives(self) -> list[Levels]:
        """Pairs of households: other given names, and a phone or a home in common."""
        matcher = self._training.matcher
        pairs = {ends for kind in _HOUSEHOLDS for ends in blocked_pairs(self._connection, matcher, kind, _MOST_PAIRS)}
        levels = [each.levels for each in self._observe(sorted(self._open(sorted(pairs)))) if each.is_household]
        self._households = len(levels)
        return levels

    def _observe(self, pairs: Sequence[Ends]) -> list[Observed]:
        features = self._features
        return list(observe(((features[left], features[right]) for left, right in pairs), self._training.matcher))

    def _open(self, pairs: Sequence[Ends]) -> dict[Ends, None]:
        """Those of the pairs whose records can still be opened; they are, from here on."""
        self._cleaned(open_features(self._compared, {end for ends in pairs for end in ends} - self._features.keys()))
        return {ends: None for ends in pairs if ends[0] in self._features and ends[1] in self._features}

    def _cleaned(self, opened: Mapping[bytes, Features]) -> Mapping[bytes, Features]:
        """Take in features, without what was learned to identify nobody."""
        clean = {record: without_placeholders(features, self._learned) for record, features in opened.items()}
        self._features |= clean
        return clean
