import json
from typing import Any

import pytest
from graphql import GraphQLError, build_schema, execute_sync, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import present, without_values

SCHEMA = build_schema(
    "enum E { ONE } input I { n: Int f: Float s: String e: E i: I } type Query { q(n: Int f: Float s: String b: Boolean id: ID e: E i: I l: [Int!]): Int }"
)
secrets = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), min_size=6, max_size=30
).filter(lambda text: len(set(text)) > 3 and not any(text.strip() in known for known in ("value", "Expected")))
numbers = st.integers(10**8, 10**14).map(str)
arguments = st.sampled_from(["n", "f", "s", "b", "id", "e", "l"])


def messages(document: str, variables: dict[str, Any] | None = None) -> str:
    """All that is said of a document, by the parser, the validator or the executor."""
    found: list[GraphQLError] = []
    try:
        parsed = parse(document)
    except GraphQLError as error:
        found = [error]
    else:
        found = list(validate(SCHEMA, parsed)) or list(
            execute_sync(SCHEMA, parsed, variable_values=variables).errors or ()
        )
    return json.dumps([error["message"] for error in present(found, request_id="r")], ensure_ascii=False)


@given(
    secrets,
    arguments,
    st.sampled_from(['"%s"', '["%s"]', '{s: "%s"}', '{i: {n: "%s"}}', '"%s" "%s"', '"""%s"""', '"%s']),
)
def test_no_literal_of_a_document_comes_back(secret: str, argument: str, form: str) -> None:
    document = "{ q(" + argument + ": " + form.replace("%s", secret) + ") }"
    assert secret not in messages(document)


@given(numbers, arguments, st.sampled_from(["%s", "-%s", "%s.5", "[%s]", "{n: %s}", "%s %s", "{s: %s}"]))
def test_no_number_of_a_document_comes_back(secret: str, argument: str, form: str) -> None:
    assert secret not in messages("{ q(" + argument + ": " + form.replace("%s", secret) + ") }")


@given(secrets | numbers, st.sampled_from(["Int", "Float", "Boolean", "E", "I", "[Int!]", "ID"]), st.integers(0, 3))
def test_no_variable_comes_back(secret: str, kind: str, form: int) -> None:
    value: Any = [secret, [secret], {"n": secret}, {"i": {"s": [secret]}}][form]
    argument = {"Int": "n", "Float": "f", "Boolean": "b", "E": "e", "I": "i", "[Int!]": "l", "ID": "id"}[kind]
    assert secret not in messages(f"query ($v: {kind}) {{ q({argument}: $v) }}", {"v": value})


def test_a_name_in_place_of_a_value_does_not_come_back() -> None:
    assert "ZhangWei" not in messages("{ q(e: ZhangWei) }") + messages("{ q(s: ZhangWei) }") + messages(
        "{ q(l: [ZhangWei]) }"
    )
    assert "ZhangWei" not in messages("query ($v: E) { q(e: $v) }", {"v": "ZhangWei"})


@pytest.mark.parametrize(
    "message",
    ["Cannot query field 'nope' on type 'Me'.", "Unknown argument 'x' on field 'Query.profile'.", "Unknown type 'Foo'.",
     "Variable '$x' of type 'String' used in position expecting type 'Int!'.", "Fragment 'f' is never used.",
     "Argument 'Query.q(s:)' of type 'String!' is required, but it was not provided."],
)  # fmt: skip
def test_names_stay(message: str) -> None:
    assert without_values(message) == message


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Int cannot represent non-integer value: 'Ann Lee'", "Int cannot represent non-integer value …"),
        (
            "Variable '$v' has invalid value: Expected value of type 'Int', found 'x'.",
            "Variable '$v' has invalid value …",
        ),
        ("Syntax Error: Expected Name, found String 'Ann Lee'.", "Syntax Error: Expected Name …"),
        ("something about 'Ann Lee' and 13812345678", "something about '…' and …"),
    ],
)
def test_values_go(message: str, shown: str) -> None:
    assert without_values(message) == shown
