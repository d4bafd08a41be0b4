"""What hands do to values in every language: slips of the keyboard, phone formats, masks, mailboxes, wrong dates."""

from datetime import date, timedelta

from bench.identity.chance import Chance

_FULL_WIDTH = str.maketrans("0123456789+", "０１２３４５６７８９＋")
_NEXT_KEY = {"1": "2", "2": "13", "3": "26", "4": "15", "5": "46", "6": "59", "7": "84", "8": "79", "9": "86", "0": "9"}


def slip(chance: Chance, text: str) -> str:
    """One slip in a text of letters: a letter left out, doubled, exchanged with the next or replaced."""
    if len(text) < 3:
        return text
    place = chance.between(1, len(text) - 2)
    kind = chance.between(0, 3)
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[: place + 1] + text[place:]
    if kind == 2:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + chance.pick("aeiournstl") + text[place + 1 :]


def slip_digits(chance: Chance, digits: str) -> str:
    """One slip in a number, behind its prefix: a neighbouring key, or two digits exchanged; rarely a digit is lost."""
    place = chance.between(3, len(digits) - 2)
    kind = chance.between(0, 9)
    if kind < 5:
        return digits[:place] + chance.pick(_NEXT_KEY[digits[place]]) + digits[place + 1 :]
    if kind < 9:
        return digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    return digits[:place] + digits[place + 1 :]


def full_width(text: str) -> str:
    """Digits as a Chinese input method writes them."""
    return text.translate(_FULL_WIDTH)


def letter_o(text: str) -> str:
    """The letter O for zero."""
    return text.replace("0", "O", 1)


def mask(digits: str) -> str:
    """As market places show a number: the first three and the last four."""
    return digits[:3] + "*" * (len(digits) - 7) + digits[-4:]


_DOMAIN_SLIPS: dict[str, tuple[str, ...]] = {
    "qq.com": ("qq.con", "qq.cm", "q.com"),
    "gmail.com": ("gmial.com", "gmail.con", "gamil.com"),
    "163.com": ("163.con", "16.com"),
    "hotmail.com": ("hotmial.com", "hotmail.con"),
}


def misspelt_email(chance: Chance, email: str) -> str:
    """A slip in the mailbox or, as often, in the domain."""
    local, domain = email.split("@")
    if chance.hit(0.5):
        known = _DOMAIN_SLIPS.get(domain)
        return f"{local}@{chance.pick(known) if known else slip(chance, domain)}"
    return f"{slip(chance, local)}@{domain}"


def written_email(chance: Chance, email: str) -> str:
    """The same mailbox in other letters: capitals, an alias, dots that Google ignores."""
    local, domain = email.split("@")
    kind = chance.between(0, 19)
    if kind == 0:
        return email.upper()
    if kind == 1:
        return f"{local.capitalize()}@{domain}"
    if kind == 2 and domain == "gmail.com":
        return f"{local}+shop@{domain}" if chance.hit(0.5) else f"{local[:3]}.{local[3:]}@{domain}"
    return f" {email}" if kind == 3 else email


def wrong_date(chance: Chance, born: date) -> date:
    """Day and month exchanged, the year or the day mistyped, or the day of the other (lunar) calendar."""
    kind = chance.between(0, 3)
    if kind == 0 and born.day <= 12:
        return born.replace(month=born.day, day=born.month)
    if kind == 1:
        return born.replace(year=born.year + chance.pick((-10, -1, 1, 10)))
    if kind == 2:
        return born - timedelta(days=chance.between(20, 50))
    return born.replace(day=1 + (born.day + chance.pick((1, 9))) % 28)
