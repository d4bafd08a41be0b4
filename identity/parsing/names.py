"""Names of people: which part is the surname, in Chinese and in Latin letters, in either order; Cyrillic and Greek become Latin.

Courtesy titles (王先生, Mr Smith) and familiar forms (小王, 老李) leave a surname alone. A name masked by a till (张*伟, 张**)
keeps its stars in the given name. What means nobody (匿名, 微信用户, "guest") gives no name at all, nor does a handle
with a number in it (kitty92).
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

import msgspec

from identity.parsing.chinese import is_han, simplify, spelled, surname_sound, syllables, toneless
from identity.parsing.companies import is_company
from identity.parsing.households import family_rest, household_rest
from identity.parsing.newborns import child_of, newborn, newborn_in
from identity.parsing.nobody import is_handle, is_no_part, is_nobodys
from identity.parsing.notes import maiden_name, without_notes
from identity.parsing.reservations import surname_before_slash
from identity.parsing.scripts import (
    japanese_parts,
    japanese_spelled_out,
    japanese_surname,
    korean_parts,
    romanised,
    surname_told,
)
from identity.parsing.suffixes import SUFFIXES, generation, ordinals_spelled
from identity.parsing.text import MEMO, fold, is_placeholder, lines, table
from identity.parsing.titles import titles_spelled
from identity.parsing.western_names import before_capitals, beside_comma


class Name(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A name in two parts, either of which may be empty.

    Chinese parts are simplified characters; Latin ones lower-case letters without accents, words of a part divided by a blank
    or a hyphen, as are Cyrillic and Greek ones; of other scripts the letters stay. ``is_ordered`` says that the source told which part is the surname; otherwise it is a guess.
    ``generation`` is 1 for Sr, 2 for Jr or II and so on, a or b for newborn twins without a name, "" where it is not told.
    ``is_household`` says that it names two people or a family: nobody's name.
    """

    surname: str = ""
    given: str = ""
    is_ordered: bool = True
    generation: str = ""
    is_household: bool = False


#: What one column says: the name (and a second one in the other script, if it has both), and the gender of its title.
Names = tuple[tuple[Name, ...], str]

NOBODY: Final[Names] = ((), "")

_RUNS: Final = re.compile(
    r"(?P<han>[\u3007\u3400-\u9fff\U00020000-\U0003ffff][\u3007\u3400-\u9fff\U00020000-\U0003ffff*＊·•・‧]*|"
    r"[*＊]+[\u3400-\u9fff]+)|(?P<latin>[^\W\d_][^\u3007\u3400-\u9fff()\[\]【】/|]*)"
)
_IN_BRACKETS: Final = re.compile(r"[(\[【（].*?[)\]】）]")
_NOISE: Final = frozenset({"vip", "svip", "new", "old"})
_PARTICLES: Final = frozenset(
    "van vant von vom der den ter ten op aan de la le los las del della dello delle dei degli dal dalla di da das do dos "
    "du st saint bin ibn al el zu zum zur mac mc".split()
)
_LATER_PARTICLES: Final = frozenset({"t", "und"})  # van 't Hoff, von und zu Stein
_GIVEN_PARTICLES: Final = frozenset({"al", "dal", "del", "mac", "van"})
# What lists put behind the name that it stands before: "Berg, Jan van der".
_FROM: Final = "van von vom der den ter ten op aan de la las los del della dello delle dei degli dal dalla da di das dos du zu und".split()
_BEHIND: Final = re.compile(rf"(?<=\w)[\s,]+((?:(?:{'|'.join(_FROM)}|['’]?t)(?:\s+|$))+)$", re.IGNORECASE)
# v.d. Berg, v/d Berg: in capitals they are initials, unless a column of surnames holds them.
_VAN_DER: Final = re.compile(r"\bv ?[./] ?d\b[./]? ?|\bvd\b ")
_VAN_DER_IN_SURNAME: Final = re.compile(_VAN_DER.pattern, re.IGNORECASE)
# Vietnamese given names end in what looks like a particle: Nguyen Hong Van.
_VIETNAMESE: Final = frozenset(
    "nguyen tran le pham huynh hoang phan dang vu vo bui do ho ngo duong ly truong dinh "
    "lam dao trinh doan mai luu luong phung vuong quach trieu cao".split()
)
_FAMILIAR: Final = frozenset("小老")
_PET: Final = frozenset("小阿大")
# Characters that a till cannot type, told by their parts.
_PARTS: Final = {
    "吉吉": "喆",
    "方方土": "堃",
    "金金金": "鑫",
    "水水水": "淼",
    "石石石": "磊",
    "火火火": "焱",
    "日日日": "晶",
    "木木木": "森",
}
# What labels of parcels put beside the name; 丰收 and the like are names, of years with a good harvest.
_RECEIVES: Final = re.compile(r"^(?:收件人|收货人|联系人)(?=.{2})|(?<=..)(?<![丰秋麦夏])(?:亲收|签收|代收|收件|收)$")
# Words of kinship stand in no given name (包租婆), those of sentences in short ones alone (于是之, but 平安是福).
_KINSHIP: Final = re.compile("[婆妈爸]")
_SENTENCE: Final = re.compile("[的是我你们吗呢吧很]")
_DOTS: Final = re.compile(r"[·•・‧.]")
# Vowels of Indic and Thai letters are marks, which are no letters to Python.
_LETTERS: Final = (
    r"(?:[^\W\d_][\u0900-\u0963\u0981-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u0f71-\u0fbc\u102b-\u103e\u17b6-\u17d3]*)+"
)
_LATIN_WORD: Final = re.compile(rf"{_LETTERS}(?:[-‐]{_LETTERS})*")
_APOSTROPHES: Final = re.compile(r"(?<=\w)['’‘`´ʻ](?=\w)")
_LONGEST_HAN: Final = 3
_LONGEST_GIVEN: Final = 2
_NO_RANK: Final = 1_000_000
# Beyond them the characters that given names have as well are more often a given name's (models' tables of frequencies).
_FREQUENT: Final = 100


