"""Masks: what a role sees that may not see the value.

A mask gives away at most four trailing characters, a surname or an initial, and never a value's length: the number of bullets is
fixed. Values too short to hide anything give nothing.
"""

import unicodedata

_HIDDEN = "•••"
_BIRTHDAY = "••••-••-••"
_TAIL = 4
_MIN_DIGITS = 8

_LAST_FOUR = frozenset({"wechat_unionid", "wechat_openid", "alipay_id", "loyalty_card", "device_id", "customer_no"})

# The compound surnames in use, simplified and traditional; every other Chinese surname is one character.
_COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "歐陽",
        "司马",
        "司馬",
        "上官",
        "诸葛",
        "諸葛",
        "东方",
        "東方",
        "皇甫",
        "尉迟",
        "尉遲",
        "公孙",
        "公孫",
        "慕容",
        "令狐",
        "宇文",
        "长孙",
        "長孫",
        "司徒",
        "司空",
        "夏侯",
        "轩辕",
        "軒轅",
        "端木",
        "独孤",
        "獨孤",
        "南宫",
        "南宮",
        "西门",
        "西門",
        "东郭",
        "東郭",
        "百里",
        "闻人",
        "聞人",
        "申屠",
        "澹台",
        "澹臺",
        "公冶",
        "宗政",
        "濮阳",
        "濮陽",
        "淳于",
        "单于",
        "單于",
        "钟离",
        "鍾離",
        "鲜于",
        "鮮于",
        "闾丘",
        "閭丘",
        "仲孙",
        "仲孫",
        "太史",
        "呼延",
        "赫连",
        "赫連",
        "拓跋",
        "完颜",
        "完顏",
        "纳兰",
        "納蘭",
        "第五",
        "东野",
        "東野",
        "司寇",
        "亓官",
        "巫马",
        "巫馬",
        "公西",
        "颛孙",
        "顓孫",
        "壤驷",
        "壤駟",
        "公良",
        "漆雕",
        "乐正",
        "樂正",
        "宰父",
        "谷梁",
        "穀梁",
        "段干",
        "左丘",
    ]
)


def mask(attribute: str, value: str) -> str:
    """Mask one value by its attribute; attributes without a rule of their own give nothing away."""
    if attribute == "phone":
        return _digits(value)
    if attribute == "email":
        return _email(value)
    if attribute in {"name", "family_name"}:
        return _name(unicodedata.normalize("NFC", value), is_surname=attribute == "family_name")
    if attribute in _LAST_FOUR:
        return _email(value) if "@" in value else _last_four(value)
    return _BIRTHDAY if attribute == "birthday" else _HIDDEN


def _digits(value: str) -> str:
    digits = [str(unicodedata.decimal(character)) for character in value if character.isdecimal()]
    return f"•••• {''.join(digits[-_TAIL:])}" if len(digits) >= _MIN_DIGITS else "•••• ••••"


def _last_four(value: str) -> str:
    return f"•••• {value[-_TAIL:]}" if len(value) >= _MIN_DIGITS else "•••• ••••"


def _email(value: str) -> str:
    """First letter and top-level domain; the first letter only when at least two more are hidden."""
    local, _, domain = value.rpartition("@")
    first = local[0] if len(local) > 2 and local[0].isalnum() else ""  # noqa: PLR2004
    ending = domain.rpartition(".")[2]
    known = ending.isascii() and ending.isalpha() and 2 <= len(ending) <= 4 and "." in domain  # noqa: PLR2004
    return f"{first}•••@•••.{ending.lower() if known else _HIDDEN}" if local else _HIDDEN


def _name(value: str, *, is_surname: bool) -> str:
    letters = [character for character in value if character.isalpha()]
    if not letters or (len(letters) == 1 and not is_surname):
        return _HIDDEN
    if not _is_east_asian(letters[0]):
        return f"{letters[0].upper()[:1]}•••"
    pair = "".join(letters[:2])
    has_more = len(letters) > len(pair) or is_surname
    return f"{pair if pair in _COMPOUND_SURNAMES and has_more else letters[0]}••"


def _is_east_asian(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("CJK ", "HANGUL SYLLABLE"))
