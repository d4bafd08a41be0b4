"""Every comparison and its levels of agreement, in Splink's sense; a model gives each level its weight."""

from typing import Final

#: Every comparison and its levels, best first.
LEVELS: Final[dict[str, tuple[str, ...]]] = {
    "surname": ("exact", "sound", "close", "part", "different"),
    "given": ("exact", "sound", "nickname", "close", "part", "character", "initial", "word", "different"),
    "birthday": ("exact", "swapped", "typo", "two_parts", "near", "year", "different"),
    "gender": ("same", "different"),
    "contact": tuple(
        f"{phone}+{address}"
        for phone in ("same", "masked", "typo", "different", "-")
        for address in ("home", "building", "street", "area", "elsewhere", "-")
        if (phone, address) != ("-", "-")
    ),
    "email": ("same", "local", "local_name", "typo", "company", "different"),
    "national_id": ("same", "typo", "other", "different"),
    "wechat_unionid": ("same", "different"),
    "wechat_openid": ("same", "different"),
    "alipay_id": ("same", "different"),
    "loyalty_card": ("same", "different"),
    "customer_no": ("same",),
    "device_id": ("same",),
}
