"""Romanisation: whole Chinese names in the spellings of Taiwan and of Hong Kong."""

import pytest

from identity.parsing.romanisation import may_be_spelled, wade_giles


@pytest.mark.parametrize(
    ("syllable", "expected"),
    [
        *(
            ("zhang", "chang"),
            ("chang", "chang"),
            ("zhi", "chih"),
            ("xiao", "hsiao"),
            ("xue", "hsueh"),
            ("qing", "ching"),
        ),
        *(
            ("jian", "chien"),
            ("jie", "chieh"),
            ("zhong", "chung"),
            ("guo", "kuo"),
            ("luo", "lo"),
            ("rong", "jung"),
            ("zi", "tzu"),
        ),
        *(("bo", "po"), ("de", "te"), ("gui", "kuei"), ("wei", "wei"), ("yan", "yen"), ("an", "an")),
    ],
)
def test_pinyin_has_another_spelling_in_taiwan(syllable: str, expected: str) -> None:
    assert wade_giles(syllable) == expected


def test_a_whole_name_is_of_one_spelling() -> None:
    assert may_be_spelled("陈大文", ("chan", "tai", "man"))
    assert may_be_spelled("陈大文", ("chan", "taiman"))
    assert may_be_spelled("陈大文", ("chen", "tawen"))
    assert not may_be_spelled("陈大文", ("chan", "tawen"))  # half of each
    assert not may_be_spelled("陈大文", ("chan", "tai"))
    assert not may_be_spelled("陈大文", ("chant", "aiman"))
    assert not may_be_spelled("陈大文", ())


def test_a_surname_sounds_as_a_surname() -> None:
    assert may_be_spelled("曾国藩", ("tseng", "kuofan"))
