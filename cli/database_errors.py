"""What a database's refusal means to the person at the terminal, and its mend; the driver's own text may quote a value.

Sources: SQLite "Result and Error Codes" (the low byte is the primary code); PostgreSQL appendix A, SQLSTATE classes.
"""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError

from storage import database_of, sqlite_code

_FULL: Final = "the disk of the database is full; nothing of the batch was written: make room"
_BUSY: Final = "another process holds the database for writing; wait until it is done"
_REFUSED: Final = "the disk refuses to read or write the database; see that its file system is sound, mounted for writing and within its quota"
_READ_ONLY: Final = "the database can only be read; "
#: What is mended outside of Onefold, so that nothing is left to do but to go on.
_TO_REPEAT: Final = (_FULL, _BUSY, _REFUSED)
_SQLITE: Final = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_IOERR: _REFUSED,
    sqlite3.SQLITE_READONLY: _READ_ONLY + "let the user that runs Onefold write to its file and folder",
    sqlite3.SQLITE_NOTADB: "the file that `database` or `keystore` names is not an SQLite database; name the right one or restore it",
    sqlite3.SQLITE_CORRUPT: "the SQLite file is damaged; restore the newest copy of it",
    sqlite3.SQLITE_CANTOPEN: "the SQLite file cannot be opened; see that its folder exists and the user that runs Onefold may write to it",
}
#: By SQLSTATE, or by its class, the first two characters.
_POSTGRESQL: Final = {
    "53100": _FULL,
    "25006": _READ_ONLY + "it is a standby or set to read-only: name the primary in `database` and `keystore`",
    "28": "PostgreSQL refuses the login; check user and password in `database` and `keystore`, and the server's pg_hba.conf",
    "08": "PostgreSQL cannot be reached; see that it runs and that host and port in `database` and `keystore` are right",
    "22": "PostgreSQL refuses a value that does not fit its column; nothing of the batch was written, please report this",
}
_OTHERWISE: Final = (
    "the database does not answer as it should ({}); see that it runs and that `database` and `keystore` name it, "
    "then run `onefold status`"
)


def database_message(error: DBAPIError, *, is_tried_again: bool = False) -> str:
    """Say in a sentence which database it is, what is wrong and what mends it, without anything of the driver's text.

    ``is_tried_again``: by who asks, without a person.
    """
    known = _SQLITE.get(sqlite_code(error.orig), "") or _of_postgresql(error.orig)
    text = ": ".join(filter(None, (database_of(error), known or _OTHERWISE.format(type(error).__name__))))
    if is_tried_again:
        return f"{text}; trying again"
    return f"{text}, then run the same command again" if known in _TO_REPEAT else text


def _of_postgresql(cause: BaseException | None) -> str:
    state = getattr(cause, "sqlstate", None) or _unsaid_state(cause)
    return _POSTGRESQL.get(state, "") or _POSTGRESQL.get(state[:2], "")


def _unsaid_state(cause: BaseException | None) -> str:
    """While a connection is made, libpq gives a text and no SQLSTATE."""
    if type(cause).__module__.partition(".")[0] != "psycopg" or type(cause).__name__ != "OperationalError":
        return ""
    return "28000" if "authentication failed" in str(cause) else "08001"
