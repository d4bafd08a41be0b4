"""Natural keys: one line of JSON that stays the same, since stored cells and ties go by it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from identity import RowKey

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT, st.lists(TEXT, max_size=3))
def test_a_natural_key_is_written_as_the_standard_library_writes_it(source: str, table: str, key: list[str]) -> None:
    expected = json.dumps([source, table, *key], ensure_ascii=False, separators=(",", ":"))
    assert RowKey(source, table, tuple(key)).natural() == expected
