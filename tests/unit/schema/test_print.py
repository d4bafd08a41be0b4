"""The printed schema and the guide say what the schema is."""

import re

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    specified_directives,
)

from identity import IDENTIFIER_KINDS
from resolvers import ErrorCode, Limits, OrderField
from schema import MAX_ALIASES, MAX_DEPTH, MAX_FIELDS, MAX_TOKENS, SCHEMA
from schema.overview import IdentifierType
from schema.print import GUIDE_FILE, MARK, SDL_FILE, reference, sdl
from schema.search import ProfileOrderField

OURS = [
    each
    for each in SCHEMA._schema.type_map.values()
    if not each.name.startswith("__") and each.name not in {"Boolean", "Float", "ID", "Int", "String"}
]


def test_the_printed_schema_is_up_to_date() -> None:
    assert SDL_FILE.read_text(encoding="utf-8") == sdl(), "run `python -m schema.print` and look at what changed"


def test_the_guides_reference_is_up_to_date() -> None:
    guide = GUIDE_FILE.read_text(encoding="utf-8")
    assert MARK + guide.partition(MARK)[2] == reference(), "run `python -m schema.print`"


def test_everything_is_described() -> None:
    for each in OURS:
        assert each.description, each.name
        if isinstance(each, (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)):
            for name, field in each.fields.items():
                assert field.description, f"{each.name}.{name}"
                for argument, wanted in getattr(field, "args", {}).items():
                    assert wanted.description, f"{each.name}.{name}({argument})"
        if isinstance(each, GraphQLEnumType):
            for value, meaning in each.values.items():
                assert meaning.description, f"{each.name}.{value}"


def test_every_type_and_error_code_is_in_the_guide() -> None:
    guide = GUIDE_FILE.read_text(encoding="utf-8")
    headings = set(re.findall(r"^### (\w+)$", guide, re.MULTILINE))
    assert headings == {each.name for each in OURS}
    assert set(re.findall(r"^\| `([A-Z_]+)` \| (?:4|2)", guide, re.MULTILINE)) == {code.value for code in ErrorCode}


def test_the_limits_in_the_guide_are_those_in_force() -> None:
    guide = GUIDE_FILE.read_text(encoding="utf-8")
    assert (
        f"too deep ({MAX_DEPTH}), too many aliases ({MAX_ALIASES}), fields ({MAX_FIELDS}) or tokens ({MAX_TOKENS})"
        in guide
    )
    assert f"more than {Limits().items:,} items" in guide
    assert f"no answer within {Limits().seconds:.0f} seconds" in guide


def test_enums_follow_what_they_name() -> None:
    assert {str(kind.value) for kind in IdentifierType} == set(IDENTIFIER_KINDS)
    assert {(field.name, str(field.value)) for field in ProfileOrderField} == {
        (field.name, field.value) for field in OrderField
    }


def test_there_are_no_subscriptions_and_no_directives_of_our_own() -> None:
    assert SCHEMA._schema.subscription_type is None
    assert {d.name for d in SCHEMA._schema.directives} <= {d.name for d in specified_directives}
