"""China: names and addresses, and the ways in which shop forms and cashiers write them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from bench.identity import chinese_names, chinese_places
from bench.identity.chance import Chance
from bench.identity.people import Address, Name
from bench.identity.spelling import full_width, letter_o, slip

_SURNAMES = [entry.split() for line in chinese_names.SURNAMES.strip().splitlines() for entry in line.split(" | ")]
_CHARACTERS = [entry.split() for line in chinese_names.CHARACTERS.strip().splitlines() for entry in line.split(" | ")]
_SURNAME_TEXTS = [entry[0] for entry in _SURNAMES]
_SURNAME_WEIGHTS = [float(entry[3]) for entry in _SURNAMES]
_TRADITIONAL = {entry[0]: entry[1] for entry in (*_CHARACTERS, *_SURNAMES)}
_SURNAME_SOUND = {entry[0]: entry[2] for entry in _SURNAMES}
_SOUND = {entry[0]: entry[2] for entry in _CHARACTERS}
_ROADS, _ESTATES = chinese_places.ROADS.split(), chinese_places.ESTATES.split()

_PREFIXES = "130 131 132 133 135 136 137 138 139 150 151 152 155 156 157 158 159 166 173 176 177 178 180 181 185 186 187 188 189 198 199".split()  # noqa: SIM905 - a table reads better so
_MAILBOXES = (
    "qq.com",
    "163.com",
    "126.com",
    "gmail.com",
    "sina.com",
    "outlook.com",
    "foxmail.com",
    "139.com",
    "hotmail.com",
)
_NICKNAMES = ("开心果", "小美妈妈", "阳光", "Amy", "糖糖", "夏天的风", "Lucky", "豆豆妈", "老王", "CC", "小鱼儿", "Jason", "星辰", "momo", "暖暖", "果果", "Vivian", "大海", "橙子", "风中的云")  # fmt: skip
_DIGITS = "零一二三四五六七八九十"

PLACEHOLDER_NAMES = ("顾客", "会员", "匿名", "先生", "女士", "测试", "无", "散客", "未知", "客户")
PLACEHOLDER_PHONES = (
    "13800138000",
    "13800000000",
    "13888888888",
    "11111111111",
    "00000000000",
    "12345678901",
    "13912345678",
)
PLACEHOLDER_EMAILS = (
    "no@no.com",
    "noemail@qq.com",
    "123@qq.com",
    "test@test.com",
    "a@a.com",
    "none@none.com",
    "123456@qq.com",
)


def generation(born: date) -> str:
    """Which given names are in fashion."""
    return "old" if born.year < 1972 else "middle" if born.year < 1995 else "new"


class Chinese:
    """Makes and writes Chinese values; implements `people.Language` and `rows.Writer`."""

    region = "CN"
    placeholder_names: Sequence[str] = PLACEHOLDER_NAMES
    placeholder_phones: Sequence[str] = PLACEHOLDER_PHONES
    placeholder_emails: Sequence[str] = PLACEHOLDER_EMAILS

    def name(self, chance: Chance, gender: str, born: date, *, family: str = "", sibling: str = "") -> Name:
        """Surname by its frequency; a given name in fashion, with a sibling's first character where one is given."""
        family = family or chance.weighted(_SURNAME_TEXTS, _SURNAME_WEIGHTS)
        era = (gender, generation(born))
        first, second = chinese_names.COMPOSED[era]
        if len(sibling) == 2:
            others = [character for character in second if character != sibling[1]]
            return Name(family, sibling[0] + chance.frequent(others, 0.4))
        if chance.hit(0.35):
            return Name(family, chance.frequent(chinese_names.POPULAR[era].split()))
        return Name(family, chance.frequent(first, 0.5) + chance.frequent(second, 0.5))

    def address(self, chance: Chance) -> Address:
        """A flat in an estate of a big city."""
        region, city, districts = chance.frequent(chinese_places.CITIES, 0.5)
        return Address(
            region=region,
            city=city,
            district=chance.pick(districts.split()),
            road=chance.frequent(_ROADS, 0.6),
            number=chance.between(1, 999),
            estate=chance.frequent(_ESTATES, 0.5) if chance.hit(0.85) else "",
            building=chance.between(1, 40),
            room=100 * chance.between(1, 32) + chance.between(1, 4),
        )

    def phone(self, chance: Chance) -> str:
        """Eleven digits."""
        return chance.pick(_PREFIXES) + f"{chance.between(0, 99_999_999):08d}"

    def email(self, chance: Chance, name: Name, born: date, phone: str) -> str:
        """A QQ number, a phone number, or the name in pinyin with something behind it."""
        kind = chance.between(0, 9)
        if kind < 4:
            return f"{chance.between(10_000_000, 3_999_999_999)}@qq.com"
        if kind == 4:
            return f"{phone}@{chance.pick(('139.com', '163.com'))}"
        tail = chance.pick(
            (str(born.year), f"{born:%m%d}", f"{born:%y%m%d}", str(chance.between(1, 9_999)), f"_{born:%y}")
        )
        family, given = sounds(name)
        local = chance.pick((family + given, given + family, family[0] + given, given + family[0]))
        return f"{local}{tail}@{chance.frequent(_MAILBOXES)}"

    def write_name(self, chance: Chance, name: Name, gender: str, case: str) -> str:
        """The name in one of the ways named in `noise`: "" is the right one."""
        return _NAME_CASES[case](chance, name, gender)

    def write_phone(self, chance: Chance, digits: str) -> str:
        """The number in one of the formats that forms let pass."""
        return chance.weighted(_PHONE_FORMATS, (70, 6, 4, 5, 2, 2, 2, 2, 2))(digits)

    def write_birthday(self, chance: Chance, born: date) -> str:
        """ISO dates nearly always; some tills write them together or with slashes."""
        return f"{born:{chance.weighted(('%Y-%m-%d', '%Y%m%d', '%Y/%m/%d'), (90, 5, 5))}}"

    def write_gender(self, chance: Chance, gender: str) -> str:
        """As each source's programmer liked it."""
        return chance.pick({"M": ("男", "M", "male"), "F": ("女", "F", "female")}[gender])

    def write_city(self, chance: Chance, address: Address) -> str:
        """With or without 市."""
        return address.city + chance.pick(("", "市"))

    def write_address(self, chance: Chance, address: Address, *, partial: bool) -> str:
        """With or without province and estate; partly: without the room, or only as far as the road."""
        region = f"{address.region}省" if address.region and chance.hit(0.7) else ""
        city = address.city + ("市" if chance.hit(0.8) else "")
        head = f"{region}{city}" if chance.hit(0.93) else ""
        road = f"{head}{address.district}{address.road}{address.number}号"
        estate = address.estate if chance.hit(0.9) else ""
        if partial:
            return road if chance.hit(0.5) else f"{head}{address.district}{address.estate or address.road}"
        building = f"{_number(chance, address.building)}{chance.pick(('栋', '幢', '号楼', '#'))}"
        room = f"{address.room}{chance.pick(('室', '', '号', '房'))}"
        parting = " " if chance.hit(0.1) else ""
        text = f"{road}{parting}{estate}{building}{parting}{room}"
        return full_width(text) if chance.hit(0.03) else text


