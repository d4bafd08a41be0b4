"""Survivorship: which source record's value survives in the golden record, for each attribute.

A pure fold: it sees which attributes each member record holds and when the row was last updated, and gives *pointers*, so
nothing personal is copied. The order of the members does not matter; ties end at the natural key.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import msgspec

from storage import ConfigError, ConfigMistakes

RULES = ("latest", "most_trusted", "most_frequent", "verified_first")


class Held(NamedTuple):
    """A value that a member record holds: which cell, and whether its source verified it."""

    attribute: str
    slot: int
    verified: bool | None


class MemberRecord(msgspec.Struct, frozen=True):
    """A member of a profile; ``updated_at`` is the row's own time in microseconds, None counts as oldest."""

    incarnation: bytes
    source: str
    updated_at: int | None
    held: tuple[Held, ...]


class Winner(NamedTuple):
    """The cell whose value survives."""

    incarnation: bytes
    slot: int


@dataclass(frozen=True, slots=True)
class SurvivorshipRules:
    """The ``[profiles]`` settings: a rule for each attribute, and sources in order of trust, most trusted first."""

    default: str = "latest"
    attributes: Mapping[str, str] = field(
        default_factory=lambda: {"email": "verified_first", "phone": "verified_first"}
    )
    trust: tuple[str, ...] = ()

    def with_rule(self, rule: str) -> tuple[str, ...]:
        """The attributes that ``rule`` is set for by name."""
        return tuple(name for name, of in self.attributes.items() if of == rule)

    @classmethod
    def from_config(cls, section: Mapping[str, Any]) -> "SurvivorshipRules":
        """Read ``[profiles]``: ``default``, ``trust = ["pos", "shop"]`` and ``[profiles.attributes]``."""
        mistakes, defaults = ConfigMistakes(), cls()
        given = partial(mistakes.value, mistakes.table(section, "profiles", ("default", "attributes", "trust")))
        rules = cls(
            given("default", partial(_rule, "default"), defaults.default),
            {**defaults.attributes, **given("attributes", _attributes, {})},
            given("trust", _sources, defaults.trust),
        )
        mistakes.refuse()
        return rules


def _attributes(value: object) -> dict[str, str]:
    mistakes = ConfigMistakes()
    given = mistakes.table(value, "profiles.attributes")
    rules = {name: mistakes.value(given, name, partial(_rule, f"attributes.{name}"), "latest") for name in given}
    mistakes.refuse()
    return rules


def _rule(where: str, value: object) -> str:
    if value not in RULES:
        raise ConfigError(f"unknown survivorship rule {value!r}", where=f"profiles.{where}", valid=RULES)
    return str(value)


def _sources(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ConfigError('must be a list of sources such as ["pos", "shop"]', where="profiles.trust")
    return tuple(value)


@dataclass(frozen=True, slots=True)
class Known:
    """What decides ties; members that stand alone need none of it.

    ``naturals`` maps incarnations to natural keys; ``values`` maps (incarnation, attribute, slot) to the value, for
    attributes with the rule ``most_frequent``. A rehearsal may find none of a member that was deleted a moment ago: as if they were empty.
    """

    naturals: Mapping[bytes, str] = field(default_factory=dict)
    values: Mapping[tuple[bytes, str, int], str] = field(default_factory=dict)


def winners(members: Sequence[MemberRecord], rules: SurvivorshipRules, known: Known) -> dict[str, Winner]:
    """The surviving cell of each attribute that any member holds."""
    candidates: dict[str, list[tuple[MemberRecord, Held]]] = {}
    for member in members:
        for held in member.held:
            candidates.setdefault(held.attribute, []).append((member, held))
    return {
        attribute: Winner(found[0][0].incarnation, found[0][1].slot)
        if len(found) == 1
        else _best(attribute, found, rules, known)
        for attribute, found in candidates.items()
    }


def _best(attribute: str, found: Sequence[tuple[MemberRecord, Held]], rules: SurvivorshipRules, known: Known) -> Winner:
    rule = rules.attributes.get(attribute, rules.default)
    # Between the columns of one record nothing but the verification can tell, and no value needs to be known.
    if rule != "most_frequent" or _has_rivals(found):
        frequencies = _frequencies(found, known) if rule == "most_frequent" else {}
        ranks = [_rank(pair, rule, rules, frequencies) for pair in found]
        found = [pair for pair, rank in zip(found, ranks, strict=True) if rank == max(ranks)]
    if _has_rivals(found):
        naturals = {member.incarnation: known.naturals.get(member.incarnation, "") for member, _ in found}
        lowest = min(naturals.values())
        found = [pair for pair in found if naturals[pair[0].incarnation] == lowest]
    member, held = min(found, key=lambda pair: pair[1].slot)
    return Winner(member.incarnation, held.slot)


def _has_rivals(found: Sequence[tuple[MemberRecord, Held]]) -> bool:
    return len({member.incarnation for member, _ in found}) > 1


_OLDEST = -(2**63)


def _rank(
    pair: tuple[MemberRecord, Held], rule: str, rules: SurvivorshipRules, frequencies: Mapping[tuple[bytes, int], int]
) -> tuple[int, int]:
    member, held = pair
    recency = _OLDEST if member.updated_at is None else member.updated_at
    if rule == "most_trusted":
        return (-rules.trust.index(member.source) if member.source in rules.trust else -len(rules.trust), recency)
    if rule == "most_frequent":
        return (frequencies[member.incarnation, held.slot], recency)
    if rule == "verified_first":
        return (int(held.verified is True), recency)
    return (0, recency)


def _frequencies(found: Sequence[tuple[MemberRecord, Held]], known: Known) -> dict[tuple[bytes, int], int]:
    values = {(m.incarnation, h.slot): known.values.get((m.incarnation, h.attribute, h.slot), "") for m, h in found}
    counts = Counter(values.values())
    return {cell: counts[value] for cell, value in values.items()}
