"""Titles that only their dot, their tail or the name behind them tell from a name: Sig. Rossi, Dott.ssa Verdi, Pan Kowalski."""

import re
from typing import Final

# As words of the table of titles. Sig Hansen is called so, Ing may be a surname: without the dot they are names.
_SPELLED: Final = {
    "sig.ra": "signora",
    "sig.na": "signorina",
    "dott.ssa": "dottoressa",
    "dr.ssa": "dottoressa",
    "prof.ssa": "professoressa",
    "sig.": "signor",
    "ing.": "dr",
    "mag.": "dr",
    "avv.": "dr",
    "eng.": "dr",
    "adv.": "dr",
    "hon.": "dr",
    "lt.": "dr",
    "col.": "dr",
    "maj.": "dr",
    "sn.": "dr",
}
_SHORT: Final = re.compile(
    r"\b(?:(?:sig\.(?:ra|na)|(?:dott|dr|prof)\.ssa)\b\.?|(?:sig|ing|mag|avv|eng|adv|hon|lt|col|maj|sn)\.)(?=\W*\w)",
    re.IGNORECASE,
)
_FACULTIES: Final = r"(?:med|dent|vet|phil|jur|iur|rer|nat|pol|oec|techn|theol|habil|univ|ing)"
_DOCTOR: Final = re.compile(rf"\b(?:dr|dipl)\.?(?:[\s-]*{_FACULTIES}\.)+", re.IGNORECASE)
# Pan is a Chinese surname, too (潘), in spellings of Taiwan beside almost any word.
_POLISH: Final = re.compile(
    r"^pan(i?)\s+(?=(?:.*\W)?\w+(?:sk|ck|dzk)[iay]$|(?:.*\W)?\w+(?:wicz|czyk|czak)$)", re.IGNORECASE
)


def titles_spelled(written: str) -> str:
    """A name with such titles written as those of the table: Sig.ra Rossi as signora Rossi, Dr. med. Weber as dr Weber."""
    written = _SHORT.sub(lambda found: f"{_whole(found[0])} ", _DOCTOR.sub("dr ", written))
    return _POLISH.sub(lambda found: "mrs " if found[1] else "mr ", written)


def _whole(short: str) -> str:
    lowered = short.casefold()
    return _SPELLED.get(lowered) or _SPELLED[lowered.removesuffix(".")]
