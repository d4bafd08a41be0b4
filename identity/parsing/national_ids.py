"""National ids. A Chinese one proves itself by its check digit and tells birthday and gender (GB 11643)."""

import re
from functools import lru_cache
from typing import Final

import msgspec

from identity.parsing.birthdays import is_date
from identity.parsing.text import MEMO, fold, is_filler, is_masked_number, is_placeholder, without_separators

# Nobody born before 1880 lived to get one.
_EIGHTEEN: Final = re.compile(r"[1-9]\d{5}(?P<born>(?:18[89]|19\d|20\d)\d{5})\d{2}(?P<order>\d)[\dX]")
_FIFTEEN: Final = re.compile(r"[1-9]\d{5}\d{6}\d{3}")
_FACTORS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = "10X98765432"
_SHORTEST: Final = 4


class NationalId(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """``number``: upper case without separators. ``is_proven``: its check digit and birthday are right."""

    number: str
    is_proven: bool = False

    @property
    def birthday(self) -> str:
        """``YYYYMMDD`` from a proven Chinese id, else ""."""
        return self.number[6:14] if self.is_proven else ""

    @property
    def gender(self) -> str:
        """``m`` or ``f`` from a proven Chinese id, else ""."""
        return ("f", "m")[int(self.number[16]) % 2] if self.is_proven else ""


@lru_cache(maxsize=MEMO)
def parse_national_id(written: str) -> NationalId | None:
    """Read an id; None for fillers and masked ones. The old Chinese form of 15 digits becomes the one of 18."""
    folded = fold(written)
    number = without_separators(folded)
    if is_placeholder(folded) or len(number) < _SHORTEST or is_filler(number) or is_masked_number(number):
        return None
    if _FIFTEEN.fullmatch(number) and is_date(f"19{number[6:12]}"):
        longer = f"{number[:6]}19{number[6:]}"
        number = longer + check_digit(longer)
    return NationalId(number, _is_proven(number))


def check_digit(first: str) -> str:
    """The last character of a Chinese id from its first 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECK[sum(f * int(d) for f, d in zip(_FACTORS, first, strict=True)) % 11]


def _is_proven(number: str) -> bool:
    match = _EIGHTEEN.fullmatch(number)
    return bool(match and number[17] == check_digit(number[:17]) and is_date(match["born"]))
