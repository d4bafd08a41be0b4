"""An invented Chinese retailer: people in households, met online and in shops, and what is wrong with their records."""

from collections.abc import Iterator, Sequence
from functools import cache
from random import Random
from typing import Final

from opencc import OpenCC

from bench.models.chinese_names import SURNAMES, draw_given, draw_surname
from bench.models.world import (
    DIGITS,
    Person,
    Record,
    born_between,
    digits_slip,
    families,
    fields,
    is_so,
    slip,
    wrong_day,
)
from identity.parsing.chinese import sound, surname_sound
from identity.parsing.national_ids import check_digit

_PLACES: Final = [
    ("广东省", "广州市", ("天河区", "越秀区", "海珠区", "白云区", "番禺区"), "4401"),
    ("广东省", "深圳市", ("南山区", "福田区", "罗湖区", "宝安区", "龙岗区"), "4403"),
    ("上海市", "", ("浦东新区", "徐汇区", "静安区", "杨浦区", "闵行区"), "3101"),
    ("北京市", "", ("朝阳区", "海淀区", "东城区", "丰台区", "通州区"), "1101"),
    ("浙江省", "杭州市", ("西湖区", "滨江区", "余杭区", "拱墅区"), "3301"),
    ("四川省", "成都市", ("锦江区", "武侯区", "青羊区", "成华区"), "5101"),
    ("江苏省", "南京市", ("玄武区", "鼓楼区", "秦淮区", "江宁区"), "3201"),
    ("湖北省", "武汉市", ("武昌区", "江汉区", "洪山区", "江岸区"), "4201"),
]
_ROADS: Final = [a + b + c for a in ["人民", "中山", "解放", "建设", "和平", "胜利", "文化", "新华", "长江", "黄河", "学院", "科技", "滨海", "环城", "迎宾", "朝阳", "振兴", "光明", "青年", "友谊"] for b in ("", "东", "西", "南", "北") for c in ("路", "街")]  # fmt: skip
_ESTATES: Final = [a + b for a in ("阳光", "金色", "翠湖", "锦绣", "万科", "碧桂", "绿地", "保利", "恒大", "书香", "江南", "紫荆") for b in ("花园", "小区", "家园", "新村", "苑")]  # fmt: skip
_DOMAINS: Final = (
    ("qq.com", 55),
    ("163.com", 20),
    ("126.com", 8),
    ("gmail.com", 6),
    ("outlook.com", 5),
    ("sina.com", 4),
    ("139.com", 2),
)
_TOO_YOUNG: Final = 2010  # most children are no customers themselves
_TITLES: Final = {"m": ("先生", "先生", "总", "老师", "经理"), "f": ("女士", "女士", "小姐", "姐", "老师")}


