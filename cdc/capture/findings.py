"""What is found in a source database that is set up in a way that loses or invents data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

#: Changes are lost, invented, or not captured at all.
ERROR: Final = "error"
#: They may be, one day.
WARNING: Final = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend: ``place`` in the source, ``why`` it matters, and the ``statements`` that mend it, where SQL does.

    What SQL does not mend, ``why`` says how to.
    """

    severity: str
    source: str
    place: str
    why: str
    statements: tuple[str, ...] = ()


class Rows(Protocol):
    """Asks a database: ``values`` are bound, each row maps column names to values."""

    def __call__(self, query: str, /, **values: Any) -> list[Mapping[str, Any]]:
        """Give all rows."""
        ...
