"""Make people: a name, a birthday, a phone, an e-mail address and a postal address that go together."""

import unicodedata
from dataclasses import dataclass
from random import Random
from typing import Final

from cli.demo_world import names
from cli.demo_world.chance import happens
from cli.demo_world.names import City

_OPENID_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_MAINLAND_PREFIXES: Final = (
    "134",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "152",
    "157",
    "158",
    "159",
    "180",
    "182",
    "185",
    "186",
    "187",
    "188",
    "189",
    "198",
    "199",
)

#: The phones of the showcase people, which nobody else may get (E.164).
RESERVED_PHONES: Final = frozenset({"+8613800138000", "+8613900139000"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may walk into the shop, the store or both; ``phone`` is E.164, ``birthday`` ISO, ``gender`` F or M."""

    name: str
    gender: str
    birthday: str
    phone: str
    email: str
    city: City
    address: str

    @property
    def is_mainland(self) -> bool:
        """Whether the person's phone needs no country code in a mainland store."""
        return self.phone.startswith("+86")


def person(rng: Random) -> Person:
    """Make somebody: four in five from the mainland, some from Hong Kong, some from abroad."""
    gender = rng.choice("FM")
    (places,) = rng.choices((names.MAINLAND, names.HONG_KONG, names.ABROAD), (80, 10, 10))
    city = rng.choice(places)
    name, spelling = (
        _latin_name(rng, gender, city.country) if city.country in names.LATIN else _chinese_name(rng, gender)
    )
    birthday = f"{rng.randint(1955, 2006)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return Person(name, gender, birthday, phone(rng, city.country), email(rng, spelling), city, _address(rng, city))


def phone(rng: Random, country: str) -> str:
    """Make a mobile number of a country in E.164, of a shape that its numbering plan allows."""
    while (made := _phone(rng, country)) in RESERVED_PHONES:
        pass
    return made


def email(rng: Random, spelling: tuple[str, str]) -> str:
    """Make an address from a person's given name and surname in Latin letters; the domains are reserved for examples."""
    given, family = (_ascii(part) for part in spelling)
    forms = (f"{family}.{given}", f"{given}{family}", f"{given}_{family}", f"{given[0]}{family}")
    return f"{rng.choice(forms)}{rng.randint(1, 9999)}@{rng.choice(names.MAIL_DOMAINS)}"


def openid(rng: Random) -> str:
    """Make an identifier of WeChat's shape: 28 characters that begin with ``o`` (openids and unionids look alike)."""
    return "o" + "".join(rng.choices(_OPENID_LETTERS, k=27))


def spelled(name: str) -> tuple[str, str]:
    """Give (given name, surname) in Latin letters for a name that this module made."""
    if name.isascii() or not _is_chinese(name[0]):
        given, _, family = name.partition(" ")
        return given, family
    readings = dict(names.GIVEN_FEMALE + names.GIVEN_MALE + names.GIVEN_EITHER)
    surname, reading = next(pair for pair in reversed(names.SURNAMES) if name.startswith(pair[0]))
    return "".join(readings[character] for character in name.removeprefix(surname)), reading


def _chinese_name(rng: Random, gender: str) -> tuple[str, tuple[str, str]]:
    weights = [max(1, 40 - place) for place in range(len(names.SURNAMES))]
    (surname,) = rng.choices(names.SURNAMES, weights)
    own = names.GIVEN_FEMALE if gender == "F" else names.GIVEN_MALE
    parts = [rng.choice(own)] if happens(rng, 25) else [rng.choice(names.GIVEN_EITHER), rng.choice(own)]
    made = surname[0] + "".join(character for character, _ in parts)
    return made, ("".join(reading for _, reading in parts), surname[1])


def _latin_name(rng: Random, gender: str, country: str) -> tuple[str, tuple[str, str]]:
    female, male, surnames = names.LATIN[country]
    given, family = rng.choice(female if gender == "F" else male), rng.choice(surnames)
    return f"{given} {family}", (given, family)


def _phone(rng: Random, country: str) -> str:
    match country:
        case "HK":
            return f"+852{rng.choice(('61', '64', '65', '94', '96', '97'))}{rng.randint(0, 999_999):06}"
        case "US":
            return f"+1{rng.choice(('206', '212', '415', '646', '917'))}555{rng.randint(0, 9999):04}"
        case "DE":
            return f"+49{rng.choice(('151', '171', '176'))}{rng.randint(20_000_000, 79_999_999)}"
        case "FR":
            return f"+336{rng.randint(10_000_000, 29_999_999)}"
        case "GB":
            return f"+447{rng.choice(('400', '500', '800'))}{rng.randint(100_000, 899_999)}"
        case _:
            return f"+86{rng.choice(_MAINLAND_PREFIXES)}{rng.randint(0, 99_999_999):08}"


def _address(rng: Random, city: City) -> str:
    road, number = rng.choice(city.roads), rng.randint(1, 399)
    match city.country:
        case "CN":
            return f"{city.name}市{road}{number}号{rng.randint(1, 20)}栋{rng.randint(1, 28)}0{rng.randint(1, 6)}室"
        case "HK":
            return f"{city.name}{road}{number}号{rng.randint(2, 35)}楼{rng.choice('ABCDEF')}室"
        case "US":
            return f"{number} {road}, Apt {rng.randint(1, 40)}, {city.name}, {city.code}"
        case "DE":
            return f"{road} {number}, {city.code} {city.name}"
        case "FR":
            return f"{number} {road}, {city.code} {city.name}"
        case _:
            return f"{number} {road}, {city.name} {city.code}"


def _ascii(text: str) -> str:
    """Reduce a name to the letters that fit an e-mail address."""
    letters = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return "".join(letter for letter in letters.lower() if letter.isalpha())


def _is_chinese(letter: str) -> bool:
    return "\u4e00" <= letter <= "\u9fff"
