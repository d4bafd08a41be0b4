"""Europe: names in Latin letters and British addresses, and the ways in which shop forms and cashiers write them."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from bench.identity import latin_names
from bench.identity.chance import Chance
from bench.identity.people import Address, Name
from bench.identity.spelling import slip

_FAMILIES = latin_names.FAMILY_NAMES.split()
_STREETS, _HOUSES = latin_names.STREETS.split("|"), latin_names.HOUSES.split("|")
_MAILBOXES = ("gmail.com", "hotmail.com", "outlook.com", "yahoo.co.uk", "icloud.com", "btinternet.com", "live.co.uk")
_NICKNAMES = ("sunshine", "bigdave", "Shopaholic", "Nan", "The Boss", "kitty92", "MrT", "xoxo", "Home", "Gaffer")


class Latin:
    """Makes and writes Latin values; implements `people.Language` and `rows.Writer`."""

    region = "GB"
    placeholder_names: Sequence[str] = (
        "Customer",
        "Guest",
        "Unknown",
        "Test",
        "N/A",
        "Cash Sale",
        "Walk In",
        "Anonymous",
    )
    placeholder_phones: Sequence[str] = ("00000000000", "07000000000", "07777777777", "01234567890", "07123456789")
    placeholder_emails: Sequence[str] = (
        "none@none.com",
        "no@email.com",
        "test@test.com",
        "a@a.com",
        "noemail@gmail.com",
    )

    def name(self, chance: Chance, gender: str, born: date, *, family: str = "", sibling: str = "") -> Name:
        """Given names in fashion, now and then two; a twin's begins like its sibling's as often as not."""
        era = "old" if born.year < 1965 else "middle" if born.year < 1990 else "new"
        pool = [given for given in latin_names.GIVEN_NAMES[gender, era].split() if given != sibling]
        alike = [given for given in pool if sibling and given[0] == sibling[0]]
        given = chance.frequent(alike if alike and chance.hit(0.5) else pool, 0.5)
        if chance.hit(0.12):
            given = f"{given} {chance.pick([other for other in pool if other != given])}"
        return Name(family or chance.frequent(_FAMILIES, 0.6), given)

    def address(self, chance: Chance) -> Address:
        """A house in a street, or a flat in a house with a name."""
        region, city, districts = chance.frequent(latin_names.TOWNS, 0.5)
        is_flat = chance.hit(0.3)
        return Address(
            region=region,
            city=city,
            district=chance.pick(districts.split()),
            road=chance.frequent(_STREETS, 0.6),
            number=chance.between(1, 240),
            estate=chance.pick(_HOUSES) if is_flat else "",
            building=0,
            room=chance.between(1, 40) if is_flat else 0,
        )

    def phone(self, chance: Chance) -> str:
        """Eleven digits of a British mobile."""
        prefixes = ("740", "742", "747", "750", "753", "757", "771", "773", "778", "780", "785", "790", "795", "798")
        return f"0{chance.pick(prefixes)}{chance.between(0, 9_999_999):07d}"

    def email(self, chance: Chance, name: Name, born: date, phone: str) -> str:
        """The name in one of the usual orders, mostly with something behind it."""
        given, family = _plain_letters(name.given.split()[0]), _plain_letters(name.family)
        local = chance.pick(
            (f"{given}.{family}", f"{given}{family}", f"{given[0]}{family}", f"{family}.{given}", f"{given}_{family}")
        )
        tail = chance.pick(("", str(born.year), f"{born:%y}", str(chance.between(1, 999)), phone[-3:]))
        return f"{local}{tail}@{chance.frequent(_MAILBOXES)}"

    def write_name(self, chance: Chance, name: Name, gender: str, case: str) -> str:
        """The name in one of the ways named in `noise`: "" is the right one."""
        return _NAME_CASES[case](chance, name, gender)

    def write_phone(self, chance: Chance, digits: str) -> str:
        """The number in one of the formats that forms let pass."""
        return chance.weighted(_PHONE_FORMATS, (50, 20, 8, 8, 5, 4, 3, 2))(digits)

    def write_birthday(self, chance: Chance, born: date) -> str:
        """ISO dates mostly; tills write the day first."""
        return f"{born:{chance.weighted(('%Y-%m-%d', '%d/%m/%Y', '%d.%m.%Y'), (90, 7, 3))}}"

    def write_gender(self, chance: Chance, gender: str) -> str:
        """As each source's programmer liked it."""
        return chance.pick({"M": ("m", "M", "male"), "F": ("f", "F", "female")}[gender])

    def write_city(self, chance: Chance, address: Address) -> str:
        """In small or large letters."""
        return address.city.upper() if chance.hit(0.1) else address.city

    def write_address(self, chance: Chance, address: Address, *, partial: bool) -> str:
        """With or without district and county; partly: without the flat, or only the street."""
        road = _shortened(chance, address.road)
        if partial:
            return f"{road}, {address.city}" if chance.hit(0.5) else f"{address.number} {road}"
        flat = f"{chance.pick(('Flat', 'Apt', 'Unit'))} {address.room}, {address.estate}, " if address.room else ""
        district = f", {address.district}" if chance.hit(0.7) else ""
        region = f", {address.region}" if chance.hit(0.3) else ""
        text = f"{flat}{address.number} {road}{district}, {address.city}{region}"
        return text.upper() if chance.hit(0.06) else text


