"""What an audit finds out about a table; no value of any row is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

EQUAL: Final = "equal"
DIFFERENT: Final = "different"
PARKED: Final = "parked"
BEHIND: Final = "behind"
NOT_COMPARED: Final = "not_compared"
#: What an audit can say of a table, with what it means.
STATES: Final[Mapping[str, str]] = {
    EQUAL: "Onefold holds what the source holds.",
    DIFFERENT: "Onefold has read far enough, and holds something else than the source.",
    PARKED: "Onefold holds what the source holds, but for rows with parked events.",
    BEHIND: "Something differs, but Onefold has not read the source's log that far yet.",
    NOT_COMPARED: "The table cannot be compared; the problem is named.",
}

MISSING, EXTRA, CHANGED = "missing", "extra", "different"
#: How a row can differ: the source has it alone, Onefold has it alone, both say something else, its events are parked.
KINDS: Final = (MISSING, EXTRA, CHANGED, PARKED)


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs.

    ``key`` is its primary key, None where only its keyed hash ``row`` may be shown; ``columns`` are those of the source whose
    values differ; ``code`` is the park code of a row that cannot be used as it is.
    """

    kind: str
    row: str
    key: tuple[str, ...] | None = None
    columns: tuple[str, ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class TableParity:
    """What was found out about one table at ``position``.

    ``rows_there`` and ``rows_here`` count the rows that were compared; ``newer`` are left out, as they may have changed behind the
    position; ``unreadable`` have a key that cannot be read. ``pending``: how many rows differ where that may be for want of
    reading. ``rows`` names some of the rows that differ.
    """

    source: str
    table: str
    position: str
    state: str
    rows_there: int = 0
    rows_here: int = 0
    digest_there: str = ""
    digest_here: str = ""
    missing: int = 0
    extra: int = 0
    different: int = 0
    parked: int = 0
    newer: int = 0
    unreadable: int = 0
    pending: int = 0
    rows: tuple[Difference, ...] = field(default=())
    note: str = ""

    @property
    def needs_attention(self) -> bool:
        """Whether anything but equality was found."""
        return self.state != EQUAL