@cache
def _ranked_surnames() -> str:
    """The Chinese surnames of one character that the shipped table knows, the commonest first."""
    return "".join(table("surnames.txt").split("\n\n")[0].partition("\n")[2].split())


@cache
def single_surnames() -> frozenset[str]:
    """The same as a set."""
    return frozenset(_ranked_surnames())


@cache
def _frequent_surnames() -> frozenset[str]:
    return frozenset(_ranked_surnames()[:_FREQUENT])


@cache
def compound_surnames() -> frozenset[str]:
    """The Chinese surnames of two characters."""
    return frozenset(table("surnames.txt").split("\n\n")[1].split())


@cache
def _surname_sounds() -> dict[str, int]:
    """The sounds of surnames and how many commoner surnames there are."""
    ranked = [*_ranked_surnames(), *sorted(compound_surnames())]
    ranks: dict[str, int] = {}
    for rank, surname in enumerate(ranked):
        ranks.setdefault(surname_sound(surname), rank)
    return ranks


@cache
def _titles() -> dict[str, str]:
    genders = {"m": "m", "f": "f", "-": ""}
    return {word: genders[line[0]] for line in lines("titles.txt") for word in line.split()[1:]}


@cache
def nickname_groups() -> dict[str, frozenset[int]]:
    """For each Latin given name the groups of names that it may stand for."""
    groups: dict[str, set[int]] = {}
    for number, line in enumerate(lines("nicknames.txt")):
        for word in line.split():
            groups.setdefault(word, set()).add(number)
    return {word: frozenset(found) for word, found in groups.items()}


def is_surname(text: str) -> bool:
    """Whether simplified Chinese text is a surname that the shipped table knows."""
    return text in single_surnames() or text in compound_surnames()


def is_surname_sound(letters: str) -> bool:
    """Whether solid pinyin is how a Chinese surname sounds: "zhang", "ouyang"; not "lange" or "meier"."""
    return letters in _surname_sounds()


@cache
def _given_names() -> frozenset[str]:
    """The Latin given names that the shipped tables know."""
    gendered = (word for line in lines("gendered_names.txt") for word in line.split() if word.isalpha())
    return frozenset((*nickname_groups(), *gendered))


@lru_cache(maxsize=MEMO)
def parse_name(written: str) -> Names:
    """Read a full name written in one column."""
    folded = fold(written)
    if is_nobodys(folded) or is_handle(folded):
        return NOBODY
    folded = surname_before_slash(without_notes(folded, _given_names()), _given_names())
    if is_company(folded):  # Attn: Weber GmbH
        return NOBODY
    if found := maiden_name(folded):
        return _with_maiden_name(parse_name(found[0]), found[1])
    return _of_one_column(titles_spelled(_VAN_DER.sub("van der ", _spelled_out(surname_told(folded)))))


