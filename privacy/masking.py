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
_SURNAMES = (
    "欧阳歐陽司马司馬上官诸葛諸葛东方東方皇甫尉迟尉遲公孙公孫慕容令狐宇文长孙長孫司徒司空夏侯轩辕軒轅"
    "端木独孤獨孤南宫南宮西门西門东郭東郭百里闻人聞人申屠澹台澹臺公冶宗政濮阳濮陽淳于单于單于钟离鍾離"
    "鲜于鮮于闾丘閭丘仲孙仲孫太史呼延赫连赫連拓跋完颜完顏纳兰納蘭第五东野東野司寇亓官巫马巫馬公西颛孙"
    "顓孫壤驷壤駟公良漆雕乐正樂正宰父谷梁穀梁段干左丘"
)
_COMPOUND_SURNAMES = frozenset(_SURNAMES[start : start + 2] for start in range(0, len(_SURNAMES), 2))


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
    first = local[0] if len(local) > 2 and local[0].isalnum() else ""  # noqa: PLR2004 - of two, one is half
    ending = domain.rpartition(".")[2]
    known = ending.isascii() and ending.isalpha() and 2 <= len(ending) <= 4 and "." in domain  # noqa: PLR2004 - of top-level domains
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
