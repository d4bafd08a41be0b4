"""Identity tokens."""

import hmac

from privacy import LP, IdentityTokens

TTOK = bytes(range(32, 64))
PHONE = "+8613812345678"


def test_the_published_known_answers_hold() -> None:
    tokens = IdentityTokens(TTOK, "t1")
    assert tokens.token("phone", PHONE).hex() == "c0abd903ac0eecfdae6d97576a2d74f7"
    assert tokens.row_token("shop", "public.customers", ["42"]).hex() == "0d112ca208dc9e65afbb6e51b83a1c4b"


def test_a_token_follows_from_the_page_by_another_road() -> None:
    key = hmac.digest(TTOK, LP("cdp/idtok/v1", "t1", "email", "n2") + b"\x01", "sha256")
    expected = hmac.digest(key, b"chen@example.com", "sha256")[:16]
    assert IdentityTokens(TTOK, "t1").token("email", "chen@example.com", norm_version="n2") == expected


def test_tokens_repeat_for_the_same_value() -> None:
    tokens = IdentityTokens(TTOK, "t1")
    assert len({tokens.token("phone", PHONE) for _ in range(5)}) == 1
    assert tokens.token("name", "陈晓明") == tokens.token("name", "陈晓明".encode())


def test_key_tenant_kind_version_and_value_each_change_the_token() -> None:
    tokens = IdentityTokens(TTOK, "t1")
    different = {
        tokens.token("phone", PHONE),
        tokens.token("phone", PHONE + "0"),
        tokens.token("device_id", PHONE),
        tokens.token("phone", PHONE, norm_version="n2"),
        IdentityTokens(TTOK, "t2").token("phone", PHONE),
        IdentityTokens(bytes(32), "t1").token("phone", PHONE),
    }
    assert len(different) == 6


def test_row_tokens_keep_the_parts_of_a_key_apart() -> None:
    tokens = IdentityTokens(TTOK, "t1")
    keys = [
        ("s", "t", ("1", "23")),
        ("s", "t", ("12", "3")),
        ("s", "t", ("123",)),
        ("st", "", ("123",)),
        ("s", "t1", ("23",)),
    ]
    assert len({tokens.row_token(*key) for key in keys}) == len(keys)


def test_the_repr_shows_no_key() -> None:
    assert repr(IdentityTokens(TTOK, "t1")) == "IdentityTokens(tenant='t1')"