def _of_one_column(folded: str) -> Names:
    if (gender := child_of(folded.replace(" ", ""))) is not None:
        return (), gender
    if child := newborn_in(folded):
        return _of_newborn(*child)
    if (rest := household_rest(folded, _given_names())) is not None:
        return _of_household(rest)
    bare = _IN_BRACKETS.sub("", folded)
    if parts := _asian(bare.strip()):
        return (parts,), ""
    if is_han(bare):  # 王伟(老客户): a note; 王伟(David): another name
        folded = bare + "".join(f" {note}" for note in _IN_BRACKETS.findall(folded) if not is_han(note))
    han = [run.group() for run in _RUNS.finditer(folded) if run["han"]]
    latin = " ".join(run.group() for run in _RUNS.finditer(folded) if run["latin"])
    chinese, gender = _han(tuple(han), _is_decorated(folded)) if han else (None, "")
    western, title = _latin(latin) if latin else (None, "")
    return tuple(name for name in (chinese, western) if name), gender or title


def _with_maiden_name(read: Names, maiden: str) -> Names:
    """The same name with another surname, too."""
    surname = " ".join(_words(maiden))
    names = [name for name in read[0] if not is_han(name.surname)]
    return (*read[0], *(msgspec.structs.replace(name, surname=surname) for name in names)), read[1]


def _of_household(rest: str) -> Names:
    """The name of two people or a family, from what is left without "and" and "family": Hans Petra Müller, Müller."""
    words = [word for word in _words(rest) if word not in _titles()]
    name = Name(words[0], "") if len(words) == 1 else _latin(rest)[0]
    if not name:
        return NOBODY
    given = [word for word in name.given.split() if word != name.surname]  # Hans Müller und Petra Müller
    return (Name(name.surname, " ".join(given), name.is_ordered, is_household=True),), ""


def _of_newborn(family: str, gender: str, which: str) -> Names:
    """A surname alone, and which of twins has it."""
    words = _words(family)
    name = Name(words[0], "") if len(words) == 1 else _latin(family)[0]
    return ((Name(name.surname or name.given, "", generation=which),) if name else ()), gender


def _asian(bare: str) -> Name | None:
    """A Japanese name with kana in it, or a Korean one in Hangul."""
    if parts := korean_parts(bare):
        return Name(*parts)
    surname, given = map(simplify, japanese_parts(bare) or ("", ""))
    return Name(surname, given, is_ordered=is_han(surname)) if given else None


@lru_cache(maxsize=MEMO)
def parse_parts(family: str, given: str) -> Names:
    """Read a surname and a given name written in two columns, either of which may be empty."""
    family, given = (without_notes(fold(text), _given_names()) for text in (family, given))
    if found := maiden_name(family):
        return _with_maiden_name(parse_parts(found[0], given), found[1])
    if found := maiden_name(given):
        return _with_maiden_name(parse_parts(family, found[0]), found[1])
    return _of_two_columns(family, given)


