"""Names in other scripts: Cyrillic and Greek as in passports, Japanese and Korean names cut in two, nothing lost of the rest."""

import pytest

from identity.blocking import blocking_keys
from identity.parsing import Name, parse_name, parse_parts, scripts
from identity.parsing.chinese import simplify
from tests.told import AMERICA, record


@pytest.mark.parametrize(
    ("written", "surname", "given"),
    [
        ("Иван Петров", "petrov", "ivan"),
        ("ПЕТРОВ Иван", "petrov", "ivan"),
        ("Ива́н Петров", "petrov", "ivan"),
        ("Ю. Петров", "petrov", "i"),
        ("Щ Петров", "petrov", "s"),
        ("Ψ. Παππάς", "pappas", "p"),
        ("Οδυσσεύς Παππάς", "pappas", "odyssefs"),
        ("Иванов Иван Иванович", "ivanov", "ivan ivanovich"),
        ("Иванова Анна Ильинична", "ivanova", "anna ilinichna"),
        ("Иван Иванович Иванов", "ivanov", "ivan ivanovich"),
        ("Иван Петрович Абрамович", "abramovich", "ivan petrovich"),
        ("Никита Хрущёв", "khrushchev", "nikita"),
        ("Юлия Подъячева", "podieiacheva", "iuliia"),
        ("Сергій Гаєвський", "haievskyi", "serhii"),
        ("Живојин Јовић", "jovic", "zivojin"),
        ("Γιώργος Παπαδόπουλος", "papadopoulos", "giorgos"),
        ("Ευάγγελος Παπανδρέου", "papandreou", "evangelos"),
        ("Ευτυχία Μπακοπούλου", "bakopoulou", "eftychia"),
        ("佐藤さくら", "佐藤", "さくら"),
        ("佐藤 さくら様", "佐藤", "さくら"),
        ("さとう さくら", "さとう", "さくら"),
        ("田中太郎", "田中", "太郎"),
        ("高橋龍之介", "高桥", "龙之介"),
        ("長谷川博", "长谷川", "博"),
        ("高橋同学", "高", "桥"),
        ("小林不胖", "", "小林不胖"),
        ("田中家的小猫", "", "田中家的小猫"),
        ("ジョン・スミス", "スミス", "ジョン"),
        ("さくら", "", "さくら"),
        ("さくら -", "", "さくら"),
        ("がく", "", "がく"),
        ("张の伟", "张", "伟"),
        ("김민수", "김", "민수"),
        ("김 민수", "김", "민수"),
        ("남궁민수", "남궁", "민수"),
        ("민수 김", "김", "민수"),
        ("민수", "", "민수"),
        ("أحمد علي", "علي", "احمد"),
        ("สมชาย ใจดี", "ใจดี", "สมชาย"),
        ("सुनीता शर्मा", "शर्मा", "सुनीता"),
    ],
)
def test_a_name_falls_into_surname_and_given_name(written: str, surname: str, given: str) -> None:
    (name,) = parse_name(written)[0]
    assert (name.surname, name.given) == (surname, given)


def test_a_japanese_mark_of_repetition_is_no_name_of_its_own() -> None:
    assert parse_name("佐々木太郎") == parse_name("佐佐木太郎")
    assert parse_parts("佐々木", "太郎") == ((Name("佐佐木", "太郎"),), "")


def test_two_columns_are_read_alike() -> None:
    assert parse_parts("Петров", "Иван Иванович") == ((Name("petrov", "ivan ivanovich"),), "")
    assert parse_parts("김", "민수")[0] == parse_name("김민수")[0]


def test_cyrillic_and_latin_letters_lead_to_one_another() -> None:
    told = {"birthday": "1990-02-28", "postcode": "101000"}
    one, other = (record(AMERICA, name=name, **told) for name in ("Иван Петров", "Ivan Petrov"))
    assert blocking_keys(one) == blocking_keys(other) != frozenset()


def test_japanese_surnames_stand_there_as_names_are_read() -> None:
    assert all(simplify(f"{surname}太郎")[:-2] == surname for surname in scripts._JAPANESE_SURNAMES)
