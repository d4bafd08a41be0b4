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
class Named:
    """A row that differs, as the audit alone sees it: ``key`` as it is, None where none can be had.

    ``is_personal``: it is stored sealed. ``guard`` is what Onefold held of the row's place in the log, None where it never saw it.
    """

    kind: str
    token: bytes
    guard: bytes | None
    is_personal: bool
    key: tuple[str, ...] | None = field(default=None, repr=False)
    columns: tuple[str, ...] = ()
    code: str = ""

    def shown(self, *, shows_sealed_keys: bool) -> Difference:
        """What may be shown of it."""
        key = self.key if shows_sealed_keys or not self.is_personal else None
        return Difference(self.kind, self.token.hex(), key, self.columns, self.code)


@dataclass(frozen=True, slots=True)
class SealedDifference:
    """A row that differs, as it is stored: with its key clear, sealed, or with neither; see :class:`Named`."""

    kind: str
    row_token: bytes
    guard: bytes | None
    columns: tuple[str, ...] = ()
    code: str = ""
    natural_key: str | None = None
    sealed_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class TableParity:
    """What was found out about one table at ``position``.

    ``rows_there`` and ``rows_here`` count the rows that were compared; ``newer`` are left out, as they may have changed behind the
    position; ``unreadable`` have a key that cannot be read. ``pending``: how many rows differ where that may be for want of
    reading. ``rows`` names some of the rows that differ; ``kept`` are those to be stored.
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
    kept: tuple[SealedDifference, ...] = field(default=(), repr=False)

    @property
    def needs_attention(self) -> bool:
        """Whether anything but equality was found."""
        return self.state != EQUAL

    @property
    def differing(self) -> int:
        """How many rows differ."""
        return self.missing + self.extra + self.different + self.parked
