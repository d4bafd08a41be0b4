"""Companies in the column of a name: nobody's name, told by a legal form that is none itself."""

import pytest

from identity.parsing import Name, parse_name, parse_parts


@pytest.mark.parametrize(
    "written",
    [
        "Bright Dental LLC", "Bright Dental, L.L.C.", "ACME INC", "Acme Ltd.", "Acme Pty Ltd", "Delta Freight Corp", "Smith & Sons Ltd",
        "J. Smith & Co.", "Smith & Sons", "Weber GmbH", "Weber GmbH & Co. KG", "Rossi S.p.A.", "Dupont SARL", "Kowalski Sp. z o.o.",
        "Perak Sdn Bhd", "上海某某有限公司", "株式会社山田",
    ],
)  # fmt: skip
def test_a_company_is_nobodys_name(written: str) -> None:
    assert parse_name(written) == ((), "")


@pytest.mark.parametrize(("family", "given_name"), [("Weber GmbH", ""), ("", "Weber GmbH"), ("GmbH", "Weber")])
def test_a_company_in_two_columns(family: str, given_name: str) -> None:
    assert parse_parts(family, given_name) == ((), "")


def test_a_person_beside_a_company_keeps_what_the_other_column_tells() -> None:
    assert parse_parts("Weber GmbH", "Anna")[0] == (Name("", "anna"),)


@pytest.mark.parametrize(
    "written",
    [
        "Ming Co",
        "Anna Sá",
        "Jansen, B.V.",
        "Garcia, S.L.",
        "E. K. Smith",
        "Tom Ek",
        "John Inc Smith",
        "Mary Sons",
        "Ltd",
    ],
)
def test_what_may_be_a_name_or_initials_is_no_company(written: str) -> None:
    assert parse_name(written)[0]
