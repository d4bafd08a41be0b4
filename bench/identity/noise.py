"""How much goes wrong: every probability of the generator, for each language.

The values of both languages were chosen so that the peers are tested hard without being hopeless; `README.md` has the figures and
the command that gives them. They are frozen: a change makes all figures before it incomparable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class SourceNoise:
    """What happens to the columns of one source; probabilities of each row.

    The cases of one column exclude each other and are drawn together: ``name``, ``phone``, ``email``, ``birthday`` and
    ``address`` map a case to its probability, what is left to 1 is the right value. A name in ``other_letters`` is traditional or has lost
    its accents, in ``other_form`` it is romanised or shortened; ``relative`` is a phone or mailbox of the household. ``unionid``, ``openid``, ``card`` and ``city``: how
    often a row has one. ``child_borrows``: how often a child's phone, e-mail and WeChat account are a parent's.
    """

    name: Mapping[str, float]
    phone: Mapping[str, float]
    email: Mapping[str, float]
    birthday: Mapping[str, float]
    address: Mapping[str, float]
    gender: Mapping[str, float]
    unionid: float
    openid: float
    card: float
    city: float
    scanned_by_relative: float
    child_borrows: Mapping[str, float]
    follows_changes: float


@dataclass(frozen=True, slots=True)
class Noise:
    """What happens in the world and in the stream.

    Shares of persons (``moves``, ``changes_phone``, ``works_in_company``), of changed numbers (``recycles_phone``), of households
    (``twins``, ``married_name`` of wives), and of live rows (``corrected``, ``deleted``, ``reinserted``: how many more changes the
    stream holds). ``rows`` weighs how many rows a person has, from 1.
    """

    shop: SourceNoise
    pos: SourceNoise
    rows: tuple[float, ...]
    household: tuple[float, ...]
    child_is_customer: float
    twins: float
    moves: float
    changes_phone: float
    recycles_phone: float
    second_email: float
    works_in_company: float
    married_name: float
    corrected: float
    deleted: float
    reinserted: float
    stores: int


_CHINESE_SHOP = SourceNoise(
    name={
        "missing": 0.01,
        "placeholder": 0.005,
        "title": 0.02,
        "nickname": 0.005,
        "other_letters": 0.03,
        "other_form": 0.05,
        "typo": 0.02,
        "decorated": 0.04,
    },
    phone={"missing": 0.025, "placeholder": 0.01, "masked": 0.03, "typo": 0.01, "relative": 0.04},
    email={"missing": 0.30, "placeholder": 0.02, "typo": 0.03, "company": 0.20, "relative": 0.03},
    birthday={"missing": 0.18, "placeholder": 0.03, "wrong": 0.02},
    address={"missing": 0.20, "partial": 0.10, "office": 0.06},
    gender={"missing": 0.40, "wrong": 0.02},
    unionid=0.40,
    openid=0.20,
    card=0.10,
    city=0.75,
    scanned_by_relative=0.01,
    child_borrows={"phone": 0.9, "email": 0.8, "account": 0.33},
    follows_changes=0.45,
)

_CHINESE_POS = SourceNoise(
    name={
        "missing": 0.04,
        "placeholder": 0.02,
        "title": 0.06,
        "nickname": 0.0,
        "other_letters": 0.02,
        "other_form": 0.01,
        "typo": 0.05,
        "decorated": 0.03,
    },
    phone={
        "missing": 0.03,
        "placeholder": 0.01,
        "masked": 0.01,
        "typo": 0.01,
        "relative": 0.04,
        "store": 0.015,
        "staff": 0.01,
    },
    email={"missing": 0.70, "placeholder": 0.02, "typo": 0.005, "company": 0.02, "relative": 0.01},
    birthday={"missing": 0.10, "placeholder": 0.04, "wrong": 0.03},
    address={"missing": 0.70, "partial": 0.08, "office": 0.01},
    gender={"missing": 0.20, "wrong": 0.03},
    unionid=0.25,
    openid=0.15,
    card=0.60,
    city=0.60,
    scanned_by_relative=0.01,
    child_borrows={"phone": 0.9, "email": 0.8, "account": 0.33},
    follows_changes=0.15,
)

CHINESE = Noise(
    shop=_CHINESE_SHOP,
    pos=_CHINESE_POS,
    rows=(0.42, 0.30, 0.16, 0.08, 0.04),
    household=(0.42, 0.26, 0.20, 0.12),
    child_is_customer=0.55,
    twins=0.10,
    moves=0.10,
    changes_phone=0.05,
    recycles_phone=0.35,
    second_email=0.15,
    works_in_company=0.12,
    married_name=0.0,
    corrected=0.08,
    deleted=0.07,
    reinserted=0.01,
    stores=14,
)

# In Europe more rows have an e-mail, fewer have a WeChat account, fewer children are customers; couples share a family name instead.
LATIN = replace(
    CHINESE,
    shop=replace(
        _CHINESE_SHOP,
        phone={"missing": 0.03, "placeholder": 0.01, "masked": 0.02, "typo": 0.01, "relative": 0.03},
        email={"missing": 0.10, "placeholder": 0.01, "typo": 0.03, "company": 0.10, "relative": 0.03},
        child_borrows={"phone": 0.7, "email": 0.6, "account": 0.15},
        unionid=0.20,
        openid=0.10,
    ),
    pos=replace(
        _CHINESE_POS,
        email={"missing": 0.50, "placeholder": 0.02, "typo": 0.01, "company": 0.02, "relative": 0.02},
        child_borrows={"phone": 0.7, "email": 0.6, "account": 0.15},
        unionid=0.10,
        openid=0.05,
    ),
    child_is_customer=0.30,
    changes_phone=0.04,
    married_name=0.8,
)

_MOST_ROWS: Final = 60


def regulars(usual: Noise) -> Noise:
    """The same mistakes, but customers have up to 60 rows, as those who order as guests do: k rows in proportion to 1 / k."""
    return replace(usual, rows=tuple(1 / number for number in range(1, _MOST_ROWS + 1)))
