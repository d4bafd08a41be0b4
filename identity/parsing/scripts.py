"""Names in scripts other than Chinese and Latin.

Cyrillic and Greek become the Latin letters of passports, so that Иван Петров is Ivan Petrov. Japanese and Korean names are only cut
into surname and given name; they, Arabic and others are compared as they are written.
"""

import re
from functools import cache
from typing import Final

from identity.parsing.text import accentless, lines

# With the accents behind a letter that no single character has: И́ван.
_ALPHABETS: Final = re.compile(r"(?:[\u0370-\u0481\u048a-\u052f\u1f00-\u1fff][\u0300-\u036f]*)+")
_UKRAINIAN: Final = re.compile("[ієґ]")
_SERBIAN: Final = re.compile("[ђјљњћџ]")
_SOFT_BEFORE_HARD: Final = re.compile(r"(?<=[αεη])υ(?=[θκξπσςτφχψ]|$)")
_BETA: Final = re.compile(r"^μπ")
# Иванов Иван Иванович, as lists write it; in Иван Петрович Абрамович the last word is the surname.
_PATRONYMIC: Final = r"\w+(?:вич|ьич|мич|вна|чна)"
_SURNAME_FIRST: Final = re.compile(rf"\s*([\w-]+)\s+((?!{_PATRONYMIC}\s)[\w-]+\s+{_PATRONYMIC})\s*", re.IGNORECASE)

_KANA: Final = r"[\u3041-\u3096\u30a1-\u30fa\u30fc]"
_HAN: Final = r"[\u3400-\u9fff]"
_HAS_KANA: Final = re.compile(_KANA)
_AGAIN: Final = re.compile(r"(.)々")
_BETWEEN: Final = re.compile(rf"(?<={_HAN})[のノ](?={_HAN})")  # 張の偉, 一ノ瀬
_HONORIFIC: Final = re.compile(r"(?<=\S)\s*(?:様|さま|さん|くん|ちゃん)$")
_WORD: Final = re.compile(r"[^\W\d_]+(?:・[^\W\d_]+)*")
_HAN_THEN_KANA: Final = re.compile(rf"({_HAN}+)({_KANA}+)")

# The commonest that are no words of Chinese, as 小林 (little Lin) is; in simplified characters.
_JAPANESE_SURNAMES: Final = frozenset(
    "佐藤 铃木 高桥 田中 渡辺 渡边 伊藤 山本 中村 加藤 吉田 山田 佐佐木 松本 井上 木村 斎藤 斉藤 斋藤 山崎 池田 桥本 阿部 石川 山下 中岛 石井 前田 冈田 长谷川 藤田 后藤 近藤 村上 远藤 "
    "青木 坂本 福田 西村 藤井 冈本 藤原 原田 中川 松田 竹内 田村 石田 森田 上田 内田 柴田 酒井 宫崎 横山 高木 安藤 宫本 小岛 谷口 今井 工藤 高田 增田 杉山 村田 大冢 新井 藤本 河野 野口 "
    "武田 松井 岩崎 菅原 木下 佐野 野村 松尾 菊地 杉本 市川 岛田 桜井 樱井 吉川 山内 西田 西川 菊池 五十岚 安田 中田 平田 饭田 久保田 泽田 沢田 秋山 荒木 大久保 矢野".split()
)
_LONGEST_JAPANESE_GIVEN: Final = 3

_HANGUL: Final = re.compile(r"[\uac00-\ud7a3]+")
_KOREAN_SURNAMES: Final = frozenset(
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국"
)
_KOREAN_DOUBLE_SURNAMES: Final = frozenset("남궁 황보 제갈 사공 선우 서문 독고".split())
_LONGEST_KOREAN: Final = 4


def romanised(text: str) -> str:
    """Cyrillic and Greek in Latin letters, anything else as it is."""
    return text if text.isascii() else _ALPHABETS.sub(lambda run: _in_case(run.group()), text)


def surname_told(text: str) -> str:
    """A full name with a comma behind the surname where a patronymic tells that it stands first: Иванов, Иван Иванович."""
    found = None if text.isascii() else _SURNAME_FIRST.fullmatch(text)
    return f"{found[1]}, {found[2]}" if found else text


def _in_case(word: str) -> str:
    """A word in Latin letters, in capitals as it was; an initial stays one letter, though Ю is iu."""
    latin = _latin_letters("й".join(map(accentless, word.lower().split("й"))))
    latin = latin[:1] if len(word) == 1 else latin
    return latin.upper() if word.isupper() else latin


def _latin_letters(word: str) -> str:
    word = _BETA.sub("b", _SOFT_BEFORE_HARD.sub("f", word))
    table = _table("cyrillic") | _table("greek")
    if _SERBIAN.search(word):
        table |= _table("serbian")
    elif _UKRAINIAN.search(word):
        table |= _table("ukrainian")
    return _any_of(tuple(table)).sub(lambda letters: table[letters.group()], word)


@cache
def _any_of(letters: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(letters, key=len, reverse=True)))


@cache
def _table(name: str) -> dict[str, str]:
    (line,) = (line for line in lines("letters.txt") if line.startswith(name))
    return dict(pair.split(":") for pair in line.split()[1:])


def japanese_spelled_out(text: str) -> str:
    """Japanese without marks and courtesy: 佐々木 is 佐佐木, 一ノ瀬 and 张の伟 lose their の, 様 and さん go."""
    if text.isascii():
        return text
    return _HONORIFIC.sub("", _BETWEEN.sub("", _AGAIN.sub(r"\1\1", text)))


def japanese_parts(text: str) -> tuple[str, str] | None:
    """Surname and given name of a Japanese name with kana in it, None of other names: 佐藤さくら, 佐藤 さくら, さとう さくら."""
    if text.isascii() or not _HAS_KANA.search(text):
        return None
    words = _WORD.findall(text)
    if len(words) > 1:
        return words[0], "".join(words[1:])
    if found := _HAN_THEN_KANA.fullmatch(words[0]):
        return found[1], found[2]
    given, _, surname = words[0].partition("・")  # ジョン・スミス
    return surname, given


def japanese_surname(text: str) -> str:
    """The surname of a Japanese name in four simplified characters or more, "" of other names: 田中太郎."""
    found = next((text[:end] for end in (3, 2) if text[:end] in _JAPANESE_SURNAMES), "")
    return found if 0 < len(text) - len(found) <= _LONGEST_JAPANESE_GIVEN else ""


def korean_parts(text: str) -> tuple[str, str] | None:
    """Surname and given name of a name in Hangul, None of other names and of given names alone."""
    words = text.split()
    if not words or not all(map(_HANGUL.fullmatch, words)):
        return None
    solid = "".join(words)
    length = 2 if solid[:2] in _KOREAN_DOUBLE_SURNAMES else 1
    if len(words) > 1 and len(words[0]) > length:
        return None
    is_full = len(words) > 1 or (length + 1 < len(solid) <= _LONGEST_KOREAN and solid[:length] in _KOREAN_SURNAMES)
    return (solid[:length], solid[length:]) if is_full or length == 2 < len(solid) else None  # noqa: PLR2004 - a double one
