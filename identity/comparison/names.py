"""How far names agree: surname and given name apart, in whatever script and order they were written."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import product, starmap
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler

from identity.comparison.gendered import are_man_and_woman
from identity.comparison.sounds import sound_alike
from identity.parsing.chinese import is_han, may_sound, sound, spelled, surname_sound, syllables
from identity.parsing.name_tables import is_surname, nickname_groups
from identity.parsing.names import Name
from identity.parsing.romanisation import are_single_characters, may_be_spelled
from identity.parsing.text import MEMO

_CLOSE: Final = 0.92
_AUDIBLE: Final = 0.6  # below, names never sound alike, and need not be asked for their sounds
_LONG_ENOUGH: Final = 4
_TWO_EDITS_FROM: Final = 9
_SHORT_FORM: Final = 3
_LONGEST_HAN_SURNAME: Final = 2
_LONGEST_HAN_GIVEN: Final = 2
_FIRST_NOT_LATIN: Final = "\u0370"  # Greek, the first alphabet behind the Latin letters in Unicode
_ALIKE: Final = frozenset({"exact", "sound", "close"})
_PLAIN: Final = _ALIKE | {"nickname"}
# ä, ö and ü spelled out: before a consonant, where no other vowel stands before them (Bauer, Marquez), äu included. Sáenz is no Sanz.
_UMLAUT: Final = re.compile(r"(?<![aeiouq])(?!aen?z$)([aou])e(?=[b-df-hj-np-tv-xz]|(?<=ae)u)")
_LONG_ENOUGH_FOR_UMLAUTS: Final = 5
# å spelled out, where it often is: Aakesson, Nørregaard.
_LONG_A: Final = re.compile(r"^aa|(?<=g)aa(?=rd)")
# What may stand before a surname, and is often left out: van der Berg, de la Cruz.
_PARTICLES: Final = re.compile(
    r"(?:v[ao]n(?:t|und)?|vom|de[lnr]?|te[nr]|las?|los|dell[aeo]|dei|degli|dalla?|d[aiou]|d[ao]s|zum?|zur)+"
)

# What many surnames begin with: it is no part that two of them have in common.
_FIRST_WORDS: Final = frozenset(
    ["al", "el", "ul", "abu", "abd", "abdul", "ben", "bin", "ibn", "ould", "ait", "saint", "sainte", "san", "santa", "santo", "st"]
)  # fmt: skip


@lru_cache(maxsize=MEMO)
def solid(text: str) -> str:
    """How a part of a name sounds, in solid letters without tones, whatever its script."""
    if is_han(text):
        return sound(text)
    letters = text.replace(" ", "").replace("-", "")
    plain = spelled(letters)
    return plain if plain != letters and syllables(plain) else letters


@lru_cache(maxsize=MEMO)
def solid_surname(text: str) -> str:
    """How a surname sounds."""
    return surname_sound(text) if is_han(text) else solid(text)


@lru_cache(maxsize=MEMO)
def without_umlauts(letters: str) -> str:
    """Solid letters with ä, ö, ü and å in one spelling: Mueller is Müller. Not in short ones, since Baez and Paez are no Baz and Paz."""
    return _LONG_A.sub("a", _UMLAUT.sub(r"\1", letters)) if len(letters) >= _LONG_ENOUGH_FOR_UMLAUTS else letters


@lru_cache(maxsize=MEMO)
def orders(surname: str, given: str, is_ordered: bool) -> tuple[tuple[str, str], ...]:  # noqa: FBT001 - a field of Name
    """The ways to read a name as (surname, given name): another one where a Latin name's order is only guessed.

    Of two surnames the other one goes behind the given names (Maria Garcia Lopez), in pinyin before them; an initial is no surname.
    """
    if is_ordered or not surname or is_han(surname) or not given:
        return ((surname, given),)
    first, _, rest = given.partition(" ")
    *most, last = given.split(" ")
    others = [surname, *most] if syllables(solid(f"{surname} {given}")) else [*most, surname]
    turned = ((first, f"{rest} {surname}".strip()), (last, " ".join(others)))
    return tuple(dict.fromkeys([(surname, given), *(parts for parts in turned if len(parts[0]) > 1)]))


class NameMatch(NamedTuple):
    """The levels of surname and given name, "" where a side lacks it, and what exactly agrees.

    ``surname_term`` and ``given_term`` are what term frequencies are told of: the text at level ``exact``, solid letters at
    level ``sound``, "" at others.
    """

    surname: str
    given: str
    surname_term: str = ""
    given_term: str = ""


def _is_byname(surname: str, given: str, is_ordered: bool, other_given: str) -> bool:  # noqa: FBT001 - a field of Name
    """Whether a name may be one that friends use (Gaffer, 开心果; Vivian beside a Chinese name): nothing in it is known."""
    if is_ordered or (surname and not is_han(surname)):
        return False
    return given not in nickname_groups() or is_han(other_given)


def match_names(left: Name, right: Name, *, are_one_gender: bool = False) -> NameMatch:
    """Compare two names, in the best of the orders that a Latin one may have.

    ``are_one_gender`` says that the records tell it; then forms of a man and of a woman (Paul, Paula) are a slip. John Smith Jr and
    Sr have different given names, whatever they are called, and so have a couple or a family and each of them.
    """
    if (left.generation != right.generation and left.generation and right.generation) or (
        left.is_household != right.is_household
    ):
        one, other = (Name(name.surname, name.given, name.is_ordered) for name in (left, right))
        return match_names(one, other)._replace(given="different", given_term="")
    if left.surname == right.surname and left.given == right.given:
        surname, given = left.surname, left.given
        return NameMatch("exact" if surname else "", "exact" if given else "", surname, given)
    found = _match(left.surname, left.given, left.is_ordered, right.surname, right.given, right.is_ordered)
    is_of_two_scripts = is_han(left.given) != is_han(right.given)
    if is_of_two_scripts and (found.surname not in {"exact", "sound"} or found.given != "sound"):
        chinese, latin = (left, right) if is_han(left.given) else (right, left)
        return _spelled_elsewhere(chinese, latin) or found
    return _of_one_gender(found, left, right) if are_one_gender and found.given == "different" else found


def _of_one_gender(found: NameMatch, left: Name, right: Name) -> NameMatch:
    """The match of names whose given names are different, as it is where they may be forms of a man and of a woman."""
    others = list(orders(right.surname, right.given, right.is_ordered))
    slips = [
        found._replace(given=_spelling_level(one, other, *firsts))
        for surname, one in orders(left.surname, left.given, left.is_ordered)
        for other_surname, other in others
        if are_man_and_woman(*(firsts := sorted((_first_word(one), _first_word(other)), key=len)))
        and surname_level(surname, other_surname) == found.surname != "different"
    ]
    return min(slips, key=_badness, default=found)


def _first_word(given: str) -> str:
    return re.split("[ -]", given, maxsplit=1)[0]


def _spelled_elsewhere(chinese: Name, latin: Name) -> NameMatch | None:
    """The match of a name in characters and one in the spelling of Taiwan or Hong Kong, a Western given name beside it or not."""
    if not (chinese.surname and latin.surname and latin.given):
        return None
    ways = list(_ways_to_write(latin))
    if any(_is_pinyin_beside(chinese, words) for words in ways):
        return NameMatch("sound", "sound", solid_surname(chinese.surname), solid(chinese.given))
    is_spelled = any(may_be_spelled(chinese.surname + chinese.given, words) for words in ways)
    if not is_spelled or any(_is_pinyin(chinese.surname, words) for words in ways):
        return None
    return NameMatch("sound", "sound", solid_surname(chinese.surname), solid(chinese.given))


def _ways_to_write(latin: Name) -> Iterator[tuple[str, ...]]:
    """The words of a Latin name, surname first, and the same without Western given names."""
    for surname, given in orders(latin.surname, latin.given, latin.is_ordered):
        words = tuple(f"{surname} {given}".replace("-", " ").split())
        yield words
        yield tuple(word for word in words if word not in nickname_groups())
        yield tuple(word for word in words if are_single_characters([word]))


def _is_pinyin_beside(chinese: Name, words: tuple[str, ...]) -> bool:
    """Whether words are a name in pinyin with a Western given name beside it, which is no syllable: Angela Feng Yao is 冯瑶."""
    kept = [word for word in words if len(found := syllables(word)) == 1 or (found and word not in nickname_groups())]
    if not 1 < len(kept) < len(words):
        return False
    return surname_level(chinese.surname, kept[0]) == given_level(chinese.given, " ".join(kept[1:])) == "sound"


def _is_pinyin(surname: str, words: tuple[str, ...]) -> bool:
    """Whether a surname and one word are rather pinyin of another given name: Li Lei is no 李莉, Li Yanyi no 李欣怡.

    In Hong Kong and Taiwan given names have two syllables as a rule, written apart.
    """
    is_one_word = len(words) == 2  # noqa: PLR2004 - surname and given name
    return is_one_word and surname_level(surname, words[0]) == "sound" and bool(syllables(words[1]))


@lru_cache(maxsize=MEMO * 2)
def _match(  # noqa: PLR0913, PLR0917 - plain texts make a quick key for the memo
    surname: str,
    given: str,
    is_ordered: bool,  # noqa: FBT001 - one for each side
    other_surname: str,
    other_given: str,
    other_ordered: bool,  # noqa: FBT001 - one for each side
) -> NameMatch:
    ones, others = orders(surname, given, is_ordered), orders(other_surname, other_given, other_ordered)
    pairs = [(s, t, g, h) for s, g in ones for t, h in others]
    if surname and given and other_surname and other_given and not is_han(surname + other_surname):  # columns swapped
        pairs += [(surname, other_given, given, other_surname), (given, other_surname, surname, other_given)]
    elif _fit_crosswise(surname, given, other_surname, other_given):
        pairs += [(given, other_surname, surname, other_given), (surname, other_given, given, other_surname)]
    if not is_ordered:
        pairs += [(s, other_surname, g, other_given) for s, g in _with_surnames(surname, given, other_surname)]
        pairs += [("", other_surname, whole, other_given) for whole in _given_alone(surname, given)]
    if not other_ordered:
        pairs += [(surname, t, given, h) for t, h in _with_surnames(other_surname, other_given, surname)]
        pairs += [(surname, "", given, whole) for whole in _given_alone(other_surname, other_given)]
    pairs += [("", other_surname, one, other_given) for one in _of_pet_name(surname, given, is_ordered, other_given)]
    pairs += [(surname, "", given, one) for one in _of_pet_name(other_surname, other_given, other_ordered, given)]
    pairs += [("", other_surname, visible, other_given) for visible in _behind_star(surname, given, other_given)]
    pairs += [(surname, "", given, visible) for visible in _behind_star(other_surname, other_given, given)]
    if not surname and not is_ordered and _may_be_surname(given):
        pairs.append((given, other_surname, "", other_given))
    if not other_surname and not other_ordered and _may_be_surname(other_given):
        pairs.append((surname, other_given, given, ""))
    first, *turned = pairs
    found = _best(_of_parts(*first), [_of_parts(*parts) for parts in turned if not are_man_and_woman(*parts[:2])])
    if (found.surname, found.given) == ("different", "part") and (
        _before_marriage(surname, given) == (other_surname, other_given)
        or _before_marriage(other_surname, other_given) == (surname, given)
    ):
        return NameMatch("part", "exact", "", min(given, other_given, key=len))
    if found.given == "different" and found.surname in {"", "different"}:
        names = (surname, given, is_ordered, other_given), (other_surname, other_given, other_ordered, given)
        if any(_is_byname(*each) for each in names):
            return NameMatch("", "word")
    return found


def _fit_crosswise(surname: str, given: str, other_surname: str, other_given: str) -> bool:
    """Whether all that one Latin name tells is plainly the other part of the other name: it stands in the wrong column.

    A syllable of pinyin is a surname and a given name of many: Ms Wei is no Zhang Wei.
    """
    if (surname and given and other_surname and other_given) or is_han(surname + given + other_surname + other_given):
        return False
    crosswise = [(one, other) for one, other in ((surname, other_given), (given, other_surname)) if one and other]
    return any(
        given_level(one, other) in _PLAIN and not (_is_syllable(one) and _is_syllable(other))
        for one, other in crosswise
    )


def _is_syllable(word: str) -> bool:
    return len(syllables(word)) == 1 and word not in nickname_groups()


def _may_be_surname(word: str) -> bool:
    return word not in nickname_groups() and not (is_han(word) and len(word) > _LONGEST_HAN_SURNAME)


def _best(first: NameMatch, turned: list[NameMatch]) -> NameMatch:
    best = min(filter(_is_sure, turned), key=_badness, default=first)
    return best if _badness(best)[0] < _badness(first)[0] else first


def _given_alone(surname: str, given: str) -> tuple[str, ...]:
    """The other way to read two characters of which the first is no known surname: both are a given name (丽娟)."""
    return (surname + given,) if given and is_han(surname) else ()


def _of_pet_name(surname: str, given: str, is_ordered: bool, told: str) -> tuple[str, ...]:  # noqa: FBT001 - a field of Name
    """The other way to read a pet name, which says one character of two twice: 强强 of 周永强."""
    is_pet = not surname and not is_ordered and given == given[:1] * 2 and is_han(given) and len(told) > 1
    return (given[0],) if is_pet else ()


def _before_marriage(surname: str, given: str) -> tuple[str, str]:
    """The name of a woman in Taiwan or Hong Kong without her husband's surname before her own: 林美玉 of 陳林美玉."""
    is_double = is_han(surname) and len(given) == _LONGEST_HAN_GIVEN + 1 and is_surname(given[0])
    return (given[0], given[1:]) if is_double else ("", "")