def _of_two_columns(family: str, given: str) -> Names:
    family, given = (
        ("" if is_placeholder(text) or is_company(text) else _spelled_out(text)) for text in (family, given)
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
    first_rest, last_rest = household_rest(given, _given_names(), is_given=True), family_rest(family)
    if first_rest is not None or last_rest is not None:
        return _of_household(
            ", ".join(filter(None, (last_rest or family, given if first_rest is None else first_rest)))
        )
    family, given = _particles_first(family, titles_spelled(given))
    family_words, first = _words(family), _given_words(family, given)
    which = generation(family_words) or generation(first)
    surname = " ".join([word for word in family_words if word not in SUFFIXES] or family_words)
    titles = [_titles()[word] for word in first if word in _titles()]
    first = [word for word in first if word not in _titles() and word not in SUFFIXES]
    name = Name(surname, " ".join(first), generation=which)
    return ((name,), "".join(titles[:1])) if surname or first else NOBODY


def _spelled_out(folded: str) -> str:
    return japanese_spelled_out(romanised(folded))


def _particles_first(family: str, given: str) -> tuple[str, str]:
    """Particles behind the given names or behind the surname go before the surname, as in "Berg, Jan van der"."""
    family, given = _VAN_DER_IN_SURNAME.sub("van der ", family), _VAN_DER.sub("van der ", given)
    if _is_vietnamese(family):
        return family, given
    surname = toneless(family)
    is_chinese = surname in _surname_sounds()  # Wang, Xiao Di
    if not is_chinese and (found := _BEHIND.search(given)) and toneless(given[: found.start()]) not in _PARTICLES:
        return f"{found[1]} {family}", given[: found.start()]
    if found := _BEHIND.search(family):
        return f"{found[1]} {family[: found.start()]}", given
    return family, given


def _given_words(family: str, given: str) -> list[str]:
    """The words of given names behind a surname: the van of Nguyen Van An is no given name of its own, as brothers share it."""
    return _words(given) if _is_vietnamese(family) else _words_with_given(given)


def _is_vietnamese(family: str) -> bool:
    return toneless(family).partition(" ")[0] in _VIETNAMESE


def _one_part(family: str, given: str) -> Names:
    """One column is empty: perhaps the other holds the whole name."""
    written = family or given
    names, gender = parse_name(written)
    if any(name.is_household for name in names):
        return names, gender
    words = _words(written) if family else _words_with_given(written)
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
    if given in _titles():
        return (Name(family, ""),), _titles()[given]
    if given.startswith(family) and len(given) > len(family):
        return parse_name(given)
    if is_surname(given) and not is_surname(family):
        family, given = given, family
    return (Name(family, _whole_characters(_DOTS.sub("", given).replace(" ", ""))),), ""


def _whole_characters(given: str) -> str:
    """Parts as the character that they make up: 陈吉吉 is 陈喆."""
    for parts, whole in _PARTS.items():
        given = given.replace(parts, whole)
    return given


@lru_cache(maxsize=MEMO)
def _han(runs: tuple[str, ...], is_decorated: bool) -> tuple[Name | None, str]:  # noqa: FBT001 - a part of the memo's key
    text = _RECEIVES.sub("", simplify("".join(runs)).replace("＊", "*"))
    text = text[:1] + _whole_characters(text[1:])
    if _DOTS.search(text.strip("·")):
        return Name("", _DOTS.sub("", text)), ""
    text, gender, had_title = _without_title(text)
    if "*" in text:
        return _masked(text), gender
    is_alone = len(text) == 1 and not is_decorated  # 兰🌸 may be a given name
    if is_surname(text) and (had_title or is_alone or text in compound_surnames()):
        return Name(text, ""), gender
    if len(text) == 2 and text[0] in _FAMILIAR and text[1] in single_surnames():  # noqa: PLR2004 - 小王, 小强
        return (Name(text[1], "") if text[1] in _frequent_surnames() else Name("", text[1], is_ordered=False)), gender
    if len(runs) == 2 and is_surname(last := simplify(runs[1])) and not is_surname(first := simplify(runs[0])):  # noqa: PLR2004 - surname and given name
        return Name(last, first), gender
    name = _split(text)
    return (msgspec.structs.replace(name, is_ordered=False) if is_decorated and len(text) == 2 else name), gender  # noqa: PLR2004 - 桂英🌸


def _without_title(text: str) -> tuple[str, str, bool]:
    """Cut a title off the end; one of a single character only after a bare surname (王哥, but not 李大哥's 哥)."""
    for length in (4, 3, 2, 1):
        title, rest = text[-length:], text[:-length]
        if rest and title in _titles() and (length > 1 or is_surname(rest)):
            return rest, _titles()[title], True
    return text, "", False


def _masked(text: str) -> Name | None:
    surname = text[:2] if text[:2] in compound_surnames() else text[0].strip("*")
    given = text[len(surname) :]
    visible = given.strip("*")
    return Name(surname, given if visible else "") if surname or visible else None


def _split(text: str) -> Name:
    if text[:2] in compound_surnames():
        return Name(text[:2], text[2:])
    if len(text) > _LONGEST_HAN and (surname := japanese_surname(text)):
        return Name(surname, text[len(surname) :])
    is_long = len(text) > _LONGEST_HAN and not _has_two_surnames(text)  # 夏天的风
    if text == text[0] * 2 or is_long or _is_sentence(text):  # 果果, 平安是福
        return Name("", text, is_ordered=False)
    if len(text) == 1 or text[0] in _PET:
        return Name("", text[1:] or text, is_ordered=False)
    if text[0] in single_surnames():
        return Name(text[0], text[1:])
    return Name(text[0], text[1:], is_ordered=False)


def _is_sentence(text: str) -> bool:
    """Whether characters that could be a name say something else."""
    return bool(_KINSHIP.search(text, 1) or (len(text) > _LONGEST_HAN and _SENTENCE.search(text, 1)))


def _is_decorated(folded: str) -> bool:
    """Whether a sign or a picture stands beside a name, as in what people call their accounts: 桂英🌸."""
    return not folded.isascii() and any(unicodedata.category(c) == "So" for c in folded)


def _has_two_surnames(text: str) -> bool:
    """Whether four characters may be a name with the surnames of both parents: 张李子涵, but not 夏天的风."""
    return len(text) == _LONGEST_HAN + 1 and text[0] in single_surnames() and text[1] in single_surnames()


@lru_cache(maxsize=MEMO)
def _latin(written: str) -> tuple[Name | None, str]:
    before, comma, after = written.partition(",")
    before, after = _particles_first(before.strip(), after.strip()) if comma else (before, after)
    words = [*_words(before), *_given_words(before, after)] if comma else _words_with_given(written)
    titles = [_titles()[word] for word in words if word in _titles()]
    kept = [word for word in words if word not in _titles() and word not in SUFFIXES and word not in _NOISE]
    gender = next((found for found in titles if found), "")
    if not kept:
        return None, gender
    if len(kept) == 1:
        return (Name(kept[0], "") if titles else _alone(kept[0])), gender
    which = generation(words)
    surname = " ".join(word for word in _words(before) if word in kept) if comma and _words(after) else ""
    if surname and (rest := [word for word in _given_words(before, after) if word in kept]):
        if parts := beside_comma(surname.split(), rest, _given_names()):
            return Name(*parts), gender
        return Name(surname, " ".join(rest), generation=which), gender
    name = _in_order(kept, written)
    return (msgspec.structs.replace(name, generation=which) if which else name), gender


def _words(written: str) -> list[str]:
    """Lower-case words without accents; particles joined to what follows them: "van der Berg" → "vanderberg"."""
    return _joined(_single_words(written))


def _words_with_given(written: str) -> list[str]:
    """The same where a given name comes first: it may look like a particle ("Al Smith", "Van J Morrison", "Bin Wang")."""
    words = _single_words(written)
    names = [word for word in words if word not in SUFFIXES]
    if len(names) > 1 and names[0] in _PARTICLES and names[1] not in _PARTICLES:
        is_before_initial = len(names[1]) == 1  # Van J Morrison
        may_be_given = names[0] in _GIVEN_PARTICLES or names[1] in _surname_sounds()
        if is_before_initial or (len(names) == 2 and may_be_given):  # noqa: PLR2004 - the particle and a surname
            return [words[0], *_joined(words[1:])]
    return _joined(words)


def _single_words(written: str) -> list[str]:
    return [
        toneless(word) for word in _LATIN_WORD.findall(_numbers_apart(ordinals_spelled(_APOSTROPHES.sub("", written))))
    ]


def _joined(words: list[str]) -> list[str]:
    joined: list[str] = []
    held = ""
    for word in words:
        is_particle = word in _PARTICLES or (held and word in _LATER_PARTICLES)
        held += word
        if not is_particle:
            joined.append(held)
            held = ""
    return [*joined, held] if held else joined


def _numbers_apart(written: str) -> str:
    """Tone numbers are no part of the word: "zhang1 wei3"."""
    return re.sub(r"(?<=[^\W\d_])[1-5](?!\d)", " ", written)


def _alone(word: str) -> Name:
    """One word: solid pinyin that starts with a surname, or else a given name."""
    parts = () if word in nickname_groups() else syllables(spelled(word))
    for length in (2, 1):
        surname = "".join(parts[:length])
        if len(parts) > length and surname in _surname_sounds():
            return Name(surname, "".join(parts[length:]), is_ordered=False)
    return Name("", word, is_ordered=False)


def _in_order(words: list[str], written: str) -> Name:
    """Guess the surname: the one word in capitals; in pinyin the commoner surname of first and last; else the last.

    An initial behind two words is a given name's, behind one a surname's: "Smith John J", "John S".
    """
    capitals = [word for word in words if word != word.upper() and re.search(rf"\b{word.upper()}\b", written)]
    if len(capitals) == 1 and len(capitals[0]) > 1:
        at = words.index(capitals[0])
        if at in {0, len(words) - 1}:
            return Name(words[at], " ".join(words[:at] + words[at + 1 :]))
        if parts := before_capitals(words, at, _given_names()):
            return Name(*parts)
    is_pinyin = all(syllables(spelled(word.replace("-", ""))) for word in words)
    first, last = (_surname_sounds().get(spelled(word), _NO_RANK) for word in (words[0], words[-1]))
    is_initial_last = len(words) > 2 and len(words[-1]) == 1  # noqa: PLR2004 - a surname and a given name before it
    if (is_pinyin and first < last) or is_initial_last:
        return Name(words[0], " ".join(words[1:]), is_ordered=False)
    return Name(words[-1], " ".join(words[:-1]), is_ordered=False)
