"""Which log of its source a change lies in: the name of the server that wrote it, behind the number of the log.

A connector counts its source's logs (``log`` in ``[source.connector]``) and says so in a header of each record. Above 0 the
number stands before the server: ``2/0-5401``, or ``2/`` where the change names no server.
"""

from typing import Final

#: The header that a connector gives to its records where ``log`` is above 0.
LOG_HEADER: Final = "onefold.log"
_SIGN: Final = "/"


def joined(log: int, server: str) -> str:
    """Put the number of the log before the server, unless it is 0."""
    return f"{log}{_SIGN}{server}" if log else server


def split(name: str) -> tuple[int, str]:
    """The number of the log and the server."""
    log, sign, server = name.partition(_SIGN)
    return (int(log), server) if sign else (0, name)
