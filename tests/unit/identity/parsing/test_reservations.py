"""Names of airlines and hotels: the surname before a slash, the title behind the given name, glued to it or not."""

import pytest

from identity.parsing import Name, parse_name


@pytest.mark.parametrize(
    ("written", "surname", "given", "gender"),
    [
        ("SMITH/JOHN MR", "smith", "john", "m"),
        ("SMITH/JOHNMR", "smith", "john", "m"),
        ("SMITH//JOHN", "smith", "john", ""),
        ("Smith/John Mr", "smith", "john", "m"),
        ("SMITH/MARY ANN MRS", "smith", "mary ann", "f"),
        ("SMITH/MARYANNMS", "smith", "maryann", "f"),
        ("SMITH/JMR", "smith", "j", "m"),
        ("SMITH/MR", "smith", "", "m"),
        ("SMITH/TOM MSTR CHD", "smith", "tom", "m"),
        ("HASSAN/AMR", "hassan", "amr", ""),
        ("IVANOV/ALEKSANDR", "ivanov", "aleksandr", ""),
        ("VAN DER BERG/JAN MR", "vanderberg", "jan", "m"),
        ("O'BRIEN/SEAN", "obrien", "sean", ""),
    ],
)
def test_the_surname_stands_before_the_slash(written: str, surname: str, given: str, gender: str) -> None:
    assert parse_name(written) == ((Name(surname, given),), gender)


@pytest.mark.parametrize(
    "written", ["Smith/John", "David/Anna Smith", "DAVID/ANNA SMITH", "SMITH/JOHN MR/MARY MRS", "A/C"]
)
def test_a_slash_may_divide_what_is_no_surname_and_given_name(written: str) -> None:
    assert not any(name.is_ordered for name in parse_name(written)[0])
