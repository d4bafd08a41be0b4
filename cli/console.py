"""What commands print: results to stdout, everything else to stderr; no colours, frames or wrapping where no person reads."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Wide enough that a line of a pipe is never wrapped.
_PIPE_WIDTH: Final = 1_000
#: A word of so many characters is never broken: nobody can copy an id that is.
_ID_WIDTH: Final = 36
#: What stands between two columns, at most.
_EDGES: Final = 3
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
    cells = [[_cell(value) for value in row] for row in listed]
    console = Console(file=sys.stdout)
    is_read = console.is_terminal
    if title:
        print(title)  # a table's own would be folded to the table's width: an id would break
    texts = [[column, *(row[at] for row in cells)] for at, column in enumerate(columns)]
    least, most = ([measure(column) for column in texts] for measure in (_longest_word, _longest_line))
    edges = _EDGES * len(columns)
    # Wider than the terminal where the words alone are: it breaks the lines then, and what is copied is whole.
    console.width = max(console.width, sum(least) + edges) if is_read else _PIPE_WIDTH
    table = Table(box=box.SIMPLE_HEAD if is_read else None, pad_edge=False)
    for at, (column, width) in enumerate(zip(columns, _widths(least, most, console.width - edges), strict=True)):
        is_number = any(isinstance(row[at], _NUMBERS) for row in listed)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold", width=width)
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)


def _longest_word(texts: Iterable[str]) -> int:
    return max((min(cell_len(word), _ID_WIDTH) for text in texts for word in text.split()), default=0)


def _longest_line(texts: Iterable[str]) -> int:
    return max((cell_len(line) for text in texts for line in text.splitlines()), default=0)


def _widths(least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """How wide each column is: what it needs, or else a fair share of the room that is left, and never less than its ``least``."""
    widths, spare = list(least), room - sum(least)
    by_need = sorted(range(len(least)), key=lambda at: most[at] - least[at])
    for place, at in enumerate(by_need):
        more = min(most[at] - least[at], spare // (len(by_need) - place))
        widths[at] += more
        spare -= more
    return widths


def timestamp(at: int) -> str:
    """Write a time (microseconds since 1970) in UTC, to the second."""
    return datetime.fromtimestamp(at / _MICROSECONDS, UTC).isoformat(timespec="seconds")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), str(value))