def sounds(name: Name) -> tuple[str, str]:
    """Surname and given name in pinyin without tones."""
    return _SURNAME_SOUND[name.family], "".join(_SOUND[character] for character in name.given)


def _number(chance: Chance, number: int) -> str:
    return _DIGITS[number] if number <= 10 and chance.hit(0.1) else str(number)


def _plain(_: Chance, name: Name, __: str) -> str:
    return name.family + name.given


def _title(chance: Chance, name: Name, gender: str) -> str:
    return name.family + chance.pick(
        {"M": ("先生", "先生", "总", "师傅"), "F": ("女士", "小姐", "女士", "太太")}[gender]
    )


def _nickname(chance: Chance, _: Name, __: str) -> str:
    return chance.pick(_NICKNAMES)


def _traditional(_: Chance, name: Name, __: str) -> str:
    return _TRADITIONAL[name.family] + "".join(_TRADITIONAL[character] for character in name.given)


def _romanised(chance: Chance, name: Name, __: str) -> str:
    family, given = sounds(name)
    parted = " ".join(_SOUND[character] for character in name.given)
    forms = (
        f"{family.title()} {given.title()}",
        f"{given.title()} {family.title()}",
        f"{family} {parted}",
        f"{family}{given}",
        f"{family} {given}".upper(),
        f"{given.title()} {family.upper()}",
        f"{family.title()}, {given.title()}",
    )
    text = chance.pick(forms)
    return slip(chance, text) if chance.hit(0.05) else text


def _typo(chance: Chance, name: Name, _: str) -> str:
    """What input methods do most is another character of the same sound; else a character is lost, or two exchanged."""
    kind = chance.between(0, 9)
    place = chance.between(0, len(name.given) - 1)
    if kind < 7:
        alike = [c for c, sound in _SOUND.items() if sound == _SOUND[name.given[place]] and c != name.given[place]]
        other = chance.pick(alike) if alike else chance.pick(list(_SOUND))
        return name.family + name.given[:place] + other + name.given[place + 1 :]
    if len(name.given) == 2:
        return name.family + (name.given[::-1] if kind == 7 else name.given[place])
    return name.family + chance.pick(list(_SOUND))


def _decorated(chance: Chance, name: Name, gender: str) -> str:
    text = name.family + name.given
    title = chance.pick({"M": ("先生",), "F": ("女士", "小姐")}[gender])
    return chance.pick(
        (text + title, f"{name.family} {name.given}", f" {text}", f"{name.family}　{name.given}", f"{text}（{title}）")
    )


_NAME_CASES: Mapping[str, Callable[[Chance, Name, str], str]] = {
    "": _plain,
    "title": _title,
    "nickname": _nickname,
    "other_letters": _traditional,
    "other_form": _romanised,
    "typo": _typo,
    "decorated": _decorated,
}

_PHONE_FORMATS: Sequence[Callable[[str], str]] = (
    lambda digits: digits,
    lambda digits: f"{digits[:3]} {digits[3:7]} {digits[7:]}",
    lambda digits: f"{digits[:3]}-{digits[3:7]}-{digits[7:]}",
    lambda digits: f"+86 {digits}",
    lambda digits: f"0086{digits}",
    lambda digits: f"86{digits}",
    lambda digits: f"+86-{digits[:3]}-{digits[3:7]}-{digits[7:]}",
    full_width,
    letter_o,
)
