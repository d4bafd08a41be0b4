"""What commands print: results to stdout, everything else to stderr; no colours, frames or wrapping where no person reads."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Wide enough that a line of a pipe is never wrapped.
_PIPE_WIDTH: Final = 1_000
_NUMBERS: Final = (int, float)
_MICROSECONDS: Final = 1_000_000

#: What steers a terminal (ECMA-48) or turns a line's direction (Unicode, bidirectional controls): a value that somebody wrote could
#: clear the screen, or read as another one. Ends of lines break a cell, as tables do anyway.
_CONTROLS: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def say(message: str) -> None:
    """Print a line for the person at the terminal, beside the results."""
    print(message, file=sys.stderr, flush=True)


def warn(message: str) -> None:
    """Print a warning, one line for each of the message."""
    for line in message.splitlines():
        say(f"warning: {line}")


def complain(message: str) -> None:
    """Print an error, one line for each of the message."""
    for line in message.splitlines():
        say(f"onefold: {line}")


def print_json(value: Any) -> None:
    """Print a result for programs."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Print a result for people; numbers stand to the right, None is left empty."""
    listed = [list(row) for row in rows]
    console = Console(file=sys.stdout)
    is_read = console.is_terminal
    if not is_read:
        console.width = _PIPE_WIDTH
    if title:
        print(title)  # a table's own would be folded to the table's width: an id would break
    table = Table(box=box.SIMPLE_HEAD if is_read else None, pad_edge=False)
    for at, column in enumerate(columns):
        is_number = any(isinstance(row[at], _NUMBERS) for row in listed)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in listed:
        table.add_row(*(Text(_cell(value)) for value in row))
    console.print(table)


def timestamp(at: int) -> str:
    """Write a time (microseconds since 1970) in UTC, to the second."""
    return datetime.fromtimestamp(at / _MICROSECONDS, UTC).isoformat(timespec="seconds")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), str(value))
