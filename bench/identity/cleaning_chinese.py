"""Chinese names and addresses, cleaned with public tables (OpenCC, pypinyin): simplified, without titles, with their sound."""

import re

import opencc
from pypinyin import Style, lazy_pinyin, load_phrases_dict
from pypinyin.phrases_dict import phrases_dict

from bench.identity import chinese_names, chinese_places

load_phrases_dict(phrases_dict)  # which Onefold's own processes do without

_SIMPLIFY = opencc.OpenCC("t2s")
_SURNAMES = {
    entry.split()[0]: entry.split()[2]
    for line in chinese_names.SURNAMES.strip().splitlines()
    for entry in line.split(" | ")
}
_SURNAME_SOUNDS = set(_SURNAMES.values())
_TITLE = re.compile(r"[((]?(先生|女士|小姐|太太|师傅|总)[))]?$")
_PLACEHOLDERS = {"顾客", "会员", "匿名", "先生", "女士", "测试", "无", "散客", "未知", "客户"}
_HAN = re.compile(r"[一-鿿]")
_CITY = re.compile("(?:..省)?(" + "|".join(city for _, city, _ in chinese_places.CITIES) + ")市?")
_ROAD = re.compile(r"([^省市区]{1,6}?(?:路|街|大道))(\d+)号")
_FLAT = re.compile(r"([^\d]*?)([\d]+|[一二三四五六七八九十])(?:栋|幢|号楼|#)(\d+)?")
_DISTRICT = re.compile(r"([^省市区]{2,3}区)")
_DIGITS = {character: str(number) for number, character in enumerate("一二三四五六七八九十", 1)}

_NOBODY: dict[str, str | None] = dict.fromkeys(("name", "family", "given", "sound", "letters"))


def name(text: str) -> dict[str, str | None]:
    """``name`` simplified, ``family`` and ``given`` in pinyin, ``sound`` both, ``letters`` the sound's letters in order.

    A courtesy title leaves the surname only; what has no known surname is a nickname and says nothing.
    """
    if _HAN.search(text):
        return _written(_SIMPLIFY.convert(re.sub(r"\s", "", text)))
    return _romanised(re.findall(r"[a-z]+", text.casefold()))


def _written(text: str) -> dict[str, str | None]:
    full = _TITLE.sub("", text)
    family = next((full[:size] for size in (2, 1) if full[:size] in _SURNAMES), None)
    if text in _PLACEHOLDERS or family is None or len(full) > len(family) + 2:
        return dict(_NOBODY)
    given = full[len(family) :]
    sound = "".join(lazy_pinyin(given, style=Style.NORMAL))
    return _name(full, _SURNAMES[family], sound) if given else {**_NOBODY, "family": _SURNAMES[family]}


def _romanised(parts: list[str]) -> dict[str, str | None]:
    """Which part is the surname: the first one that can be; in one piece, the longest beginning that can be."""
    if len(parts) == 1:
        heads = [parts[0][:size] for size in range(7, 1, -1) if parts[0][:size] in _SURNAME_SOUNDS]
        parts = [heads[0], parts[0][len(heads[0]) :]] if heads and len(parts[0]) > len(heads[0]) + 1 else []
    if not parts or not {parts[0], parts[-1]} & _SURNAME_SOUNDS:
        return dict(_NOBODY)
    family, given = (parts[0], parts[1:]) if parts[0] in _SURNAME_SOUNDS else (parts[-1], parts[:-1])
    return {**_name("", family, "".join(given)), "name": None}


def _name(full: str, family: str, given: str) -> dict[str, str | None]:
    letters = "".join(sorted(family + given))
    return {"name": full, "family": family, "given": given, "sound": family + given, "letters": letters}


def address(text: str) -> dict[str, str | None]:
    """``home`` (road, building, room: one flat), ``road`` (with number) or the estate, ``city``."""
    plain = re.sub(r"\s", "", text)
    city = _CITY.match(plain)
    plain = plain[city.end() :] if city else plain
    district, road = _DISTRICT.match(plain), _ROAD.search(plain)
    rest = plain[road.end() :] if road else plain
    flat = _FLAT.search(rest)
    street = f"{district[1] if district else ''}{road[1]}{road[2]}" if road else None
    is_flat = street is not None and flat is not None and flat[3] is not None
    return {
        "home": f"{street}-{_DIGITS.get(flat[2], flat[2])}-{flat[3]}" if is_flat and flat else None,
        "road": street,
        "city": city[1] if city else None,
    }
