"""Why records are one person or are not."""

from typing import Annotated

import strawberry

import resolvers as ask
from schema.field import field
from schema.info import Info
from schema.overview import SourceRecord
from schema.personal import PersonalText, Shown, shown


@strawberry.type(description="What one comparison contributes to a match weight.")
class ComparisonLevel:
    """See :class:`identity.Level`."""

    comparison: str = field(description="What is compared, such as `surname`, `birthday` or `contact`.")
    level: str = field(description="How far it agrees; docs/identity.md lists all levels.")
    weight: int = field(description="What that says for one person, in 1/1000 bit; negative: against.")


@strawberry.type(description="Two records compared. Weights are in 1/1000 bit: 1000 more doubles the odds.")
class Comparison:
    """See :class:`resolvers.Comparison`."""

    weight: int = field(
        description="The match weight: the evidence for one person, in 1/1000 bit; negative if against."
    )
    suggestion: int = field(description="The same if identifiers that are only claimed had been verified.")
    probability: float = field(description="That records of this weight are one person, in a store of 20,000 people.")
    shares_key: bool = field(
        description="Whether they share a blocking key; a pair that does not is not looked at when records are joined."
    )
    levels: list[ComparisonLevel] = field(description="What the weight is the sum of.")


@strawberry.type(description="A step from one record to another.")
class EvidenceStep:
    """See :class:`resolvers.EvidenceStep`."""

    start: SourceRecord = field(name="from", description="Where it starts.")
    end: SourceRecord = field(name="to", description="Where it leads.")
    is_link: bool = field(name="link", description="Whether a steward's decision joins the two.")
    comparison: Comparison | None = field(description="The two compared; null for a steward's decision.")
    is_bridge: bool = field(description="Whether nothing else holds together what is on its two sides.")


@strawberry.type(description="Two records that something joins, or would join.")
class Evidence:
    """See :class:`resolvers.Evidence`."""

    left: SourceRecord = field(description="One record.")
    right: SourceRecord = field(description="The other.")
    weight: int | None = field(description="Their match weight in 1/1000 bit; null for a steward's decision.")
    is_link: bool = field(name="link", description="Whether a steward's decision joins the two.")


@strawberry.type(description="Records that stay one profile when a cut is made.")
class Part:
    """See :class:`resolvers.Part`."""

    records: list[SourceRecord] = field(description="They; other profiles' records that would join them included.")


@strawberry.type(description="The least evidence without which records fall apart, and into what.")
class Cut:
    """See :class:`resolvers.Cut`."""

    evidence: list[Evidence] = field(description="What would have to go, the weakest first.")
    parts: list[Part] = field(description="What is left.")
    is_proven_minimal: bool = field(
        name="provenMinimal", description="Whether nothing less would do; if false, the search for less was given up."
    )


@strawberry.type(description="Two profiles that a rule kept apart.")
class Refusal:
    """See :class:`resolvers.Refusal`."""

    rule: str = field(
        description="The rule: `cannot_link`, `max_cluster_records`, `name`, `birthday`, `ambiguous`, `evidence`, `large_component`, or a kind of identifier."
    )
    pair: Evidence = field(description="The pair that would have joined them.")


@strawberry.type(description="Why two records are of different profiles.")
class Apart:
    """See :class:`resolvers.Apart`."""

    reason: str = field(
        description="A rule as `Refusal` has it, or `below_threshold`, `not_compared`, `other_component` (nothing leads from one to the other)."
    )
    missing: int | None = field(description="What the pair lacks to join, in 1/1000 bit, when it is `below_threshold`.")
    pair: Evidence | None = field(description="The pair that came nearest to joining them.")
    refused: list[Refusal] = field(description="All that was refused between them, that of `pair` first.")


def _ignored_value(root: strawberry.Parent[ask.IgnoredKind], info: Info) -> Shown:
    return shown(root.value, info)


@strawberry.type(description="A value that counts as missing in a record.")
class IgnoredKind:
    """See :class:`resolvers.IgnoredKind`."""

    record: SourceRecord = field(description="The record.")
    kind: str = field(description="The kind of identifier, or `birthday`.")
    reason: str = field(
        description="`generic`: too many people state it; `unverified`: its source could have verified it and has not; `blocked`: `[identity.blocked]` lists it; `learned`: the model has learned that it identifies nobody; `too_long`: longer than 500 characters; `role_mailbox`: a function reads it, so it tells the company at most; `other_app`: the other record's openids are of other WeChat apps."
    )
    value: PersonalText = field(resolver=_ignored_value, description="The value as the record tells it.")


@strawberry.type(
    description="Why two records are one profile, or are not, worked out from what is stored now. Names only records that the caller may see."
)
class Explanation:
    """See :class:`resolvers.Explanation`."""

    left: SourceRecord = field(description="The one record.")
    right: SourceRecord = field(description="The other.")
    is_together: bool = field(name="together", description="Whether they are one profile.")
    threshold: int = field(description="The match weight from which a pair joins, in 1/1000 bit.")
    comparison: Comparison | None = field(
        description="The two themselves; null when the key of one of them was destroyed."
    )
    path: list[EvidenceStep] = field(
        description="The strongest evidence that leads from `left` to `right`; empty when they are apart."
    )
    weakest: EvidenceStep | None = field(description="The weakest step of the path.")
    cut: Cut | None = field(
        description="What would have to go for them to part; null when they are apart, or when it would tell of people that the caller may not see."
    )
    apart: Apart | None = field(description="Why they are apart; null when they are together.")
    ignored: list[IgnoredKind] = field(description="What of the two counts as missing.")


def explain(
    info: Info,
    left: Annotated[strawberry.ID, strawberry.argument(description="A record's id, or a profile's: its first record.")],
    right: Annotated[strawberry.ID, strawberry.argument(description="Another one.")],
) -> ask.Explanation | None:
    """Explain two records."""
    return ask.explain(info.request, left, right)


def weakest_place(root: strawberry.Parent[ask.Profile]) -> ask.Cut | None:
    """Where a profile hangs by little."""
    return ask.weakest_place(root)