def _behind_star(surname: str, given: str, told: str) -> tuple[str, ...]:
    """The other way to read a name whose beginning is hidden, where it fits: the first star may hide the surname (*小明 of 张小明)."""
    is_hidden = not surname and given[:1] == "*" and given.strip("*")
    return (given[1:],) if is_hidden and given_level(given[1:], told) in {"exact", "sound", "part"} else ()


def _with_surnames(surname: str, given: str, told: str) -> Iterator[tuple[str, str]]:
    """The ways to read a guessed name with as many surnames as the other name has: Jose Garcia Lopez, Garcia-Lopez."""
    words, count = [*given.split(), surname], len(told.replace("-", " ").split())
    if 1 < count < len(words):
        yield " ".join(words[-count:]), " ".join(words[:-count])
        yield " ".join(words[:count]), " ".join(words[count:])


def _is_sure(turned: NameMatch) -> bool:
    """Whether names may have been written in another order: John is no short Johnson where Xie and Brian differ."""
    levels = {turned.surname, turned.given}
    return "different" not in levels or not levels.isdisjoint(_ALIKE)


def _of_parts(surname: str, other_surname: str, given: str, other_given: str) -> NameMatch:
    surname_found, given_found = surname_level(surname, other_surname), given_level(given, other_given)
    return NameMatch(
        surname_found,
        given_found,
        _term(surname_found, surname, other_surname, solid_surname),
        _term(given_found, given, other_given, solid),
    )


