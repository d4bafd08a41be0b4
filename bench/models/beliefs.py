"""What is believed of every level before anything is counted.

For each level: how often pairs of one person reach it (``m``), of strangers (``u``, in a store of 20,000 people), of relatives.
Counting soon outweighs these where there is something to count; they stand where the invented people show nothing: kinds of
identifiers that they do not have, coincidences too rare to happen among them.
"""

from typing import Final, NamedTuple


class Belief(NamedTuple):
    """Shares of pairs."""

    m: float
    u: float
    relatives: float


#: Numbers that cannot prove themselves and differ: perhaps of a passport and of a driving licence. Not counted but believed,
#: since nobody can say how many tables mix them.
OTHER_NUMBERS: Final = Belief(0.06, 1.0, 1.0)

#: New Year's Day and another day. Where it stands for an unknown day it says nothing; some were born on it.
UNKNOWN_DAY: Final = Belief(0.018, 0.02, 0.02)

#: One word that is like no part of the other record's name: what somebody is called by friends, or another person's name.
#: Not counted but believed, since nobody can say how many customers give such names.
ONE_WORD: Final = Belief(0.02, 0.06, 0.06)

#: Levels whose odds are believed as they are.
UNCOUNTED: Final = (OTHER_NUMBERS, UNKNOWN_DAY, ONE_WORD)

#: Beliefs of all comparisons but contact, which is made of the next two.
BELIEFS: Final[dict[str, dict[str, Belief]]] = {
    "surname": {
        "exact": Belief(0.90, 0.005, 0.5),
        "sound": Belief(0.04, 0.002, 0.02),
        "close": Belief(0.02, 0.002, 0.02),
        "part": Belief(0.005, 0.0002, 0.005),
        "different": Belief(0.035, 0.99, 0.455),
    },
    "given": {
        "exact": Belief(0.80, 0.002, 0.003),
        "sound": Belief(0.05, 0.001, 0.001),
        "nickname": Belief(0.03, 0.002, 0.002),
        "close": Belief(0.03, 0.002, 0.002),
        "part": Belief(0.03, 0.006, 0.006),
        "character": Belief(0.01, 0.01, 0.03),
        "initial": Belief(0.02, 0.03, 0.03),
        "word": ONE_WORD,
        "different": Belief(0.03, 0.953, 0.95),
    },
    "birthday": {
        "exact": Belief(0.94, 0.00005, 0.003),
        "swapped": Belief(0.006, 0.00003, 0.00003),
        "typo": Belief(0.024, 0.0015, 0.0015),
        "two_parts": Belief(0.015, 0.004, 0.004),
        "near": Belief(0.005, 0.004, 0.004),
        "year": UNKNOWN_DAY,
        "different": Belief(0.01, 0.99, 0.987),
    },
    "gender": {"same": Belief(0.985, 0.5, 0.4), "different": Belief(0.015, 0.5, 0.6)},
    "email": {
        "same": Belief(0.87, 1e-7, 0.03),
        "local": Belief(0.01, 1.5e-6, 0.002),
        "local_name": Belief(0.01, 1e-5, 0.001),
        "typo": Belief(0.02, 5e-7, 0.001),
        "company": Belief(0.005, 1e-4, 0.005),
        "different": Belief(0.085, 1.0, 0.96),
    },
    "national_id": {
        "same": Belief(0.955, 5e-8, 5e-8),
        "typo": Belief(0.035, 1e-6, 1e-6),
        "other": OTHER_NUMBERS,
        "different": Belief(0.01, 1.0, 1.0),
    },
    "wechat_unionid": {"same": Belief(0.97, 1e-7, 0.01), "different": Belief(0.03, 1.0, 0.99)},
    "wechat_openid": {"same": Belief(0.97, 1e-7, 0.01), "different": Belief(0.03, 1.0, 0.99)},
    "alipay_id": {"same": Belief(0.95, 1e-7, 0.01), "different": Belief(0.05, 1.0, 0.99)},
    "loyalty_card": {"same": Belief(0.95, 1.5e-7, 0.04), "different": Belief(0.05, 1.0, 0.96)},
    "customer_no": {"same": Belief(1.0, 5e-7, 5e-7)},
    "device_id": {"same": Belief(1.0, 2.5e-6, 0.3)},
}

PHONE: Final[dict[str, Belief]] = {
    "same": Belief(0.82, 2.5e-7, 0.15),
    "masked": Belief(0.04, 1e-7, 0.008),
    "typo": Belief(0.02, 5e-7, 0.003),
    "different": Belief(0.12, 1.0, 0.84),
}

ADDRESS: Final[dict[str, Belief]] = {
    "home": Belief(0.55, 2.5e-6, 0.75),
    "building": Belief(0.2, 1e-5, 0.17),
    "street": Belief(0.02, 3e-5, 0.01),
    "area": Belief(0.06, 0.02, 0.03),
    "elsewhere": Belief(0.17, 0.98, 0.04),
}
