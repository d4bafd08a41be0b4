"""What people write beside a name: Attn:, c/o, Estate of, (deceased), degrees; and the maiden name: Mary Jones née Smith."""

import re
from collections.abc import Set as AbstractSet
from typing import Final

_LEADING: Final = re.compile(
    r"^(?:(?:attn|att|attention|fao|z\.? ?hd|zu händen(?: von)?)\b\s*[.:]+|attn\b|c/ ?o\b[.:]?|(?:the |in )?(?:estate|memory) of(?: the late)?\b|the late\b)"
    r"\s*(?=\w)",
    re.IGNORECASE,
)
_TRAILING: Final = re.compile(
    r"(?<=\w)[\s,.]*(?:\b(?:c/ ?o|care of)\b.*|[,(\[]\s*(?:(?:the )?estate(?: of)?|deceased|dec'?d|verstorben|décédée?|fallecid[oa]|decedut[oa]|overleden)\b"
    r"\.?\s*[)\]]?|\sdeceased)$",
    re.IGNORECASE,
)
_DEGREE: Final = re.compile(
    r"[\s,]+(?:ph\.? ?d|d\. ?phil|[bm]\. ?(?:sc|eng|ed)|[sm]\. ?(?:kom|pd|sos|si|ag|psi|farm|ked|kes|kep|keb|hum|ak|th|kn))\b\.?$",
    re.IGNORECASE,
)
# May be initials: degrees where a whole name stands before the comma.
_MAY_BE_DEGREE: Final = re.compile(
    r"\s*,\s*(?:m\.? ?d|r\.? ?n|j\.? ?d|lpn|[om]\.? ?b\.? ?e|c\.? ?b\.? ?e)\b\.?$", re.IGNORECASE
)
# In lower case alone where it may be a name: Watchman Nee, Nata.
_MAIDEN: Final = re.compile(
    r"(?P<name>\w.*?)[\s,]*[\s(\[](?:(?i:née?|geb\.|geborene[rn]?|rozená|roz\.|z domu|formerly)|nee|geb|nata)[\s:]+(?P<maiden>[^\W\d_][\w'’ -]*?)\s*[)\]]?(?P<given>,[^,]+)?"
)


def without_notes(written: str, given_names: AbstractSet[str]) -> str:
    """A name without what stands beside it; the dead keep theirs."""
    if written.isalpha():
        return written
    written = _TRAILING.sub("", _LEADING.sub("", written, count=1))
    while (shorter := _DEGREE.sub("", written)) != written:
        written = shorter
    if (found := _MAY_BE_DEGREE.search(written)) and _is_whole(written[: found.start()], given_names):
        return written[: found.start()]
    return written


def maiden_name(written: str) -> tuple[str, str] | None:
    """A name without the maiden name in it, and the maiden name; None where it tells none."""
    found = None if written.isalpha() else _MAIDEN.fullmatch(written)
    return (found["name"] + (found["given"] or ""), found["maiden"]) if found else None


def _is_whole(name: str, given_names: AbstractSet[str]) -> bool:
    first, *others = name.casefold().split() or [""]
    return bool(others) and first in given_names
