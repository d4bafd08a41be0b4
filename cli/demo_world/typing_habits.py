"""How people and systems write the same phone or e-mail address differently."""

from random import Random
from typing import Final

from cli.demo_world.chance import happens

_FULL_WIDTH: Final = {ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789"}


def shop_phone(rng: Random, phone: str) -> str:
    """Write an E.164 number as the online shop keeps it: mostly E.164, older mainland accounts without country code."""
    return phone.removeprefix("+86") if phone.startswith("+86") and happens(rng, 20) else phone


def staff_phone(rng: Random, phone: str) -> str:
    """Write an E.164 number as a cashier types it: grouped, hyphenated, now and then in full-width digits."""
    if not phone.startswith("+86"):
        return _foreign_phone(rng, phone)
    digits = phone.removeprefix("+86")
    head, middle, tail = digits[:3], digits[3:7], digits[7:]
    forms = (
        f"{head} {middle} {tail}",
        digits,
        f"{head}-{middle}-{tail}",
        f"+86 {digits}",
        digits + " ",
        digits.translate(_FULL_WIDTH),
    )
    (form,) = rng.choices(forms, (40, 30, 12, 10, 5, 3))
    return form


def staff_email(rng: Random, email: str) -> str:
    """Write an e-mail address as a cashier types it: sometimes in capitals, sometimes with a space behind."""
    (form,) = rng.choices((email, email.upper(), email.capitalize(), email + " "), (70, 15, 10, 5))
    return form


def misheard(rng: Random, phone: str) -> str:
    """Change one of the last four digits of a number, as happens at a noisy counter."""
    place = rng.randint(len(phone) - 4, len(phone) - 1)
    other = (int(phone[place]) + rng.randint(1, 9)) % 10
    return f"{phone[:place]}{other}{phone[place + 1 :]}"


def _foreign_phone(rng: Random, phone: str) -> str:
    country = next(code for code in ("+852", "+49", "+33", "+44", "+1") if phone.startswith(code))
    rest = phone.removeprefix(country)
    form: str = rng.choice((phone, f"{country} {rest}", f"{country} {rest[:4]} {rest[4:]}"))
    return form
