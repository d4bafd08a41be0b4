"""Lines of a TOML document: found for every path, never mistaken."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.config import ConfigDocument, TomlPath
from storage.errors import ConfigError

TRICKY = '''# [source] in a comment
title = """
[[source]]
name = "not a table"
""" # tail
plain = \'\'\'
[x]\'\'\'

[[source]] # first
name = "shop"
tables.orders.kind = "order"
[source.tables.customers]
key = ["id",   # a comment with ] and }
  "tenant",
]
"quoted.key" = 1
[source.tables.customers.columns]
email = { is = "email", "at" = "x # y", nested.deep = [ { a = 1 }, { a = "}" } ] }

[[source]]
name = 'pos'
[source.tables."odd \\"name\\""]
kind = "person"
ends = """two quotes"""""
after = 2026-01-02T03:04:05Z
'''


def test_every_kind_of_key_has_its_line() -> None:
    document = ConfigDocument.parse(TRICKY, "onefold.toml")
    expected: dict[TomlPath, int] = {
        ("title",): 2,
        ("plain",): 6,
        ("source",): 9,
        ("source", 0): 9,
        ("source", 0, "name"): 10,
        ("source", 0, "tables", "orders", "kind"): 11,
        ("source", 0, "tables", "customers"): 12,
        ("source", 0, "tables", "customers", "key", 1): 14,
        ("source", 0, "tables", "customers", "quoted.key"): 16,
        ("source", 0, "tables", "customers", "columns", "email"): 18,
        ("source", 0, "tables", "customers", "columns", "email", "nested", "deep", 1, "a"): 18,
        ("source", 1): 20,
        ("source", 1, "name"): 21,
        ("source", 1, "tables", 'odd "name"'): 22,
        ("source", 1, "tables", 'odd "name"', "ends"): 24,
        ("source", 1, "tables", 'odd "name"', "after"): 25,
    }
    assert {path: document.line_of(*path) for path in expected} == expected


def test_a_path_that_is_not_written_has_no_line_but_a_near_one() -> None:
    document = ConfigDocument.parse(TRICKY, "onefold.toml")
    assert document.line_of("source", 0, "tables", "customers", "kind") is None
    assert document.line_near("source", 0, "tables", "customers", "kind") == 12
    assert document.line_near("nowhere") is None


def test_text_inside_strings_and_comments_is_not_taken_for_tables() -> None:
    document = ConfigDocument.parse(TRICKY, "onefold.toml")
    assert ("x",) not in document.lines
    assert document.line_of("name") is None


def test_a_syntax_error_names_file_and_line() -> None:
    with pytest.raises(ConfigError) as caught:
        ConfigDocument.parse("a = 1\nb = = 2\n", "onefold.toml")
    assert (caught.value.file, caught.value.line) == ("onefold.toml", 2)
    assert str(caught.value).startswith("onefold.toml:2: not valid TOML")


def test_an_error_at_the_end_of_the_document_names_the_last_line() -> None:
    with pytest.raises(ConfigError) as caught:
        ConfigDocument.parse('a = 1\nb = """never closed\n', "onefold.toml")
    assert caught.value.line == 3


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        ConfigDocument.load(tmp_path / "onefold.toml")


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "onefold.toml"
    path.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigError) as caught:
        ConfigDocument.load(path)
    assert caught.value.line == 2


def test_windows_line_ends_count_like_others(tmp_path: Path) -> None:
    path = tmp_path / "onefold.toml"
    path.write_bytes(b"[a]\r\nb = 1\r\n\r\n[c]\r\nd = [\r\n 1,\r\n 2]\r\n")
    document = ConfigDocument.load(path)
    assert [document.line_of(*where) for where in (("a", "b"), ("c",), ("c", "d", 1))] == [2, 4, 7]


_names = st.text(alphabet="abé. \"'#[]\\=\n{}", max_size=5)
_strings = st.text(alphabet="ab\"'#[]{}\\\n,=é", max_size=8)
_values = st.recursive(
    st.integers(-5, 5) | st.booleans() | _strings,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=6,
)


def _quoted(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
    return '"' + "".join(escapes.get(letter, letter) for letter in text) + '"'


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return "[ # ]\n" + "".join(f"{_written(item)} , # ,\n" for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(name)}={_written(item)}" for name, item in value.items()) + "}"
    return str(value)


def _paths(value: Any, path: TomlPath = ()) -> list[TomlPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in [(*path, key), *_paths(item, (*path, key))]]


@given(st.lists(st.dictionaries(_names, _values, max_size=4), min_size=1, max_size=3))
def test_every_path_of_any_document_is_found_on_a_line_that_holds_its_key(tables: list[dict[str, Any]]) -> None:
    text = "".join(
        "[[item]]\n" + "".join(f"{_quoted(name)} = {_written(value)}\n" for name, value in table.items())
        for table in tables
    )
    document = ConfigDocument.parse(text, "any.toml")
    assert document.data == {"item": tables}
    lines = text.split("\n")
    for path in _paths(document.data):
        line = document.line_of(*path)
        assert line is not None
        key = path[-1]
        if isinstance(key, str) and path != ("item",):
            assert _quoted(key) in lines[line - 1]
