"""Why records are one person or are not, and where a profile hangs by little.

What is shown names records in the caller's scope only. Where evidence runs by way of people who are not, it is left out: nothing
tells that they are there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import identity
from identity import CellReader, Inquiry, MustLink, Tie
from resolvers.context import Request
from resolvers.errors import BadInput
from resolvers.personal import Personal
from resolvers.plain import id_bytes
from resolvers.profile import Profile, ProfilePage
from resolvers.records import SourceRecord, record_value, shown_records

# How many records and pairs a search for the least cut may partition: about half a second, and a tenth for each profile of a page.
_BUDGET, _PAGE_BUDGET = 50_000, 10_000

_Shown = Mapping[bytes, SourceRecord]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two records compared, as :class:`identity.Comparison` has it; ``probability`` that they are one person."""

    weight: int
    suggestion: int
    probability: float
    shares_key: bool
    levels: tuple[identity.Level, ...]


@dataclass(frozen=True, slots=True)
class EvidenceStep:
    """One step from record to record, as :class:`identity.ExplainedStep`; ``comparison`` None for a steward's decision."""

    start: SourceRecord
    end: SourceRecord
    comparison: Comparison | None
    is_bridge: bool

    @property
    def is_link(self) -> bool:
        """Whether a steward's decision joins the two."""
        return self.comparison is None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A pair that joins, or could; ``weight`` None for a steward's decision."""

    left: SourceRecord
    right: SourceRecord
    weight: int | None

    @property
    def is_link(self) -> bool:
        """Whether a steward's decision joins the two."""
        return self.weight is None


