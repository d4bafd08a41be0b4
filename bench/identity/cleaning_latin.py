"""Latin names and British addresses, cleaned: without titles and accents, given name before family name."""

import re
import unicodedata

_TITLES = {"mr", "mrs", "ms", "miss", "herr", "frau"}
_NOBODIES = {"customer", "guest", "unknown", "test", "n/a", "cash sale", "walk in", "anonymous"}
_SHORT = ((r"\brd\b", "road"), (r"\bst\b(?! james)", "street"), (r"\bave\b", "avenue"), (r"\bln\b", "lane"))
_STREET = re.compile(r"(\d+) ([a-z ]+?)(?:,|$)")
_FLAT = re.compile(r"(?:flat|apt|unit) (\d+)")


def name(text: str) -> dict[str, str | None]:
    """``name`` (given and family), ``family``, ``given``, ``sound`` (family first), ``letters`` in order; a title leaves the family name only."""
    plain = _plain(text)
    is_turned = "," in plain
    words = re.findall(r"[a-z'\-]+", plain.replace(",", " "))
    is_titled = bool(words) and words[0] in _TITLES
    words = [word for word in words if word not in _TITLES]
    if plain in _NOBODIES or not words or (len(words) == 1 and not is_titled):
        return dict.fromkeys(("name", "family", "given", "sound", "letters"))
    family = words[0] if is_turned else words[-1]
    if len(words) == 1:
        return {**dict.fromkeys(("name", "given", "sound", "letters")), "family": family}
    given = words[1] if is_turned else words[0]
    letters = "".join(sorted(family + given))
    return {
        "name": f"{given} {family}",
        "family": family,
        "given": given,
        "sound": f"{family} {given}",
        "letters": letters,
    }


def address(text: str) -> dict[str, str | None]:
    """``home`` (street, house, flat), ``road`` (street and number), ``city`` is left to its column."""
    plain = _plain(text)
    for short, long in _SHORT:
        plain = re.sub(short, long, plain)
    street, flat = _STREET.search(plain), _FLAT.search(plain)
    road = f"{street[2]} {street[1]}" if street else None
    return {"home": f"{road}-{flat[1] if flat else 0}" if road else None, "road": road, "city": None}


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).strip()
