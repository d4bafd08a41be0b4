"""Contradictions: what keeps records of one cluster apart that nothing compared."""

import pytest
from hypothesis import given

from identity.contradiction import Form, contradiction, form_of, vouches
from identity.features import Features
from tests.told import FEATURES, record


def form(name: str = "", birthday: str = "") -> Form:
    found = form_of(record(name=name, birthday=birthday))
    assert found
    return found


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (form("王建国"), form("王磊"), "name"),
        (form("王小明"), form("李大力"), "name"),
        (form("王先生"), form("李小红"), "name"),
        (form("王先生"), form("王小明"), ""),
        (form("王小明"), form("王晓明"), ""),
        (form("Katie White"), form("Katie Harvey"), ""),
        (form("Sarah Baauer"), form("Sraah Hoffmann"), ""),
        (form("Gaffer"), form("Ann Leroy"), ""),
        (form("果果"), form("刘成杰"), ""),
        (form("Tom Butler"), form("Ann Butler"), "name"),
        (form("王小明(David)"), form("David Wang"), ""),
        (form(birthday="1960-05-01"), form(birthday="1988-09-12"), "birthday"),
        (form(birthday="1990-02-28"), form(birthday="1990-02-27"), ""),
        (form(birthday="1990-02-28"), form(birthday="1990-03-25"), ""),
        (form(birthday="1985-01-01"), form(birthday="1991-06-12"), ""),
        (form("王先生", "1960-05-01"), form("王先生", "1964-09-12"), "birthday"),
        (form("赵世林", "1959-01-11"), form("赵世林", "1961-06-16"), ""),
        (form("John Smith", "1959-01-11"), form("John Smith", "1988-06-16"), "birthday"),
    ],
)
def test_other_people_contradict_and_slips_do_not(left: Form, right: Form, expected: str) -> None:
    assert contradiction(left, right) == contradiction(right, left) == expected


@pytest.mark.parametrize(
    ("witness", "beside", "other", "expected"),
    [
        (form("Mitchell Richmond"), form("Mitchrll Richmond"), form("Mithcell Richmond"), "yes"),
        (form("Grace George"), form("Tia George"), form("Grace Goerge"), "yes"),
        (form("王小明"), form("李大力"), form("王晓明"), "yes"),
        (form("Chris Weller"), form("Christina Weller"), form("Christopher Weller"), "no"),
        (form("A Weller"), form("Berta Weller"), form("Anna Weller"), "no"),
        (form("王先生"), form("王建国"), form("王磊"), "no"),
        (form("Harry Ward"), form("Mr Ward"), form("Harry Johnson"), "no"),
        (form("Amber Blackwell", "1986-03-25"), form("Amber Hill", "1916-02-11"), form("Amber Black", "1986-03-25"), "yes"),
        (form("Amber Blackwell"), form("Amber Hill", "1916-02-11"), form("Amber Black", "1986-03-25"), "no"),
        (form("Amber Black", "1985-01-01"), form("Amber Hill", "1916-02-11"), form("Amber Black", "1986-03-25"), "no"),
        (form("Madison Dixon"), form("Kylie Dixon", "1950-04-04"), form("Madison Dixon", "1994-04-13"), "no"),
        (form("Margaret Williams"), form("Peggy Williams"), form("M Williams"), "yes"),
        (form("John Bernard Hill"), form("Bernard Hill"), form("John Hill"), "yes"),
        (form("Bernard Hill"), form("John Hill"), form("Bernard James Hill"), "no"),
        (form("Anthony Reynolds"), form("Tony Reynolds"), form("A Reynolds née Brooks"), "no"),
        (form("Grace George"), form("Grace Goerge"), form("Tia George"), "yes"),
        (form("Anna Maria Weller"), form("A Weller"), form("Berta Weller"), "yes"),
        (form("Harry Ward"), form("Harry"), form("Anna Ward"), "no"),
        (form("徐诗若"), form("Hsu Shih-jo"), form("徐女士"), "no"),
        (form("Emily Ward", "2014-02-25"), form("Ms Ward", "2014-02-25"), form("Emily Ward", "2016-05-14"), "no"),
    ],
)  # fmt: skip
def test_who_tells_what_two_contradict_each_other_in_and_all_that_one_of_them_tells_vouches(
    witness: Form, beside: Form, other: Form, expected: str
) -> None:
    assert contradiction(beside, other)
    assert ("yes" if vouches(witness, beside, other) else "no") == expected


@given(FEATURES, FEATURES)
def test_contradictions_are_mutual_and_nobody_contradicts_himself(left: Features, right: Features) -> None:
    one, other = form_of(left), form_of(right)
    if one and other:
        assert contradiction(one, other) == contradiction(other, one)
        assert not contradiction(one, one)


def test_who_tells_neither_name_nor_birthday_has_no_form() -> None:
    assert form_of(record(phone="13912345678")) is None
