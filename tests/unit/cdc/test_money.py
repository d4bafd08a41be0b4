"""Minor units, exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.money import CURRENCY_DECIMALS, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1234567.89", "CNY", 123456789),
        ("-0.01", "USD", -1),
        ("1680", "JPY", 1680),
        ("1680.00", "KRW", 1680),
        ("1.234", "KWD", 1234),
        ("0.0001", "CLF", 1),
        ("1E+3", "VND", 1000),
        ("12345678901234567890123456789012345678.90", "EUR", 1234567890123456789012345678901234567890),
    ],
)
def test_amounts_become_the_currencys_smallest_unit(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor


@pytest.mark.parametrize(("amount", "currency"), [("0.001", "CNY"), ("0.5", "JPY"), ("1.0000001", "USD")])
def test_more_decimals_than_the_currency_has_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=currency):
        to_minor(Decimal(amount), currency)


@given(st.integers(-(10**60), 10**60), st.sampled_from(sorted(CURRENCY_DECIMALS)))
def test_minor_units_and_back_lose_nothing(minor: int, currency: str) -> None:
    amount = Decimal(f"{minor}E-{CURRENCY_DECIMALS[currency]}")
    assert to_minor(amount, currency) == minor


def test_the_exceptions_of_the_standard_are_known_currencies() -> None:
    assert CURRENCY_DECIMALS["CNY"] == 2
    assert {code for code, decimals in CURRENCY_DECIMALS.items() if decimals == 3} >= {"KWD", "BHD"}
    assert all(len(code) == 3 and code.isupper() for code in CURRENCY_DECIMALS)
