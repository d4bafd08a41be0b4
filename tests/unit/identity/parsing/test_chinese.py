"""Chinese characters: simplified forms and sounds."""

import pytest

from identity.parsing.chinese import is_han, may_sound, simplify, sound, spelled, surname_sound, syllables, toneless


def test_traditional_characters_become_simplified_one_by_one() -> None:
    assert simplify("張偉 歐陽鍾麗 陳葉") == "张伟 欧阳钟丽 陈叶"
    assert simplify(simplify("體育西路")) == "体育西路"
    assert simplify("Smith") == "Smith"


def test_han_is_told_from_other_scripts() -> None:
    assert is_han("张")
    assert is_han("aé张")
    assert not is_han("Zhang")
    assert not is_han("é")


def test_tones_are_marks_or_numbers() -> None:
    assert toneless("Zhāng Wěi") == toneless("zhang1 wei3") == "zhang wei"
    assert toneless("Lǚ") == "lu"


@pytest.mark.parametrize(
    ("surname", "expected"),
    [("曾", "zeng"), ("单", "shan"), ("仇", "qiu"), ("解", "xie"), ("查", "zha"), ("尉迟", "yuchi"), ("欧阳", "ouyang"), ("王", "wang")],
)  # fmt: skip
def test_surnames_have_sounds_of_their_own(surname: str, expected: str) -> None:
    assert surname_sound(surname) == expected


def test_characters_with_several_readings_may_sound_like_each() -> None:
    assert sound("小明") == "xiaoming"
    assert may_sound("乐", "le")
    assert may_sound("乐", "yue")
    assert may_sound("晟睿", "shengrui")
    assert not may_sound("乐", "wei")
    assert not may_sound("熙", "yi")  # read so in old books alone
    assert not may_sound("浩", "gao")
    assert not may_sound("乐明", "yue")


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("zhangwei", ("zhang", "wei")),
        ("xiaoming", ("xiao", "ming")),
        ("fangang", ("fang", "ang")),
        ("smith", ()),
        ("", ()),
    ],
)
def test_solid_pinyin_is_cut_into_syllables(letters: str, expected: tuple[str, ...]) -> None:
    assert syllables(letters) == expected


def test_letters_and_characters_without_end_are_read_to_their_end() -> None:
    assert syllables("xiao" * 2_000) == ("xiao",) * 2_000
    assert syllables("a" * 2_000 + "x") == ()
    assert may_sound("小" * 2_000, "xiao" * 2_000)
    assert not may_sound("小" * 2_000, "xiao" * 1_999)


def test_the_spellings_of_u_umlaut_are_one() -> None:
    assert spelled("lv") == spelled("lyu") == "lu"
    assert spelled("nv") == "nu"
