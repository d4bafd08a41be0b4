"""What the demo offers to begin with is right: queries that are valid, tokens that are as narrow as they can be."""

import json
import re

import graphql
import pytest

from cli.demo_session import EXAMPLES, DemoToken, Example, curl, session
from schema import SCHEMA

TOKEN = DemoToken("manager", "*", "customer_service", "t0ken")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_is_valid(example: Example) -> None:
    schema = graphql.build_schema(SCHEMA.as_str())
    assert graphql.validate(schema, graphql.parse(example.query)) == []


def test_the_session_has_the_form_that_graphiql_reads() -> None:
    offered = json.loads(json.dumps(session([TOKEN])))
    assert offered["tokens"] == [{"role": "manager", "token": "t0ken", "purpose": "customer_service"}]
    assert len(offered["examples"]) >= 6
    for example in offered["examples"]:
        assert example.keys() == {"name", "query", "variables", "role"}
        assert isinstance(json.loads(example["variables"]), dict)


def test_the_curl_line_sends_token_and_purpose_and_can_be_pasted() -> None:
    line = curl("http://127.0.0.1:8000", TOKEN)
    assert "-H 'Authorization: Bearer t0ken'" in line
    assert "-H 'Onefold-Purpose: customer_service'" in line
    body = re.search(r"--data '([^']*)'$", line)
    assert body
    assert "profileByIdentifier" in json.loads(body[1])["query"]
