"""Names in Chinese characters: where the surname ends, and which characters are none.

Courtesy titles (王先生) and familiar forms (小王, 老李) leave a surname alone. A name masked by a till (张*伟, 张**) keeps its stars in
the given name.
"""

import re
from functools import lru_cache
from typing import Final

import msgspec

from identity.parsing.chinese import simplify
from identity.parsing.name_tables import (
    compound_surnames,
    frequent_surnames,
    is_surname,
    single_surnames,
    title_genders,
)
from identity.parsing.names import Name
from identity.parsing.scripts import japanese_surname
from identity.parsing.text import MEMO

_FAMILIAR: Final = frozenset("小老")
_PET: Final = frozenset("小阿大")
# Characters that a till cannot type, told by their parts.
_PARTS: Final = {
    "吉吉": "喆",
    "方方土": "堃",
    "金金金": "鑫",
    "水水水": "淼",
    "石石石": "磊",
    "火火火": "焱",
    "日日日": "晶",
    "木木木": "森",
}
# What labels of parcels put beside the name; 丰收 and the like are names, of years with a good harvest.
_RECEIVES: Final = re.compile(r"^(?:收件人|收货人|联系人)(?=.{2})|(?<=..)(?<![丰秋麦夏])(?:亲收|签收|代收|收件|收)$")
# Words of kinship stand in no given name (包租婆), those of sentences in short ones alone (于是之, but 平安是福).
_KINSHIP: Final = re.compile("[婆妈爸]")
_SENTENCE: Final = re.compile("[的是我你们吗呢吧很]")
_DOTS: Final = re.compile(r"[·•・‧.]")
_LONGEST_HAN: Final = 3


@lru_cache(maxsize=MEMO)
def han_name(runs: tuple[str, ...], is_decorated: bool) -> tuple[Name | None, str]:  # noqa: FBT001 - a part of the memo's key
    """Read runs of Chinese characters: the name, None where they hide all of it, and the gender of its title."""
    text = _RECEIVES.sub("", simplify("".join(runs)).replace("＊", "*"))
    text = text[:1] + _whole_characters(text[1:])
    if _DOTS.search(text.strip("·")):
        return Name("", _DOTS.sub("", text)), ""
    text, gender, had_title = _without_title(text)
    if "*" in text:
        return _masked(text), gender
    is_alone = len(text) == 1 and not is_decorated  # 兰🌸 may be a given name
    if is_surname(text) and (had_title or is_alone or text in compound_surnames()):
        return Name(text, ""), gender
    if len(text) == 2 and text[0] in _FAMILIAR and text[1] in single_surnames():  # noqa: PLR2004 - 小王, 小强
        return (Name(text[1], "") if text[1] in frequent_surnames() else Name("", text[1], is_ordered=False)), gender
    if len(runs) == 2 and is_surname(last := simplify(runs[1])) and not is_surname(first := simplify(runs[0])):  # noqa: PLR2004 - surname and given name
        return Name(last, first), gender
    name = _split(text)
    return (msgspec.structs.replace(name, is_ordered=False) if is_decorated and len(text) == 2 else name), gender  # noqa: PLR2004 - 桂英🌸


def given_characters(given: str) -> str:
    """A given name in a column of its own, without dots and blanks, parts as the character that they make up."""
    return _whole_characters(_DOTS.sub("", given).replace(" ", ""))


def _without_title(text: str) -> tuple[str, str, bool]:
    """Cut a title off the end; one of a single character only after a bare surname (王哥, but not 李大哥's 哥)."""
    for length in (4, 3, 2, 1):
        title, rest = text[-length:], text[:-length]
        if rest and title in title_genders() and (length > 1 or is_surname(rest)):
            return rest, title_genders()[title], True
    return text, "", False


def _masked(text: str) -> Name | None:
    surname = text[:2] if text[:2] in compound_surnames() else text[0].strip("*")
    given = text[len(surname) :]
    visible = given.strip("*")
    return Name(surname, given if visible else "") if surname or visible else None


def _split(text: str) -> Name:
    if text[:2] in compound_surnames():
        return Name(text[:2], text[2:])
    if len(text) > _LONGEST_HAN and (surname := japanese_surname(text)):
        return Name(surname, text[len(surname) :])
    is_long = len(text) > _LONGEST_HAN and not _has_two_surnames(text)  # 夏天的风
    if text == text[0] * 2 or is_long or _is_sentence(text):  # 果果, 平安是福
        return Name("", text, is_ordered=False)
    if len(text) == 1 or text[0] in _PET:
        return Name("", text[1:] or text, is_ordered=False)
    if text[0] in single_surnames():
        return Name(text[0], text[1:])
    return Name(text[0], text[1:], is_ordered=False)


def _is_sentence(text: str) -> bool:
    """Whether characters that could be a name say something else."""
    return bool(_KINSHIP.search(text, 1) or (len(text) > _LONGEST_HAN and _SENTENCE.search(text, 1)))


def _has_two_surnames(text: str) -> bool:
    """Whether four characters may be a name with the surnames of both parents: 张李子涵, but not 夏天的风."""
    return len(text) == _LONGEST_HAN + 1 and text[0] in single_surnames() and text[1] in single_surnames()


def _whole_characters(given: str) -> str:
    """Parts as the character that they make up: 陈吉吉 is 陈喆."""
    for parts, whole in _PARTS.items():
        given = given.replace(parts, whole)
    return given
