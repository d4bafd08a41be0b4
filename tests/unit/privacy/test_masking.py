"""Masks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import mask

ATTRIBUTES = (
    "phone",
    "email",
    "name",
    "family_name",
    "given_name",
    "birthday",
    "gender",
    "address",
    "wechat_openid",
    "trait.x",
)


@pytest.mark.parametrize(
    ("attribute", "value", "masked"),
    [
        ("phone", "+8613812345678", "•••• 5678"),
        ("phone", "(021) 6123-4567 ", "•••• 4567"),
        ("phone", "１３８１２３４５６７８", "•••• 5678"),
        ("phone", "1234567", "•••• ••••"),
        ("phone", "", "•••• ••••"),
        ("email", "lihua@example.com", "l•••@•••.com"),
        ("email", "li@example.COM", "•••@•••.com"),
        ("email", "l.h@mail.example.co.uk", "l•••@•••.uk"),
        ("email", "陈晓明@例子.中国", "陈•••@•••.•••"),
        ("email", "li.hua@li-hua.photography", "l•••@•••.•••"),
        ("email", "root@localhost", "r•••@•••.•••"),
        ("email", "no address", "•••"),
        ("email", "", "•••"),
        ("name", "陈伟", "陈••"),
        ("name", "陈晓明", "陈••"),
        ("name", " 陈 晓明", "陈••"),
        ("name", "欧阳娜娜", "欧阳••"),
        ("name", "歐陽修", "歐陽••"),
        ("name", "欧阳", "欧••"),
        ("name", "陈", "•••"),
        ("name", "김민준", "김••"),
        ("name", "Anna Müller", "A•••"),
        ("name", "élodie", "É•••"),
        ("name", "e\u0301lodie", "É•••"),
        ("name", "🙂🙂", "•••"),
        ("name", "🌸小芳🌸", "小••"),
        ("name", "🙂anna", "A•••"),
        ("name", "13812345678", "•••"),
        ("name", "X", "•••"),
        ("name", "", "•••"),
        ("family_name", "陈", "陈••"),
        ("family_name", "欧阳", "欧阳••"),
        ("family_name", "Smith", "S•••"),
        ("given_name", "晓明", "•••"),
        ("given_name", "Anna", "•••"),
        ("birthday", "1990-05-17", "••••-••-••"),
        ("birthday", "", "••••-••-••"),
        ("gender", "f", "•••"),
        ("address", "上海市徐汇区漕溪北路 1 号", "•••"),
        ("national_id", "110101199003077758", "•••"),
        ("wechat_openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "•••• eS6o"),
        ("wechat_unionid", "o6_bmasdasdsad6_2sgVt7hMZOPfL", "•••• OPfL"),
        ("loyalty_card", "6200001234567", "•••• 4567"),
        ("loyalty_card", "1234567", "•••• ••••"),
        ("alipay_id", "lihua@example.com", "l•••@•••.com"),
        ("device_id", "38400000-8cf0-11bd-b23e-10b96e40000d", "•••• 000d"),
        ("trait.shoe_size", "42", "•••"),
        ("something_new", "secret", "•••"),
    ],
)
def test_masks(attribute: str, value: str, masked: str) -> None:
    assert mask(attribute, value) == masked


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_the_length_of_a_mask_says_nothing_about_the_length_of_the_value(attribute: str) -> None:
    long, longer = ("13812345678" * times + "@abc.com" * (attribute == "email") for times in (1, 9))
    assert len(mask(attribute, long)) == len(mask(attribute, longer))
    assert mask("name", "陈伟") == mask("name", "陈晓明晓明晓明")
    assert mask("name", "Al") == mask("name", "Alexandra de la Cruz")


@given(st.sampled_from(ATTRIBUTES), st.text(max_size=60))
def test_no_mask_gives_away_more_than_four_characters(attribute: str, value: str) -> None:
    masked = mask(attribute, value)
    shown = masked.translate(str.maketrans("", "", "•-@. "))
    assert len(shown) <= (5 if attribute == "email" else 4)
    assert len(masked) <= 16
    assert "•" in masked
