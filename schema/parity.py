"""Whether Onefold holds what its sources hold, as the last audits found."""

from datetime import datetime
from enum import Enum

import strawberry

import resolvers as ask
from schema.field import field
from schema.info import Info
from schema.scalars import BigInt


@strawberry.enum(description="What an audit can say of a table.")
class ParityState(Enum):
    """The states of :data:`cdc.parity.STATES`."""

    EQUAL = strawberry.enum_value("equal", description="Onefold holds what the source holds.")
    DIFFERENT = strawberry.enum_value(
        "different", description="Onefold has read far enough, and holds something else than the source."
    )
    PARKED = strawberry.enum_value(
        "parked", description="Onefold holds what the source holds, but for rows with parked events."
    )
    BEHIND = strawberry.enum_value(
        "behind", description="Something differs, but Onefold has not read the source's log that far yet."
    )
    NOT_COMPARED = strawberry.enum_value(
        "not_compared", description="The table cannot be compared; `onefold parity` says why."
    )


def _state(root: strawberry.Parent[ask.SourceParity]) -> ParityState:
    return ParityState(root.state)


def _finished_at(root: strawberry.Parent[ask.SourceParity]) -> datetime | None:
    return ask.audited_at(root)


@strawberry.type(description="What the last `onefold parity` found of a source's table: numbers alone.")
class SourceParity:
    """See :data:`resolvers.SourceParity`."""

    source: str = field(description="The source, as the mapping names it.")
    table: str = field(description="The source's table.")
    state: ParityState = field(resolver=_state, description="What was found.")
    position: str = field(description="The position in the source's log at which both were compared.")
    rows_there: BigInt = field(description="How many of the source's rows were compared.")
    rows_here: BigInt = field(description="How many rows of Onefold's were compared with them.")
    missing: BigInt = field(description="Rows that the source has and Onefold has not.")
    extra: BigInt = field(description="Rows that Onefold has and the source has not.")
    different: BigInt = field(description="Rows that both have, with other values.")
    parked: BigInt = field(description="Rows that differ and have parked events.")
    newer: BigInt = field(description="Rows that were left out, since they may have changed behind the position.")
    finished_at: datetime | None = field(resolver=_finished_at, description="When the audit of the table ended.")


def source_parity(info: Info) -> list[ask.SourceParity]:
    """The last result of each table."""
    return ask.source_parity(info.request)
