"""An invented retailer among English names: people in households, met online and in shops, and what is wrong with the records."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from bench.models.latin_names import draw_given, draw_surname
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
from identity.parsing.text import lines

_LETTERS: Final = "abcdefghilmnoprstuvwy"
_STREETS: Final = ["Oak", "Maple", "Main", "Park", "Cedar", "Pine", "Washington", "Lake", "Hill", "Walnut", "Spring", "North", "Ridge", "Church", "Willow", "Mill", "Sunset", "River", "Franklin", "Highland", "Jackson", "Elm", "Meadow", "Forest", "Chestnut", "Victoria", "Station", "London", "Queen", "King", "Albert", "Grove", "Manor", "Green", "York", "Windsor", "Mitchell", "Harris", "Burke", "Collins"]  # fmt: skip
_KINDS: Final = ("Street", "Road", "Avenue", "Lane", "Drive", "Court", "Place", "Close")
_SHORT: Final = {"Street": "St", "Road": "Rd", "Avenue": "Ave", "Lane": "Ln", "Drive": "Dr", "Court": "Ct", "Place": "Pl", "Close": "Cl"}  # fmt: skip
_TOWNS: Final = ["Springfield", "Clinton", "Franklin", "Greenville", "Bristol", "Fairview", "Salem", "Madison", "Georgetown", "Arlington", "Ashland", "Dover", "Oxford", "Jackson", "Burlington", "Manchester", "Milton", "Newport", "Auburn", "Dayton", "Lexington", "Milford", "Winchester", "Cleveland", "Hudson", "Kingston", "Riverside", "Richmond", "Ballarat", "Geelong"]  # fmt: skip
_DOMAINS: Final = (
    "gmail.com",
    "gmail.com",
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "aol.com",
)
_NICKNAMES: Final = {line.split()[0]: line.split()[1:] for line in lines("nicknames.txt")}
_TOO_YOUNG: Final = 2010  # most children are no customers themselves


def records(seed: int, people: int) -> Iterator[Record]:
    """The records of a shop and a chain of stores, one to four for each person."""
    chance = Random(seed)
    staff = chance.choices([_phone(chance) for _ in range(max(people // 800, 1))], k=people)
    everyone = [person for family in families(chance, people, _family) for person in family]
    for _ in range(people // 60):
        old, new = chance.choice(everyone), chance.choice(everyone)
        new.phones.insert(0, old.phones[0]) if is_so(chance, 0.5) else new.homes.append(old.homes[0])
    for person in everyone:
        if person.born.year > _TOO_YOUNG and is_so(chance, 0.7):
            continue
        for _ in range(chance.choices((1, 2, 3, 4), (38, 36, 18, 8))[0]):
            yield Record(person.number, person.household, fields(_row(chance, person, staff)))


# --- People ---


def _family(chance: Random, household: int, number: int, size: int) -> Sequence[Person]:
    surname, home = draw_surname(chance), _home(chance)
    family: list[Person] = []
    for place in range(size):
        is_child = place >= 2
        gender = chance.choice("mf") if place != 1 else "f" if family[0].gender == "m" else "m"
        own = surname if place == 0 or is_child or is_so(chance, 0.7) else draw_surname(chance)
        born = born_between(chance, 30, 4) if is_child else born_between(chance, 80, 24)
        if is_child and len(family) > 2 and is_so(chance, 0.03):
            born = family[-1].born  # twins
        given = draw_given(chance, gender)
        if is_child and gender == family[0].gender == "m" and is_so(chance, 0.03):
            given = family[0].given  # junior
        person = Person(number + place, household, gender, own, given, born)
        person.maiden_name = draw_surname(chance) if gender == "f" and not is_child and is_so(chance, 0.5) else ""
        family.append(person)
    for person in family:
        _equip(chance, person, family, home)
    return family


def _equip(chance: Random, person: Person, family: Sequence[Person], home: dict[str, str]) -> None:
    is_child, elder = person.born.year > _TOO_YOUNG - 2, family[0]
    shares = person is not elder and is_so(chance, 0.75 if is_child else 0.12)
    person.phones = [elder.phones[-1]] if shares and elder.phones else [_phone(chance)]
    if is_so(chance, 0.3):
        person.phones.append(_phone(chance))
    person.homes = [_home(chance), home] if is_so(chance, 0.2) else [home]
    person.emails = [_mailbox(chance, person) for _ in range(chance.choices((1, 2), (80, 20))[0])]
    if person is not elder and is_so(chance, 0.06):
        person.emails = [elder.emails[-1]]
    person.ids = {
        "loyalty_card": "8" + "".join(chance.choices(DIGITS, k=9)),
        "national_id": "".join(chance.choices(DIGITS, k=9)),
    }
    if person is not elder and is_so(chance, 0.06):
        person.ids["loyalty_card"] = elder.ids["loyalty_card"]


def _phone(chance: Random) -> str:
    area = chance.choice(("212", "312", "415", "617", "713", "206", "305", "602", "503", "404"))
    return f"{area}{chance.randint(2, 9)}{''.join(chance.choices(DIGITS, k=6))}"


def _mailbox(chance: Random, person: Person) -> str:
    given, surname = person.given, person.surname
    local = chance.choice(
        (
            f"{given}.{surname}",
            f"{given}{surname}{chance.randint(1, 999)}",
            f"{given[0]}{surname}{person.born:%y}",
            "".join(chance.choices(_LETTERS, k=9)),
        )
    )
    return f"{local}@{chance.choice(_DOMAINS)}"


def _home(chance: Random) -> dict[str, str]:
    town = chance.randrange(len(_TOWNS) * 4)
    return {
        "number": str(chance.randint(1, 400)),
        "street": chance.choice(_STREETS),
        "kind": chance.choice(_KINDS),
        "flat": str(chance.randint(1, 60)) if is_so(chance, 0.2) else "",
        "town": _TOWNS[town % len(_TOWNS)],
        "postcode": str(20_000 + town * 7 + chance.randrange(7)),
    }


# --- Records ---


def _row(chance: Random, person: Person, staff: list[str]) -> dict[str, str]:
    is_online = is_so(chance, 0.5)
    surname, given = _name(chance, person)
    told = _written_name(chance, person, surname, given)
    told |= {
        "birthday": _written_day(chance, person) if is_so(chance, 0.6) else "",
        "gender": (person.gender if is_so(chance, 0.985) else chance.choice("mf")) if is_so(chance, 0.5) else "",
        "phone": _written_phone(chance, person, staff) if is_so(chance, 0.75) else "",
        "email": _written_email(chance, person) if is_so(chance, 0.65 if is_online else 0.3) else "",
        "loyalty_card": _card(chance, person) if not is_online and is_so(chance, 0.3) else "",
        "national_id": _written_id(chance, person) if is_so(chance, 0.1) else "",
    }
    return told | (_address(chance, person) if is_so(chance, 0.65 if is_online else 0.4) else {})


def _name(chance: Random, person: Person) -> tuple[str, str]:
    surname, given = person.surname, person.given
    if person.maiden_name and is_so(chance, 0.25):
        surname = person.maiden_name if is_so(chance, 0.7) else f"{person.maiden_name}-{surname}"
    kind = chance.random()
    if kind < 0.06:
        given = chance.choice(_NICKNAMES.get(given, [given]))
    elif kind < 0.085:
        given = given[0]
    elif kind < 0.115:
        given = slip(chance, given, _LETTERS)
    elif kind < 0.145:
        surname = slip(chance, surname, _LETTERS)
    elif kind < 0.147:
        surname, given = draw_surname(chance), draw_given(chance, chance.choice("mf"))  # bought for somebody else
    elif kind < 0.152:
        given = draw_given(chance, person.gender)  # goes by the middle name
    elif kind < 0.2:
        given = f"{given} {chance.choice((draw_given(chance, person.gender), chance.choice(_LETTERS)))}"
    return surname, given


def _written_name(chance: Random, person: Person, surname: str, given: str) -> dict[str, str]:
    surname, given = surname.title(), given.title()
    kind = chance.random()
    if kind < 0.03:
        return {}
    if kind < 0.07:
        return {"name": f"{'Mr' if person.gender == 'm' else 'Mrs'} {surname}"}
    if kind < 0.5:
        return {"family_name": surname, "given_name": given}
    if kind < 0.51:
        return {"family_name": given, "given_name": surname}
    return {"name": f"{surname}, {given}" if kind < 0.6 else f"{given} {surname}"}


def _written_phone(chance: Random, person: Person, staff: list[str]) -> str:
    phone = person.phones[-1] if is_so(chance, 0.75) else chance.choice(person.phones)
    if is_so(chance, 0.008):
        phone = chance.choice(staff)
    if is_so(chance, 0.02):
        phone = digits_slip(chance, phone)
    return f"({phone[:3]}) {phone[3:6]}-{phone[6:]}" if is_so(chance, 0.4) else phone


def _written_email(chance: Random, person: Person) -> str:
    email = chance.choice(person.emails)
    kind = chance.random()
    if kind < 0.02:
        local, _, domain = email.partition("@")
        return f"{slip(chance, local, _LETTERS)}@{domain}"
    return f"info@company{chance.randrange(200)}.com" if kind < 0.025 else email


def _written_day(chance: Random, person: Person) -> str:
    born = wrong_day(chance, person.born) if is_so(chance, 0.035) else person.born
    return f"{born:%m/%d/%Y}" if is_so(chance, 0.3) else born.isoformat()


def _card(chance: Random, person: Person) -> str:
    return "8" + "".join(chance.choices(DIGITS, k=9)) if is_so(chance, 0.04) else person.ids["loyalty_card"]


def _written_id(chance: Random, person: Person) -> str:
    number = person.ids["national_id"]
    return digits_slip(chance, number) if is_so(chance, 0.03) else number


def _address(chance: Random, person: Person) -> dict[str, str]:
    home = person.homes[-1] if is_so(chance, 0.88) else chance.choice(person.homes)
    street = slip(chance, home["street"], _LETTERS) if is_so(chance, 0.04) else home["street"]
    kind = _SHORT[home["kind"]] if is_so(chance, 0.4) else home["kind"] if is_so(chance, 0.9) else ""
    number = digits_slip(chance, f"0{home['number']}0")[1:-1] if is_so(chance, 0.02) else home["number"]
    flat = f", Apt {home['flat']}" if home["flat"] and is_so(chance, 0.8) else ""
    return {
        "address": f"{number} {street} {kind}{flat}" if is_so(chance, 0.95) else "",
        "city": home["town"] if is_so(chance, 0.9) else "",
        "postcode": (digits_slip(chance, home["postcode"]) if is_so(chance, 0.02) else home["postcode"])
        if is_so(chance, 0.85)
        else "",
    }
