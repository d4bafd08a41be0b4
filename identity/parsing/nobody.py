"""What stands where a name belongs and means nobody: 散客, 微信用户, Guest Customer, test test, kitty92, Bright Dental LLC."""

import re
from typing import Final

from identity.parsing.chinese import is_han, syllables
from identity.parsing.companies import is_company
from identity.parsing.text import is_placeholder

_NO_NAME: Final = (
    r"no[ -]?(?:(?:first|last|given|family|sur|middle)[ -]?)?name|not (?:given|known|provided|available|applicable)"
)
# What is typed to get past a form, once or in each half of a name.
_TYPED: Final = r"(?:test(?:ing|er)?|none|null|n/a|unknown|undefined|xxx+|asdf(?:gh)?|qwert[yz])"
_MEANS_NOBODY: Final = re.compile(
    r"(?:(?:微信|手机|匿名|新|老|普通|散|临时|现金|支付宝|淘宝|抖音|美团|注册|默认|测试)*(?:用户|顾客|客户|客人|会员|买家|网友|散客)|匿名|散客|路人|游客|本人|"
    r"测试|无名|无名氏|某某|某人|先生|女士|小姐|太太|同学|老师|朋友|老板|店员|收银员?|前台|门店|本店|现金|自用|保密|未填写?|未命名|默认|待定|"
    r"(?:(?:cash|counter|walk[ -]?in|retail|online|web|new|valued|general|test|store|shop|in[ -]?store|anonymous|unknown|default)[ -]?)*"
    r"(?:(?:user|guest|customer|client|member|visitor|shopper|buyer|patron|sale|account)s?[ -]?)+|"
    rf"{_NO_NAME}|{_TYPED}(?:[\s,./-]+{_TYPED})*|test (?:name|order|record|person|account)|anonymous|walk[ -]?in|name|cash|counter|home|house|work|office|shop|store|staff|cashier|reception|me|myself|"
    r"nobody|someone|somebody|momo|person|private|tb[cad]|the (?:boss|wife|husband|family|neighbours?|office|shop))[\W\d_]*",
    re.IGNORECASE,
)
# In one of two columns: there "House", "Cash" and "Guest" are surnames, and 先生 is a title. NMN: no middle name.
_NO_PART: Final = re.compile(
    rf"{_NO_NAME}|nm[in]|anonymous|customer|walk[ -]?in|[\u4e00-\u9fff]{{0,4}}(?:用户|顾客|客户|散客|会员)|匿名|无名氏?|保密|未填写?",
    re.IGNORECASE,
)
_NO_LETTER: Final = re.compile(r"[^\w*＊]*")  # ---, though a till's stars hide some
_HANDLE: Final = re.compile(r"(?=.*[^\W\d_])(?=.*\d)[^\s,]+")
_TONED: Final = re.compile(r"(?:([a-zü]{1,6})[1-5])+", re.IGNORECASE)


def is_nobodys(folded: str) -> bool:
    """Whether a whole name is nobody's: it means nobody, or names a company."""
    return bool(is_placeholder(folded) or _MEANS_NOBODY.fullmatch(folded)) or is_company(folded)


def is_handle(folded: str) -> bool:
    """Whether one Latin word has a number in it that is no tone (zhang1wei3): a name that somebody gave to an account."""
    if is_han(folded) or not _HANDLE.fullmatch(folded):
        return False
    return not (_TONED.fullmatch(folded) and all(map(syllables, re.split(r"\d", folded.casefold())[:-1])))


def is_no_part(folded: str) -> bool:
    """Whether what stands in one of several columns of a name is no part of it."""
    return is_placeholder(folded) or bool(_NO_PART.fullmatch(folded) or _NO_LETTER.fullmatch(folded))
