"""Stewards' work: the queue of what is unsure, and decisions."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

import resolvers as ask
from schema.facts import After, First
from schema.field import field
from schema.info import Info
from schema.overview import SourceRecord
from schema.personal import PersonalText, Shown, shown


@strawberry.type(description="Two records that nothing could decide.")
class ReviewItem:
    """See :class:`resolvers.ReviewItem`."""

    id: strawberry.ID = field(description="The item's id: those of both records.")
    left: SourceRecord = field(description="One record; `explain` compares it with the other.")
    right: SourceRecord = field(description="The other.")
    reason: str = field(
        description="`unsure`: a little below the threshold; `unverified`: enough, if what is only claimed were verified; or the rule that refused it, as `Refusal` has it."
    )
    weight: int = field(description="The match weight, in 1/1000 bit, with identifiers that are only claimed.")
    probability: float = field(description="That records of this weight are one person, in a store of 20,000 people.")


def review_queue(
    info: Info,
    reason: Annotated[str | None, strawberry.argument(description="Only what was left for this reason.")] = None,
    first: First = None,
    after: After = None,
) -> ask.Connection[ask.ReviewItem]:
    """What a steward may decide."""
    return ask.review_queue(info.request, reason=reason, first=first, after=after)


@strawberry.enum(description="What a steward decided about two records.")
class DecisionKind(Enum):
    """The kinds of :data:`identity.DECISIONS`."""

    MUST_LINK = strawberry.enum_value("must_link", description="They are one person, whatever the evidence.")
    CANNOT_LINK = strawberry.enum_value("cannot_link", description="They are two, whatever the evidence.")


def _kind(root: strawberry.Parent[ask.Decision]) -> DecisionKind:
    return DecisionKind(root.kind)


def _reason(root: strawberry.Parent[ask.Decision], info: Info) -> Shown:
    return shown(root.reason, info)


@strawberry.type(
    description="A steward's decision about two rows. It holds while both live, also when they come again."
)
class Decision:
    """See :class:`resolvers.Decision`."""

    id: strawberry.ID = field(description="By which it is undone.")
    kind: DecisionKind = field(resolver=_kind, description="What was decided.")
    left: SourceRecord | None = field(description="One record; null when its row does not live now.")
    right: SourceRecord | None = field(description="The other; null when its row does not live now.")
    author: str = field(description="The steward, as the access token named them.")
    at: datetime | None = field(description="When it was made.")
    reason: PersonalText = field(resolver=_reason, description="Why, in the steward's words.")
    is_in_force: bool = field(name="inForce", description="Whether both rows live.")


def decisions(root: strawberry.Parent[ask.Profile]) -> list[ask.Decision]:
    """Decisions about a profile's records."""
    return ask.decisions(root)
