"""How commands end by an error: what is said, and the exit code."""

import errno
import traceback
from typing import Final

from sqlalchemy.exc import DBAPIError

from cdc import TooManyMerges
from cli.console import complain
from cli.database_errors import database_message
from storage import ConfigError, OnefoldError

WRONG_USE: Final = 2
PAUSED: Final = 3
OWN_FAULT: Final = 70


def ending(error: Exception) -> int:
    """Say what is wrong, on stderr, and give the exit code; a broken pipe is raised again, whoever reads it is gone."""
    if isinstance(error, TooManyMerges):
        complain(str(error))
        return PAUSED
    if isinstance(error, OnefoldError):
        complain(_mending(error))
    elif isinstance(error, DBAPIError):
        complain(database_message(error))
    elif isinstance(error, OSError):
        if error.errno == errno.EPIPE:
            raise error
        complain(f"{error.filename or 'a file or the network'}: {error.strerror or type(error).__name__}")
    else:
        _report_fault(error)
        return OWN_FAULT
    return WRONG_USE


def _mending(error: OnefoldError) -> str:
    message = str(error)
    if not isinstance(error, ConfigError) or error.line is None:
        return message
    if "\n" in message:
        return f"{message}\nmend these lines, then run `onefold check`"
    return f"{message} (mend it, then run `onefold check`)"


def _report_fault(error: Exception) -> None:
    """Say where it happened; an unforeseen error's own text may hold a personal value."""
    complain(f"this is a fault of Onefold ({type(error).__name__}); please report these lines:")
    for frame in traceback.extract_tb(error.__traceback__):
        complain(f"  {frame.filename}:{frame.lineno} in {frame.name}")
