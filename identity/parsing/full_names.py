"""Full names in one column: Chinese characters, Latin letters or both; Cyrillic and Greek become Latin.

What means nobody (匿名, 微信用户, "guest") gives no name at all, nor does a handle with a number in it (kitty92).
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

from identity.parsing.chinese import is_han, simplify
from identity.parsing.companies import is_company
from identity.parsing.han_names import han_name
from identity.parsing.households import household_rest
from identity.parsing.latin_names import latin_name
from identity.parsing.latin_words import joined_words, van_der_spelled
from identity.parsing.name_tables import given_names, title_genders
from identity.parsing.names import NOBODY, Name, Names
from identity.parsing.newborns import child_of, newborn_in
from identity.parsing.nobody import is_handle, is_nobodys
from identity.parsing.notes import maiden_name, without_notes
from identity.parsing.reservations import surname_before_slash
from identity.parsing.scripts import japanese_parts, japanese_spelled_out, korean_parts, romanised, surname_told
from identity.parsing.text import MEMO, fold
from identity.parsing.titles import titles_spelled

_RUNS: Final = re.compile(
    r"(?P<han>[\u3007\u3400-\u9fff\U00020000-\U0003ffff][\u3007\u3400-\u9fff\U00020000-\U0003ffff*＊·•・‧]*|"
    r"[*＊]+[\u3400-\u9fff]+)|(?P<latin>[^\W\d_][^\u3007\u3400-\u9fff()\[\]【】/|]*)"
)
_IN_BRACKETS: Final = re.compile(r"[(\[【（].*?[)\]】）]")


@lru_cache(maxsize=MEMO)
def parse_name(written: str) -> Names:
    """Read a full name written in one column."""
    folded = fold(written)
    if is_nobodys(folded) or is_handle(folded):
        return NOBODY
    folded = surname_before_slash(without_notes(folded, given_names()), given_names())
    if is_company(folded):  # Attn: Weber GmbH
        return NOBODY
    if found := maiden_name(folded):
        return with_maiden_name(parse_name(found[0]), found[1])
    return _of_one_column(titles_spelled(van_der_spelled(spelled_out(surname_told(folded)))))


def _of_one_column(folded: str) -> Names:
    if (gender := child_of(folded.replace(" ", ""))) is not None:
        return (), gender
    if child := newborn_in(folded):
        return _of_newborn(*child)
    if (rest := household_rest(folded, given_names())) is not None:
        return household_name(rest)
    bare = _IN_BRACKETS.sub("", folded)
    if parts := _asian(bare.strip()):
        return (parts,), ""
    if is_han(bare):  # 王伟(老客户): a note; 王伟(David): another name
        folded = bare + "".join(f" {note}" for note in _IN_BRACKETS.findall(folded) if not is_han(note))
    han = [run.group() for run in _RUNS.finditer(folded) if run["han"]]
    latin = " ".join(run.group() for run in _RUNS.finditer(folded) if run["latin"])
    chinese, gender = han_name(tuple(han), _is_decorated(folded)) if han else (None, "")
    western, title = latin_name(latin) if latin else (None, "")
    return tuple(name for name in (chinese, western) if name), gender or title


def _is_decorated(folded: str) -> bool:
    """Whether a sign or a picture stands beside a name, as in what people call their accounts: 桂英🌸."""
    return not folded.isascii() and any(unicodedata.category(c) == "So" for c in folded)


def _asian(bare: str) -> Name | None:
    """A Japanese name with kana in it, or a Korean one in Hangul."""
    if parts := korean_parts(bare):
        return Name(*parts)
    surname, given = map(simplify, japanese_parts(bare) or ("", ""))
    return Name(surname, given, is_ordered=is_han(surname)) if given else None


def _of_newborn(family: str, gender: str, which: str) -> Names:
    """A surname alone, and which of twins has it."""
    words = joined_words(family)
    name = Name(words[0], "") if len(words) == 1 else latin_name(family)[0]
    return ((Name(name.surname or name.given, "", generation=which),) if name else ()), gender


def household_name(rest: str) -> Names:
    """The name of two people or a family, from what is left without "and" and "family": Hans Petra Müller, Müller."""
    words = [word for word in joined_words(rest) if word not in title_genders()]
    name = Name(words[0], "") if len(words) == 1 else latin_name(rest)[0]
    if not name:
        return NOBODY
    given = [word for word in name.given.split() if word != name.surname]  # Hans Müller und Petra Müller
    return (Name(name.surname, " ".join(given), name.is_ordered, is_household=True),), ""


def with_maiden_name(read: Names, maiden: str) -> Names:
    """The same name with another surname, too."""
    surname = " ".join(joined_words(maiden))
    names = [name for name in read[0] if not is_han(name.surname)]
    return (*read[0], *(msgspec.structs.replace(name, surname=surname) for name in names)), read[1]


def spelled_out(folded: str) -> str:
    """Cyrillic and Greek in Latin letters, Japanese without marks and courtesy."""
    return japanese_spelled_out(romanised(folded))
