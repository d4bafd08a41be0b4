"""Print the schema: ``python -m schema.print`` writes ``schema.graphql`` and the reference part of docs/graphql.md.

A test compares both with what this would write.
"""

from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
)

from schema.build import SCHEMA

SDL_FILE = Path(__file__).parent / "schema.graphql"
GUIDE_FILE = Path(__file__).parent.parent / "docs" / "graphql.md"
MARK = "<!-- From here on written by `python -m schema.print` -->\n"

_BUILT_IN = frozenset({"Boolean", "Float", "ID", "Int", "String"})


def sdl() -> str:
    """The schema in GraphQL's own language."""
    return SCHEMA.as_str() + "\n"


def reference() -> str:
    """Every type with its fields, for the guide."""
    types = SCHEMA._schema.type_map.values()  # noqa: SLF001  Strawberry has no other way to these types
    named = sorted((t for t in types if not t.name.startswith("__") and t.name not in _BUILT_IN), key=lambda t: t.name)
    return MARK + "\n## Reference\n" + "".join(part for each in named for part in _section(each))


def _section(each: GraphQLNamedType) -> Iterator[str]:
    yield f"\n### {each.name}\n\n{_kind(each)}{_line(each.description)}\n"
    rows = list(_rows(each))
    if rows:
        yield "\n" + "\n".join(rows) + "\n"


def _kind(each: GraphQLNamedType) -> str:
    if isinstance(each, GraphQLScalarType):
        return "*Scalar.* "
    if isinstance(each, GraphQLUnionType):
        return f"*One of {', '.join(f'`{member.name}`' for member in each.types)}.* "
    if isinstance(each, GraphQLObjectType) and each.interfaces:
        return f"*A `{each.interfaces[0].name}`.* "
    names = {GraphQLEnumType: "Enum", GraphQLInputObjectType: "Input", GraphQLInterfaceType: "Interface"}
    return f"*{names[type(each)]}.* " if type(each) in names else ""


def _rows(each: GraphQLNamedType) -> Iterator[str]:
    if isinstance(each, GraphQLEnumType):
        for name, value in each.values.items():
            yield f"- `{name}`{_after(value.description)}"
    elif isinstance(each, (GraphQLObjectType, GraphQLInterfaceType)):
        for name, field in each.fields.items():
            yield f"- `{name}: {field.type}`{_after(field.description)}"
            for argument, wanted in field.args.items():
                yield f"  - `{argument}: {wanted.type}`{_after(wanted.description)}"
    elif isinstance(each, GraphQLInputObjectType):
        for name, given in each.fields.items():
            yield f"- `{name}: {given.type}`{_after(given.description)}"


def _line(description: str | None) -> str:
    return " ".join((description or "").split())


def _after(description: str | None) -> str:
    return f": {_line(description)}" if description else ""


def write() -> None:
    """Write both files; the guide keeps what stands before the mark."""
    SDL_FILE.write_text(sdl(), encoding="utf-8")
    guide = GUIDE_FILE.read_text(encoding="utf-8").partition(MARK)[0]
    GUIDE_FILE.write_text(guide + reference(), encoding="utf-8")


if __name__ == "__main__":
    write()