def _term(level: str, left: str, right: str, sounds: Callable[[str], str]) -> str:
    if level == "exact":
        return min(left, right)
    return min(sounds(left), sounds(right)) if level == "sound" else ""


# A part that is missing stands between agreement and difference.
_BADNESS: Final = {
    "exact": 0,
    "sound": 2,
    "nickname": 3,
    "close": 4,
    "part": 6,
    "character": 8,
    "initial": 8,
    "": 9,
    "word": 20,
    "different": 30,
}


def _badness(match: NameMatch) -> tuple[int, int, bool, NameMatch]:
    """Fewer and lesser differences first; of equal ones, those in the surname last, and known given names before others."""
    is_unknown = match.given_term not in nickname_groups()
    return _BADNESS[match.surname] + _BADNESS[match.given], _BADNESS[match.surname], is_unknown, match


@lru_cache(maxsize=MEMO)
def surname_level(left: str, right: str) -> str:
    """How far two surnames agree, "" where one is missing."""
    if not left or not right:
        return ""
    if left == right:
        return "exact"
    if is_han(left) or is_han(right):
        return _sound_level(left, right, solid_surname(left), solid_surname(right)) or _partly(left, right)
    if _are_one_spelling(left, right):
        return "exact"
    if not _surnames(left).isdisjoint(_surnames(right)):
        return "part"
    return "part" if _lacks_particles(solid(left), solid(right)) else _misspelt(solid(left), solid(right))


