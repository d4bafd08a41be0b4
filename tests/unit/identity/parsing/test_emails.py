"""E-mails: aliases, typos of well-known domains, mailboxes of functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.parsing import parse_email
from identity.parsing.emails import is_public, phone_in


def address(written: str) -> str | None:
    found = parse_email(written)
    return found.address if found else None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Chen.Mei@Example.COM", "chen.mei@example.com"),
        ("mailto:chen@example.com", "chen@example.com"),
        ("Chen <chen@example.com>", "chen@example.com"),
        ("chen@example.com.", "chen@example.com"),
        ("chen @ example.com", "chen@example.com"),
        ("chen＠ｅｘａｍｐｌｅ。com", "chen@example.com"),
        ("chen@@example.com", "chen@example.com"),
        ("chen+shop@example.com", "chen@example.com"),
        ("c.h.e.n+shop@gmail.com", "chen@gmail.com"),
        ("chen@googlemail.com", "chen@gmail.com"),
        ("chen@gmial.com", "chen@gmail.com"),
        ("chen@gmail.con", "chen@gmail.com"),
        ("chen@163.con", "chen@163.com"),
        ("10001@qq.con", "10001@qq.com"),
        ("10001@qq,com", "10001@qq.com"),
        ("QQ：10001", "10001@qq.com"),
        ("chen@hotmial.com", "chen@hotmail.com"),
        ("chen@anything.con", "chen@anything.com"),
        ("chen@me.com", "chen@icloud.com"),
        ("chen-shop@yahoo.com", "chen@yahoo.com"),
        ("8613800138012@139.com", "13800138012@139.com"),
        ("chen@例子.中国", "chen@xn--fsqu00a.xn--fiqs8s"),
        ("陈小美@example.com", "陈小美@example.com"),
        ("d'arcy@example.com", "d'arcy@example.com"),
    ],
)
def test_the_spellings_of_a_mailbox_are_one(written: str, expected: str) -> None:
    assert address(written) == expected


def test_dots_matter_where_the_provider_heeds_them() -> None:
    assert address("c.hen@outlook.com") != address("chen@outlook.com")


@pytest.mark.parametrize(
    "written",
    ["", "chen", "chen@", "@example.com", "chen@example", "none@example.com", "NoReply@example.com", "aaaa@example.com", "未知", "a b@example.com"],
)  # fmt: skip
def test_an_address_that_nobody_has_is_missing(written: str) -> None:
    assert address(written) is None


def test_the_mailbox_of_a_function_belongs_to_a_company() -> None:
    for written in ("info@acme.cn", "Sales@acme.cn", "kefu@acme.cn"):
        assert (found := parse_email(written))
        assert found.is_role
    assert (person := parse_email("chen@acme.cn"))
    assert not person.is_role
    assert is_public("qq.com")
    assert not is_public("acme.cn")


def test_a_mobile_number_may_be_the_mailbox() -> None:
    numbers = [
        phone_in(found) for written in ("13800138012@163.com", "10001@qq.com") if (found := parse_email(written))
    ]
    assert numbers == ["+8613800138012", ""]


@given(st.emails() | st.text(max_size=20) | st.from_regex(r"[a-z.+]{1,8}@[a-z,.]{1,8}", fullmatch=True))
def test_what_is_normal_stays_as_it_is(written: str) -> None:
    normal = address(written)
    if normal is not None:
        assert address(normal) in {normal, None}
