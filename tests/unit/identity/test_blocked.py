"""Values of ``[identity.blocked]``: which of them block anything."""

import pytest

from identity import IDENTIFIER_KINDS, IdentityRules, is_blocking, is_read

RULES = IdentityRules()
VALUES = {
    "phone": "021-55550000",
    "email": "Shop@Example.com",
    "national_id": "110101199003077838",
    "wechat_openid": "oTestTest",
    "device_id": "kiosk-tablet-1",  # a kind that links nothing unless the rules say so
}


@pytest.mark.parametrize("kind", IDENTIFIER_KINDS)
def test_a_value_of_each_kind_blocks_itself(kind: str) -> None:
    assert is_blocking(kind, VALUES.get(kind, "9000-0001"), RULES)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "10086"), ("phone", "0000"), ("phone", "shop"), ("phone", ""), ("email", "shop"), ("customer_no", "0")],
)
def test_what_is_no_identifier_blocks_nothing(kind: str, value: str) -> None:
    assert not is_blocking(kind, value, RULES)
    assert not is_read(kind, value, RULES)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "138****5670"), ("phone", "021-55550000 / 13812345670"), ("email", "Shop <shop@example.com>")],
)
def test_what_is_read_but_is_not_one_value_in_full_blocks_nothing(kind: str, value: str) -> None:
    assert is_read(kind, value, RULES)
    assert not is_blocking(kind, value, RULES)


def test_a_phone_is_read_as_in_the_region_of_the_rules() -> None:
    assert is_blocking("phone", "030 901820", IdentityRules(default_region="DE"))
    assert not is_blocking("phone", "030 901820", RULES)
