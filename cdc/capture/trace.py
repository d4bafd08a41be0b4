"""What failed, out of a Java stack trace, without its frames and without what may be somebody's value.

Messages of exceptions that are about data (conversion, serialisation, parsing) are left out: they quote what they stumbled over.
"""

import re
from typing import Final

_LONGEST: Final = 300
_PARTS: Final = 4
_CLASS: Final = re.compile(r"(?:Caused by: )?((?:[a-zA-Z_$][\w$]*\.)+[A-Z][\w$]*)(?:: (.*))?$")
_ABOUT_DATA: Final = re.compile(r"Data(?!base)|Conver|Serializ|Pars|Format|SchemaBuilder|Json|Cast|Number|Argument")
#: What PostgreSQL adds to a message, which quotes rows.
_DETAIL: Final = re.compile(r"\s*\b(Detail|Where|Query): .*", re.IGNORECASE)
_CREDENTIALS: Final = re.compile(r"""(?i)\b(password|passwd|pwd|secret|token)['"]?\s*[=:]\s*\S+|//\S+@""")


def reason_of(trace: str) -> str:
    """Say in a line what failed: the first exceptions' messages and the last one's, each once; of other text the first line."""
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    exceptions = [found for line in lines if (found := _CLASS.match(line))]
    told = list(dict.fromkeys(map(_told, exceptions))) or [_shown(line) for line in lines[:1]]
    return "; ".join((*told[: _PARTS - 1], *told[_PARTS - 1 :][-1:]))


def _told(exception: re.Match[str]) -> str:
    name, message = exception[1].rpartition(".")[2], exception[2] or ""
    if _ABOUT_DATA.search(name):
        return f"{name} (its message may quote a row: see the worker's own log)"
    return _shown(message) or name


def _shown(message: str) -> str:
    return _CREDENTIALS.sub("…", _DETAIL.sub("", message))[:_LONGEST]
