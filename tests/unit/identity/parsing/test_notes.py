"""What stands beside a name: Attn:, Estate of, degrees, the maiden name."""

import pytest

from identity.parsing import Name, parse_name, parse_parts


@pytest.mark.parametrize(
    "written",
    [
        "Attn: John Smith", "ATTN John Smith", "z.Hd. John Smith", "c/o John Smith", "John Smith c/o Mary Jones", "Estate of John Smith",
        "In Memory of John Smith", "The late John Smith", "John Smith (deceased)", "John Smith, deceased", "John Smith, Estate of",
        "John Smith, CPA", "John Smith DDS", "John Smith, RN", "John Smith, M.D.", "John Smith, Ph.D.", "John Smith S.Kom., M.Si", "Attn: John Smith, CPA",
    ],
)  # fmt: skip
def test_notes_are_no_part_of_a_name(written: str) -> None:
    assert parse_name(written) == ((Name("smith", "john", is_ordered=False),), "")


@pytest.mark.parametrize(
    ("family", "given_name"),
    [("Smith (deceased)", "John"), ("Smith", "Attn: John"), ("Smith, Estate of", "John"), ("Smith", "John, Ph.D.")],
)
def test_notes_in_two_columns(family: str, given_name: str) -> None:
    assert parse_parts(family, given_name)[0] == (Name("smith", "john"),)


@pytest.mark.parametrize(
    ("written", "surname", "given"),
    [
        ("Smith, M.D.", "smith", "m d"),
        ("Smith, RN", "smith", "rn"),
        ("Atticus Finch", "finch", "atticus"),
        ("Watchman Nee", "nee", "watchman"),
        ("John Nee Smith", "smith", "john nee"),
        ("Estate Smith", "smith", "estate"),
    ],
)
def test_what_may_be_a_name_is_no_note(written: str, surname: str, given: str) -> None:
    assert [(name.surname, name.given) for name in parse_name(written)[0]] == [(surname, given)]


@pytest.mark.parametrize(
    ("written", "surnames"),
    [
        ("Mary Jones née Smith", ["jones", "smith"]),
        ("Mary Jones (nee Smith)", ["jones", "smith"]),
        ("Jones née Smith, Mary", ["jones", "smith"]),
        ("Mary Jones geb. Müller", ["jones", "muller"]),
        ("Mary Jones (formerly van der Berg)", ["jones", "vanderberg"]),
    ],
)
def test_a_maiden_name_is_another_surname(written: str, surnames: list[str]) -> None:
    assert [(name.surname, name.given) for name in parse_name(written)[0]] == [(each, "mary") for each in surnames]


@pytest.mark.parametrize(
    ("family", "given_name"),
    [("Jones née Smith", "Mary"), ("Jones (geb. Smith)", "Mary"), ("Jones", "Mary (née Smith)")],
)
def test_a_maiden_name_in_two_columns(family: str, given_name: str) -> None:
    assert parse_parts(family, given_name)[0] == (Name("jones", "mary"), Name("smith", "mary"))
