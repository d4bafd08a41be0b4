from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.scalars import SCALARS, BigInt

BIG_INT, DATE_TIME, DECIMAL = SCALARS[BigInt], SCALARS[datetime], SCALARS[Decimal]


@given(st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_travel_as_text(number: int) -> None:
    assert BIG_INT.serialize is not None
    assert BIG_INT.parse_value is not None
    assert BIG_INT.serialize(number) == str(number)
    assert BIG_INT.parse_value(str(number)) == BIG_INT.parse_value(number) == number


@pytest.mark.parametrize("value", ["", "1.0", "１", "1e3", " 1", True, 1.0, None, "1" * 20, "0x1"])
def test_other_values_are_no_whole_numbers(value: object) -> None:
    assert BIG_INT.parse_value is not None
    with pytest.raises(ValueError, match="whole number"):
        BIG_INT.parse_value(value)


@given(
    st.datetimes(
        timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
        min_value=datetime(2, 1, 1),
        max_value=datetime(9998, 1, 1),
    )
)
def test_times_of_any_offset_are_one_time_in_utc(at: datetime) -> None:
    assert DATE_TIME.serialize is not None
    assert DATE_TIME.parse_value is not None
    read = DATE_TIME.parse_value(at.isoformat())
    assert read == at
    assert read.tzinfo is UTC
    assert DATE_TIME.parse_value(DATE_TIME.serialize(read)) == at
    assert len(DATE_TIME.serialize(read)) == len("2026-03-01T08:30:00.000000Z")


@pytest.mark.parametrize("value", ["", "2026-01-01", "2026-01-01T00:00:00", 7, None])
def test_times_without_an_offset_are_refused(value: object) -> None:
    assert DATE_TIME.parse_value is not None
    with pytest.raises(ValueError, match=r"DateTime|isoformat"):
        DATE_TIME.parse_value(value)


def test_decimals_are_never_written_in_powers_of_ten() -> None:
    assert DECIMAL.serialize is not None
    assert DECIMAL.serialize(Decimal("1E+3")) == "1000"
    assert DECIMAL.serialize(Decimal("0.0000001")) == "0.0000001"
