"""The form in which every personal value is shown."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import strawberry

import resolvers as ask
from privacy import Access
from schema.field import field
from schema.info import Info


@strawberry.enum(name="Access", description="How a personal value is answered. Never an entry in `errors`.")
class AccessName(Enum):
    """The names of :class:`privacy.Access`."""

    CLEAR = strawberry.enum_value("CLEAR", description="`value` holds it.")
    MASKED = strawberry.enum_value("MASKED", description="`masked` holds what may be shown of it.")
    DENIED = strawberry.enum_value("DENIED", description="Not for this role.")
    ERASED = strawberry.enum_value("ERASED", description="Its key was destroyed: it is gone for good.")
    KEY_UNAVAILABLE = strawberry.enum_value(
        "KEY_UNAVAILABLE", description="Its key cannot be had now; try again later."
    )
    INTEGRITY = strawberry.enum_value(
        "INTEGRITY", description="What is stored is not what was stored; tell the operator."
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A personal value and what is selected of it; ``golden`` when it survives in the golden record."""

    personal: ask.Personal | ask.Plain
    wants_value: bool
    wants_masked: bool
    golden: ask.GoldenAttribute | None = None


def shown(personal: ask.Personal | ask.Plain, info: Info, golden: ask.GoldenAttribute | None = None) -> Shown:
    """Bind a value to what the field's selection asks of it."""
    return Shown(personal, info.selects("value"), info.selects("masked"), golden)


def _value(root: strawberry.Parent[Shown]) -> str | None:
    return root.personal.value


def _masked(root: strawberry.Parent[Shown]) -> str | None:
    return root.personal.masked


def _access(root: strawberry.Parent[Shown]) -> AccessName:
    # Asked alone it opens nothing; beside a text that is opened it must agree with what became of that.
    access = root.personal.decided()
    opens = root.wants_masked or (root.wants_value and access is Access.CLEAR)
    return AccessName[(root.personal.opened() if opens else access).name]


def _provenance(root: strawberry.Parent[Shown]) -> ask.Provenance | None:
    return None if root.golden is None else ask.provenance(root.golden)


def _record_id(root: strawberry.Parent[ask.Provenance]) -> str:
    return root.record.id


def _source(root: strawberry.Parent[ask.Provenance]) -> str:
    return root.record.source


def _table(root: strawberry.Parent[ask.Provenance]) -> str:
    return root.record.table


def _key(root: strawberry.Parent[ask.Provenance], info: Info) -> Shown:
    return shown(root.record.key, info)


@strawberry.type(description="Where a surviving value comes from.")
class Provenance:
    """See :class:`resolvers.Provenance`."""

    source: str = field(resolver=_source, description="The source, as the mapping names it.")
    table: str = field(resolver=_table, description="The source's table.")
    record_id: strawberry.ID = field(resolver=_record_id, description="The id of the source record.")
    key: "PersonalText" = field(resolver=_key, description="The row's primary key in the source.")
    updated_at: datetime | None = field(description="When the row says that it was updated last.")
    is_verified: bool = field(name="verified", description="Whether the source has verified the value.")
    rule: str = field(description="The survivorship rule that chose it.")


@strawberry.type(description="A personal value. What of it is shown depends on role, purpose and consent.")
class PersonalText:
    """See :class:`resolvers.Personal`."""

    value: str | None = field(resolver=_value, description="The value, when `access` is `CLEAR`.")
    masked: str | None = field(
        resolver=_masked,
        description="What may be shown of it on a screen that others see, when `access` is `CLEAR` or `MASKED`.",
    )
    access: AccessName = field(resolver=_access, description="Whether it is shown, and if not, why.")
    provenance: Provenance | None = field(
        resolver=_provenance, description="Where it comes from, when it is a value of the golden record."
    )


def _attribute_value(root: strawberry.Parent[ask.Attribute | ask.GoldenAttribute], info: Info) -> Shown:
    return shown(root.value, info, root if isinstance(root, ask.GoldenAttribute) else None)


@strawberry.type(description="A named personal value.")
class Attribute:
    """See :class:`resolvers.Attribute` and :class:`resolvers.GoldenAttribute`."""

    name: str = field(description="A standard name, or `trait.<name>`.")
    value: PersonalText = field(resolver=_attribute_value, description="The value.")
