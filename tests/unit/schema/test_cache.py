import pytest

from schema.cache import may_hold_values


@pytest.mark.parametrize(
    "document",
    ['{ f(x: "Ann") }', "{ f(x: 13812345678) }", "{ a } # 13812345678", "{ a } # Ann", '{ f(x: """Ann""") }', None],
)
def test_documents_with_literals_are_not_kept(document: str | None) -> None:
    assert may_hold_values(document)


@pytest.mark.parametrize(
    "document", ["query ($v: String!) { f(x: $v) { id } }", "{ profiles(first: 50) { nodes { id } } }"]
)
def test_documents_that_use_variables_are_kept(document: str) -> None:
    assert not may_hold_values(document)