def _plain_letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalpha() and letter.isascii())


def _shortened(chance: Chance, road: str) -> str:
    if not chance.hit(0.3):
        return road
    return road.replace("Road", "Rd").replace("Street", "St").replace("Avenue", "Ave").replace("Lane", "Ln")


def _plain(chance: Chance, name: Name, _: str) -> str:
    """A second given name is left out more often than not."""
    given = name.given if chance.hit(0.4) else name.given.split()[0]
    return f"{given} {name.family}"


def _title(chance: Chance, name: Name, gender: str) -> str:
    return f"{chance.pick({'M': ('Mr', 'Mr.', 'Herr'), 'F': ('Mrs', 'Ms', 'Miss', 'Frau')}[gender])} {name.family}"


def _nickname(chance: Chance, _: Name, __: str) -> str:
    return chance.pick(_NICKNAMES)


def _accentless(_: Chance, name: Name, __: str) -> str:
    decomposed = unicodedata.normalize("NFD", f"{name.given.split()[0]} {name.family}")
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _short(chance: Chance, name: Name, _: str) -> str:
    """A short form where the name has one, else the initial."""
    first = name.given.split()[0]
    forms = latin_names.SHORT_FORMS.get(first, "").split()
    return f"{chance.pick(forms) if forms and chance.hit(0.7) else first[0]} {name.family}"


def _typo(chance: Chance, name: Name, _: str) -> str:
    given = name.given.split()[0]
    return f"{slip(chance, given)} {name.family}" if chance.hit(0.4) else f"{given} {slip(chance, name.family)}"


def _decorated(chance: Chance, name: Name, gender: str) -> str:
    given = name.given.split()[0]
    title = {"M": "Mr", "F": "Mrs"}[gender]
    return chance.pick((f"{name.family}, {given}", f"{title} {given} {name.family}", f"{given} {name.family}".upper(), f"{name.family} {given}", f" {given}  {name.family}"))  # fmt: skip


_NAME_CASES: Mapping[str, Callable[[Chance, Name, str], str]] = {
    "": _plain,
    "title": _title,
    "nickname": _nickname,
    "other_letters": _accentless,
    "other_form": _short,
    "typo": _typo,
    "decorated": _decorated,
}

_PHONE_FORMATS: Sequence[Callable[[str], str]] = (
    lambda digits: digits,
    lambda digits: f"{digits[:5]} {digits[5:]}",
    lambda digits: f"+44 {digits[1:5]} {digits[5:]}",
    lambda digits: f"+44{digits[1:]}",
    lambda digits: f"0044{digits[1:]}",
    lambda digits: f"+44 (0){digits[1:5]} {digits[5:8]} {digits[8:]}",
    lambda digits: f"{digits[:5]}-{digits[5:8]}-{digits[8:]}",
    lambda digits: digits.replace("0", "O"),
)
