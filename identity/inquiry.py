"""Answers about stored records: why two are one profile or are not, and where a profile hangs by little.

Everything is worked out from what is stored now, by the code that decides; nothing is remembered from the time of a decision, so an
explanation is true by construction. Needs a transaction that sees one state.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.engine import Connection

from identity import match_store, store
from identity.compared import Compared
from identity.contradiction import contradiction, vouches
from identity.cuts import BUDGET, Cut, minimal_cut, weakest_place
from identity.evidence import Component, MustLink, joined_path
from identity.explain import Apart, why_apart
from identity.ignored import IGNORABLE, Ignored, Told, ignored
from identity.links import Links, links_of
from identity.match_reader import MatchReader
from identity.match_store import Ends
from identity.matching import Known, Matcher, member, of_identifiers, with_counterparts
from identity.opening import CellReader
from identity.partition import Constraints, Pair
from identity.scoring import Level
from identity.store import StoredRecord
from identity.tables import source_record


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two records compared: weights in 1/1000 bit, ``suggestion`` with what is only claimed.

    ``is_stored``: they share a blocking key that is more than claimed, so their pair takes part.
    """

    left: bytes
    right: bytes
    weight: int
    suggestion: int
    levels: tuple[Level, ...]
    is_stored: bool


@dataclass(frozen=True, slots=True)
class ExplainedStep:
    """One step of an evidence path: a comparison, or None for a steward's must-link between the two.

    ``is_bridge``: no other evidence holds together what is on its two sides.
    """

    start: bytes
    end: bytes
    comparison: Comparison | None
    is_bridge: bool = False


@dataclass(frozen=True, slots=True)
class Explained:
    """Why two records are of one profile, or are not.

    ``comparison`` is that of the two themselves. One profile: ``path`` leads from one to the other by the strongest evidence, ``weakest``
    is its weakest step, ``cut`` the least evidence without which they part. Two profiles: ``apart``. ``ignored`` names for each
    of the two what counts as missing, and why.
    """

    left: bytes
    right: bytes
    threshold: int
    comparison: Comparison | None
    path: tuple[ExplainedStep, ...]
    weakest: ExplainedStep | None
    cut: Cut[bytes] | None
    apart: Apart[bytes] | None
    ignored: Mapping[bytes, tuple[Ignored, ...]]


class _Gathered(NamedTuple):
    """What is stored of the records of some components, but for pairs."""

    known: Mapping[bytes, Known]
    links: Links


