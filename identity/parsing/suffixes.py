"""What stands behind a name: Jr, Sr and III tell the generation; MD and Esq tell nothing of who somebody is."""

import re
from collections.abc import Sequence
from typing import Final

# The second of a name is called Jr or II, by some people both.
_GENERATIONS: Final = {
    "sr": "1",
    "snr": "1",
    "jr": "2",
    "jnr": "2",
    "ii": "2",
    "iii": "3",
    "iv": "4",
}
_ORDINALS: Final = {"2nd": "ii", "3rd": "iii", "4th": "iv"}
_ORDINAL: Final = re.compile(r"\b(2nd|3rd|4th)(?=\W*$)", re.IGNORECASE)

#: Words behind a name that are no part of it.
SUFFIXES: Final = frozenset(
    {*_GENERATIONS, "esq", "phd", "md", "mba", "cpa", "dds", "dmd", "dvm", "llb", "llm", "bsc", "msc"}
)


def generation(words: Sequence[str]) -> str:
    """The generation that words of a name tell, "" where they do not. The first word is a name or a title (Sr. García)."""
    return next((_GENERATIONS[word] for word in words[1:] if word in _GENERATIONS), "")


def ordinals_spelled(written: str) -> str:
    """A name with 3rd at its end written as III."""
    return _ORDINAL.sub(lambda found: _ORDINALS[found[1].casefold()], written)