@dataclass(frozen=True, slots=True)
class Part:
    """The records that stay one profile; those of them that the caller may see."""

    records: tuple[SourceRecord, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """The least evidence without which records part, and what they part into."""

    evidence: tuple[Evidence, ...]
    parts: tuple[Part, ...]
    is_proven_minimal: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A pair that would have joined two profiles, and the rule that forbade it."""

    rule: str
    pair: Evidence


@dataclass(frozen=True, slots=True)
class Apart:
    """Why two records are not one profile; ``reason`` as :class:`identity.Apart` has it."""

    reason: str
    missing: int | None
    pair: Evidence | None
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class IgnoredKind:
    """A value that counts as missing in a record: of which kind, why, and where it stands, as :class:`identity.Ignored`."""

    record: SourceRecord
    kind: str
    reason: str
    attribute: str
    slot: int

    @property
    def value(self) -> Personal:
        """The value itself."""
        return record_value(self.record, self.attribute, self.slot)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Two records: one profile by ``path``, or ``apart``."""

    left: SourceRecord
    right: SourceRecord
    threshold: int
    comparison: Comparison | None
    path: tuple[EvidenceStep, ...]
    weakest: EvidenceStep | None
    cut: Cut | None
    apart: Apart | None
    ignored: tuple[IgnoredKind, ...]

    @property
    def is_together(self) -> bool:
        """Whether the two are one profile."""
        return self.apart is None


def explain(request: Request, left: str, right: str) -> Explanation | None:
    """Explain two records; None when one of them does not live or is out of scope."""
    request.asks_for_evidence("explain")
    ends = id_bytes(left, "left"), id_bytes(right, "right")
    if ends[0] == ends[1]:
        raise BadInput("left and right must be two different records")
    request.spend(2)
    shown = shown_records(request, ends)
    if len(shown) < len(ends):
        return None
    for record in shown.values():
        request.trail.compared(record.profile.key)
    found = _inquiry(request).between(*ends, budget=_BUDGET)
    return None if found is None else _explanation(request, found)


def weakest_place(profile: Profile) -> Cut | None:
    """The least evidence without which a profile falls apart; None when it has one record only."""
    profile.page.request.asks_for_evidence("weakestPlace")
    return profile.page.once("weakest places", partial(_weakest_places, profile.page)).get(profile.key)


def _weakest_places(page: ProfilePage) -> dict[bytes, Cut]:
    request = page.request
    found = _inquiry(request).weakest_places(page.ids, budget=_PAGE_BUDGET)
    request.spend(sum(len(part) for cut in found.values() for part in cut.parts))
    shown = shown_records(request, {record for cut in found.values() for record in _records_of(cut)})
    for key in found:
        request.trail.compared(key)
    cuts = {key: _cut(cut, shown) for key, cut in found.items()}
    return {key: cut for key, cut in cuts.items() if cut is not None}


def _inquiry(request: Request) -> Inquiry:
    parts = request.parts
    return Inquiry(request.connection, parts.matcher, parts.match_reader, CellReader(parts.keys, parts.cipher))


def _explanation(request: Request, found: identity.Explained) -> Explanation:
    shown = shown_records(request, set(_named(found)))
    steps = {step: _step(request, step, shown) for step in found.path}
    return Explanation(
        shown[found.left],
        shown[found.right],
        found.threshold,
        _comparison(request, found.comparison),
        path=tuple(steps.values()),
        weakest=steps[found.weakest] if found.weakest else None,
        cut=_cut(found.cut, shown) if found.cut else None,
        apart=_apart(found.apart, shown) if found.apart else None,
        ignored=tuple(_ignored(shown[record], value) for record, values in found.ignored.items() for value in values),
    )


def _named(found: identity.Explained) -> Iterable[bytes]:
    """Every record that an explanation speaks of."""
    yield from (found.left, found.right)
    for step in found.path:
        yield from (step.start, step.end)
    if found.cut:
        yield from _records_of(found.cut)
    if found.apart:
        pairs = [refusal.pair for refusal in found.apart.refused]
        for pair in [*pairs, found.apart.pair] if found.apart.pair else pairs:
            yield from (pair.left, pair.right)


def _records_of(cut: identity.Cut[bytes]) -> Iterable[bytes]:
    for piece in cut.evidence:
        yield from (piece.left, piece.right)
    for part in cut.parts:
        yield from part


def _comparison(request: Request, found: identity.Comparison | None) -> Comparison | None:
    if found is None:
        return None
    probability = request.parts.matcher.model.probability(found.weight)
    return Comparison(found.weight, found.suggestion, probability, found.is_stored, found.levels)


def _step(request: Request, step: identity.ExplainedStep, shown: _Shown) -> EvidenceStep:
    return EvidenceStep(shown[step.start], shown[step.end], _comparison(request, step.comparison), step.is_bridge)


def _ignored(record: SourceRecord, value: identity.Ignored) -> IgnoredKind:
    return IgnoredKind(record, value.kind, value.reason, value.attribute, value.slot)


def _cut(found: identity.Cut[bytes], shown: _Shown) -> Cut | None:
    """None when a piece of it is out of scope: what remains would not part anybody."""
    evidence = [_evidence(piece, shown) for piece in found.evidence]
    seen = tuple(piece for piece in evidence if piece is not None)
    if len(seen) < len(evidence):
        return None
    parts = [Part(tuple(shown[r] for r in sorted(part) if r in shown)) for part in found.parts]
    return Cut(seen, tuple(part for part in parts if part.records), found.is_proven_minimal)


def _apart(found: identity.Apart[bytes], shown: _Shown) -> Apart:
    refused = [(refusal.rule, _evidence(refusal.pair, shown)) for refusal in found.refused]
    return Apart(
        found.reason,
        found.missing or None,
        _evidence(found.pair, shown) if found.pair else None,
        tuple(Refusal(rule, pair) for rule, pair in refused if pair is not None),
    )


def _evidence(piece: Tie[bytes], shown: _Shown) -> Evidence | None:
    if piece.left not in shown or piece.right not in shown:
        return None
    weight = None if isinstance(piece, MustLink) else piece.weight
    return Evidence(shown[piece.left], shown[piece.right], weight)