def _surnames(text: str) -> frozenset[str]:
    """The words of a surname that may be one of their own: Al-Masri and Al-Sayed have none in common, nor San Juan and San Martin."""
    return frozenset(text.replace("-", " ").split()) - _FIRST_WORDS


def _lacks_particles(left: str, right: str) -> bool:
    """Whether one surname is the other without its particles: Berg and van der Berg."""
    short, long = sorted(map(without_umlauts, (left, right)), key=len)
    is_end = len(short) >= _LONG_ENOUGH and long.endswith(short)
    return is_end and _PARTICLES.fullmatch(long.removesuffix(short)) is not None


@lru_cache(maxsize=MEMO)
def given_level(left: str, right: str) -> str:
    """How far two given names agree, "" where one is missing."""
    if not left or not right:
        return ""
    if left == right:
        return "exact"
    if "*" in left or "*" in right:
        return _masked_level(left, right)
    if is_han(left) or is_han(right):
        found = _sound_level(left, right, solid(left), solid(right)) or _han_level(left, right)
        return "character" if found == "different" and _sounds_within(left, right) else found
    return "exact" if _are_one_spelling(left, right) else _latin_level(left, right)


def _are_one_spelling(left: str, right: str) -> bool:
    """Whether two Latin texts are the same but for blanks, hyphens and umlauts; in pinyin, Xuefeng and Xufeng are two."""
    one, other = solid(left), solid(right)
    return one == other or (
        without_umlauts(one) == without_umlauts(other) and not (syllables(one) and syllables(other))
    )


