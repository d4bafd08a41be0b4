import uuid
from datetime import UTC, datetime
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import BadInput
from resolvers.plain import Money, clear_text, decimal, id_bytes, id_text, key_text, microseconds, moment, row_key_text


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from([("CNY", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XXX", 2)]))
def test_money_keeps_every_digit(minor: int, currency: tuple[str, int]) -> None:
    code, places = currency
    with localcontext() as context:
        context.prec = 3  # whatever the process is set to
        amount = Money(minor, code).amount
    assert int(str(amount).replace(".", "")) == minor
    assert amount.as_tuple().exponent == -places


@given(st.binary(min_size=16, max_size=16))
def test_ids_read_back(key: bytes) -> None:
    assert id_bytes(id_text(key)) == key
    assert id_bytes(id_text(key).upper()) == key


SOME_ID = uuid.UUID("6f89502b-59c0-4652-903d-a338379275c3")


@pytest.mark.parametrize("text", ["", "x", SOME_ID.hex, f"urn:uuid:{SOME_ID}", f"{{{SOME_ID}}}", f" {SOME_ID}"])
def test_other_spellings_of_ids_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        id_bytes(text)


@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_are_exact_to_the_microsecond(at: datetime) -> None:
    assert moment(microseconds(at)) == at


@pytest.mark.parametrize("beyond", [None, 2**62, -(2**63), 253_402_300_800_000_000])
def test_moments_beyond_the_calendar_are_none(beyond: int | None) -> None:
    assert moment(beyond) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.50", Decimal("1.50")), ("NaN", None), ("1e999999", Decimal("1e999999")), ("x", None), (None, None)],
)
def test_stored_numbers_are_read_or_left_out(text: str | None, number: Decimal | None) -> None:
    assert decimal(text) == number


def test_keys_are_shown_as_people_write_them() -> None:
    assert key_text('["1001","2"]') == "1001/2"
    assert row_key_text('["shop","customers","42"]') == "42"


@pytest.mark.parametrize("text", ["a\0b", "\n", "\ud800", "x" * 201])
def test_text_that_no_column_can_hold_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        clear_text("store", text)
    assert text not in str(refused.value)


def test_text_of_any_script_is_taken() -> None:
    assert clear_text("store", "上海\u3000店 S-1") == "上海\u3000店 S-1"
