"""The questions."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry

import resolvers as ask
from privacy import Principal
from schema.common import Connection, Node
from schema.decisions import ReviewItem, review_queue
from schema.evidence import Explanation, explain
from schema.facts import After, First
from schema.field import field
from schema.info import Info
from schema.overview import IdentifierType
from schema.parity import SourceParity, source_parity
from schema.profile import Profile, ProfileResult
from schema.search import ProfileConnection, ProfileFilter, ProfileOrder, order, wanted

Id = Annotated[strawberry.ID, strawberry.argument(name="id", description="An id that this API gave, at any time.")]


def _role(root: strawberry.Parent[Principal]) -> str:
    return root.role.value


def _expires_at(root: strawberry.Parent[Principal]) -> datetime:
    return datetime.fromtimestamp(root.expires_at, UTC)


def _purpose(info: Info) -> str | None:
    return info.request.caller.purpose


@strawberry.type(description="Who asks, as the access token says.")
class Me:
    """See :class:`privacy.Principal`."""

    subject: str = field(description="The holder of the token.")
    role: str = field(resolver=_role, description="The role.")
    stores: list[str] = field(description="The stores whose members may be seen; `*` for all.")
    purposes: list[str] = field(description="The purposes that may be named in `Onefold-Purpose`.")
    purpose: str | None = field(resolver=_purpose, description="The purpose that this request names.")
    expires_at: datetime = field(resolver=_expires_at, description="When the token expires.")


def _me(info: Info) -> Principal:
    return info.request.principal


def _profile(info: Info, id_given: Id) -> ask.Profile | ask.ProfileMoved | ask.ProfileDeleted | None:
    return ask.profile(info.request, id_given)


_Kind = Annotated[IdentifierType, strawberry.argument(name="type", description="What kind of identifier.")]
_Value = Annotated[str, strawberry.argument(description="The identifier, in any usual spelling.")]
_App = Annotated[str, strawberry.argument(description="The WeChat app id, for `WECHAT_OPENID`.")]


def _by_identifier(info: Info, kind: _Kind, value: _Value, app: _App = "") -> ask.Profile | None:
    return ask.profile_by_identifier(info.request, str(kind.value), value, app)


def _all_by_identifier(info: Info, kind: _Kind, value: _Value, app: _App = "") -> list[ask.Profile]:
    return ask.profiles_by_identifier(info.request, str(kind.value), value, app)


def _profiles(  # noqa: PLR0913, PLR0917  the arguments of a Relay connection
    info: Info,
    first: First = None,
    after: After = None,
    last: Annotated[int | None, strawberry.argument(description="How many, counted from the end.")] = None,
    before: Annotated[str | None, strawberry.argument(description="The cursor before which to end.")] = None,
    chosen: Annotated[
        ProfileFilter | None, strawberry.argument(name="filter", description="Which profiles; all by default.")
    ] = None,
    order_by: Annotated[
        ProfileOrder | None, strawberry.argument(description="In which order; the last active first by default.")
    ] = None,
) -> ask.ProfileConnection:
    return ask.profiles(
        info.request, wanted=wanted(chosen), order=order(order_by), first=first, after=after, last=last, before=before
    )


@strawberry.type(description="The questions.")
class Query:
    """The root of the schema."""

    me: Me = field(resolver=_me, description="Who asks.")
    profile: ProfileResult | None = field(
        resolver=_profile,
        description="What an id stands for. Null when it was never issued, or is not for the caller to see.",
    )
    profile_by_identifier: Profile | None = field(
        resolver=_by_identifier,
        description="The profile that carries an identifier. Null when no profile that the caller may see does, or several do.",
    )
    profiles_by_identifier: list[Profile] = field(
        resolver=_all_by_identifier,
        description="The profiles that carry an identifier and that the caller may see, the last active first; of more than 20 so many.",
    )
    profiles: ProfileConnection = field(resolver=_profiles, description="The profiles that the caller may see.")
    explain: Explanation | None = field(
        resolver=explain,
        description="Why two records are one profile, or are not. Null when one of them does not live or is not for the caller to see.",
    )
    review_queue: Connection[ReviewItem] = field(
        resolver=review_queue, description="Pairs of records for a steward to decide, the likeliest first."
    )
    node: Node | None = field(
        resolver=_profile, description="As `profile`, for clients that know the `Node` interface."
    )
    source_parity: list[SourceParity] = field(
        resolver=source_parity,
        description="Whether Onefold holds what its sources hold: what the last `onefold parity` found of each table.",
    )