def _sound_level(left: str, right: str, one: str, other: str) -> str:
    """``sound`` for Chinese and pinyin that sound alike, another level for pinyin that does not, "" for two in Chinese."""
    if one == other:
        return "sound"
    if is_han(left) and is_han(right):
        return ""
    han, letters = (left, other) if is_han(left) else (right, one)
    return "sound" if may_sound(han, letters) else _misspelt(one, other)


def _partly(left: str, right: str) -> str:
    return "part" if left in right or right in left else "different"


def _masked_level(left: str, right: str) -> str:
    """張*偉: each visible character must be in its place. A star at the end may be a till's mark, or hide more than one (丽* is 丽华)."""
    if _is_beginning(left, right) or _is_beginning(right, left):
        return "part"
    fits = len(left) == len(right) and all(a in (b, "*") or b == "*" for a, b in zip(left, right, strict=True))
    return "part" if fits else "different"


def _is_beginning(masked: str, given: str) -> bool:
    visible = masked.rstrip("*")
    return masked != visible != "" and given.startswith(visible)


def _han_level(left: str, right: str) -> str:
    """A character more or less is a short form, characters exchanged a slip; so may be one replaced, or another child's name."""
    short, long = sorted((left, right), key=len)
    if short in long:
        return "part"
    if sorted(short) == sorted(long):
        return "close"
    is_slip = len(short) == len(long) > 1 and _same_places(short, long) == len(short) - 1
    return "character" if is_slip else "different"


def _sounds_within(left: str, right: str) -> bool:
    """Whether a short form sounds like characters of the other: 惠 and 慧英, or huiying."""
    short, long = sorted((_sounds(left), _sounds(right)), key=len)
    return 0 < len(short) < len(long) and set(short) <= set(long)


def _sounds(given: str) -> tuple[str, ...]:
    return tuple(map(solid, given)) if is_han(given) else syllables(given)


def _same_places(left: str, right: str) -> int:
    return sum(a == b for a, b in zip(left, right, strict=True))


