"""The fault table of the docs and the tests that it names are the same."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "tests" / "integration"
ROW = re.compile(r"^\|[^|]+\| `(test_\w+)` \|", re.MULTILINE)


def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_each_row_of_the_fault_table_names_a_test_and_each_fault_that_is_tested_has_a_row() -> None:
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = ROW.findall(text)
    assert len(rows) == text.count("\n| ") - 1, "a row is not read"
    known = set().union(*map(names_in, INTEGRATION.glob("test_*.py")))
    assert [row for row in rows if row not in known] == []
    for name in ("faults", "failover", "full_disk", "random_kills"):
        assert names_in(INTEGRATION / f"test_estate_{name}.py") <= set(rows)
