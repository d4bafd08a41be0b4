"""Whether Onefold holds what its sources hold, as the last audits found, and which rows differ."""

from datetime import datetime
from enum import Enum

import strawberry

import resolvers as ask
from schema.field import field
from schema.info import Info
from schema.personal import PersonalText, Shown, shown
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


@strawberry.enum(description="How a row can differ.")
class DifferenceKind(Enum):
    """The kinds of :data:`cdc.KINDS`."""

    MISSING = strawberry.enum_value("missing", description="The source has it alone.")
    EXTRA = strawberry.enum_value("extra", description="Onefold has it alone.")
    DIFFERENT = strawberry.enum_value("different", description="Both have it, with other values.")
    PARKED = strawberry.enum_value("parked", description="It differs and has parked events.")


def _kind(root: strawberry.Parent[ask.SourceDifference]) -> DifferenceKind:
    return DifferenceKind(root.kind)


def _key(root: strawberry.Parent[ask.SourceDifference], info: Info) -> Shown | None:
    return None if root.key is None else shown(root.key, info)


def _columns(root: strawberry.Parent[ask.SourceDifference]) -> list[str]:
    return list(root.columns)


@strawberry.type(description="A row that an audit found to differ. No value of it is kept but its key.")
class SourceDifference:
    """See :class:`resolvers.SourceDifference`."""

    kind: DifferenceKind = field(resolver=_kind, description="How it differs.")
    key: PersonalText | None = field(
        resolver=_key, description="The row's primary key in the source; null where none is stored (consents)."
    )
    columns: list[str] = field(resolver=_columns, description="The source's columns whose values differ.")
    code: str | None = field(
        description="The code under which the row would be parked, when it cannot be used as it is."
    )


def _state(root: strawberry.Parent[ask.SourceParity]) -> ParityState:
    return ParityState(root.state)


def _finished_at(root: strawberry.Parent[ask.SourceParity]) -> datetime | None:
    return ask.audited_at(root)


def _hash_there(root: strawberry.Parent[ask.SourceParity]) -> str | None:
    return root.digest_there or None


def _hash_here(root: strawberry.Parent[ask.SourceParity]) -> str | None:
    return root.digest_here or None


def _differences(root: strawberry.Parent[ask.SourceParity]) -> list[ask.SourceDifference]:
    return ask.source_differences(root)


@strawberry.type(description="What the last `onefold parity` found of a source's table.")
class SourceParity:
    """See :class:`resolvers.SourceParity`."""

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
    hash_there: str | None = field(
        resolver=_hash_there,
        description="The keyed, order-free hash of the source's rows, 128 bits in hexadecimal; null when they were counted at most.",
    )
    hash_here: str | None = field(
        resolver=_hash_here, description="The same of Onefold's rows: equal hashes and numbers mean equal rows."
    )
    differences: list[SourceDifference] | None = field(
        resolver=_differences,
        description="Up to 100 of the rows that differ, for 14 days and as long as they live. For those who see people of all stores.",
    )
    unlisted: BigInt = field(description="How many more rows differed than the audit listed.")
    finished_at: datetime | None = field(resolver=_finished_at, description="When the audit of the table ended.")


def source_parity(info: Info) -> list[ask.SourceParity]:
    """The last result of each table."""
    return ask.source_parity(info.request)
