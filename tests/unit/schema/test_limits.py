from graphql import GraphQLError, build_schema, parse, validate

from schema.limits import MAX_ALIASES, MAX_DEPTH, MAX_FIELDS, SelectionLimits

SCHEMA = build_schema("type Query { q: Query a: Int } type Mutation { a: Int b: Int }")


def errors(document: str) -> list[GraphQLError]:
    return validate(SCHEMA, parse(document), [SelectionLimits])


def nested(depth: int) -> str:
    return "{ q " * depth + "{ a }" + " }" * depth


def test_depth_counts_levels_with_fields_below() -> None:
    assert errors(nested(MAX_DEPTH)) == []
    (error,) = errors(nested(MAX_DEPTH + 1))
    assert error.extensions == {"code": "TOO_COMPLEX"}


def test_depth_is_counted_through_fragments() -> None:
    inside = nested(MAX_DEPTH - 1)
    assert errors(f"{{ q {{ ...f }} }} fragment f on Query {inside}") == []
    assert errors(f"{{ q {{ q {{ ...f }} }} }} fragment f on Query {inside}")
    assert errors(f"{{ q {{ q {{ ... on Query {inside} }} }} }}")


def test_aliases_and_fields_count_as_often_as_they_are_spread() -> None:
    names = " ".join(f"n{i}: a" for i in range(MAX_ALIASES))
    assert errors(f"{{ {names} }}") == []
    assert errors(f"{{ ...f }} fragment f on Query {{ {names} }}") == []
    assert errors(f"{{ ...f ...f }} fragment f on Query {{ {names} }}")
    assert errors("{ " + "a " * MAX_FIELDS + "}") == []
    assert errors("{ " + "a " * (MAX_FIELDS + 1) + "}")


def test_each_operation_is_measured_by_itself() -> None:
    names = " ".join(f"n{i}: a" for i in range(MAX_ALIASES))
    assert errors(f"query x {{ {names} }} query y {{ {names} }}") == []


def test_a_chain_that_doubles_at_each_link_takes_no_time() -> None:
    links = "".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }} " for n in range(200))
    # Two to the power of two hundred steps would outlast the test's time limit.
    assert errors("{ ...f0 } " + links + "fragment f200 on Query { a }")


def test_circles_and_unknown_fragments_are_left_to_the_rules_for_them() -> None:
    assert errors("{ ...f } fragment f on Query { a ...g } fragment g on Query { ...f }") == []
    assert errors("{ ...nowhere }") == []


def test_introspection_may_nest() -> None:
    assert errors("{ __schema { types " + "{ ofType " * 20 + "{ name }" + " }" * 20 + " } }") == []


def test_a_request_makes_one_change() -> None:
    assert errors("mutation { a __typename }") == []
    assert errors("mutation { ...f } fragment f on Mutation { a }") == []
    for two in (
        "mutation { a b }",
        "mutation { a again: a }",
        "mutation { a ... on Mutation { b } }",
        "mutation { a ...f } fragment f on Mutation { b }",
        "mutation { ...f ...f } fragment f on Mutation { a }",
    ):
        (error,) = errors(two)
        assert "one change" in error.message
    assert errors("{ a q { a } }") == []
