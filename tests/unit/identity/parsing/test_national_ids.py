"""National ids: what a Chinese one proves and tells."""

from identity.parsing import parse_national_id
from identity.parsing.national_ids import check_digit


def test_a_chinese_id_proves_itself_and_tells_birthday_and_gender() -> None:
    found = parse_national_id(" 1101 0519-4912 31002x ")
    assert found
    assert found.number == "11010519491231002X"
    assert (found.is_proven, found.birthday, found.gender) == (True, "19491231", "f")


def test_a_wrong_digit_proves_nothing() -> None:
    found = parse_national_id("11010519491231003X")
    assert found
    assert (found.is_proven, found.birthday, found.gender) == (False, "", "")


def test_an_id_of_new_years_day_proves_itself() -> None:
    whole = "11010519800101001" + check_digit("11010519800101001")
    found = parse_national_id(whole)
    assert found
    assert (found.is_proven, found.birthday) == (True, "19800101")
    assert parse_national_id("110105800101001") == found


def test_an_id_of_somebody_born_long_before_there_were_any_proves_nothing() -> None:
    for born, is_proven in (("18790615", False), ("15490615", False), ("18800615", True)):
        first = f"110105{born}001"
        found = parse_national_id(first + check_digit(first))
        assert found
        assert found.is_proven is is_proven


def test_the_old_form_becomes_the_new_one() -> None:
    assert parse_national_id("110105491231002") == parse_national_id("11010519491231002X")


def test_other_ids_are_kept_without_separators_and_prove_nothing() -> None:
    found = parse_national_id("ab-123 456")
    assert found
    assert (found.number, found.is_proven) == ("AB123456", False)


def test_fillers_are_missing() -> None:
    for filler in ("", "无", "123", "00000000", "12345678", "111111111111111111"):
        assert parse_national_id(filler) is None


def test_a_masked_id_is_missing() -> None:
    for masked in (
        "XXX-XX-1234",
        "xxx-xx-1234",
        "***-**-1234",
        "＊＊＊＊1234",
        "###-##-1234",
        "110101********1234",
        "•••••1234",
        "110101××××××××1234",
    ):
        assert parse_national_id(masked) is None, masked


def test_an_x_or_a_hash_alone_masks_nothing() -> None:
    for written, number in (
        ("11010519491231002X", "11010519491231002X"),
        ("x1234567x", "X1234567X"),
        ("AXX 1234", "AXX1234"),
        ("#51234", "#51234"),
    ):
        found = parse_national_id(written)
        assert found
        assert found.number == number
