"""The changes: stewards' decisions."""

from collections.abc import Callable
from typing import Annotated

import strawberry

import resolvers as ask
from identity import Decision as Kind
from schema.decisions import Decision
from schema.field import field
from schema.info import Info
from schema.profile import Profile

ClientId = Annotated[
    str,
    strawberry.argument(
        description="An id of your own, such as a UUID: sent again with the same one, a decision is made once."
    ),
]
Left = Annotated[strawberry.ID, strawberry.argument(description="A record's id, or a profile's: its first record.")]
Right = Annotated[strawberry.ID, strawberry.argument(description="Another one.")]
Reason = Annotated[
    str, strawberry.argument(description="Why, in up to 1000 characters, for other stewards; kept encrypted.")
]


@strawberry.type(description="What a change came to.")
class DecisionPayload:
    """See :class:`resolvers.Change`."""

    decision: Decision | None = field(description="The decision; null when it was undone.")
    profiles: list[Profile] = field(
        description="The profiles of the two records and all others that changed, as they are now."
    )
    changed_ids: list[strawberry.ID] = field(
        description="The ids of the profiles that changed, also of those that now lead to another; empty when nothing did."
    )


def _decide(kind: Kind) -> Callable[..., ask.Change]:
    def resolve(info: Info, client_id: ClientId, left: Left, right: Right, reason: Reason) -> ask.Change:
        return ask.decide(info.request, ask.Wanted(kind, client_id, left, right, reason))

    return resolve


def _undo(
    info: Info,
    id_given: Annotated[strawberry.ID, strawberry.argument(name="id", description="The decision's id.")],
) -> ask.Change:
    return ask.undo(info.request, id_given)


@strawberry.type(description="The changes: one for each request. Only for stewards.")
class Mutation:
    """The root of what changes something."""

    link_records: DecisionPayload = field(
        resolver=_decide("must_link"), description="Decide that two records are one person."
    )
    separate_records: DecisionPayload = field(
        resolver=_decide("cannot_link"), description="Decide that two records are two people."
    )
    undo_decision: DecisionPayload = field(
        resolver=_undo, description="Forget a decision: everything is as if it had never been made."
    )