def records(seed: int, people: int) -> Iterator[Record]:
    """The records of a shop and a chain of stores, one to four for each person."""
    chance = Random(seed)
    staff = [_phone(chance) for _ in range(people // 800)]
    staff = chance.choices(staff, [1 / (rank + 1) for rank in range(len(staff))], k=people)
    everyone = [person for family in families(chance, people, _family) for person in family]
    _recycle(chance, everyone)
    for person in everyone:
        if person.born.year > _TOO_YOUNG and is_so(chance, 0.7):
            continue
        for _ in range(chance.choices((1, 2, 3, 4), (38, 36, 18, 8))[0]):
            row = _online(chance, person) if is_so(chance, 0.45) else _store(chance, person, staff)
            yield Record(person.number, person.household, fields(row, app="wx0001"))


# --- People ---


def _family(chance: Random, household: int, number: int, size: int) -> Sequence[Person]:
    surname, home = draw_surname(chance), _home(chance)
    generation = draw_given(chance, "m")[0] if is_so(chance, 0.3) else ""
    family: list[Person] = []
    for place in range(size):
        is_child = place >= 2
        gender = "m" if (place == 0 and is_so(chance, 0.6)) or (place and is_so(chance, 0.5)) else "f"
        if place == 1:
            gender = "f" if family[0].gender == "m" else "m"
        own = surname if place == 0 or is_child else draw_surname(chance)
        born = born_between(chance, 30, 4) if is_child else born_between(chance, 68, 24)
        if is_child and len(family) > 2 and is_so(chance, 0.03):
            born = family[-1].born  # twins
        given = draw_given(chance, gender, generation if is_child and is_so(chance, 0.7) else "")
        family.append(Person(number + place, household, gender, own, given, born))
    for person in family:
        _equip(chance, person, family, home)
    return family


def _equip(chance: Random, person: Person, family: Sequence[Person], home: dict[str, str]) -> None:
    is_child, elder = person.born.year > 2008, family[0]
    shares = person is not elder and is_so(chance, 0.75 if is_child else 0.1)
    person.phones = [elder.phones[-1]] if shares and elder.phones else [_phone(chance)]
    if is_so(chance, 0.3):
        person.phones.append(_phone(chance))
    person.homes = [home]
    if is_so(chance, 0.2):
        person.homes.insert(0, _home(chance))
    person.emails = [_mailbox(chance, person) for _ in range(chance.choices((1, 2), (85, 15))[0])]
    if person is not elder and is_so(chance, 0.03):
        person.emails = [elder.emails[-1]]
    person.ids = {
        "wechat_unionid": "o" + "".join(chance.choices("abcdefghijkmnpqrstuvwxyzABCDEFGH0123456789", k=27)),
        "wechat_openid": "p" + "".join(chance.choices("abcdefghijkmnpqrstuvwxyzABCDEFGH0123456789", k=27)),
        "loyalty_card": "8" + "".join(chance.choices(DIGITS, k=9)),
        "national_id": _national_id(chance, person),
    }
    if person is not elder and is_so(chance, 0.06):
        person.ids["loyalty_card"] = elder.ids["loyalty_card"]
    if person is not elder and is_child and is_so(chance, 0.1):
        person.ids["wechat_unionid"], person.ids["wechat_openid"] = (
            elder.ids["wechat_unionid"],
            elder.ids["wechat_openid"],
        )


def _recycle(chance: Random, everyone: list[Person]) -> None:
    """Numbers and homes that one person gave up are given to another."""
    for _ in range(len(everyone) // 60):
        old, new = chance.choice(everyone), chance.choice(everyone)
        new.phones.insert(0, old.phones[0]) if is_so(chance, 0.5) else new.homes.append(old.homes[0])


def _phone(chance: Random) -> str:
    return chance.choice(("130", "131", "135", "136", "137", "138", "139", "150", "158", "159", "182", "186", "188", "189", "177")) + "".join(
        chance.choices(DIGITS, k=8)
    )  # fmt: skip


def _national_id(chance: Random, person: Person) -> str:
    order = chance.randrange(0, 499) * 2 + (person.gender == "m")
    first = f"{chance.choice(_PLACES)[3]}0{chance.randint(1, 9)}{person.born:%Y%m%d}{order:03}"
    return first + check_digit(first)


def _mailbox(chance: Random, person: Person) -> str:
    domain = chance.choices([d for d, _ in _DOMAINS], [w for _, w in _DOMAINS])[0]
    spoken = surname_sound(person.surname) + sound(person.given)
    if domain == "qq.com" and is_so(chance, 0.8):
        return f"{chance.randint(10_000_000, 3_999_999_999)}@qq.com"
    if domain in {"163.com", "139.com"} and is_so(chance, 0.35):
        return f"{person.phones[-1]}@{domain}"
    local = chance.choice((spoken, spoken + f"{person.born:%y}", spoken + str(chance.randint(1, 9999)), "".join(chance.choices("abcdefghilmnostuwxyz", k=8))))  # fmt: skip
    return f"{local}@{domain}"


def _home(chance: Random) -> dict[str, str]:
    province, city, districts, _ = chance.choice(_PLACES)
    return {
        "province": province,
        "city": city,
        "district": chance.choice(districts),
        "road": f"{chance.choice(_ROADS)}{chance.randint(1, 400)}号",
        "estate": chance.choice(_ESTATES) if is_so(chance, 0.8) else "",
        "building": str(chance.randint(1, 30)),
        "room": f"{chance.randint(1, 28)}0{chance.randint(1, 6)}",
    }


# --- Records ---


def _online(chance: Random, person: Person) -> dict[str, str]:
    told = {
        "name": _name(chance, person) if is_so(chance, 0.92) else chance.choice(("", "微信用户")),
        "phone": _written_phone(chance, person) if is_so(chance, 0.9) else "",
        "email": _written_email(chance, person) if is_so(chance, 0.5) else "",
        "birthday": _written_day(chance, person) if is_so(chance, 0.5) else "",
        "gender": _written_gender(chance, person) if is_so(chance, 0.6) else "",
        "address": _address(chance, person) if is_so(chance, 0.65) else "",
    }
    if is_so(chance, 0.45):
        told |= {"wechat_unionid": person.ids["wechat_unionid"], "wechat_openid": person.ids["wechat_openid"]}
    return told


def _store(chance: Random, person: Person, staff: list[str]) -> dict[str, str]:
    kind = chance.random()
    name = _name(chance, person) if kind < 0.75 else _courtesy(chance, person) if kind < 0.93 else ""
    phone = _written_phone(chance, person) if is_so(chance, 0.88) else ""
    if is_so(chance, 0.015):
        phone = chance.choice(staff)
    elif phone and is_so(chance, 0.08):
        phone = f"{phone[:3]}****{phone[-4:]}" if phone.isdigit() else phone
    card = person.ids["loyalty_card"] if is_so(chance, 0.35) else ""
    return {
        "name": name,
        "phone": phone,
        "birthday": _written_day(chance, person) if is_so(chance, 0.55) else "",
        "gender": _written_gender(chance, person) if is_so(chance, 0.5) else "",
        "address": _address(chance, person) if is_so(chance, 0.3) else "",
        "email": _written_email(chance, person) if is_so(chance, 0.15) else "",
        "loyalty_card": ("8" + "".join(chance.choices(DIGITS, k=9)) if is_so(chance, 0.04) else card) if card else "",
        "national_id": _written_id(chance, person) if is_so(chance, 0.1) else "",
    }


def _courtesy(chance: Random, person: Person) -> str:
    if is_so(chance, 0.15) and len(person.surname) == 1:
        return chance.choice("小老") + person.surname
    return person.surname + chance.choice(_TITLES[person.gender])


@cache
def _traditional() -> OpenCC:
    return OpenCC("s2t")


@cache
def _by_sound() -> dict[str, str]:
    """Surnames and characters of given names by their sound, to be mistaken for each other."""
    found: dict[str, str] = {}
    for character in (
        *SURNAMES,
        *"伟玮炜威薇维军君俊均杰洁涛韬明铭鸣敏民超朝刚钢辉晖慧惠鹏朋华花飞菲丽莉利立静晶京婷亭婧雪学倩茜莹颖英瑛盈琳林霖佳嘉家欣新心馨",
    ):
        if len(character) == 1:
            found[surname_sound(character)] = found.get(surname_sound(character), "") + character
    return found


def _misheard(chance: Random, character: str) -> str:
    return chance.choice(_by_sound().get(surname_sound(character), character))


def _name(chance: Random, person: Person) -> str:
    surname, given = person.surname, person.given
    kind = chance.random()
    if kind < 0.04:
        return str(_traditional().convert(surname + given))
    if kind < 0.075:
        return _pinyin(chance, surname_sound(surname), given)
    if kind < 0.1:
        at = chance.randrange(len(given))
        given = given[:at] + _misheard(chance, given[at]) + given[at + 1 :]
    elif kind < 0.106:
        surname = _misheard(chance, surname)
    elif kind < 0.112:
        given = draw_given(chance, person.gender)[0] + given[1:]
    elif kind < 0.118:
        given = given[::-1] if kind < 0.115 else chance.choice(given)
    elif kind < 0.12:
        return draw_surname(chance) + draw_given(chance, chance.choice("mf"))  # somebody bought for somebody else
    elif kind < 0.135:
        return f"{surname}*{given[-1]}" if len(given) > 1 else f"{surname}*"
    elif kind < 0.145:
        return f"{surname} {given}"
    return surname + given


def _pinyin(chance: Random, surname: str, given: str) -> str:
    first = sound(given).capitalize()
    spaced = " ".join(sound(c).capitalize() for c in given)
    return chance.choice((f"{surname.capitalize()} {first}", f"{first} {surname.capitalize()}", f"{surname}{first.lower()}", f"{surname.upper()} {first}", f"{surname.capitalize()} {spaced}"))  # fmt: skip


def _written_phone(chance: Random, person: Person) -> str:
    phone = person.phones[-1] if is_so(chance, 0.75) else chance.choice(person.phones)
    if is_so(chance, 0.012):
        phone = digits_slip(chance, phone)
    form = chance.random()
    if form < 0.1:
        return f"+86{phone}"
    if form < 0.15:
        return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    return f"0086-{phone}" if form < 0.17 else phone.replace("0", "O", 1) if form < 0.175 else phone


def _written_email(chance: Random, person: Person) -> str:
    email = chance.choice(person.emails)
    kind = chance.random()
    if kind < 0.015:
        local, _, domain = email.partition("@")
        return f"{slip(chance, local, 'abcdeimnoz0123456789')}@{domain}"
    if kind < 0.03:
        return email.replace(".com", ".con")
    if kind < 0.035:
        return f"{chance.choice(('info', 'sales', 'office'))}@company{chance.randrange(200)}.cn"
    return email.upper() if kind < 0.05 else email


def _written_day(chance: Random, person: Person) -> str:
    born = wrong_day(chance, person.born) if is_so(chance, 0.025) else person.born
    if is_so(chance, 0.01):
        return "1900-01-01"
    form = chance.random()
    if form < 0.1:
        return f"{born:%Y%m%d}"
    return (
        f"{born.year}年{born.month}月{born.day}日"
        if form < 0.15
        else f"{born.year}/{born.month}/{born.day}"
        if form < 0.25
        else born.isoformat()
    )


def _written_gender(chance: Random, person: Person) -> str:
    gender = person.gender if is_so(chance, 0.985) else chance.choice("mf")
    return {"m": "男", "f": "女"}[gender]


def _written_id(chance: Random, person: Person) -> str:
    number = person.ids["national_id"]
    return digits_slip(chance, number) if is_so(chance, 0.02) else number


def _address(chance: Random, person: Person) -> str:
    home = person.homes[-1] if is_so(chance, 0.9) else chance.choice(person.homes)
    parts = [
        home["province"] if is_so(chance, 0.7) else "",
        home["city"] if is_so(chance, 0.9) else "",
        home["district"] if is_so(chance, 0.9) else "",
    ]
    parts.append(home["road"] if is_so(chance, 0.9) or not home["estate"] else "")
    parts.append(home["estate"] if is_so(chance, 0.75) else "")
    if is_so(chance, 0.85):
        form = chance.random()
        building, room = home["building"], home["room"]
        parts.append(
            f"{building}栋{room}室" if form < 0.6 else f"{building}-{room}" if form < 0.8 else f"{building}号楼{room}"
        )
    written = "".join(parts)
    return str(_traditional().convert(written)) if is_so(chance, 0.02) else written
