"""Administrative divisions of China at the head of an address: province, city, district, in any part left out.

Codes are those of GB/T 2260 (six digits: province, city, district). Names may lack their suffix (广东 for 广东省), except those
of districts, which are words of daily life without it.
"""

import re
from functools import cache, lru_cache
from typing import Final

from identity.parsing.text import MEMO, lines

_SHORTEST: Final = 2
_STEPS: Final = 3
_SUFFIX: Final = re.compile(
    r"(?:维吾尔|壮族|回族)?自治区$|特别行政区$|省$|市$|地区$|盟$|"
    r"(?:[\u4e00-\u9fff]{1,3}族)*(?:[\u4e00-\u9fff]{1,3}族)自治州$"
)
# 中山路, 北京东路, 上海花园: a road or an estate that is named after a city.
_NAMES_SOMETHING: Final = re.compile(
    r"^[东西南北中]?[一二三四五六七八九十]?(?:路|街|大街|大道|道|巷|弄|里|村|镇|乡|小区|花园|广场|公寓|大厦|新城|城|苑|桥|区|县|市|州)"
)


@cache
def _codes() -> dict[str, tuple[str, ...]]:
    """For each name, in full or without suffix, the codes that it may stand for."""
    codes: dict[str, list[str]] = {}
    for line in lines("divisions.tsv"):
        code, name = line.split("\t")
        codes.setdefault(name, []).append(code)
        short = _SUFFIX.sub("", name)
        if code.endswith("00") and short != name and len(short) >= _SHORTEST:
            codes.setdefault(short, []).append(code)
    return {name: tuple(found) for name, found in codes.items()}


@cache
def _full_names() -> frozenset[str]:
    return frozenset(line.split("\t")[1] for line in lines("divisions.tsv"))


@cache
def _lengths() -> dict[str, tuple[int, ...]]:
    """For each first character the lengths of the names that start with it, longest first."""
    lengths: dict[str, set[int]] = {}
    for name in _codes():
        lengths.setdefault(name[0], set()).add(len(name))
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}


@lru_cache(maxsize=MEMO)
def division_of(text: str) -> str:
    """The code of the divisions at the head of simplified text, "" if none."""
    return take_division(text)[0] if text else ""


def take_division(text: str) -> tuple[str, str]:
    """The code of the divisions at the head of simplified text ("" if none), as deep as they go, and the rest of it."""
    code = ""
    for _ in range(_STEPS):
        found, length = _head(text, code)
        if not found:
            break
        code, text = found, text[length:].lstrip(" ,，")
    return code, text


def _head(text: str, parent: str) -> tuple[str, int]:
    for length in _lengths().get(text[:1], ()):
        name = text[:length]
        candidates = _codes().get(name)
        if candidates is None or (name not in _full_names() and _NAMES_SOMETHING.match(text[length:])):
            continue
        below = [code for code in candidates if code.startswith(_stem(parent))]
        if len(below) == 1 or (below and parent):
            return max(below), length
        if below and below[0].endswith("00"):  # 吉林: the province or its city
            return min(below), length
    return "", 0


def _stem(code: str) -> str:
    """What the codes of all divisions within a division start with."""
    return code.removesuffix("0000").removesuffix("00") if code.endswith("00") else code


def within(code: str, other: str) -> bool:
    """Whether one division is the other, or one lies in the other."""
    return code.startswith(_stem(other)) or other.startswith(_stem(code))


def city_of(code: str) -> str:
    """The four digits that tell the city; those of the province for its four cities that are provinces."""
    return code[:2] if code[:2] in {"11", "12", "31", "50", "81", "82"} else code[:4]