def _latin_level(left: str, right: str) -> str:
    words, others = left.replace("-", " ").split(), right.replace("-", " ").split()
    if words[0] == others[0] and min(len(words), len(others)) > 1 and _says_nothing(words[0], left, right):
        return given_level(" ".join(words[1:]), " ".join(others[1:]))
    if words[0] != others[0] and _are_nicknames(words[0], others[0]):
        return "nickname"
    if (within := _within(words, others)) or not _is_latin(left + right):
        return within or "different"
    short, long = sorted((words[0], others[0]), key=len)
    if len(short) == 1 or _are_initials(words) or _are_initials(others):
        return "initial" if long[0] == short[0] else "different"
    return "different" if are_man_and_woman(short, long) else _spelling_level(left, right, short, long)


def _says_nothing(word: str, left: str, right: str) -> bool:
    """Whether what two names begin with is no name: the initial of J Edgar and J Michael, the article of Al-Masri and Al-Sayed."""
    return len(word) == 1 or (word in _FIRST_WORDS and left[len(word)] == right[len(word)] == "-")


def _spelling_level(left: str, right: str, short: str, long: str) -> str:
    """``close`` where the names, or their first words ``short`` and ``long``, differ by a slip, ``part`` for a short form."""
    if "close" in {_misspelt(solid(left), solid(right)), _misspelt(short, long)}:
        return "close"
    return "part" if len(short) >= _SHORT_FORM and long.startswith(short) else "different"


def _within(words: list[str], others: list[str]) -> str:
    """``part`` where both begin alike or one holds the words of the other, ``initial`` if only an initial (J, Mary J), or "".

    ``character`` where both begin alike and go on otherwise, as names of relatives do: Joseph Bryan and Joseph Brandon.
    """
    if words[0] == others[0] and len(words[0]) > 1:
        is_of_two = len(words) > 1 < len(others) and not any(starmap(_may_be_one, product(words[1:], others[1:])))
        return "character" if is_of_two else "part"
    common = set(words) & set(others)
    if common not in (set(words), set(others)):
        return ""
    return "part" if any(len(word) > 1 for word in common) else "initial"


def _may_be_one(word: str, other: str) -> bool:
    """Whether two words may be one second name: the same, its initial, a short form, a slip."""
    short, long = sorted((word, other), key=len)
    is_start = long.startswith(short) and (len(short) == 1 or len(short) >= _SHORT_FORM)
    return is_start or word == other or _are_nicknames(word, other) or _misspelt(word, other) == "close"


def _are_initials(words: list[str]) -> bool:
    """Whether all that stands there may be initials: "j", "jm"."""
    return len(words) == 1 and len(words[0]) <= 2 and not syllables(words[0])  # noqa: PLR2004 - two letters


def _are_nicknames(left: str, right: str) -> bool:
    groups = nickname_groups()
    return left in groups and right in groups and not groups[left].isdisjoint(groups[right])


def _is_latin(text: str) -> bool:
    return text.isascii() or max(text) < _FIRST_NOT_LATIN


def _misspelt(left: str, right: str) -> str:
    """Few edits for the length, alike by Jaro-Winkler, which forgives more at the end than at the beginning, or by their sound.

    In other scripts a letter is a syllable or a word lacks its vowels: 민수 and 민주, Muhammad and Mahmud would be alike.
    """
    if not _is_latin(left + right):
        return "different"
    shorter = min(len(left), len(right))
    if shorter < _LONG_ENOUGH:
        edits = OSA.distance(left, right, score_cutoff=1)
        return "close" if edits <= 1 and shorter == _LONG_ENOUGH - 1 and len(left) != len(right) else "different"
    allowed = 2 if shorter >= _TWO_EDITS_FROM else 1
    if OSA.distance(left, right, score_cutoff=allowed) <= allowed:
        return "close"
    likeness = JaroWinkler.similarity(left, right, score_cutoff=_AUDIBLE)
    return "close" if likeness >= _CLOSE or (likeness and _may_sound_alike(left, right)) else "different"


def _may_sound_alike(left: str, right: str) -> bool:
    """Whether letters are spellings of one sound: Maier, Meyer. Pinyin has one spelling for each."""
    one, other = without_umlauts(left), without_umlauts(right)
    return sound_alike(one, other) and not (syllables(left) and syllables(right))
