"""Values as Debezium writes them: what real Debezium says is in tests/integration/test_estate_parity.py, here the edges."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cdc.mapping import ColumnMapping, TableMapping
from cdc.parity import wire
from cdc.parity.contents import Spelling


@pytest.mark.parametrize(
    ("respell", "one", "other"),
    [
        (wire.json_spelling, '{"b": 1, "a": [1.50]}', '{"a":[1.5],"b":1}'),
        (wire.single_spelling, "1.17549435E-38", "1.1754944e-38"),
        (wire.double_spelling, "1.0E300", "1e300"),
        (wire.six_digits, "123456.79", "123457"),
        (wire.instant_spelling, "2026-01-31T01:02:03.12Z", "2026-01-31T09:02:03.120000+08:00"),
    ],
)
def test_what_means_the_same_is_spelled_the_same(respell: wire.Respell, one: str, other: str) -> None:
    assert respell(one) == respell(other)


@pytest.mark.parametrize(
    ("respell", "one", "other"),
    [
        (wire.json_spelling, '{"a": 1}', '{"a": "1"}'),
        (wire.single_spelling, "0.1", "0.10000001"),
        (wire.double_spelling, "0.1", "0.10000000000000002"),
        (wire.instant_spelling, "2026-01-31T01:02:03.12Z", "2026-01-31T01:02:03.13Z"),
    ],
)
def test_what_means_something_else_is_not(respell: wire.Respell, one: str, other: str) -> None:
    assert respell(one) != respell(other)


def test_text_that_is_not_of_the_type_stays() -> None:
    column = ColumnMapping("props", "trait.props")
    spelling = Spelling(TableMapping("t", "event", columns=(column,)), {"props": wire.json_spelling})
    assert spelling.unify({"trait.props#0": "{broken", "other": "{ }"}) == {"trait.props#0": "{broken", "other": "{ }"}
    assert spelling.unify({"trait.props#0": 7}) == {"trait.props#0": 7}


def test_numbers_that_are_none_are_text() -> None:
    assert [wire.number(text) for text in ("NaN", "Infinity", "0.1")] == ["NaN", "Infinity", Decimal("0.1")]


def test_decimals_have_no_exponent() -> None:
    assert wire.plain_decimal(Decimal("1E-10")) == "0.0000000001"


def test_times_are_counted_in_the_unit_of_their_decimals() -> None:
    millis, schema = wire.wall_clock(3)
    micros, other = wire.wall_clock(4)
    assert (millis(-1), micros(-1)) == (-1, -1), "before 1970 cut towards the past"
    assert (schema["name"], other["name"]) == ("io.debezium.time.Timestamp", "io.debezium.time.MicroTimestamp")
    assert wire.microseconds(timedelta(hours=-1)) == -3_600_000_000