class Inquiry:
    """Answers questions inside one transaction."""

    def __init__(self, connection: Connection, matcher: Matcher, reader: MatchReader, cells: CellReader) -> None:
        """``matcher`` and ``reader`` as the resolver has them; ``cells`` opens the values of the records asked about."""
        self._connection = connection
        self._matcher = matcher
        self._cells = cells
        self._compared = Compared(connection, matcher, reader)
        self._deciding: dict[Ends, int] = {}

    def between(self, left: bytes, right: bytes, *, budget: int = BUDGET) -> Explained | None:
        """Explain two live records; None when one of them does not live. ``budget`` bounds the search for the least cut."""
        component = self._component([left, right])
        if not {left, right} <= component.members.keys():
            return None
        path = joined_path(component, left, right)
        steps = tuple(
            ExplainedStep(
                step.start,
                step.end,
                self._evidence(step.evidence, step.start, step.end),
                step.evidence in component.partition.bridges,
            )
            for step in (path.steps if path else ())
        )
        return Explained(
            left,
            right,
            self._matcher.model.threshold,
            self._compare(left, right),
            path=steps,
            weakest=min(steps, key=_strength, default=None),
            cut=minimal_cut(component, left, right, budget=budget),
            apart=why_apart(component, left, right),
            ignored=self._ignored(left, right),
        )

    def weakest_place(self, record: bytes, *, budget: int = BUDGET) -> Cut[bytes] | None:
        """The least evidence without which the profile of a live record falls apart; None when the record is alone."""
        return self.weakest_places([record], budget=budget).get(record)

    def weakest_places(self, records: Collection[bytes], *, budget: int = BUDGET) -> dict[bytes, Cut[bytes]]:
        """The same for many records; without those that are alone.

        ``budget`` bounds each search. Asks the database a constant number of times.
        """
        whole = self._whole(records)
        gathered = self._gather(whole)
        by_component: dict[bytes, set[bytes]] = {}
        for stored in whole:
            by_component.setdefault(stored.component, set()).add(stored.incarnation)
        found: dict[bytes, Cut[bytes]] = {}
        for members in by_component.values():
            component = self._built(gathered, members)
            for record in component.members.keys() & records:
                if cut := weakest_place(component, record, budget=budget):
                    found[record] = cut
        return found

    def _component(self, records: Sequence[bytes]) -> Component[bytes]:
        """The components of some records with everything that decides on them."""
        whole = self._whole(records)
        return self._built(self._gather(whole), {stored.incarnation for stored in whole})

    def _whole(self, records: Collection[bytes]) -> list[StoredRecord]:
        """All records of the components of some."""
        seeds = store.records_by(self._connection, source_record.c.incarnation, records)
        return store.records_by(self._connection, source_record.c.component, {seed.component for seed in seeds})

    def _gather(self, whole: Collection[StoredRecord]) -> _Gathered:
        known = self._compared.known([record.incarnation for record in whole])
        pairs = match_store.pairs_of(self._connection, known.keys())
        self._deciding |= {ends: weighed.weight for ends, weighed in pairs.items() if weighed.weight is not None}
        return _Gathered(known, links_of(self._connection, {record.row_token: record.incarnation for record in whole}))

    def _built(self, gathered: _Gathered, records: Collection[bytes]) -> Component[bytes]:
        known = {record: found for record, found in gathered.known.items() if record in records}
        links = gathered.links.within(known)
        model = self._matcher.model
        return Component(
            {record: member(found) for record, found in known.items()},
            [Pair(a, b, weight) for (a, b), weight in self._deciding.items() if a in known and b in known],
            self._matcher.rules,
            Constraints(
                threshold=model.threshold,
                beyond_doubt=model.beyond_doubt,
                cuts=model.cuts,
                must_links=links.must,
                cannot_links=links.cannot,
                clash=contradiction,
                vouches=vouches,
            ),
        )

    def _evidence(self, evidence: Pair[bytes] | MustLink[bytes], start: bytes, end: bytes) -> Comparison | None:
        return None if isinstance(evidence, MustLink) else self._compare(start, end)

    def _compare(self, left: bytes, right: bytes) -> Comparison | None:
        known = self._compared.known([left, right])
        if not {left, right} <= known.keys() or left == right:
            return None
        one, other = known[left].features, known[right].features
        found = self._matcher.explain(one, other)
        is_stored = (min(left, right), max(left, right)) in self._deciding
        suggestion = self._matcher.suggestion(one, other)
        return Comparison(left, right, found.weight, suggestion, found.levels, is_stored)

    def _ignored(self, left: bytes, right: bytes) -> dict[bytes, tuple[Ignored, ...]]:
        told = self._told({left, right})
        keys = with_counterparts(key for found in told.values() for key in of_identifiers(found.stored.keys))
        generic = match_store.generic_among(self._connection, keys)
        return {
            record: ignored(self._matcher, told[record], told.get(other), generic=generic) if record in told else ()
            for record, other in ((left, right), (right, left))
        }

    def _told(self, records: Collection[bytes]) -> dict[bytes, Told]:
        texts: dict[bytes, dict[tuple[str, int], str]] = {record: {} for record in records}
        for (record, attribute, slot), (text, _) in self._cells.cells(self._connection, records, IGNORABLE).items():
            texts[record][attribute, slot] = text
        return {record: Told(found, texts[record]) for record, found in self._compared.stored(records).items()}


def _strength(step: ExplainedStep) -> float:
    return float("inf") if step.comparison is None else step.comparison.weight
