"""Term tables of the default models, from public name frequencies."""

from collections.abc import Mapping
from typing import Any, Final

from bench.models import chinese_names, latin_names
from bench.models.writing import by_sound, surprise, surprises
from identity.parsing.chinese import sound, surname_sound

_DAYS: Final = 365.25
_YEARS: Final = 60  # as good as uniform over the ages of customers


def chinese_terms() -> dict[str, Any]:
    """Surprise of Chinese names, in characters and in pinyin; a name in Latin letters is looked up by its sound."""
    surnames = {surname: share / 100 for surname, share in chinese_names.SURNAMES.items()}
    surname_sounds = by_sound(surnames, surname_sound)
    given, characters = chinese_names.given_shares(), chinese_names.character_shares()
    given_sounds, syllables = by_sound(given, sound), by_sound(characters, sound)
    return {
        "surname": _table(0.0002, surnames | surname_sounds),
        "surname_sound": _table(0.0004, surname_sounds),
        "given": _table(0.00002, given | given_sounds),
        "given_sound": _table(0.00004, given_sounds),
        "given_character": _table(0.0005, characters),
        "given_syllable": _table(0.002, syllables),
        "birthday": birthdays(),
    }


def latin_terms() -> dict[str, Any]:
    """Surprise of English names; what only sounds alike (a name in another script) is as rare as any rare name.

    A surname that is not listed counts for twice the frequency of such names: they crowd where their people live.
    """
    given: dict[str, float] = {}
    for shares in latin_names.GIVEN.values():
        for name, share in shares.items():
            given[name] = given.get(name, 0) + share / 2
    return {
        "surname": _table(0.0002, latin_names.SURNAMES),
        "surname_sound": _table(0.0005, {}),
        "given": _table(0.0004, given),
        "given_sound": _table(0.0005, {}),
        "given_character": _table(0.02, {}),
        "given_syllable": _table(0.02, {}),
        "birthday": birthdays(),
    }


def birthdays() -> dict[str, Any]:
    """Any day of the year, but New Year's Day, which stands for an unknown day."""
    return _table(1 / _DAYS / _YEARS, {"0101": 0.02 / _YEARS})


def _table(default: float, shares: Mapping[str, float]) -> dict[str, Any]:
    return {"default": surprise(default), "values": surprises(shares)}
