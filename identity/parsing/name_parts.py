"""Names in two columns, the surname and the given name, either of which may hold the whole name or stand in the other's place."""

from functools import lru_cache
from typing import Final

import msgspec

from identity.parsing.chinese import is_han, simplify, spelled, syllables
from identity.parsing.companies import is_company
from identity.parsing.full_names import household_name, parse_name, spelled_out, with_maiden_name
from identity.parsing.han_names import given_characters
from identity.parsing.households import family_rest, household_rest
from identity.parsing.latin_words import given_words, joined_words, particles_first, words_with_given
from identity.parsing.name_tables import given_names, is_surname, nickname_groups, title_genders
from identity.parsing.names import NOBODY, Name, Names
from identity.parsing.newborns import child_of, newborn
from identity.parsing.nobody import is_no_part, is_nobodys
from identity.parsing.notes import maiden_name, without_notes
from identity.parsing.suffixes import SUFFIXES, generation
from identity.parsing.text import MEMO, fold, is_placeholder
from identity.parsing.titles import titles_spelled

_LONGEST_GIVEN: Final = 2


@lru_cache(maxsize=MEMO)
def parse_parts(family: str, given: str) -> Names:
    """Read a surname and a given name written in two columns, either of which may be empty."""
    family, given = (without_notes(fold(text), given_names()) for text in (family, given))
    if found := maiden_name(family):
        return with_maiden_name(parse_parts(found[0], given), found[1])
    if found := maiden_name(given):
        return with_maiden_name(parse_parts(family, found[0]), found[1])
    return _of_two_columns(family, given)


def _of_two_columns(family: str, given: str) -> Names:
    family, given = (
        ("" if is_placeholder(text) or is_company(text) else spelled_out(text)) for text in (family, given)
    )
    if any(map(is_nobodys, (f"{given} {family}", f"{family} {given}"))):
        return NOBODY
    family, given = (("" if is_no_part(text) else text) for text in (family, given))
    if child := newborn(given):
        names = _one_part(family, "")[0] if family else ()
        return tuple(msgspec.structs.replace(name, generation=child[1]) for name in names), child[0]
    if not family or not given:
        return _one_part(family, given)
    if is_han(family) or is_han(given):
        return _han_parts(simplify(family), simplify(given))
    first_rest, last_rest = household_rest(given, given_names(), is_given=True), family_rest(family)
    if first_rest is not None or last_rest is not None:
        return household_name(
            ", ".join(filter(None, (last_rest or family, given if first_rest is None else first_rest)))
        )
    family, given = particles_first(family, titles_spelled(given))
    family_words, first = joined_words(family), given_words(family, given)
    which = generation(family_words) or generation(first)
    surname = " ".join([word for word in family_words if word not in SUFFIXES] or family_words)
    titles = [title_genders()[word] for word in first if word in title_genders()]
    first = [word for word in first if word not in title_genders() and word not in SUFFIXES]
    name = Name(surname, " ".join(first), generation=which)
    return ((name,), "".join(titles[:1])) if surname or first else NOBODY


def _one_part(family: str, given: str) -> Names:
    """One column is empty: perhaps the other holds the whole name."""
    written = family or given
    names, gender = parse_name(written)
    if any(name.is_household for name in names):
        return names, gender
    words = joined_words(written) if family else words_with_given(written)
    if names and not is_han(written) and len(words) == 1:  # Bowen and Linda are no Bo Wen and Lin Da
        return (Name(words[0], "") if family else Name("", words[0]),), gender
    if given and len(given) <= _LONGEST_GIVEN and is_han(given) and not gender:
        return (Name("", simplify(given)),), ""
    if family and len(names) == 1 and _may_be_surnames(names[0]):
        return (Name(f"{names[0].given} {names[0].surname}", ""), *names), gender
    if len(names) != 1 or (names[0].surname and names[0].given):
        return names, gender
    only = names[0].surname or names[0].given
    return ((Name(only, "") if family else Name("", only),), gender)


def _may_be_surnames(name: Name) -> bool:
    """Whether a guessed name holds no word that is known as a given name: "Martinez Ripa", not "Maria Lopez" or "Zhang Wei"."""
    if name.is_ordered or not name.surname or is_han(name.surname):
        return False
    words = f"{name.given} {name.surname}".split()
    is_pinyin = all(syllables(spelled(word.replace("-", ""))) for word in words)
    return not is_pinyin and min(map(len, words)) > 1 and nickname_groups().keys().isdisjoint(words)


def _han_parts(family: str, given: str) -> Names:
    if (gender := child_of(family + given)) is not None:
        return (), gender
    if given in title_genders():
        return (Name(family, ""),), title_genders()[given]
    if given.startswith(family) and len(given) > len(family):
        return parse_name(given)
    if is_surname(given) and not is_surname(family):
        family, given = given, family
    return (Name(family, given_characters(given)),), ""
