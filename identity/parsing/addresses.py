"""Postal addresses cut into the parts by which two of them can be compared.

Chinese ones run from the province down to the room, Latin ones from the house number up to the city. What cannot be told
apart stays empty: a comparison then finds it missing.
"""

import re
from functools import lru_cache
from typing import Final

import msgspec

from identity.parsing.chinese import is_han, simplify
from identity.parsing.divisions import division_of, take_division
from identity.parsing.text import MEMO, fold, is_placeholder, unaccented


class Address(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The parts of an address, lower case, each "" where it is not told.

    ``area`` is the code of the deepest Chinese division, ``place`` a town or suburb by name; ``community`` is a housing estate
    (小区); ``room`` the room, flat or apartment.
    """

    area: str = ""
    place: str = ""
    road: str = ""
    number: str = ""
    community: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""
    postcode: str = ""


_NUMERALS: Final = "零一二三四五六七八九"
_NUMERAL: Final = re.compile(r"[一二三四五六七八九十]{1,3}(?=号|栋|幢|座|单元|楼|层|弄|期)")
_MARK: Final = r"号楼|号院|号(?!线)|弄|栋|幢|座|单元|楼|层|室|房|#|期"
_TOWN: Final = re.compile(r"^[\u4e00-\u9fff]{1,6}?(?:街道(?:办事处)?|镇|乡|(?<!小)区|县)(?=[\u4e00-\u9fff])")
_ROAD: Final = re.compile(
    r"(?P<road>[\u4e00-\u9fff]{1,10}?(?:大道|大街|胡同|路|街|巷|道)(?:[东西南北中一二三四五六七八九十]{1,2}段)?)"
    r"(?:(?P<number>\d+(?:-\d+)?)(?:(?P<kind>号院?(?!楼)|弄)|(?:(?<=-\d)|(?<=-\d\d))(?=号楼)|(?![\d号栋幢座#室房-]|单元)))?"
)
_PARTS: Final = re.compile(rf"([A-Za-z]?\d+[A-Za-z]?|[A-Za-z])(?:({_MARK})|(?=[-—]|$))")
_DASHED: Final = re.compile(r"([A-Za-z]?\d+)[-—](\d+)(?:[-—](\d+))?(?:室|房|号)?$")
_COMMUNITY: Final = re.compile(r"^([A-Za-z]{0,8}[\u4e00-\u9fff]{2,14}?)(?=[A-Za-z]?\d|[A-Za-z](?:栋|座|幢|区)|[（(]|$)")
# Where to leave a parcel, in brackets without a number: the home is the same without it.
_PARCEL: Final = re.compile(
    r"[(（\[【](?![^)）\]】]*(?:[\d一二三四五六七八九十]|栋|幢|座|单元|室))[^()（）\[\]【】]*"
    r"(?:丰巢|快递|菜鸟|驿站|柜|代收|自提|门卫|保安|传达|物业|前台|门口|超市|便利店)[^()（）\[\]【】]*[)）\]】]"
)
_CHINESE_NOISE: Final = re.compile(r"[\s,，.。;；()（）【】:：]+")
_FIELDS: Final = {"栋": "building", "幢": "building", "座": "building", "号楼": "building", "#": "building",
                  "单元": "unit", "室": "room", "房": "room"}  # fmt: skip

_ABBREVIATED: Final = dict(
    pair.split(":")
    for pair in (
        "st:street str:street strasse:street straße:street rd:road ave:avenue av:avenue blvd:boulevard dr:drive ln:lane ct:court "
        "avenida:avenue avda:avenue bd:boulevard bvd:boulevard "
        "cl:close cres:crescent cr:crescent cct:circuit pl:place sq:square tce:terrace ter:terrace pde:parade hwy:highway pkwy:parkway "
        "gr:grove gdns:gardens cir:circle trl:trail wy:way hts:heights xing:crossing mt:mount "
        "n:north s:south e:east w:west ne:northeast nw:northwest se:southeast sw:southwest "
        "first:1st second:2nd third:3rd fourth:4th fifth:5th sixth:6th seventh:7th eighth:8th ninth:9th tenth:10th"
    ).split()
)
_CALLE: Final = re.compile(r"\bc/\s*(?!o\b)(?=[a-z])")  # C/ Mayor, not c/o Mayor
_FLAT: Final = re.compile(
    r"\b(?:apt|apartment|apto|ap|unit|flat|suite|ste|room|rm|no|lot|spc|space|trlr|trailer|"
    r"piso|puerta|pta|interno|wohnung|whg|bte|boite|bus|lgh|lok|m(?=\.))\b\.?"
    r"\s*(?:#|(?:no|number)\b\.?)?\s*([a-z]?\d+[a-z]?|[a-z])\b|#\s*(\w+)"
)
_SLASHED: Final = re.compile(r"\b(\d+[a-z]?)\s*/\s*(\d+[a-z]?)\b")
_HOUSE: Final = re.compile(r"\b\d+(?:\s?bis|[a-z]|\s[a-z](?=$))?(?:\s*-\s*\d+[a-z]?)?\b")
_NAME: Final = re.compile(r"[^\W\d_]{2}")
_ROADS: Final = frozenset(
    "street road avenue boulevard drive lane court close crescent circuit place square terrace parade highway parkway grove "
    "gardens circle trail way broadway hill park row mews walk rise".split()
)
_POSTCODE: Final = re.compile(
    r"\b([a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}|[a-z]\d[a-z]\s?\d[a-z]\d|\d{5}-\d{4}|\d{4,6})\s*(?:,\s*[a-z ]+)?$"
)
# A code before its town, first of all, behind a comma or behind the number of a house: 10115 Berlin, 1012 AB Amsterdam, 96-341 Lodz.
_BEFORE_TOWN: Final = re.compile(
    r"(?:^|,|(?<=\d)(?=\s)|(?<=\d[a-z])(?=\s))\s*(?:[a-z]{1,3}-)?"
    r"(\d{5}|\d{4}(?:\s?(?!de|la|le|st)[a-z]{2})?|\d{3}\s\d{2}|\d{2}-\d{3}|\d{4,5}-\d{3})\s+([^\W\d_][^,\d]*)(?=,|$)"
)
_ZIP_FOUR: Final = re.compile(r"^(\d{5})-?\d{4}$")
# Behind these a number at the end is no postcode: PO Box 28056, County Road 2224. Nor is it where nothing stands before it.
_NUMBERED: Final = re.compile(r"(?:^|\b(?:box|postfach|road|rd|route|rte|rt|highway|hwy|cr|sr|fm)\.?)\s*$")
_WORD: Final = re.compile(r"[^\W_]+")


@lru_cache(maxsize=MEMO)
def parse_address(written: str, city: str = "", region: str = "", postcode: str = "") -> Address | None:
    """Read an address with what other columns say of its place; None where nothing is told."""
    texts = [fold(text) for text in (written, city, region, postcode)]
    written, city, region, postcode = ("" if is_placeholder(text) else text for text in texts)
    if is_han(written) or is_han(city) or is_han(region):
        found = _chinese(simplify(written), simplify(region) + simplify(city), _code(postcode))
    else:
        found = _latin(unaccented(written), unaccented(city), _code(postcode))
    return found if found != Address() else None


def _code(postcode: str) -> str:
    """A postcode without blanks: five digits of ZIP+4, no leading zeros, which spreadsheets lose; "" for 00000."""
    code = re.sub(r"[\s-]", "", unaccented(_ZIP_FOUR.sub(r"\1", postcode)))
    return code.lstrip("0") if code.isdecimal() else code


def _chinese(written: str, place: str, postcode: str) -> Address:
    area, rest = take_division(_CHINESE_NOISE.sub("", _PARCEL.sub("", written)))
    if len(area.rstrip("0")) <= len(around := division_of(place).rstrip("0")):  # the other columns say more
        area = around.ljust(6, "0") if around else area
    rest = _NUMERAL.sub(lambda found: str(_number(found.group())), rest)
    town = _TOWN.match(rest)
    rest = _TOWN.sub("", _TOWN.sub("", rest))
    road = _ROAD.search(rest)
    parts = {"road": "", "number": ""}
    if road:
        parts = {"road": road["road"], "number": road["number"] or ""}
        rest = rest[road.end() :]
        if road["kind"] == "弄":  # in Shanghai a lane has a number, and the houses in it have their own
            rest = re.sub(r"^(\d+)号(?!楼)", r"\1号楼", rest)
    community = _COMMUNITY.match(rest)
    parts |= _inside(rest[community.end() :] if community else rest)
    name = town.group() if town and not area else ""  # 朝阳区: there are two, so it has no code
    return Address(
        area=area, place=name, community=community[1].casefold() if community else "", postcode=postcode, **parts
    )


def _number(numeral: str) -> int:
    tens, ten, ones = numeral.rpartition("十")
    return (_NUMERALS.find(tens or "一") * 10 if ten else 0) + max(_NUMERALS.find(ones), 0) * bool(ones)


def _inside(rest: str) -> dict[str, str]:
    """Building, unit and room, with their marks (3栋2单元501室) or divided by dashes (3-2-501)."""
    parts: dict[str, str] = {}
    dashed = _DASHED.search(rest)
    if dashed:
        numbers = [number for number in dashed.groups() if number]
        rest = rest[: dashed.start()]
        fields = ("building", "unit", "room") if dashed[3] else ("building", "room")
        parts = dict(zip(fields, numbers, strict=True))
    for number, mark in _PARTS.findall(rest):
        field = _FIELDS.get(mark, "room" if not mark else "")
        if field and field not in parts:
            parts[field] = number.casefold()
        elif mark == "号" and "number" not in parts:
            parts["number"] = number
    return parts


def _latin(written: str, city: str, postcode: str) -> Address:
    room, written = _flat(_CALLE.sub("calle ", written.replace("\n", ", ")))
    if not postcode and (found := _POSTCODE.search(written)) and not _NUMBERED.search(written[: found.start()]):
        postcode, written = _code(found[1]), written[: found.start()] + written[found.end(1) :]
    code, town, written = _town(written)
    segments = [segment.strip() for segment in written.split(",") if segment.strip()]
    at = next((place for place, segment in enumerate(segments) if _HOUSE.search(segment)), 0)
    number, street = _house(segments[at]) if segments else ("", "")
    if number and not _NAME.search(street):
        street = _beside(segments, at) or street
    named = [segment for segment in segments if segment not in (street, segments[at])]
    place = city or town or (named[0] if named else "")
    return Address(
        place=" ".join(_WORD.findall(place)),
        road=" ".join(_words(street)),
        number=number,
        room=room,
        postcode=postcode or code,
    )


def _town(written: str) -> tuple[str, str, str]:
    """Postcode and town where the code stands before the town, and what is left; only beside a house and its number."""
    for found in _BEFORE_TOWN.finditer(written):
        rest = f"{written[: found.start()]},{written[found.end() :]}"
        if _HOUSE.search(rest) and _ROADS.isdisjoint(_words(found[2])):  # 1234 High Street
            return _code(found[1]), found[2].partition("(")[0], rest
    return "", "", written


def _house(segment: str) -> tuple[str, str]:
    """Number and road: the number comes first, or else last, since roads have numbers in their names ("Straße des 17. Juni 135")."""
    found = [*_HOUSE.finditer(segment)]
    if not found:
        return "", segment
    house = found[0] if found[0].start() == 0 else found[-1]
    return re.sub(r"\s", "", house.group()), f"{segment[: house.start()]} {segment[house.end() :]}"


def _beside(segments: list[str], at: int) -> str:
    """The road of a number that stands alone: before it ("Via Roma, 12"), or behind it ("12, High Street")."""
    before, after = segments[at - 1] if at else "", "".join(segments[at + 1 : at + 2])
    is_behind = not before or not _ROADS.isdisjoint(_words(after)[-1:])
    return after if is_behind else before


def _words(street: str) -> list[str]:
    return [_ABBREVIATED.get(word, word) for word in _WORD.findall(street)]


def _flat(written: str) -> tuple[str, str]:
    if found := _FLAT.search(written):
        return found[1] or found[2], written[: found.start()] + " " + written[found.end() :]
    if found := _SLASHED.search(written):
        before, behind = written[: found.start()], written[found.end() :]
        is_behind_road = bool(_NAME.search(before.rpartition(",")[2])) and not behind.partition(",")[0].strip()
        house, room = (found[1], found[2]) if is_behind_road else (found[2], found[1])  # Rajska 12/41, 41/12 Smith Road
        return room, f"{before} {house} {behind}"
    return "", written
