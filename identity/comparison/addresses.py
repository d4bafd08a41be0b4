"""How near two addresses are: the same home, the building, the street, the neighbourhood, or elsewhere."""

import re
from typing import Final

import msgspec
from rapidfuzz.distance import JaroWinkler

from identity.comparison.numbers import is_one_slip
from identity.parsing.addresses import Address
from identity.parsing.chinese import is_han
from identity.parsing.divisions import within

#: Nearest first; ``-`` where a side tells nothing that can be compared.
NEARNESS: Final = ("home", "building", "street", "area", "elsewhere", "-")

_ROAD_CLOSE: Final = 0.9
_WHOLE_ROAD: Final = 3
_DIRECTIONS: Final = frozenset({"north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest"})
_NUMBER: Final = re.compile(r"\b\d+")
# What British and Canadian postcodes of one town or quarter begin with.
_DISTRICT: Final = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)\d[A-Z]{2}|([A-Z]\d[A-Z])\d[A-Z]\d", re.IGNORECASE)


def address_level(left: tuple[Address, ...], right: tuple[Address, ...]) -> str:
    """How near two records' addresses come to each other."""
    if not left or not right:
        return "-"
    if len(left) == len(right) == 1:
        return _nearness(left[0], right[0])
    return min((_nearness(a, b) for a in left for b in right), key=NEARNESS.index)


def _nearness(left: Address, right: Address) -> str:
    left, right = _with_estate(left, right), _with_estate(right, left)
    around, house = _same_area(left, right), _same_house(left, right)
    if around is False and not (house and not left.area):  # a suburb is often told wrongly, a district rarely
        return "elsewhere"
    if house is None:
        return _by_road(left, right, is_near=around is True)
    if house is False:
        return "area" if around else "elsewhere"
    if _contradict(left.building, right.building) or _contradict(left.unit, right.unit):
        return "street"
    if left.room and right.room:
        return "home" if left.room == right.room else "building"
    is_block = left.room or right.room or left.building or right.building or left.community or right.community
    return "building" if is_block else "home"


def _with_estate(address: Address, other: Address) -> Address:
    """An address whose road without a number is the other's estate: 龙湖时代天街4栋, 珞喻路190号龙湖时代天街4栋."""
    if not address.road or address.number or address.community or address.road != other.community:
        return address
    return msgspec.structs.replace(address, road="", community=address.road)


def _by_road(left: Address, right: Address, *, is_near: bool) -> str:
    if not is_near:
        return "-"
    return "street" if _same_road(left, right) else "area"


def _same_area(left: Address, right: Address) -> bool | None:
    if left.area and right.area:
        return within(left.area, right.area)
    told = [
        one == other or is_one_slip(one, other)
        for one, other in ((left.postcode, right.postcode), (left.place, right.place))
        if one and other
    ]
    if not any(told) and _is_district(left.postcode, right.postcode):
        return None
    return any(told) if told else None


def _is_district(left: str, right: str) -> bool:
    """Whether two postcodes tell one district by what they begin with: PL4 1AG and PL4 9LX."""
    one, other = _DISTRICT.fullmatch(left), _DISTRICT.fullmatch(right)
    return one is not None and other is not None and one.groups() == other.groups()


def _same_house(left: Address, right: Address) -> bool | None:
    """Whether road and number, or the estate, or else building and room are the same; None if that cannot be told.

    A city has several estates of one builder (万科城): on two roads they are one only where building and room agree as well.
    """
    road = _same_road(left, right)
    if road and left.number and right.number:
        return _is_same_number(left, right)
    if left.community and right.community and left.community != right.community:
        return False
    if left.community and right.community and road is not False:
        return True
    are_told = left.building and left.room and right.building and right.room
    is_one_room = are_told and (left.building, left.room) == (right.building, right.room)
    if road is False:
        return bool(is_one_room and left.community and right.community)
    return True if is_one_room else None


def _is_same_number(left: Address, right: Address) -> bool:
    """Latin 88-25 and 88-40 are two houses, and 88 may be either; Chinese numbers tell the whole."""
    if left.number == right.number or is_han(left.road) or is_han(right.road):
        return left.number == right.number
    short, long = sorted((left.number, right.number), key=len)
    return long.startswith(f"{short}-")


def _same_road(left: Address, right: Address) -> bool | None:
    if not left.road or not right.road:
        return None
    if left.road == right.road:
        return True
    short, long = sorted((left.road, right.road), key=len)
    is_end = len(short) >= _WHOLE_ROAD and long.endswith(short)
    is_near = is_end or (
        not is_han(short)
        and (
            _is_shortened(short, long)
            or _are_close(short, long)
            or _are_close(_in_any_order(short), _in_any_order(long))
        )
    )
    return is_near and not _told_apart(short, long)


def _is_shortened(road: str, other: str) -> bool:
    """Whether only the first word differs, being short for the other: R das Flores, Rua das Flores."""
    (first, _, rest), (second, _, others) = road.partition(" "), other.partition(" ")
    return bool(rest) and rest == others and second.startswith(first)


def _told_apart(road: str, other: str) -> bool:
    """Whether each of two Latin roads has a number or a direction that the other has not: 5th and 9th Street, N and S Main."""
    pairs = ((_numbers(road), _numbers(other)), (_directions(road), _directions(other)))
    return any(not (one <= two or two <= one) for one, two in pairs)


def _numbers(road: str) -> frozenset[str]:
    return frozenset(_NUMBER.findall(road))


def _directions(road: str) -> frozenset[str]:
    return _DIRECTIONS.intersection(road.split())


def _are_close(road: str, other: str) -> bool:
    return JaroWinkler.similarity(road, other) >= _ROAD_CLOSE


def _in_any_order(road: str) -> str:
    """Its words sorted: the name of a house stands before its street or after it."""
    return " ".join(sorted(road.split()))


def _contradict(left: str, right: str) -> bool:
    return bool(left and right and left != right)
