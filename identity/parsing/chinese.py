"""Chinese characters and their sounds: simplified forms, pinyin without tones, solid pinyin cut into syllables.

``u`` stands for ``ü`` everywhere: keyboards write lü as lv, passports as lyu, forms as lu.
"""

import re
from functools import cache, lru_cache
from typing import Final

from opencc import OpenCC
from pypinyin.constants import PINYIN_DICT

from identity.parsing.text import MEMO, unaccented

_HAN: Final = re.compile(r"[\u3007\u3400-\u9fff\U00020000-\U0003ffff]")
_FIRST, _LAST = 0x3400, 0x9FFF
_LONGEST_SYLLABLE: Final = 6
_TONE_NUMBER: Final = re.compile(r"(?<=[a-z])[1-5](?![0-9])")

# As a surname, a character may sound different from its commonest reading.
_SURNAME_SOUNDS: Final = dict(
    pair.split(":")
    for pair in (
        "单:shan 曾:zeng 仇:qiu 解:xie 查:zha 朴:piao 区:ou 盖:ge 覃:qin 沈:shen 乐:yue 任:ren 华:hua 尉:wei 翟:zhai 葛:ge 贾:jia "
        "车:che 石:shi 缪:miao 纪:ji 宁:ning 冼:xian 黑:he 种:chong 召:shao 员:yun 折:she 那:na 洗:xian 应:ying 卜:bu 尹:yin 曲:qu "
        "万:wan 俞:yu 阚:kan 谌:chen 隗:wei 柏:bai 逄:pang 佘:she 臧:zang 卢:lu 祭:zhai 逯:lu 占:zhan 强:qiang 相:xiang 少:shao "
        "万俟:moqi 尉迟:yuchi 澹台:tantai 长孙:zhangsun 令狐:linghu 单于:chanyu 鲜于:xianyu 宇文:yuwen 乐正:yuezheng"
    ).split()
)

# Readings in use beside the commonest one. Dictionaries list many more, of old books: nobody is called 熙 by "yi" or 浩 by "gao".
_OTHER_SOUNDS: Final = dict(
    pair.split(":")
    for pair in (
        "晟:sheng 盛:cheng 娜:nuo 乐:yue 茜:xi 莎:suo 行:hang 长:chang 朝:zhao 重:chong 强:jiang 大:dai 奇:ji 期:ji 祎:hui 炅:gui 婼:ruo "
        "蔚:yu 荨:qian 伽:jia 仔:zi 参:shen 柏:bo 泊:bo 拓:ta 藏:zang 调:tiao 传:zhuan 合:ge 阿:e 禅:shan 省:xing 校:jiao 骑:ji 召:shao 都:du "
        "单:shan 曾:zeng 解:xie 查:zha 仇:qiu 区:ou 覃:qin 翟:zhai 谌:shen 车:ju 朴:piao 卜:bu 缪:miao 薄:bo 尉:yu 俞:shu 贾:gu 叶:xie "
        "珩:heng 隽:jun 琢:zhuo 劲:jing 莘:xin 莞:wan 靓:liang 颉:xie 玟:min 玢:fen 焘:tao 湫:qiu 峤:qiao 偲:si 瑱:tian 溱:zhen 厦:xia "
        "芫:yuan 崴:wei 珲:hui 乜:nie 郇:xun 郄:xi"
    ).split()
)


def is_han(text: str) -> bool:
    """Whether text has a Chinese character."""
    return not text.isascii() and _HAN.search(text) is not None


@cache
def _simplified() -> dict[int, str]:
    """Each character that has another simplified form. By character, since names are not words."""
    characters = [chr(code) for code in range(_FIRST, _LAST + 1)]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(old): new for old, new in zip(characters, converted, strict=True) if old != new}


def simplify(text: str) -> str:
    """Traditional characters in their simplified form."""
    return text if text.isascii() else text.translate(_simplified())


def toneless(text: str) -> str:
    """Lower-case letters without tone marks, tone numbers or accents: "Zhāng Wěi", "zhang1 wei3" → "zhang wei"."""
    return _TONE_NUMBER.sub("", unaccented(text))


@lru_cache(maxsize=MEMO)
def readings(character: str) -> tuple[str, ...]:
    """The toneless readings of a character in use, commonest first; none for other characters."""
    commonest = toneless(PINYIN_DICT.get(ord(character), "").partition(",")[0])
    return tuple(dict.fromkeys(filter(None, (commonest, _OTHER_SOUNDS.get(character)))))


@lru_cache(maxsize=MEMO)
def surname_sound(surname: str) -> str:
    """The pinyin of a Chinese surname; letters as they are."""
    return _SURNAME_SOUNDS.get(surname) or sound(surname)


@lru_cache(maxsize=MEMO)
def sound(text: str) -> str:
    """The commonest pinyin of text, solid: 小明 → "xiaoming"; letters as they are, anything else left out."""
    return "".join((readings(c) or (c if c.isalpha() else "",))[0] for c in text)


@lru_cache(maxsize=MEMO)
def may_sound(text: str, letters: str) -> bool:
    """Whether Chinese text can be read as these solid letters, by any reading of each character."""
    ends = {0}
    for character in text:
        ends = {
            end + len(reading) for end in ends for reading in readings(character) if letters.startswith(reading, end)
        }
    return len(letters) in ends


@cache
def _syllables() -> frozenset[str]:
    marked = {reading for code, found in PINYIN_DICT.items() if code <= _LAST for reading in found.split(",")}
    found = {toneless(reading) for reading in marked}
    return frozenset(s for s in found if s.isascii() and any(c in "aeiou" for c in s) and s not in {"i", "u"})


@lru_cache(maxsize=MEMO)
def syllables(letters: str) -> tuple[str, ...]:
    """Solid pinyin cut into the fewest syllables, longest first: "xiaoming" → ("xiao", "ming"); () if it is no pinyin."""
    size = len(letters)
    fewest, ends = {size: 0}, {}
    for start in reversed(range(size)):
        for end in range(min(start + _LONGEST_SYLLABLE, size), start, -1):
            if end in fewest and fewest[end] + 1 < fewest.get(start, size + 1) and letters[start:end] in _syllables():
                fewest[start], ends[start] = fewest[end] + 1, end
    found, at = [], 0
    while at in ends:
        found.append(letters[at : ends[at]])
        at = ends[at]
    return tuple(found)


def spelled(letters: str) -> str:
    """One spelling of ü in toneless pinyin: lv and lyu are lu, nv and nyu are nu."""
    return letters.replace("lyu", "lu").replace("nyu", "nu").replace("lv", "lu").replace("nv", "nu")
